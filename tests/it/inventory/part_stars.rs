//! Following parts and categories.

use serde_json::{Value, json};

use crate::support::both;

const PARTS: &str = "/api/part/";
const CATEGORIES: &str = "/api/part/category/";

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

both! {
    async fn a_star_is_its_persons_alone(app: App) {
        let root = app.root().await;
        let other = app.by_token(&app.superuser("other").await).await;
        for (list, body) in [(PARTS, json!({ "name": "P" })), (CATEGORIES, json!({ "name": "P" }))] {
            let pk = root.make(&app, list, body).await;
            root.make(&app, list, json!({ "name": "Q" })).await;
            let url = format!("{list}{pk}/");
            assert_eq!(root.get(&app, &url).await.json()["starred"], json!(false));
            for _ in 0..2 {
                assert_eq!(root.patch(&app, &url, json!({ "starred": true })).await.json()["starred"], json!(true));
            }
            assert_eq!(other.get(&app, &url).await.json()["starred"], json!(false));
            assert_eq!(names(&root.get(&app, &format!("{list}?starred=true")).await.json()), ["P"]);
            assert_eq!(names(&root.get(&app, &format!("{list}?starred=false")).await.json()), ["Q"]);
            assert!(names(&other.get(&app, &format!("{list}?starred=true")).await.json()).is_empty());
            assert_eq!(root.patch(&app, &url, json!({ "starred": false })).await.json()["starred"], json!(false));
        }
    }

    async fn a_new_part_can_be_followed_at_once_and_takes_its_stars_with_it(app: App) {
        let root = app.root().await;
        let answer = root.post(&app, PARTS, json!({ "name": "P", "starred": true, "active": false })).await.json();
        assert_eq!(answer["starred"], json!(true));
        assert_eq!(root.delete(&app, &format!("{PARTS}{}/", answer["pk"]), json!({})).await.status, 204);
    }

    async fn an_application_follows_nothing(app: App) {
        let root = app.root().await;
        let pk = root.make(&app, PARTS, json!({ "name": "P", "starred": true })).await;
        let client = app.application("client", "r:view:part r:change:part").await;
        let machine = app.itself(&client, "r:view:part r:change:part").await;
        let url = format!("{PARTS}{pk}/");
        assert_eq!(machine.get(&app, &url).await.json()["starred"], json!(false));
        let answer = machine.patch(&app, &url, json!({ "starred": true })).await;
        assert_eq!(answer.pair(), (400, json!({ "starred": ["Only a person can follow something."] })));
    }
}
