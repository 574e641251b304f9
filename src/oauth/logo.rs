//! `/o/logo/<pk>/`: the logo of an application, fetched by this server and shown from here, so that the login and consent
//! pages load nothing from elsewhere and tell nobody who looks at them (RFC 9700 section 4.2.4).
//!
//! Only raster images, recognised by their first bytes and not by what they are called, and of a sane size.

use std::time::Duration;

use entities::oauth::{application as row, logo};
use poem::{
    Request, Response, Route, handler,
    http::{HeaderValue, header},
    web::Data,
};
use sea_orm::{ActiveValue::Set, DbErr, prelude::*, sea_query::OnConflict};

use super::both;
use crate::{
    ctx::Ctx,
    egress::Limits,
    web::{Fault, get},
};

const LIMITS: Limits = Limits { bytes: 256 * 1024, time: Duration::from_secs(5) };

/// The largest edge of an image, in pixels.
const MAX_EDGE: u32 = 2048;

/// How long an image is shown before it is fetched anew, in seconds.
const KEEP: i64 = 86_400;

/// How long nothing is fetched after a failure.
const PAUSE: i64 = 600;

/// The images.
pub(super) fn add_to(routes: Route) -> Route {
    both(routes, "/logo/:pk", get(show))
}

/// Where pages find the logo of an application; nothing where it has none.
pub fn address(application: &row::Model) -> Option<String> {
    (!application.logo_uri.is_empty()).then(|| format!("/o/logo/{}/", application.id))
}

/// `GET /o/logo/<pk>/`.
#[handler]
async fn show(request: &Request, ctx: Data<&Ctx>) -> Result<Response, Fault> {
    let pk = request.raw_path_param("pk").and_then(|pk| pk.parse::<i32>().ok()).ok_or_else(Fault::not_found)?;
    let application = row::Entity::find_by_id(pk).one(ctx.db.reader()).await?;
    let application = application.filter(|row| row.is_active && !row.logo_uri.is_empty());
    let application = application.ok_or_else(Fault::not_found)?;
    let kept = logo::Entity::find_by_id(pk).one(ctx.db.reader()).await?;
    let kept = kept.filter(|kept| kept.uri == application.logo_uri && kept.fresh_until > ctx.clock.now());
    let image = match kept {
        Some(kept) => kept,
        None => fetch(&ctx, &application).await?,
    };
    if image.content_type.is_empty() {
        return Err(Fault::not_found());
    }
    let mut response = Response::builder().content_type(&image.content_type).body(image.image);
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// Fetches and keeps the image; a failure is kept for a while, too, as an image that is none.
async fn fetch(ctx: &Ctx, application: &row::Model) -> Result<logo::Model, DbErr> {
    let fetched = ctx.egress.get(&application.logo_uri, &LIMITS).await.and_then(crate::egress::Fetched::ok);
    let now = ctx.clock.now();
    let (content_type, image, fresh_until) = match fetched {
        Ok(bytes) => match kind(&bytes) {
            Some(kind) => (kind, bytes, now + KEEP),
            None => ("", Vec::new(), now + PAUSE),
        },
        Err(_) => ("", Vec::new(), now + PAUSE),
    };
    let image = logo::Model {
        application_id: application.id,
        uri: application.logo_uri.clone(),
        content_type: content_type.to_owned(),
        image,
        fresh_until,
    };
    let row = logo::ActiveModel {
        application_id: Set(image.application_id),
        uri: Set(image.uri.clone()),
        content_type: Set(image.content_type.clone()),
        image: Set(image.image.clone()),
        fresh_until: Set(image.fresh_until),
    };
    let columns = [logo::Column::Uri, logo::Column::ContentType, logo::Column::Image, logo::Column::FreshUntil];
    let again = OnConflict::column(logo::Column::ApplicationId).update_columns(columns).to_owned();
    let insert = logo::Entity::insert(row).on_conflict(again);
    ctx.db.write(|tx| async move { insert.exec_without_returning(&*tx).await }).await?;
    Ok(image)
}

/// The content type of a raster image of a sane size, by its first bytes.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    let (kind, (width, height)) = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        ("image/png", (big(bytes, 16, 4)?, big(bytes, 20, 4)?))
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        ("image/gif", (little(bytes, 6, 2)?, little(bytes, 8, 2)?))
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        ("image/webp", webp(bytes)?)
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        ("image/jpeg", jpeg(bytes)?)
    } else {
        return None;
    };
    ((1..=MAX_EDGE).contains(&width) && (1..=MAX_EDGE).contains(&height)).then_some(kind)
}

fn big(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    Some(bytes.get(at..at.checked_add(length)?)?.iter().fold(0, |n, byte| n << 8 | u32::from(*byte)))
}

fn little(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    Some(bytes.get(at..at.checked_add(length)?)?.iter().rev().fold(0, |n, byte| n << 8 | u32::from(*byte)))
}

fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes.get(12..16)? {
        b"VP8X" => Some((little(bytes, 24, 3)? + 1, little(bytes, 27, 3)? + 1)),
        b"VP8 " => Some((little(bytes, 26, 2)? & 0x3fff, little(bytes, 28, 2)? & 0x3fff)),
        b"VP8L" => {
            let bits = little(bytes, 21, 4)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        _ => None,
    }
}

/// From segment to segment, to the one that begins the frame.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let marker = big(bytes, at, 2)?;
        match marker {
            0xffc0..=0xffcf if !matches!(marker, 0xffc4 | 0xffc8 | 0xffcc) => {
                return Some((big(bytes, at + 7, 2)?, big(bytes, at + 5, 2)?));
            }
            0xff01..=0xfffe => at = at.checked_add(2)?.checked_add(usize::try_from(big(bytes, at + 2, 2)?).ok()?)?,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::kind;

    fn png(width: u32, height: u32) -> Vec<u8> {
        [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &width.to_be_bytes(), &height.to_be_bytes()].concat()
    }

    #[test]
    fn raster_images_of_a_sane_size_are_recognised_by_what_they_are() {
        assert_eq!(kind(&png(64, 64)), Some("image/png"));
        assert_eq!(kind(b"GIF89a\x40\x00\x20\x00"), Some("image/gif"));
        assert_eq!(kind(b"\xff\xd8\xff\xe0\x00\x04xx\xff\xc0\x00\x11\x08\x00\x40\x00\x40"), Some("image/jpeg"));
        assert_eq!(kind(b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x3f\0\0\x3f\0\0"), Some("image/webp"));
    }

    #[test]
    fn nothing_else_passes() {
        for bad in [
            &b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"[..],
            b"<!doctype html><script>alert(1)</script>",
            b"",
            b"GIF89a",
            b"\xff\xd8\xff",
            b"\xff\xd8\xff\xe0\xff\xff",
            b"RIFF\0\0\0\0WEBP",
        ] {
            assert_eq!(kind(bad), None);
        }
        assert_eq!(kind(&png(0, 10)), None);
        assert_eq!(kind(&png(100_000, 10)), None);
    }
}
