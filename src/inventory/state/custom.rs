//! `/api/generic/status/custom/`: states that people add. Texts are `InvenTree`'s.

use std::sync::LazyLock;

use entities::inventory::{custom_state, stock_item};
use poem_openapi::{Enum, Object};
use sea_orm::{
    ActiveValue::{self, NotSet, Set},
    Condition, DeriveIntoActiveModel, FromQueryResult, Order,
    prelude::*,
};
use serde::Serialize;

use super::{CLASSES, Class, STOCK};
use crate::{
    db::Tx,
    inventory::stock,
    rest::{
        ApiError, Filter, Kind, Resource, Table, View,
        field::{Given, Required, Stored},
        invalid,
    },
    scope::{Need, Role},
};

/// The colour of a badge.
#[derive(Debug, Clone, Copy, Enum)]
#[oai(rename = "ColorEnum", rename_all = "lowercase")]
pub(in crate::inventory) enum Color {
    /// Primary
    Primary,
    /// Secondary
    Secondary,
    /// Success
    Success,
    /// Danger
    Danger,
    /// Warning
    Warning,
    /// Info
    Info,
    /// Dark
    Dark,
}

impl Stored for Color {
    type Column = String;

    fn stored(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// A state that people added, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "CustomState")]
pub(in crate::inventory) struct CustomRead {
    /// Primary key
    pk: i32,
    /// Its number
    key: i32,
    /// Its name in programs
    name: String,
    /// Its name for people
    label: String,
    /// The colour of its badge
    color: String,
    /// The number of the state that it stands for
    logical_key: i32,
    /// Of what it is the state
    model_name: String,
    /// To which states it is added
    reference_status: String,
}

/// A state that people add, as clients write it.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "CustomStateWrite")]
#[sea_orm(active_model = "custom_state::ActiveModel")]
pub(in crate::inventory) struct CustomWrite {
    /// Its number, which none of those states has
    key: Required<i32>,
    /// Its name in programs
    #[oai(validator(min_length = 1, max_length = 250))]
    name: Required<String>,
    /// Its name for people
    #[oai(validator(min_length = 1, max_length = 250))]
    label: Required<String>,
    /// The colour of its badge
    color: Given<Color>,
    /// The number of the state that it stands for
    logical_key: Required<i32>,
    /// To which states it is added: `StockStatus`
    #[oai(validator(min_length = 1, max_length = 250))]
    reference_status: Required<String>,
}

/// A state.
#[derive(Debug, FromQueryResult)]
pub(in crate::inventory) struct Row {
    #[sea_orm(nested)]
    state: custom_state::Model,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use custom_state::Column as C;
    let column = |column: C| Expr::col(column.as_column_ref());
    Table {
        filters: vec![Filter::eq("reference_status", Kind::Text, C::ReferenceStatus)],
        search: [C::Key, C::Name, C::Label, C::ReferenceStatus]
            .map(|name| {
                use sea_orm::sea_query::ExprTrait as _;
                column(name).cast_as("text")
            })
            .into(),
        search_notes: Vec::new(),
        ordering: vec![("key", column(C::Key))],
        default_order: vec![(column(C::Key), Order::Asc)],
    }
});

/// The resource.
#[derive(Debug)]
pub(in crate::inventory) struct Customs;

impl Resource for Customs {
    const PATH: &'static str = "/generic/status/custom";
    const NAME: &'static str = "generic_status_custom";
    const KIND: &'static str = "InvenTreeCustomUserStateModel";
    const ROLES: &'static [Role] = &[];
    const VIEW: Need = Need::Read;
    const ADD: Need = Need::Staff;
    const CHANGE: Need = Need::Staff;
    const DELETE: Need = Need::Staff;

    type Entity = custom_state::Entity;
    type Row = Row;
    type Read = CustomRead;
    type Write = CustomWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> custom_state::ActiveModel {
        custom_state::ActiveModel {
            id: NotSet,
            reference_status: NotSet,
            key: NotSet,
            logical_key: NotSet,
            name: NotSet,
            label: NotSet,
            color: Set("secondary".to_owned()),
            model: NotSet,
        }
    }

