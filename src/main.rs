//! Parses the command line, runs, and leaves with an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    stockade::cli::main()
}
