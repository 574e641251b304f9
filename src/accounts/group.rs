//! Groups: how people get roles. A new group grants nothing; whoever gives a right through a group must hold it.

use std::collections::{BTreeSet, HashMap};

use entities::accounts::{group, membership, rule_set};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, QueryOrder as _, QuerySelect as _, prelude::*};

use super::{
    author::{Author, Problems, Refusal},
    owner,
    rights::may,
};
use crate::{
    ctx::Ctx,
    db::{self, Tx, Violation},
    scope::{Action, Role},
};

/// What a group may do in one role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rules {
    /// Read.
    pub view: bool,
    /// Create.
    pub add: bool,
    /// Modify.
    pub change: bool,
    /// Remove.
    pub delete: bool,
}

impl Rules {
    /// Everything.
    pub const ALL: Self = Self { view: true, add: true, change: true, delete: true };

    /// Reading only.
    pub const VIEW: Self = Self { view: true, add: false, change: false, delete: false };

    /// The rules with what they imply, as `InvenTree` stores them: who may create or remove may modify, and who may do any
    /// of these may read.
    #[must_use]
    pub const fn implied(self) -> Self {
        let change = self.change || self.add || self.delete;
        Self { change, view: self.view || change, ..self }
    }

    const fn of(rule: &rule_set::Model) -> Self {
        Self { view: rule.can_view, add: rule.can_add, change: rule.can_change, delete: rule.can_delete }
    }

    const fn has(self, action: Action) -> bool {
        match action {
            Action::View => self.view,
            Action::Add => self.add,
            Action::Change => self.change,
            Action::Delete => self.delete,
        }
    }
}

/// A change of rules; what is not given stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RulesChange {
    /// Read.
    pub view: Option<bool>,
    /// Create.
    pub add: Option<bool>,
    /// Modify.
    pub change: Option<bool>,
    /// Remove.
    pub delete: Option<bool>,
}

impl From<Rules> for RulesChange {
    fn from(rules: Rules) -> Self {
        let Rules { view, add, change, delete } = rules;
        Self { view: Some(view), add: Some(add), change: Some(change), delete: Some(delete) }
    }
}

/// Makes a group that grants nothing.
pub async fn create(ctx: &Ctx, author: &Author, name: &str) -> Result<group::Model, Refusal> {
    author.must_manage(Action::Add)?;
    let name = valid_name(name)?;
    ctx.db
        .write(|tx| async move {
            author.again(&tx).await?.must_manage(Action::Add)?;
            insert(&tx, name).await
        })
        .await
}

/// Makes the rows of a group inside a transaction of the caller's.
pub async fn insert(tx: &Tx, name: &str) -> Result<group::Model, Refusal> {
    let group = group::ActiveModel { name: Set(name.to_owned()), ..Default::default() };
    let group = group.insert(&**tx).await.map_err(name_taken)?;
    let rules = Role::ALL.map(|role| rule_set::ActiveModel {
        group_id: Set(group.id),
        name: Set(role.name().to_owned()),
        can_view: Set(false),
        can_add: Set(false),
        can_change: Set(false),
        can_delete: Set(false),
        ..Default::default()
    });
    rule_set::Entity::insert_many(rules).exec_without_returning(&**tx).await?;
    owner::of_group(tx, group.id).await?;
    Ok(group)
}

/// Renames a group.
pub async fn rename(ctx: &Ctx, author: &Author, id: i32, name: &str) -> Result<group::Model, Refusal> {
    author.must_manage(Action::Change)?;
    let name = valid_name(name)?;
    ctx.db
        .write(|tx| async move {
            author.again(&tx).await?.must_manage(Action::Change)?;
            let group = find(&*tx, id).await?;
            let mut group: group::ActiveModel = group.into();
            group.name = Set(name.to_owned());
            group.update(&*tx).await.map_err(name_taken)
        })
        .await
}

/// Deletes a group; its members lose what it granted, so the author must hold all of that.
pub async fn delete(ctx: &Ctx, author: &Author, id: i32) -> Result<(), Refusal> {
    author.must_manage(Action::Delete)?;
    ctx.db
        .write(|tx| async move {
            let author = &author.again(&tx).await?;
            author.must_manage(Action::Delete)?;
            find(&*tx, id).await?;
            must_hold(&tx, author, &BTreeSet::from([id])).await?;
            group::Entity::delete_by_id(id).exec(&*tx).await?;
            Ok(())
        })
        .await
}

/// Changes what a group may do in one role. Whatever changes by it, the author must hold.
pub async fn set_rules(
    ctx: &Ctx,
    author: &Author,
    group_id: i32,
    role: Role,
    change: impl Into<RulesChange>,
) -> Result<rule_set::Model, Refusal> {
    author.must_manage(Action::Change)?;
    let change = change.into();
    ctx.db
        .write(|tx| async move {
            let author = &author.again(&tx).await?;
            author.must_manage(Action::Change)?;
            let row = rule_set::Entity::find()
                .filter(rule_set::Column::GroupId.eq(group_id))
                .filter(rule_set::Column::Name.eq(role.name()))
                // Of two changes at once, the second builds on what the first left.
                .lock_exclusive()
                .one(&*tx)
                .await?
                .ok_or(Refusal::NotFound)?;
            let before = Rules::of(&row);
            let after = Rules {
                view: change.view.unwrap_or(before.view),
                add: change.add.unwrap_or(before.add),
                change: change.change.unwrap_or(before.change),
                delete: change.delete.unwrap_or(before.delete),
            }
            .implied();
            let differs = |action: &Action| before.has(*action) != after.has(*action);
            if Action::ALL.into_iter().filter(differs).any(|action| !author.may_grant(action, role)) {
                return Err(Refusal::Forbidden("You cannot give or take a right that you do not hold."));
            }
            let mut row: rule_set::ActiveModel = row.into();
            row.can_view = Set(after.view);
            row.can_add = Set(after.add);
            row.can_change = Set(after.change);
            row.can_delete = Set(after.delete);
            Ok(row.update(&*tx).await?)
        })
        .await
}

