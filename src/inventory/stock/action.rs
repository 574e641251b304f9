//! What is done with stock: `POST /api/stock/<action>/`, each in one transaction.
//!
//! InvenTree asks for the right to *add* here by accident; here an action changes stock, so that is the right it needs.

mod adjust;
mod convert;
mod disassemble;
mod install;
mod merge;
mod send;
mod serialize;
mod shape;
mod transfer;

use std::collections::{BTreeMap, BTreeSet};

use entities::inventory::stock_item;
use poem::web::Data;
use poem_openapi::{OpenApi, param::Path};
use sea_orm::{ActiveValue::Set, DbErr};
use serde_json::{Value, json};

use self::shape::{
    Add, Adjustment, Assigned, Assignment, ChangeStatus, Convert, Converted, Count, Disassemble, Done, Install,
    Installed, Merge, Merged, Notes, Return, Returned, Serialize_, StatusChanged, Transfer, Uninstall, Uninstalled,
};
use super::{
    super::{owner::Mine, state::STOCK},
    StockItems, StockRead,
    ledger::{self, Ledger},
    shown,
};
use crate::{
    access::Auth,
    ctx::Ctx,
    db::Tx,
    rest::{ApiError, Body, Created, Fields, Params, Purpose, Resource as _, View, error::no_such_pk, invalid_object},
};

/// No action takes more items at once.
const MAX_ITEMS: usize = 1000;

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
        let mine = Mine::of(tx, view.who).await?;
        for row in &found {
            mine.item(tx, row).await?;
        }
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
    ) -> Result<Created<Returned>, ApiError> {
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
    ) -> Result<Created<Assigned>, ApiError> {
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
    ) -> Result<Created<StatusChanged>, ApiError> {
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
    ) -> Result<Created<Merged>, ApiError> {
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

    /// Take assemblies apart, into the components that their bill of material names
    #[oai(path = "/stock/:pk/disassemble", method = "post", operation_id = "stock_disassemble_create")]
    async fn disassemble(
        &self,
        #[oai(scope = "StockItems::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        pk: Path<i32>,
        body: Body<Disassemble>,
    ) -> Result<Created<Vec<StockRead>>, ApiError> {
        let view = view(&ctx, &who, &params);
        let keys = disassemble::disassemble(&view, pk.0, body.0).await?;
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

/// One item, locked, for a caller who may change it.
async fn one(tx: &Tx, view: &View<'_>, key: i32) -> Result<stock_item::Model, ApiError> {
    ledger::lock(tx).await?;
    let found: Result<_, DbErr> = ledger::items(tx, &[key]).await;
    let found = found?.into_iter().next().ok_or(ApiError::NotFound(StockItems::KIND))?;
    Mine::of(tx, view.who).await?.item(tx, &found).await?;
    Ok(found)
}

const TOO_MUCH: &str = "Ensure that there are no more than 15 digits in total.";
const NOT_HERE: &str = "Stock item is not in stock";
