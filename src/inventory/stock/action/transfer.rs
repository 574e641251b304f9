//! Moving stock, and taking it back.

use entities::{
    exact::Quantity,
    inventory::stock_item::{self, Column as C},
};
use sea_orm::{ActiveValue::Set, QueryOrder as _, QuerySelect as _, prelude::*, sea_query::ExprTrait};

use super::{
    super::{
        ledger::{self, Deltas, Ledger},
        part_of,
        status::Event,
    },
    Batch, Done, NOT_HERE, Return, Returned, TOO_MUCH, Transfer, beside, notes,
    shape::{Adjusted, Adjustment},
};
use crate::{
    db::Tx,
    rest::{ApiError, View, invalid},
    settings,
};

pub(super) async fn transfer(view: &View<'_>, sent: Transfer) -> Result<Done, ApiError> {
    relocate(view, sent.items, notes(&sent.notes), sent.location.0, Way::There).await
}

pub(super) async fn take_back(view: &View<'_>, sent: Return) -> Result<Returned, ApiError> {
    let merge = sent.merge.0.unwrap_or_default();
    let done = relocate(view, sent.items, notes(&sent.notes), sent.location.0, Way::Back { merge }).await?;
    Ok(Returned { items: done.items, notes: done.notes, location: sent.location.0, merge })
}

/// Which way stock moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// From one location to another.
    There,
    /// From outside.
    Back {
        /// Whether it merges into matching stock there
        merge: bool,
    },
}

async fn relocate(
    view: &View<'_>,
    items: Vec<Adjustment>,
    notes: Option<String>,
    location: i32,
    way: Way,
) -> Result<Done, ApiError> {
    let keys: Vec<i32> = items.iter().map(|item| item.pk.0).collect();
    let done = view.ctx.db.write(|tx| async move {
        let mut batch = Batch::begin(&tx, view, &keys, "pk", notes.clone()).await?;
        ledger::placeable(&tx, view, "location", location).await?;
        // What is moved from outside comes back by that.
        let outside = settings::is_on(&*tx, "STOCK_ALLOW_OUT_OF_STOCK_TRANSFER").await?;
        let merge = match way {
            Way::Back { merge } => merge,
            Way::There => settings::is_on(&*tx, "STOCK_MERGE_ON_TRANSFER").await?,
        };
        for (at, item) in items.iter().enumerate() {
            let Some(row) = batch.rows.get(&item.pk.0).cloned() else { continue };
            if way == Way::There {
                batch.require(at, outside || ledger::is_here(&row), NOT_HERE);
            } else {
                batch.require(at, !ledger::is_here(&row), "Stock item is already in stock");
            }
            if item.quantity.0 == Quantity::ZERO {
                batch.wrong(at, "quantity", "Quantity must be greater than zero");
            } else if item.quantity.0 < row.quantity
                && let Err(message) = ledger::check_quantity(&part_of(&tx, row.part).await?, item.quantity.0)
            {
                batch.wrong(at, "quantity", message);
            }
        }
        batch.checked()?;
        let mut done = Vec::with_capacity(items.len());
        for item in &items {
            // An item before may have been merged into this one.
            let row = ledger::items(&tx, &[item.pk.0]).await?.into_iter().next();
            let Some(row) = row else {
                done.push(Adjusted { pk: None, quantity: item.quantity.0.to_string() });
                continue;
            };
            let merge = item.merge.0.unwrap_or(merge);
            let back = !ledger::is_here(&row);
            let change = moved(beside(&tx, item).await?, &row, location, back);
            let kept = one(&tx, &batch.ledger, row, item.quantity.0, change, merge).await?;
            done.push(Adjusted { pk: kept, quantity: item.quantity.0.to_string() });
        }
        Ok::<_, ApiError>(Done { items: done, notes: notes.unwrap_or_default(), location: Some(location) })
    });
    done.await
}

/// What changes of what moves.
fn moved(
    mut change: stock_item::ActiveModel,
    row: &stock_item::Model,
    location: i32,
    back: bool,
) -> stock_item::ActiveModel {
    change.location = Set(Some(location));
    if back {
        change.customer = Set(None);
        change.sales_order = Set(None);
        change.belongs_to = Set(None);
        change.consumed_by = Set(None);
    }
    // What is set to what it was would only fill the log.
    let same = |status: &i32| *status == row.status && change.status_custom_key == Set(row.status_custom_key);
    if matches!(&change.status, Set(status) if same(status)) {
        change.status = sea_orm::NotSet;
        change.status_custom_key = sea_orm::NotSet;
    }
    change
}

