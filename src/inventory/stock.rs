//! `/api/stock/`: stock items, and what is done with them.

mod action;
mod batch;
mod create;
mod expiry;
mod family;
mod filters;
mod ledger;
mod numbers;
mod read;
mod rules;
mod serial;
mod status;
mod test_result;
mod track;

use entities::{
    exact::{Money, Quantity},
    inventory::{part, stock_item},
};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DeriveIntoActiveModel, FromQueryResult, JoinType, QueryOrder as _, QuerySelect as _,
    prelude::*,
};
use serde::Serialize;

pub(super) use self::{
    action::Actions,
    batch::{About, code as batch_code},
    create::first,
    family::{latest_serial, next_serials},
    ledger::{in_stock_sql, lock},
    numbers::{Numbers, of_parts},
    status::{EVENTS, STATUSES},
    test_result::Results,
    track::Track,
};
use self::{filters::TABLE, ledger::Ledger, read::StockRead};
use super::{
    links,
    owner::Mine,
    state::{self, StateClass},
    tags,
};
use crate::{
    access::Auth,
    ctx::Ctx,
    db::Tx,
    rest::{
        ApiError, Body, Created, Json, Params, Purpose, Resource, Table, View,
        field::{Day, Given, Key, Link, Markdown, Number, OrBlank},
    },
    scope::{Need, Role},
};

/// What `InvenTree` calls one where something hangs on it.
const MODEL: &str = "stockitem";

/// A stock item, as clients change it. What moves it has an operation of its own.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "StockItemWrite")]
#[sea_orm(active_model = "stock_item::ActiveModel")]
pub(super) struct StockWrite {
    /// How much; 1 with a serial number
    quantity: Given<Number<Quantity>>,
    /// Serial number
    #[oai(validator(max_length = 100))]
    serial: Given<Option<String>>,
    /// Batch code
    #[oai(validator(max_length = 100))]
    batch: Given<Option<String>>,
    /// Where it lies
    location: Given<Option<Key<links::Location>>>,
    /// As what it was bought
    supplier_part: Given<Option<Key<links::SupplierPart>>>,
    /// The owner who answers for it
    owner: Given<Option<Key<links::Owner>>>,
    /// Delete this item when none is left
    delete_on_deplete: Given<bool>,
    /// When it expires
    expiry_date: Given<Option<Day>>,
    /// Link to external URL
    #[oai(validator(max_length = 2000))]
    link: Given<Link>,
    /// Markdown notes (optional)
    #[oai(validator(max_length = 50000))]
    notes: Given<Option<Markdown>>,
    /// In what it is kept
    #[oai(validator(max_length = 50))]
    packaging: Given<Option<String>>,
    /// Its state
    status: Given<i32>,
    /// A custom state, or the state itself
    status_custom_key: Given<Option<i32>>,
    /// What one cost
    purchase_price: Given<Option<Number<Money>>>,
    /// In this currency
    #[oai(validator(max_length = 3))]
    purchase_price_currency: Given<OrBlank>,
    /// Words to find it by
    #[sea_orm(ignore)]
    tags: Given<Vec<String>>,
}

/// An item with what is read with it.
#[derive(Debug, FromQueryResult)]
pub(super) struct Row {
    #[sea_orm(nested)]
    item: stock_item::Model,
    sku: Option<String>,
    mpn: Option<String>,
    installed_items: i64,
    child_items: i64,
    tracking_items: i64,
}

/// The resource.
#[derive(Debug)]
pub(super) struct StockItems;

const SKU: &str = "(SELECT s.sku FROM supplier_part s WHERE s.id = stock_item.supplier_part)";
const MPN: &str = "(SELECT m.mpn FROM supplier_part s JOIN manufacturer_part m ON m.id = s.manufacturer_part \
     WHERE s.id = stock_item.supplier_part)";
