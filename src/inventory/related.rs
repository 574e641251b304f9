//! `/api/part/related/`: which parts have to do with each other.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use entities::inventory::part_related;
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{self, NotSet, Set, Unchanged},
    Condition, DeriveIntoActiveModel, FromQueryResult, Order,
    prelude::*,
};
use serde::Serialize;

use super::{
    links,
    part::{PartRead, details},
    turn,
};
use crate::{
    db::Tx,
    rest::{
        ApiError, Filter, Kind, Resource, Table, View,
        field::{Given, Key, OrBlank, Required},
        invalid_object,
    },
    scope::Role,
};

/// Two parts, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "PartRelation")]
pub(super) struct RelationRead {
    /// Primary key
    pk: i32,
    /// One part
    part_1: Key<links::Part>,
    /// That part
    part_1_detail: Option<PartRead>,
    /// The other
    part_2: Key<links::Part>,
    /// That part
    part_2_detail: Option<PartRead>,
    /// Why
    note: String,
}

/// Two parts, as clients write it.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "PartRelationWrite")]
#[sea_orm(active_model = "part_related::ActiveModel")]
pub(super) struct RelationWrite {
    /// One part
    part_1: Required<Key<links::Part>>,
    /// The other
    part_2: Required<Key<links::Part>>,
    /// Why
    #[oai(validator(max_length = 500))]
    note: Given<OrBlank>,
}

/// Two parts.
#[derive(Debug, FromQueryResult)]
pub(super) struct Row {
    #[sea_orm(nested)]
    relation: part_related::Model,
}

/// The resource.
#[derive(Debug)]
pub(super) struct Relations;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use part_related::Column as C;
    let name = |what: &str| Expr::cust(format!("(SELECT p.name FROM part p WHERE p.id = part_related.{what})"));
    Table {
        filters: vec![
            Filter::by("part", Kind::Key("part"), |value, _| {
                Condition::any().add(C::Part1.eq(value.number())).add(C::Part2.eq(value.number()))
            }),
            Filter::eq("part_1", Kind::Key("part"), C::Part1),
            Filter::eq("part_2", Kind::Key("part"), C::Part2),
        ],
        search: vec![name("part_1"), name("part_2"), Expr::col(C::Note.as_column_ref())],
        search_notes: Vec::new(),
        ordering: vec![("part_1", name("part_1")), ("part_2", name("part_2"))],
        default_order: vec![(Expr::col(C::Id.as_column_ref()), Order::Asc)],
    }
});

impl Resource for Relations {
    const PATH: &'static str = "/part/related";
    const NAME: &'static str = "part_related";
    const KIND: &'static str = "PartRelated";
    const ROLES: &'static [Role] = &[Role::Part];

    type Entity = part_related::Entity;
    type Row = Row;
    type Read = RelationRead;
    type Write = RelationWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> part_related::ActiveModel {
        part_related::ActiveModel { id: NotSet, part_1: NotSet, part_2: NotSet, note: Set(String::new()) }
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<RelationRead>, ApiError> {
        let keys: BTreeSet<i32> = rows.iter().flat_map(|row| [row.relation.part_1, row.relation.part_2]).collect();
        let parts: HashMap<i32, PartRead> = details(view, keys).await?;
        let read = |Row { relation: part_related::Model { id, part_1, part_2, note } }: Row| RelationRead {
            pk: id,
            part_1: Key::from(part_1),
            part_1_detail: parts.get(&part_1).cloned(),
            part_2: Key::from(part_2),
            part_2_detail: parts.get(&part_2).cloned(),
            note,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    async fn begin(tx: &Tx, _view: &View<'_>) -> Result<(), ApiError> {
        // The same pair the other way round is no violation that the database knows.
        Ok(turn::take(tx, turn::RELATION).await?)
    }

    async fn check(
        tx: &Tx,
        _view: &View<'_>,
        before: Option<&part_related::Model>,
        _sent: &RelationWrite,
        change: &mut part_related::ActiveModel,
    ) -> Result<(), ApiError> {
        use part_related::Column as C;
        let after = |change: &ActiveValue<i32>, before: Option<i32>| match change {
            Set(value) | Unchanged(value) => *value,
            NotSet => before.unwrap_or_default(),
        };
        let one = after(&change.part_1, before.map(|b| b.part_1));
        let other = after(&change.part_2, before.map(|b| b.part_2));
        if one == other {
            return Err(invalid_object("Part relationship cannot be created between a part and itself"));
        }
        let pair = |a: i32, b: i32| Condition::all().add(C::Part1.eq(a)).add(C::Part2.eq(b));
        let known = part_related::Entity::find()
            .filter(Condition::any().add(pair(one, other)).add(pair(other, one)))
            .filter(C::Id.ne(before.map_or(0, |b| b.id)));
        if known.count(&**tx).await? > 0 {
            return Err(invalid_object("Duplicate relationship already exists"));
        }
        Ok(())
    }
}
