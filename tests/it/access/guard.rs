//! What stands between an operation and whoever calls it fails closed.

use std::sync::Arc;

use poem::{EndpointExt as _, Route, test::TestClient};
use poem_openapi::{OpenApi, OpenApiService, payload::Json};
use stockade::{
    access::{Auth, Cache},
    clock::Rng,
    rest::Guarded,
    scope::Need,
};

use crate::support::{App, actors::Actor, both};

struct Things;

#[OpenApi]
impl Things {
    /// In the document.
    #[oai(path = "/shown", method = "get")]
    async fn shown(&self, #[oai(scope = "Need::Read")] _who: Auth) -> Json<i32> {
        Json(1)
    }

    /// Not in the document.
    #[oai(path = "/hidden", method = "get", hidden)]
    async fn hidden(&self, #[oai(scope = "Need::Read")] _who: Auth) -> Json<i32> {
        Json(1)
    }
}

async fn status(app: &App, api: impl OpenApi + 'static, path: &str, actor: &Actor) -> u16 {
    let service = OpenApiService::new(api, "x", "1");
    let endpoint = Route::new().nest("/", service).data(Arc::new(Cache::new(Rng))).data(app.ctx.clone());
    let client = TestClient::new(endpoint);
    let request = actor.headers().iter().fold(client.get(path), |request, (name, value)| request.header(name, value));
    request.send().await.0.status().as_u16()
}

both! {
    async fn an_api_without_the_guard_and_a_hidden_operation_grant_nothing_even_to_a_superuser(app: App) {
        let root = app.root().await;
        assert_eq!(status(&app, Guarded(Things), "/shown/", &root).await, 200);
        assert_eq!(status(&app, Things, "/shown", &root).await, 403);
        assert_eq!(status(&app, Guarded(Things), "/hidden/", &root).await, 403);
        assert_eq!(status(&app, Guarded(Things), "/hidden/", &Actor::anonymous()).await, 401);
    }
}
