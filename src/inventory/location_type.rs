//! `/api/stock/location-type/`: kinds of stock locations.

use std::sync::LazyLock;

use entities::inventory::stock_location_type;
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DeriveIntoActiveModel, FromQueryResult, Order, QuerySelect as _,
    prelude::*,
};
use serde::Serialize;

use crate::{
    rest::{
        ApiError, Resource, Table, View,
        field::{Given, Required},
    },
    scope::Role,
};

/// A kind of location, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "StockLocationType")]
pub(super) struct LocationTypeRead {
    /// Primary key
    pk: i32,
    /// Its name
    name: String,
    /// What it is
    description: String,
    /// Default icon for all locations of this type
    icon: String,
    /// How many locations are of this type
    location_count: Option<i64>,
}

impl LocationTypeRead {
    /// Without what is counted.
    pub(super) fn plain(row: stock_location_type::Model) -> Self {
        let stock_location_type::Model { id, name, description, icon } = row;
        Self { pk: id, name, description, icon, location_count: None }
    }
}

/// A kind of location, as clients write it.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "StockLocationTypeWrite")]
#[sea_orm(active_model = "stock_location_type::ActiveModel")]
pub(super) struct LocationTypeWrite {
    /// Its name
    #[oai(validator(min_length = 1, max_length = 100))]
    name: Required<String>,
    /// What it is
    #[oai(validator(max_length = 250))]
    description: Given<String>,
    /// Default icon for all locations of this type
    #[oai(validator(max_length = 100))]
    icon: Given<String>,
}

/// A kind with its count.
#[derive(Debug, FromQueryResult)]
pub(super) struct Row {
    #[sea_orm(nested)]
    kind: stock_location_type::Model,
    location_count: i64,
}

const COUNT: &str = "(SELECT COUNT(*) FROM stock_location l WHERE l.location_type = stock_location_type.id)";

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use stock_location_type::Column as C;
    let column = |column: C| Expr::col(column.as_column_ref());
    Table {
        search: vec![column(C::Name)],
        ordering: vec![("name", column(C::Name)), ("location_count", Expr::cust(COUNT)), ("icon", column(C::Icon))],
        default_order: vec![(Expr::cust(COUNT), Order::Desc)],
        ..Table::default()
    }
});

/// The resource.
#[derive(Debug)]
pub(super) struct LocationTypes;

impl Resource for LocationTypes {
    const PATH: &'static str = "/stock/location-type";
    const NAME: &'static str = "stock_location_type";
    const KIND: &'static str = "StockLocationType";
    const ROLES: &'static [Role] = &[Role::StockLocation];

    type Entity = stock_location_type::Entity;
    type Row = Row;
    type Read = LocationTypeRead;
    type Write = LocationTypeWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> stock_location_type::ActiveModel {
        stock_location_type::ActiveModel {
            id: NotSet,
            name: NotSet,
            description: Set(String::new()),
            icon: Set(String::new()),
        }
    }

    fn columns(query: Select<Self::Entity>, _view: &View<'_>) -> Select<Self::Entity> {
        query.expr_as(Expr::cust(COUNT), "location_count")
    }

    async fn show(_view: &View<'_>, rows: Vec<Row>) -> Result<Vec<LocationTypeRead>, ApiError> {
        let read = |row: Row| LocationTypeRead {
            location_count: Some(row.location_count),
            ..LocationTypeRead::plain(row.kind)
        };
        Ok(rows.into_iter().map(read).collect())
    }
}
