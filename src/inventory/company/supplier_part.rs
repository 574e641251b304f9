//! `/api/company/part/`: parts as suppliers sell them.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use entities::{
    exact::{Exact as _, Money, Quantity},
    inventory::{company, manufacturer_part, part, supplier_part, supplier_price_break},
};
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{self, NotSet, Set},
    Condition, DeriveIntoActiveModel, FromQueryResult, Order, QueryOrder as _, QuerySelect as _,
    prelude::*,
};
use serde::Serialize;

use super::{
    super::{
        links,
        part::{Parts, brief},
        stock::{self, StockItems},
        tags::{self, Tagged},
    },
    Companies, CompanyBrief, briefs,
    manufacturer_part::{self as makers, ManufacturerPartRead, ManufacturerParts, flag_of},
    price_break::PriceBreaks,
};
use crate::{
    db::Tx,
    rest::{
        ApiError, Filter, Kind, Purpose, Resource, Table, View,
        error::no_such_pk,
        field::{Given, Key, Link, Markdown, Moment, Number, Required, Shown},
        invalid,
    },
    scope::Role,
};

/// What `InvenTree` calls one where something hangs on it.
const MODEL: &str = "supplierpart";

/// A part as one supplier sells it, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "SupplierPart")]
pub(in crate::inventory) struct SupplierPartRead {
    /// What the supplier has
    available: Number<Quantity>,
    /// When that was known
    availability_updated: Option<Moment>,
    /// The supplier's description
    description: Option<String>,
    /// What there is in stock of it
    in_stock: f64,
    /// What is on order of it
    on_order: f64,
    /// A page about it
    link: Option<String>,
    /// Can be bought
    active: bool,
    /// Whether it is the one to buy where none is named
    primary: bool,
    /// Who makes it; with `manufacturer_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    manufacturer_detail: Shown<Option<CompanyBrief>>,
    /// As whom makes it
    manufacturer_part: Option<Key<links::ManufacturerPart>>,
    /// The same; with `manufacturer_part_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    manufacturer_part_detail: Shown<Option<ManufacturerPartRead>>,
    /// The manufacturer's number
    #[oai(rename = "MPN")]
    #[serde(rename = "MPN")]
    mpn: Option<String>,
    /// A remark
    note: Option<String>,
    /// Primary key
    pk: i32,
    /// Unique hash of barcode data
    barcode_hash: String,
    /// On what it comes: reel, tube
    packaging: Option<String>,
    /// How much a pack holds, as written
    pack_quantity: String,
    /// How much a pack holds, in the part's unit
    pack_quantity_native: Number<Quantity>,
    /// The part
    part: Key<links::Part>,
    /// Supplier and number; with `pretty`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    pretty_name: Shown<String>,
    /// The supplier's number
    #[oai(rename = "SKU")]
    #[serde(rename = "SKU")]
    sku: String,
    /// Who sells it
    supplier: Key<links::Company>,
    /// Who sells it; with `supplier_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    supplier_detail: Shown<Option<CompanyBrief>>,
    /// When the record last changed
    updated: Option<Moment>,
    /// Markdown notes
    notes: Option<String>,
    /// The part; with `part_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    part_detail: Shown<Option<brief::PartBrief>>,
    /// What it costs; not in lists
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    price_breaks: Shown<Vec<PriceBreakBrief>>,
    /// Words to find it by; with `tags`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    tags: Shown<Vec<String>>,
}

/// A price in little.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "SupplierPriceBreakBrief")]
pub(in crate::inventory) struct PriceBreakBrief {
    /// Primary key
    pk: i32,
    /// The supplier part
    part: i32,
    /// From how many
    quantity: Number<Quantity>,
    /// Each
    price: Option<Number<Money>>,
    /// In this currency
    price_currency: String,
}

