//! Assigning stock to customers, and changing its state.

use entities::inventory::{company, stock_item};
use sea_orm::{ActiveValue::Set, prelude::*};

use super::{
    super::{
        super::state::STOCK,
        expiry::Expiry,
        ledger::{self, Deltas},
        part_of, rules,
        status::Event,
    },
    Assigned, Assignment, Batch, ChangeStatus, StatusChanged, notes,
};
use crate::{
    rest::{ApiError, View, error::no_such_pk, invalid},
    settings,
};

pub(super) async fn assign(view: &View<'_>, sent: Assignment) -> Result<Assigned, ApiError> {
    let keys: Vec<i32> = sent.items.iter().map(|item| item.item.0).collect();
    let (customer, notes) = (sent.customer.0, notes(&sent.notes));
    let done = view.ctx.db.write(|tx| async move {
        let mut batch = Batch::begin(&tx, view, &keys, "item", notes.clone()).await?;
        let unsellable = if settings::is_on(&*tx, "STOCK_ALLOW_EXPIRED_SALE").await? {
            Expiry::default()
        } else {
            Expiry::of(&*tx, view.ctx.clock.today()).await?
        };
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
            batch.require(at, !unsellable.is_expired(&row), "Stock item has expired");
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
        Ok(Assigned { items: keys, customer, notes: notes.unwrap_or_default() })
    });
    done.await
}

pub(super) async fn change_status(view: &View<'_>, sent: ChangeStatus) -> Result<StatusChanged, ApiError> {
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
        Ok::<_, ApiError>(StatusChanged { items: keys, status, note: notes.unwrap_or_default() })
    });
    done.await
}
