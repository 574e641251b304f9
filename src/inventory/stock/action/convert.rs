//! Converting an item to another variant of its part.

use entities::{exact::Exact as _, inventory::stock_item};
use sea_orm::ActiveValue::Set;

use super::{
    super::{
        family,
        ledger::{Deltas, Ledger, check_quantity},
        part_of,
        status::Event,
    },
    Convert, Converted, one,
};
use crate::rest::{ApiError, View, invalid, invalid_object};

pub(super) async fn convert(view: &View<'_>, key: i32, sent: Convert) -> Result<Converted, ApiError> {
    let target = sent.part.0;
    let done = view.ctx.db.write(|tx| async move {
        let item = one(&tx, view, key).await?;
        if item.supplier_part.is_some() {
            return Err(invalid_object("Cannot convert stock item with assigned SupplierPart"));
        }
        let part = part_of(&tx, target).await?;
        let family = family::of(&*tx, item.part).await?;
        if target == item.part || !family.contains(&target) || !part.active || part.is_virtual {
            return Err(invalid("part", "Selected part is not a valid option for conversion"));
        }
        if item.serial.is_some() && !part.trackable {
            return Err(invalid("part", "Serial numbers cannot be assigned to this part"));
        }
        check_quantity(&part, item.quantity).map_err(|message| invalid("part", message))?;
        let change = stock_item::ActiveModel { part: Set(target), ..Default::default() };
        let says = Deltas::default().say("part", target).say("old_part", item.part);
        let says = says.say("converted", item.quantity.to_f64());
        Ledger::new(&tx, view, None).change(&item, change, Event::Converted, says).await?;
        Ok(Converted { part: target })
    });
    done.await
}