/// A part as one supplier sells it, as clients write it.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "SupplierPartWrite")]
#[sea_orm(active_model = "supplier_part::ActiveModel")]
pub(in crate::inventory) struct SupplierPartWrite {
    /// The part
    part: Required<Key<links::Part>>,
    /// Who sells it
    supplier: Required<Key<links::Company>>,
    /// The supplier's number
    #[oai(rename = "SKU", validator(min_length = 1, max_length = 100))]
    sku: Required<String>,
    /// As whom makes it
    manufacturer_part: Given<Option<Key<links::ManufacturerPart>>>,
    /// What the supplier has
    available: Given<Number<Quantity>>,
    /// Can be bought
    active: Given<bool>,
    /// Whether it is the one to buy where none is named
    #[oai(rename = "primary")]
    is_primary: Given<bool>,
    /// The supplier's description
    #[oai(validator(max_length = 250))]
    description: Given<Option<String>>,
    /// A page about it
    #[oai(validator(max_length = 2000))]
    link: Given<Option<Link>>,
    /// A remark
    #[oai(validator(max_length = 100))]
    note: Given<Option<String>>,
    /// Markdown notes (optional)
    #[oai(validator(max_length = 50000))]
    notes: Given<Option<Markdown>>,
    /// On what it comes: reel, tube
    #[oai(validator(max_length = 50))]
    packaging: Given<Option<String>>,
    /// How much a pack holds: a number
    #[oai(validator(max_length = 25))]
    pack_quantity: Given<String>,
    /// Words to find it by
    #[sea_orm(ignore)]
    tags: Given<Vec<String>>,
}

/// A row with what is read with it.
#[derive(Debug, FromQueryResult)]
pub(in crate::inventory) struct Row {
    #[sea_orm(nested)]
    sold: supplier_part::Model,
    mpn: Option<String>,
    manufacturer: Option<i32>,
    in_stock: i64,
}

const MPN: &str = "(SELECT m.mpn FROM manufacturer_part m WHERE m.id = supplier_part.manufacturer_part)";
const MANUFACTURER: &str =
    "(SELECT m.manufacturer FROM manufacturer_part m WHERE m.id = supplier_part.manufacturer_part)";

fn in_stock() -> Expr {
    let in_stock = stock::in_stock_sql("s");
    Expr::cust(format!(
        "(SELECT CAST(COALESCE(SUM(s.quantity), 0) AS BIGINT) FROM stock_item s \
         WHERE s.supplier_part = supplier_part.id AND {in_stock})"
    ))
}

fn of_part(column: &str) -> Expr {
    Expr::cust(format!("(SELECT p.{column} FROM part p WHERE p.id = supplier_part.part)"))
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use supplier_part::Column as C;
    let column = |column: C| Expr::col(column.as_column_ref());
    let supplier = || Expr::cust("(SELECT c.name FROM company c WHERE c.id = supplier_part.supplier)");
    let maker = || Expr::cust(format!("(SELECT c.name FROM company c WHERE c.id = {MANUFACTURER})"));
    let one = |sql: String| Condition::all().add(Expr::cust(sql));
    Table {
        filters: vec![
            Filter::eq("part", Kind::Key("part"), C::Part),
            Filter::eq("supplier", Kind::Key("company"), C::Supplier),
            Filter::eq("manufacturer_part", Kind::Key("manufacturer_part"), C::ManufacturerPart),
            Filter::by("manufacturer", Kind::Key("company"), move |value, _| {
                one(format!("{MANUFACTURER} = {}", value.number()))
            }),
            Filter::by("company", Kind::Key("company"), move |value, _| {
                let key = value.number();
                one(format!("(supplier_part.supplier = {key} OR {MANUFACTURER} = {key})"))
            }),
            Filter::eq("SKU", Kind::Text, C::Sku),
            Filter::by("MPN", Kind::Text, |value, _| match value {
                crate::rest::list::Value::Text(text) => {
                    use sea_orm::sea_query::ExprTrait as _;
                    Condition::all().add(Expr::cust(MPN).eq(text.as_str()))
                }
                _ => Condition::all(),
            }),
            Filter::eq("active", Kind::Bool, C::Active),
            Filter::eq("primary", Kind::Bool, C::IsPrimary),
            flag_of("part_active", "part", "supplier_part.part"),
            flag_of("supplier_active", "company", "supplier_part.supplier"),
            Filter::by("has_stock", Kind::Bool, |value, _| {
                use sea_orm::sea_query::ExprTrait as _;
                let stock = in_stock();
                Condition::all().add(if value.truth() { stock.gt(0_i64) } else { stock.lte(0_i64) })
            }),
            Filter::flag("manufacturer_detail", false),
            Filter::flag("manufacturer_part_detail", false),
            Filter::flag("part_detail", false),
            Filter::flag("pretty", false),
            Filter::flag("supplier_detail", false),
        ]
        .into_iter()
        .chain(tags::filters(MODEL, C::Id))
        .collect(),
        search: vec![
            column(C::Sku),
            supplier(),
            maker(),
            column(C::Description),
            Expr::cust(MPN),
            of_part("ipn"),
            of_part("name"),
            of_part("description"),
            of_part("keywords"),
        ],
        search_notes: vec![column(C::Notes)],
        ordering: vec![
            ("part", of_part("name")),
            ("supplier", supplier()),
            ("manufacturer", maker()),
            ("active", column(C::Active)),
            ("primary", column(C::IsPrimary)),
            ("IPN", of_part("ipn")),
            ("MPN", Expr::cust(MPN)),
            ("SKU", column(C::Sku)),
            ("packaging", column(C::Packaging)),
            ("pack_quantity", column(C::PackQuantityNative)),
            ("in_stock", in_stock()),
            ("updated", column(C::Updated)),
        ],
        default_order: vec![(column(C::Id), Order::Asc)],
    }
});

