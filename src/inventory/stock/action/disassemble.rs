//! Taking assemblies apart: what is left of the item, and components as the bill of material names them.

use std::collections::BTreeMap;

use entities::{
    exact::{Exact as _, Money, Quantity},
    inventory::{bom_item, stock_item},
};
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};

use super::{
    super::{
        super::{bom, money, owner::Mine, state::STOCK},
        StockItems,
        ledger::{self, Deltas, Ledger},
        part_of,
        status::{self, Event},
    },
    MAX_ITEMS, NOT_HERE, notes, one,
    shape::{Component, Disassemble},
};
use crate::{
    db::Tx,
    rest::{ApiError, Fields, Resource as _, View, error::no_such_pk, invalid, invalid_object},
    settings,
};

/// The keys of the components.
pub(super) async fn disassemble(view: &View<'_>, key: i32, sent: Disassemble) -> Result<Vec<i32>, ApiError> {
    let (quantity, notes) = (sent.quantity.0, notes(&sent.notes));
    let place = sent.location.0.flatten().map(|key| key.0);
    if sent.items.is_empty() || sent.items.len() > MAX_ITEMS {
        return Err(invalid("items", format!("Between 1 and {MAX_ITEMS} components must be provided")));
    }
    let done = view.ctx.db.write(|tx| async move {
        let item = one(&tx, view, key).await?;
        if !ledger::is_in_stock(&item) {
            return Err(invalid_object(NOT_HERE));
        }
        let part = part_of(&tx, item.part).await?;
        if !part.assembly {
            return Err(invalid_object("Stock item is not an assembly"));
        }
        if quantity == Quantity::ZERO {
            return Err(invalid("quantity", "Quantity must be greater than zero"));
        }
        if quantity > item.quantity {
            let message = format!("Quantity must not exceed available stock quantity ({})", item.quantity.to_f64());
            return Err(invalid("quantity", message));
        }
        ledger::check_quantity(&part, quantity).map_err(|message| invalid("quantity", message))?;
        let ledger = Ledger::new(&tx, view, notes);
        if quantity < item.quantity && ledger.holds(&item).await? {
            return Err(invalid("quantity", "All of an item that contains other items must be disassembled"));
        }
        let place = place.or(item.location);
        if let Some(place) = place {
            ledger::placeable(&tx, view, "location", place).await?;
        }
        let components = components(&tx, view, &item, &sent.items, place).await?;
        let prices = prices(&item, quantity, &sent.items);

        // What was installed in it is there as it is.
        ledger.empty(&item, place).await?;
        ledger.take(item.clone(), quantity, Event::Disassembled, Deltas::default()).await?;
        let mut keys = Vec::with_capacity(components.len());
        for (mut component, price) in components.into_iter().zip(prices) {
            if component.purchase_price.is_not_set() {
                component.purchase_price = Set(price);
                component.purchase_price_currency = Set(item.purchase_price_currency.clone());
            }
            let says = Deltas::default().say("stockitem", item.id);
            keys.push(ledger.make(component, Event::CreatedFromDisassembly, says).await?.id);
        }
        Ok(keys)
    });
    done.await
}

/// The new items, without their prices where nobody says any.
async fn components(
    tx: &Tx,
    view: &View<'_>,
    item: &stock_item::Model,
    sent: &[Component],
    place: Option<i32>,
) -> Result<Vec<stock_item::ActiveModel>, ApiError> {
    let bill = bom::lines_of(&**tx, item.part).await?;
    let mut bill: BTreeMap<i32, bom_item::Model> = bill.into_iter().map(|line| (line.id, line)).collect();
    let deplete = settings::is_on(&**tx, "STOCK_DELETE_DEPLETED_DEFAULT").await?;
    let mine = Mine::of(tx, view.who).await?;
    let mut made = Vec::with_capacity(sent.len());
    let mut errors = vec![json!({}); sent.len()];
    for (line, error) in sent.iter().zip(&mut errors) {
        match component(tx, &mut bill, line, place).await {
            Ok(mut component) => {
                if let Set(Some(location)) = component.location {
                    mine.location(tx, Some(location)).await?;
                }
                component.delete_on_deplete = Set(deplete);
                made.push(component);
            }
            Err(ApiError::Invalid(fields)) => *error = fields.into_value(),
            Err(other) => return Err(other),
        }
    }
    if errors.iter().all(|error| *error == json!({})) {
        return Ok(made);
    }
    let mut fields = Fields::new();
    fields.nest("items", Value::Array(errors));
    Err(ApiError::Invalid(fields))
}

async fn component(
    tx: &Tx,
    bill: &mut BTreeMap<i32, bom_item::Model>,
    sent: &Component,
    place: Option<i32>,
) -> Result<stock_item::ActiveModel, ApiError> {
    // A line that was taken is there no more.
    let line = bill.remove(&sent.bom_item.0);
    let line = line.ok_or_else(|| invalid("bom_item", no_such_pk(sent.bom_item.0)))?;
    let part = part_of(tx, line.sub_part).await?;
    if part.is_virtual {
        return Err(invalid("bom_item", "Stock items cannot be created for virtual parts"));
    }
    let quantity = sent.quantity.0;
    if quantity == Quantity::ZERO {
        return Err(invalid("quantity", "Quantity must be greater than zero"));
    }
    ledger::check_quantity(&part, quantity).map_err(|message| invalid("quantity", message))?;
    let location = match sent.location.0.as_ref().and_then(Option::as_ref) {
        Some(location) => {
            ledger::not_structural(tx, "location", location.0).await?;
            Some(location.0)
        }
        None => place,
    };
    let state = STOCK.resolve(tx, sent.status.0.flatten().unwrap_or(status::OK), "status").await?;
    let mut made = stock_item::ActiveModel {
        part: Set(part.id),
        quantity: Set(quantity),
        location: Set(location),
        status: Set(state.key),
        status_custom_key: Set(state.custom),
        purchase_price: sea_orm::NotSet,
        ..StockItems::blank()
    };
    if let Some(Some(price)) = sent.purchase_price.0 {
        let currency = sent.purchase_price_currency.0.as_ref().map_or("", |currency| currency.0.as_str());
        made.purchase_price = Set(Some(price.0));
        made.purchase_price_currency = Set(money::currency(currency, "purchase_price_currency")?);
    }
    Ok(made)
}

/// What one of each component is worth where nobody says: what the assemblies cost, less what was said, by quantity.
fn prices(item: &stock_item::Model, quantity: Quantity, sent: &[Component]) -> Vec<Option<Money>> {
    let own = |line: &Component| line.purchase_price.0.flatten().map(|price| price.0);
    let worth = |price: Money, of: Quantity| i128::from(price.scaled()) * i128::from(of.scaled());
    let said: i128 = sent.iter().filter_map(|line| Some(worth(own(line)?, line.quantity.0))).sum();
    let rest: i128 =
        sent.iter().filter(|line| own(line).is_none()).map(|line| i128::from(line.quantity.0.scaled())).sum();
    let price = item.purchase_price.and_then(|price| Money::rounded((worth(price, quantity) - said).max(0), rest));
    vec![price; sent.len()]
}
