//! The rules about groups.

use entities::accounts::{owner, rule_set, user_profile};
use sea_orm::{ActiveValue::Set, prelude::*};
use stockade::{
    accounts::{
        author::{Author, Refusal},
        group::{self, Rules, RulesChange},
        person, rights,
    },
    scope::{Action, Role},
};

use crate::support::both;

both! {
    async fn a_new_group_has_all_rule_sets_and_grants_nothing(app: App) {
        let group = app.group("new", &[]).await;
        let db = app.ctx.db.reader();
        let rules = rule_set::Entity::find().filter(rule_set::Column::GroupId.eq(group.id)).all(db).await.unwrap();
        assert_eq!(rules.len(), 11);
        assert!(rules.iter().all(|rule| Action::ALL.into_iter().all(|action| !rights::may(rule, action))));
        assert_eq!(owner::Entity::find().filter(owner::Column::GroupId.eq(group.id)).count(db).await.unwrap(), 1);
        let ann = app.person("ann").await;
        app.join(&ann, &[&group]).await;
        let rights = rights::of_user(db, &ann).await.unwrap();
        assert!(Role::ALL.into_iter().all(|role| rights.actions(role).is_empty()));
    }

    async fn rules_are_stored_with_what_they_imply(app: App) {
        let group = app.group("g", &[]).await;
        let operator = Author::operator();
        let only = |add| RulesChange { add: Some(add), ..RulesChange::default() };
        let rule = group::set_rules(&app.ctx, &operator, group.id, Role::Stock, only(true)).await.unwrap();
        assert!(rule.can_view && rule.can_add && rule.can_change && !rule.can_delete);
        // What is implied cannot be taken away while that which implies it stays.
        let blind = RulesChange { view: Some(false), change: Some(false), ..RulesChange::default() };
        let rule = group::set_rules(&app.ctx, &operator, group.id, Role::Stock, blind).await.unwrap();
        assert!(rule.can_view && rule.can_change);
    }

    async fn nobody_gives_or_takes_a_right_that_they_do_not_hold(app: App) {
        let mine = app.group("mine", &[(Role::Admin, Rules::ALL), (Role::Part, Rules::VIEW)]).await;
        let other = app.group("other", &[(Role::Stock, Rules::VIEW)]).await;
        let stan = app.staff("stan").await;
        app.join(&stan, &[&mine]).await;
        let staff = Author::of_user(app.ctx.db.reader(), &stan).await.unwrap();
        for (group_id, role, rules) in [
            (mine.id, Role::Part, Rules::ALL),
            (mine.id, Role::Stock, Rules::VIEW),
            (other.id, Role::Part, Rules { change: true, ..Rules::default() }),
            (other.id, Role::Stock, Rules::default()),
        ] {
            let outcome = group::set_rules(&app.ctx, &staff, group_id, role, rules).await;
            assert!(matches!(outcome, Err(Refusal::Forbidden(_))), "{outcome:?}");
        }
        assert!(matches!(group::delete(&app.ctx, &staff, other.id).await, Err(Refusal::Forbidden(_))));
        group::set_rules(&app.ctx, &staff, other.id, Role::Part, Rules::VIEW).await.unwrap();
        let third = group::create(&app.ctx, &staff, "third").await.unwrap();
        group::delete(&app.ctx, &staff, third.id).await.unwrap();
        let nobody = Author::of_user(app.ctx.db.reader(), &app.staff("sam").await).await.unwrap();
        assert!(group::create(&app.ctx, &nobody, "x").await.is_err());
        assert!(group::rename(&app.ctx, &nobody, mine.id, "x").await.is_err());
        assert!(group::delete(&app.ctx, &nobody, mine.id).await.is_err());
        assert!(group::set_rules(&app.ctx, &nobody, mine.id, Role::Part, Rules::default()).await.is_err());
    }

    async fn a_group_name_is_unique_and_not_blank(app: App) {
        let one = app.group("one", &[]).await;
        app.group("two", &[]).await;
        let operator = Author::operator();
        for bad in ["two", " two ", "", "   ", "a\0", &"x".repeat(151)] {
            assert!(matches!(group::create(&app.ctx, &operator, bad).await, Err(Refusal::Invalid(_))), "{bad:?}");
            assert!(group::rename(&app.ctx, &operator, one.id, bad).await.is_err(), "{bad:?}");
        }
        assert!(matches!(group::rename(&app.ctx, &operator, 999, "x").await, Err(Refusal::NotFound)));
    }

    async fn a_primary_group_is_one_of_the_persons_own(app: App) {
        let (mine, other) = (app.group("mine", &[]).await, app.group("other", &[]).await);
        let ann = app.person("ann").await;
        app.join(&ann, &[&mine]).await;
        let to = |id| user_profile::ActiveModel { primary_group: Set(Some(id)), ..Default::default() };
        assert!(matches!(person::update_profile(&app.ctx, ann.id, to(other.id)).await, Err(Refusal::Invalid(_))));
        let profile = person::update_profile(&app.ctx, ann.id, to(mine.id)).await.unwrap();
        assert_eq!(profile.primary_group, Some(mine.id));
        group::delete(&app.ctx, &Author::operator(), mine.id).await.unwrap();
        let profile = user_profile::Entity::find_by_id(ann.id).one(app.ctx.db.reader()).await.unwrap().unwrap();
        assert_eq!(profile.primary_group, None);
    }
}
