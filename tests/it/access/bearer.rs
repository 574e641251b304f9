//! OAuth access tokens at the API (RFC 6750): a scope narrows and never widens.

use poem::http::Method;
use sea_orm::{ActiveValue::Set, EntityTrait as _, IntoActiveModel as _};
use serde_json::json;
use stockade::{
    accounts::{
        author::Author,
        group::Rules,
        person::{self, Change},
    },
    scope::{Role, Scopes},
};

use crate::support::{App, actors::everything, both};

const PARTS: &str = "/api/part/";
const DENIED: &str = "You do not have permission to perform this action.";

async fn change<A>(app: &App, row: A)
where
    A: sea_orm::ActiveModelTrait + sea_orm::ActiveModelBehavior + Send,
    <A::Entity as sea_orm::EntityTrait>::Model: sea_orm::IntoActiveModel<A> + Sync,
{
    app.ctx.db.write(|tx| async move { row.update(&*tx).await.map(drop) }).await.unwrap();
}

both! {
    async fn a_scope_that_the_token_lacks_is_named_in_the_challenge(app: App) {
        let client = app.application("client", &Scopes::all().to_string()).await;
        let root = app.superuser("root").await;
        let bearer = app.bearer(&client, &root, "g:read openid r:view:stock").await;
        let answer = bearer.get(&app, PARTS).await;
        assert_eq!(answer.pair(), (403, json!({ "detail": DENIED })));
        let challenge = "Bearer realm=\"api\", error=\"insufficient_scope\", scope=\"r:view:part\", resource_metadata=";
        assert!(answer.header("www-authenticate").starts_with(challenge) && answer.all("www-authenticate").len() == 1);
        assert_eq!(app.bearer(&client, &root, "r:view:build").await.get(&app, PARTS).await.status, 200);
    }

    async fn a_scope_gives_nothing_that_the_person_does_not_have(app: App) {
        let client = app.application("client", &Scopes::all().to_string()).await;
        let bob = app.person("bob").await;
        let bearer = app.bearer(&client, &bob, &Scopes::all().to_string()).await;
        let answer = bearer.get(&app, PARTS).await;
        assert_eq!(answer.pair(), (403, json!({ "detail": DENIED })));
        assert!(answer.all("www-authenticate").is_empty());
        let group = app.group("viewers", &[(Role::Part, Rules::VIEW)]).await;
        app.join(&bob, &[&group]).await;
        assert_eq!(bearer.get(&app, PARTS).await.status, 200);
        assert_eq!(bearer.post(&app, PARTS, json!({ "name": "p" })).await.status, 403);
        // The right on one role and the scope on another do not add up.
        assert_eq!(app.bearer(&client, &bob, "r:view:build").await.get(&app, PARTS).await.status, 403);
    }

    async fn a_reading_token_of_a_superuser_writes_nothing(app: App) {
        let client = app.application("client", &Scopes::all().to_string()).await;
        let root = app.superuser("root").await;
        let bearer = app.bearer(&client, &root, "g:read r:view:part r:view:part_category").await;
        for (method, path) in [
            (Method::POST, PARTS), (Method::PUT, "/api/part/1/"), (Method::PATCH, "/api/part/1/"),
            (Method::DELETE, "/api/part/1/"), (Method::POST, "/api/part/category/"), (Method::DELETE, "/api/part/category/1/"),
        ] {
            // A csrf cookie of one's own making, which opens InvenTree, opens nothing here.
            let csrf = "0123456789abcdef0123456789abcdef";
            let planted = bearer.clone().with("Cookie", format!("csrftoken={csrf}")).with("X-CSRFToken", csrf);
            let answer = planted.call(&app, method, path, Some(json!({ "name": "p" }))).await;
            assert_eq!(answer.status, 403, "{path}");
        }
    }

    async fn a_writing_token_needs_no_form_token(app: App) {
        let client = app.application("client", &Scopes::all().to_string()).await;
        let root = app.superuser("root").await;
        let bearer = app.bearer(&client, &root, "r:add:part").await;
        assert_eq!(bearer.post(&app, PARTS, json!({ "name": "p" })).await.status, 201);
    }

    async fn an_application_for_itself_may_what_it_is_allowed_and_asked_for(app: App) {
        let client = app.application("client", "g:read r:view:part r:add:part").await;
        let itself = app.itself(&client, "g:read r:view:part r:add:part").await;
        assert_eq!(itself.get(&app, PARTS).await.status, 200);
        let made = itself.post(&app, PARTS, json!({ "name": "p" })).await;
        assert_eq!((made.status.as_u16(), &made.json()["creation_user"]), (201, &json!(null)));
        assert_eq!(itself.delete(&app, "/api/part/1/", json!({})).await.status, 403);
        assert_eq!(app.itself(&client, "g:read").await.get(&app, PARTS).await.status, 403);
        // A token that says more than the application is allowed says it in vain.
        let greedy = app.itself(&client, &Scopes::all().to_string()).await;
        assert_eq!(greedy.delete(&app, "/api/part/1/", json!({})).await.status, 403);
    }

    async fn what_is_taken_from_an_application_is_gone_from_its_tokens_at_once(app: App) {
        let client = app.application("client", "r:view:part").await;
        let root = app.superuser("root").await;
        let (bearer, itself) = (app.bearer(&client, &root, "r:view:part").await, app.itself(&client, "r:view:part").await);
        for actor in [&bearer, &itself] {
            assert_eq!(actor.get(&app, PARTS).await.status, 200);
        }
        let mut row = client.clone().into_active_model();
        row.scope = Set("g:read".into());
        change(&app, row.clone()).await;
        for actor in [&bearer, &itself] {
            assert_eq!(actor.get(&app, PARTS).await.status, 403);
        }
        row.is_active = Set(false);
        change(&app, row).await;
        for actor in [&bearer, &itself] {
            assert_eq!(actor.get(&app, PARTS).await.status, 401);
        }
    }

    async fn a_dead_token_is_401_with_invalid_token(app: App) {
        let client = app.application("client", "r:view:part").await;
        let root = app.superuser("root").await;
        let dead = |answer: crate::support::actors::Answer| {
            assert_eq!(answer.pair(), (401, json!({ "detail": "Invalid token." })));
            let challenges = answer.all("www-authenticate");
            assert_eq!(challenges.len(), 1);
            assert!(challenges[0].starts_with("Bearer realm=\"api\", error=\"invalid_token\""), "{challenges:?}");
        };

        let (revoked, token) = app.access_token(&client, Some(&root), "r:view:part").await;
        assert_eq!(revoked.get(&app, PARTS).await.status, 200);
        let id = token.id;
        app.ctx.db.write(|tx| async move { entities::oauth::access_token::Entity::delete_by_id(id).exec(&*tx).await }).await.unwrap();
        dead(revoked.get(&app, PARTS).await);

        let (orphaned, token) = app.access_token(&client, Some(&root), "r:view:part").await;
        let now = app.ctx.clock.now();
        let grant = entities::oauth::grant::ActiveModel {
            id: Set(token.grant_id.unwrap()), revoked: Set(Some(now)), ..Default::default()
        };
        change(&app, grant).await;
        dead(orphaned.get(&app, PARTS).await);

        let expired = app.bearer(&client, &root, "r:view:part").await;
        app.ctx.clock.advance(3601);
        dead(expired.get(&app, PARTS).await);

        let bob = app.person("bob").await;
        let group = app.group("all", &everything()).await;
        app.join(&bob, &[&group]).await;
        let deactivated = app.bearer(&client, &bob, "r:view:part").await;
        assert_eq!(deactivated.get(&app, PARTS).await.status, 200);
        let off = Change { is_active: Some(false), ..Change::default() };
        person::update(&app.ctx, &Author::operator(), bob.id, off).await.unwrap();
        dead(deactivated.get(&app, PARTS).await);
    }
}
