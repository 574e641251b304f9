//! `/api/stock/track/`: what happened to stock. Read only: entries are the ledger's.

use std::{collections::HashMap, sync::LazyLock};

use entities::inventory::stock_tracking;
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::NotSet, Condition, DeriveIntoActiveModel, FromQueryResult, Order, prelude::*, sea_query::SimpleExpr,
};
use serde::Serialize;

use super::{
    super::{
        links,
        part::{Parts, brief, family::descendants_sql},
        person::{Person, people},
    },
    StockItems, StockRead, shown, status,
};
use crate::{
    rest::{
        ApiError, Filter, Kind, Resource, Table, View,
        field::{Given, Key, Moment, Shown},
        list::Value,
    },
    scope::Role,
};

/// An entry of the log, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "StockTracking")]
pub(in crate::inventory) struct TrackRead {
    /// Primary key
    pk: i32,
    /// The item, while there is one
    item: Option<Key<links::StockItem>>,
    /// The item; with `item_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    item_detail: Shown<Option<StockRead>>,
    /// Its part
    part: Option<Key<links::Part>>,
    /// The part; with `part_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    part_detail: Shown<Option<brief::PartBrief>>,
    /// When
    date: Moment,
    /// What it changed
    deltas: serde_json::Value,
    /// What happened, for people
    label: String,
    /// Why
    notes: Option<String>,
    /// What happened
    tracking_type: i32,
    /// Who did it
    user: Option<Key<links::User>>,
    /// Who did it, by name; with `user_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    user_detail: Shown<Option<Person>>,
}

/// Nothing is written here.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "StockTrackingWrite")]
#[sea_orm(active_model = "stock_tracking::ActiveModel")]
pub(in crate::inventory) struct Nothing {
    notes: Given<Option<String>>,
}

/// An entry.
#[derive(Debug, FromQueryResult)]
pub(in crate::inventory) struct Row {
    #[sea_orm(nested)]
    entry: stock_tracking::Model,
}

fn all(condition: SimpleExpr) -> Condition {
    Condition::all().add(condition)
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use stock_tracking::Column as C;
    let column = |column: C| Expr::col(column.as_column_ref());
    let midnight = |date: &chrono::NaiveDate| date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
    Table {
        filters: vec![
            Filter::eq("item", Kind::Int, C::Item),
            Filter::eq("user", Kind::Int, C::User),
            Filter::by("part", Kind::Key("part"), |value, view| {
                let pk = value.number();
                if view.params.flag("include_variants") == Some(true) {
                    let variants = descendants_sql(pk);
                    return all(Expr::cust(format!(
                        "(stock_tracking.part = {pk} OR stock_tracking.part IN ({variants}))"
                    )));
                }
                all(C::Part.eq(pk))
            }),
            Filter::flag("include_variants", false),
            Filter::by("min_date", Kind::Date, move |value, _| match value {
                Value::Date(date) => all(C::Date.gte(midnight(date))),
                _ => Condition::all(),
            }),
            Filter::by("max_date", Kind::Date, move |value, _| match value {
                Value::Date(date) => all(C::Date.lt(midnight(date) + 86_400)),
                _ => Condition::all(),
            }),
            Filter::flag("item_detail", false),
            Filter::flag("part_detail", false),
            Filter::flag("user_detail", false),
        ],
        search: vec![column(C::Notes)],
        search_notes: Vec::new(),
        ordering: vec![("date", column(C::Date))],
        default_order: vec![(column(C::Date), Order::Desc), (column(C::Id), Order::Desc)],
    }
});

/// The resource.
#[derive(Debug)]
pub(in crate::inventory) struct Track;

impl Resource for Track {
    const PATH: &'static str = "/stock/track";
    const NAME: &'static str = "stock_track";
    const KIND: &'static str = "StockItemTracking";
    const ROLES: &'static [Role] = &[Role::Stock];
    const READ_ONLY: bool = true;

    type Entity = stock_tracking::Entity;
    type Row = Row;
    type Read = TrackRead;
    type Write = Nothing;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> stock_tracking::ActiveModel {
        stock_tracking::ActiveModel { id: NotSet, ..Default::default() }
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<TrackRead>, ApiError> {
        let on = |flag| view.shows(&TABLE, flag);
        let with_item = on("item_detail") && view.who.may(StockItems::VIEW);
        let with_part = on("part_detail") && view.who.may(Parts::VIEW);
        let with_user = on("user_detail");
        let mut items = HashMap::new();
        if with_item {
            let keys: std::collections::BTreeSet<i32> = rows.iter().filter_map(|row| row.entry.item).collect();
            let keys: Vec<i32> = keys.into_iter().collect();
            // The databases take some tens of thousands of parameters.
            for keys in keys.chunks(10_000) {
                items.extend(shown(view, keys).await?.into_iter().map(|item| (item.key(), item)));
            }
        }
        let parts = if with_part {
            brief::of(view, rows.iter().filter_map(|row| row.entry.part).collect()).await?
        } else {
            HashMap::new()
        };
        let users = if with_user {
            people(view.ctx, rows.iter().filter_map(|row| row.entry.user).collect()).await?
        } else {
            HashMap::new()
        };
        let read = |Row { entry }: Row| TrackRead {
            pk: entry.id,
            item: entry.item.map(Key::from),
            item_detail: Shown(with_item.then(|| entry.item.and_then(|key| items.get(&key)).cloned())),
            part: entry.part.map(Key::from),
            part_detail: Shown(with_part.then(|| entry.part.and_then(|key| parts.get(&key)).cloned())),
            date: Moment(entry.date),
            deltas: serde_json::from_str(&entry.deltas).unwrap_or_default(),
            label: status::event_label(entry.tracking_type).to_owned(),
            notes: entry.notes,
            tracking_type: entry.tracking_type,
            user: entry.user.map(Key::from),
            user_detail: Shown(with_user.then(|| entry.user.and_then(|key| users.get(&key)).cloned())),
        };
        Ok(rows.into_iter().map(read).collect())
    }
}
