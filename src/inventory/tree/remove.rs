//! Deleting from a tree: what is below goes too, or moves up, as the caller says. What lies in it the caller has moved or
//! deleted before. Runs under [`super::lock`].

use sea_orm::{
    ActiveModelTrait as _, ConnectionTrait as _, DbErr, QueryFilter as _,
    prelude::Expr,
    sea_query::{ExprTrait as _, Query},
};

use super::{Node, Tree, shape, subtree, subtree_ids};
use crate::{db::Tx, rest::ApiError};

/// Moves what lies in a row, or in its whole subtree, to its parent.
pub(in crate::inventory) async fn contents_move_up<E: Tree>(tx: &Tx, node: &Node, subtree: bool) -> Result<(), DbErr> {
    let (table, column) = E::CONTENTS;
    let mut update = Query::update();
    update.table(table).value(column, node.parent);
    if subtree {
        update.and_where(Expr::col(column).in_subquery(subtree_ids::<E>(node.id)));
    } else {
        update.and_where(Expr::col(column).eq(node.id));
    }
    tx.execute(&update).await.map(drop)
}

/// Moves a row's children to its parent.
pub(in crate::inventory) async fn children_move_up<E: Tree>(tx: &Tx, node: &Node) -> Result<(), ApiError> {
    let children = E::find().filter(Expr::col("parent").eq(node.id)).all(&**tx).await?;
    for child in children {
        let mut change = E::moved(E::node(&child).id, node.parent);
        shape::check::<E>(tx, Some(&child), &mut change).await?;
        let moved = change.update(&**tx).await?;
        shape::saved::<E>(tx, Some(&child), &moved).await?;
    }
    Ok(())
}

/// Deletes a row with all that is still below it.
pub(in crate::inventory) async fn remove<E: Tree>(tx: &Tx, node: &Node) -> Result<(), DbErr> {
    // The deepest first, for the sake of the reference to the parent.
    let mut below = E::find().filter(subtree::<E>(node.id)).into_model::<Node>().all(&**tx).await?;
    below.sort_by_key(|node| std::cmp::Reverse(node.level));
    for node in below {
        E::delete_by_id(node.id).exec(&**tx).await?;
    }
    Ok(())
}
