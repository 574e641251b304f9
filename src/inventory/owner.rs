//! Who may change what somebody owns: with the setting `STOCK_OWNERSHIP_CONTROL`, stock and locations that have an owner
//! are changed by that person, or by the people of that group, and by superusers. Stock without an owner of its own is the
//! owner's of the nearest location around it.

use std::collections::BTreeSet;

use entities::{
    accounts::{membership, owner},
    inventory::{stock_item, stock_location},
};
use sea_orm::{Condition, DbErr, QuerySelect as _, QueryTrait as _, prelude::*};

use super::tree;
use crate::{access::Principal, db::Tx, rest::ApiError, settings};

/// As which owners somebody may act; `None` where nobody asks.
#[derive(Debug)]
pub(super) struct Mine(Option<BTreeSet<i32>>);

impl Mine {
    /// Of a caller, as it is now.
    pub(super) async fn of(tx: &Tx, who: &Principal) -> Result<Self, DbErr> {
        if who.is_superuser() || !settings::is_on(&**tx, "STOCK_OWNERSHIP_CONTROL").await? {
            return Ok(Self(None));
        }
        // An application that acts for itself owns nothing.
        let Some(user) = who.user_id() else { return Ok(Self(Some(BTreeSet::new()))) };
        let groups = membership::Entity::find()
            .select_only()
            .column(membership::Column::GroupId)
            .filter(membership::Column::UserId.eq(user));
        let mine = Condition::any()
            .add(owner::Column::UserId.eq(user))
            .add(owner::Column::GroupId.in_subquery(groups.into_query()));
        let found = owner::Entity::find().select_only().column(owner::Column::Id).filter(mine);
        Ok(Self(Some(found.into_tuple::<i32>().all(&**tx).await?.into_iter().collect())))
    }

    /// Whether a thing with this owner may be changed, or one without, in this location.
    async fn may(&self, tx: &Tx, own: Option<i32>, location: Option<i32>) -> Result<(), ApiError> {
        let Some(mine) = &self.0 else { return Ok(()) };
        let owner = match (own, location) {
            (Some(own), _) => Some(own),
            (None, Some(location)) => around(tx, location).await?,
            (None, None) => None,
        };
        if owner.is_none_or(|owner| mine.contains(&owner)) { Ok(()) } else { Err(ApiError::Denied) }
    }

    /// Whether an item may be changed.
    pub(super) async fn item(&self, tx: &Tx, item: &stock_item::Model) -> Result<(), ApiError> {
        self.may(tx, item.owner, item.location).await
    }

    /// Whether the item with this key may be changed.
    pub(super) async fn item_with(&self, tx: &Tx, pk: i32) -> Result<(), ApiError> {
        match stock_item::Entity::find_by_id(pk).one(&**tx).await? {
            Some(item) if self.0.is_some() => self.item(tx, &item).await,
            _ => Ok(()),
        }
    }

    /// Whether a location may be changed, or something put into it.
    pub(super) async fn location(&self, tx: &Tx, location: Option<i32>) -> Result<(), ApiError> {
        self.may(tx, None, location).await
    }
}

/// The owner of a location, or of the nearest one around it that has one.
async fn around(tx: &Tx, location: i32) -> Result<Option<i32>, DbErr> {
    let Some(found) = stock_location::Entity::find_by_id(location).one(&**tx).await? else { return Ok(None) };
    let above = tree::among::<stock_location::Entity>(tree::ids(&found.path).collect());
    let above = above.filter(stock_location::Column::Owner.is_not_null()).all(&**tx).await?;
    let owners = above.iter().filter_map(|row| Some((row.id, row.owner?))).collect();
    Ok(tree::nearest(&found.path, &owners, false))
}
