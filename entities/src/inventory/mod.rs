//! Parts and what is done with them.

pub mod part;
pub mod part_category;
