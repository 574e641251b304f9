//! What a list of parts may be asked.

use std::sync::LazyLock;

use entities::inventory::{bom_item, part::Column as C, part_category};
use sea_orm::{Condition, Order, QuerySelect as _, QueryTrait as _, prelude::*, sea_query::SimpleExpr};

use super::{REVISIONS, Star, bom::on_bill, family::descendants_sql, stock::in_stock_sql, tags, tree::subtree_ids};
use crate::rest::{Filter, Kind, Table, list::Value};

fn all(condition: SimpleExpr) -> Condition {
    Condition::all().add(condition)
}

/// A text that is there, or not.
fn has(column: C) -> impl Fn(&Value, &crate::rest::View<'_>) -> Condition + Send + Sync {
    move |value, _| {
        let blank = Condition::any().add(column.is_null()).add(column.eq(""));
        if value.truth() { blank.not() } else { blank }
    }
}

/// A reference that is there, or not.
fn refers(column: C) -> impl Fn(&Value, &crate::rest::View<'_>) -> Condition + Send + Sync {
    move |value, _| all(if value.truth() { column.is_not_null() } else { column.is_null() })
}

/// A number that derives from orders or prices, of which there are none: whoever asks for parts that have some gets none.
fn nothing(name: &'static str) -> Filter {
    Filter::by(name, Kind::Bool, |value, _| all(Expr::cust(if value.truth() { "1 = 0" } else { "1 = 1" })))
}

/// A part's tags as one text.
const TAGS: &str = "(SELECT string_agg(tag.name, ' ') FROM tagged_item t JOIN tag ON tag.id = t.tag \
     WHERE t.model_type = 'part' AND t.model_id = part.id)";

/// A part's variants, and theirs.
fn descendants(pk: i32) -> SimpleExpr {
    Expr::cust(format!("part.id IN ({})", descendants_sql(pk)))
}

/// The parts to which one has a relation.
fn related(pk: i32) -> SimpleExpr {
    Expr::cust(format!(
        "part.id IN (SELECT r.part_2 FROM part_related r WHERE r.part_1 = {pk} \
         UNION SELECT r.part_1 FROM part_related r WHERE r.part_2 = {pk})"
    ))
}

/// What there is of a part itself, in SQL.
fn own_stock() -> String {
    let in_stock = in_stock_sql("s");
    format!("(SELECT COALESCE(SUM(s.quantity), 0) FROM stock_item s WHERE s.part = part.id AND {in_stock})")
}

/// A comparison with what there is of a part, or its opposite.
fn stock(name: &'static str, comparison: &'static str) -> Filter {
    Filter::by(name, Kind::Bool, move |value, _| {
        let sql = format!("({} {comparison})", own_stock());
        all(Expr::cust(if value.truth() { sql } else { format!("NOT {sql}") }))
    })
}

/// Whether somebody checked the bill of material of a part, and it still is what it was then.
const BOM_VALID: &str = "EXISTS (SELECT 1 FROM part_bom_check c WHERE c.part = part.id AND c.valid)";

