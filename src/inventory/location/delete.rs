//! Deleting a location: what is in it goes too, or moves up to its parent, as the caller says.

use entities::inventory::{part, part_category, stock_item, stock_location::Entity};
use sea_orm::{QueryOrder as _, QuerySelect as _, prelude::*, sea_query::Query};

use super::Locations;
use crate::{
    db::Tx,
    inventory::{
        owner::Mine,
        stock::{self, StockItems},
        tree::{self, Tree as _},
    },
    rest::{ApiError, Resource as _, View, crud::locked},
};

/// What is deleted with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    pub(super) items: bool,
    pub(super) children: bool,
}

/// Deletes a location.
pub(super) async fn delete(view: &View<'_>, pk: i32, choice: Choice) -> Result<(), ApiError> {
    let deleted = view.ctx.db.write(|tx| async move {
        tree::lock::<Entity>(&tx, true).await?;
        stock::lock(&tx).await?;
        Mine::of(&tx, view.who).await?.location(&tx, Some(pk)).await?;
        let node = Entity::node(&locked::<Locations>(&tx, pk).await?);
        if choice.items {
            let query = stock_item::Entity::find().order_by_asc(stock_item::Column::Id);
            let query = if choice.children {
                query.filter(stock_item::Column::Location.in_subquery(tree::subtree_ids::<Entity>(pk)))
            } else {
                query.filter(stock_item::Column::Location.eq(pk))
            };
            // As if each were deleted by itself: by someone who may, and by the rules of stock.
            let items = query.lock_exclusive().all(&*tx).await?;
            if !items.is_empty() && !view.who.may(StockItems::DELETE) {
                return Err(ApiError::Denied);
            }
            for item in items {
                StockItems::removable(&tx, &item).await?;
                StockItems::erase(&tx, view, item).await?;
            }
        }
        // What was installed in what is gone is found here, too.
        tree::contents_move_up::<Entity>(&tx, &node, choice.children).await?;
        if !choice.children {
            tree::children_move_up::<Entity>(&tx, &node).await?;
        }
        forget(&tx, pk).await?;
        tree::remove::<Entity>(&tx, &node).await?;
        Ok::<_, ApiError>(())
    });
    deleted.await
}

/// What usually lay in a location that goes has no usual place any more.
async fn forget(tx: &Tx, pk: i32) -> Result<(), DbErr> {
    let gone = || tree::subtree_ids::<Entity>(pk);
    let mut update = Query::update();
    update.table(part::Entity).value("default_location", None::<i32>);
    update.and_where(part::Column::DefaultLocation.in_subquery(gone()));
    tx.execute(&update).await?;
    let mut update = Query::update();
    update.table(part_category::Entity).value("default_location", None::<i32>);
    update.and_where(part_category::Column::DefaultLocation.in_subquery(gone()));
    tx.execute(&update).await?;
    Ok(())
}
