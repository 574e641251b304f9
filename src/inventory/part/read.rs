//! A part, as clients read it.

use std::collections::{BTreeSet, HashMap};

use entities::{
    exact::{Exact as _, Quantity},
    inventory::{part, part_category},
};
use poem_openapi::Object;
use sea_orm::prelude::*;
use serde::Serialize;

use super::{
    Parts, Row, categories,
    filters::TABLE,
    links,
    location::{self, LocationBrief, Locations},
    media,
    name::NameFormat,
    price,
    stock::{self, Numbers, StockItems},
    tags::Tagged,
    tree::{self, TreePath},
};
use crate::rest::{
    ApiError, Params, Purpose, Resource as _, View,
    field::{Key, Link, Number, Shown},
};

/// A part, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "Part")]
pub(in crate::inventory) struct PartRead {
    /// Is this part active?
    active: bool,
    /// Can this part be built from other parts?
    assembly: bool,
    /// Unique hash of barcode data
    barcode_hash: String,
    /// Part category
    category: Option<Key<links::Category>>,
    /// Name of the category, if there is one
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    category_name: Shown<String>,
    /// The category; with `category_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    category_detail: Shown<Option<categories::CategoryRead>>,
    /// The way to the category; with `path_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    category_path: Shown<Vec<TreePath>>,
    /// Can this part be used to build other parts?
    component: bool,
    /// When the record was made
    creation_date: Option<chrono::NaiveDate>,
    /// Who made the record
    creation_user: Option<Key<links::User>>,
    /// Expiry time (in days) for stock items of this part
    default_expiry: i32,
    /// Where is this item normally stored?
    default_location: Option<Key<links::Location>>,
    /// That location; with `location_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    default_location_detail: Shown<Option<LocationBrief>>,
    /// Part description (optional)
    description: String,
    /// `IPN | name | revision`, of those that are not empty
    full_name: String,
    /// Picture
    image: Option<Link>,
    /// Internal Part Number
    #[oai(rename = "IPN")]
    #[serde(rename = "IPN")]
    ipn: String,
    /// Is this part a template part?
    is_template: bool,
    /// Part keywords to improve visibility in search results
    keywords: Option<String>,
    /// Link to external URL
    link: Option<Link>,
    /// Locked parts cannot be edited
    locked: bool,
    /// Minimum allowed stock level
    minimum_stock: Number<Quantity>,
    /// Maximum allowed stock level
    maximum_stock: Number<Quantity>,
    /// Part name
    name: String,
    /// Markdown notes; not in lists
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    notes: Shown<Option<String>>,
    /// Primary key
    pk: i32,
    /// Can this part be purchased from external suppliers?
    purchaseable: bool,
    /// Part revision or version number
    revision: String,
    /// Is this part a revision of another part?
    revision_of: Option<Key<links::Part>>,
    /// How many revisions of this part there are
    revision_count: i64,
    /// Can this part be sold to customers?
    salable: bool,
    /// Whether the caller follows this part
    starred: bool,
    /// Small picture
    thumbnail: String,
    /// Can this part have test results recorded against it?
    testable: bool,
    /// Does this part have tracking for unique items?
    trackable: bool,
    /// Units of measure for this part
    units: Option<String>,
    /// Is this part a variant of another part?
    variant_of: Option<Key<links::Part>>,
    /// Is this a virtual part, such as a software product or license?
    #[oai(rename = "virtual")]
    #[serde(rename = "virtual")]
    is_virtual: bool,
    /// Is this part consumable, such as glue or a fastener?
    consumable: bool,
    /// Lowest price
    pricing_min: Option<f64>,
    /// Highest price
    pricing_max: Option<f64>,
    /// When the prices were computed
    pricing_updated: Option<String>,
    /// Owner responsible for this part
    responsible: Option<Key<links::Owner>>,
    /// Promised to build orders
    allocated_to_build_orders: f64,
    /// Promised to sales orders
    allocated_to_sales_orders: f64,
    /// Quantity of this part currently being in production
    building: f64,
    /// Outstanding quantity of this part scheduled to be built
    scheduled_to_build: f64,
    /// Default location of the category
    category_default_location: Option<Key<links::Location>>,
    /// In stock
    in_stock: f64,
    /// On order
    ordering: f64,
    /// Needed by build orders
    required_for_build_orders: i32,
    /// Needed by sales orders
    required_for_sales_orders: i32,
    /// Number of stock items
    stock_item_count: i64,
    /// In stock, variants included
    total_in_stock: f64,
    /// In stock elsewhere
    external_stock: f64,
    /// In stock and not promised
    unallocated_stock: f64,
    /// In stock as variants
    variant_stock: f64,
    /// What it sells for; with `price_breaks`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    price_breaks: Shown<Vec<price::SalePriceRead>>,
    /// Words to find it by; with `tags`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    tags: Shown<Vec<String>>,
}

