//! Deleting a category: what is in it goes too, or moves up to its parent, as the caller says.

use entities::inventory::{part, part_category::Entity};
use sea_orm::{QuerySelect as _, prelude::*};

use super::{Categories, tree};
use crate::{
    access::Principal,
    ctx::Ctx,
    inventory::{
        part::{Parts, removable},
        tree::Tree as _,
        turn,
    },
    rest::{ApiError, Resource as _, crud::locked},
};

/// What is deleted with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    pub(super) parts: bool,
    pub(super) children: bool,
}

/// Deletes a category.
pub(super) async fn delete(ctx: &Ctx, who: &Principal, pk: i32, choice: Choice) -> Result<(), ApiError> {
    let deleted = ctx.db.write(|tx| async move {
        tree::lock::<Entity>(&tx, true).await?;
        turn::take(&tx, turn::BOM).await?;
        let node = Entity::node(&locked::<Categories>(&tx, pk).await?);
        if choice.parts {
            let query = part::Entity::find();
            let query = if choice.children {
                query.filter(part::Column::Category.in_subquery(tree::subtree_ids::<Entity>(pk)))
            } else {
                query.filter(part::Column::Category.eq(pk))
            };
            // As if each were deleted by itself: by someone who may, and by the rules of parts.
            let parts = query.lock_exclusive().all(&*tx).await?;
            if !parts.is_empty() && !who.may(Parts::DELETE) {
                return Err(ApiError::Denied);
            }
            removable(&tx, &parts).await?;
            let ids: Vec<i32> = parts.iter().map(|part| part.id).collect();
            for ids in ids.chunks(5000) {
                part::Entity::delete_many().filter(part::Column::Id.is_in(ids.iter().copied())).exec(&*tx).await?;
            }
        } else {
            tree::contents_move_up::<Entity>(&tx, &node, choice.children).await?;
        }
        if !choice.children {
            tree::children_move_up::<Entity>(&tx, &node).await?;
        }
        tree::remove::<Entity>(&tx, &node).await?;
        Ok::<_, ApiError>(())
    });
    deleted.await
}