/// The resource.
#[derive(Debug)]
pub(in crate::inventory) struct SupplierParts;

impl Resource for SupplierParts {
    const PATH: &'static str = "/company/part";
    const NAME: &'static str = "company_part";
    const KIND: &'static str = "SupplierPart";
    const ROLES: &'static [Role] = &[Role::Part, Role::PurchaseOrder];
    const BULK_DELETE: bool = true;

    type Entity = supplier_part::Entity;
    type Row = Row;
    type Read = SupplierPartRead;
    type Write = SupplierPartWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> supplier_part::ActiveModel {
        supplier_part::ActiveModel {
            id: NotSet,
            part: NotSet,
            supplier: NotSet,
            sku: NotSet,
            manufacturer_part: Set(None),
            active: Set(true),
            is_primary: Set(false),
            description: Set(None),
            link: Set(None),
            note: Set(None),
            notes: Set(None),
            packaging: Set(None),
            pack_quantity: Set(String::new()),
            pack_quantity_native: Set(Quantity::ONE),
            available: Set(Quantity::ZERO),
            availability_updated: Set(None),
            updated: Set(None),
            barcode_data: Set(String::new()),
            barcode_hash: Set(String::new()),
        }
    }

    fn columns(query: Select<Self::Entity>, _view: &View<'_>) -> Select<Self::Entity> {
        query
            .expr_as(Expr::cust(MPN), "mpn")
            .expr_as(Expr::cust(MANUFACTURER), "manufacturer")
            .expr_as(in_stock(), "in_stock")
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<SupplierPartRead>, ApiError> {
        show(view, rows).await
    }

    async fn begin(tx: &Tx, _view: &View<'_>) -> Result<(), ApiError> {
        // Which of a part's is primary is decided by one at a time.
        Ok(stock::lock(tx).await?)
    }

    async fn check(
        tx: &Tx,
        view: &View<'_>,
        before: Option<&supplier_part::Model>,
        _sent: &SupplierPartWrite,
        change: &mut supplier_part::ActiveModel,
    ) -> Result<(), ApiError> {
        check(tx, view, before, change).await
    }

    async fn saved(
        tx: &Tx,
        _view: &View<'_>,
        _before: Option<&supplier_part::Model>,
        after: &supplier_part::Model,
        sent: &SupplierPartWrite,
    ) -> Result<(), ApiError> {
        tags::set(tx, MODEL, after.id, &sent.tags).await
    }
}

async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<SupplierPartRead>, ApiError> {
    let on = |flag| view.shows(&TABLE, flag);
    let companies = view.who.may(Companies::VIEW);
    let with_part = on("part_detail") && view.who.may(Parts::VIEW);
    let with_supplier = on("supplier_detail") && companies;
    let with_maker = on("manufacturer_detail") && companies;
    let with_made = on("manufacturer_part_detail") && view.who.may(ManufacturerParts::VIEW);
    let with_prices = view.purpose != Purpose::List && view.who.may(PriceBreaks::VIEW);
    let with_stock = view.who.may(StockItems::VIEW);
    let pretty = on("pretty");
    let parts =
        if with_part { brief::of(view, rows.iter().map(|row| row.sold.part).collect()).await? } else { HashMap::new() };
    let mut keys = BTreeSet::new();
    if with_supplier || pretty {
        keys.extend(rows.iter().map(|row| row.sold.supplier));
    }
    if with_maker {
        keys.extend(rows.iter().filter_map(|row| row.manufacturer));
    }
    let companies = briefs(view.ctx, keys).await?;
    let made = if with_made {
        makers::plain(view.ctx, rows.iter().filter_map(|row| row.sold.manufacturer_part).collect()).await?
    } else {
        HashMap::new()
    };
    let mut prices: HashMap<i32, Vec<PriceBreakBrief>> = HashMap::new();
    if with_prices {
        let keys = rows.iter().map(|row| row.sold.id);
        let query = supplier_price_break::Entity::find().filter(supplier_price_break::Column::Part.is_in(keys));
        let query = query.order_by_asc(supplier_price_break::Column::Quantity);
        for row in query.all(view.ctx.db.reader()).await? {
            let supplier_price_break::Model { id, part, quantity, price, price_currency, updated: _ } = row;
            let price = price.map(Number);
            let brief = PriceBreakBrief { pk: id, part, quantity: Number(quantity), price, price_currency };
            prices.entry(part).or_default().push(brief);
        }
    }
    let mut tags = Tagged::of(view, &TABLE, MODEL, rows.iter().map(|row| row.sold.id)).await?;
    let read = |row: Row| {
        let key = row.sold.id;
        let (part, supplier, maker) = (row.sold.part, row.sold.supplier, row.manufacturer);
        let supplier = companies.get(&supplier).cloned();
        let name = supplier.as_ref().map(|company| company.name.clone()).unwrap_or_default();
        let made = row.sold.manufacturer_part.and_then(|key| made.get(&key)).cloned();
        let mut read = SupplierPartRead::plain(row);
        read.tags = tags.take(key);
        if !with_stock {
            read.in_stock = 0.0;
        }
        read.pretty_name = Shown(pretty.then(|| format!("{name} | {}", read.sku)));
        read.part_detail = Shown(with_part.then(|| parts.get(&part).cloned()));
        read.supplier_detail = Shown(with_supplier.then_some(supplier));
        read.manufacturer_detail = Shown(with_maker.then(|| maker.and_then(|maker| companies.get(&maker)).cloned()));
        read.manufacturer_part_detail = Shown(with_made.then_some(made));
        read.price_breaks = Shown(with_prices.then(|| prices.remove(&key).unwrap_or_default()));
        read
    };
    Ok(rows.into_iter().map(read).collect())
}

impl SupplierPartRead {
    fn plain(row: Row) -> Self {
        let Row { sold: row, mpn, manufacturer: _, in_stock } = row;
        let supplier_part::Model {
            id,
            part,
            supplier,
            sku,
            manufacturer_part,
            active,
            is_primary,
            description,
            link,
            note,
            notes,
            packaging,
            pack_quantity,
            pack_quantity_native,
            available,
            availability_updated,
            updated,
            barcode_data: _,
            barcode_hash,
        } = row;
        Self {
            available: Number(available),
            availability_updated: availability_updated.map(Moment),
            description,
            in_stock: Quantity::clamped(in_stock).to_f64(),
            on_order: 0.0,
            link,
            active,
            primary: is_primary,
            manufacturer_detail: Shown(None),
            manufacturer_part: manufacturer_part.map(Key::from),
            manufacturer_part_detail: Shown(None),
            mpn,
            note,
            pk: id,
            barcode_hash,
            packaging,
            pack_quantity,
            pack_quantity_native: Number(pack_quantity_native),
            part: part.into(),
            pretty_name: Shown(None),
            sku,
            supplier: supplier.into(),
            supplier_detail: Shown(None),
            updated: updated.map(Moment),
            notes,
            part_detail: Shown(None),
            price_breaks: Shown(None),
            tags: Shown(None),
        }
    }
}

/// The supplier parts with these keys, without details.
pub(in crate::inventory) async fn plain(
    view: &View<'_>,
    keys: BTreeSet<i32>,
) -> Result<HashMap<i32, SupplierPartRead>, ApiError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let query = SupplierParts::columns(supplier_part::Entity::find(), view);
    let query = if keys.len() <= 5000 { query.filter(supplier_part::Column::Id.is_in(keys)) } else { query };
    let rows: Vec<Row> = query.into_model().all(view.ctx.db.reader()).await?;
    let with_stock = view.who.may(StockItems::VIEW);
    let read = |row: Row| {
        let mut read = SupplierPartRead::plain(row);
        if !with_stock {
            read.in_stock = 0.0;
        }
        (read.pk, read)
    };
    Ok(rows.into_iter().map(read).collect())
}

