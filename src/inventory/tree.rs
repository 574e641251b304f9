//! Trees: each row keeps its parent and the path of ids from the root, so that a subtree is a range of paths. What differs
//! between trees is declared in [`Tree`]; the columns have the same names in all of them.

mod remove;
mod shape;

use std::collections::{BTreeSet, HashMap};

use poem_openapi::Object;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ActiveValue, Condition, ConnectionTrait as _, DbBackend, DbErr,
    FromQueryResult, IntoActiveModel, Order, PrimaryKeyTrait, QuerySelect as _,
    prelude::*,
    sea_query::{ExprTrait as _, Query, SelectStatement, SimpleExpr},
};
use serde::Serialize;

pub(super) use self::{
    remove::{children_move_up, contents_move_up, remove},
    shape::{check, saved},
};
use crate::{
    ctx::Ctx,
    db::Tx,
    rest::{Filter, Kind, Table, list::Value},
};

/// A deeper tree is refused, so that paths stay short enough for an index.
const MAX_DEPTH: i32 = 50;

/// Separates names in a sort key. No name holds a control character, and it sorts before everything that a name may hold.
const SEPARATOR: char = '\u{1}';

/// A table whose rows form a tree.
pub(super) trait Tree:
    EntityTrait<
        PrimaryKey: PrimaryKeyTrait<ValueType = i32>,
        ActiveModel: ActiveModelTrait<Entity = Self> + ActiveModelBehavior + Send,
        Model: IntoActiveModel<Self::ActiveModel> + Send + Sync,
    >
{
    /// Its table.
    const TABLE: &'static str;
    /// What people call its rows.
    const NOUN: &'static str;
    /// The number of its lock: arbitrary, and nothing else's in this database.
    const LOCK: i32;
    /// The table of what lies in it, and the column that says where.
    const CONTENTS: (&'static str, &'static str);
    /// Why one that is in use does not become structural.
    const IN_USE: &'static str;

    /// What a row is in the tree.
    fn node(row: &Self::Model) -> Node;

    /// What a change says of it.
    fn asked(change: &Self::ActiveModel) -> Asked;

    /// Puts what follows into a change.
    fn follow(change: &mut Self::ActiveModel, place: Place);

    /// A row that moves to another parent.
    fn moved(id: i32, parent: Option<i32>) -> Self::ActiveModel;
}

/// The columns by which a row is in a tree.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub(super) struct Node {
    pub(super) id: i32,
    pub(super) name: String,
    pub(super) parent: Option<i32>,
    pub(super) structural: bool,
    pub(super) level: i32,
    pub(super) path: String,
    pub(super) pathstring: String,
    pub(super) sort_key: String,
}

/// What a change says of a row's place.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) name: ActiveValue<String>,
    pub(super) parent: ActiveValue<Option<i32>>,
    pub(super) structural: ActiveValue<bool>,
}

/// The columns that follow from name and parent.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) siblings: i32,
    pub(super) level: i32,
    pub(super) path: String,
    pub(super) pathstring: String,
    pub(super) sort_key: String,
}

/// Declares a tree of an entity.
macro_rules! tree {
    ($module:ident, $table:literal, $noun:literal, lock $lock:literal, holds $contents:expr, $in_use:literal) => {
        impl $crate::inventory::tree::Tree for $module::Entity {
            const TABLE: &'static str = $table;
            const NOUN: &'static str = $noun;
            const LOCK: i32 = $lock;
            const CONTENTS: (&'static str, &'static str) = $contents;
            const IN_USE: &'static str = $in_use;

            fn node(row: &$module::Model) -> $crate::inventory::tree::Node {
                $crate::inventory::tree::Node {
                    id: row.id,
                    name: row.name.clone(),
                    parent: row.parent,
                    structural: row.structural,
                    level: row.level,
                    path: row.path.clone(),
                    pathstring: row.pathstring.clone(),
                    sort_key: row.sort_key.clone(),
                }
            }

            fn asked(change: &$module::ActiveModel) -> $crate::inventory::tree::Asked {
                $crate::inventory::tree::Asked {
                    name: change.name.clone(),
                    parent: change.parent.clone(),
                    structural: change.structural.clone(),
                }
            }

            fn follow(change: &mut $module::ActiveModel, place: $crate::inventory::tree::Place) {
                change.siblings = sea_orm::Set(place.siblings);
                change.level = sea_orm::Set(place.level);
                change.path = sea_orm::Set(place.path);
                change.pathstring = sea_orm::Set(place.pathstring);
                change.sort_key = sea_orm::Set(place.sort_key);
            }

            fn moved(id: i32, parent: Option<i32>) -> $module::ActiveModel {
                $module::ActiveModel { id: sea_orm::Set(id), parent: sea_orm::Set(parent), ..Default::default() }
            }
        }
    };
}
pub(super) use tree;

