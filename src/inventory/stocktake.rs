//! `/api/part/stocktake/`: how much of a part there was when somebody counted.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use entities::{
    exact::{Money, Quantity},
    inventory::{part, part_stocktake},
};
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    FromQueryResult, IntoActiveModel, IntoActiveValue as _, Order, QuerySelect as _,
    prelude::*,
};
use serde::Serialize;

use super::{links, part::Policy, price::currency};
use crate::{
    db::Tx,
    rest::{
        ApiError, Filter, Kind, Resource, Table, View,
        field::{Currency, Given, Key, Number, Required},
    },
    scope::Role,
};

/// A count, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "PartStocktake")]
pub(super) struct StocktakeRead {
    /// Primary key
    pk: i32,
    /// The part
    part: Key<links::Part>,
    /// Its name
    part_name: String,
    /// Its internal number
    part_ipn: Option<String>,
    /// What it is
    part_description: Option<String>,
    /// When it was counted
    date: chrono::NaiveDate,
    /// How many stock items there were
    item_count: i32,
    /// How much in all
    quantity: Number<Quantity>,
    /// What it was worth at least
    cost_min: Option<Number<Money>>,
    /// In this currency
    cost_min_currency: String,
    /// What it was worth at most
    cost_max: Option<Number<Money>>,
    /// In this currency
    cost_max_currency: String,
}

/// A count, as clients write it.
#[derive(Debug, Clone, Object)]
#[oai(rename = "PartStocktakeWrite")]
pub(super) struct StocktakeWrite {
    /// The part
    part: Required<Key<links::Part>>,
    /// How many stock items there were
    #[oai(validator(minimum(value = "0")))]
    item_count: Given<i32>,
    /// How much in all
    quantity: Required<Number<Quantity>>,
    /// What it was worth at least
    cost_min: Given<Option<Number<Money>>>,
    /// In this currency; by default the one that is set
    cost_min_currency: Given<Currency>,
    /// What it was worth at most
    cost_max: Given<Option<Number<Money>>>,
    /// In this currency; by default the one that is set
    cost_max_currency: Given<Currency>,
}

impl IntoActiveModel<part_stocktake::ActiveModel> for StocktakeWrite {
    fn into_active_model(self) -> part_stocktake::ActiveModel {
        part_stocktake::ActiveModel {
            id: NotSet,
            part: self.part.into_active_value(),
            date: NotSet,
            item_count: self.item_count.into_active_value(),
            quantity: self.quantity.into_active_value(),
            cost_min: self.cost_min.into_active_value(),
            cost_min_currency: NotSet,
            cost_max: self.cost_max.into_active_value(),
            cost_max_currency: NotSet,
        }
    }
}

/// A count.
#[derive(Debug, FromQueryResult)]
pub(super) struct Row {
    #[sea_orm(nested)]
    count: part_stocktake::Model,
}

/// The resource.
#[derive(Debug)]
pub(super) struct Stocktakes;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use part_stocktake::Column as C;
    let column = |column: C| Expr::col(column.as_column_ref());
    Table {
        filters: vec![Filter::eq("part", Kind::Key("part"), C::Part)],
        search: Vec::new(),
        search_notes: Vec::new(),
        ordering: vec![
            ("part", Expr::cust("(SELECT p.name FROM part p WHERE p.id = part_stocktake.part)")),
            ("item_count", column(C::ItemCount)),
            ("quantity", column(C::Quantity)),
            ("date", column(C::Date)),
            ("pk", column(C::Id)),
        ],
        default_order: vec![(column(C::Id), Order::Desc)],
    }
});

impl Resource for Stocktakes {
    const PATH: &'static str = "/part/stocktake";
    const NAME: &'static str = "part_stocktake";
    const KIND: &'static str = "PartStocktake";
    const ROLES: &'static [Role] = &[Role::Part];
    const BULK_DELETE: bool = true;

    type Entity = part_stocktake::Entity;
    type Row = Row;
    type Read = StocktakeRead;
    type Write = StocktakeWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> part_stocktake::ActiveModel {
        part_stocktake::ActiveModel {
            id: NotSet,
            part: NotSet,
            date: NotSet,
            item_count: Set(1),
            quantity: NotSet,
            cost_min: Set(None),
            cost_min_currency: NotSet,
            cost_max: Set(None),
            cost_max_currency: NotSet,
        }
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<StocktakeRead>, ApiError> {
        use part::Column as C;
        let keys: BTreeSet<i32> = rows.iter().map(|row| row.count.part).collect();
        let mut query = part::Entity::find().select_only().columns([C::Id, C::Name, C::Ipn, C::Description]);
        if keys.len() <= 5000 {
            query = query.filter(C::Id.is_in(keys));
        }
        let found: Vec<(i32, String, String, String)> = query.into_tuple().all(view.ctx.db.reader()).await?;
        let parts: HashMap<i32, _> = found.into_iter().map(|(id, name, ipn, text)| (id, (name, ipn, text))).collect();
        let read = |Row { count }: Row| {
            let part_stocktake::Model {
                id,
                part,
                date,
                item_count,
                quantity,
                cost_min,
                cost_min_currency,
                cost_max,
                cost_max_currency,
            } = count;
            let (name, ipn, text) = parts.get(&part).cloned().unwrap_or_default();
            StocktakeRead {
                pk: id,
                part: Key::from(part),
                part_name: name,
                part_ipn: Some(ipn),
                part_description: Some(text),
                date,
                item_count,
                quantity: Number(quantity),
                cost_min: cost_min.map(Number),
                cost_min_currency,
                cost_max: cost_max.map(Number),
                cost_max_currency,
            }
        };
        Ok(rows.into_iter().map(read).collect())
    }

    async fn check(
        tx: &Tx,
        view: &View<'_>,
        before: Option<&part_stocktake::Model>,
        sent: &StocktakeWrite,
        change: &mut part_stocktake::ActiveModel,
    ) -> Result<(), ApiError> {
        let policy = Policy::read(&**tx).await?;
        if before.is_none() {
            change.date = Set(view.ctx.clock.today());
        }
        if before.is_none() || sent.cost_min_currency.0.is_some() {
            change.cost_min_currency = Set(currency(&policy, "cost_min_currency", sent.cost_min_currency.0.as_ref())?);
        }
        if before.is_none() || sent.cost_max_currency.0.is_some() {
            change.cost_max_currency = Set(currency(&policy, "cost_max_currency", sent.cost_max_currency.0.as_ref())?);
        }
        Ok(())
    }
}