fn after<T: Clone + Into<sea_orm::Value>>(change: &ActiveValue<T>, before: Option<&T>) -> Option<T> {
    match change {
        Set(value) => Some(value.clone()),
        _ => before.cloned(),
    }
}

async fn check(
    tx: &Tx,
    view: &View<'_>,
    before: Option<&supplier_part::Model>,
    change: &mut supplier_part::ActiveModel,
) -> Result<(), ApiError> {
    let key = after(&change.part, before.map(|row| &row.part)).unwrap_or_default();
    let found = part::Entity::find_by_id(key).one(&**tx).await?;
    if change.part.is_set() && !found.is_some_and(|part| part.purchaseable) {
        return Err(invalid("part", no_such_pk(key)));
    }
    if let Set(supplier) = &change.supplier {
        let found = company::Entity::find_by_id(*supplier).one(&**tx).await?;
        if !found.is_some_and(|company| company.is_supplier) {
            return Err(invalid("supplier", no_such_pk(supplier)));
        }
    }
    if let Some(made) = after(&change.manufacturer_part, before.map(|row| &row.manufacturer_part)).flatten() {
        let found = manufacturer_part::Entity::find_by_id(made).one(&**tx).await?;
        if found.is_none_or(|made| made.part != key) {
            return Err(invalid("manufacturer_part", "Linked manufacturer part must reference the same base part"));
        }
    }
    if let Set(pack) = &change.pack_quantity {
        let native = if pack.is_empty() { Some(Quantity::ONE) } else { Quantity::parse(pack) };
        let native = native.ok_or_else(|| invalid("pack_quantity", "Invalid quantity supplied"))?;
        if native <= Quantity::ZERO {
            return Err(invalid("pack_quantity", "Pack units must be greater than zero"));
        }
        change.pack_quantity_native = Set(native);
    }
    let now = view.ctx.clock.now();
    if change.available.is_set() && before.is_none_or(|row| Set(row.available) != change.available) {
        change.availability_updated = Set(before
            .is_some()
            .then_some(now)
            .or_else(|| matches!(change.available, Set(available) if available > Quantity::ZERO).then_some(now)));
    }
    change.updated = Set(Some(now));
    primary(tx, before, change, key).await
}

