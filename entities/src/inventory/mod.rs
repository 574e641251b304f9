//! Parts and what is done with them.

pub mod address;
pub mod bom_item;
pub mod bom_substitute;
pub mod company;
pub mod contact;
pub mod manufacturer_part;
pub mod part;
pub mod part_bom_check;
pub mod part_category;
pub mod part_category_star;
pub mod part_internal_price;
pub mod part_related;
pub mod part_sale_price;
pub mod part_star;
pub mod part_stocktake;
pub mod part_tag;
pub mod part_test_template;
pub mod stock_item;
pub mod stock_location;
pub mod stock_location_type;
pub mod stock_tracking;
pub mod supplier_part;
pub mod supplier_price_break;
pub mod tag;
