//! What keeps a tree one: no cycles, no two siblings of one name, and columns that follow from `parent` and `name` in the
//! whole subtree. Everything here runs under [`super::lock`].

use sea_orm::{
    ActiveValue::{self, Set, Unchanged},
    ConnectionTrait as _, DbErr,
    prelude::*,
    sea_query::{BinOper, ExprTrait as _, Query, UpdateStatement},
};

use super::{Asked, MAX_DEPTH, Node, Place, SEPARATOR, Tree, end};
use crate::{
    db::Tx,
    rest::{ApiError, error::no_such_pk, invalid, invalid_object},
};

/// The value that a column has after a change.
fn after<T: Clone + Into<sea_orm::Value>>(change: &ActiveValue<T>, before: Option<&T>) -> Option<T> {
    match change {
        Set(value) | Unchanged(value) => Some(value.clone()),
        ActiveValue::NotSet => before.cloned(),
    }
}

/// Checks a change and completes it.
pub(in crate::inventory) async fn check<E: Tree>(
    tx: &Tx,
    before: Option<&E::Model>,
    change: &mut E::ActiveModel,
) -> Result<(), ApiError> {
    let before = before.map(E::node);
    let before = before.as_ref();
    let Asked { name, parent, structural } = E::asked(change);
    let name = after(&name, before.map(|b| &b.name)).unwrap_or_default();
    let parent = after(&parent, before.map(|b| &b.parent)).flatten();
    let above = match parent {
        None => None,
        Some(pk) => {
            let found = E::find_by_id(pk).into_model::<Node>().one(&**tx).await?;
            Some(found.ok_or_else(|| invalid("parent", no_such_pk(pk)))?)
        }
    };
    if let (Some(before), Some(above)) = (before, &above)
        && above.path.starts_with(&before.path)
    {
        return Err(invalid("parent", "Invalid choice"));
    }
    let level = above.as_ref().map_or(0, |above| above.level + 1);
    if level >= MAX_DEPTH {
        return Err(invalid("parent", format!("{} may not be nested more than {MAX_DEPTH} deep.", E::NOUN)));
    }
    free::<E>(tx, parent, &name, before.map(|b| b.id)).await?;
    if matches!(structural, Set(true))
        && let Some(before) = before.filter(|b| !b.structural)
        && holds::<E>(tx, before.id).await?
    {
        return Err(invalid_object(E::IN_USE));
    }
    let unmoved = before.is_some_and(|before| before.name == name && before.parent == parent);
    if !unmoved {
        let join = |above: Option<&str>, separator: char| match above {
            Some(above) => format!("{above}{separator}{name}"),
            None => name.clone(),
        };
        let prefix = above.as_ref().map_or("/", |above| above.path.as_str());
        let place = Place {
            siblings: parent.unwrap_or(0),
            level,
            pathstring: join(above.as_ref().map(|a| a.pathstring.as_str()), '/'),
            sort_key: join(above.as_ref().map(|a| a.sort_key.as_str()), SEPARATOR),
            // A new row learns its id when it is inserted; `saved` completes the path.
            path: before.map_or_else(|| prefix.to_owned(), |before| format!("{prefix}{}/", before.id)),
        };
        E::follow(change, place);
    }
    Ok(())
}

/// Whether anything lies in a row itself.
async fn holds<E: Tree>(tx: &Tx, id: i32) -> Result<bool, DbErr> {
    let (table, column) = E::CONTENTS;
    let mut query = Query::select();
    query.expr(Expr::val(1)).from(table).and_where(Expr::col(column).eq(id)).limit(1);
    Ok(tx.query_one(&query).await?.is_some())
}

/// Whether a name is free under a parent.
async fn free<E: Tree>(tx: &Tx, parent: Option<i32>, name: &str, own: Option<i32>) -> Result<(), ApiError> {
    let query = E::find()
        .filter(Expr::col("siblings").eq(parent.unwrap_or(0)))
        .filter(Expr::col("name").eq(name))
        .filter(Expr::col("id").ne(own.unwrap_or(0)));
    if query.into_model::<Node>().one(&**tx).await?.is_some() {
        return Err(invalid_object("Duplicate names cannot exist under the same parent"));
    }
    Ok(())
}

/// Completes a new row's path, or carries a move or a new name into the subtree.
pub(in crate::inventory) async fn saved<E: Tree>(
    tx: &Tx,
    before: Option<&E::Model>,
    after: &E::Model,
) -> Result<(), DbErr> {
    let row = E::node(after);
    let Some(before) = before.map(E::node) else {
        let mut update = UpdateStatement::new();
        update.table(E::default()).value("path", format!("{}{}/", row.path, row.id));
        update.and_where(Expr::col("id").eq(row.id));
        return tx.execute(&update).await.map(drop);
    };
    if before.path == row.path && before.sort_key == row.sort_key {
        return Ok(());
    }
    // The descendants: their columns begin with the old prefix, and go on as before.
    let replaced = |column: &str, old: &str, new: &str| {
        let rest = i64::try_from(old.chars().count()).unwrap_or_default() + 1;
        Expr::value(new.to_owned()).binary(BinOper::Custom("||"), Expr::cust(format!("substr({column}, {rest})")))
    };
    let mut update = Query::update();
    update
        .table(E::default())
        .value("path", replaced("path", &before.path, &row.path))
        .value("pathstring", replaced("pathstring", &before.pathstring, &row.pathstring))
        .value("sort_key", replaced("sort_key", &before.sort_key, &row.sort_key))
        .value("level", Expr::col("level").add(row.level - before.level))
        .and_where(Expr::col("path").gte(before.path.as_str()))
        .and_where(Expr::col("path").lt(end(&before.path)))
        .and_where(Expr::col("id").ne(row.id));
    tx.execute(&update).await.map(drop)
}
