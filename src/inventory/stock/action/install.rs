//! Installing items in items, and taking them out.

use entities::{
    exact::{Exact as _, Quantity},
    inventory::stock_item,
};
use sea_orm::{ActiveValue::Set, QuerySelect as _, prelude::*};

use super::{
    super::{
        ledger::{self, Deltas, Ledger},
        part_of,
        status::Event,
    },
    Install, Installed, NOT_HERE, Uninstall, Uninstalled, notes, one,
    transfer::removed_from,
};
use crate::{
    db::Tx,
    inventory::{bom::graph, owner::Mine, part::family},
    rest::{ApiError, View, error::no_such_pk, invalid, invalid_object},
    settings,
};

pub(super) async fn install(view: &View<'_>, key: i32, sent: Install) -> Result<Installed, ApiError> {
    let (wanted, note) = (sent.quantity.0.unwrap_or(1), notes(&sent.note));
    let done = view.ctx.db.write(|tx| async move {
        let holder = one(&tx, view, key).await?;
        let item = ledger::items(&tx, &[sent.stock_item.0]).await?.into_iter().next();
        let item = item.ok_or_else(|| invalid("stock_item", no_such_pk(sent.stock_item.0)))?;
        Mine::of(&tx, view.who).await?.item(&tx, &item).await?;
        if !ledger::is_in_stock(&item) {
            return Err(invalid("stock_item", "Stock item is unavailable"));
        }
        if contains(&tx, item.id, holder.id).await? {
            return Err(invalid("stock_item", "Stock item cannot be installed in itself"));
        }
        if settings::is_on(&*tx, "STOCK_ENFORCE_BOM_INSTALLATION").await? {
            let fitting = family::ids(&*tx, graph::fitting_sql(graph::Of::Part(holder.part))).await?;
            if !fitting.contains(&item.part) {
                return Err(invalid("stock_item", "Selected part is not in the Bill of Materials"));
            }
        }
        let quantity = Quantity::of_whole(i64::from(wanted)).unwrap_or_default();
        if quantity > item.quantity {
            return Err(invalid("quantity", "Quantity to install must not exceed available quantity"));
        }
        ledger::check_quantity(&part_of(&tx, item.part).await?, quantity)
            .map_err(|message| invalid("quantity", message))?;
        let ledger = Ledger::new(&tx, view, note.clone());
        let change =
            stock_item::ActiveModel { belongs_to: Set(Some(holder.id)), location: Set(None), ..Default::default() };
        let says = Deltas::default().say("stockitem", holder.id);
        let inside = if quantity == item.quantity {
            ledger.change(&item, change, Event::InstalledInto, says).await?
        } else {
            let (_, child) = ledger.split(item, quantity, stock_item::ActiveModel { ..Default::default() }).await?;
            ledger.change(&child, change, Event::InstalledInto, says).await?
        };
        ledger.log(&holder, Event::InstalledChild, Deltas::default().say("stockitem", inside.id)).await?;
        Ok(Installed { stock_item: inside.id, quantity: wanted, note: note.unwrap_or_default() })
    });
    done.await
}

/// Whether an item is another, or holds it at any depth.
async fn contains(tx: &Tx, item: i32, other: i32) -> Result<bool, DbErr> {
    let mut current = Some(other);
    // The chain is acyclic; the bound is for a database that somebody else has written to.
    for _ in 0..1000 {
        match current {
            None => return Ok(false),
            Some(key) if key == item => return Ok(true),
            Some(key) => {
                let above = stock_item::Entity::find_by_id(key).select_only().column(stock_item::Column::BelongsTo);
                current = above.into_tuple::<Option<i32>>().one(&**tx).await?.flatten();
            }
        }
    }
    Ok(true)
}

pub(super) async fn uninstall(view: &View<'_>, key: i32, sent: Uninstall) -> Result<Uninstalled, ApiError> {
    let (location, note) = (sent.location.0, notes(&sent.note));
    let done = view.ctx.db.write(|tx| async move {
        let item = one(&tx, view, key).await?;
        ledger::placeable(&tx, view, "location", location).await?;
        let Some(holder) = item.belongs_to else {
            return Err(invalid_object("Stock item is not installed in another item"));
        };
        if item.customer.is_some() || item.sales_order.is_some() {
            return Err(invalid_object(NOT_HERE));
        }
        let ledger = Ledger::new(&tx, view, note.clone());
        let change =
            stock_item::ActiveModel { belongs_to: Set(None), location: Set(Some(location)), ..Default::default() };
        let says = Deltas::default().say("stockitem", holder);
        let item = ledger.change(&item, change, Event::RemovedFrom, says).await?;
        removed_from(&tx, &ledger, holder, item.id).await?;
        Ok(Uninstalled { location, note: note.unwrap_or_default() })
    });
    done.await
}
