//! What is done with stock: `POST /api/stock/<action>/`, each in one transaction.
//!
//! InvenTree asks for the right to *add* here by accident; here an action changes stock, so that is the right it needs.

mod adjust;
mod convert;
mod install;
mod merge;
mod send;
mod serialize;
mod transfer;

use std::collections::{BTreeMap, BTreeSet};

use entities::{exact::Quantity, inventory::stock_item};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{ActiveValue::Set, DbErr};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    super::{links, state::STOCK},
    StockItems, StockRead,
    ledger::{self, Ledger},
    shown,
};
use crate::{
    access::Auth,
    ctx::Ctx,
    db::Tx,
    rest::{
        ApiError, Body, Created, Fields, Params, Purpose, Resource as _, View,
        error::no_such_pk,
        field::{Given, Key, Number, OrBlank},
        invalid_object,
    },
};

/// No action takes more items at once.
const MAX_ITEMS: usize = 1000;

/// An item and how much of it.
#[derive(Debug, Clone, Object)]
#[oai(rename = "StockAdjustmentItem")]
struct Adjustment {
    /// The item
    pk: Key<links::StockItem>,
    /// How much
    quantity: Number<Quantity>,
    /// Batch code, where it changes
    #[oai(validator(max_length = 100))]
    batch: Given<String>,
    /// The state, where it changes
    status: Given<Option<i32>>,
    /// In what it is kept, where it changes
    #[oai(validator(max_length = 50))]
    packaging: Given<String>,
    /// Merge into matching stock at the new location
    merge: Given<bool>,
}

/// What was done with an item.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "StockAdjusted")]
struct Adjusted {
    /// The item; null if it is gone with its last
    pk: Option<i32>,
    /// How much was asked for, as a decimal text
    quantity: String,
}

/// What was done.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "StockAdjustment")]
struct Done {
    /// The items
    items: Vec<Adjusted>,
    /// Why
    notes: String,
    /// Where
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    location: Option<i32>,
}

/// A text that may be left out.
type Notes = Given<OrBlank>;

fn notes(sent: &Notes) -> Option<String> {
    sent.0.as_ref().map(|notes| notes.0.clone())
}

/// The items that an action is about, locked, with the errors of each at its place.
struct Batch<'a> {
    ledger: Ledger<'a>,
    rows: BTreeMap<i32, stock_item::Model>,
    errors: Vec<Value>,
    field: &'static str,
}

impl<'a> Batch<'a> {
    /// Takes the locks. `field`: what the key is called in each item.
    async fn begin(
        tx: &'a Tx,
        view: &View<'_>,
        keys: &[i32],
        field: &'static str,
        notes: Option<String>,
    ) -> Result<Self, ApiError> {
        if keys.is_empty() {
            return Err(invalid_object("A list of stock items must be provided"));
        }
        if keys.len() > MAX_ITEMS {
            return Err(invalid_object(format!("No more than {MAX_ITEMS} items may be changed at once")));
        }
        ledger::lock(tx).await?;
        let found = ledger::items(tx, keys).await?;
        let rows: BTreeMap<i32, stock_item::Model> = found.into_iter().map(|row| (row.id, row)).collect();
        let mut batch = Self { ledger: Ledger::new(tx, view, notes), rows, errors: vec![json!({}); keys.len()], field };
        let mut seen = BTreeSet::new();
        for (at, key) in keys.iter().enumerate() {
            if !batch.rows.contains_key(key) {
                batch.wrong(at, field, no_such_pk(key));
            } else if !seen.insert(key) {
                batch.wrong(at, field, "Duplicate stock item");
            }
        }
        Ok(batch)
    }

    /// Something is wrong with the item at a place.
    fn wrong(&mut self, at: usize, field: &str, message: impl Into<String>) {
        if let Some(error) = self.errors.get_mut(at) {
            *error = json!({ field: [message.into()] });
        }
    }

    /// Finds out whether a rule holds for the item at a place.
    fn require(&mut self, at: usize, holds: bool, message: &str) {
        let fine = self.errors.get(at).is_some_and(|error| error.as_object().is_some_and(serde_json::Map::is_empty));
        if !holds && fine {
            self.wrong(at, self.field, message);
        }
    }

    /// `Err` if something is wrong with any.
    fn checked(&self) -> Result<(), ApiError> {
        if self.errors.iter().all(|error| error.as_object().is_some_and(serde_json::Map::is_empty)) {
            return Ok(());
        }
        let mut fields = Fields::new();
        fields.nest("items", Value::Array(self.errors.clone()));
        Err(ApiError::Invalid(fields))
    }

    /// The row with a key; `checked` has made sure that there is one.
    fn row(&self, key: i32) -> Result<stock_item::Model, ApiError> {
        self.rows.get(&key).cloned().ok_or(ApiError::NotFound(StockItems::KIND))
    }
}

