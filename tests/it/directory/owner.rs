//! `/api/user/owner/`.

use poem::http::StatusCode;
use serde_json::json;
use stockade::accounts::{author::Author, person};

use crate::support::both;

both! {
    async fn every_person_and_group_is_a_possible_owner(app: App) {
        let ann = app.person("ann").await;
        let group = app.group("builders", &[]).await;
        let bob = app.person("bob").await;
        person::set_active(&app.ctx, &Author::operator(), bob.id, false).await.unwrap();
        let by_ann = app.by_token(&ann).await;
        let list = by_ann.get(&app, "/api/user/owner/").await.json();
        let expected = json!([
            {"pk": list[0]["pk"], "owner_id": ann.id, "owner_model": "user", "name": "ann", "label": "user"},
            {"pk": list[1]["pk"], "owner_id": group.id, "owner_model": "group", "name": "builders", "label": "group"},
            {"pk": list[2]["pk"], "owner_id": bob.id, "owner_model": "user", "name": "bob", "label": "user"},
        ]);
        assert_eq!(list, expected);
        let names = |path: &'static str| {
            let (app, ann) = (&app, &by_ann);
            async move {
                let list = ann.get(app, path).await.json();
                list.as_array().unwrap().iter().map(|owner| owner["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            }
        };
        assert_eq!(names("/api/user/owner/?is_active=true").await, ["ann", "builders"]);
        assert_eq!(names("/api/user/owner/?is_active=false").await, ["bob"]);
        assert_eq!(names("/api/user/owner/?search=B").await, ["builders", "bob"]);
        let one = format!("/api/user/owner/{}/", list[1]["pk"]);
        assert_eq!(by_ann.get(&app, &one).await.json(), list[1]);
        let page = by_ann.get(&app, "/api/user/owner/?limit=1&offset=1").await.json();
        assert_eq!((&page["count"], &page["results"]), (&json!(3), &json!([list[1]])));
        assert_eq!(by_ann.get(&app, "/api/user/owner/999/").await.pair().1, json!({"detail": "No Owner matches the given query."}));
        assert_eq!(by_ann.delete(&app, &one, json!({})).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
}