/// One step of the way from the root.
#[derive(Debug, Clone, Object, Serialize)]
pub(super) struct TreePath {
    /// Its primary key
    pub(super) pk: i32,
    /// Its name
    pub(super) name: String,
    /// Its icon, if it has one
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    pub(super) icon: Option<String>,
}

/// The end of the range of paths that begins with this one: `/1/3/` to `/1/30`, since `0` follows `/`.
fn end(path: &str) -> String {
    format!("{}0", path.trim_end_matches('/'))
}

/// The ids on a path.
pub(super) fn ids(path: &str) -> impl DoubleEndedIterator<Item = i32> + '_ {
    path.split('/').filter_map(|id| id.parse().ok())
}

/// Serialises whatever changes the shape of a tree or relies on it, on PostgreSQL; on SQLite writers queue anyway.
/// `exclusive`: to change it.
pub(super) async fn lock<E: Tree>(tx: &Tx, exclusive: bool) -> Result<(), DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let function = if exclusive { "pg_advisory_xact_lock" } else { "pg_advisory_xact_lock_shared" };
    tx.execute_unprepared(&format!("SELECT {function}({})", E::LOCK)).await.map(drop)
}

/// The rows at and below one.
pub(super) fn subtree<E: Tree>(pk: i32) -> SimpleExpr {
    Expr::cust(subtree_sql::<E>(pk))
}

/// The number is ours, not the client's text.
fn subtree_sql<E: Tree>(pk: i32) -> String {
    let table = E::TABLE;
    format!(
        "{table}.path >= (SELECT path FROM {table} WHERE id = {pk}) AND {table}.path < \
         (SELECT substr(path, 1, length(path) - 1) || '0' FROM {table} WHERE id = {pk})"
    )
}

/// The ids of the rows at and below one.
pub(super) fn subtree_ids<E: Tree>(pk: i32) -> SelectStatement {
    Query::select().column((E::default(), "id")).from(E::default()).and_where(subtree::<E>(pk)).to_owned()
}

/// Counts a row's direct children.
pub(super) fn children<E: Tree>() -> SimpleExpr {
    let table = E::TABLE;
    Expr::cust(format!("(SELECT COUNT(*) FROM {table} sub WHERE sub.parent = {table}.id)"))
}

/// Counts what lies in a row's subtree.
pub(super) fn contents<E: Tree>() -> SimpleExpr {
    let (table, (held, column)) = (E::TABLE, E::CONTENTS);
    Expr::cust(format!(
        "(SELECT COUNT(*) FROM {table} sub JOIN {held} ON {held}.{column} = sub.id WHERE sub.path >= {table}.path \
         AND sub.path < substr({table}.path, 1, length({table}.path) - 1) || '0')"
    ))
}

fn all(condition: SimpleExpr) -> Condition {
    Condition::all().add(condition)
}

fn column<E: Tree>(name: &'static str) -> SimpleExpr {
    Expr::col((E::default(), name))
}

