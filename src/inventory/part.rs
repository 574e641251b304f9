//! `/api/part/`: parts.

mod filters;
mod read;
mod rules;

use entities::{
    exact::Quantity,
    inventory::{part, part_category},
};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DeriveIntoActiveModel, FromQueryResult, JoinType, QuerySelect as _,
    prelude::*,
};
use serde::Serialize;

pub(super) use self::rules::removable;
use self::{filters::TABLE, read::PartRead};
use super::{links, part_category as categories, tree};
use crate::{
    access::Auth,
    ctx::Ctx,
    db::Tx,
    rest::{
        ApiError, Json, Purpose, Resource, Table, View,
        field::{Given, Key, Link, Markdown, Number, OrBlank, Required},
        not_found,
    },
    scope::Role,
};

/// A part, as clients write it.
#[derive(Debug, Object, DeriveIntoActiveModel)]
#[oai(rename = "PartWrite")]
#[sea_orm(active_model = "part::ActiveModel")]
pub(super) struct PartWrite {
    /// Is this part active?
    active: Given<bool>,
    /// Can this part be built from other parts?
    assembly: Given<bool>,
    /// Part category
    category: Given<Option<Key<links::Category>>>,
    /// Can this part be used to build other parts?
    component: Given<bool>,
    /// Expiry time (in days) for stock items of this part
    #[oai(validator(minimum(value = "0")))]
    default_expiry: Given<i32>,
    /// Where is this item normally stored?
    default_location: Given<Option<Key<links::Location>>>,
    /// Part description (optional)
    #[oai(validator(max_length = 250))]
    description: Given<String>,
    /// Internal Part Number
    #[oai(rename = "IPN", validator(max_length = 100))]
    ipn: Given<String>,
    /// Is this part a template part?
    is_template: Given<bool>,
    /// Part keywords to improve visibility in search results
    #[oai(validator(max_length = 250))]
    keywords: Given<Option<String>>,
    /// Link to external URL
    #[oai(validator(max_length = 2000))]
    link: Given<Option<Link>>,
    /// Locked parts cannot be edited
    locked: Given<bool>,
    /// Minimum allowed stock level
    minimum_stock: Given<Number<Quantity>>,
    /// Maximum allowed stock level
    maximum_stock: Given<Number<Quantity>>,
    /// Part name
    #[oai(validator(min_length = 1, max_length = 100))]
    name: Required<String>,
    /// Markdown notes (optional)
    #[oai(validator(max_length = 50000))]
    notes: Given<Option<Markdown>>,
    /// Can this part be purchased from external suppliers?
    purchaseable: Given<bool>,
    /// Part revision or version number
    #[oai(validator(max_length = 100))]
    revision: Given<OrBlank>,
    /// Is this part a revision of another part?
    revision_of: Given<Option<Key<links::Part>>>,
    /// Can this part be sold to customers?
    salable: Given<bool>,
    /// Can this part have test results recorded against it?
    testable: Given<bool>,
    /// Does this part have tracking for unique items?
    trackable: Given<bool>,
    /// Units of measure for this part
    #[oai(validator(max_length = 20))]
    units: Given<Option<String>>,
    /// Is this part a variant of another part?
    variant_of: Given<Option<Key<links::Part>>>,
    /// Is this a virtual part, such as a software product or license?
    #[oai(rename = "virtual")]
    is_virtual: Given<bool>,
    /// Is this part consumable, such as glue or a fastener?
    consumable: Given<bool>,
    /// Owner responsible for this part
    responsible: Given<Option<Key<links::Owner>>>,
}

/// A part with what is read with it.
#[derive(Debug, FromQueryResult)]
pub(super) struct Row {
    #[sea_orm(nested)]
    part: part::Model,
    category_name: Option<String>,
    category_path: Option<String>,
    revision_count: i64,
}

/// The resource.
#[derive(Debug)]
pub(super) struct Parts;

const REVISIONS: &str = "(SELECT COUNT(*) FROM part rev WHERE rev.revision_of = part.id)";

impl Resource for Parts {
    const PATH: &'static str = "/part";
    const NAME: &'static str = "part";
    const KIND: &'static str = "Part";
    const ROLES: &'static [Role] = &[Role::Part, Role::Build];
    const BULK: bool = true;

