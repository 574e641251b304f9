//! The inventory: one file a resource. Stock, orders and builds are yet to come; until then the numbers that derive from
//! them are zero, and no stock location is a valid choice.

mod links;
mod media;
mod part;
mod part_category;
mod stars;
mod tags;
mod tree;

pub use media::routes as media;

use poem_openapi::OpenApi;

use crate::rest::{Asked, Crud};

/// Its operations.
pub fn api() -> impl OpenApi {
    (
        Crud::<part_category::Categories>::new(),
        part_category::Operations,
        Crud::<part::Parts>::new(),
        part::Operations,
        Asked(part::Thumbs),
    )
}
