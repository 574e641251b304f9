//! `/api/company/price-break/`: what supplier parts cost.

use std::{collections::HashMap, sync::LazyLock};

use entities::{
    exact::{Money, Quantity},
    inventory::supplier_price_break,
};
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    Condition, DeriveIntoActiveModel, FromQueryResult, Order, QuerySelect as _,
    prelude::*,
};
use serde::Serialize;

use super::{
    super::{links, money},
    Companies, CompanyBrief, briefs,
    supplier_part::{SupplierPartRead, SupplierParts},
};
use crate::{
    db::Tx,
    rest::{
        ApiError, Filter, Kind, Resource, Table, View,
        field::{Given, Key, Moment, Number, OrBlank, Required, Shown},
        invalid,
    },
    scope::Role,
};

/// A price, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "SupplierPriceBreak")]
pub(in crate::inventory) struct PriceBreakRead {
    /// Primary key
    pk: i32,
    /// The supplier part
    part: Key<links::SupplierPart>,
    /// From how many
    quantity: Number<Quantity>,
    /// Each
    price: Option<Number<Money>>,
    /// In this currency
    price_currency: String,
    /// Who sells it
    supplier: Key<links::Company>,
    /// When it last changed
    updated: Option<Moment>,
    /// Who sells it; with `supplier_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    supplier_detail: Shown<Option<CompanyBrief>>,
    /// The supplier part; with `part_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    part_detail: Shown<Option<SupplierPartRead>>,
}

/// A price, as clients write it.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "SupplierPriceBreakWrite")]
#[sea_orm(active_model = "supplier_price_break::ActiveModel")]
pub(in crate::inventory) struct PriceBreakWrite {
    /// The supplier part
    part: Required<Key<links::SupplierPart>>,
    /// From how many
    quantity: Required<Number<Quantity>>,
    /// Each
    price: Required<Option<Number<Money>>>,
    /// In this currency
    #[oai(validator(max_length = 3))]
    price_currency: Given<OrBlank>,
}

/// A price with who asks it.
#[derive(Debug, FromQueryResult)]
pub(in crate::inventory) struct Row {
    #[sea_orm(nested)]
    row: supplier_price_break::Model,
    supplier: i32,
}

fn of_part(column: &str) -> Expr {
    Expr::cust(format!("(SELECT s.{column} FROM supplier_part s WHERE s.id = supplier_price_break.part)"))
}

fn among(column: &str, key: i32) -> Condition {
    Condition::all().add(Expr::cust(format!(
        "supplier_price_break.part IN (SELECT s.id FROM supplier_part s WHERE s.{column} = {key})"
    )))
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use supplier_price_break::Column as C;
    let column = |column: C| Expr::col(column.as_column_ref());
    Table {
        filters: vec![
            Filter::eq("part", Kind::Key("supplier_part"), C::Part),
            Filter::by("supplier", Kind::Key("company"), |value, _| among("supplier", value.number())),
            Filter::by("base_part", Kind::Key("part"), |value, _| among("part", value.number())),
            Filter::eq("quantity", Kind::Number, C::Quantity),
            Filter::flag("part_detail", false),
            Filter::flag("supplier_detail", false),
        ],
        search: vec![
            of_part("sku"),
            Expr::cust(
                "(SELECT c.name FROM supplier_part s JOIN company c ON c.id = s.supplier \
                 WHERE s.id = supplier_price_break.part)",
            ),
        ],
        search_notes: Vec::new(),
        ordering: vec![
            ("quantity", column(C::Quantity)),
            ("price", column(C::Price)),
            ("SKU", of_part("sku")),
            ("supplier", of_part("supplier")),
        ],
        default_order: vec![(column(C::Quantity), Order::Asc)],
    }
});

/// The resource.
#[derive(Debug)]
pub(in crate::inventory) struct PriceBreaks;

impl Resource for PriceBreaks {
    const PATH: &'static str = "/company/price-break";
    const NAME: &'static str = "company_price_break";
    const KIND: &'static str = "SupplierPriceBreak";
    const ROLES: &'static [Role] = &[Role::PurchaseOrder];

    type Entity = supplier_price_break::Entity;
    type Row = Row;
    type Read = PriceBreakRead;
    type Write = PriceBreakWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> supplier_price_break::ActiveModel {
        supplier_price_break::ActiveModel {
            id: NotSet,
            part: NotSet,
            quantity: NotSet,
            price: Set(None),
            price_currency: Set(money::DEFAULT.to_owned()),
            updated: Set(None),
        }
    }

    fn columns(query: Select<Self::Entity>, _view: &View<'_>) -> Select<Self::Entity> {
        query.expr_as(of_part("supplier"), "supplier")
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<PriceBreakRead>, ApiError> {
        let with_part = view.shows(&TABLE, "part_detail") && view.who.may(SupplierParts::VIEW);
        let with_supplier = view.shows(&TABLE, "supplier_detail") && view.who.may(Companies::VIEW);
        let parts = if with_part {
            super::supplier_part::plain(view, rows.iter().map(|row| row.row.part).collect()).await?
        } else {
            HashMap::new()
        };
        let suppliers = if with_supplier {
            briefs(view.ctx, rows.iter().map(|row| row.supplier).collect()).await?
        } else {
            HashMap::new()
        };
        let read = |Row { row, supplier }: Row| {
            let supplier_price_break::Model { id, part, quantity, price, price_currency, updated } = row;
            PriceBreakRead {
                pk: id,
                part: part.into(),
                quantity: Number(quantity),
                price: price.map(Number),
                price_currency,
                supplier: supplier.into(),
                updated: updated.map(Moment),
                supplier_detail: Shown(with_supplier.then(|| suppliers.get(&supplier).cloned())),
                part_detail: Shown(with_part.then(|| parts.get(&part).cloned())),
            }
        };
        Ok(rows.into_iter().map(read).collect())
    }

    async fn check(
        _tx: &Tx,
        view: &View<'_>,
        before: Option<&supplier_price_break::Model>,
        _sent: &PriceBreakWrite,
        change: &mut supplier_price_break::ActiveModel,
    ) -> Result<(), ApiError> {
        if let Set(currency) = &change.price_currency {
            change.price_currency = Set(money::currency(currency, "price_currency")?);
        }
        if matches!(change.quantity, Set(quantity) if quantity == Quantity::ZERO) {
            return Err(invalid("quantity", "Quantity must be greater than zero"));
        }
        if before.is_none() || change.price.is_set() || change.quantity.is_set() {
            change.updated = Set(Some(view.ctx.clock.now()));
        }
        Ok(())
    }
}