/// What an adjustment says beside the quantity.
async fn beside(tx: &Tx, item: &Adjustment) -> Result<stock_item::ActiveModel, ApiError> {
    let mut change = stock_item::ActiveModel::default();
    if let Some(batch) = &item.batch.0 {
        change.batch = Set(Some(batch.clone()));
    }
    if let Some(packaging) = &item.packaging.0 {
        change.packaging = Set(Some(packaging.clone()));
    }
    if let Some(Some(status)) = item.status.0 {
        let state = STOCK.resolve(tx, status, "status").await?;
        change.status = Set(state.key);
        change.status_custom_key = Set(state.custom);
    }
    Ok(change)
}

/// The operations.
pub(in crate::inventory) struct Actions;

/// Counted stock.
#[derive(Debug, Object)]
#[oai(rename = "StockCount")]
struct Count {
    /// The items
    items: Vec<Adjustment>,
    /// Why
    notes: Notes,
    /// Where it was found, if that is new
    location: Given<Option<Key<links::Location>>>,
}

/// Stock that came, or went.
#[derive(Debug, Object)]
#[oai(rename = "StockAdd")]
struct Add {
    /// The items
    items: Vec<Adjustment>,
    /// Why
    notes: Notes,
}

/// Stock that moves.
#[derive(Debug, Object)]
#[oai(rename = "StockTransfer")]
struct Transfer {
    /// The items
    items: Vec<Adjustment>,
    /// Why
    notes: Notes,
    /// Where to
    location: Key<links::Location>,
}

/// Stock that comes back.
#[derive(Debug, Object)]
#[oai(rename = "StockReturn")]
struct Return {
    /// The items
    items: Vec<Adjustment>,
    /// Why
    notes: Notes,
    /// Where to
    location: Key<links::Location>,
    /// Merge into matching stock there
    merge: Given<bool>,
}

/// An item.
#[derive(Debug, Clone, Object)]
#[oai(rename = "StockMergeItem")]
struct Item {
    /// The item
    item: Key<links::StockItem>,
}

/// Stock that goes to a customer.
#[derive(Debug, Object)]
#[oai(rename = "StockAssignment")]
struct Assignment {
    /// The items
    items: Vec<Item>,
    /// To whom
    customer: Key<links::Company>,
    /// Why
    notes: Notes,
}

/// Stock whose state changes.
#[derive(Debug, Object)]
#[oai(rename = "StockChangeStatus")]
struct ChangeStatus {
    /// The items
    items: Vec<Key<links::StockItem>>,
    /// The new state
    status: i32,
    /// Why
    note: Notes,
}

/// Stock that becomes one.
#[derive(Debug, Object)]
#[oai(rename = "StockMerge")]
struct Merge {
    /// The items
    items: Vec<Item>,
    /// Where to
    location: Key<links::Location>,
    /// Why
    notes: Notes,
    /// Whether the items may be bought as different supplier parts
    allow_mismatched_suppliers: Given<bool>,
    /// Whether the items may be in different states
    allow_mismatched_status: Given<bool>,
}

/// Items that were named, and where they went.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "StockItemsMoved")]
struct Named {
    /// The items
    items: Vec<i32>,
    /// Why
    notes: String,
    /// The item that they became, if they became one
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    item: Option<i32>,
}

/// Items that get serial numbers.
#[derive(Debug, Object)]
#[oai(rename = "SerializeStockItem")]
struct Serialize_ {
    /// How many
    #[oai(validator(minimum(value = "0")))]
    quantity: i32,
    /// Which serial numbers: `1, 2, 5-9, 12+3, ~`
    #[oai(validator(min_length = 1, max_length = 10000))]
    serial_numbers: String,
    /// Where they go
    destination: Key<links::Location>,
    /// Why
    notes: Notes,
}

/// An item that is installed in another.
#[derive(Debug, Object)]
#[oai(rename = "InstallStockItem")]
struct Install {
    /// The item to install
    stock_item: Key<links::StockItem>,
    /// How many of it; 1 if not given
    #[oai(validator(minimum(value = "1")))]
    quantity: Given<i32>,
    /// Why
    note: Notes,
}

/// An item that was installed.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "InstalledStockItem")]
struct Installed {
    /// The item that is installed now
    stock_item: i32,
    /// How many of it
    quantity: i32,
    /// Why
    note: String,
}

/// An item that is taken out of another.
#[derive(Debug, Object)]
#[oai(rename = "UninstallStockItem")]
struct Uninstall {
    /// Where it goes
    location: Key<links::Location>,
    /// Why
    note: Notes,
}

/// Where an item went.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "UninstalledStockItem")]
struct Uninstalled {
    /// Where it is now
    location: i32,
    /// Why
    note: String,
}

/// An item that becomes one of another variant.
#[derive(Debug, Object)]
#[oai(rename = "ConvertStockItem")]
struct Convert {
    /// Which variant
    part: Key<links::Part>,
}

/// What an item became.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "ConvertedStockItem")]
struct Converted {
    /// Its part now
    part: i32,
}

fn view<'a>(ctx: &'a Ctx, who: &'a Auth, params: &'a Params) -> View<'a> {
    View { ctx, who: &who.0, params, purpose: Purpose::Written }
}

