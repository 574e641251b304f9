//! Counting, adding and removing.

use entities::{
    exact::{Exact as _, Quantity},
    inventory::stock_item,
};
use sea_orm::ActiveValue::Set;

use super::{
    super::{
        ledger::{self, Deltas},
        part_of,
        status::Event,
    },
    Add, Batch, Count, Done, NOT_HERE, TOO_MUCH, beside, notes,
    shape::{Adjusted, Adjustment},
};
use crate::rest::{ApiError, View};

/// What is done to each item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Count,
    Add,
    Remove,
}

pub(super) async fn count(view: &View<'_>, sent: Count) -> Result<Done, ApiError> {
    let location = sent.location.0.flatten().map(|key| key.0);
    adjust(view, sent.items, notes(&sent.notes), location, Kind::Count).await
}

pub(super) async fn add(view: &View<'_>, sent: Add) -> Result<Done, ApiError> {
    adjust(view, sent.items, notes(&sent.notes), None, Kind::Add).await
}

pub(super) async fn remove(view: &View<'_>, sent: Add) -> Result<Done, ApiError> {
    adjust(view, sent.items, notes(&sent.notes), None, Kind::Remove).await
}

async fn adjust(
    view: &View<'_>,
    items: Vec<Adjustment>,
    notes: Option<String>,
    location: Option<i32>,
    kind: Kind,
) -> Result<Done, ApiError> {
    let keys: Vec<i32> = items.iter().map(|item| item.pk.0).collect();
    let done = view.ctx.db.write(|tx| async move {
        let mut batch = Batch::begin(&tx, view, &keys, "pk", notes.clone()).await?;
        if let Some(location) = location {
            ledger::placeable(&tx, view, "location", location).await?;
        }
        let mut plans = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let Some(row) = batch.rows.get(&item.pk.0).cloned() else { continue };
            batch.require(at, ledger::is_here(&row) || row.is_building, NOT_HERE);
            let asked = item.quantity.0;
            // A thing with a serial number is one thing, however it is counted.
            let after = match kind {
                _ if row.serial.is_some() => Some(row.quantity),
                Kind::Count => Some(asked),
                Kind::Add => row.quantity.plus(asked),
                Kind::Remove => row.quantity.minus(asked).map(|left| left.max(Quantity::ZERO)),
            };
            match after {
                None => batch.wrong(at, "quantity", TOO_MUCH),
                Some(after) => {
                    if after != row.quantity
                        && let Err(message) = ledger::check_quantity(&part_of(&tx, row.part).await?, after)
                    {
                        batch.wrong(at, "quantity", message);
                    }
                    plans.push((row, after, beside(&tx, item).await?));
                }
            }
        }
        batch.checked()?;
        let mut done = Vec::with_capacity(items.len());
        for (item, (row, after, change)) in items.iter().zip(plans) {
            let left = one(&batch, row, after, change, location, kind).await?;
            done.push(Adjusted { pk: left, quantity: item.quantity.0.to_string() });
        }
        Ok::<_, ApiError>(Done { items: done, notes: notes.unwrap_or_default(), location })
    });
    done.await
}

/// The item's key, if it is still there.
async fn one(
    batch: &Batch<'_>,
    row: stock_item::Model,
    after: Quantity,
    mut change: stock_item::ActiveModel,
    location: Option<i32>,
    kind: Kind,
) -> Result<Option<i32>, ApiError> {
    let ledger = &batch.ledger;
    if kind != Kind::Count && after == row.quantity {
        // Nothing added is nothing done.
        return Ok(Some(row.id));
    }
    change.quantity = Set(after);
    let event = match kind {
        Kind::Count => {
            change.stocktake_date = Set(Some(ledger.today));
            change.stocktake_user = Set(ledger.user);
            if let Some(location) = location {
                change.location = Set(Some(location));
            }
            Event::Counted
        }
        Kind::Add => Event::Added,
        Kind::Remove => Event::Removed,
    };
    let says = Deltas::default();
    let says = if kind == Kind::Count { says.say("quantity", after.to_f64()) } else { says };
    let row = ledger.change(&row, change, event, says).await?;
    Ok(ledger.sweep(row).await?.map(|row| row.id))
}