/// Who makes a new part, and who sells it: a company and its number for the part. Under the lock of stock.
pub(in crate::inventory) async fn first(
    tx: &Tx,
    view: &View<'_>,
    part: i32,
    maker: Option<(i32, String)>,
    seller: Option<(i32, String)>,
) -> Result<(), ApiError> {
    let mut made = None;
    if let Some((manufacturer, mpn)) = maker {
        let mut new = ManufacturerParts::blank();
        new.part = Set(part);
        new.manufacturer = Set(manufacturer);
        new.mpn = Set(Some(mpn));
        makers::check(tx, &new).await?;
        made = Some(new.insert(&**tx).await?.id);
    }
    if let Some((supplier, sku)) = seller {
        let mut new = SupplierParts::blank();
        new.part = Set(part);
        new.supplier = Set(supplier);
        new.sku = Set(sku);
        new.manufacturer_part = Set(made);
        check(tx, view, None, &mut new).await?;
        new.insert(&**tx).await?;
    }
    Ok(())
}

/// The first of a part is its primary one, and only one is.
async fn primary(
    tx: &Tx,
    before: Option<&supplier_part::Model>,
    change: &mut supplier_part::ActiveModel,
    part: i32,
) -> Result<(), ApiError> {
    use supplier_part::Column as C;
    let own = before.map_or(0, |row| row.id);
    let others = || Condition::all().add(C::Part.eq(part)).add(C::Id.ne(own));
    if before.is_none() && supplier_part::Entity::find().filter(others()).count(&**tx).await? == 0 {
        change.is_primary = Set(true);
    }
    if after(&change.is_primary, before.map(|row| &row.is_primary)).unwrap_or_default() {
        let update = supplier_part::Entity::update_many().col_expr(C::IsPrimary, Expr::value(false));
        update.filter(others()).exec(&**tx).await?;
    }
    Ok(())
}
