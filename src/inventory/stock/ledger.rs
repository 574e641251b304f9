//! The one place where quantities change: each change and its entry in the log are one call, inside one transaction. An
//! entry that changes a quantity says by how much (`added`, `removed`) and what it is then (`quantity`), so that the log adds
//! up to what there is.

use entities::{
    exact::{Exact as _, Quantity},
    inventory::{part, stock_item, stock_location, stock_tracking},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait as _, DbBackend, DbErr, IntoActiveModel as _, QueryOrder as _, QuerySelect as _,
    prelude::*,
};
use serde_json::{Map, Value, json};

use super::{
    super::{owner::Mine, tree},
    rules::state_of,
    status::{self, Event},
    test_result,
};
use crate::{
    clock::Timestamp,
    db::Tx,
    rest::{ApiError, View, error::no_such_pk, invalid},
};

/// A writer of stock: who does it, when and why.
#[derive(Debug)]
pub(super) struct Ledger<'a> {
    pub(super) tx: &'a Tx,
    pub(super) user: Option<i32>,
    pub(super) now: Timestamp,
    pub(super) today: chrono::NaiveDate,
    pub(super) notes: Option<String>,
}

/// What an entry of the log says, growing.
#[derive(Debug, Default)]
pub(super) struct Deltas(Map<String, Value>);

impl Deltas {
    /// Says something.
    pub(super) fn say(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    fn change(self, before: Quantity, after: Quantity) -> Self {
        let said = self.say("quantity", after.to_f64());
        match after.minus(before) {
            Some(more) if more > Quantity::ZERO => said.say("added", more.to_f64()),
            Some(less) if less < Quantity::ZERO => {
                said.say("removed", Quantity::ZERO.minus(less).unwrap_or(less).to_f64())
            }
            _ => said,
        }
    }
}

/// Serialises all writing of stock on PostgreSQL, as SQLite's one writer does: items refer to each other (split, installed,
/// merged), and serial numbers to the whole family of a part, so that locks of rows alone would deadlock or let a number be
/// given twice. And no location turns structural, or goes, meanwhile.
pub(in crate::inventory) async fn lock(tx: &Tx) -> Result<(), DbErr> {
    tree::lock::<stock_location::Entity>(tx, false).await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        // The number is arbitrary, and nothing else's in this database.
        tx.execute_unprepared("SELECT pg_advisory_xact_lock(7203010)").await?;
    }
    Ok(())
}

/// The items with these keys, in their order, locked.
pub(super) async fn items(tx: &Tx, keys: &[i32]) -> Result<Vec<stock_item::Model>, DbErr> {
    let query = stock_item::Entity::find().filter(stock_item::Column::Id.is_in(keys.iter().copied()));
    query.order_by_asc(stock_item::Column::Id).lock_exclusive().all(&**tx).await
}

/// Whether a caller may put stock into a location; `field` is what the error is about.
pub(super) async fn placeable(tx: &Tx, view: &View<'_>, field: &str, location: i32) -> Result<(), ApiError> {
    not_structural(tx, field, location).await?;
    Mine::of(tx, view.who).await?.location(tx, Some(location)).await
}

/// Whether a location holds stock, and not locations only.
pub(super) async fn not_structural(tx: &Tx, field: &str, location: i32) -> Result<(), ApiError> {
    match stock_location::Entity::find_by_id(location).one(&**tx).await? {
        None => Err(invalid(field, no_such_pk(location))),
        Some(found) if found.structural => {
            Err(invalid(field, "Stock items cannot be located into structural stock locations!"))
        }
        Some(_) => Ok(()),
    }
}

/// Whether an item is with us: not sold, used up or inside another, whatever its state.
pub(super) fn is_here(item: &stock_item::Model) -> bool {
    item.sales_order.is_none() && item.belongs_to.is_none() && item.customer.is_none() && item.consumed_by.is_none()
}

/// Whether an item is there to be used.
pub(super) fn is_in_stock(item: &stock_item::Model) -> bool {
    is_here(item) && item.quantity > Quantity::ZERO && !item.is_building && status::is_usable(item.status)
}

/// The same in SQL, of the table under this name.
pub(in crate::inventory) fn in_stock_sql(table: &str) -> String {
    let usable = status::usable_sql();
    format!(
        "({table}.quantity > 0 AND {table}.sales_order IS NULL AND {table}.belongs_to IS NULL AND {table}.customer IS NULL \
         AND {table}.consumed_by IS NULL AND NOT {table}.is_building AND {table}.status IN ({usable}))"
    )
}

