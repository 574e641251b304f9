//! People and groups for tests.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use entities::{
    accounts::{group, user},
    oauth::{application, grant},
};
use sea_orm::{ActiveValue::Set, DbErr, prelude::*};
use stockade::{
    accounts::{
        author::Author,
        group::{self as groups, Rules},
        person::{self, Change, New},
    },
    scope::Role,
    secret,
};

use super::{App, actors::Actor};

/// The password of everybody whom a test makes.
pub(crate) const PASSWORD: &str = "correct horse battery";

impl App {
    /// Somebody who may log in and nothing else.
    pub(crate) async fn person(&self, username: &str) -> user::Model {
        self.make(New { username: username.into(), ..New::default() }).await
    }

    /// Staff without any role.
    pub(crate) async fn staff(&self, username: &str) -> user::Model {
        self.make(New { username: username.into(), is_staff: true, ..New::default() }).await
    }

    /// A superuser, who is staff too.
    pub(crate) async fn superuser(&self, username: &str) -> user::Model {
        self.make(New { username: username.into(), is_staff: true, is_superuser: true, ..New::default() }).await
    }

    async fn make(&self, new: New) -> user::Model {
        person::create(&self.ctx, &Author::operator(), new, Some(PASSWORD)).await.unwrap()
    }

    /// A group with these rules, and nothing in every other role.
    pub(crate) async fn group(&self, name: &str, rules: &[(Role, Rules)]) -> group::Model {
        let group = groups::create(&self.ctx, &Author::operator(), name).await.unwrap();
        for (role, rules) in rules {
            groups::set_rules(&self.ctx, &Author::operator(), group.id, *role, *rules).await.unwrap();
        }
        group
    }

    /// Puts a person into exactly these groups.
    pub(crate) async fn join(&self, person: &user::Model, groups: &[&group::Model]) {
        let groups: BTreeSet<i32> = groups.iter().map(|group| group.id).collect();
        let change = Change { groups: Some(groups), ..Change::default() };
        person::update(&self.ctx, &Author::operator(), person.id, change).await.unwrap();
    }

    /// A new person with these rights, by API token.
    pub(crate) async fn entitled(&self, username: &str, rules: &[(Role, Rules)]) -> Actor {
        let (person, group) = (self.person(username).await, self.group(username, rules).await);
        self.join(&person, &[&group]).await;
        self.by_token(&person).await
    }

    /// Something that the person allowed an application; returns the grant's id.
    pub(crate) async fn grant_to(&self, person: &user::Model) -> i32 {
        let now = self.ctx.clock.now();
        let application = application::ActiveModel {
            client_id: Set(format!("app-{}", secret::hex(&self.ctx.rng.bytes::<8>()))),
            name: Set("An application".into()),
            client_type: Set("public".into()),
            grant_types: Set("authorization_code".into()),
            redirect_uris: Set(String::new()),
            post_logout_redirect_uris: Set(String::new()),
            allowed_origins: Set(String::new()),
            algorithm: Set("RS256".into()),
            scope: Set(stockade::scope::Scopes::all().to_string()),
            default_scope: Set(String::new()),
            require_pkce: Set(true),
            consent: Set("always".into()),
            access_token_lifetime: Set(600),
            id_token_lifetime: Set(600),
            refresh_token_lifetime: Set(600),
            refresh_token_idle_lifetime: Set(600),
            client_uri: Set(String::new()),
            logo_uri: Set(String::new()),
            policy_uri: Set(String::new()),
            tos_uri: Set(String::new()),
            is_active: Set(true),
            is_default: Set(false),
            created: Set(now),
            updated: Set(now),
            ..Default::default()
        };
        let user_id = person.id;
        self.ctx
            .db
            .write(|tx| async move {
                let application = application.insert(&*tx).await?;
                let grant = grant::ActiveModel {
                    application_id: Set(application.id),
                    user_id: Set(user_id),
                    sid: Set("sid".into()),
                    scope: Set(stockade::scope::Scopes::all().to_string()),
                    auth_time: Set(now),
                    amr: Set("pwd".into()),
                    created: Set(now),
                    last_used: Set(now),
                    ..Default::default()
                };
                Ok::<_, DbErr>(grant.insert(&*tx).await?.id)
            })
            .await
            .unwrap()
    }

    /// An application of its own that acts for a person, by an access token with these scopes.
    pub(crate) async fn acting_for(&self, person: &user::Model, scope: &str) -> Actor {
        let application = self.application(&secret::hex(&self.ctx.rng.bytes::<8>()), scope).await;
        self.bearer(&application, person, scope).await
    }

    /// An application of its own that acts for itself.
    pub(crate) async fn acting_alone(&self, scope: &str) -> Actor {
        let application = self.application(&secret::hex(&self.ctx.rng.bytes::<8>()), scope).await;
        self.itself(&application, scope).await
    }
}

impl Actor {
    /// Changes a setting for everybody.
    pub(crate) async fn set(&self, app: &App, key: &str, value: serde_json::Value) {
        let body = serde_json::json!({ "value": value });
        let answer = self.patch(app, &format!("/api/settings/global/{key}/"), body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

/// How many statements a GET costs once its caller is known: the least of some tries, since a token's first use is noted
/// in the background.
pub(crate) async fn cost(app: &App, caller: &Actor, path: &str) -> u64 {
    let mut least = u64::MAX;
    for _ in 0..5 {
        let before = app.ctx.db.statements();
        caller.get(app, path).await;
        least = least.min(app.ctx.db.statements() - before);
    }
    least
}

/// Somebody by name and password, as the InvenTree client logs in.
pub(crate) fn basic(username: &str, password: &str) -> Actor {
    Actor::sending(format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
}
