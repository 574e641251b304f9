//! `/api/part/category/`: the tree of part categories.

mod delete;

use std::sync::LazyLock;

use entities::inventory::part_category;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DbErr, DeriveIntoActiveModel, FromQueryResult, Order, QuerySelect as _,
    prelude::*,
};
use serde::Serialize;

use super::{links, stars::Star, tree, tree::TreePath};
use crate::{
    access::Auth,
    ctx::Ctx,
    db::Tx,
    rest::{
        ApiError, Body, Filter, Gone, Listing, Lists, Params, Purpose, Resource, Table, View,
        crud::list,
        field::{Given, Key, OrBlank, Required, Shown},
    },
    scope::Role,
};

/// A category, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "Category")]
pub(super) struct CategoryRead {
    /// Primary key
    pk: i32,
    /// Unique among the children of its parent
    name: String,
    /// What belongs in it
    description: String,
    /// Default location for parts in this category
    default_location: Option<Key<links::Location>>,
    /// Default keywords for parts in this category
    default_keywords: Option<String>,
    /// Depth in the tree; 0 for a root
    level: i32,
    /// Parent part category
    parent: Option<Key<links::Category>>,
    /// Parts in this category and below
    part_count: i64,
    /// Direct children
    subcategories: i64,
    /// The names from the root down to this
    pathstring: String,
    /// The way from the root; with `path_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    path: Shown<Vec<TreePath>>,
    /// Whether the caller follows this category
    starred: bool,
    /// Holds categories only: parts may not be assigned to it
    structural: bool,
    /// Icon, or empty
    icon: String,
    /// The nearest default location above
    parent_default_location: Option<Key<links::Location>>,
}

/// A category, as clients write it.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "CategoryWrite")]
#[sea_orm(active_model = "part_category::ActiveModel")]
pub(super) struct CategoryWrite {
    /// Unique among the children of its parent
    #[oai(validator(min_length = 1, max_length = 100))]
    name: Required<String>,
    /// What belongs in it
    #[oai(validator(max_length = 250))]
    description: Given<String>,
    /// Default location for parts in this category
    default_location: Given<Option<Key<links::Location>>>,
    /// Default keywords for parts in this category
    #[oai(validator(max_length = 250))]
    default_keywords: Given<Option<String>>,
    /// Parent part category
    parent: Given<Option<Key<links::Category>>>,
    /// Holds categories only: parts may not be assigned to it
    structural: Given<bool>,
    /// Icon, or empty
    #[oai(validator(max_length = 100))]
    icon: Given<OrBlank>,
    /// Whether the caller follows this category
    #[sea_orm(ignore)]
    starred: Given<bool>,
}

/// A category with what is counted for it.
#[derive(Debug, FromQueryResult)]
pub(super) struct Row {
    #[sea_orm(nested)]
    category: part_category::Model,
    part_count: i64,
    subcategories: i64,
    starred: bool,
}

/// The resource.
#[derive(Debug)]
pub(super) struct Categories;

tree::tree!(
    part_category,
    "part_category",
    "Categories",
    lock 7_203_001,
    holds ("part", "category"),
    "You cannot make this part category structural because some parts are already assigned to it!"
);

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use part_category::Column as C;
    let column = |column: C| Expr::col(column.as_column_ref());
    let mut filters = tree::filters::<part_category::Entity>();
    filters.extend([Star::Category.filter(), Filter::flag("path_detail", false)]);
    Table {
        filters,
        search: vec![column(C::Name), column(C::Description), column(C::Pathstring)],
        search_notes: Vec::new(),
        ordering: vec![
            ("name", column(C::Name)),
            ("pathstring", column(C::Pathstring)),
            ("level", column(C::Level)),
            ("tree_id", column(C::SortKey)),
            ("lft", column(C::SortKey)),
            ("part_count", tree::contents::<part_category::Entity>()),
        ],
        default_order: vec![(column(C::SortKey), Order::Asc)],
    }
});