/// The text for a quantity that a part cannot have.
pub(super) fn check_quantity(part: &part::Model, quantity: Quantity) -> Result<(), &'static str> {
    if quantity < Quantity::ZERO {
        return Err("Ensure this value is greater than or equal to 0.");
    }
    if part.trackable && quantity.whole().is_none() {
        return Err("Quantity must be integer value for trackable parts");
    }
    Ok(())
}

impl<'a> Ledger<'a> {
    /// Of the caller.
    pub(super) fn new(tx: &'a Tx, view: &View<'_>, notes: Option<String>) -> Self {
        Self {
            tx,
            user: view.who.user_id(),
            now: view.ctx.clock.now(),
            today: view.ctx.clock.today(),
            notes: notes.filter(|notes| !notes.is_empty()),
        }
    }

    /// Writes an entry that changes no quantity.
    pub(super) async fn log(&self, item: &stock_item::Model, event: Event, deltas: Deltas) -> Result<(), DbErr> {
        let entry = stock_tracking::ActiveModel {
            id: NotSet,
            item: Set(Some(item.id)),
            part: Set(Some(item.part)),
            date: Set(self.now),
            tracking_type: Set(event as i32),
            notes: Set(self.notes.clone()),
            user: Set(self.user),
            deltas: Set(Value::Object(deltas.0).to_string()),
        };
        stock_tracking::Entity::insert(entry).exec_without_returning(&**self.tx).await.map(drop)
    }

    /// Makes an item; it is `event`'s doing.
    pub(super) async fn make(
        &self,
        mut item: stock_item::ActiveModel,
        event: Event,
        deltas: Deltas,
    ) -> Result<stock_item::Model, DbErr> {
        item.id = NotSet;
        item.creation_date = Set(Some(self.now));
        item.updated = Set(Some(self.now));
        let made = item.insert(&**self.tx).await?;
        let deltas = deltas.change(Quantity::ZERO, made.quantity).say("status", made.status);
        let deltas = match made.location {
            Some(location) => deltas.say("location", location),
            None => deltas,
        };
        self.log(&made, event, deltas).await?;
        Ok(made)
    }

    /// Changes an item, quantity and all.
    pub(super) async fn change(
        &self,
        before: &stock_item::Model,
        mut change: stock_item::ActiveModel,
        event: Event,
        deltas: Deltas,
    ) -> Result<stock_item::Model, DbErr> {
        change.id = Set(before.id);
        change.updated = Set(Some(self.now));
        let after = change.update(&**self.tx).await?;
        let deltas =
            if after.quantity == before.quantity { deltas } else { deltas.change(before.quantity, after.quantity) };
        let deltas = match after.location {
            location if location == before.location => deltas,
            location => deltas.say("location", location),
        };
        let (old, new) = (state_of(before).shown(), state_of(&after).shown());
        let deltas = if new == old { deltas } else { deltas.say("status", new).say("old_status", old) };
        self.log(&after, event, deltas).await?;
        Ok(after)
    }

    /// Takes some of an item away from it; what is left, or nothing if the item is gone with its last.
    pub(super) async fn take(
        &self,
        item: stock_item::Model,
        quantity: Quantity,
        event: Event,
        deltas: Deltas,
    ) -> Result<Option<stock_item::Model>, DbErr> {
        let left = item.quantity.minus(quantity).unwrap_or_default().max(Quantity::ZERO);
        let change = stock_item::ActiveModel { quantity: Set(left), ..Default::default() };
        let after = self.change(&item, change, event, deltas).await?;
        self.sweep(after).await
    }

    /// Deletes an item that is used up, if it wants that.
    pub(super) async fn sweep(&self, item: stock_item::Model) -> Result<Option<stock_item::Model>, DbErr> {
        let empty = item.quantity == Quantity::ZERO && item.delete_on_deplete && item.serial.is_none();
        if !empty || self.holds(&item).await? {
            return Ok(Some(item));
        }
        self.forget(&item, item.parent).await?;
        Ok(None)
    }

    /// Whether other items are installed in an item.
    pub(super) async fn holds(&self, item: &stock_item::Model) -> Result<bool, DbErr> {
        let inside = stock_item::Entity::find().filter(stock_item::Column::BelongsTo.eq(item.id));
        Ok(inside.one(&**self.tx).await?.is_some())
    }

