//! Pictures: really decoded before they are kept, under limits that no crafted file gets past, each with a thumbnail.

use std::{io::Cursor, path::Path};

use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

use super::{PARTS, folder, stem, write};
use crate::{
    clock::Rng,
    ctx::Ctx,
    rest::{ApiError, field::Upload, invalid},
};

/// No side is longer.
const MAX_SIDE: u32 = 16_384;
/// No picture has more pixels: at four bytes each this is 160 MB while it is decoded.
const MAX_PIXELS: u64 = 40_000_000;
/// No decoder may ask for more memory.
const MAX_ALLOC: u64 = 256 * 1024 * 1024;
/// The longer side of a thumbnail.
const THUMBNAIL: u32 = 128;

/// Decoding takes memory, so only this many at once.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Keeps a picture and its thumbnail; returns the name of the file.
pub(in crate::inventory) async fn store(ctx: &Ctx, field: &'static str, upload: Upload) -> Result<String, ApiError> {
    let (folder, rng) = (folder(ctx, PARTS), ctx.rng);
    let _turn = TURNS.acquire().await;
    let stored = tokio::task::spawn_blocking(move || keep(&folder, rng, &upload.bytes)).await;
    match stored {
        Ok(Ok(name)) => Ok(name),
        Ok(Err(Refusal::Picture)) => Err(invalid(
            field,
            "Upload a valid image. The file you uploaded was either not an image or a corrupted image.",
        )),
        Ok(Err(Refusal::Large)) => Err(invalid(
            field,
            format!(
                "The image is too large: no side may be longer than {MAX_SIDE} pixels, and it may have {MAX_PIXELS}."
            ),
        )),
        Ok(Err(Refusal::Disk(error))) => Err(ApiError::Failed(format!("a picture cannot be written: {error}"))),
        Err(error) => Err(ApiError::Failed(format!("decoding a picture failed: {error}"))),
    }
}

enum Refusal {
    /// It is none.
    Picture,
    /// It is too large.
    Large,
    /// It cannot be written.
    Disk(std::io::Error),
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error)
    }
}

fn keep(folder: &Path, rng: Rng, bytes: &[u8]) -> Result<String, Refusal> {
    let (picture, format) = decode(bytes)?;
    let name = format!("{}.{}", stem(bytes), extension(format).ok_or(Refusal::Picture)?);
    std::fs::create_dir_all(folder)?;
    let small = folder.join(thumbnail(&name));
    // The picture last: where it is, its thumbnail is.
    let mut out = Cursor::new(Vec::new());
    let shrunk = picture.thumbnail(THUMBNAIL, THUMBNAIL);
    let written = if format == ImageFormat::Jpeg {
        DynamicImage::ImageRgb8(shrunk.to_rgb8()).write_to(&mut out, ImageFormat::Jpeg)
    } else {
        DynamicImage::ImageRgba8(shrunk.to_rgba8()).write_to(&mut out, ImageFormat::Png)
    };
    written.map_err(|_| Refusal::Picture)?;
    write(&small, rng, out.get_ref())?;
    write(&folder.join(&name), rng, bytes)?;
    Ok(name)
}

fn decode(bytes: &[u8]) -> Result<(DynamicImage, ImageFormat), Refusal> {
    let reader = || {
        let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| Refusal::Picture)?;
        let format = reader.format().filter(|format| extension(*format).is_some()).ok_or(Refusal::Picture)?;
        Ok::<_, Refusal>((reader, format))
    };
    let (probe, format) = reader()?;
    // The header alone, so that a bomb is known by what it says before anything of it is unpacked.
    let (width, height) = probe.into_dimensions().map_err(|_| Refusal::Picture)?;
    if width.max(height) > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Refusal::Large);
    }
    let (mut reader, _) = reader()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOC);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| Refusal::Picture)?;
    let orientation = decoder.orientation().map_err(|_| Refusal::Picture)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| Refusal::Picture)?;
    picture.apply_orientation(orientation);
    Ok((picture, format))
}

/// What a format's files end in; none where it is not taken.
fn extension(format: ImageFormat) -> Option<&'static str> {
    match format {
        ImageFormat::Png => Some("png"),
        ImageFormat::Jpeg => Some("jpg"),
        ImageFormat::WebP => Some("webp"),
        ImageFormat::Gif => Some("gif"),
        _ => None,
    }
}

/// The name of a picture's thumbnail.
pub(super) fn thumbnail(image: &str) -> String {
    let (stem, extension) = image.rsplit_once('.').unwrap_or((image, "png"));
    format!("{stem}.thumbnail.{}", if extension == "jpg" { "jpg" } else { "png" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height).write_to(&mut out, ImageFormat::Png).unwrap();
        out.into_inner()
    }

    #[test]
    fn what_is_no_picture_or_says_that_it_is_huge_is_refused_before_it_is_unpacked() {
        for bytes in [&b""[..], b"<html>", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4", b"BM123456"] {
            assert!(matches!(decode(bytes), Err(Refusal::Picture)));
        }
        let mut huge = png(1, 1);
        // The width in the header, and its checksum.
        huge[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        let sum = crc32fast::hash(&huge[12..29]);
        huge[29..33].copy_from_slice(&sum.to_be_bytes());
        assert!(matches!(decode(&huge), Err(Refusal::Large)));
        let mut cut = png(64, 64);
        cut.truncate(60);
        assert!(matches!(decode(&cut), Err(Refusal::Picture)));
        assert!(decode(&png(3, 2)).is_ok());
    }

    #[test]
    fn a_thumbnail_fits_into_its_square_and_keeps_the_name() {
        let dir = tempfile::tempdir().unwrap();
        let name = keep(dir.path(), Rng, &png(400, 200)).ok().unwrap();
        let small = std::fs::read(dir.path().join(thumbnail(&name))).unwrap();
        let (picture, format) = decode(&small).ok().unwrap();
        assert_eq!((picture.width(), picture.height(), format), (128, 64, ImageFormat::Png));
        assert_eq!(thumbnail("ab.jpg"), "ab.thumbnail.jpg");
        assert_eq!(thumbnail("ab.webp"), "ab.thumbnail.png");
    }
}
