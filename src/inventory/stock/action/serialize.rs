//! Giving serial numbers to some of an item.

use entities::{exact::Quantity, inventory::stock_item};
use sea_orm::ActiveValue::Set;

use super::{
    super::{
        family,
        ledger::{self, Deltas},
        part_of, serial,
        status::Event,
        test_result,
    },
    NOT_HERE, Serialize_, notes, one,
};
use crate::rest::{ApiError, View, invalid, invalid_object};

/// The keys of the new items.
pub(super) async fn serialize(view: &View<'_>, key: i32, sent: Serialize_) -> Result<Vec<i32>, ApiError> {
    use entities::exact::Exact as _;
    let notes = notes(&sent.notes);
    let made = view.ctx.db.write(|tx| async move {
        let item = one(&tx, view, key).await?;
        if !ledger::is_here(&item) {
            return Err(invalid_object(NOT_HERE));
        }
        if item.serial.is_some() {
            return Err(invalid_object("Stock item already has a serial number"));
        }
        if !part_of(&tx, item.part).await?.trackable {
            return Err(invalid_object("Serial numbers cannot be assigned to this part"));
        }
        let wanted = usize::try_from(sent.quantity).unwrap_or_default();
        let quantity = Quantity::of_whole(i64::from(sent.quantity)).unwrap_or_default();
        if wanted == 0 {
            return Err(invalid("quantity", "Quantity must be greater than zero"));
        }
        if quantity > item.quantity {
            let message = format!("Quantity must not exceed available stock quantity ({})", item.quantity.to_f64());
            return Err(invalid("quantity", message));
        }
        let destination = sent.destination.0;
        ledger::placeable(&tx, view, "destination", destination).await?;
        let serials = family::parse(&tx, item.part, &sent.serial_numbers, wanted).await?;
        let ledger = ledger::Ledger::new(&tx, view, notes);
        let mut keys = Vec::with_capacity(serials.len());
        for serial in &serials {
            let mut child = ledger::copy(&item);
            child.quantity = Set(Quantity::ONE);
            child.parent = Set(Some(item.id));
            child.location = Set(Some(destination));
            child.serial = Set(Some(serial.clone()));
            child.serial_int = Set(serial::number(serial));
            child.delete_on_deplete = Set(false);
            let says = Deltas::default().say("serial", serial.as_str()).say("stockitem", item.id);
            let made = ledger.make(child, Event::AssignedSerial, says).await?.id;
            test_result::copy(&tx, item.id, made).await?;
            keys.push(made);
        }
        let says = Deltas::default().say("serials", serials);
        let item: stock_item::Model = item;
        ledger.take(item, quantity, Event::Serialized, says).await?;
        Ok(keys)
    });
    made.await
}
