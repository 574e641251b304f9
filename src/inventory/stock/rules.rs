//! What must hold of a stock item beyond its single fields. Texts are `InvenTree`'s.

use entities::{
    exact::Quantity,
    inventory::{stock_item, supplier_part},
};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{self, NotSet, Set},
    Iterable as _,
    prelude::*,
};

use super::{
    super::{
        owner::Mine,
        state::{STOCK, State},
    },
    family,
    ledger::{self, Deltas, Ledger, value},
    part_of, placeable, serial,
    status::Event,
};
use crate::{
    db::Tx,
    rest::{ApiError, View, error::no_such_pk, invalid, invalid_object},
    settings,
};

/// The value that a change sets, where it is another one.
fn new<T: PartialEq + Clone + Into<sea_orm::Value>>(change: &ActiveValue<T>, before: &T) -> Option<T> {
    match change {
        Set(value) if value != before => Some(value.clone()),
        _ => None,
    }
}

/// Checks a change of single fields, completes it, and writes it into the log.
pub(super) async fn edit(
    tx: &Tx,
    view: &View<'_>,
    before: &stock_item::Model,
    change: &mut stock_item::ActiveModel,
) -> Result<(), ApiError> {
    Mine::of(tx, view.who).await?.item(tx, before).await?;
    let part = part_of(tx, before.part).await?;
    let mut says = Deltas::default();
    state(tx, change, state_of(before)).await?;
    if let Set(Some(serial)) = &change.serial
        && serial.is_empty()
    {
        change.serial = Set(None);
    }
    if let Some(serial) = new(&change.serial, &before.serial) {
        if !settings::is_on(&**tx, "STOCK_ALLOW_EDIT_SERIAL").await? && before.serial.is_some() {
            return Err(invalid("serial", "Serial numbers cannot be edited"));
        }
        if let Some(serial) = &serial {
            if !part.trackable {
                return Err(invalid("serial", "Serial numbers cannot be assigned to this part"));
            }
            let family = family::of(&**tx, part.id).await?;
            if !family::taken(tx, &family, std::slice::from_ref(serial), Some(before.id)).await?.is_empty() {
                return Err(invalid("serial", "Stock item with this serial number already exists"));
            }
            change.serial_int = Set(serial::number(serial));
        } else {
            change.serial_int = Set(0);
        }
        says = says.say("serial", serial);
    }
    let serialized = match &change.serial {
        Set(serial) => serial.is_some(),
        _ => before.serial.is_some(),
    };
    let quantity = match &change.quantity {
        Set(quantity) => *quantity,
        _ => before.quantity,
    };
    if serialized && quantity != Quantity::ONE && !(before.serial.is_some() && quantity == before.quantity) {
        return Err(invalid("quantity", "Quantity must be 1 for item with a serial number"));
    }
    ledger::check_quantity(&part, quantity).map_err(|message| invalid("quantity", message))?;
    if let Some(location) = new(&change.location, &before.location) {
        if !ledger::is_here(before) {
            return Err(invalid("location", "Stock item is not in stock"));
        }
        placeable(tx, view, location).await?;
    }
    if let Some(Some(key)) = new(&change.supplier_part, &before.supplier_part) {
        supplied(tx, key, before.part).await?;
    }
    if let Set(currency) = &change.purchase_price_currency {
        change.purchase_price_currency = Set(super::super::money::currency(currency, "purchase_price_currency")?);
    }
    if let Some(batch) = new(&change.batch, &before.batch) {
        says = says.say("batch", batch);
    }
    if let Some(expiry) = new(&change.expiry_date, &before.expiry_date) {
        says = says.say("expiry_date", expiry.map(|date| date.to_string()));
    }
    if let Some(packaging) = new(&change.packaging, &before.packaging) {
        says = says.say("packaging", packaging);
    }
    if let Some(owner) = new(&change.owner, &before.owner) {
        says = says.say("owner", owner);
    }
    if let Some(supplier_part) = new(&change.supplier_part, &before.supplier_part) {
        says = says.say("supplier_part", supplier_part);
    }
    if let Some(price) = new(&change.purchase_price, &before.purchase_price) {
        says = says.say("purchase_price", value(price.map(entities::exact::Exact::to_f64)));
    }
    let changes = stock_item::Column::iter().any(|column| {
        let id = matches!(column, stock_item::Column::Id);
        !id && matches!(change.get(column), Set(value) if value != before.get(column))
    });
    if changes {
        // The ledger writes the row with its entry; what is left for the caller is nothing.
        let whole = std::mem::take(change);
        Ledger::new(tx, view, None).change(before, whole, Event::Edited, says).await?;
    }
    *change = stock_item::ActiveModel { id: Set(before.id), ..Default::default() };
    Ok(())
}

/// The state that a change asks for: `status` and `status_custom_key` are two names of it, and one that says what was so
/// before (since clients send back whole objects) says nothing.
pub(super) async fn state(tx: &Tx, change: &mut stock_item::ActiveModel, before: State) -> Result<(), ApiError> {
    let custom = match change.status_custom_key {
        Set(Some(key)) => Some(key),
        _ => None,
    };
    let asked = match (custom, &change.status) {
        (Some(key), _) if key != before.shown() => Some((key, "status_custom_key")),
        (Some(_), Set(key)) if *key == before.key => None,
        (_, Set(key)) if *key != before.shown() => Some((*key, "status")),
        _ => None,
    };
    change.status = NotSet;
    change.status_custom_key = NotSet;
    if let Some((key, field)) = asked {
        let state = STOCK.resolve(tx, key, field).await?;
        change.status = Set(state.key);
        change.status_custom_key = Set(state.custom);
    }
    Ok(())
}

/// The state that an item is in.
pub(super) fn state_of(item: &stock_item::Model) -> State {
    State { key: item.status, custom: item.status_custom_key }
}

/// The supplier part, which must be of the part.
pub(super) async fn supplied(tx: &Tx, key: i32, part: i32) -> Result<supplier_part::Model, ApiError> {
    let found = supplier_part::Entity::find_by_id(key).one(&**tx).await?;
    let found = found.ok_or_else(|| invalid("supplier_part", no_such_pk(key)))?;
    if found.part != part {
        return Err(invalid("supplier_part", "Part type does not match the supplier part"));
    }
    Ok(found)
}

/// Whether an item may be deleted.
pub(super) async fn removable(tx: &Tx, item: &stock_item::Model) -> Result<(), ApiError> {
    if item.serial.is_some() && !settings::is_on(&**tx, "STOCK_ALLOW_DELETE_SERIALIZED").await? {
        return Err(invalid_object("Serialized stock items cannot be deleted"));
    }
    Ok(())
}