/// The group with that id.
async fn find(db: &impl ConnectionTrait, id: i32) -> Result<group::Model, Refusal> {
    group::Entity::find_by_id(id).one(db).await?.ok_or(Refusal::NotFound)
}

/// The group of that name.
pub async fn by_name(db: &impl ConnectionTrait, name: &str) -> Result<Option<group::Model>, DbErr> {
    group::Entity::find().filter(group::Column::Name.eq(name)).one(db).await
}

/// Every group, by name.
pub async fn list(db: &impl ConnectionTrait) -> Result<Vec<group::Model>, DbErr> {
    group::Entity::find().order_by_asc(group::Column::Name).all(db).await
}

/// Puts a person into exactly these groups. Whatever a group grants that they enter or leave, the author must hold.
pub(super) async fn set_memberships(
    tx: &Tx,
    author: &Author,
    user_id: i32,
    wanted: &BTreeSet<i32>,
) -> Result<(), Refusal> {
    let known: BTreeSet<i32> = group::Entity::find()
        .filter(group::Column::Id.is_in(wanted.iter().copied()))
        .all(&**tx)
        .await?
        .into_iter()
        .map(|group| group.id)
        .collect();
    let mut problems = Problems::default();
    for id in wanted.difference(&known) {
        problems.add("group_ids", format!("Invalid pk \"{id}\" - object does not exist."));
    }
    problems.settle()?;
    let present: BTreeSet<i32> = membership::Entity::find()
        .filter(membership::Column::UserId.eq(user_id))
        .all(&**tx)
        .await?
        .into_iter()
        .map(|row| row.group_id)
        .collect();
    let changed: BTreeSet<i32> = wanted.symmetric_difference(&present).copied().collect();
    must_hold(tx, author, &changed).await?;
    let left: Vec<i32> = present.difference(wanted).copied().collect();
    if !left.is_empty() {
        membership::Entity::delete_many()
            .filter(membership::Column::UserId.eq(user_id))
            .filter(membership::Column::GroupId.is_in(left))
            .exec(&**tx)
            .await?;
    }
    let entered = wanted.difference(&present);
    let rows: Vec<_> =
        entered.map(|id| membership::ActiveModel { user_id: Set(user_id), group_id: Set(*id) }).collect();
    if !rows.is_empty() {
        membership::Entity::insert_many(rows).exec_without_returning(&**tx).await?;
    }
    Ok(())
}

/// Refuses where one of these groups grants something that the author does not hold.
async fn must_hold(tx: &Tx, author: &Author, groups: &BTreeSet<i32>) -> Result<(), Refusal> {
    if groups.is_empty() || author.is_superuser() {
        return Ok(());
    }
    let rules = rule_set::Entity::find()
        .filter(rule_set::Column::GroupId.is_in(groups.iter().copied()))
        // On PostgreSQL, nobody widens the group between this look and the commit.
        .lock_shared()
        .all(&**tx)
        .await?;
    let beyond = rules.iter().any(|rule| {
        // A rule set of a role that this server does not know gives nothing.
        Role::from_name(&rule.name)
            .is_some_and(|role| Action::ALL.into_iter().any(|a| may(rule, a) && !author.may_grant(a, role)))
    });
    if beyond {
        return Err(Refusal::Forbidden("You cannot change membership of a group that grants more than you hold."));
    }
    Ok(())
}

/// The groups of each of these people: one statement for any number.
pub async fn of_people(db: &impl ConnectionTrait, people: &[i32]) -> Result<HashMap<i32, Vec<group::Model>>, DbErr> {
    let mut query = membership::Entity::find().find_also_related(group::Entity).order_by_asc(group::Column::Id);
    // A database bears only so many parameters: of many people, everybody's rows are read.
    if people.len() <= 500 {
        query = query.filter(membership::Column::UserId.is_in(people.iter().copied()));
    }
    let mut out: HashMap<i32, Vec<group::Model>> = HashMap::new();
    for (row, group) in query.all(db).await? {
        out.entry(row.user_id).or_default().extend(group);
    }
    Ok(out)
}

fn valid_name(name: &str) -> Result<&str, Refusal> {
    let name = name.trim();
    let mut problems = Problems::default();
    if name.is_empty() {
        problems.add("name", "This field may not be blank.");
    }
    super::person::check_text(&mut problems, "name", name, 150);
    problems.settle().map(|()| name)
}

fn name_taken(error: DbErr) -> Refusal {
    match db::violation(&error) {
        Some(Violation::Unique(_)) => Refusal::invalid("name", "group with this name already exists."),
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_imply_as_in_inventree_and_nothing_implies_creating_or_removing() {
        let none = Rules::default();
        assert_eq!(none.implied(), none);
        assert_eq!(Rules::VIEW.implied(), Rules::VIEW);
        let changing = Rules { view: true, change: true, ..none };
        assert_eq!(Rules { change: true, ..none }.implied(), changing);
        assert_eq!(Rules { add: true, ..none }.implied(), Rules { add: true, ..changing });
        assert_eq!(Rules { delete: true, ..none }.implied(), Rules { delete: true, ..changing });
    }
}
