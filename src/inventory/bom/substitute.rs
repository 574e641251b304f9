//! `/api/bom/substitute/`: what may go in instead.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use entities::inventory::{bom_item, bom_substitute, part};
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{self, NotSet, Set, Unchanged},
    DeriveIntoActiveModel, FromQueryResult, Order,
    prelude::*,
};
use serde::Serialize;

use super::{links, rules, turn};
use crate::{
    db::Tx,
    inventory::part::{Parts, Policy, brief},
    rest::{
        ApiError, Filter, Kind, Resource, Table, View,
        error::no_such_pk,
        field::{Key, Required},
        invalid, invalid_object,
    },
    scope::Role,
};

/// What may go in instead, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "BomItemSubstitute")]
pub(in crate::inventory) struct SubstituteRead {
    /// Primary key
    pk: i32,
    /// The line
    bom_item: Key<links::BomItem>,
    /// What may go in
    part: Key<links::Part>,
    /// That part; for those who may view parts
    part_detail: Option<brief::PartBrief>,
}

impl SubstituteRead {
    pub(super) fn of(row: &bom_substitute::Model, parts: &HashMap<i32, brief::PartBrief>) -> Self {
        let bom_substitute::Model { id, bom_item, part } = *row;
        let part_detail = parts.get(&part).cloned();
        Self { pk: id, bom_item: Key::from(bom_item), part: Key::from(part), part_detail }
    }
}

/// What may go in instead, as clients write it.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "BomItemSubstituteWrite")]
#[sea_orm(active_model = "bom_substitute::ActiveModel")]
pub(in crate::inventory) struct SubstituteWrite {
    /// The line
    bom_item: Required<Key<links::BomItem>>,
    /// What may go in: a component
    part: Required<Key<links::Part>>,
}

/// A substitute.
#[derive(Debug, FromQueryResult)]
pub(in crate::inventory) struct Row {
    #[sea_orm(nested)]
    substitute: bom_substitute::Model,
}

/// The resource.
#[derive(Debug)]
pub(in crate::inventory) struct Substitutes;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use bom_substitute::Column as C;
    let of = |column: &str| Expr::cust(format!("(SELECT p.{column} FROM part p WHERE p.id = bom_substitute.part)"));
    Table {
        filters: vec![
            Filter::eq("bom_item", Kind::Key("bom_item"), C::BomItem),
            Filter::eq("part", Kind::Key("part"), C::Part),
        ],
        search: ["name", "description", "ipn", "revision", "keywords"].map(of).into(),
        search_notes: Vec::new(),
        ordering: vec![("part", of("name"))],
        default_order: vec![(Expr::col(C::Id.as_column_ref()), Order::Asc)],
    }
});

impl Resource for Substitutes {
    const PATH: &'static str = "/bom/substitute";
    const NAME: &'static str = "bom_substitute";
    const KIND: &'static str = "BomItemSubstitute";
    const ROLES: &'static [Role] = super::Lines::ROLES;

    type Entity = bom_substitute::Entity;
    type Row = Row;
    type Read = SubstituteRead;
    type Write = SubstituteWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> bom_substitute::ActiveModel {
        bom_substitute::ActiveModel { id: NotSet, bom_item: NotSet, part: NotSet }
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<SubstituteRead>, ApiError> {
        let keys: BTreeSet<i32> = if view.who.may(Parts::VIEW) {
            rows.iter().map(|row| row.substitute.part).collect()
        } else {
            BTreeSet::new()
        };
        let parts = brief::of(view, keys).await?;
        Ok(rows.into_iter().map(|row| SubstituteRead::of(&row.substitute, &parts)).collect())
    }

    async fn begin(tx: &Tx, _view: &View<'_>) -> Result<(), ApiError> {
        Ok(turn::take(tx, turn::BOM).await?)
    }

    async fn check(
        tx: &Tx,
        _view: &View<'_>,
        before: Option<&bom_substitute::Model>,
        _sent: &SubstituteWrite,
        change: &mut bom_substitute::ActiveModel,
    ) -> Result<(), ApiError> {
        let after = |change: &ActiveValue<i32>, before: Option<i32>| match change {
            Set(value) | Unchanged(value) => *value,
            NotSet => before.unwrap_or_default(),
        };
        let line = after(&change.bom_item, before.map(|b| b.bom_item));
        let pk = after(&change.part, before.map(|b| b.part));
        let line = bom_item::Entity::find_by_id(line).one(&**tx).await?;
        let line = line.ok_or_else(|| invalid("bom_item", "This field is required."))?;
        let component = part::Entity::find_by_id(pk).one(&**tx).await?.filter(|part| part.component);
        component.ok_or_else(|| invalid("part", no_such_pk(pk)))?;
        rules::unlocked(tx, &Policy::read(&**tx).await?, line.part).await?;
        if pk == line.sub_part {
            return Err(invalid("part", "Substitute part cannot be the same as the master part"));
        }
        let same = bom_substitute::Entity::find()
            .filter(bom_substitute::Column::BomItem.eq(line.id))
            .filter(bom_substitute::Column::Part.eq(pk))
            .filter(bom_substitute::Column::Id.ne(before.map_or(0, |b| b.id)));
        if same.count(&**tx).await? > 0 {
            return Err(invalid_object("The fields part, bom_item must make a unique set."));
        }
        Ok(())
    }

    async fn removable(tx: &Tx, row: &bom_substitute::Model) -> Result<(), ApiError> {
        let line = bom_item::Entity::find_by_id(row.bom_item).one(&**tx).await?;
        match line {
            Some(line) => rules::unlocked(tx, &Policy::read(&**tx).await?, line.part).await,
            None => Ok(()),
        }
    }
}