/// The table; see the module.
pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let column = |column: C| Expr::col(column.as_column_ref());
    let flags = [
        ("active", C::Active),
        ("assembly", C::Assembly),
        ("component", C::Component),
        ("consumable", C::Consumable),
        ("is_template", C::IsTemplate),
        ("locked", C::Locked),
        ("purchaseable", C::Purchaseable),
        ("salable", C::Salable),
        ("testable", C::Testable),
        ("trackable", C::Trackable),
        ("virtual", C::IsVirtual),
    ];
    let mut filters: Vec<Filter> =
        flags.into_iter().map(|(name, column)| Filter::eq(name, Kind::Bool, column)).collect();
    filters.extend([
        // InvenTree ignores an unknown category and answers with all parts; here it is no choice.
        Filter::by("category", Kind::KeyOrNull("part_category"), |value, view| {
            let cascade = view.params.flag("cascade") != Some(false);
            match value {
                Value::Null if cascade => Condition::all(),
                Value::Null => all(C::Category.is_null()),
                value if cascade => all(C::Category.in_subquery(subtree_ids::<part_category::Entity>(value.number()))),
                value => all(C::Category.eq(value.number())),
            }
        }),
        Filter::flag("cascade", true),
        Filter::eq("IPN", Kind::Text, C::Ipn),
        Filter::matches("IPN_regex", C::Ipn),
        Filter::matches("name_regex", C::Name),
        Filter::by("has_ipn", Kind::Bool, has(C::Ipn)),
        Filter::by("has_units", Kind::Bool, has(C::Units)),
        Filter::eq("variant_of", Kind::Int, C::VariantOf),
        Filter::by("is_variant", Kind::Bool, refers(C::VariantOf)),
        Filter::by("ancestor", Kind::Int, |value, _| all(descendants(value.number()))),
        Filter::by("exclude_tree", Kind::Int, |value, _| {
            let pk = value.number();
            Condition::any().add(C::Id.eq(pk)).add(descendants(pk)).not()
        }),
        Filter::eq("revision_of", Kind::Int, C::RevisionOf),
        Filter::by("is_revision", Kind::Bool, refers(C::RevisionOf)),
        Filter::by("has_revisions", Kind::Bool, |value, _| {
            let sign = if value.truth() { ">" } else { "=" };
            all(Expr::cust(format!("{REVISIONS} {sign} 0")))
        }),
        Filter::eq("default_location", Kind::Int, C::DefaultLocation),
        Filter::by("exclude_id", Kind::Keys, |value, _| match value {
            Value::Keys(keys) => all(C::Id.is_not_in(keys.clone())),
            _ => Condition::all(),
        }),
        Filter::by("created_after", Kind::Date, |value, _| match value {
            Value::Date(date) => all(C::CreationDate.gt(*date)),
            _ => Condition::all(),
        }),
        Filter::by("created_before", Kind::Date, |value, _| match value {
            Value::Date(date) => all(C::CreationDate.lt(*date)),
            _ => Condition::all(),
        }),
        stock("low_stock", "< part.minimum_stock"),
        stock("has_stock", "> 0"),
        // Nothing is promised to anybody yet.
        stock("unallocated_stock", "> 0"),
        Filter::by("high_stock", Kind::Bool, |value, _| {
            let sql = format!("(part.maximum_stock > 0 AND {} > part.maximum_stock)", own_stock());
            all(Expr::cust(if value.truth() { sql } else { format!("NOT {sql}") }))
        }),
        Filter::by("depleted_stock", Kind::Bool, |value, _| {
            let empty = "EXISTS (SELECT 1 FROM stock_item s WHERE s.part = part.id AND s.quantity = 0)";
            all(Expr::cust(if value.truth() { empty.to_owned() } else { format!("NOT {empty}") }))
        }),
        nothing("on_order"),
        nothing("stock_to_build"),
        nothing("has_pricing"),
        Filter::by("convert_from", Kind::Int, |value, _| {
            let pk = value.number();
            let family = Expr::cust(format!(
                "part.id = (SELECT variant_of FROM part WHERE id = {pk}) OR \
                 part.variant_of = (SELECT variant_of FROM part WHERE id = {pk})"
            ));
            let options = Condition::any().add(descendants(pk)).add(family);
            all(C::Id.ne(pk)).add(C::Active.eq(true)).add(C::IsVirtual.eq(false)).add(options)
        }),
        Filter::by("in_bom_for", Kind::Int, |value, _| {
            let lines = bom_item::Entity::find().select_only().column(bom_item::Column::SubPart);
            all(C::Id.in_subquery(lines.filter(on_bill(value.number())).into_query()))
        }),
        Filter::by("bom_valid", Kind::Bool, |value, _| {
            let valid = all(Expr::cust(BOM_VALID));
            if value.truth() { valid } else { valid.not() }
        }),
        Filter::by("related", Kind::Int, |value, _| all(related(value.number()))),
        Filter::by("exclude_related", Kind::Int, |value, _| all(related(value.number())).not()),
        Star::Part.filter(),
        tags::filter("part", C::Id),
        Filter::flag("category_detail", false),
        Filter::flag("location_detail", false),
        Filter::flag("path_detail", false),
        Filter::flag("price_breaks", false),
        Filter::flag("tags", false),
    ]);
    Table {
        filters,
        search: [C::Name, C::Description, C::Ipn, C::Revision, C::Keywords]
            .into_iter()
            .map(column)
            .chain([Expr::cust("(SELECT found.name FROM part_category found WHERE found.id = part.category)")])
            .chain([Expr::cust(TAGS)])
            .collect(),
        search_notes: vec![column(C::Notes)],
        ordering: vec![
            ("id", column(C::Id)),
            ("name", column(C::Name)),
            ("creation_date", column(C::CreationDate)),
            ("IPN", column(C::Ipn)),
            ("category", Expr::col((part_category::Entity, part_category::Column::SortKey))),
            ("default_location", column(C::DefaultLocation)),
            ("units", column(C::Units)),
            ("revision", column(C::Revision)),
            ("revision_count", Expr::cust(REVISIONS)),
            ("in_stock", Expr::cust(own_stock())),
            ("total_in_stock", Expr::cust(own_stock())),
        ],
        default_order: vec![(column(C::Name), Order::Asc)],
    }
});
