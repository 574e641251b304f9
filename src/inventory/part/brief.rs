//! A part as others' answers show it.

use std::collections::{BTreeSet, HashMap};

use entities::inventory::{part, part_category};
use poem_openapi::Object;
use sea_orm::{JoinType, QuerySelect as _, prelude::*};
use serde::Serialize;

use super::{links, media, name::NameFormat, tree};
use crate::rest::{
    ApiError, View,
    field::{Key, Link},
};

/// A part, in brief.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "PartBrief")]
pub(in crate::inventory) struct PartBrief {
    /// Primary key
    pk: i32,
    /// Internal Part Number
    #[oai(rename = "IPN")]
    #[serde(rename = "IPN")]
    ipn: String,
    /// Unique hash of barcode data
    barcode_hash: String,
    /// Default location of the category
    category_default_location: Option<Key<links::Location>>,
    /// Where is this item normally stored?
    default_location: Option<Key<links::Location>>,
    /// Expiry time (in days) for stock items of this part
    default_expiry: i32,
    /// Part name
    name: String,
    /// Part revision or version number
    revision: String,
    /// As the format of names says
    full_name: String,
    /// Part description
    description: String,
    /// Picture
    image: Option<Link>,
    /// Small picture
    thumbnail: String,
    /// Is this part active?
    active: bool,
    /// Locked parts cannot be edited
    locked: bool,
    /// Can this part be built from other parts?
    assembly: bool,
    /// Can this part be used to build other parts?
    component: bool,
    /// Minimum allowed stock level, as a text with six decimals
    minimum_stock: String,
    /// Is this part a template part?
    is_template: bool,
    /// Can this part be purchased from external suppliers?
    purchaseable: bool,
    /// Can this part be sold to customers?
    salable: bool,
    /// Can this part have test results recorded against it?
    testable: bool,
    /// Does this part have tracking for unique items?
    trackable: bool,
    /// Is this a virtual part, such as a software product or license?
    #[oai(rename = "virtual")]
    #[serde(rename = "virtual")]
    is_virtual: bool,
    /// Is this part consumable, such as glue or a fastener?
    consumable: bool,
    /// Units of measure for this part
    units: Option<String>,
    /// Lowest price
    pricing_min: Option<f64>,
    /// Highest price
    pricing_max: Option<f64>,
}

#[derive(Debug, sea_orm::FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    part: part::Model,
    category_path: Option<String>,
}

/// Some parts by their keys, in two statements however many.
pub(in crate::inventory) async fn of(
    view: &View<'_>,
    keys: BTreeSet<i32>,
) -> Result<HashMap<i32, PartBrief>, ApiError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let mut query = part::Entity::find()
        .join(JoinType::LeftJoin, part::Relation::Category.def())
        .column_as(part_category::Column::Path, "category_path");
    // Beyond some thousand keys the whole table is the smaller question.
    if keys.len() <= 5000 {
        query = query.filter(part::Column::Id.is_in(keys));
    }
    let rows = query.into_model::<Row>().all(view.ctx.db.reader()).await?;
    let names = NameFormat::current(view.ctx).await?;
    let paths = rows.iter().filter_map(|row| row.category_path.as_deref());
    let defaults = tree::set_above::<part_category::Entity>(view.ctx, paths, "default_location").await?;
    let brief = |Row { part, category_path }: Row| {
        let default = category_path.and_then(|path| tree::nearest(&path, &defaults, false));
        (part.id, brief(&names, part, default))
    };
    Ok(rows.into_iter().map(brief).collect())
}

fn brief(names: &NameFormat, part: part::Model, category_default: Option<i32>) -> PartBrief {
    PartBrief {
        pk: part.id,
        full_name: names.full_name(&(&part).into()),
        ipn: part.ipn,
        barcode_hash: part.barcode_hash,
        category_default_location: category_default.map(Key::from),
        default_location: part.default_location.map(Key::from),
        default_expiry: part.default_expiry,
        name: part.name,
        revision: part.revision,
        description: part.description,
        thumbnail: media::thumbnail_url(part.image.as_deref()),
        image: part.image.map(|image| Link(media::url(&image))),
        active: part.active,
        locked: part.locked,
        assembly: part.assembly,
        component: part.component,
        // InvenTree shows this one with six decimals, of which the last is always zero.
        minimum_stock: format!("{}0", part.minimum_stock),
        is_template: part.is_template,
        purchaseable: part.purchaseable,
        salable: part.salable,
        testable: part.testable,
        trackable: part.trackable,
        is_virtual: part.is_virtual,
        consumable: part.consumable,
        units: part.units,
        pricing_min: None,
        pricing_max: None,
    }
}
