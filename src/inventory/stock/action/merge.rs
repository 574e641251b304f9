//! Making one item of several.

use entities::{
    exact::{Exact as _, Money, Quantity},
    inventory::stock_item,
};
use sea_orm::ActiveValue::Set;

use super::{
    super::{
        ledger::{self, Deltas},
        rules,
        status::Event,
    },
    Batch, Merge, Merged, TOO_MUCH, notes,
};
use crate::rest::{ApiError, View, invalid_object};

pub(super) async fn merge(view: &View<'_>, sent: Merge) -> Result<Merged, ApiError> {
    let keys: Vec<i32> = sent.items.iter().map(|item| item.item.0).collect();
    let (location, notes) = (sent.location.0, notes(&sent.notes));
    let suppliers = sent.allow_mismatched_suppliers.0.unwrap_or_default();
    let statuses = sent.allow_mismatched_status.0.unwrap_or_default();
    if keys.len() < 2 {
        return Err(invalid_object("At least two stock items must be provided"));
    }
    let done = view.ctx.db.write(|tx| async move {
        let mut batch = Batch::begin(&tx, view, &keys, "item", notes.clone()).await?;
        ledger::placeable(&tx, view, "location", location).await?;
        for (at, key) in keys.iter().enumerate() {
            let Some(row) = batch.rows.get(key).cloned() else { continue };
            let inside = batch.ledger.holds(&row).await?;
            batch.require(at, row.serial.is_none(), "Serialized stock cannot be merged");
            batch.require(at, row.belongs_to.is_none(), "Stock item is installed in another item");
            batch.require(at, !inside, "Stock item contains other items");
            batch.require(at, row.customer.is_none(), "Stock item is assigned to a customer");
            batch.require(at, row.sales_order.is_none(), "Stock item has been assigned to a sales order");
            batch.require(at, row.consumed_by.is_none(), "Stock item has been consumed");
            batch.require(at, !row.is_building, "Stock item is currently in production");
        }
        batch.checked()?;
        let rows = keys.iter().map(|key| batch.row(*key)).collect::<Result<Vec<_>, _>>()?;
        let Some((first, others)) = rows.split_first() else { return Err(invalid_object(TOO_MUCH)) };
        if others.iter().any(|other| other.part != first.part) {
            return Err(invalid_object("Stock items must refer to the same part"));
        }
        if !suppliers && others.iter().any(|other| other.supplier_part != first.supplier_part) {
            return Err(invalid_object("Stock items must refer to the same supplier part"));
        }
        if !statuses && others.iter().any(|other| rules::state_of(other) != rules::state_of(first)) {
            return Err(invalid_object("Stock status codes must match"));
        }
        let price = average(&rows);
        let mut one = first.clone();
        for other in others.iter().cloned() {
            let grown = batch.ledger.fold(other, one, stock_item::ActiveModel { ..Default::default() }).await?;
            one = grown.ok_or_else(|| invalid_object(TOO_MUCH))?;
        }
        let change =
            stock_item::ActiveModel { location: Set(Some(location)), purchase_price: Set(price), ..Default::default() };
        if one.location != Some(location) || one.purchase_price != price {
            one = batch.ledger.change(&one, change, Event::Updated, Deltas::default()).await?;
        }
        Ok(Merged {
            items: keys,
            location,
            notes: notes.unwrap_or_default(),
            allow_mismatched_suppliers: suppliers,
            allow_mismatched_status: statuses,
            item: one.id,
        })
    });
    done.await
}

/// What one cost on average, where that is known of all and in one currency; otherwise what it cost in the first.
fn average(rows: &[stock_item::Model]) -> Option<Money> {
    let first = rows.first()?;
    let known = rows
        .iter()
        .all(|row| row.purchase_price.is_some() && row.purchase_price_currency == first.purchase_price_currency);
    if !known {
        return first.purchase_price;
    }
    let total: Quantity = rows.iter().map(|row| row.quantity).sum();
    let paid = rows
        .iter()
        .filter_map(|row| Some(i128::from(row.purchase_price?.scaled()) * i128::from(row.quantity.scaled())));
    Money::rounded(paid.sum(), i128::from(total.scaled())).or(first.purchase_price)
}
