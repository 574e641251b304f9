//! A stock item, as clients read it.

use std::collections::{BTreeSet, HashMap};

use entities::{
    exact::{Money, Quantity},
    inventory::{stock_item, stock_location},
};
use poem_openapi::Object;
use sea_orm::prelude::*;
use serde::Serialize;

use super::{
    super::{
        company::supplier_part::{self, SupplierPartRead, SupplierParts},
        links,
        location::{self, LocationBrief, Locations},
        part::{Parts, brief},
        state::STOCK,
        tags::Tagged,
        tree::{self, TreePath},
    },
    MODEL, Row,
    expiry::Expiry,
    filters::TABLE,
    ledger,
    test_result::{self, ResultRead},
};
use crate::rest::{
    ApiError, Resource as _, View,
    field::{Key, Moment, Number, Shown},
};

/// A stock item, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "StockItem")]
pub(in crate::inventory) struct StockRead {
    /// Primary key
    pk: i32,
    /// The part
    part: Key<links::Part>,
    /// How much; 1 with a serial number
    quantity: Number<Quantity>,
    /// Serial number
    serial: Option<String>,
    /// Batch code
    batch: Option<String>,
    /// Where it lies
    location: Option<Key<links::Location>>,
    /// The item in which it is installed
    belongs_to: Option<Key<links::StockItem>>,
    /// The build order that made it
    build: Option<i32>,
    /// The build order that used it up
    consumed_by: Option<i32>,
    /// The company that has it
    customer: Option<Key<links::Company>>,
    /// Delete this item when none is left
    delete_on_deplete: bool,
    /// When it expires
    expiry_date: Option<chrono::NaiveDate>,
    /// Whether it is there to be used
    in_stock: bool,
    /// Whether it is being made
    is_building: bool,
    /// Link to external URL
    link: String,
    /// Markdown notes
    notes: Option<String>,
    /// The owner who answers for it
    owner: Option<Key<links::Owner>>,
    /// In what it is kept
    packaging: Option<String>,
    /// The item from which it was split
    parent: Option<Key<links::StockItem>>,
    /// The order by which it came
    purchase_order: Option<i32>,
    /// That order's reference
    purchase_order_reference: Option<String>,
    /// The order by which it went
    sales_order: Option<i32>,
    /// That order's reference
    sales_order_reference: Option<String>,
    /// Its state
    status: i32,
    /// The state, for people
    status_text: String,
    /// A custom state, or the state itself
    status_custom_key: Option<i32>,
    /// As what it was bought
    supplier_part: Option<Key<links::SupplierPart>>,
    /// The supplier's number
    #[oai(rename = "SKU")]
    #[serde(rename = "SKU")]
    sku: Option<String>,
    /// The manufacturer's number
    #[oai(rename = "MPN")]
    #[serde(rename = "MPN")]
    mpn: Option<String>,
    /// Unique hash of barcode data
    barcode_hash: String,
    /// When the record was made
    creation_date: Option<Moment>,
    /// When it was last counted
    stocktake_date: Option<chrono::NaiveDate>,
    /// When it last changed
    updated: Option<Moment>,
    /// What one cost
    purchase_price: Option<Number<Money>>,
    /// In this currency
    purchase_price_currency: String,
    /// How much is promised
    allocated: f64,
    /// Whether it has expired
    expired: bool,
    /// How many items are installed in it
    installed_items: i64,
    /// How many items were split from it
    child_items: i64,
    /// Whether it expires soon
    stale: bool,
    /// Where it lies; with `location_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    location_detail: Shown<Option<LocationBrief>>,
    /// The way to where it lies; with `path_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    location_path: Shown<Option<Vec<TreePath>>>,
    /// The part, unless `part_detail` is false
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    part_detail: Shown<Option<brief::PartBrief>>,
    /// How many entries its log has
    tracking_items: i64,
    /// Words to find it by; with `tags`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    tags: Shown<Vec<String>>,
    /// What was found in tests; with `tests`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    tests: Shown<Option<Vec<ResultRead>>>,
    /// As what it was bought; with `supplier_part_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    supplier_part_detail: Shown<Option<SupplierPartRead>>,
}

impl StockRead {
    /// Its primary key.
    pub(super) fn key(&self) -> i32 {
        self.pk
    }
}

