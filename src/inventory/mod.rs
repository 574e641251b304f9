//! The inventory: one file a resource. Orders and builds are yet to come; until then the numbers that derive from them are
//! zero.

mod barcode;
mod bom;
mod company;
mod generate;
mod links;
mod location;
mod location_type;
mod media;
mod money;
mod owner;
mod part;
mod part_category;
mod person;
mod price;
mod related;
mod stars;
mod state;
mod stock;
mod stocktake;
mod tags;
mod template;
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
    let places =
        (Crud::<location_type::LocationTypes>::new(), Crud::<location::Locations>::new(), Asked(location::Operations));
    let companies = (
        Crud::<company::Companies>::new(),
        Crud::<company::contact::Contacts>::new(),
        Crud::<company::address::Addresses>::new(),
        Crud::<company::supplier_part::SupplierParts>::new(),
        Crud::<company::manufacturer_part::ManufacturerParts>::new(),
        Crud::<company::price_break::PriceBreaks>::new(),
    );
    let stock = (
        Crud::<stock::StockItems>::new(),
        stock::Operations,
        stock::Actions,
        Crud::<stock::Track>::new(),
        Crud::<stock::Results>::new(),
    );
    let barcodes = (generate::Operations, barcode::Operations, Crud::<barcode::history::Scans>::new());
    let states = (Crud::<state::custom::Customs>::new(), state::Operations);
    ((parts, relatives, bom), (places, companies, stock, states, barcodes))
}
