//! What the server says of itself over the API: `/api/`, version, flags, settings.

mod flags;
mod root;
mod settings;
mod version;

use poem_openapi::OpenApi;

use crate::rest::Asked;

/// Every operation that is about the server itself.
pub fn api() -> impl OpenApi + 'static {
    (root::Root, version::Version, flags::Flags, Asked(settings::Globals), Asked(settings::Own))
}
