//! What a list of lines may be asked.

use std::sync::LazyLock;

use entities::inventory::{bom_item::Column as C, bom_substitute, part, part_category};
use sea_orm::{
    Condition, Order, QuerySelect as _, QueryTrait as _,
    prelude::*,
    sea_query::{ExprTrait as _, SimpleExpr},
};

use super::on_bill;
use crate::{
    inventory::{part::family::ancestors_sql, stock::in_stock_sql, tree::subtree_ids},
    rest::{Filter, Kind, Table},
};

/// A column of what is built, or of what goes in.
fn of(what: &str, column: &str) -> SimpleExpr {
    Expr::cust(format!("(SELECT p.{column} FROM part p WHERE p.id = bom_item.{what})"))
}

fn flag(name: &'static str, what: &'static str, column: &'static str) -> Filter {
    Filter::by(name, Kind::Bool, move |value, _| Condition::all().add(of(what, column).eq(value.truth())))
}

/// A number that derives from orders or prices, of which there are none.
fn nothing(name: &'static str) -> Filter {
    Filter::by(name, Kind::Bool, |value, _| {
        Condition::all().add(Expr::cust(if value.truth() { "1 = 0" } else { "1 = 1" }))
    })
}

/// The table; see the module.
pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let column = |column: C| Expr::col(column.as_column_ref());
    let filters = vec![
        Filter::by("part", Kind::Key("part"), |value, _| on_bill(value.number())),
        // Where it is used: itself, as a variant of what may vary, or as a substitute.
        Filter::by("uses", Kind::Key("part"), |value, _| {
            let pk = value.number();
            let variant = Condition::all()
                .add(C::AllowVariants.eq(true))
                .add(Expr::cust(format!("bom_item.sub_part IN ({})", ancestors_sql(&[pk]))));
            let instead = bom_substitute::Entity::find()
                .select_only()
                .column(bom_substitute::Column::BomItem)
                .filter(bom_substitute::Column::Part.eq(pk));
            Condition::any().add(C::SubPart.eq(pk)).add(variant).add(C::Id.in_subquery(instead.into_query()))
        }),
        Filter::by("category", Kind::Key("part_category"), |value, _| {
            let parts = part::Entity::find()
                .select_only()
                .column(part::Column::Id)
                .filter(part::Column::Category.in_subquery(subtree_ids::<part_category::Entity>(value.number())));
            Condition::all().add(C::SubPart.in_subquery(parts.into_query()))
        }),
        Filter::eq("allow_variants", Kind::Bool, C::AllowVariants),
        Filter::eq("inherited", Kind::Bool, C::Inherited),
        Filter::eq("optional", Kind::Bool, C::Optional),
        Filter::eq("consumable", Kind::Bool, C::Consumable),
        Filter::eq("validated", Kind::Bool, C::Validated),
        flag("part_active", "part", "active"),
        flag("part_locked", "part", "locked"),
        flag("part_testable", "part", "testable"),
        flag("part_trackable", "part", "trackable"),
        flag("sub_part_active", "sub_part", "active"),
        flag("sub_part_assembly", "sub_part", "assembly"),
        flag("sub_part_testable", "sub_part", "testable"),
        flag("sub_part_trackable", "sub_part", "trackable"),
        flag("sub_part_virtual", "sub_part", "virtual"),
        Filter::by("available_stock", Kind::Bool, |value, _| {
            let in_stock = in_stock_sql("s");
            let some = format!("EXISTS (SELECT 1 FROM stock_item s WHERE s.part = bom_item.sub_part AND {in_stock})");
            Condition::all().add(Expr::cust(if value.truth() { some } else { format!("NOT {some}") }))
        }),
        nothing("on_order"),
        nothing("has_pricing"),
        Filter::flag("can_build", true),
        Filter::flag("part_detail", false),
        Filter::flag("pricing", false),
        Filter::flag("sub_part_detail", false),
        Filter::flag("substitutes", false),
    ];
    let category = Expr::cust(
        "(SELECT c.name FROM part p JOIN part_category c ON c.id = p.category WHERE p.id = bom_item.sub_part)",
    );
    let names = ["name", "description", "ipn", "revision", "keywords"].map(|name| of("sub_part", name));
    Table {
        filters,
        search: names.into_iter().chain([category.clone(), column(C::Reference)]).collect(),
        search_notes: vec![column(C::Note)],
        ordering: vec![
            ("category", category),
            ("quantity", column(C::Quantity)),
            ("setup_quantity", column(C::SetupQuantity)),
            ("attrition", column(C::Attrition)),
            ("rounding_multiple", column(C::RoundingMultiple)),
            ("sub_part", of("sub_part", "name")),
            ("IPN", of("sub_part", "ipn")),
            ("allow_variants", column(C::AllowVariants)),
            ("inherited", column(C::Inherited)),
            ("optional", column(C::Optional)),
            ("consumable", column(C::Consumable)),
            ("reference", column(C::Reference)),
            ("validated", column(C::Validated)),
        ],
        default_order: vec![(column(C::Id), Order::Asc)],
    }
});
