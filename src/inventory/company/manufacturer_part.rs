//! `/api/company/part/manufacturer/`: parts as manufacturers make them.

use std::{collections::BTreeSet, collections::HashMap, sync::LazyLock};

use entities::inventory::{company, manufacturer_part, part};
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    Condition, DeriveIntoActiveModel, FromQueryResult, Order,
    prelude::*,
};
use serde::Serialize;

use super::{
    super::{
        links,
        part::{Parts, brief},
        tags::{self, Tagged},
    },
    Companies, CompanyBrief, briefs,
};
use crate::{
    ctx::Ctx,
    db::Tx,
    rest::{
        ApiError, Filter, Kind, Resource, Table, View,
        error::no_such_pk,
        field::{Given, Key, Link, Markdown, Required, Shown},
        invalid,
    },
    scope::Role,
};

/// What `InvenTree` calls one where something hangs on it.
const MODEL: &str = "manufacturerpart";

/// A part as one manufacturer makes it, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "ManufacturerPart")]
pub(in crate::inventory) struct ManufacturerPartRead {
    /// Primary key
    pk: i32,
    /// The part
    part: Key<links::Part>,
    /// The part; with `part_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    part_detail: Shown<Option<brief::PartBrief>>,
    /// Manufacturer and number; with `pretty`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    pretty_name: Shown<String>,
    /// Who makes it
    manufacturer: Key<links::Company>,
    /// Who makes it; with `manufacturer_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    manufacturer_detail: Shown<Option<CompanyBrief>>,
    /// The manufacturer's description
    description: Option<String>,
    /// The manufacturer's number
    #[oai(rename = "MPN")]
    #[serde(rename = "MPN")]
    mpn: Option<String>,
    /// A page about it
    link: Option<String>,
    /// Unique hash of barcode data
    barcode_hash: String,
    /// Markdown notes
    notes: Option<String>,
    /// Words to find it by; with `tags`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    tags: Shown<Vec<String>>,
}

impl ManufacturerPartRead {
    /// Without details.
    fn plain(row: manufacturer_part::Model) -> Self {
        let manufacturer_part::Model {
            id,
            part,
            manufacturer,
            mpn,
            description,
            link,
            notes,
            barcode_data: _,
            barcode_hash,
        } = row;
        Self {
            pk: id,
            part: part.into(),
            part_detail: Shown(None),
            pretty_name: Shown(None),
            manufacturer: manufacturer.into(),
            manufacturer_detail: Shown(None),
            description,
            mpn,
            link,
            barcode_hash,
            notes,
            tags: Shown(None),
        }
    }
}

/// The manufacturer parts with these keys, without details.
pub(super) async fn plain(ctx: &Ctx, keys: BTreeSet<i32>) -> Result<HashMap<i32, ManufacturerPartRead>, DbErr> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let query = manufacturer_part::Entity::find();
    let query = if keys.len() <= 5000 { query.filter(manufacturer_part::Column::Id.is_in(keys)) } else { query };
    let found = query.all(ctx.db.reader()).await?;
    Ok(found.into_iter().map(|row| (row.id, ManufacturerPartRead::plain(row))).collect())
}

/// A part as one manufacturer makes it, as clients write it.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "ManufacturerPartWrite")]
#[sea_orm(active_model = "manufacturer_part::ActiveModel")]
pub(in crate::inventory) struct ManufacturerPartWrite {
    /// The part
    part: Required<Key<links::Part>>,
    /// Who makes it
    manufacturer: Required<Key<links::Company>>,
    /// The manufacturer's number
    #[oai(rename = "MPN", validator(max_length = 100))]
    mpn: Given<Option<String>>,
    /// The manufacturer's description
    #[oai(validator(max_length = 250))]
    description: Given<Option<String>>,
    /// A page about it
    #[oai(validator(max_length = 2000))]
    link: Given<Option<Link>>,
    /// Markdown notes (optional)
    #[oai(validator(max_length = 50000))]
    notes: Given<Option<Markdown>>,
    /// Words to find it by
    #[sea_orm(ignore)]
    tags: Given<Vec<String>>,
}

/// A row.
#[derive(Debug, FromQueryResult)]
pub(in crate::inventory) struct Row {
    #[sea_orm(nested)]
    row: manufacturer_part::Model,
}

