//! Deleting a category: what is in it goes too, or moves up to its parent, as the caller says.

use entities::inventory::{part, part_category};
use sea_orm::{QuerySelect as _, prelude::*};

use super::{Categories, shape, subtree, subtree_ids, tree};
use crate::{
    access::Principal,
    ctx::Ctx,
    inventory::part::{Parts, removable},
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
        tree::lock(&tx, true).await?;
        let row = locked::<Categories>(&tx, pk).await?;
        let doomed = || {
            let query = part::Entity::find();
            if choice.children {
                query.filter(part::Column::Category.in_subquery(subtree_ids(pk)))
            } else {
                query.filter(part::Column::Category.eq(pk))
            }
        };
        if choice.parts {
            // As if each were deleted by itself: by someone who may, and by the rules of parts.
            let parts = doomed().lock_exclusive().all(&*tx).await?;
            if !parts.is_empty() && !who.may(Parts::DELETE) {
                return Err(ApiError::Denied);
            }
            parts.iter().try_for_each(removable)?;
            let ids: Vec<i32> = parts.iter().map(|part| part.id).collect();
            for ids in ids.chunks(5000) {
                part::Entity::delete_many().filter(part::Column::Id.is_in(ids.iter().copied())).exec(&*tx).await?;
            }
        } else {
            let mut update = part::Entity::update_many().col_expr(part::Column::Category, Expr::value(row.parent));
            update = if choice.children {
                update.filter(part::Column::Category.in_subquery(subtree_ids(pk)))
            } else {
                update.filter(part::Column::Category.eq(pk))
            };
            update.exec(&*tx).await?;
        }
        if choice.children {
            // The deepest first, for the sake of the reference to the parent.
            let mut below = part_category::Entity::find().filter(subtree(pk)).all(&*tx).await?;
            below.sort_by_key(|category| std::cmp::Reverse(category.level));
            for category in below {
                part_category::Entity::delete_by_id(category.id).exec(&*tx).await?;
            }
        } else {
            let children = part_category::Entity::find().filter(part_category::Column::Parent.eq(pk)).all(&*tx).await?;
            for child in children {
                let mut change = part_category::ActiveModel {
                    id: sea_orm::Set(child.id),
                    parent: sea_orm::Set(row.parent),
                    ..Default::default()
                };
                shape::check(&tx, Some(&child), &mut change).await?;
                let moved = change.update(&*tx).await?;
                shape::saved(&tx, Some(&child), &moved).await?;
            }
            part_category::Entity::delete_by_id(pk).exec(&*tx).await?;
        }
        Ok::<_, ApiError>(())
    });
    deleted.await
}
