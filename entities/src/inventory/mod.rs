//! Parts and what is done with them.

pub mod part;
pub mod part_category;
pub mod part_category_star;
pub mod part_star;
pub mod part_tag;
pub mod tag;