/// What lists of any tree may be asked.
pub(super) fn filters<E: Tree>() -> Vec<Filter> {
    vec![
        Filter::by("parent", Kind::Key(E::TABLE), |value, view| {
            let pk = value.number();
            if view.params.flag("cascade") == Some(true) {
                return all(subtree::<E>(pk)).add(column::<E>("id").ne(pk));
            }
            all(column::<E>("parent").eq(pk))
        }),
        Filter::flag("cascade", false),
        Filter::by("top_level", Kind::Bool, |value, _| {
            let parent = column::<E>("parent");
            all(if value.truth() { parent.is_null() } else { parent.is_not_null() })
        }),
        Filter::by("depth", Kind::Int, |value, _| all(column::<E>("level").lte(value.number()))),
        Filter::by("exclude_tree", Kind::Int, |value, _| {
            all(Expr::cust(format!("NOT COALESCE(({}), FALSE)", subtree_sql::<E>(value.number()))))
        }),
        Filter::by("name", Kind::Text, |value, _| match value {
            Value::Text(name) => all(column::<E>("name").eq(name.as_str())),
            _ => Condition::all(),
        }),
        Filter::by("structural", Kind::Bool, |value, _| all(column::<E>("structural").eq(value.truth()))),
    ]
}

/// What the slim list of a tree may be asked.
pub(super) fn slim_table<E: Tree>() -> Table {
    let filters = vec![
        Filter::by("level", Kind::Int, |value, _| all(column::<E>("level").eq(value.number()))),
        Filter::by("max_level", Kind::Int, |value, _| all(column::<E>("level").lte(value.number()))),
        Filter::by("parent", Kind::Key(E::TABLE), |value, _| all(column::<E>("parent").eq(value.number()))),
        Filter::by("tree_id", Kind::Int, |value, _| all(subtree::<E>(value.number()))),
    ];
    Table {
        filters,
        search: vec![column::<E>("name"), column::<E>("description"), column::<E>("pathstring")],
        search_notes: Vec::new(),
        ordering: vec![
            ("level", column::<E>("level")),
            ("name", column::<E>("name")),
            ("subcategories", children::<E>()),
        ],
        default_order: vec![(column::<E>("level"), Order::Asc), (column::<E>("sort_key"), Order::Asc)],
    }
}

/// Rows on some paths, by id.
pub(super) type Steps = HashMap<i32, TreePath>;

/// The rows on some paths, in one statement. `icon`: the column, or the expression, of their icons.
pub(super) async fn steps<'a, E: Tree>(
    ctx: &Ctx,
    paths: impl Iterator<Item = &'a str>,
    icon: SimpleExpr,
) -> Result<Steps, DbErr> {
    let ids: BTreeSet<i32> = paths.flat_map(ids).collect();
    if ids.is_empty() {
        return Ok(Steps::new());
    }
    let query = among::<E>(ids).select_only().expr(column::<E>("id")).expr(column::<E>("name")).expr_as(icon, "icon");
    let found: Vec<(i32, String, Option<String>)> = query.into_tuple().all(ctx.db.reader()).await?;
    let step = |(pk, name, icon): (i32, String, Option<String>)| {
        (pk, TreePath { pk, name, icon: icon.filter(|icon| !icon.is_empty()) })
    };
    Ok(found.into_iter().map(step).collect())
}

/// The rows with these keys.
pub(super) fn among<E: Tree>(keys: BTreeSet<i32>) -> Select<E> {
    // Beyond some thousand keys the whole table is the smaller question.
    if keys.len() <= 5000 { E::find().filter(column::<E>("id").is_in(keys)) } else { E::find() }
}

/// One path of them.
pub(super) fn way(path: &str, steps: &Steps) -> Vec<TreePath> {
    ids(path).filter_map(|id| steps.get(&id).cloned()).collect()
}

/// What is set nearest on the way up from each of some paths: a column, by the row that sets it, in one statement.
pub(super) async fn set_above<'a, E: Tree>(
    ctx: &Ctx,
    paths: impl Iterator<Item = &'a str>,
    what: &'static str,
) -> Result<HashMap<i32, i32>, DbErr> {
    let ids: BTreeSet<i32> = paths.flat_map(ids).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let query = among::<E>(ids).filter(column::<E>(what).is_not_null());
    let query = query.select_only().expr(column::<E>("id")).expr(column::<E>(what));
    Ok(query.into_tuple::<(i32, i32)>().all(ctx.db.reader()).await?.into_iter().collect())
}

/// The nearest of them on a path, from its end; without the last step if that is `above` only.
pub(super) fn nearest(path: &str, set: &HashMap<i32, i32>, above: bool) -> Option<i32> {
    ids(path).rev().skip(usize::from(above)).find_map(|id| set.get(&id).copied())
}