    /// Splits some of an item off into a new one, which is otherwise the same; the rest and the new one.
    pub(super) async fn split(
        &self,
        item: stock_item::Model,
        quantity: Quantity,
        change: stock_item::ActiveModel,
    ) -> Result<(stock_item::Model, stock_item::Model), DbErr> {
        let mut child = copy(&item);
        child.quantity = Set(quantity);
        child.parent = Set(Some(item.id));
        overlay(&mut child, &change);
        let child = self.make(child, Event::SplitFrom, Deltas::default().say("stockitem", item.id)).await?;
        test_result::copy(self.tx, item.id, child.id).await?;
        let left = item.quantity.minus(quantity).unwrap_or_default();
        let change = stock_item::ActiveModel { quantity: Set(left), ..Default::default() };
        let rest = self.change(&item, change, Event::SplitChild, Deltas::default().say("stockitem", child.id)).await?;
        Ok((rest, child))
    }

    /// Folds one item into another: the other grows, the one goes. `None` where that would be too much.
    pub(super) async fn fold(
        &self,
        from: stock_item::Model,
        into: stock_item::Model,
        change: stock_item::ActiveModel,
    ) -> Result<Option<stock_item::Model>, DbErr> {
        let Some(sum) = into.quantity.plus(from.quantity) else { return Ok(None) };
        let nothing = stock_item::ActiveModel { quantity: Set(Quantity::ZERO), ..Default::default() };
        let says = || Deltas::default();
        let emptied = self.change(&from, nothing, Event::Merged, says().say("stockitem", into.id)).await?;
        let mut change = change;
        change.quantity = Set(sum);
        let grown = self.change(&into, change, Event::Merged, says().say("stockitem", from.id)).await?;
        test_result::hand_over(self.tx, emptied.id, grown.id).await?;
        self.forget(&emptied, Some(grown.id)).await?;
        Ok(Some(grown))
    }

    /// Deletes an empty item; what was split from it now was split from `heir`.
    async fn forget(&self, item: &stock_item::Model, heir: Option<i32>) -> Result<(), DbErr> {
        relink(self.tx, item.id, heir).await?;
        stock_item::Entity::delete_by_id(item.id).exec(&**self.tx).await.map(drop)
    }

    /// Takes everything out of an item that is installed in it, into a location.
    pub(super) async fn empty(&self, item: &stock_item::Model, location: Option<i32>) -> Result<(), DbErr> {
        let inside = stock_item::Entity::find().filter(stock_item::Column::BelongsTo.eq(item.id));
        for child in inside.order_by_asc(stock_item::Column::Id).all(&**self.tx).await? {
            let change =
                stock_item::ActiveModel { belongs_to: Set(None), location: Set(location), ..Default::default() };
            let says = Deltas::default().say("stockitem", item.id);
            self.change(&child, change, Event::RemovedFrom, says).await?;
        }
        Ok(())
    }

    /// Deletes an item whatever is left of it: that is taken away, and the log says so.
    pub(super) async fn discard(&self, item: stock_item::Model) -> Result<(), DbErr> {
        // What is installed in it does not go with it: it is found where it was.
        self.empty(&item, item.location).await?;
        let nothing = stock_item::ActiveModel { quantity: Set(Quantity::ZERO), ..Default::default() };
        let emptied = self.change(&item, nothing, Event::Removed, Deltas::default().say("deleted", true)).await?;
        self.forget(&emptied, item.parent).await
    }
}

async fn relink(tx: &Tx, gone: i32, heir: Option<i32>) -> Result<(), DbErr> {
    let query = stock_item::Entity::update_many().col_expr(stock_item::Column::Parent, Expr::value(heir));
    query
        .filter(stock_item::Column::Parent.eq(gone))
        .filter(stock_item::Column::Id.ne(heir.unwrap_or(0)))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// A new item that is the same as another, but for what only that one has been through.
pub(super) fn copy(item: &stock_item::Model) -> stock_item::ActiveModel {
    use sea_orm::ActiveModelTrait as _;
    let mut copy = item.clone().into_active_model().reset_all();
    copy.stocktake_date = Set(None);
    copy.stocktake_user = Set(None);
    // A barcode is on one thing.
    copy.barcode_data = Set(String::new());
    copy.barcode_hash = Set(String::new());
    copy
}

/// Puts what a change sets into another.
fn overlay(under: &mut stock_item::ActiveModel, over: &stock_item::ActiveModel) {
    use sea_orm::{ActiveModelTrait as _, ActiveValue, Iterable as _};
    for column in stock_item::Column::iter() {
        if let ActiveValue::Set(value) = over.get(column) {
            under.set(column, value);
        }
    }
}

/// A value in an entry of the log.
pub(super) fn value(of: impl serde::Serialize) -> Value {
    json!(of)
}
