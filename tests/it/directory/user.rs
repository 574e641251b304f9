//! `/api/user/`: users.

use entities::accounts::user;
use poem::http::{Method, StatusCode};
use sea_orm::prelude::*;
use serde_json::{Value, json};
use stockade::{
    accounts::{group::Rules, person},
    scope::Role,
};

use crate::support::{
    App,
    actors::Actor,
    both,
    people::{PASSWORD, basic, cost},
    shape::shape,
};

fn new(username: &str) -> Value {
    json!({"username": username, "first_name": "", "last_name": "", "email": ""})
}

async fn row(app: &App, id: i32) -> user::Model {
    user::Entity::find_by_id(id).one(app.ctx.db.reader()).await.unwrap().unwrap()
}

/// Staff who manage people, and see parts.
async fn manager(app: &App) -> (user::Model, Actor) {
    let admins = app.group("admins", &[(Role::Admin, Rules::ALL), (Role::Part, Rules::VIEW)]).await;
    let stan = app.staff("stan").await;
    app.join(&stan, &[&admins]).await;
    let by_stan = app.by_token(&stan).await;
    (stan, by_stan)
}

both! {
    async fn users_have_the_contracts_shape(app: App) {
        let (_, stan) = manager(&app).await;
        let expected = json!({
            "pk": "number", "username": "string", "first_name": "string", "last_name": "string", "email": "string",
            "groups": [{"pk": "number", "name": "string"}], "is_staff": "bool", "is_superuser": "bool",
            "is_active": "bool",
            "profile": {
                "displayname": "null", "position": "null", "status": "null", "location": "null", "active": "bool",
                "contact": "null", "type": "string", "organisation": "null", "primary_group": "null",
            },
        });
        let list = stan.get(&app, "/api/user/").await.json();
        assert_eq!(shape(&list), json!([expected]));
        let pk = &list[0]["pk"];
        assert_eq!(stan.get(&app, &format!("/api/user/{pk}/")).await.json(), list[0]);
        let page = stan.get(&app, "/api/user/?limit=1").await.json();
        assert_eq!(page, json!({"count": 1, "next": null, "previous": null, "results": list}));
        let none = stan.get(&app, "/api/user/999/").await.pair();
        assert_eq!(none, (404, json!({"detail": "No User matches the given query."})));
        let made = stan.post(&app, "/api/user/", new("eve")).await;
        assert_eq!(made.status, StatusCode::CREATED);
        let mut groupless = expected;
        groupless["groups"] = json!([]);
        assert_eq!(shape(&made.json()), groupless);
    }

    async fn only_staff_with_the_admin_role_write(app: App) {
        let admins = app.group("admins", &[(Role::Admin, Rules::ALL)]).await;
        let viewers = app.group("viewers", &[(Role::Admin, Rules::VIEW)]).await;
        let (ann, ada) = (app.person("ann").await, app.person("ada").await);
        let (sam, vera) = (app.staff("sam").await, app.staff("vera").await);
        app.join(&ada, &[&admins]).await;
        app.join(&vera, &[&viewers]).await;
        let target = app.person("target").await;
        let one = format!("/api/user/{}/", target.id);
        for person in [&ann, &ada, &sam, &vera] {
            let caller = app.by_token(person).await;
            for (method, path) in [(Method::POST, "/api/user/"), (Method::PUT, &one), (Method::PATCH, &one), (Method::DELETE, &one)] {
                let answer = caller.call(&app, method.clone(), path, Some(new("x"))).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} {method}", person.username);
            }
            // Not even their own row by this way.
            let own = format!("/api/user/{}/", person.id);
            let answer = caller.patch(&app, &own, json!({"first_name": "X", "is_staff": true})).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", person.username);
            assert_eq!(caller.get(&app, &one).await.status, StatusCode::OK);
        }
        assert_eq!(row(&app, target.id).await, target);
        assert_eq!(user::Entity::find().count(app.ctx.db.reader()).await.unwrap(), 5);
    }

    async fn a_new_user_cannot_log_in_until_a_superuser_gives_them_a_password(app: App) {
        let (_, stan) = manager(&app).await;
        let root = app.root().await;
        let made = stan.post(&app, "/api/user/", new("eve")).await.json();
        let stored = row(&app, i32::try_from(made["pk"].as_i64().unwrap()).unwrap()).await;
        assert_eq!(stored.password, person::UNUSABLE_PASSWORD);
        let path = format!("/api/user/{}/set-password/", made["pk"]);
        for caller in [&stan, &app.by_token(&stored).await] {
            let answer = caller.put(&app, &path, json!({"password": "a whole new phrase"})).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN);
        }
        let weak = root.put(&app, &path, json!({"password": "short"})).await.pair();
        let text = "['This password is too short. It must contain at least 10 characters.']";
        assert_eq!(weak, (400, json!({"password": text})));
        let missing = root.put(&app, &path, json!({})).await.pair();
        assert_eq!(missing, (400, json!({"password": ["This field is required."]})));
        assert_eq!(root.patch(&app, &path, json!({"password": "short", "override_warning": true})).await.pair(), (200, json!({})));
        assert_eq!(basic("eve", "short").get(&app, "/api/user/me/").await.status, StatusCode::OK);
        // A password is taken as it was typed.
        let typed = "  <b>blanks and tags</b> ";
        assert_eq!(root.put(&app, &path, json!({"password": typed})).await.pair(), (200, json!({})));
        assert_eq!(basic("eve", typed).get(&app, "/api/user/me/").await.status, StatusCode::OK);
        assert_eq!(basic("eve", "short").get(&app, "/api/user/me/").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(root.put(&app, "/api/user/999/set-password/", json!({"password": typed})).await.status, StatusCode::NOT_FOUND);
    }

    async fn staff_do_not_make_touch_or_unmake_superusers(app: App) {
        let (stan, by_stan) = manager(&app).await;
        let root = app.superuser("root").await;
        let ann = app.person("ann").await;
        let parts = app.group("parts", &[(Role::Part, Rules::ALL)]).await;
        let made = json!({"username": "eve", "first_name": "", "last_name": "", "email": "", "is_superuser": true});
        assert_eq!(by_stan.post(&app, "/api/user/", made).await.status, StatusCode::FORBIDDEN);
        let made = json!({"username": "eve", "first_name": "", "last_name": "", "email": "", "group_ids": [parts.id]});
        assert_eq!(by_stan.post(&app, "/api/user/", made).await.status, StatusCode::FORBIDDEN);
        for (target, change) in [
            (&ann, json!({"is_superuser": true})),
            (&stan, json!({"is_superuser": true})),
            (&ann, json!({"group_ids": [parts.id]})),
            (&stan, json!({"group_ids": [parts.id]})),
            (&root, json!({"is_superuser": false})),
            (&root, json!({"is_active": false})),
            (&root, json!({"email": "stan@example.com"})),
            (&root, json!({"first_name": "x"})),
            (&root, json!({"username": "stan2"})),
            (&root, json!({"group_ids": []})),
        ] {
            let path = format!("/api/user/{}/", target.id);
            let before = row(&app, target.id).await;
            let mut whole = json!({
                "username": before.username, "first_name": before.first_name, "last_name": before.last_name,
                "email": before.email,
            });
            for (key, value) in change.as_object().unwrap() {
                whole[key] = value.clone();
            }
            assert_eq!(by_stan.patch(&app, &path, change.clone()).await.status, StatusCode::FORBIDDEN, "{change}");
            assert_eq!(by_stan.put(&app, &path, whole).await.status, StatusCode::FORBIDDEN, "{change}");
            assert_eq!(row(&app, target.id).await, before);
        }
        let path = format!("/api/user/{}/", root.id);
        assert_eq!(by_stan.delete(&app, &path, json!({})).await.status, StatusCode::FORBIDDEN);
        let password = json!({"password": "a whole new phrase", "override_warning": true});
        assert_eq!(by_stan.put(&app, &format!("{path}set-password/"), password.clone()).await.status, StatusCode::FORBIDDEN);
        assert_eq!(by_stan.patch(&app, &format!("{path}set-password/"), password).await.status, StatusCode::FORBIDDEN);
        assert_eq!(basic("root", PASSWORD).get(&app, "/api/user/me/").await.status, StatusCode::OK);
    }

    async fn fields_that_the_server_keeps_are_ignored(app: App) {
        let root = app.root().await;
        let kept = json!({
            "pk": 999, "id": 999, "sub": "x", "password": "a whole new phrase", "email_verified": true, "date_joined": 1,
            "last_login": 1, "credentials_changed_at": 1, "groups": [{"pk": 1, "name": "g"}], "user_permissions": [1],
            "profile": {"type": "bot", "primary_group": 1},
        });
        let with = |body: Value| {
            let mut body = body;
            for (key, value) in kept.as_object().unwrap() {
                body[key] = value.clone();
            }
            body
        };
        let made = root.post(&app, "/api/user/", with(new("eve"))).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let made = made.json();
        assert_ne!(made["pk"], json!(999));
        assert_eq!((&made["groups"], &made["profile"]["type"]), (&json!([]), &json!("internal")));
        let before = row(&app, i32::try_from(made["pk"].as_i64().unwrap()).unwrap()).await;
        assert_eq!((before.password.as_str(), before.email_verified), (person::UNUSABLE_PASSWORD, false));
        let path = format!("/api/user/{}/", made["pk"]);
        assert_eq!(root.patch(&app, &path, kept.clone()).await.status, StatusCode::OK);
        assert_eq!(root.put(&app, &path, with(new("eve"))).await.status, StatusCode::OK);
        assert_eq!(row(&app, before.id).await, before);
    }

    async fn a_superuser_sends_a_user_back_whole(app: App) {
        let root = app.root().await;
        let group = app.group("g", &[]).await;
        let body = json!({
            "username": "eve", "first_name": "E", "last_name": "V", "email": "eve@example.com", "group_ids": [group.id],
            "is_staff": true,
        });
        let made = root.post(&app, "/api/user/", body).await.json();
        let path = format!("/api/user/{}/", made["pk"]);
        assert_eq!(made["groups"], json!([{"pk": group.id, "name": "g"}]));
        assert_eq!(root.patch(&app, &path, made.clone()).await.pair(), (200, made.clone()));
        assert_eq!(root.patch(&app, &path, json!({"group_ids": []})).await.json()["groups"], json!([]));
        let unknown = root.patch(&app, &path, json!({"group_ids": [999]})).await.pair();
        assert_eq!(unknown, (400, json!({"group_ids": ["Invalid pk \"999\" - object does not exist."]})));
        assert_eq!(root.delete(&app, &path, json!({})).await.status, StatusCode::NO_CONTENT);
        assert_eq!(root.get(&app, &path).await.status, StatusCode::NOT_FOUND);
    }

    async fn a_superusers_bearer_does_what_its_scopes_say_and_no_more(app: App) {
        let root = app.superuser("root").await;
        app.superuser("other").await;
        let ann = app.person("ann").await;
        let path = format!("/api/user/{}/", ann.id);
        let password = json!({"password": "a whole new phrase"});
        let reader = app.acting_for(&root, "g:read").await;
        assert_eq!(reader.get(&app, &path).await.status, StatusCode::OK);
        assert_eq!(reader.patch(&app, &path, json!({"first_name": "x"})).await.status, StatusCode::FORBIDDEN);
        assert_eq!(reader.delete(&app, &path, json!({})).await.status, StatusCode::FORBIDDEN);
        let staff = app.acting_for(&root, "a:staff").await;
        assert_eq!(staff.get(&app, &path).await.status, StatusCode::FORBIDDEN);
        assert_eq!(staff.patch(&app, &path, json!({"first_name": "x"})).await.status, StatusCode::OK);
        assert_eq!(staff.patch(&app, &path, json!({"is_superuser": true})).await.status, StatusCode::FORBIDDEN);
        assert_eq!(staff.put(&app, &format!("{path}set-password/"), password.clone()).await.status, StatusCode::FORBIDDEN);
        let own = format!("/api/user/{}/", root.id);
        for body in [json!({"email": "x@example.com"}), json!({"is_superuser": false})] {
            assert_eq!(staff.patch(&app, &own, body).await.status, StatusCode::FORBIDDEN);
        }
        assert_eq!(staff.delete(&app, &own, json!({})).await.status, StatusCode::FORBIDDEN);
        let full = app.acting_for(&root, "a:staff a:superuser").await;
        assert_eq!(full.patch(&app, &path, json!({"is_superuser": true})).await.status, StatusCode::OK);
        assert_eq!(full.put(&app, &format!("{path}set-password/"), password).await.status, StatusCode::OK);
    }

    async fn of_two_who_demote_each_other_at_once_one_remains_superuser(app: App) {
        let (a, b) = (app.superuser("a").await, app.superuser("b").await);
        let (by_a, by_b) = (app.by_token(&a).await, app.by_token(&b).await);
        let (path_a, path_b) = (format!("/api/user/{}/", a.id), format!("/api/user/{}/", b.id));
        let demote = json!({"is_superuser": false});
        let (first, second) = tokio::join!(
            by_a.patch(&app, &path_b, demote.clone()),
            by_b.patch(&app, &path_a, demote)
        );
        let good = [&first, &second].iter().filter(|answer| answer.status == StatusCode::OK).count();
        assert_eq!(good, 1, "{} {}", first.text, second.text);
        assert!(person::has_superuser(app.ctx.db.reader()).await.unwrap());
    }

    async fn users_are_filtered_searched_and_ordered(app: App) {
        let (_, stan) = manager(&app).await;
        app.superuser("root").await;
        let ann = app.person("ann_5+").await;
        person::set_active(&app.ctx, &stockade::accounts::author::Author::operator(), ann.id, false).await.unwrap();
        let names = |path: &'static str| {
            let (app, stan) = (&app, &stan);
            async move {
                let list = stan.get(app, path).await.json();
                list.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            }
        };
        assert_eq!(names("/api/user/?is_superuser=true").await, ["root"]);
        assert_eq!(names("/api/user/?is_active=false").await, ["ann_5+"]);
        assert_eq!(names("/api/user/?is_staff=1&ordering=-username").await, ["stan", "root"]);
        assert_eq!(names("/api/user/?search=N_5%2B").await, ["ann_5+"]);
        assert_eq!(names("/api/user/?search=%25").await, Vec::<String>::new());
        assert_eq!(names("/api/user/?search=x'%20OR%201=1--").await, Vec::<String>::new());
        assert_eq!(names("/api/user/?ordering=password&unknown=1").await, ["stan", "root", "ann_5+"]);
    }

    async fn a_list_of_many_users_costs_as_much_as_one_of_few(app: App) {
        let (_, stan) = manager(&app).await;
        let path = "/api/user/";
        let few = cost(&app, &stan, path).await;
        for n in 0..15 {
            app.person(&format!("user{n}")).await;
        }
        assert_eq!(cost(&app, &stan, path).await, few);
    }

    async fn no_answer_holds_a_password_hash_or_a_sub(app: App) {
        let root = app.superuser("root").await;
        let by_root = app.by_token(&root).await;
        for path in ["user/", "user/1/", "user/me/", "user/owner/", "user/group/?user_detail=true", "user/tokens/", "user/roles/"] {
            let text = by_root.get(&app, &format!("/api/{path}")).await.text;
            assert!(!text.contains("argon2") && !text.contains(&root.sub), "{path}");
        }
    }
}
