//! Callers of the API: nobody, people by password, token and session, bearers, applications.

use entities::{
    accounts::user,
    oauth::{access_token, application, grant},
};
use poem::http::{Method, StatusCode};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, DbErr};
use serde_json::Value;
use stockade::{
    accounts::{api_token, group::Rules},
    scope::Role,
    secret::{Kind, digest},
};

use super::App;

/// An answer, as far as tests look.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: poem::http::HeaderMap,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {}", self.text))
    }

    /// A header's only value.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// All values of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// Status and body at once, for one assertion.
    pub(crate) fn pair(&self) -> (u16, Value) {
        (self.status.as_u16(), self.json())
    }
}

/// A caller: the headers that they send.
#[derive(Debug, Clone, Default)]
pub(crate) struct Actor {
    headers: Vec<(String, String)>,
}

impl Actor {
    /// Shows no credential.
    pub(crate) fn anonymous() -> Self {
        Self::default()
    }

    /// Sends this `Authorization` header.
    pub(crate) fn sending(authorization: impl Into<String>) -> Self {
        Self::anonymous().with("Authorization", authorization)
    }

    /// And this one.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The headers that they send.
    pub(crate) fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// Sends a request with a JSON body.
    pub(crate) async fn call(&self, app: &App, method: Method, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| ("application/json", body.to_string().into_bytes()));
        self.send(app, method, path, body).await
    }

    /// Sends a request with any body.
    pub(crate) async fn send(&self, app: &App, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> Answer {
        let mut request = app.client.request(method, path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some((content_type, bytes)) = body {
            if !content_type.is_empty() {
                request = request.content_type(content_type);
            }
            request = request.body(bytes);
        }
        let response = request.send().await.0;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().into_bytes().await.unwrap();
        Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned(), bytes: bytes.to_vec() }
    }

    pub(crate) async fn get(&self, app: &App, path: &str) -> Answer {
        self.call(app, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, app: &App, path: &str, body: Value) -> Answer {
        self.call(app, Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, app: &App, path: &str, body: Value) -> Answer {
        self.call(app, Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, app: &App, path: &str, body: Value) -> Answer {
        self.call(app, Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, app: &App, path: &str, body: Value) -> Answer {
        self.call(app, Method::DELETE, path, Some(body)).await
    }

    /// Makes an object that must be accepted; its primary key.
    pub(crate) async fn make(&self, app: &App, path: &str, body: Value) -> i64 {
        let answer = self.post(app, path, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json()["pk"].as_i64().unwrap()
    }
}

/// Everything on every role.
pub(crate) fn everything() -> Vec<(Role, Rules)> {
    Role::ALL.into_iter().map(|role| (role, Rules::ALL)).collect()
}

impl App {
    /// A person with these rights, by API token.
    pub(crate) async fn by_token(&self, user: &user::Model) -> Actor {
        let issued = api_token::obtain(&self.ctx, user, "test").await.unwrap();
        Actor::sending(format!("Token {}", issued.value))
    }

    /// A new superuser, by API token.
    pub(crate) async fn root(&self) -> Actor {
        let user = self.superuser("root").await;
        self.by_token(&user).await
    }

    /// An application with these scopes.
    pub(crate) async fn application(&self, client_id: &str, scope: &str) -> application::Model {
        self.enrol(client_id, |row| row.scope = Set(scope.to_owned())).await.row
    }

    /// A person who acts through an application, by an access token with these scopes.
    pub(crate) async fn bearer(&self, application: &application::Model, user: &user::Model, scope: &str) -> Actor {
        self.access_token(application, Some(user), scope).await.0
    }

    /// An application that acts for itself, by an access token with these scopes.
    pub(crate) async fn itself(&self, application: &application::Model, scope: &str) -> Actor {
        self.access_token(application, None, scope).await.0
    }

    /// An access token and its grant, if it has one.
    pub(crate) async fn access_token(
        &self,
        application: &application::Model,
        user: Option<&user::Model>,
        scope: &str,
    ) -> (Actor, access_token::Model) {
        let now = self.ctx.clock.now();
        let value = Kind::AccessToken.generate(self.ctx.rng);
        let (application_id, user_id) = (application.id, user.map(|user| user.id));
        let (hash, scope) = (digest(&value), scope.to_owned());
        let token = self.ctx.db.write(|tx| async move {
            let mut grant_id = None;
            if let Some(user_id) = user_id {
                let grant = grant::ActiveModel {
                    application_id: Set(application_id),
                    user_id: Set(user_id),
                    sid: Set("sid".into()),
                    scope: Set(scope.clone()),
                    auth_time: Set(now),
                    amr: Set("pwd".into()),
                    created: Set(now),
                    last_used: Set(now),
                    ..Default::default()
                };
                grant_id = Some(grant.insert(&*tx).await?.id);
            }
            let token = access_token::ActiveModel {
                digest: Set(hash),
                application_id: Set(application_id),
                grant_id: Set(grant_id),
                user_id: Set(user_id),
                scope: Set(scope),
                created: Set(now),
                expires: Set(now + 3600),
                ..Default::default()
            };
            token.insert(&*tx).await.map_err(|error: DbErr| error)
        });
        (Actor::sending(format!("Bearer {value}")), token.await.unwrap())
    }
}