/// From rows to parts.
pub(super) async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<PartRead>, ApiError> {
    // A detail of another model is for those who may view that model.
    let details = view.who.may(categories::Categories::VIEW);
    let with_category = details && view.shows(&TABLE, "category_detail");
    let with_path = details && view.shows(&TABLE, "path_detail");
    let paths = || rows.iter().filter_map(|row| row.category_path.as_deref());
    let steps = if with_path { categories::steps(view.ctx, paths()).await? } else { tree::Steps::new() };
    let defaults = tree::set_above::<part_category::Entity>(view.ctx, paths(), "default_location").await?;
    let stock = if view.who.may(StockItems::VIEW) {
        stock::of_parts(view.ctx, rows.iter().map(|row| row.part.id).collect()).await?
    } else {
        HashMap::new()
    };
    let categories = if with_category { categories_of(view, &rows).await? } else { HashMap::new() };
    let names = NameFormat::current(view.ctx).await?;
    let mut tags = Tagged::of(view, &TABLE, "part", rows.iter().map(|row| row.part.id)).await?;
    // Prices are their own resource, for whoever may view parts.
    let with_prices = view.who.may(price::SalePrices::VIEW) && view.shows(&TABLE, "price_breaks");
    let mut prices = if with_prices {
        price::of(view.ctx.db.reader(), rows.iter().map(|row| row.part.id)).await?
    } else {
        HashMap::new()
    };
    let with_location = view.shows(&TABLE, "location_detail") && view.who.may(Locations::VIEW);
    let locations = if with_location {
        location::briefs(view.ctx, rows.iter().filter_map(|row| row.part.default_location).collect()).await?
    } else {
        HashMap::new()
    };
    let read = |row: Row| {
        let category = row.part.category.and_then(|pk| categories.get(&pk)).cloned();
        let path = row.category_path.as_deref().map(|path| tree::way(path, &steps)).unwrap_or_default();
        let default = row.category_path.as_deref().and_then(|path| tree::nearest(path, &defaults, false));
        let place = row.part.default_location.and_then(|key| locations.get(&key)).cloned();
        let mut read = plain(view.purpose, &names, row);
        read.tags = tags.take(read.pk);
        read.price_breaks = Shown(with_prices.then(|| prices.remove(&read.pk).unwrap_or_default()));
        read.default_location_detail = Shown(with_location.then_some(place));
        read.category_detail = Shown(with_category.then_some(category));
        read.category_path = Shown(with_path.then_some(path));
        read.category_default_location = default.map(Key::from);
        let numbers = stock.get(&read.pk).copied().unwrap_or_default();
        read.count(numbers);
        read
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Some parts by their keys, in a fixed number of statements.
pub(in crate::inventory) async fn details(
    view: &View<'_>,
    keys: BTreeSet<i32>,
) -> Result<HashMap<i32, PartRead>, ApiError> {
    let params = Params::default();
    let view = View { params: &params, purpose: Purpose::List, ..*view };
    let mut query = Parts::columns(part::Entity::find(), &view);
    if keys.len() <= 5000 {
        query = query.filter(part::Column::Id.is_in(keys));
    }
    let rows = query.into_model::<Row>().all(view.ctx.db.reader()).await?;
    Ok(show(&view, rows).await?.into_iter().map(|part| (part.pk, part)).collect())
}

impl PartRead {
    /// What there is of it.
    fn count(&mut self, numbers: Numbers) {
        self.in_stock = numbers.own.to_f64();
        self.total_in_stock = numbers.total().to_f64();
        self.variant_stock = numbers.variants.to_f64();
        self.external_stock = numbers.external.to_f64();
        // Nothing is promised to anybody yet.
        self.unallocated_stock = numbers.total().to_f64();
        self.stock_item_count = numbers.items;
    }
}

async fn categories_of(view: &View<'_>, rows: &[Row]) -> Result<HashMap<i32, categories::CategoryRead>, DbErr> {
    let keys: BTreeSet<i32> = rows.iter().filter_map(|row| row.part.category).collect();
    let mut query = part_category::Entity::find();
    if keys.len() <= 5000 {
        query = query.filter(part_category::Column::Id.is_in(keys));
    }
    let found = query.all(view.ctx.db.reader()).await?;
    Ok(found.into_iter().map(|category| (category.id, categories::CategoryRead::plain(category))).collect())
}

fn plain(purpose: Purpose, names: &NameFormat, row: Row) -> PartRead {
    let Row { part, category_name, category_path: _, revision_count, starred } = row;
    let full_name = names.full_name(&(&part).into());
    let part::Model {
        id,
        name,
        ipn,
        description,
        revision,
        keywords,
        link,
        units,
        notes,
        category,
        variant_of,
        revision_of,
        default_location,
        responsible,
        creation_user,
        creation_date,
        default_expiry,
        minimum_stock,
        maximum_stock,
        active,
        assembly,
        component,
        consumable,
        is_template,
        locked,
        purchaseable,
        salable,
        testable,
        trackable,
        is_virtual,
        image,
        barcode_data: _,
        barcode_hash,
    } = part;
    PartRead {
        active,
        assembly,
        barcode_hash,
        category: category.map(Key::from),
        category_name: Shown(category_name),
        category_detail: Shown(None),
        category_path: Shown(None),
        component,
        creation_date,
        creation_user: creation_user.map(Key::from),
        default_expiry,
        default_location: default_location.map(Key::from),
        default_location_detail: Shown(None),
        description,
        full_name,
        thumbnail: media::thumbnail_url(image.as_deref()),
        image: image.map(|image| Link(media::url(&image))),
        ipn,
        is_template,
        keywords,
        link: link.map(Link),
        locked,
        minimum_stock: Number(minimum_stock),
        maximum_stock: Number(maximum_stock),
        name,
        notes: Shown((purpose != Purpose::List).then_some(notes)),
        pk: id,
        purchaseable,
        revision,
        revision_of: revision_of.map(Key::from),
        revision_count,
        salable,
        starred,
        testable,
        trackable,
        units,
        variant_of: variant_of.map(Key::from),
        is_virtual,
        consumable,
        pricing_min: None,
        pricing_max: None,
        pricing_updated: None,
        responsible: responsible.map(Key::from),
        allocated_to_build_orders: 0.0,
        allocated_to_sales_orders: 0.0,
        building: 0.0,
        scheduled_to_build: 0.0,
        category_default_location: None,
        in_stock: 0.0,
        ordering: 0.0,
        required_for_build_orders: 0,
        required_for_sales_orders: 0,
        stock_item_count: 0,
        total_in_stock: 0.0,
        external_stock: 0.0,
        unallocated_stock: 0.0,
        variant_stock: 0.0,
        price_breaks: Shown(None),
        tags: Shown(None),
    }
}