    type Entity = part::Entity;
    type Row = Row;
    type Read = PartRead;
    type Write = PartWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> part::ActiveModel {
        part::ActiveModel {
            id: NotSet,
            name: NotSet,
            ipn: Set(String::new()),
            description: Set(String::new()),
            revision: Set(String::new()),
            keywords: Set(None),
            link: Set(None),
            units: Set(Some(String::new())),
            notes: Set(None),
            category: Set(None),
            variant_of: Set(None),
            revision_of: Set(None),
            default_location: Set(None),
            responsible: Set(None),
            creation_user: Set(None),
            creation_date: Set(None),
            default_expiry: Set(0),
            minimum_stock: Set(Quantity::ZERO),
            maximum_stock: Set(Quantity::ZERO),
            active: Set(true),
            assembly: Set(false),
            component: Set(true),
            consumable: Set(false),
            is_template: Set(false),
            locked: Set(false),
            purchaseable: Set(true),
            salable: Set(false),
            testable: Set(false),
            trackable: Set(false),
            is_virtual: Set(false),
        }
    }

    fn columns(query: Select<part::Entity>, view: &View<'_>) -> Select<part::Entity> {
        use sea_orm::Iterable as _;
        // Notes may be long, and lists do not show them.
        let listed = |column: &part::Column| view.purpose != Purpose::List || !matches!(column, part::Column::Notes);
        let mut query = query.select_only().columns(part::Column::iter().filter(listed));
        if view.purpose == Purpose::List {
            query = query.expr_as(Expr::cust("NULL"), "notes");
        }
        // Here and not in `query`, so that counting does without it.
        query
            .join(JoinType::LeftJoin, part::Relation::Category.def())
            .column_as(part_category::Column::Name, "category_name")
            .column_as(part_category::Column::Path, "category_path")
            .expr_as(Expr::cust(REVISIONS), "revision_count")
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<PartRead>, ApiError> {
        read::show(view, rows).await
    }

    async fn begin(tx: &Tx, _view: &View<'_>) -> Result<(), ApiError> {
        // A category must not become structural, or vanish, while a part is put into it.
        Ok(tree::lock::<part_category::Entity>(tx, false).await?)
    }

    async fn check(
        tx: &Tx,
        view: &View<'_>,
        before: Option<&part::Model>,
        change: &mut part::ActiveModel,
    ) -> Result<(), ApiError> {
        if before.is_none() {
            change.creation_user = Set(view.who.user_id());
            change.creation_date = Set(Some(view.ctx.clock.today()));
        }
        rules::check(tx, before, change).await
    }

    async fn removable(_tx: &Tx, row: &part::Model) -> Result<(), ApiError> {
        removable(row)
    }
}

/// What is needed of a part, and what there is of it. There are no orders and no stock yet, so all of it is nothing.
#[derive(Debug, Default, Object, Serialize)]
struct PartRequirements {
    /// In stock
    total_stock: f64,
    /// In stock and not promised
    unallocated_stock: f64,
    /// Could be built of what is in stock
    can_build: f64,
    /// On order
    ordering: f64,
    /// Being built
    building: f64,
    /// Scheduled to be built
    scheduled_to_build: f64,
    /// Needed by build orders
    required_for_build_orders: f64,
    /// Promised to build orders
    allocated_to_build_orders: f64,
    /// Needed by sales orders
    required_for_sales_orders: f64,
    /// Promised to sales orders
    allocated_to_sales_orders: f64,
}

/// The operations beyond the five.
pub(super) struct Operations;

#[OpenApi]
impl Operations {
    /// What is needed of a part
    #[oai(path = "/part/:pk/requirements", method = "get", operation_id = "part_requirements_retrieve")]
    async fn requirements(
        &self,
        #[oai(scope = "Parts::VIEW")] _who: Auth,
        ctx: Data<&Ctx>,
        pk: Path<i32>,
    ) -> Result<Json<PartRequirements>, ApiError> {
        let found = part::Entity::find_by_id(pk.0).select_only().column(part::Column::Id).into_tuple::<i32>();
        found.one(ctx.db.reader()).await?.ok_or(not_found(Parts::KIND))?;
        Ok(Json(PartRequirements::default()))
    }
}
