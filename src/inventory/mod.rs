//! The inventory: one file a resource. Stock, orders and builds are yet to come; until then the numbers that derive from
//! them are zero, and no stock location is a valid choice.

mod bom;
mod links;
mod media;
mod part;
mod part_category;
mod price;
mod related;
mod stars;
mod stocktake;
mod tags;
mod test_template;
mod tree;
mod turn;
mod unit;

pub use media::routes as media;

use poem_openapi::OpenApi;

use crate::rest::{Asked, Crud};

/// Its operations.
pub fn api() -> impl OpenApi {
    let parts = (
        Crud::<part_category::Categories>::new(),
        Asked(part_category::Operations),
        Crud::<part::Parts>::new(),
        part::Operations,
        Asked(part::Thumbs),
    );
    let relatives = (
        Crud::<related::Relations>::new(),
        Crud::<price::SalePrices>::new(),
        Crud::<price::InternalPrices>::new(),
        Crud::<test_template::Tests>::new(),
        Crud::<stocktake::Stocktakes>::new(),
    );
    let bom = (Crud::<bom::Lines>::new(), bom::Operations, Crud::<bom::Substitutes>::new());
    (parts, relatives, bom)
}
