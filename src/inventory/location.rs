//! `/api/stock/location/`: the tree of places where stock lies.

mod delete;

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use entities::inventory::{stock_location, stock_location_type};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    Condition, DbErr, DeriveIntoActiveModel, FromQueryResult, Order, QuerySelect as _,
    prelude::*,
    sea_query::SimpleExpr,
};
use serde::Serialize;

use super::{
    links,
    location_type::LocationTypeRead,
    owner::Mine,
    tags::{self, Tagged},
    tree::{self, TreePath},
};
use crate::{
    access::Auth,
    ctx::Ctx,
    db::Tx,
    rest::{
        ApiError, Body, Filter, Gone, Kind, Listing, Lists, Params, Purpose, Resource, Table, View,
        crud::list,
        field::{Given, Key, Required, Shown},
    },
    scope::Role,
};

/// What `InvenTree` calls one where something hangs on it.
const MODEL: &str = "stocklocation";

/// A location, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "Location")]
pub(super) struct LocationRead {
    /// Primary key
    pk: i32,
    /// Unique hash of barcode data
    barcode_hash: String,
    /// Unique among the children of its parent
    name: String,
    /// Depth in the tree; 0 for a root
    level: i32,
    /// What belongs there
    description: String,
    /// The location around it
    parent: Option<Key<links::Location>>,
    /// The names from the root down to this
    pathstring: String,
    /// The way from the root; with `path_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    path: Shown<Vec<TreePath>>,
    /// Stock items in this location and below
    items: i64,
    /// Direct children
    sublocations: i64,
    /// The owner who answers for it
    owner: Option<Key<links::Owner>>,
    /// Icon: its own, or else its type's
    icon: String,
    /// Its own icon
    custom_icon: Option<String>,
    /// Holds locations only: stock items may not be placed directly in it
    structural: bool,
    /// This is an external stock location
    external: bool,
    /// What kind it is
    location_type: Option<Key<links::LocationType>>,
    /// That kind
    location_type_detail: Option<LocationTypeRead>,
    /// Words to find it by; with `tags`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    tags: Shown<Vec<String>>,
}

/// A location, as clients write it.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "LocationWrite")]
#[sea_orm(active_model = "stock_location::ActiveModel")]
pub(super) struct LocationWrite {
    /// Unique among the children of its parent
    #[oai(validator(min_length = 1, max_length = 100))]
    name: Required<String>,
    /// What belongs there
    #[oai(validator(max_length = 250))]
    description: Given<String>,
    /// The location around it
    parent: Given<Option<Key<links::Location>>>,
    /// The owner who answers for it
    owner: Given<Option<Key<links::Owner>>>,
    /// Its own icon
    #[oai(validator(max_length = 100))]
    custom_icon: Given<Option<String>>,
    /// Holds locations only: stock items may not be placed directly in it
    structural: Given<bool>,
    /// This is an external stock location
    external: Given<bool>,
    /// What kind it is
    location_type: Given<Option<Key<links::LocationType>>>,
    /// Words to find it by
    #[sea_orm(ignore)]
    tags: Given<Vec<String>>,
}

/// A location in little, inside what lies there.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "LocationBrief")]
pub(super) struct LocationBrief {
    /// Primary key
    pk: i32,
    /// Its name
    name: String,
    /// The names from the root down to this
    pathstring: String,
}

/// A location with what is counted for it.
#[derive(Debug, FromQueryResult)]
pub(super) struct Row {
    #[sea_orm(nested)]
    location: stock_location::Model,
    items: i64,
    sublocations: i64,
}

/// The resource.
#[derive(Debug)]
pub(super) struct Locations;

tree::tree!(
    stock_location,
    "stock_location",
    "Locations",
    lock 7_203_011,
    holds ("stock_item", "location"),
    "You cannot make this stock location structural because some stock items are already located into it!"
);

/// A location's icon, or its type's.
fn icon() -> SimpleExpr {
    Expr::cust(
        "COALESCE(NULLIF(stock_location.custom_icon, ''), (SELECT kind.icon FROM stock_location_type kind \
         WHERE kind.id = stock_location.location_type))",
    )
}

fn all(condition: SimpleExpr) -> Condition {
    Condition::all().add(condition)
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use stock_location::Column as C;
    let column = |column: C| Expr::col(column.as_column_ref());
    let mut filters = tree::filters::<stock_location::Entity>();
    filters.extend([
        Filter::eq("external", Kind::Bool, C::External),
        Filter::eq("location_type", Kind::Key("stock_location_type"), C::LocationType),
        Filter::by("has_location_type", Kind::Bool, |value, _| {
            all(if value.truth() { C::LocationType.is_not_null() } else { C::LocationType.is_null() })
        }),
        Filter::flag("path_detail", false),
        tags::filter(MODEL, C::Id),
    ]);
    Table {
        filters,
        search: vec![column(C::Name), column(C::Description), column(C::Pathstring)],
        search_notes: Vec::new(),
        ordering: vec![
            ("name", column(C::Name)),
            ("pathstring", column(C::Pathstring)),
            ("items", tree::contents::<stock_location::Entity>()),
            ("level", column(C::Level)),
            ("tree_id", column(C::SortKey)),
            ("lft", column(C::SortKey)),
        ],
        default_order: vec![(column(C::SortKey), Order::Asc)],
    }
});

