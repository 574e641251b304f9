//! `/media/`: the files of the inventory, for those who may see what they belong to.
//!
//! A file's name is the digest of its content, so that nobody's text is ever part of a path, the same picture is stored
//! once, and a name that is written in a row cannot come to mean something else. Files are written before the row that
//! names them is committed; one that no row names is harmless.

mod picture;
mod serve;

use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

pub(super) use self::picture::store;
pub use self::serve::routes;
use crate::{ctx::Ctx, secret::hex};

/// The folder of the pictures of parts.
const PARTS: &str = "part_images";

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
