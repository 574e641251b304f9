//! A text as a QR code, drawn as one SVG path: no picture file, no style, nothing from elsewhere.

use qrcode::{Color, EcLevel, QrCode};

/// What stands around a code, in modules, so that a camera finds it.
const QUIET: usize = 4;

/// A code to put on a page.
#[derive(Debug, Clone)]
pub(super) struct Drawing {
    /// Width and height, in modules, what stands around it included.
    pub(super) size: usize,
    /// The dark modules, as the `d` of a path.
    pub(super) path: String,
}

/// The drawing of a text; none where it is too long for a code.
pub(super) fn draw(text: &str) -> Option<Drawing> {
    use std::fmt::Write as _;
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (at, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            _ = write!(path, "M{},{}h1v1h-1z", at % width + QUIET, at / width + QUIET);
        }
    }
    Some(Drawing { size: width + 2 * QUIET, path })
}
