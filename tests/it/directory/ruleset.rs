//! `/api/user/ruleset/`.

use poem::http::StatusCode;
use serde_json::json;
use stockade::{accounts::group::Rules, scope::Role};

use crate::support::both;

both! {
    async fn only_the_four_rules_are_writable_and_they_imply(app: App) {
        let root = app.root().await;
        let (one, other) = (app.group("one", &[]).await, app.group("other", &[]).await);
        let list = root.get(&app, &format!("/api/user/ruleset/?group={}&name=stock", one.id)).await.json();
        let before = list[0].clone();
        assert_eq!(list.as_array().unwrap().len(), 1);
        let path = format!("/api/user/ruleset/{}/", before["pk"]);
        let sent = json!({"pk": 999, "name": "admin", "label": "x", "group": other.id, "can_add": true});
        let after = root.patch(&app, &path, sent).await.json();
        let mut expected = before.clone();
        for can in ["can_view", "can_add", "can_change"] {
            expected[can] = json!(true);
        }
        assert_eq!(after, expected);
        assert_eq!(root.get(&app, &path).await.json(), expected);
        assert_eq!(root.put(&app, &path, expected.clone()).await.pair(), (200, expected));
        // It comes and goes with its group.
        assert_eq!(root.delete(&app, &path, json!({})).await.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(root.post(&app, "/api/user/ruleset/", json!({})).await.status, StatusCode::METHOD_NOT_ALLOWED);
        let bad = root.patch(&app, &path, json!({"can_view": "perhaps"})).await.pair();
        assert_eq!(bad, (400, json!({"can_view": ["Must be a valid boolean."]})));
        let bad = root.get(&app, "/api/user/ruleset/?group=999").await.pair();
        assert_eq!(bad.0, 400);
    }

    async fn nobody_gives_their_group_a_right_that_they_do_not_hold(app: App) {
        let admins = app.group("admins", &[(Role::Admin, Rules::ALL), (Role::Part, Rules::VIEW)]).await;
        let stan = app.staff("stan").await;
        app.join(&stan, &[&admins]).await;
        let by_stan = app.by_token(&stan).await;
        let rules = by_stan.get(&app, &format!("/api/user/ruleset/?group={}", admins.id)).await.json();
        for rule in rules.as_array().unwrap().iter().filter(|rule| rule["name"] != "admin") {
            let path = format!("/api/user/ruleset/{}/", rule["pk"]);
            for can in ["can_add", "can_change", "can_delete"] {
                let answer = by_stan.patch(&app, &path, json!({can: true})).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{rule} {can}");
            }
        }
        // And by a token only what the token carries, though they are a superuser.
        let root = app.superuser("root").await;
        let part = rules.as_array().unwrap().iter().find(|rule| rule["name"] == "part").unwrap();
        let path = format!("/api/user/ruleset/{}/", part["pk"]);
        let narrow = app.acting_for(&root, "a:staff r:view:part").await;
        assert_eq!(narrow.patch(&app, &path, json!({"can_delete": true})).await.status, StatusCode::FORBIDDEN);
        let wide = app.acting_for(&root, "a:staff r:view:part r:change:part r:delete:part").await;
        assert_eq!(wide.patch(&app, &path, json!({"can_delete": true})).await.status, StatusCode::OK);
        let sam = app.staff("sam").await;
        let sam = app.by_token(&sam).await;
        assert_eq!(sam.patch(&app, &path, json!({"can_delete": false})).await.status, StatusCode::FORBIDDEN);
    }
}
