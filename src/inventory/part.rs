//! `/api/part/`: parts.

pub(super) mod brief;
mod copy;
pub(super) mod family;
mod filters;
pub(super) mod name;
mod policy;
mod read;
mod rules;
mod thumbs;

use entities::{
    exact::{Exact as _, Quantity},
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

use self::filters::TABLE;
pub(super) use self::{
    policy::Policy,
    read::{PartRead, details},
    rules::removable,
    thumbs::Thumbs,
};
use super::{
    bom, company, links, location, media, part_category as categories, price,
    stars::Star,
    stock::{self, StockItems, of_parts},
    tags, tree, turn,
};
use crate::{
    access::Auth,
    ctx::Ctx,
    db::Tx,
    rest::{
        ApiError, Json, Params, Purpose, Resource, Table, View,
        field::{Given, Key, Link, Markdown, Number, OrBlank, Required, Upload},
        not_found,
    },
    scope::Role,
};

/// A part, as clients write it.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
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
    /// Picture: a file in a multipart form, or null for none
    #[sea_orm(ignore)]
    image: Given<Option<Upload>>,
    /// The file name of a picture that another part has
    #[sea_orm(ignore)]
    existing_image: Given<String>,
    /// Whether the caller follows this part
    #[sea_orm(ignore)]
    starred: Given<bool>,
    /// Words to find it by
    #[sea_orm(ignore)]
    tags: Given<Vec<String>>,
    /// For a new part: copy from another
    #[sea_orm(ignore)]
    duplicate: Given<Option<Duplicate>>,
    /// For a new part: its first stock
    #[sea_orm(ignore)]
    initial_stock: Given<Option<InitialStock>>,
    /// For a new part: its first supplier and manufacturer
    #[sea_orm(ignore)]
    initial_supplier: Given<Option<InitialSupplier>>,
    /// For a new part: copy the parameters of its category
    #[sea_orm(ignore)]
    copy_category_parameters: Given<bool>,
    /// The stored picture.
    #[oai(skip)]
    #[sea_orm(ignore)]
    stored: Option<String>,
}

/// What a new part takes from another.
#[derive(Debug, Clone, Object)]
#[oai(rename = "PartDuplicateOptions")]
struct Duplicate {
    /// The part to copy from
    original: Required<Key<links::Part>>,
    /// Copy the picture
    copy_image: Given<bool>,
    /// Copy the bill of material
    copy_bom: Given<bool>,
    /// Copy the notes
    #[oai(default = "yes")]
    copy_notes: Given<bool>,
    /// Copy the test templates
    copy_tests: Given<bool>,
    /// Copy the parameters
    #[oai(default = "yes")]
    copy_parameters: Given<bool>,
}

fn yes() -> Given<bool> {
    Given(Some(true))
}

/// The first stock of a new part.
#[derive(Debug, Clone, Object)]
struct InitialStock {
    /// How much
    quantity: Required<Number<Quantity>>,
    /// Where
    location: Given<Option<Key<links::Location>>>,
}

/// Where a new part comes from.
#[derive(Debug, Clone, Object)]
struct InitialSupplier {
    /// Supplier
    supplier: Given<Option<Key<links::Company>>>,
    /// The supplier's number for it
    #[oai(validator(max_length = 100))]
    sku: Given<String>,
    /// Manufacturer
    manufacturer: Given<Option<Key<links::Company>>>,
    /// The manufacturer's number for it
    #[oai(validator(max_length = 100))]
    mpn: Given<String>,
}

/// A part with what is read with it.
#[derive(Debug, FromQueryResult)]
pub(super) struct Row {
    #[sea_orm(nested)]
    part: part::Model,
    category_name: Option<String>,
    category_path: Option<String>,
    revision_count: i64,
    starred: bool,
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
            image: Set(None),
            barcode_data: Set(String::new()),
            barcode_hash: Set(String::new()),
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
            .expr_as(Star::Part.column(view.who), "starred")
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<PartRead>, ApiError> {
        read::show(view, rows).await
    }

    async fn begin(tx: &Tx, _view: &View<'_>) -> Result<(), ApiError> {
        // A category must not become structural, or vanish, while a part is put into it.
        tree::lock::<part_category::Entity>(tx, false).await?;
        // What a part is decides what it may be built of; and whoever waits for this must hold no row yet.
        Ok(turn::take(tx, turn::BOM).await?)
    }

    async fn prepare(view: &View<'_>, sent: &mut PartWrite) -> Result<(), ApiError> {
        if let Some(Some(upload)) = sent.image.0.as_mut().map(Option::take) {
            sent.stored = Some(media::store(view.ctx, "image", upload).await?);
        }
        Ok(())
    }

    async fn check(
        tx: &Tx,
        view: &View<'_>,
        before: Option<&part::Model>,
        sent: &PartWrite,
        change: &mut part::ActiveModel,
    ) -> Result<(), ApiError> {
        let policy = Policy::read(&**tx).await?;
        if before.is_none() {
            change.creation_user = Set(view.who.user_id());
            change.creation_date = Set(Some(view.ctx.clock.today()));
            policy.fill(sent, change);
            copy::check(tx, view, sent, change).await?;
        }
        if sent.image.0.is_some() {
            change.image = Set(sent.stored.clone());
        }
        if let Some(name) = sent.existing_image.0.as_deref().filter(|name| !name.is_empty()) {
            change.image = Set(Some(rules::existing_image(tx, name).await?));
        }
        rules::check(tx, &policy, before, change).await
    }

    async fn saved(
        tx: &Tx,
        view: &View<'_>,
        before: Option<&part::Model>,
        after: &part::Model,
        sent: &PartWrite,
    ) -> Result<(), ApiError> {
        if let Some(starred) = sent.starred.0
            && (starred || before.is_some())
        {
            Star::Part.set(tx, view.who, after.id, starred).await?;
        }
        tags::set(tx, "part", after.id, &sent.tags).await?;
        match before {
            None => copy::bring(tx, view, sent, after).await,
            Some(before) => rules::follow(tx, before, after).await,
        }
    }

    async fn removable(tx: &Tx, row: &part::Model) -> Result<(), ApiError> {
        removable(tx, std::slice::from_ref(row)).await
    }
}

/// What is needed of a part, and what there is of it. There are no orders yet, so nothing is needed.
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
        #[oai(scope = "Parts::VIEW")] who: Auth,
        ctx: Data<&Ctx>,
        pk: Path<i32>,
    ) -> Result<Json<PartRequirements>, ApiError> {
        let found = part::Entity::find_by_id(pk.0).select_only().column(part::Column::Id).into_tuple::<i32>();
        found.one(ctx.db.reader()).await?.ok_or(not_found(Parts::KIND))?;
        if !who.0.may(StockItems::VIEW) {
            return Ok(Json(PartRequirements::default()));
        }
        let numbers = of_parts(&ctx, [pk.0].into()).await?.remove(&pk.0).unwrap_or_default();
        let total_stock = numbers.total().to_f64();
        let view = View { ctx: ctx.0, who: &who.0, params: &Params::default(), purpose: Purpose::Detail };
        let can_build = bom::can_build(&view, pk.0).await?;
        // Nothing is promised to anybody yet.
        let unallocated_stock = total_stock;
        Ok(Json(PartRequirements { total_stock, unallocated_stock, can_build, ..PartRequirements::default() }))
    }
}