#[OpenApi]
impl Actions {
    /// Count stock
    #[oai(path = "/stock/count", method = "post", operation_id = "stock_count_create")]
    async fn count(
        &self,
        #[oai(scope = "StockItems::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Body<Count>,
    ) -> Result<Created<Done>, ApiError> {
        adjust::count(&view(&ctx, &who, &params), body.0).await.map(Created)
    }

    /// Add stock
    #[oai(path = "/stock/add", method = "post", operation_id = "stock_add_create")]
    async fn add(
        &self,
        #[oai(scope = "StockItems::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Body<Add>,
    ) -> Result<Created<Done>, ApiError> {
        adjust::add(&view(&ctx, &who, &params), body.0).await.map(Created)
    }

    /// Remove stock
    #[oai(path = "/stock/remove", method = "post", operation_id = "stock_remove_create")]
    async fn remove(
        &self,
        #[oai(scope = "StockItems::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Body<Add>,
    ) -> Result<Created<Done>, ApiError> {
        adjust::remove(&view(&ctx, &who, &params), body.0).await.map(Created)
    }

    /// Move stock
    #[oai(path = "/stock/transfer", method = "post", operation_id = "stock_transfer_create")]
    async fn transfer(
        &self,
        #[oai(scope = "StockItems::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Body<Transfer>,
    ) -> Result<Created<Done>, ApiError> {
        transfer::transfer(&view(&ctx, &who, &params), body.0).await.map(Created)
    }

    /// Take stock back
    #[oai(path = "/stock/return", method = "post", operation_id = "stock_return_create")]
    async fn take_back(
        &self,
        #[oai(scope = "StockItems::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Body<Return>,
    ) -> Result<Created<Done>, ApiError> {
        transfer::take_back(&view(&ctx, &who, &params), body.0).await.map(Created)
    }

    /// Assign stock to a customer
    #[oai(path = "/stock/assign", method = "post", operation_id = "stock_assign_create")]
    async fn assign(
        &self,
        #[oai(scope = "StockItems::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Body<Assignment>,
    ) -> Result<Created<Named>, ApiError> {
        send::assign(&view(&ctx, &who, &params), body.0).await.map(Created)
    }

    /// Change the state of stock
    #[oai(path = "/stock/change_status", method = "post", operation_id = "stock_change_status_create")]
    async fn change_status(
        &self,
        #[oai(scope = "StockItems::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Body<ChangeStatus>,
    ) -> Result<Created<Named>, ApiError> {
        send::change_status(&view(&ctx, &who, &params), body.0).await.map(Created)
    }

    /// Merge stock
    #[oai(path = "/stock/merge", method = "post", operation_id = "stock_merge_create")]
    async fn merge(
        &self,
        #[oai(scope = "StockItems::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Body<Merge>,
    ) -> Result<Created<Named>, ApiError> {
        merge::merge(&view(&ctx, &who, &params), body.0).await.map(Created)
    }

    /// Give serial numbers to some of an item
    #[oai(path = "/stock/:pk/serialize", method = "post", operation_id = "stock_serialize_create")]
    async fn serialize(
        &self,
        #[oai(scope = "StockItems::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        pk: Path<i32>,
        body: Body<Serialize_>,
    ) -> Result<Created<Vec<StockRead>>, ApiError> {
        let view = view(&ctx, &who, &params);
        let keys = serialize::serialize(&view, pk.0, body.0).await?;
        shown(&view, &keys).await.map(Created)
    }

    /// Install another item in an item
    #[oai(path = "/stock/:pk/install", method = "post", operation_id = "stock_install_create")]
    async fn install(
        &self,
        #[oai(scope = "StockItems::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        pk: Path<i32>,
        body: Body<Install>,
    ) -> Result<Created<Installed>, ApiError> {
        install::install(&view(&ctx, &who, &params), pk.0, body.0).await.map(Created)
    }

    /// Take an item out of the item in which it is installed
    #[oai(path = "/stock/:pk/uninstall", method = "post", operation_id = "stock_uninstall_create")]
    async fn uninstall(
        &self,
        #[oai(scope = "StockItems::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        pk: Path<i32>,
        body: Body<Uninstall>,
    ) -> Result<Created<Uninstalled>, ApiError> {
        install::uninstall(&view(&ctx, &who, &params), pk.0, body.0).await.map(Created)
    }

    /// Convert an item to another variant of its part
    #[oai(path = "/stock/:pk/convert", method = "post", operation_id = "stock_convert_create")]
    async fn convert(
        &self,
        #[oai(scope = "StockItems::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        pk: Path<i32>,
        body: Body<Convert>,
    ) -> Result<Created<Converted>, ApiError> {
        convert::convert(&view(&ctx, &who, &params), pk.0, body.0).await.map(Created)
    }
}

/// One item, locked.
async fn one(tx: &Tx, key: i32) -> Result<stock_item::Model, ApiError> {
    ledger::lock(tx).await?;
    let found: Result<_, DbErr> = ledger::items(tx, &[key]).await;
    found?.into_iter().next().ok_or(ApiError::NotFound(StockItems::KIND))
}

const TOO_MUCH: &str = "Ensure that there are no more than 15 digits in total.";
const NOT_HERE: &str = "Stock item is not in stock";
