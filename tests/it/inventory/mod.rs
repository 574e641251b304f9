//! `/api/part/...`.

mod part;
mod part_category;