const INSTALLED: &str = "(SELECT COUNT(*) FROM stock_item c WHERE c.belongs_to = stock_item.id)";
const CHILDREN: &str = "(SELECT COUNT(*) FROM stock_item c WHERE c.parent = stock_item.id)";
const TRACKED: &str = "(SELECT COUNT(*) FROM stock_tracking t WHERE t.item = stock_item.id)";

impl Resource for StockItems {
    const PATH: &'static str = "/stock";
    const NAME: &'static str = "stock";
    const KIND: &'static str = "StockItem";
    const ROLES: &'static [Role] = &[Role::Stock, Role::Build];
    const BULK: bool = true;
    const PLAIN_CREATE: bool = false;
    const BULK_DELETE: bool = true;

    type Entity = stock_item::Entity;
    type Row = Row;
    type Read = StockRead;
    type Write = StockWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> stock_item::ActiveModel {
        stock_item::ActiveModel {
            id: NotSet,
            part: NotSet,
            quantity: NotSet,
            serial: Set(None),
            serial_int: Set(0),
            batch: Set(Some(String::new())),
            location: Set(None),
            parent: Set(None),
            belongs_to: Set(None),
            build: Set(None),
            consumed_by: Set(None),
            customer: Set(None),
            purchase_order: Set(None),
            sales_order: Set(None),
            supplier_part: Set(None),
            owner: Set(None),
            delete_on_deplete: Set(true),
            expiry_date: Set(None),
            is_building: Set(false),
            link: Set(String::new()),
            notes: Set(None),
            packaging: Set(None),
            status: Set(status::OK),
            status_custom_key: Set(None),
            creation_date: NotSet,
            updated: NotSet,
            stocktake_date: Set(None),
            stocktake_user: Set(None),
            purchase_price: Set(None),
            purchase_price_currency: Set("USD".to_owned()),
            barcode_data: Set(String::new()),
            barcode_hash: Set(String::new()),
        }
    }

    async fn narrow(
        view: &View<'_>,
        query: Select<stock_item::Entity>,
    ) -> Result<Select<stock_item::Entity>, ApiError> {
        filters::narrow(view, query).await
    }