    async fn show(_view: &View<'_>, rows: Vec<Row>) -> Result<Vec<CustomRead>, ApiError> {
        let read = |Row { state }: Row| {
            let custom_state::Model { id, reference_status, key, logical_key, name, label, color, model } = state;
            CustomRead { pk: id, key, name, label, color, logical_key, model_name: model, reference_status }
        };
        Ok(rows.into_iter().map(read).collect())
    }

    async fn begin(tx: &Tx, _view: &View<'_>) -> Result<(), ApiError> {
        // Stock gets no state that goes meanwhile.
        Ok(stock::lock(tx).await?)
    }

    async fn check(
        _tx: &Tx,
        _view: &View<'_>,
        before: Option<&custom_state::Model>,
        _sent: &CustomWrite,
        change: &mut custom_state::ActiveModel,
    ) -> Result<(), ApiError> {
        check(before, change)
    }

    async fn saved(
        tx: &Tx,
        _view: &View<'_>,
        before: Option<&custom_state::Model>,
        after: &custom_state::Model,
        _sent: &CustomWrite,
    ) -> Result<(), ApiError> {
        match before {
            Some(before) if before.reference_status == STOCK.name => {
                let (key, custom) = (after.logical_key, Some(after.key));
                // What is in a state that is none of stock's any more is in the one for which it stood.
                let custom = custom.filter(|_| after.reference_status == STOCK.name);
                let key = if custom.is_some() { key } else { before.logical_key };
                Ok(move_stock(tx, before.key, key, custom).await?)
            }
            _ => Ok(()),
        }
    }

    async fn removed(tx: &Tx, row: &custom_state::Model) -> Result<(), ApiError> {
        if row.reference_status == STOCK.name {
            move_stock(tx, row.key, row.logical_key, None).await?;
        }
        Ok(())
    }
}

/// Stock follows a state that changes or goes.
async fn move_stock(tx: &Tx, from: i32, key: i32, custom: Option<i32>) -> Result<(), DbErr> {
    use stock_item::Column as C;
    let update = stock_item::Entity::update_many();
    let update = update.col_expr(C::Status, Expr::value(key)).col_expr(C::StatusCustomKey, Expr::value(custom));
    update.filter(Condition::all().add(C::StatusCustomKey.eq(from))).exec(&**tx).await.map(drop)
}

fn after<T: Clone + Into<sea_orm::Value>>(change: &ActiveValue<T>, before: Option<&T>) -> Option<T> {
    match change {
        Set(value) => Some(value.clone()),
        _ => before.cloned(),
    }
}

fn check(before: Option<&custom_state::Model>, change: &mut custom_state::ActiveModel) -> Result<(), ApiError> {
    let name = after(&change.reference_status, before.map(|row| &row.reference_status)).unwrap_or_default();
    let class = Class::named(&name).filter(|class| !class.model.is_empty());
    let class = class.ok_or_else(|| {
        let all: Vec<&str> = CLASSES.iter().filter(|class| !class.model.is_empty()).map(|class| class.name).collect();
        invalid("reference_status", format!("\"{name}\" is not a valid choice: {}.", all.join(", ")))
    })?;
    let key = after(&change.key, before.map(|row| &row.key)).unwrap_or_default();
    let logical = after(&change.logical_key, before.map(|row| &row.logical_key)).unwrap_or_default();
    if key == logical {
        return Err(invalid("key", "Key must be different from logical key"));
    }
    if class.find(key).is_some() {
        return Err(invalid("key", "Key must be different from the logical keys of the reference status"));
    }
    if class.find(logical).is_none() {
        return Err(invalid("logical_key", "Logical key must be in the logical keys of the reference status"));
    }
    let name = after(&change.name, before.map(|row| &row.name)).unwrap_or_default();
    if class.codes.iter().any(|code| code.name == name) {
        return Err(invalid("name", "Name must be different from the names of the reference status"));
    }
    if !name.chars().next().is_some_and(char::is_alphabetic) || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Err(invalid("name", "Name must be a valid identifier"));
    }
    change.model = Set(class.model.to_owned());
    Ok(())
}