impl Resource for Categories {
    const PATH: &'static str = "/part/category";
    const NAME: &'static str = "part_category";
    const KIND: &'static str = "PartCategory";
    const ROLES: &'static [Role] = &[Role::PartCategory, Role::Build];
    const BULK: bool = true;
    const PLAIN_DELETE: bool = false;

    type Entity = part_category::Entity;
    type Row = Row;
    type Read = CategoryRead;
    type Write = CategoryWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> part_category::ActiveModel {
        part_category::ActiveModel {
            id: NotSet,
            name: NotSet,
            description: Set(String::new()),
            parent: Set(None),
            default_location: Set(None),
            default_keywords: Set(None),
            structural: Set(false),
            icon: Set(String::new()),
            siblings: NotSet,
            level: NotSet,
            path: NotSet,
            pathstring: NotSet,
            sort_key: NotSet,
        }
    }

    fn columns(query: Select<Self::Entity>, view: &View<'_>) -> Select<Self::Entity> {
        query
            .expr_as(tree::contents::<Self::Entity>(), "part_count")
            .expr_as(tree::children::<Self::Entity>(), "subcategories")
            .expr_as(Star::Category.column(view.who), "starred")
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<CategoryRead>, ApiError> {
        let with_path = view.shows(&TABLE, "path_detail");
        let paths = || rows.iter().map(|row| row.category.path.as_str());
        let steps = if with_path { steps(view.ctx, paths()).await? } else { tree::Steps::new() };
        let defaults = tree::set_above::<Self::Entity>(view.ctx, paths(), "default_location").await?;
        let read = |row: Row| {
            let Row { category, part_count, subcategories, starred } = row;
            let path = category.path.clone();
            let mut read = CategoryRead::plain(category);
            read.starred = starred;
            read.part_count = part_count;
            read.subcategories = subcategories;
            read.path = Shown(with_path.then(|| tree::way(&path, &steps)));
            read.parent_default_location = tree::nearest(&path, &defaults, true).map(Key::from);
            read
        };
        Ok(rows.into_iter().map(read).collect())
    }

    async fn begin(tx: &Tx, _view: &View<'_>) -> Result<(), ApiError> {
        Ok(tree::lock::<Self::Entity>(tx, true).await?)
    }

    async fn check(
        tx: &Tx,
        _view: &View<'_>,
        before: Option<&part_category::Model>,
        _sent: &CategoryWrite,
        change: &mut part_category::ActiveModel,
    ) -> Result<(), ApiError> {
        tree::check::<Self::Entity>(tx, before, change).await
    }

    async fn saved(
        tx: &Tx,
        view: &View<'_>,
        before: Option<&part_category::Model>,
        after: &part_category::Model,
        sent: &CategoryWrite,
    ) -> Result<(), ApiError> {
        tree::saved::<Self::Entity>(tx, before, after).await?;
        match sent.starred.0 {
            Some(starred) if starred || before.is_some() => Star::Category.set(tx, view.who, after.id, starred).await,
            _ => Ok(()),
        }
    }
}

impl CategoryRead {
    /// Without what is counted.
    pub(super) fn plain(category: part_category::Model) -> Self {
        let part_category::Model {
            id,
            name,
            description,
            parent,
            default_location,
            default_keywords,
            structural,
            icon,
            siblings: _,
            level,
            path: _,
            pathstring,
            sort_key: _,
        } = category;
        Self {
            pk: id,
            name,
            description,
            default_location: default_location.map(Key::from),
            default_keywords,
            level,
            parent: parent.map(Key::from),
            part_count: 0,
            subcategories: 0,
            pathstring,
            path: Shown(None),
            starred: false,
            structural,
            icon,
            parent_default_location: None,
        }
    }
}

/// The categories on some paths, by id, in one statement.
pub(super) async fn steps<'a>(ctx: &Ctx, paths: impl Iterator<Item = &'a str>) -> Result<tree::Steps, DbErr> {
    let icon = Expr::col(part_category::Column::Icon.as_column_ref());
    tree::steps::<part_category::Entity>(ctx, paths, icon).await
}

