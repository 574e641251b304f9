//! What there is of parts: numbers that derive from stock, for many parts in one statement.

use std::collections::{BTreeSet, HashMap};

use entities::exact::{Exact as _, Quantity};
use sea_orm::{DbErr, FromQueryResult};

use super::ledger::in_stock_sql;
use crate::ctx::Ctx;

/// What there is of a part.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::inventory) struct Numbers {
    /// Of the part itself.
    pub(in crate::inventory) own: Quantity,
    /// Of its variants, and theirs.
    pub(in crate::inventory) variants: Quantity,
    /// Of the part itself, in external locations.
    pub(in crate::inventory) external: Quantity,
    /// Items of the part itself that are in stock.
    pub(in crate::inventory) items: i64,
}

impl Numbers {
    /// With its variants.
    pub(in crate::inventory) fn total(self) -> Quantity {
        [self.own, self.variants].into_iter().sum()
    }
}

#[derive(Debug, FromQueryResult)]
struct Row {
    root: i32,
    own: bool,
    quantity: i64,
    external: i64,
    items: i64,
}

/// What there is of these parts.
pub(in crate::inventory) async fn of_parts(ctx: &Ctx, keys: BTreeSet<i32>) -> Result<HashMap<i32, Numbers>, DbErr> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    // Beyond some thousand keys the whole table is the smaller question.
    let among = if keys.len() <= 5000 {
        let keys: Vec<String> = keys.iter().map(i32::to_string).collect();
        format!("WHERE id IN ({})", keys.join(", "))
    } else {
        String::new()
    };
    let in_stock = in_stock_sql("s");
    // CROSS: SQLite then goes from the few parts to their stock, and never through all stock that is not sold.
    let sql = format!(
        "WITH RECURSIVE below(root, id) AS (SELECT id, id FROM part {among} UNION \
         SELECT below.root, part.id FROM part JOIN below ON part.variant_of = below.id) \
         SELECT below.root AS root, below.root = below.id AS own, CAST(SUM(s.quantity) AS BIGINT) AS quantity, \
         CAST(SUM(CASE WHEN l.external THEN s.quantity ELSE 0 END) AS BIGINT) AS external, COUNT(*) AS items \
         FROM below CROSS JOIN stock_item s LEFT JOIN stock_location l ON l.id = s.location \
         WHERE s.part = below.id AND {in_stock} GROUP BY below.root, below.root = below.id"
    );
    let db = ctx.db.reader();
    let rows = Row::find_by_statement(sea_orm::Statement::from_string(db.get_database_backend(), sql)).all(db).await?;
    let mut found: HashMap<i32, Numbers> = HashMap::new();
    for Row { root, own, quantity, external, items } in rows {
        let numbers = found.entry(root).or_default();
        let quantity = Quantity::clamped(quantity);
        if own {
            numbers.own = quantity;
            numbers.external = Quantity::clamped(external);
            numbers.items = items;
        } else {
            numbers.variants = quantity;
        }
    }
    Ok(found)
}
