//! Assigning stock to customers, and changing its state.

use entities::inventory::{company, stock_item};
use sea_orm::{ActiveValue::Set, prelude::*};

use super::{
    super::{
        super::state::STOCK,
        ledger::{self, Deltas},
        part_of, rules,
        status::Event,
    },
    Assignment, Batch, ChangeStatus, Named, notes,
};
use crate::rest::{ApiError, View, error::no_such_pk, invalid};

pub(super) async fn assign(view: &View<'_>, sent: Assignment) -> Result<Named, ApiError> {
    let keys: Vec<i32> = sent.items.iter().map(|item| item.item.0).collect();
    let (customer, notes) = (sent.customer.0, notes(&sent.notes));
    let done = view.ctx.db.write(|tx| async move {
        let mut batch = Batch::begin(&tx, view, &keys, "item", notes.clone()).await?;
        match company::Entity::find_by_id(customer).one(&*tx).await? {
            None => return Err(invalid("customer", no_such_pk(customer))),
            Some(company) if !company.is_customer => {
                return Err(invalid("customer", "Selected company is not a customer"));
            }
            Some(_) => {}
        }
        for (at, key) in keys.iter().enumerate() {
            let Some(row) = batch.rows.get(key).cloned() else { continue };
            batch.require(at, ledger::is_in_stock(&row), "Item must be in stock");
            let salable = part_of(&tx, row.part).await?.salable;
            batch.require(at, salable, "Part must be salable");
        }
        batch.checked()?;
        for key in &keys {
            let row = batch.row(*key)?;
            let change =
                stock_item::ActiveModel { customer: Set(Some(customer)), location: Set(None), ..Default::default() };
            let says = Deltas::default().say("customer", customer);
            batch.ledger.change(&row, change, Event::SentToCustomer, says).await?;
        }
        Ok(Named { items: keys, notes: notes.unwrap_or_default(), item: None })
    });
    done.await
}

pub(super) async fn change_status(view: &View<'_>, sent: ChangeStatus) -> Result<Named, ApiError> {
    let keys: Vec<i32> = sent.items.iter().map(|key| key.0).collect();
    let (status, notes) = (sent.status, notes(&sent.note));
    let done = view.ctx.db.write(|tx| async move {
        let state = STOCK.resolve(&tx, status, "status").await?;
        let batch = Batch::begin(&tx, view, &keys, "pk", notes.clone()).await?;
        batch.checked()?;
        for key in &keys {
            let row = batch.row(*key)?;
            if rules::state_of(&row) != state {
                let change = stock_item::ActiveModel {
                    status: Set(state.key),
                    status_custom_key: Set(state.custom),
                    ..Default::default()
                };
                batch.ledger.change(&row, change, Event::Updated, Deltas::default()).await?;
            }
        }
        Ok::<_, ApiError>(Named { items: keys, notes: notes.unwrap_or_default(), item: None })
    });
    done.await
}