/// From rows to items.
pub(super) async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<StockRead>, ApiError> {
    // A detail of another model is for those who may view that model.
    let with_part = view.who.may(Parts::VIEW) && view.shows(&TABLE, "part_detail");
    let places = view.who.may(Locations::VIEW);
    let with_location = places && view.shows(&TABLE, "location_detail");
    let with_path = places && view.shows(&TABLE, "path_detail");
    let parts =
        if with_part { brief::of(view, rows.iter().map(|row| row.item.part).collect()).await? } else { HashMap::new() };
    let locations = if with_location || with_path { locations_of(view, &rows).await? } else { HashMap::new() };
    let steps = if with_path {
        location::steps(view.ctx, locations.values().map(|location| location.path.as_str())).await?
    } else {
        tree::Steps::new()
    };
    let mut tags = Tagged::of(view, &TABLE, MODEL, rows.iter().map(|row| row.item.id)).await?;
    let on = |flag| view.shows(&TABLE, flag);
    let (with_tests, with_bought) = (on("tests"), on("supplier_part_detail") && view.who.may(SupplierParts::VIEW));
    let mut tests = if with_tests {
        test_result::of_items_read(view, rows.iter().map(|row| row.item.id).collect()).await?
    } else {
        HashMap::new()
    };
    let bought = if with_bought {
        supplier_part::plain(view, rows.iter().filter_map(|row| row.item.supplier_part).collect()).await?
    } else {
        HashMap::new()
    };
    let expiry = Expiry::current(view.ctx).await?;
    let is_own = |row: &Row| row.item.status_custom_key.is_some();
    let labels = if rows.iter().any(is_own) { STOCK.labels(view.ctx.db.reader()).await? } else { HashMap::new() };
    let read = |row: Row| {
        let label = row.item.status_custom_key.and_then(|key| labels.get(&key)).cloned();
        let supplied = row.item.supplier_part.and_then(|key| bought.get(&key)).cloned();
        let location = row.item.location.and_then(|key| locations.get(&key));
        let part = parts.get(&row.item.part).cloned();
        let mut read = plain(expiry, row);
        read.location_detail = Shown(with_location.then(|| location.map(LocationBrief::of)));
        read.location_path = Shown(with_path.then(|| location.map(|location| tree::way(&location.path, &steps))));
        if let Some(label) = label {
            read.status_text = label;
        }
        read.part_detail = Shown(with_part.then_some(part));
        read.tags = tags.take(read.pk);
        read.tests = Shown(with_tests.then(|| Some(tests.remove(&read.pk).unwrap_or_default())));
        read.supplier_part_detail = Shown(with_bought.then_some(supplied));
        read
    };
    Ok(rows.into_iter().map(read).collect())
}

async fn locations_of(view: &View<'_>, rows: &[Row]) -> Result<HashMap<i32, stock_location::Model>, DbErr> {
    let keys: BTreeSet<i32> = rows.iter().filter_map(|row| row.item.location).collect();
    let found = tree::among::<stock_location::Entity>(keys).all(view.ctx.db.reader()).await?;
    Ok(found.into_iter().map(|location| (location.id, location)).collect())
}

fn plain(expiry: Expiry, row: Row) -> StockRead {
    let Row { item, sku, mpn, installed_items, child_items, tracking_items } = row;
    let in_stock = ledger::is_in_stock(&item);
    let (expired, stale) = (expiry.is_expired(&item), expiry.is_stale(&item));
    let stock_item::Model {
        id,
        part,
        quantity,
        serial,
        serial_int: _,
        batch,
        location,
        parent,
        belongs_to,
        build,
        consumed_by,
        customer,
        purchase_order,
        sales_order,
        supplier_part,
        owner,
        delete_on_deplete,
        expiry_date,
        is_building,
        link,
        notes,
        packaging,
        status,
        status_custom_key,
        creation_date,
        updated,
        stocktake_date,
        stocktake_user: _,
        purchase_price,
        purchase_price_currency,
        barcode_data: _,
        barcode_hash,
    } = item;
    StockRead {
        pk: id,
        part: part.into(),
        quantity: Number(quantity),
        serial,
        batch,
        location: location.map(Key::from),
        belongs_to: belongs_to.map(Key::from),
        build,
        consumed_by,
        customer: customer.map(Key::from),
        delete_on_deplete,
        expiry_date,
        in_stock,
        is_building,
        link,
        notes,
        owner: owner.map(Key::from),
        packaging,
        parent: parent.map(Key::from),
        purchase_order,
        purchase_order_reference: None,
        sales_order,
        sales_order_reference: None,
        status,
        status_text: STOCK.find(status).map_or_else(|| status.to_string(), |code| code.label.to_owned()),
        status_custom_key: Some(status_custom_key.unwrap_or(status)),
        supplier_part: supplier_part.map(Key::from),
        sku,
        mpn,
        barcode_hash,
        creation_date: creation_date.map(Moment),
        stocktake_date,
        updated: updated.map(Moment),
        purchase_price: purchase_price.map(Number),
        purchase_price_currency,
        allocated: 0.0,
        expired,
        installed_items,
        child_items,
        stale,
        location_detail: Shown(None),
        location_path: Shown(None),
        part_detail: Shown(None),
        tracking_items,
        tags: Shown(None),
        tests: Shown(None),
        supplier_part_detail: Shown(None),
    }
}
