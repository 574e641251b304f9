//! `/media/`: the files of the inventory, for those who may see what they belong to.
//!
//! A file's name is the digest of its content, so that nobody's text is ever part of a path, the same picture is stored
//! once, and a name that is written in a row cannot come to mean something else. Files are written before the row that
//! names them is committed; one that no row names is harmless.

mod file;
mod picture;
mod serve;

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

pub use self::serve::routes;
pub(super) use self::{file::keep, picture::store};
use crate::{clock::Rng, ctx::Ctx, secret::hex};

/// The folder of the pictures of parts.
const PARTS: &str = "part_images";

/// The folder of what was recorded with test results.
pub(super) const RESULTS: &str = "stock_files";

/// The thumbnail of a part that has no picture.
const BLANK: &str = "/static/img/blank_image.thumbnail.png";

/// Where a folder of media is.
fn folder(ctx: &Ctx, name: &str) -> PathBuf {
    ctx.config.data_dir.join("media").join(name)
}

/// A file's name without what follows it.
fn stem(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The address of a part's picture.
pub(super) fn url(image: &str) -> String {
    format!("/media/{PARTS}/{image}")
}

/// The address of a part's thumbnail.
pub(super) fn thumbnail_url(image: Option<&str>) -> String {
    image.map_or_else(|| BLANK.to_owned(), |image| url(&picture::thumbnail(image)))
}

/// The address of a file that is kept there.
pub(super) fn address(path: &str) -> String {
    format!("/media/{path}")
}

/// The whole file or none of it, whoever else writes the same.
fn write(path: &Path, rng: Rng, bytes: &[u8]) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let part = path.with_extension(format!("part-{}", hex(&rng.bytes::<8>())));
    std::fs::write(&part, bytes)?;
    std::fs::File::open(&part)?.sync_all()?;
    std::fs::rename(&part, path)
}
