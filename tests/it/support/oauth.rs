//! The authorization server as applications meet it: registered clients, and the way to a code and to tokens by HTTP.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use entities::oauth::{application, application_secret};
use poem::http::{Method, StatusCode};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set};
use serde_json::Value;
use stockade::{
    scope::Scopes,
    secret::{self, Kind},
};
use url::{Url, form_urlencoded};

use super::{
    App,
    actors::{Actor, Answer},
    browser::{self, Browser},
    people::PASSWORD,
};

/// Where the applications of tests are called back.
pub(crate) const CALLBACK: &str = "https://app.example/cb?keep=1";

/// A PKCE verifier.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// The S256 challenge of a verifier.
pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// A registered application, with its secret if it has one.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) row: application::Model,
    pub(crate) secret: Option<String>,
}

/// Tokens as they came.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) scope: String,
}

impl Tokens {
    pub(crate) fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let json = answer.json();
        let text = |name: &str| json.get(name).map(|value| value.as_str().unwrap().to_owned());
        assert_eq!(json["token_type"], "Bearer");
        Self {
            access: text("access_token").unwrap(),
            refresh: text("refresh_token"),
            id: text("id_token"),
            scope: text("scope").expect("the scope is always told"),
        }
    }

    pub(crate) fn refresh(&self) -> &str {
        self.refresh.as_deref().expect("a refresh token")
    }
}

/// The parameters of a URL's query.
pub(crate) fn query(location: &str) -> Vec<(String, String)> {
    Url::parse(location).unwrap_or_else(|e| panic!("{e}: {location}")).query_pairs().into_owned().collect()
}

/// One parameter of a URL's query.
pub(crate) fn parameter(location: &str, name: &str) -> Option<String> {
    query(location).into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// A hidden field, with its entities read.
pub(crate) fn hidden(answer: &browser::Answer, name: &str) -> String {
    let raw = answer.hidden(name).unwrap_or_else(|| panic!("no field {name} in {}", answer.body));
    raw.replace("&#38;", "&").replace("&amp;", "&").replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<")
}

/// A form body.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

impl Client {
    pub(crate) fn id(&self) -> &str {
        &self.row.client_id
    }

    /// The parameters of a good authorization request.
    pub(crate) fn asks<'a>(&'a self, scope: &'a str) -> Vec<(&'a str, String)> {
        vec![
            ("response_type", "code".into()),
            ("client_id", self.id().into()),
            ("redirect_uri", CALLBACK.into()),
            ("scope", scope.into()),
            ("state", "a state".into()),
            ("nonce", "n-1".into()),
            ("code_challenge", challenge(VERIFIER)),
            ("code_challenge_method", "S256".into()),
        ]
    }

    /// The address of a good authorization request.
    pub(crate) fn url(&self, scope: &str) -> String {
        authorize(&self.asks(scope))
    }

    /// By Basic if it has a secret.
    pub(crate) fn actor(&self) -> Actor {
        match &self.secret {
            Some(secret) => Actor::sending(basic(self.id(), secret)),
            None => Actor::anonymous(),
        }
    }

    /// Sends a form to a protocol endpoint, authenticated as it should be.
    pub(crate) async fn post(&self, app: &App, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut fields = fields.to_vec();
        if self.secret.is_none() {
            fields.push(("client_id", self.id()));
        }
        post(&self.actor(), app, path, &fields).await
    }

    /// Exchanges a code.
    pub(crate) async fn redeem(&self, app: &App, code: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.post(app, "/o/token/", &fields).await
    }

    /// Exchanges a refresh token.
    pub(crate) async fn refresh(&self, app: &App, token: &str) -> Answer {
        self.post(app, "/o/token/", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// Whether the server calls a token active; by a confidential client only.
    pub(crate) async fn introspect(&self, app: &App, token: &str) -> Value {
        let answer = self.post(app, "/o/introspect/", &[("token", token)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()
    }

    /// Log in, allow, redeem.
    pub(crate) async fn tokens(&self, app: &App, username: &str, scope: &str) -> Tokens {
        let browser = Browser::logged_in(app, username, PASSWORD).await;
        self.tokens_in(app, &browser, scope).await
    }

    /// Allow in a browser that is logged in, redeem.
    pub(crate) async fn tokens_in(&self, app: &App, browser: &Browser<'_>, scope: &str) -> Tokens {
        let code = browser.code(&self.url(scope)).await;
        Tokens::of(&self.redeem(app, &code).await)
    }
}

/// `Basic`, by RFC 6749 section 2.3.1.
pub(crate) fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret))))
}

/// Sends a form.
pub(crate) async fn post(actor: &Actor, app: &App, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = form(fields).into_bytes();
    actor.send(app, Method::POST, path, Some(("application/x-www-form-urlencoded", body))).await
}

/// The address of an authorization request.
pub(crate) fn authorize(parameters: &[(&str, String)]) -> String {
    let fields: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    format!("/o/authorize/?{}", form(&fields))
}

