//! The Django-REST idiom that `InvenTree`'s clients expect, once.

mod asked;
pub mod body;
mod browse;
mod count;
pub mod crud;
pub mod error;
mod explorer;
pub mod field;
mod guard;
mod idiom;
pub mod json;
pub mod list;
mod metadata;
mod pattern;
pub(crate) mod registry;
mod schema;
mod several;

pub use asked::{Asked, Lists};
pub use body::{Body, Bulk, Doomed, Patched};
pub use crud::{Crud, Purpose, Resource, View};
pub use error::{ApiError, Fields, invalid, invalid_object, not_found};
pub use explorer::explorer;
pub use guard::Guarded;
pub use idiom::{API_VERSION, INVENTREE_VERSION, routes, service};
pub use json::{Created, Gone, Json};
pub use list::{Filter, Kind, Listing, Params, Table};
pub use pattern::Pattern;
