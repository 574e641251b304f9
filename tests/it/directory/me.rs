//! `/api/user/me/`, profile and roles.

use entities::accounts::{membership, user, user_profile};
use poem::http::{Method, StatusCode};
use sea_orm::prelude::*;
use serde_json::{Value, json};
use stockade::{accounts::group::Rules, scope::Role};

use crate::support::{
    App,
    actors::Actor,
    both,
    browser::Browser,
    people::{PASSWORD, basic},
    shape::shape,
};

async fn row(app: &App, id: i32) -> user::Model {
    user::Entity::find_by_id(id).one(app.ctx.db.reader()).await.unwrap().unwrap()
}

/// Every privilege and every field that the server keeps for itself.
fn privileges() -> Value {
    json!({
        "pk": 999, "id": 999, "user_id": 999, "sub": "me", "password": "x", "is_staff": true, "is_superuser": true,
        "is_active": false, "group_ids": [1], "groups": [{"pk": 1, "name": "g"}], "email_verified": true,
        "date_joined": 1, "last_login": 1, "credentials_changed_at": 1, "roles": {"admin": ["view"]},
        "permissions": {"user": ["view"]}, "profile": {"type": "bot"},
    })
}

both! {
    async fn nobody_without_a_credential_learns_anything(app: App) {
        let nobody = Actor::anonymous();
        for path in ["me/", "me/profile/", "me/roles/", "roles/", "me/token/", "token/", "tokens/", "tokens/1/", "1/", "",
            "group/", "group/1/", "ruleset/", "ruleset/1/", "owner/", "owner/1/", "1/set-password/"]
        {
            for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
                let answer = nobody.call(&app, method.clone(), &format!("/api/user/{path}"), Some(json!({}))).await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
                assert_eq!(answer.json(), json!({"detail": "Authentication credentials were not provided."}));
            }
        }
    }

    async fn the_caller_has_the_contracts_shape(app: App) {
        let group = app.group("readers", &[(Role::Part, Rules::VIEW)]).await;
        let ann = app.person("ann").await;
        app.join(&ann, &[&group]).await;
        let ann = app.by_token(&ann).await;
        let profile = json!({
            "language": "null", "theme": "null", "widgets": "null", "displayname": "null", "position": "null",
            "status": "null", "location": "null", "active": "bool", "contact": "null", "type": "string",
            "organisation": "null", "primary_group": "null",
        });
        let mut expected = json!({
            "pk": "number", "username": "string", "first_name": "string", "last_name": "string", "email": "string",
            "groups": [{"pk": "number", "name": "string"}], "is_staff": "bool", "is_superuser": "bool",
            "is_active": "bool", "profile": profile,
        });
        let me = ann.get(&app, "/api/user/me/").await.json();
        assert_eq!(shape(&me), expected);
        assert_eq!(ann.get(&app, "/api/user/me/profile/").await.json(), me["profile"]);

        let roles = ann.get(&app, "/api/user/roles/").await.json();
        assert_eq!(roles["roles"]["part"], json!(["view"]));
        assert_eq!(roles["roles"]["stock"], Value::Null);
        assert_eq!(roles["roles"].as_object().unwrap().len(), 11);
        assert_eq!(roles["permissions"]["part"], json!(["view"]));
        let keys: Vec<_> = roles.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["user", "username", "roles", "permissions", "is_staff", "is_superuser"]);
        assert_eq!(ann.get(&app, "/api/user/me/roles/").await.json(), roles);

        let me = ann.get(&app, "/api/user/me/?roles=true").await.json();
        expected["roles"] = shape(&roles["roles"]);
        expected["permissions"] = shape(&roles["permissions"]);
        assert_eq!(shape(&me), expected);
    }

    async fn the_roles_of_a_bearer_are_what_its_scopes_leave(app: App) {
        let root = app.superuser("root").await;
        let bearer = app.acting_for(&root, "g:read r:view:part a:staff").await;
        let roles = bearer.get(&app, "/api/user/me/roles/").await.json();
        assert_eq!(roles["roles"]["part"], json!(["view"]));
        assert_eq!(roles["roles"]["stock"], Value::Null);
    }

    async fn people_change_their_own_name_and_address(app: App) {
        let ann = app.person("ann").await;
        let ann_by = app.by_token(&ann).await;
        let answer = ann_by.patch(&app, "/api/user/me/", json!({"first_name": "Ann"})).await;
        assert_eq!((answer.status, &answer.json()["first_name"]), (StatusCode::OK, &json!("Ann")));
        let whole = json!({"username": "ann", "first_name": "A", "last_name": "B", "email": "ann@example.com"});
        assert_eq!(ann_by.put(&app, "/api/user/me/", whole).await.status, StatusCode::OK);
        assert_eq!(row(&app, ann.id).await.email, "ann@example.com");
        let missing = ann_by.put(&app, "/api/user/me/", json!({"first_name": "A"})).await.pair();
        let required = json!(["This field is required."]);
        assert_eq!(missing, (400, json!({"username": required, "last_name": required, "email": required})));
        app.person("bob").await;
        let taken = ann_by.patch(&app, "/api/user/me/", json!({"username": "BOB", "email": "x"})).await.pair();
        assert_eq!(taken, (400, json!({"email": ["Enter a valid email address."]})));
        let taken = ann_by.patch(&app, "/api/user/me/", json!({"username": "BOB"})).await.pair();
        assert_eq!(taken, (400, json!({"username": ["A user with that username already exists."]})));
        // What clients send back whole is not an error.
        let me = ann_by.get(&app, "/api/user/me/").await.json();
        assert_eq!(ann_by.patch(&app, "/api/user/me/", me.clone()).await.pair(), (200, me));
    }

    async fn nobody_raises_themselves(app: App) {
        let group = app.group("all", &crate::support::actors::everything()).await;
        assert_eq!(group.id, 1);
        let (ann, stan, root) = (app.person("ann").await, app.staff("stan").await, app.superuser("root").await);
        for person in [ann, stan, root] {
            let before = row(&app, person.id).await;
            let session = Browser::logged_in(&app, &person.username, PASSWORD).await;
            let by_session = Actor::anonymous()
                .with("Cookie", format!(
                    "sessionid={}; csrftoken={}",
                    session.cookie("sessionid").unwrap(),
                    session.cookie("csrftoken").unwrap()
                ))
                .with("X-CSRFToken", session.cookie("csrftoken").unwrap());
            let before = user::Model { last_login: row(&app, person.id).await.last_login, ..before };
            for caller in [app.by_token(&person).await, basic(&person.username, PASSWORD), by_session] {
                let mut whole = privileges();
                for (key, value) in [("username", &person.username), ("first_name", &String::new())] {
                    whole[key] = json!(value);
                }
                whole["last_name"] = json!("");
                whole["email"] = json!("");
                for (method, body) in [(Method::PATCH, privileges()), (Method::PUT, whole)] {
                    let answer = caller.call(&app, method.clone(), "/api/user/me/", Some(body)).await;
                    assert_eq!(answer.status, StatusCode::OK, "{method} {}", answer.text);
                    assert_eq!(row(&app, person.id).await, before);
                }
                let answer = caller.patch(&app, "/api/user/me/profile/", json!({
                    "user_id": 999, "user": 999, "updated_at": 1, "phone_number": "+1", "phone_number_verified": true,
                    "email_verified": true, "is_staff": true,
                })).await;
                assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
                let profile = user_profile::Entity::find_by_id(person.id).one(app.ctx.db.reader()).await.unwrap().unwrap();
                assert!(!profile.phone_number_verified && profile.phone_number.is_none() && profile.updated_at > 1);
            }
            assert_eq!(membership::Entity::find().count(app.ctx.db.reader()).await.unwrap(), 0);
        }
    }

    async fn an_application_does_not_change_the_account_that_it_acts_for(app: App) {
        let (root, ann) = (app.superuser("root").await, app.person("ann").await);
        app.superuser("other").await;
        let token = app.by_token(&root).await;
        let tokens = token.get(&app, "/api/user/tokens/").await.json();
        let revoke = format!("/api/user/tokens/{}/", tokens[0]["id"]);
        for (person, scope) in [(&ann, "g:read"), (&root, "g:read"), (&root, "g:read a:staff"), (&root, "g:read a:superuser")] {
            let bearer = app.acting_for(person, scope).await;
            for (method, path) in [
                (Method::PATCH, "/api/user/me/"),
                (Method::PUT, "/api/user/me/"),
                (Method::DELETE, "/api/user/me/"),
                (Method::PATCH, "/api/user/me/profile/"),
                (Method::PUT, "/api/user/me/profile/"),
                (Method::POST, "/api/user/tokens/"),
                (Method::DELETE, revoke.as_str()),
                (Method::PATCH, "/api/settings/user/STICKY_HEADER/"),
            ] {
                let body = json!({"username": "x", "first_name": "x", "last_name": "x", "email": "x@example.com", "value": true});
                let answer = bearer.call(&app, method.clone(), path, Some(body)).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path} {scope}: {}", answer.text);
            }
            assert_eq!(row(&app, person.id).await, *person);
        }
        assert_eq!(token.get(&app, "/api/user/tokens/").await.json()[0]["revoked"], json!(false));
    }

    async fn an_application_that_acts_for_itself_is_nobody(app: App) {
        let machine = app.acting_alone("g:read a:staff a:superuser r:view:part").await;
        for path in ["me/", "me/profile/", "me/roles/", "roles/", "me/token/", "token/", "tokens/"] {
            let answer = machine.get(&app, &format!("/api/user/{path}")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}: {}", answer.text);
        }
        assert_eq!(machine.get(&app, "/api/settings/user/").await.status, StatusCode::FORBIDDEN);
        assert_eq!(machine.get(&app, "/api/settings/global/").await.status, StatusCode::OK);
    }

    async fn a_scope_less_token_reads_nothing(app: App) {
        let root = app.superuser("root").await;
        let bearer = app.acting_for(&root, "openid profile").await;
        for path in ["user/me/", "user/", "user/roles/", "user/group/", "user/owner/", "user/ruleset/", "user/tokens/",
            "settings/global/", "settings/user/", "version/", "version-text"]
        {
            let answer = bearer.get(&app, &format!("/api/{path}")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
            assert!(answer.header("www-authenticate").contains("insufficient_scope"), "{path}");
        }
    }

    async fn people_delete_their_own_account_but_not_the_last_superuser(app: App) {
        let (ann, root) = (app.person("ann").await, app.superuser("root").await);
        let by_ann = app.by_token(&ann).await;
        assert_eq!(by_ann.delete(&app, "/api/user/me/", json!({})).await.status, StatusCode::NO_CONTENT);
        assert_eq!(by_ann.get(&app, "/api/user/me/").await.status, StatusCode::UNAUTHORIZED);
        let by_root = app.by_token(&root).await;
        assert_eq!(by_root.delete(&app, "/api/user/me/", json!({})).await.status, StatusCode::FORBIDDEN);
        assert_eq!(by_root.get(&app, "/api/user/me/").await.status, StatusCode::OK);
    }

    async fn a_profile_is_checked_field_by_field(app: App) {
        let ann = app.person("ann").await;
        let ann = app.by_token(&ann).await;
        let widgets = json!({"widgets": ["a"], "layouts": {"lg": [1, 2]}});
        let good = json!({
            "displayname": "Ann", "language": "de", "type": "external", "theme": {"dark": true}, "widgets": widgets,
            "active": false,
        });
        let profile = ann.patch(&app, "/api/user/me/profile/", good).await;
        assert_eq!(profile.status, StatusCode::OK, "{}", profile.text);
        let profile = profile.json();
        assert_eq!((&profile["widgets"], &profile["theme"]), (&widgets, &json!({"dark": true})));
        assert_eq!((&profile["type"], &profile["active"]), (&json!("external"), &json!(false)));
        let cleared = ann.patch(&app, "/api/user/me/profile/", json!({"theme": null, "displayname": null})).await.json();
        assert_eq!((&cleared["theme"], &cleared["displayname"], &cleared["language"]), (&Value::Null, &Value::Null, &json!("de")));
        let bad = json!({"type": "king", "language": "x".repeat(11), "active": "perhaps", "primary_group": 99});
        let answer = ann.patch(&app, "/api/user/me/profile/", bad).await;
        let errors = answer.json();
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(errors["type"], json!(["\"king\" is not a valid choice."]));
        assert_eq!(errors["language"], json!(["Ensure this field has no more than 10 characters."]));
        assert!(errors["active"].is_array(), "{errors}");
        let answer = ann.patch(&app, "/api/user/me/profile/", json!({"primary_group": 99})).await.pair();
        assert_eq!(answer, (400, json!({"primary_group": ["Invalid pk \"99\" - object does not exist."]})));
        let large = json!({"theme": "x".repeat(70_000)});
        assert_eq!(ann.patch(&app, "/api/user/me/profile/", large).await.status, StatusCode::BAD_REQUEST);
    }
}
