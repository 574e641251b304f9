//! What a list of stock may be asked.

use std::sync::LazyLock;

use entities::inventory::{
    stock_item::{self, Column as C},
    stock_location,
};
use sea_orm::{
    Condition, Order,
    prelude::*,
    sea_query::{ExprTrait as _, SimpleExpr},
};

use super::{
    super::{bom::graph, part::family::descendants_sql, tags, tree::subtree_ids},
    MODEL,
    expiry::Expiry,
    ledger::in_stock_sql,
};
use crate::rest::{ApiError, Filter, Kind, Table, View, list::Value};

fn all(condition: SimpleExpr) -> Condition {
    Condition::all().add(condition)
}

/// A condition in SQL, or its opposite.
fn either(name: &'static str, sql: impl Into<String>) -> Filter {
    let sql = sql.into();
    Filter::by(name, Kind::Bool, move |value, _| {
        all(Expr::cust(if value.truth() { sql.clone() } else { format!("NOT COALESCE({sql}, FALSE)") }))
    })
}

/// A text that is there, or not.
fn has(name: &'static str, column: C) -> Filter {
    Filter::by(name, Kind::Bool, move |value, _| {
        let blank = Condition::any().add(column.is_null()).add(column.eq(""));
        if value.truth() { blank.not() } else { blank }
    })
}

/// A reference that is there, or not.
fn refers(name: &'static str, column: C) -> Filter {
    Filter::by(name, Kind::Bool, move |value, _| {
        all(if value.truth() { column.is_not_null() } else { column.is_null() })
    })
}

/// Compares a date, or nothing where there is none.
fn day(name: &'static str, column: C, after: bool) -> Filter {
    Filter::by(name, Kind::Date, move |value, _| match value {
        Value::Date(date) if after => all(column.gte(*date)),
        Value::Date(date) => all(column.lte(*date)),
        _ => Condition::all(),
    })
}

/// Compares a point in time with a day.
fn moment(name: &'static str, column: C, after: bool) -> Filter {
    Filter::by(name, Kind::Date, move |value, _| match value {
        Value::Date(date) => {
            let start = date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
            all(if after { column.gte(start) } else { column.lt(start + 86_400) })
        }
        _ => Condition::all(),
    })
}

/// A column of the part that the item is of.
fn of_part(column: &str) -> SimpleExpr {
    Expr::cust(format!("(SELECT p.{column} FROM part p WHERE p.id = stock_item.part)"))
}

fn part_flag(name: &'static str) -> Filter {
    either(name, format!("(SELECT p.{name} FROM part p WHERE p.id = stock_item.part)"))
}

/// Items whose supplier part is among some.
fn bought(condition: &str) -> Condition {
    all(Expr::cust(format!(
        "stock_item.supplier_part IN (SELECT s.id FROM supplier_part s LEFT JOIN manufacturer_part m \
         ON m.id = s.manufacturer_part WHERE {condition})"
    )))
}

fn text_of_part(name: &'static str, column: &'static str, whole: bool) -> Filter {
    Filter::by(name, Kind::Text, move |value, view| match value {
        Value::Text(text) if whole => all(of_part(column).eq(text.as_str())),
        Value::Text(text) => all(crate::rest::list::contains(view.ctx.db.is_sqlite(), &of_part(column), text)),
        _ => Condition::all(),
    })
}

fn pattern_of_part(name: &'static str, column: &'static str) -> Filter {
    Filter::by(name, Kind::Pattern, move |value, view| match value {
        Value::Pattern(pattern) => all(pattern.on(view.ctx.db.is_sqlite(), of_part(column))),
        _ => Condition::all(),
    })
}

