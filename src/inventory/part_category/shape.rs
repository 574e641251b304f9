//! What keeps the tree of categories one: no cycles, no two siblings of one name, and columns that follow from `parent` and
//! `name` in the whole subtree. Everything here runs under [`tree::lock`].

use entities::inventory::{part, part_category};
use sea_orm::{
    ActiveValue::{self, Set, Unchanged},
    ConnectionTrait as _, DbErr,
    prelude::*,
    sea_query::{ExprTrait as _, Query},
};

use super::{invalid, invalid_object, tree};
use crate::{
    db::Tx,
    rest::{ApiError, error::no_such_pk},
};

/// The value that a column has after a change.
fn after<T: Clone + Into<sea_orm::Value>>(change: &ActiveValue<T>, before: Option<&T>) -> Option<T> {
    match change {
        Set(value) | Unchanged(value) => Some(value.clone()),
        ActiveValue::NotSet => before.cloned(),
    }
}

/// Checks a change and completes it.
pub(super) async fn check(
    tx: &Tx,
    before: Option<&part_category::Model>,
    change: &mut part_category::ActiveModel,
) -> Result<(), ApiError> {
    let name = after(&change.name, before.map(|b| &b.name)).unwrap_or_default();
    let parent = after(&change.parent, before.map(|b| &b.parent)).flatten();
    let above = match parent {
        None => None,
        Some(pk) => {
            let found = part_category::Entity::find_by_id(pk).one(&**tx).await?;
            Some(found.ok_or_else(|| invalid("parent", no_such_pk(pk)))?)
        }
    };
    if let (Some(before), Some(above)) = (before, &above)
        && above.path.starts_with(&before.path)
    {
        return Err(invalid("parent", "Invalid choice"));
    }
    let level = above.as_ref().map_or(0, |above| above.level + 1);
    if level >= tree::MAX_DEPTH {
        return Err(invalid("parent", format!("Categories may not be nested more than {} deep.", tree::MAX_DEPTH)));
    }
    free(tx, parent, &name, before.map(|b| b.id)).await?;
    if matches!(change.structural, Set(true))
        && let Some(before) = before.filter(|b| !b.structural)
    {
        let used = part::Entity::find().filter(part::Column::Category.eq(before.id)).count(&**tx).await?;
        if used > 0 {
            return Err(invalid_object(
                "You cannot make this part category structural because some parts are already assigned to it!",
            ));
        }
    }
    let unmoved = before.is_some_and(|before| before.name == name && before.parent == parent);
    if !unmoved {
        let join = |above: Option<&str>, separator: char| match above {
            Some(above) => format!("{above}{separator}{name}"),
            None => name.clone(),
        };
        change.siblings = Set(parent.unwrap_or(0));
        change.level = Set(level);
        change.pathstring = Set(join(above.as_ref().map(|a| a.pathstring.as_str()), '/'));
        change.sort_key = Set(join(above.as_ref().map(|a| a.sort_key.as_str()), tree::SEPARATOR));
        let prefix = above.as_ref().map_or("/", |above| above.path.as_str());
        // A new row learns its id when it is inserted; `saved` completes the path.
        change.path = Set(before.map_or_else(|| prefix.to_owned(), |before| format!("{prefix}{}/", before.id)));
    }
    Ok(())
}

/// Whether a name is free under a parent.
pub(super) async fn free(tx: &Tx, parent: Option<i32>, name: &str, own: Option<i32>) -> Result<(), ApiError> {
    let mut query = part_category::Entity::find()
        .filter(part_category::Column::Siblings.eq(parent.unwrap_or(0)))
        .filter(part_category::Column::Name.eq(name));
    if let Some(own) = own {
        query = query.filter(part_category::Column::Id.ne(own));
    }
    if query.count(&**tx).await? > 0 {
        return Err(invalid_object("Duplicate names cannot exist under the same parent"));
    }
    Ok(())
}

/// Completes a new row's path, or carries a move or a new name into the subtree.
pub(super) async fn saved(
    tx: &Tx,
    before: Option<&part_category::Model>,
    row: &part_category::Model,
) -> Result<(), DbErr> {
    let Some(before) = before else {
        let path = format!("{}{}/", row.path, row.id);
        part_category::Entity::update_many()
            .col_expr(part_category::Column::Path, Expr::value(path))
            .filter(part_category::Column::Id.eq(row.id))
            .exec(&**tx)
            .await?;
        return Ok(());
    };
    if before.path == row.path && before.sort_key == row.sort_key {
        return Ok(());
    }
    // The descendants: their columns begin with the old prefix, and go on as before.
    let replaced = |column: &str, old: &str, new: &str| {
        let rest = i64::try_from(old.chars().count()).unwrap_or_default() + 1;
        Expr::value(new.to_owned())
            .binary(sea_orm::sea_query::BinOper::Custom("||"), Expr::cust(format!("substr({column}, {rest})")))
    };
    let mut update = Query::update();
    update
        .table(part_category::Entity)
        .value(part_category::Column::Path, replaced("path", &before.path, &row.path))
        .value(part_category::Column::Pathstring, replaced("pathstring", &before.pathstring, &row.pathstring))
        .value(part_category::Column::SortKey, replaced("sort_key", &before.sort_key, &row.sort_key))
        .value(part_category::Column::Level, Expr::col(part_category::Column::Level).add(row.level - before.level))
        .and_where(part_category::Column::Path.gte(before.path.as_str()))
        .and_where(part_category::Column::Path.lt(tree::end(&before.path)))
        .and_where(part_category::Column::Id.ne(row.id));
    tx.execute(&update).await?;
    Ok(())
}
