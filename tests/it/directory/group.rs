//! `/api/user/group/`.

use poem::http::{Method, StatusCode};
use serde_json::{Value, json};
use stockade::{accounts::group::Rules, scope::Role};

use crate::support::{both, people::cost, shape::shape};

fn rules() -> Value {
    json!({
        "pk": "number", "name": "string", "label": "string", "group": "number", "can_view": "bool", "can_add": "bool",
        "can_change": "bool", "can_delete": "bool",
    })
}

both! {
    async fn groups_have_the_contracts_shape(app: App) {
        let group = app.group("readers", &[(Role::Part, Rules::VIEW)]).await;
        let ann = app.person("ann").await;
        app.join(&ann, &[&group]).await;
        let ann = app.by_token(&ann).await;
        let list = ann.get(&app, "/api/user/group/").await.json();
        assert_eq!(shape(&list), json!([{"pk": "number", "name": "string", "roles": [rules()]}]));
        let roles = list[0]["roles"].as_array().unwrap();
        let names: Vec<_> = roles.iter().map(|rule| rule["name"].as_str().unwrap()).collect();
        assert_eq!(names, Role::ALL.map(Role::name));
        assert_eq!(roles[3]["label"], "Bills of Material");
        let bare = ann.get(&app, "/api/user/group/?role_detail=false").await.json();
        assert_eq!(bare, json!([{"pk": group.id, "name": "readers"}]));
        let all = "?permission_detail=true&user_detail=true";
        let whole = ann.get(&app, &format!("/api/user/group/{}/{all}", group.id)).await.json();
        assert_eq!(whole["permissions"]["part"], json!(["view"]));
        assert_eq!(whole["users"][0]["username"], "ann");
        let user = json!({"pk": "number", "username": "string", "first_name": "string", "last_name": "string", "email": "string"});
        assert_eq!(shape(&whole["users"]), json!([user]));
        let none = ann.get(&app, "/api/user/group/999/").await.pair();
        assert_eq!(none, (404, json!({"detail": "No Group matches the given query."})));
    }

    async fn a_group_made_over_the_api_grants_nothing_whatever_is_sent(app: App) {
        let root = app.root().await;
        let made = root.post(&app, "/api/user/group/", json!({
            "name": "new", "pk": 999, "permissions": {"part": ["view"]}, "users": [{"pk": 1}],
            "roles": [{"name": "part", "can_view": true, "can_delete": true}],
        })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        let made = made.json();
        assert_ne!(made["pk"], json!(999));
        assert_eq!(made["roles"].as_array().unwrap().len(), 11);
        for rule in made["roles"].as_array().unwrap() {
            for can in ["can_view", "can_add", "can_change", "can_delete"] {
                assert_eq!(rule[can], json!(false));
            }
        }
        let path = format!("/api/user/group/{}/", made["pk"]);
        let whole = root.get(&app, &format!("{path}?user_detail=true&permission_detail=true")).await.json();
        assert_eq!((&whole["users"], &whole["permissions"]), (&json!([]), &json!({})));
        // Sent back whole, with other rules in it: a name is all that is written here.
        let mut back = whole.clone();
        back["roles"][0]["can_delete"] = json!(true);
        back["name"] = json!("renamed");
        let answer = root.patch(&app, &path, back).await.json();
        assert_eq!((&answer["name"], &answer["roles"][0]["can_delete"]), (&json!("renamed"), &json!(false)));
    }

    async fn a_group_name_is_checked(app: App) {
        let root = app.root().await;
        app.group("one", &[]).await;
        let post = |body| root.post(&app, "/api/user/group/", body);
        assert_eq!(post(json!({})).await.pair(), (400, json!({"name": ["This field is required."]})));
        assert_eq!(post(json!({"name": " "})).await.pair(), (400, json!({"name": ["This field may not be blank."]})));
        assert_eq!(post(json!({"name": "one"})).await.pair(), (400, json!({"name": ["group with this name already exists."]})));
        assert_eq!(post(json!({"name": "x".repeat(151)})).await.status, StatusCode::BAD_REQUEST);
    }

    async fn only_staff_with_the_admin_role_write_groups_and_only_within_their_rights(app: App) {
        let admins = app.group("admins", &[(Role::Admin, Rules::ALL)]).await;
        let parts = app.group("parts", &[(Role::Part, Rules::ALL)]).await;
        let empty = app.group("empty", &[]).await;
        let (ann, sam, stan) = (app.person("ann").await, app.staff("sam").await, app.staff("stan").await);
        app.join(&stan, &[&admins]).await;
        let one = format!("/api/user/group/{}/", empty.id);
        for person in [&ann, &sam] {
            let caller = app.by_token(person).await;
            for (method, path) in [
                (Method::POST, "/api/user/group/"),
                (Method::PUT, &one),
                (Method::PATCH, &one),
                (Method::DELETE, &one),
            ] {
                let answer = caller.call(&app, method, path, Some(json!({"name": "x"}))).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN);
            }
        }
        let stan = app.by_token(&stan).await;
        let beyond = format!("/api/user/group/{}/", parts.id);
        assert_eq!(stan.delete(&app, &beyond, json!({})).await.status, StatusCode::FORBIDDEN);
        assert_eq!(stan.put(&app, &one, json!({"name": "x"})).await.status, StatusCode::OK);
        assert_eq!(stan.delete(&app, &one, json!({})).await.status, StatusCode::NO_CONTENT);
    }

    async fn a_list_of_many_groups_costs_as_much_as_one_of_few(app: App) {
        let root = app.root().await;
        app.group("g", &[]).await;
        let path = "/api/user/group/?user_detail=true&permission_detail=true";
        let few = cost(&app, &root, path).await;
        for n in 0..10 {
            app.group(&format!("g{n}"), &[]).await;
        }
        assert_eq!(cost(&app, &root, path).await, few);
    }
}
