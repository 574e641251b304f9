//! What a person may do: their flags, and the union of their groups' rule sets.

use entities::accounts::{membership, rule_set, user};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, JoinType, QueryFilter, QuerySelect, prelude::*};

use crate::scope::{Action, Rights, Role};

/// The rights of a user; an inactive one has none.
pub async fn of_user(db: &impl ConnectionTrait, user: &user::Model) -> Result<Rights, DbErr> {
    if !user.is_active {
        return Ok(Rights::default());
    }
    let mut rights = Rights::of_person(user.is_staff, user.is_superuser);
    if user.is_superuser {
        // Everything already: their groups add nothing.
        return Ok(rights);
    }
    let rules = rule_set::Entity::find()
        .join_rev(
            JoinType::InnerJoin,
            membership::Entity::belongs_to(rule_set::Entity)
                .from(membership::Column::GroupId)
                .to(rule_set::Column::GroupId)
                .into(),
        )
        .filter(membership::Column::UserId.eq(user.id))
        .all(db)
        .await?;
    for rule in rules {
        // A rule set of a role that this server does not know gives nothing.
        let Some(role) = Role::from_name(&rule.name) else { continue };
        for action in Action::ALL.into_iter().filter(|action| may(&rule, *action)) {
            rights.grant(role, action);
        }
    }
    Ok(rights)
}

/// Whether a rule set gives an action.
pub const fn may(rule: &rule_set::Model, action: Action) -> bool {
    match action {
        Action::View => rule.can_view,
        Action::Add => rule.can_add,
        Action::Change => rule.can_change,
        Action::Delete => rule.can_delete,
    }
}
