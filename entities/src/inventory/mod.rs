//! Parts and what is done with them. Quantities are whole numbers of hundred-thousandths.

pub mod part;
pub mod part_category;
