//! The rules about people that no caller gets past.

use std::collections::BTreeSet;

use entities::{
    accounts::{owner, session, user, user_profile},
    oauth::grant,
};
use sea_orm::prelude::*;
use stockade::accounts::{
    author::{Author, Refusal},
    group::{self as groups, Rules},
    person::{self, Change, New},
    session::Origin,
};
use stockade::scope::{Role, Scopes};

use crate::support::{App, both, people::PASSWORD};

async fn author(app: &App, user: &user::Model) -> Author {
    Author::of_user(app.ctx.db.reader(), user).await.unwrap()
}

async fn reread(app: &App, id: i32) -> user::Model {
    user::Entity::find_by_id(id).one(app.ctx.db.reader()).await.unwrap().unwrap()
}

fn change() -> Change {
    Change::default()
}

both! {
    async fn a_new_person_has_an_opaque_sub_a_profile_an_owner_row_and_no_privilege(app: App) {
        let (ann, bob) = (app.person("ann").await, app.person("bob").await);
        assert_ne!(ann.sub, bob.sub);
        assert_eq!(ann.sub.len(), 32);
        assert!(!ann.is_staff && !ann.is_superuser && ann.is_active && !ann.email_verified);
        let db = app.ctx.db.reader();
        let profile = user_profile::Entity::find_by_id(ann.id).one(db).await.unwrap().unwrap();
        assert_eq!((profile.kind.as_str(), profile.active), ("internal", true));
        assert_eq!(owner::Entity::find().filter(owner::Column::UserId.eq(ann.id)).count(db).await.unwrap(), 1);
    }

    async fn without_a_password_nobody_can_log_in_to_a_new_account(app: App) {
        let new = New { username: "ann".into(), ..New::default() };
        let ann = person::create(&app.ctx, &Author::operator(), new, None).await.unwrap();
        assert!(!ann.password.contains('$'));
    }

    async fn a_username_that_differs_only_in_case_is_taken(app: App) {
        let ann = app.person("Ann").await;
        for name in ["Ann", "ann", "ANN"] {
            let new = New { username: name.into(), ..New::default() };
            let refused = person::create(&app.ctx, &Author::operator(), new, None).await.unwrap_err();
            assert_eq!(refused.to_string(), "username: A user with that username already exists.");
        }
        app.person("bob").await;
        let to_bob = Change { username: Some("BOB".into()), ..change() };
        assert!(person::update(&app.ctx, &Author::operator(), ann.id, to_bob).await.is_err());
        let to_itself = Change { username: Some("ann".into()), ..change() };
        assert!(person::update(&app.ctx, &Author::operator(), ann.id, to_itself).await.is_ok());
    }

    async fn every_field_that_does_not_fit_is_named(app: App) {
        let new = New {
            username: "a b".into(),
            first_name: "x".repeat(151),
            last_name: "a\0b".into(),
            email: "nonsense".into(),
            ..New::default()
        };
        let Err(Refusal::Invalid(problems)) = person::create(&app.ctx, &Author::operator(), new, None).await else {
            panic!("accepted")
        };
        let fields: Vec<_> = problems.iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["username", "first_name", "last_name", "email"]);
    }

    async fn a_new_password_ends_sessions_and_grants_and_replaces_the_old_one(app: App) {
        let ann = app.person("ann").await;
        let application = app.grant_to(&ann).await;
        let (ctx, who) = (&app.ctx, &ann);
        app.ctx
            .db
            .write(|tx| async move {
                stockade::accounts::session::begin(ctx, &tx, who, None, "pwd", Origin::default()).await
            })
            .await
            .unwrap();
        app.ctx.clock.advance(5);
        person::set_password(&app.ctx, &Author::oneself(ann.id), ann.id, "a whole new phrase", false).await.unwrap();
        let db = app.ctx.db.reader();
        assert_eq!(session::Entity::find().count(db).await.unwrap(), 0);
        assert!(grant::Entity::find_by_id(application).one(db).await.unwrap().unwrap().revoked.is_some());
        let after = reread(&app, ann.id).await;
        assert_eq!(after.credentials_changed_at, app.ctx.clock.now());
        let stored = Some(after.password.as_str());
        assert_eq!(app.ctx.passwords.verify(PASSWORD, stored).await, Ok(stockade::password::Verdict::Wrong));
        assert_eq!(app.ctx.passwords.verify("a whole new phrase", stored).await, Ok(stockade::password::Verdict::Right));
    }

    async fn a_weak_password_is_refused_unless_a_superuser_insists(app: App) {
        let (root, ann) = (app.superuser("root").await, app.person("ann").await);
        let root = author(&app, &root).await;
        assert!(matches!(person::set_password(&app.ctx, &root, ann.id, "short", false).await, Err(Refusal::Invalid(_))));
        let own = Author::oneself(ann.id);
        assert!(matches!(person::set_password(&app.ctx, &own, ann.id, "short", true).await, Err(Refusal::Invalid(_))));
        assert!(matches!(person::set_password(&app.ctx, &root, ann.id, "", true).await, Err(Refusal::Invalid(_))));
        person::set_password(&app.ctx, &root, ann.id, "short", true).await.unwrap();
    }

    async fn a_deactivated_person_does_not_come_back_with_old_sessions(app: App) {
        let ann = app.person("ann").await;
        let grant_id = app.grant_to(&ann).await;
        app.ctx.clock.advance(5);
        person::set_active(&app.ctx, &Author::operator(), ann.id, false).await.unwrap();
        let back = person::set_active(&app.ctx, &Author::operator(), ann.id, true).await.unwrap();
        assert!(back.credentials_changed_at > ann.credentials_changed_at);
        let grant = grant::Entity::find_by_id(grant_id).one(app.ctx.db.reader()).await.unwrap().unwrap();
        assert!(grant.revoked.is_some());
    }

    async fn a_new_email_address_is_not_verified(app: App) {
        let ann = app.person("ann").await;
        let mut row: user::ActiveModel = ann.clone().into();
        row.email = sea_orm::ActiveValue::Set("ann@example.com".into());
        row.email_verified = sea_orm::ActiveValue::Set(true);
        app.ctx.db.write(|tx| async move { row.update(&*tx).await }).await.unwrap();
        let own = Author::oneself(ann.id);
        let same = Change { email: Some("ann@example.com".into()), ..change() };
        assert!(person::update(&app.ctx, &own, ann.id, same).await.unwrap().email_verified);
        let other = Change { email: Some("root@example.com".into()), ..change() };
        assert!(!person::update(&app.ctx, &own, ann.id, other).await.unwrap().email_verified);
    }

    async fn nobody_gives_a_privilege_that_they_do_not_hold(app: App) {
        let admins = app.group("admins", &[(Role::Admin, Rules::ALL), (Role::Part, Rules::VIEW)]).await;
        let engineers = app.group("engineers", &[(Role::Part, Rules::ALL)]).await;
        let viewers = app.group("viewers", &[(Role::Part, Rules::VIEW)]).await;
        let (root, stan, ann) = (app.superuser("root").await, app.staff("stan").await, app.person("ann").await);
        app.join(&stan, &[&admins]).await;
        let staff = author(&app, &stan).await;
        let to = |groups: &[i32]| Some(groups.iter().copied().collect::<BTreeSet<_>>());
        let forbidden = [
            (ann.id, Change { is_superuser: Some(true), ..change() }),
            (stan.id, Change { is_superuser: Some(true), ..change() }),
            (ann.id, Change { groups: to(&[engineers.id]), ..change() }),
            (stan.id, Change { groups: to(&[admins.id, engineers.id]), ..change() }),
            (root.id, Change { email: Some("stan@example.com".into()), ..change() }),
            (root.id, Change { is_active: Some(false), ..change() }),
            (root.id, Change { is_superuser: Some(false), ..change() }),
            (root.id, Change { username: Some("stan2".into()), ..change() }),
        ];
        for (id, change) in forbidden {
            let outcome = person::update(&app.ctx, &staff, id, change.clone()).await;
            assert!(matches!(outcome, Err(Refusal::Forbidden(_))), "{change:?}: {outcome:?}");
        }
        assert!(matches!(person::delete(&app.ctx, &staff, root.id).await, Err(Refusal::Forbidden(_))));
        for id in [root.id, ann.id] {
            let outcome = person::set_password(&app.ctx, &staff, id, "a whole new phrase", true).await;
            assert!(matches!(outcome, Err(Refusal::Forbidden(_))));
        }
        let superuser = New { username: "eve".into(), is_superuser: true, ..New::default() };
        assert!(matches!(person::create(&app.ctx, &staff, superuser, None).await, Err(Refusal::Forbidden(_))));
        let engineer = New { username: "eve".into(), groups: [engineers.id].into(), ..New::default() };
        assert!(matches!(person::create(&app.ctx, &staff, engineer, None).await, Err(Refusal::Forbidden(_))));
        assert_eq!(user::Entity::find().count(app.ctx.db.reader()).await.unwrap(), 3, "a refusal left a row");

        let allowed = Change { is_staff: Some(true), groups: to(&[viewers.id]), is_superuser: Some(false), ..change() };
        assert!(person::update(&app.ctx, &staff, ann.id, allowed).await.unwrap().is_staff);
        // To take a right away takes holding it, too.
        app.join(&ann, &[&engineers]).await;
        let out = Change { groups: to(&[]), ..change() };
        assert!(matches!(person::update(&app.ctx, &staff, ann.id, out).await, Err(Refusal::Forbidden(_))));
    }

    async fn a_person_without_the_admin_role_changes_only_their_own_name_and_address(app: App) {
        let (ann, bob) = (app.person("ann").await, app.staff("bob").await);
        let group = app.group("empty", &[]).await;
        for (who, other) in [(&ann, &bob), (&bob, &ann)] {
            let who = (author(&app, who).await, who.id);
            let name = Change { first_name: Some("A".into()), ..change() };
            assert!(person::update(&app.ctx, &who.0, other.id, name.clone()).await.is_err());
            assert!(person::delete(&app.ctx, &who.0, other.id).await.is_err());
            assert_eq!(person::update(&app.ctx, &who.0, who.1, name).await.unwrap().first_name, "A");
            for change in [
                Change { is_staff: Some(who.1 == ann.id), ..change() },
                Change { is_superuser: Some(true), ..change() },
                Change { is_active: Some(false), ..change() },
                Change { groups: Some([group.id].into()), ..change() },
            ] {
                assert!(person::update(&app.ctx, &who.0, who.1, change.clone()).await.is_err(), "{change:?}");
            }
            let new = New { username: "eve".into(), ..New::default() };
            assert!(person::create(&app.ctx, &who.0, new, None).await.is_err());
        }
    }

    async fn a_superuser_whose_token_lacks_the_scope_is_no_superuser(app: App) {
        let (root, ann) = (app.superuser("root").await, app.person("ann").await);
        app.superuser("other").await;
        let engineers = app.group("engineers", &[(Role::Part, Rules::ALL)]).await;
        let rights = stockade::accounts::rights::of_user(app.ctx.db.reader(), &root).await.unwrap();
        let by = |scopes: &str| Author::new(Some(root.id), rights.clone(), Some(Scopes::parse(scopes).unwrap()));
        let promote = Change { is_superuser: Some(true), ..change() };
        let enlist = Change { groups: Some([engineers.id].into()), ..change() };
        for scopes in ["a:staff", "g:read a:staff r:view:admin", "g:read"] {
            assert!(person::update(&app.ctx, &by(scopes), ann.id, promote.clone()).await.is_err());
            assert!(person::update(&app.ctx, &by(scopes), ann.id, enlist.clone()).await.is_err());
            assert!(person::set_password(&app.ctx, &by(scopes), ann.id, "a whole new phrase", false).await.is_err());
        }
        let parts = "a:staff r:view:part r:add:part r:change:part r:delete:part";
        assert!(person::update(&app.ctx, &by(parts), ann.id, enlist).await.is_ok());
        assert!(person::update(&app.ctx, &by("a:staff a:superuser"), ann.id, promote).await.is_ok());
    }

    async fn what_was_taken_from_somebody_since_they_were_let_in_they_hold_no_more(app: App) {
        app.superuser("root").await;
        let (was, ann) = (app.superuser("was").await, app.person("ann").await);
        let engineers = app.group("engineers", &[]).await;
        let before = author(&app, &was).await;
        let demote = Change { is_superuser: Some(false), is_staff: Some(false), ..change() };
        person::update(&app.ctx, &Author::operator(), was.id, demote).await.unwrap();
        let promote = Change { is_superuser: Some(true), ..change() };
        assert!(person::update(&app.ctx, &before, ann.id, promote).await.is_err());
        assert!(person::delete(&app.ctx, &before, ann.id).await.is_err());
        assert!(person::set_password(&app.ctx, &before, ann.id, "a whole new phrase", false).await.is_err());
        let new = person::New { username: "new".into(), ..person::New::default() };
        assert!(person::create(&app.ctx, &before, new, None).await.is_err());
        assert!(groups::create(&app.ctx, &before, "more").await.is_err());
        assert!(groups::rename(&app.ctx, &before, engineers.id, "renamed").await.is_err());
        assert!(groups::set_rules(&app.ctx, &before, engineers.id, Role::Part, Rules::ALL).await.is_err());
        assert!(groups::delete(&app.ctx, &before, engineers.id).await.is_err());
    }

    async fn the_last_active_superuser_cannot_be_demoted_deactivated_or_deleted(app: App) {
        let root = app.superuser("root").await;
        let asleep = app.superuser("asleep").await;
        person::set_active(&app.ctx, &Author::operator(), asleep.id, false).await.unwrap();
        for by in [Author::operator(), author(&app, &root).await] {
            for change in
                [Change { is_superuser: Some(false), ..change() }, Change { is_active: Some(false), ..change() }]
            {
                assert!(person::update(&app.ctx, &by, root.id, change).await.is_err());
            }
            assert!(person::delete(&app.ctx, &by, root.id).await.is_err());
        }
        assert!(person::has_superuser(app.ctx.db.reader()).await.unwrap());
        person::set_active(&app.ctx, &Author::operator(), asleep.id, true).await.unwrap();
        person::delete(&app.ctx, &Author::oneself(root.id), root.id).await.unwrap();
    }

    async fn of_two_superusers_who_demote_each_other_at_once_one_remains(app: App) {
        for round in 0..8 {
            let (a, b) = (app.superuser(&format!("a{round}")).await, app.superuser(&format!("b{round}")).await);
            let (by_a, by_b) = (author(&app, &a).await, author(&app, &b).await);
            let demote = Change { is_superuser: Some(false), ..change() };
            let asleep = Change { is_active: Some(false), ..change() };
            let (first, second) = match round % 3 {
                0 => tokio::join!(
                    person::update(&app.ctx, &by_a, b.id, demote.clone()),
                    person::update(&app.ctx, &by_b, a.id, demote)
                ),
                1 => tokio::join!(
                    person::update(&app.ctx, &by_a, a.id, demote),
                    person::update(&app.ctx, &by_b, b.id, asleep)
                ),
                _ => {
                    let (one, two) = tokio::join!(
                        person::delete(&app.ctx, &by_a, b.id),
                        person::update(&app.ctx, &by_b, a.id, asleep)
                    );
                    (one.map(|()| b.clone()), two)
                }
            };
            assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
            assert!(person::has_superuser(app.ctx.db.reader()).await.unwrap());
            // Clears the field for the next round.
            app.ctx.db.write(|tx| async move { user::Entity::delete_many().exec(&*tx).await }).await.unwrap();
        }
    }

    async fn of_two_people_who_take_one_name_at_once_one_gets_it(app: App) {
        let operator = Author::operator();
        let new = |name: &str| New { username: name.into(), ..New::default() };
        let (one, two) = tokio::join!(
            person::create(&app.ctx, &operator, new("Ann"), None),
            person::create(&app.ctx, &operator, new("aNN"), None)
        );
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        let refused = one.err().or(two.err()).unwrap();
        assert_eq!(refused.to_string(), "username: A user with that username already exists.");
    }
}