/// A flag of a part or company that a column refers to.
pub(super) fn flag_of(name: &'static str, table: &'static str, reference: &'static str) -> Filter {
    Filter::by(name, Kind::Bool, move |value, _| {
        let sql = format!("(SELECT found.active FROM {table} found WHERE found.id = {reference})");
        Condition::all().add(Expr::cust(if value.truth() { sql } else { format!("NOT {sql}") }))
    })
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use manufacturer_part::Column as C;
    let column = |column: C| Expr::col(column.as_column_ref());
    let of_part = |name: &str| Expr::cust(format!("(SELECT p.{name} FROM part p WHERE p.id = manufacturer_part.part)"));
    let maker = || Expr::cust("(SELECT c.name FROM company c WHERE c.id = manufacturer_part.manufacturer)");
    Table {
        filters: vec![
            Filter::eq("part", Kind::Key("part"), C::Part),
            Filter::eq("manufacturer", Kind::Key("company"), C::Manufacturer),
            Filter::eq("MPN", Kind::Text, C::Mpn),
            flag_of("part_active", "part", "manufacturer_part.part"),
            flag_of("manufacturer_active", "company", "manufacturer_part.manufacturer"),
            Filter::flag("part_detail", false),
            Filter::flag("manufacturer_detail", false),
            Filter::flag("pretty", false),
        ]
        .into_iter()
        .chain(tags::filters(MODEL, C::Id))
        .collect(),
        search: vec![
            maker(),
            column(C::Description),
            column(C::Mpn),
            of_part("ipn"),
            of_part("name"),
            of_part("description"),
        ],
        search_notes: vec![column(C::Notes)],
        ordering: vec![
            ("part", of_part("name")),
            ("IPN", of_part("ipn")),
            ("MPN", column(C::Mpn)),
            ("manufacturer", maker()),
        ],
        default_order: vec![(column(C::Id), Order::Asc)],
    }
});

/// The resource.
#[derive(Debug)]
pub(in crate::inventory) struct ManufacturerParts;

impl Resource for ManufacturerParts {
    const PATH: &'static str = "/company/part/manufacturer";
    const NAME: &'static str = "company_part_manufacturer";
    const KIND: &'static str = "ManufacturerPart";
    const ROLES: &'static [Role] = &[Role::Part, Role::PurchaseOrder];
    const BULK_DELETE: bool = true;

    type Entity = manufacturer_part::Entity;
    type Row = Row;
    type Read = ManufacturerPartRead;
    type Write = ManufacturerPartWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> manufacturer_part::ActiveModel {
        manufacturer_part::ActiveModel {
            id: NotSet,
            part: NotSet,
            manufacturer: NotSet,
            mpn: Set(None),
            description: Set(None),
            link: Set(None),
            notes: Set(None),
            barcode_data: Set(String::new()),
            barcode_hash: Set(String::new()),
        }
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<ManufacturerPartRead>, ApiError> {
        let with_part = view.shows(&TABLE, "part_detail") && view.who.may(Parts::VIEW);
        let with_maker = view.shows(&TABLE, "manufacturer_detail") && view.who.may(Companies::VIEW);
        let pretty = view.shows(&TABLE, "pretty");
        let parts = if with_part {
            brief::of(view, rows.iter().map(|row| row.row.part).collect()).await?
        } else {
            HashMap::new()
        };
        let makers = if with_maker || pretty {
            briefs(view.ctx, rows.iter().map(|row| row.row.manufacturer).collect()).await?
        } else {
            HashMap::new()
        };
        let mut tags = Tagged::of(view, &TABLE, MODEL, rows.iter().map(|Row { row }| row.id)).await?;
        let read = |Row { row }: Row| {
            let (part, maker) = (parts.get(&row.part).cloned(), makers.get(&row.manufacturer).cloned());
            let name = maker.as_ref().map(|maker| maker.name.as_str()).unwrap_or_default();
            let name = [name, row.mpn.as_deref().unwrap_or_default()];
            let name: Vec<&str> = name.into_iter().filter(|text| !text.is_empty()).collect();
            ManufacturerPartRead {
                tags: tags.take(row.id),
                pretty_name: Shown(pretty.then(|| name.join(" | "))),
                part_detail: Shown(with_part.then_some(part)),
                manufacturer_detail: Shown(with_maker.then_some(maker)),
                ..ManufacturerPartRead::plain(row)
            }
        };
        Ok(rows.into_iter().map(read).collect())
    }

    async fn check(
        tx: &Tx,
        _view: &View<'_>,
        _before: Option<&manufacturer_part::Model>,
        _sent: &ManufacturerPartWrite,
        change: &mut manufacturer_part::ActiveModel,
    ) -> Result<(), ApiError> {
        check(tx, change).await
    }

    async fn saved(
        tx: &Tx,
        _view: &View<'_>,
        _before: Option<&manufacturer_part::Model>,
        after: &manufacturer_part::Model,
        sent: &ManufacturerPartWrite,
    ) -> Result<(), ApiError> {
        tags::set(tx, MODEL, after.id, &sent.tags).await
    }
}

/// What must hold of one.
pub(super) async fn check(tx: &Tx, change: &manufacturer_part::ActiveModel) -> Result<(), ApiError> {
    if let Set(key) = &change.manufacturer {
        let found = company::Entity::find_by_id(*key).one(&**tx).await?;
        if !found.is_some_and(|company| company.is_manufacturer) {
            return Err(invalid("manufacturer", no_such_pk(key)));
        }
    }
    if let Set(key) = &change.part
        && part::Entity::find_by_id(*key).one(&**tx).await?.is_none()
    {
        return Err(invalid("part", no_such_pk(key)));
    }
    Ok(())
}
