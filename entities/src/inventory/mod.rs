//! Parts and what is done with them.

pub mod bom_item;
pub mod bom_substitute;
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
pub mod tag;