fn references() -> Vec<Filter> {
    vec![
        Filter::by("part", Kind::Key("part"), |value, view| {
            let pk = value.number();
            if view.params.flag("include_variants") == Some(false) {
                return all(C::Part.eq(pk));
            }
            all(Expr::cust(format!("(stock_item.part = {pk} OR stock_item.part IN ({}))", descendants_sql(pk))))
        }),
        Filter::flag("include_variants", true),
        Filter::by("part_tree", Kind::Key("part"), |value, _| {
            let pk = value.number();
            all(Expr::cust(format!("(stock_item.part = {pk} OR stock_item.part IN ({}))", descendants_sql(pk))))
        }),
        // InvenTree ignores an unknown location and answers with all stock; here it is no choice.
        Filter::by("location", Kind::KeyOrNull("stock_location"), |value, view| {
            let cascade = view.params.flag("cascade") != Some(false);
            match value {
                Value::Null if cascade => Condition::all(),
                Value::Null => all(C::Location.is_null()),
                value if cascade => all(C::Location.in_subquery(subtree_ids::<stock_location::Entity>(value.number()))),
                value => all(C::Location.eq(value.number())),
            }
        }),
        Filter::flag("cascade", true),
        Filter::eq("parent", Kind::Int, C::Parent),
        // What may go in by a line of a bill of material.
        Filter::by("bom_item", Kind::Key("bom_item"), |value, _| {
            let fitting = graph::fitting_sql(graph::Of::Line(value.number()));
            all(Expr::cust(format!("stock_item.part IN ({fitting})")))
        }),
        Filter::eq("belongs_to", Kind::Int, C::BelongsTo),
        Filter::eq("build", Kind::Int, C::Build),
        Filter::eq("consumed_by", Kind::Int, C::ConsumedBy),
        Filter::eq("customer", Kind::Int, C::Customer),
        Filter::eq("purchase_order", Kind::Int, C::PurchaseOrder),
        Filter::eq("sales_order", Kind::Int, C::SalesOrder),
        Filter::eq("supplier_part", Kind::Int, C::SupplierPart),
        Filter::by("supplier", Kind::Int, |value, _| bought(&format!("s.supplier = {}", value.number()))),
        Filter::by("manufacturer", Kind::Int, |value, _| bought(&format!("m.manufacturer = {}", value.number()))),
        Filter::by("manufacturer_part", Kind::Int, |value, _| {
            bought(&format!("s.manufacturer_part = {}", value.number()))
        }),
        Filter::by("company", Kind::Int, |value, _| {
            let pk = value.number();
            bought(&format!("s.supplier = {pk} OR m.manufacturer = {pk}"))
        }),
        Filter::by("category", Kind::Key("part_category"), |value, _| {
            let ids = subtree_ids::<entities::inventory::part_category::Entity>(value.number());
            let parts = sea_orm::sea_query::Query::select()
                .column("id")
                .from("part")
                .and_where(Expr::col("category").in_subquery(ids))
                .to_owned();
            all(C::Part.in_subquery(parts))
        }),
    ]
}

fn states() -> Vec<Filter> {
    vec![
        either("in_stock", in_stock_sql("stock_item")),
        // Nothing is promised to anybody yet.
        either("available", in_stock_sql("stock_item")),
        Filter::by("allocated", Kind::Bool, |value, _| all(Expr::cust(if value.truth() { "1 = 0" } else { "1 = 1" }))),
        either("depleted", "(stock_item.quantity <= 0)"),
        either("serialized", "(stock_item.serial IS NOT NULL)"),
        either(
            "tracked",
            "(stock_item.serial IS NOT NULL OR (stock_item.batch IS NOT NULL AND stock_item.batch <> ''))",
        ),
        either("installed", "(stock_item.belongs_to IS NOT NULL)"),
        either("is_building", "stock_item.is_building"),
        either("consumed", "(stock_item.consumed_by IS NOT NULL)"),
        either("sent_to_customer", "(stock_item.customer IS NOT NULL)"),
        either("has_installed_items", "EXISTS (SELECT 1 FROM stock_item c WHERE c.belongs_to = stock_item.id)"),
        either("has_child_items", "EXISTS (SELECT 1 FROM stock_item c WHERE c.parent = stock_item.id)"),
        either("external", "(SELECT l.external FROM stock_location l WHERE l.id = stock_item.location)"),
        refers("has_purchase_price", C::PurchasePrice),
        refers("has_stocktake", C::StocktakeDate),
        has("has_batch", C::Batch),
        // See `narrow`.
        Filter::by("expired", Kind::Bool, |_, _| Condition::all()),
        Filter::by("stale", Kind::Bool, |_, _| Condition::all()),
        part_flag("active"),
        part_flag("assembly"),
        part_flag("salable"),
    ]
}