/// The same request with some parameters changed; an empty value takes one out.
pub(crate) fn with<'a>(parameters: &[(&'a str, String)], changes: &[(&'a str, &str)]) -> Vec<(&'a str, String)> {
    let kept = parameters.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)).cloned();
    let new = changes.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (*name, (*value).to_owned()));
    kept.chain(new).collect()
}

impl Browser<'_> {
    /// Opens an address and follows redirects on this server, to where a page is shown or another site is reached.
    pub(crate) async fn follow(&self, path: &str) -> browser::Answer {
        let mut answer = self.get(path).await;
        for _ in 0..5 {
            if !answer.location().starts_with('/') {
                return answer;
            }
            answer = self.get(answer.location()).await;
        }
        panic!("no end of redirects: {}", answer.location());
    }

    /// Presses a button of the consent page.
    pub(crate) async fn decide(&self, page: &browser::Answer, decision: &str) -> browser::Answer {
        let (request, ticket) = (hidden(page, "request"), hidden(page, "ticket"));
        self.post("/o/consent/", &[("request", &request), ("ticket", &ticket), ("decision", decision)]).await
    }

    /// Opens an authorization request and allows it; where the browser is sent.
    pub(crate) async fn allow(&self, url: &str) -> String {
        let page = self.follow(url).await;
        let answer = if page.status == StatusCode::OK { self.decide(&page, "allow").await } else { page };
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.location().to_owned()
    }

    /// The code of an authorization request that is allowed.
    pub(crate) async fn code(&self, url: &str) -> String {
        let location = self.allow(url).await;
        parameter(&location, "code").unwrap_or_else(|| panic!("no code in {location}"))
    }
}

impl App {
    /// Registers an application that may do everything, changed as a test wants it.
    pub(crate) async fn enrol(&self, client_id: &str, change: impl FnOnce(&mut application::ActiveModel)) -> Client {
        let now = self.ctx.clock.now();
        let scopes = Scopes::all().to_string();
        let mut row = application::ActiveModel {
            client_id: Set(client_id.to_owned()),
            name: Set(format!("The {client_id}")),
            client_type: Set("confidential".into()),
            grant_types: Set("authorization_code refresh_token client_credentials".into()),
            redirect_uris: Set(format!("{CALLBACK}\nhttp://127.0.0.1/cb\nhttp://[::1]/cb")),
            post_logout_redirect_uris: Set("https://app.example/bye".into()),
            allowed_origins: Set("https://app.example".into()),
            algorithm: Set("RS256".into()),
            scope: Set(scopes),
            default_scope: Set("openid g:read".into()),
            require_pkce: Set(true),
            consent: Set("always".into()),
            access_token_lifetime: Set(600),
            id_token_lifetime: Set(600),
            refresh_token_lifetime: Set(86_400),
            refresh_token_idle_lifetime: Set(3600),
            client_uri: Set(String::new()),
            logo_uri: Set(String::new()),
            policy_uri: Set(String::new()),
            tos_uri: Set(String::new()),
            is_active: Set(true),
            is_default: Set(false),
            created_by: Set(None),
            created: Set(now),
            updated: Set(now),
            ..Default::default()
        };
        change(&mut row);
        let is_public = *row.client_type.as_ref() == "public";
        let row = self.ctx.db.write(|tx| async move { row.insert(&*tx).await }).await.unwrap();
        let secret = if is_public { None } else { Some(self.new_secret(&row, None).await) };
        Client { row, secret }
    }

    /// Gives an application one more secret.
    pub(crate) async fn new_secret(&self, application: &application::Model, expires: Option<i64>) -> String {
        let value = Kind::ClientSecret.generate(self.ctx.rng);
        let row = application_secret::ActiveModel {
            application_id: Set(application.id),
            digest: Set(secret::digest(&value)),
            created: Set(self.ctx.clock.now()),
            expires: Set(expires),
            ..Default::default()
        };
        self.ctx.db.write(|tx| async move { row.insert(&*tx).await }).await.unwrap();
        value
    }

    /// An application that keeps a secret.
    pub(crate) async fn confidential(&self, client_id: &str) -> Client {
        self.enrol(client_id, |_| {}).await
    }

    /// An application that cannot.
    pub(crate) async fn public(&self, client_id: &str) -> Client {
        self.enrol(client_id, |row| {
            row.client_type = Set("public".into());
            row.grant_types = Set("authorization_code refresh_token".into());
        })
        .await
    }

    /// Changes the row of an application.
    pub(crate) async fn change(&self, client: &Client, change: impl FnOnce(&mut application::ActiveModel)) -> Client {
        let mut row: application::ActiveModel = client.row.clone().into();
        change(&mut row);
        let row = self.ctx.db.write(|tx| async move { row.update(&*tx).await }).await.unwrap();
        Client { row, secret: client.secret.clone() }
    }

    /// What a bearer gets at userinfo.
    pub(crate) async fn userinfo(&self, token: &str) -> Answer {
        Actor::sending(format!("Bearer {token}")).get(self, "/o/userinfo/").await
    }
}

/// The header and the claims of a JWT, unverified.
pub(crate) fn jwt(token: &str) -> (Value, Value) {
    let part = |n: usize| {
        let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    (part(0), part(1))
}