impl Resource for Locations {
    const PATH: &'static str = "/stock/location";
    const NAME: &'static str = "stock_location";
    const KIND: &'static str = "StockLocation";
    const ROLES: &'static [Role] = &[Role::StockLocation, Role::Build];
    const BULK: bool = true;
    const PLAIN_DELETE: bool = false;

    type Entity = stock_location::Entity;
    type Row = Row;
    type Read = LocationRead;
    type Write = LocationWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> stock_location::ActiveModel {
        stock_location::ActiveModel {
            id: NotSet,
            name: NotSet,
            description: Set(String::new()),
            parent: Set(None),
            owner: Set(None),
            custom_icon: Set(None),
            structural: Set(false),
            external: Set(false),
            location_type: Set(None),
            siblings: NotSet,
            level: NotSet,
            path: NotSet,
            pathstring: NotSet,
            sort_key: NotSet,
            barcode_data: Set(String::new()),
            barcode_hash: Set(String::new()),
        }
    }

    fn columns(query: Select<Self::Entity>, _view: &View<'_>) -> Select<Self::Entity> {
        query
            .expr_as(tree::contents::<Self::Entity>(), "items")
            .expr_as(tree::children::<Self::Entity>(), "sublocations")
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<LocationRead>, ApiError> {
        let with_path = view.shows(&TABLE, "path_detail");
        let paths = || rows.iter().map(|row| row.location.path.as_str());
        let steps = if with_path { steps(view.ctx, paths()).await? } else { tree::Steps::new() };
        let kinds = kinds(view.ctx, rows.iter().filter_map(|row| row.location.location_type).collect()).await?;
        let mut tags = Tagged::of(view, &TABLE, MODEL, rows.iter().map(|row| row.location.id)).await?;
        let read = |row: Row| {
            let way = with_path.then(|| tree::way(&row.location.path, &steps));
            let tags = tags.take(row.location.id);
            LocationRead { tags, ..read(row, way, &kinds) }
        };
        Ok(rows.into_iter().map(read).collect())
    }

    async fn begin(tx: &Tx, _view: &View<'_>) -> Result<(), ApiError> {
        Ok(tree::lock::<Self::Entity>(tx, true).await?)
    }

    async fn check(
        tx: &Tx,
        view: &View<'_>,
        before: Option<&stock_location::Model>,
        _sent: &LocationWrite,
        change: &mut stock_location::ActiveModel,
    ) -> Result<(), ApiError> {
        let mine = Mine::of(tx, view.who).await?;
        mine.location(tx, before.map(|row| row.id)).await?;
        if let Set(parent) = change.parent {
            mine.location(tx, parent).await?;
        }
        tree::check::<Self::Entity>(tx, before, change).await
    }

    async fn saved(
        tx: &Tx,
        _view: &View<'_>,
        before: Option<&stock_location::Model>,
        after: &stock_location::Model,
        sent: &LocationWrite,
    ) -> Result<(), ApiError> {
        tree::saved::<Self::Entity>(tx, before, after).await?;
        tags::set(tx, MODEL, after.id, &sent.tags).await
    }
}

/// The kinds with these keys.
async fn kinds(ctx: &Ctx, keys: BTreeSet<i32>) -> Result<HashMap<i32, stock_location_type::Model>, DbErr> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let query = stock_location_type::Entity::find();
    let query = if keys.len() <= 5000 { query.filter(stock_location_type::Column::Id.is_in(keys)) } else { query };
    Ok(query.all(ctx.db.reader()).await?.into_iter().map(|kind| (kind.id, kind)).collect())
}

fn read(row: Row, way: Option<Vec<TreePath>>, kinds: &HashMap<i32, stock_location_type::Model>) -> LocationRead {
    let Row { location, items, sublocations } = row;
    let stock_location::Model {
        id,
        name,
        description,
        parent,
        owner,
        custom_icon,
        structural,
        external,
        location_type,
        siblings: _,
        level,
        path: _,
        pathstring,
        sort_key: _,
        barcode_data: _,
        barcode_hash,
    } = location;
    let kind = location_type.and_then(|key| kinds.get(&key)).cloned();
    let own = custom_icon.clone().filter(|icon| !icon.is_empty());
    LocationRead {
        pk: id,
        name,
        barcode_hash,
        level,
        description,
        parent: parent.map(Key::from),
        pathstring,
        path: Shown(way),
        items,
        sublocations,
        owner: owner.map(Key::from),
        icon: own.or_else(|| kind.as_ref().map(|kind| kind.icon.clone())).unwrap_or_default(),
        custom_icon,
        structural,
        external,
        location_type: location_type.map(Key::from),
        location_type_detail: kind.map(LocationTypeRead::plain),
        tags: Shown(None),
    }
}