    fn columns(query: Select<stock_item::Entity>, _view: &View<'_>) -> Select<stock_item::Entity> {
        query
            .join(JoinType::InnerJoin, stock_item::Relation::Part.def())
            .expr_as(Expr::cust(SKU), "sku")
            .expr_as(Expr::cust(MPN), "mpn")
            .expr_as(Expr::cust(INSTALLED), "installed_items")
            .expr_as(Expr::cust(CHILDREN), "child_items")
            .expr_as(Expr::cust(TRACKED), "tracking_items")
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<StockRead>, ApiError> {
        read::show(view, rows).await
    }

    async fn begin(tx: &Tx, _view: &View<'_>) -> Result<(), ApiError> {
        Ok(ledger::lock(tx).await?)
    }

    async fn check(
        tx: &Tx,
        view: &View<'_>,
        before: Option<&stock_item::Model>,
        _sent: &StockWrite,
        change: &mut stock_item::ActiveModel,
    ) -> Result<(), ApiError> {
        match before {
            Some(before) => rules::edit(tx, view, before, change).await,
            None => Ok(()),
        }
    }

    async fn saved(
        tx: &Tx,
        _view: &View<'_>,
        _before: Option<&stock_item::Model>,
        after: &stock_item::Model,
        sent: &StockWrite,
    ) -> Result<(), ApiError> {
        tags::set(tx, MODEL, after.id, &sent.tags).await
    }

    async fn removable(tx: &Tx, row: &stock_item::Model) -> Result<(), ApiError> {
        rules::removable(tx, row).await
    }

    async fn erase(tx: &Tx, view: &View<'_>, row: stock_item::Model) -> Result<(), ApiError> {
        Mine::of(tx, view.who).await?.item(tx, &row).await?;
        Ok(Ledger::new(tx, view, None).discard(row).await?)
    }
}

/// The items with these keys, as clients read them, in this order.
async fn shown(view: &View<'_>, keys: &[i32]) -> Result<Vec<StockRead>, ApiError> {
    let query = StockItems::columns(stock_item::Entity::find(), view);
    let query = query.filter(stock_item::Column::Id.is_in(keys.iter().copied())).order_by_asc(stock_item::Column::Id);
    let rows = query.into_model::<Row>().all(view.ctx.db.reader()).await?;
    read::show(view, rows).await
}

/// What a serial number stands between.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "StockItemSerialNumbers")]
struct Neighbours {
    /// The item with the serial number after this one's
    next: Option<StockRead>,
    /// The item with the serial number before this one's
    previous: Option<StockRead>,
}

/// The operations beyond the five.
pub(super) struct Operations;

#[OpenApi]
impl Operations {
    /// Create stock: one item, or one for each serial number
    #[oai(path = "/stock", method = "post", operation_id = "stock_create")]
    async fn create(
        &self,
        #[oai(scope = "StockItems::ADD")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Body<create::StockCreate>,
    ) -> Result<Created<Vec<StockRead>>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::Written };
        let keys = create::create(&view, body.0).await?;
        shown(&view, &keys).await.map(Created)
    }

    /// The items with the serial numbers before and after an item's
    #[oai(path = "/stock/:pk/serial-numbers", method = "get", operation_id = "stock_serial_numbers_retrieve")]
    async fn neighbours(
        &self,
        #[oai(scope = "StockItems::VIEW")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        pk: Path<i32>,
    ) -> Result<Json<Neighbours>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List };
        let db = ctx.db.reader();
        let item = stock_item::Entity::find_by_id(pk.0).one(db).await?.ok_or(ApiError::NotFound(StockItems::KIND))?;
        let family = family::of(db, item.part).await?;
        let mut keys = [None, None];
        if item.serial.is_some() {
            use stock_item::Column as C;
            let others = || {
                let query = stock_item::Entity::find().filter(C::Part.is_in(family.iter().copied()));
                query.filter(C::Serial.is_not_null()).select_only().column(C::Id)
            };
            let after = others().filter(C::SerialInt.gt(item.serial_int)).order_by_asc(C::SerialInt);
            let before = others().filter(C::SerialInt.lt(item.serial_int)).order_by_desc(C::SerialInt);
            keys = [after.into_tuple::<i32>().one(db).await?, before.into_tuple().one(db).await?];
        }
        let found: Vec<i32> = keys.iter().flatten().copied().collect();
        let mut next = None;
        let mut previous = None;
        for item in shown(&view, &found).await? {
            if keys.first().is_some_and(|key| *key == Some(item.key())) {
                next = Some(item);
            } else {
                previous = Some(item);
            }
        }
        Ok(Json(Neighbours { next, previous }))
    }

    /// The states of stock
    #[oai(path = "/stock/status", method = "get", operation_id = "stock_status_retrieve")]
    async fn statuses(
        &self,
        #[oai(scope = "Need::Read")] _who: Auth,
        ctx: Data<&Ctx>,
    ) -> Result<Json<StateClass>, ApiError> {
        Ok(Json(state::class(&ctx, state::STOCK).await?))
    }

    /// What can happen to stock
    #[oai(path = "/stock/track/status", method = "get", operation_id = "stock_track_status_retrieve")]
    async fn events(
        &self,
        #[oai(scope = "Need::Read")] _who: Auth,
        ctx: Data<&Ctx>,
    ) -> Result<Json<StateClass>, ApiError> {
        Ok(Json(state::class(&ctx, state::HISTORY).await?))
    }
}

/// The part of an item, read in the transaction.
async fn part_of(tx: &Tx, key: i32) -> Result<part::Model, ApiError> {
    part::Entity::find_by_id(key).one(&**tx).await?.ok_or(ApiError::NotFound("Part"))
}

/// Whether a location may hold stock; for those who only have it as a field.
async fn placeable(tx: &Tx, view: &View<'_>, location: Option<i32>) -> Result<(), ApiError> {
    match location {
        Some(location) => ledger::placeable(tx, view, "location", location).await,
        None => Ok(()),
    }
}