/// A category in a tree list.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "CategoryTree")]
struct TreeRead {
    /// Primary key
    pk: i32,
    /// Unique among the children of its parent
    name: String,
    /// What belongs in it
    description: String,
    /// The names from the root down to this
    pathstring: String,
    /// Parent part category
    parent: Option<Key<links::Category>>,
    /// The same for all categories below one root
    tree_id: i32,
    /// Depth in the tree; 0 for a root
    level: i32,
    /// Icon, or empty
    icon: String,
    /// Holds categories only
    structural: bool,
    /// Direct children
    subcategories: i64,
}

/// The slim list of the tree.
struct Tree;

static TREE_TABLE: LazyLock<Table> = LazyLock::new(tree::slim_table::<part_category::Entity>);

impl Resource for Tree {
    const PATH: &'static str = "/part/category/tree";
    const NAME: &'static str = "part_category_tree";
    const KIND: &'static str = "PartCategory";
    const ROLES: &'static [Role] = Categories::ROLES;

    type Entity = part_category::Entity;
    type Row = Row;
    type Read = TreeRead;
    type Write = CategoryWrite;

    fn table() -> &'static Table {
        &TREE_TABLE
    }

    fn blank() -> part_category::ActiveModel {
        Categories::blank()
    }

    fn columns(query: Select<Self::Entity>, _view: &View<'_>) -> Select<Self::Entity> {
        query
            .expr_as(Expr::val(0_i64), "part_count")
            .expr_as(tree::children::<Self::Entity>(), "subcategories")
            .expr_as(Expr::val(false), "starred")
    }

    async fn show(_view: &View<'_>, rows: Vec<Row>) -> Result<Vec<TreeRead>, ApiError> {
        let read = |Row { category, subcategories, .. }: Row| TreeRead {
            pk: category.id,
            name: category.name,
            description: category.description,
            pathstring: category.pathstring,
            parent: category.parent.map(Key::from),
            tree_id: tree::ids(&category.path).next().unwrap_or(category.id),
            level: category.level,
            icon: category.icon,
            structural: category.structural,
            subcategories,
        };
        Ok(rows.into_iter().map(read).collect())
    }
}

/// What becomes of what is in a category that is deleted.
#[derive(Debug, Object)]
struct CategoryDeletion {
    /// Delete the parts in it too; else they move to its parent
    delete_parts: Required<bool>,
    /// Delete the categories below it too; else they move to its parent
    delete_child_categories: Required<bool>,
}

/// The operations beyond the five.
pub(super) struct Operations;

impl Lists for Operations {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        vec![("part_category_tree_list", &TREE_TABLE)]
    }
}

#[OpenApi]
impl Operations {
    /// The tree of categories, without what takes counting
    #[oai(path = "/part/category/tree", method = "get", operation_id = "part_category_tree_list")]
    async fn tree(
        &self,
        #[oai(scope = "Tree::VIEW")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<TreeRead>, ApiError> {
        list::<Tree>(&View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List }).await
    }

    /// Delete a category
    #[oai(path = "/part/category/:pk", method = "delete", operation_id = "part_category_destroy")]
    async fn delete(
        &self,
        #[oai(scope = "Categories::DELETE")] who: Auth,
        ctx: Data<&Ctx>,
        pk: Path<i32>,
        body: Body<CategoryDeletion>,
    ) -> Result<Gone, ApiError> {
        let CategoryDeletion { delete_parts, delete_child_categories } = body.0;
        let choice = delete::Choice {
            parts: delete_parts.0.unwrap_or_default(),
            children: delete_child_categories.0.unwrap_or_default(),
        };
        delete::delete(&ctx, &who.0, pk.0, choice).await.map(|()| Gone)
    }
}
