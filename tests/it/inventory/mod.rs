//! `/api/part/...`.

mod bom;
mod company;
mod part;
mod part_category;
mod part_images;
mod part_relatives;
mod part_settings;
mod part_stars;
mod states;
mod stock;
mod stock_actions;
mod stock_location;
mod stock_sums;
mod stock_test;
mod tags;
