//! `/api/part/...`.

mod bom;
mod part;
mod part_category;
mod part_images;
mod part_relatives;
mod part_settings;
mod part_stars;
mod part_tags;
