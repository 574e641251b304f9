//! `stockade schema`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Failure;
use crate::server;

/// Where and how to write the document.
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// How it is written.
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// A file; by default standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Json,
    Yaml,
}

impl Schema {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (json, yaml) = server::document();
        let text = match self.format {
            Format::Json => json,
            Format::Yaml => yaml,
        };
        let Some(path) = self.output else {
            say!("{}", text.trim_end());
            return Ok(());
        };
        std::fs::write(&path, text).map_err(|e| Failure::new(format!("cannot write {}: {e}", path.display())))
    }
}