/// The locations on some paths, by id, in one statement.
pub(super) async fn steps<'a>(ctx: &Ctx, paths: impl Iterator<Item = &'a str>) -> Result<tree::Steps, DbErr> {
    tree::steps::<stock_location::Entity>(ctx, paths, icon()).await
}

/// The locations with these keys in little, in one statement.
pub(super) async fn briefs(ctx: &Ctx, keys: BTreeSet<i32>) -> Result<HashMap<i32, LocationBrief>, DbErr> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let found = tree::among::<stock_location::Entity>(keys).all(ctx.db.reader()).await?;
    Ok(found.iter().map(|location| (location.id, LocationBrief::of(location))).collect())
}

impl LocationBrief {
    /// Of a row.
    pub(super) fn of(location: &stock_location::Model) -> Self {
        Self { pk: location.id, name: location.name.clone(), pathstring: location.pathstring.clone() }
    }
}

/// A location in a tree list.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "LocationTree")]
struct TreeRead {
    /// Primary key
    pk: i32,
    /// Unique among the children of its parent
    name: String,
    /// What belongs there
    description: String,
    /// The names from the root down to this
    pathstring: String,
    /// The location around it
    parent: Option<Key<links::Location>>,
    /// The same for all locations below one root
    tree_id: i32,
    /// Depth in the tree; 0 for a root
    level: i32,
    /// Icon: its own, or else its type's
    icon: String,
    /// Holds locations only
    structural: bool,
    /// Direct children
    sublocations: i64,
}

/// The slim list of the tree.
struct Tree;

static TREE_TABLE: LazyLock<Table> = LazyLock::new(tree::slim_table::<stock_location::Entity>);

impl Resource for Tree {
    const PATH: &'static str = "/stock/location/tree";
    const NAME: &'static str = "stock_location_tree";
    const KIND: &'static str = "StockLocation";
    const ROLES: &'static [Role] = Locations::ROLES;

    type Entity = stock_location::Entity;
    type Row = Row;
    type Read = TreeRead;
    type Write = LocationWrite;

    fn table() -> &'static Table {
        &TREE_TABLE
    }

    fn blank() -> stock_location::ActiveModel {
        Locations::blank()
    }

    fn columns(query: Select<Self::Entity>, _view: &View<'_>) -> Select<Self::Entity> {
        query.expr_as(Expr::val(0_i64), "items").expr_as(tree::children::<Self::Entity>(), "sublocations")
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<TreeRead>, ApiError> {
        let kinds = kinds(view.ctx, rows.iter().filter_map(|row| row.location.location_type).collect()).await?;
        let read = |row: Row| {
            let tree_id = tree::ids(&row.location.path).next().unwrap_or(row.location.id);
            let LocationRead {
                pk, name, description, pathstring, parent, level, icon, structural, sublocations, ..
            } = read(row, None, &kinds);
            TreeRead { pk, name, description, pathstring, parent, tree_id, level, icon, structural, sublocations }
        };
        Ok(rows.into_iter().map(read).collect())
    }
}

/// What becomes of what is in a location that is deleted.
#[derive(Debug, Object)]
struct LocationDeletion {
    /// Delete the stock items in it too; else they move to its parent
    delete_stock_items: Required<bool>,
    /// Delete the locations below it too; else they move to its parent
    delete_sub_locations: Required<bool>,
}

/// The operations beyond the five.
pub(super) struct Operations;

impl Lists for Operations {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        vec![("stock_location_tree_list", &TREE_TABLE)]
    }
}

#[OpenApi]
impl Operations {
    /// The tree of locations, without what takes counting
    #[oai(path = "/stock/location/tree", method = "get", operation_id = "stock_location_tree_list")]
    async fn tree(
        &self,
        #[oai(scope = "Tree::VIEW")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<TreeRead>, ApiError> {
        list::<Tree>(&View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List }).await
    }

    /// Delete a location
    #[oai(path = "/stock/location/:pk", method = "delete", operation_id = "stock_location_destroy")]
    async fn delete(
        &self,
        #[oai(scope = "Locations::DELETE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        pk: Path<i32>,
        body: Body<LocationDeletion>,
    ) -> Result<Gone, ApiError> {
        let LocationDeletion { delete_stock_items, delete_sub_locations } = body.0;
        let choice = delete::Choice {
            items: delete_stock_items.0.unwrap_or_default(),
            children: delete_sub_locations.0.unwrap_or_default(),
        };
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::Written };
        delete::delete(&view, pk.0, choice).await.map(|()| Gone)
    }
}
