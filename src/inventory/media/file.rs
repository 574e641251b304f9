//! Files of any kind, which nobody opens here: they are kept, and given back as a download.

use super::{folder, stem, write};
use crate::{
    ctx::Ctx,
    rest::{ApiError, field::Upload, invalid},
};

/// Keeps a file; returns where, below the folder of media.
pub(in crate::inventory) async fn keep(
    ctx: &Ctx,
    field: &'static str,
    into: &'static str,
    upload: Upload,
) -> Result<String, ApiError> {
    if upload.bytes.is_empty() {
        return Err(invalid(field, "The submitted file is empty."));
    }
    let name = format!("{}.{}", stem(&upload.bytes), extension(&upload.name));
    let (folder, rng) = (folder(ctx, into), ctx.rng);
    let path = folder.join(&name);
    let written = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
        write(&path, rng, &upload.bytes)
    });
    match written.await {
        Ok(Ok(())) => Ok(format!("{into}/{name}")),
        Ok(Err(error)) => Err(ApiError::Failed(format!("a file cannot be written: {error}"))),
        Err(error) => Err(ApiError::Failed(format!("writing a file failed: {error}"))),
    }
}

/// What its sender calls its kind, if that is harmless in a path.
fn extension(name: &str) -> String {
    let said = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    said.filter(|said| is_extension(said)).unwrap_or_else(|| "bin".to_owned())
}

/// Whether a text can be the end of a file's name.
pub(super) fn is_extension(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::extension;

    #[test]
    fn a_senders_name_is_never_part_of_a_path() {
        for (name, kept) in [
            ("log.PDF", "pdf"),
            ("a.tar.gz", "gz"),
            ("none", "bin"),
            ("x.", "bin"),
            ("x.../../etc/passwd", "bin"),
            ("x.a/b", "bin"),
            ("x.verylongone", "bin"),
        ] {
            assert_eq!(extension(name), kept, "{name}");
        }
    }
}