/// Moves so much of an item; the key of the item that was asked about, if it is still there.
async fn one(
    tx: &Tx,
    ledger: &Ledger<'_>,
    row: stock_item::Model,
    quantity: Quantity,
    change: stock_item::ActiveModel,
    merge: bool,
) -> Result<Option<i32>, ApiError> {
    let (key, holder, out) = (row.id, row.belongs_to, !ledger::is_here(&row));
    let whole = quantity >= row.quantity || row.serial.is_some();
    let mover = if whole {
        let event = match (out, row.customer.is_some()) {
            (true, true) => Event::ReturnedFromCustomer,
            (true, false) => Event::Returned,
            _ if matches!(&change.location, Set(location) if *location == row.location) => Event::Updated,
            _ => Event::Moved,
        };
        let says = match row.customer.filter(|_| out) {
            Some(customer) => Deltas::default().say("customer", customer),
            None => Deltas::default(),
        };
        ledger.change(&row, change, event, says).await?
    } else {
        ledger.split(row, quantity, change).await?.1
    };
    if let Some(holder) = holder.filter(|_| out) {
        removed_from(tx, ledger, holder, mover.id).await?;
    }
    // What holds other items stays what it is.
    let alone = merge && mover.serial.is_none() && !ledger.holds(&mover).await?;
    let target = if alone { matching(tx, &mover).await? } else { None };
    let Some(target) = target else { return Ok(Some(key)) };
    let folded = ledger.fold(mover, target, stock_item::ActiveModel { ..Default::default() }).await?;
    folded.ok_or_else(|| invalid("quantity", TOO_MUCH))?;
    Ok(Some(key).filter(|_| !whole))
}

/// The holder's log, where a part of it was taken out.
pub(super) async fn removed_from(tx: &Tx, ledger: &Ledger<'_>, holder: i32, item: i32) -> Result<(), ApiError> {
    if let Some(holder) = ledger::items(tx, &[holder]).await?.first() {
        ledger.log(holder, Event::RemovedChild, Deltas::default().say("stockitem", item)).await?;
    }
    Ok(())
}

/// Stock at the same place from which an item does not differ.
async fn matching(tx: &Tx, item: &stock_item::Model) -> Result<Option<stock_item::Model>, DbErr> {
    let same = |column: C, value: Option<i32>| match value {
        Some(value) => column.eq(value),
        None => column.is_null(),
    };
    let blank = |column: C, value: &Option<String>| match value.as_deref() {
        None | Some("") => ExprTrait::or(column.is_null(), column.eq("")),
        Some(value) => column.eq(value),
    };
    let query = stock_item::Entity::find()
        .filter(C::Part.eq(item.part))
        .filter(same(C::Location, item.location))
        .filter(same(C::SupplierPart, item.supplier_part))
        .filter(same(C::Owner, item.owner))
        .filter(C::Status.eq(item.status))
        .filter(same(C::StatusCustomKey, item.status_custom_key))
        .filter(blank(C::Batch, &item.batch))
        .filter(blank(C::Packaging, &item.packaging))
        .filter(match item.expiry_date {
            Some(date) => C::ExpiryDate.eq(date),
            None => C::ExpiryDate.is_null(),
        })
        .filter(C::PurchasePriceCurrency.eq(item.purchase_price_currency.as_str()))
        .filter(match item.purchase_price {
            Some(price) => C::PurchasePrice.eq(price),
            None => C::PurchasePrice.is_null(),
        })
        .filter(C::Id.ne(item.id))
        .filter(C::Serial.is_null())
        .filter(C::BelongsTo.is_null())
        .filter(C::Customer.is_null())
        .filter(C::SalesOrder.is_null())
        .filter(C::ConsumedBy.is_null())
        .filter(C::IsBuilding.eq(false))
        .filter(C::Quantity.gt(Quantity::ZERO));
    query.order_by_asc(C::Id).lock_exclusive().one(&**tx).await
}