/// What depends on settings: whether stock expires at all, and how long before that it is stale.
pub(super) async fn narrow(
    view: &View<'_>,
    mut query: Select<stock_item::Entity>,
) -> Result<Select<stock_item::Entity>, ApiError> {
    let (expired, stale) = (view.params.flag("expired"), view.params.flag("stale"));
    if expired.is_some() || stale.is_some() {
        let expiry = Expiry::current(view.ctx).await?;
        for condition in [expired.map(|wanted| expiry.expired(wanted)), stale.map(|wanted| expiry.stale(wanted))] {
            query = query.filter(condition.unwrap_or_else(Condition::all));
        }
    }
    Ok(query)
}

fn values() -> Vec<Filter> {
    vec![
        // A state of one's own is found by its own number only.
        Filter::by("status", Kind::Int, |value, _| {
            let key = value.number();
            Condition::any()
                .add(C::StatusCustomKey.eq(key))
                .add(Condition::all().add(C::Status.eq(key)).add(C::StatusCustomKey.is_null()))
        }),
        Filter::eq("serial", Kind::Text, C::Serial),
        Filter::by("serial_gte", Kind::Int, |value, _| all(C::SerialInt.gte(value.number()))),
        Filter::by("serial_lte", Kind::Int, |value, _| all(C::SerialInt.lte(value.number()))),
        Filter::eq("batch", Kind::Text, C::Batch),
        Filter::matches("batch_regex", C::Batch),
        pattern_of_part("name_regex", "name"),
        pattern_of_part("IPN_regex", "ipn"),
        Filter::by("min_stock", Kind::Number, |value, _| all(C::Quantity.gte(value.quantity()))),
        Filter::by("max_stock", Kind::Number, |value, _| all(C::Quantity.lte(value.quantity()))),
        day("expiry_after", C::ExpiryDate, true),
        day("expiry_before", C::ExpiryDate, false),
        day("stocktake_after", C::StocktakeDate, true),
        day("stocktake_before", C::StocktakeDate, false),
        moment("updated_after", C::Updated, true),
        moment("updated_before", C::Updated, false),
        moment("created_after", C::CreationDate, true),
        moment("created_before", C::CreationDate, false),
        text_of_part("name", "name", true),
        text_of_part("name_contains", "name", false),
        text_of_part("IPN", "ipn", true),
        text_of_part("IPN_contains", "ipn", false),
        Filter::flag("location_detail", false),
        Filter::flag("part_detail", true),
        Filter::flag("path_detail", false),
        Filter::flag("supplier_part_detail", false),
        Filter::flag("tests", false),
    ]
}

/// The table; see the module.
pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let column = |column: C| Expr::col(column.as_column_ref());
    let part = |column: &str| Expr::cust(format!("part.{column}"));
    let place = || Expr::cust("(SELECT l.sort_key FROM stock_location l WHERE l.id = stock_item.location)");
    let mut filters = references();
    filters.extend(states());
    filters.extend(tags::filters(MODEL, C::Id));
    filters.extend(values());
    Table {
        filters,
        search: vec![
            column(C::Serial),
            column(C::Batch),
            of_part("name"),
            of_part("ipn"),
            of_part("description"),
            Expr::cust("(SELECT l.name FROM stock_location l WHERE l.id = stock_item.location)"),
            Expr::cust("(SELECT s.sku FROM supplier_part s WHERE s.id = stock_item.supplier_part)"),
        ],
        search_notes: vec![column(C::Notes)],
        ordering: vec![
            ("batch", column(C::Batch)),
            ("location", place()),
            ("part", part("name")),
            ("part__name", part("name")),
            ("part__IPN", part("ipn")),
            ("IPN", part("ipn")),
            ("updated", column(C::Updated)),
            ("purchase_price", column(C::PurchasePrice)),
            ("creation_date", column(C::CreationDate)),
            ("stocktake_date", column(C::StocktakeDate)),
            ("expiry_date", column(C::ExpiryDate)),
            ("packaging", column(C::Packaging)),
            ("quantity", column(C::Quantity)),
            ("stock", column(C::Quantity)),
            ("status", column(C::Status)),
            ("SKU", Expr::cust(super::SKU)),
            ("MPN", Expr::cust(super::MPN)),
        ],
        default_order: vec![(part("name"), Order::Asc), (column(C::Quantity), Order::Asc), (place(), Order::Asc)],
    }
});
