//! What a superuser or a person does on the pages, as the holder of real tokens meets it, from the next request on.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use poem::http::{Method, StatusCode};
use stockade::oauth::{
    access_token,
    application::{Application, Draft},
};
use url::{Url, form_urlencoded};

use crate::support::{
    App,
    actors::{Actor, Answer},
    applications::draft,
    both, browser,
    browser::Browser,
    people::PASSWORD,
};

const CALLBACK: &str = "https://app.example/callback";

// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A registered application that keeps a secret.
struct Client {
    row: Application,
    secret: String,
}

struct Tokens {
    access: String,
    refresh: String,
    scope: String,
}

impl Tokens {
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let json = answer.json();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token"), scope: text("scope") }
    }
}

impl Client {
    async fn register(app: &App, consent: &str) -> Self {
        let stored = app.register(&Draft { consent: consent.into(), ..draft("The portal") }).await;
        Self { row: stored.application, secret: stored.secret.unwrap() }
    }

    /// An authorization request.
    fn url(&self, scope: &str, redirect_uri: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.row.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", scope)
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256")
            .finish();
        format!("/o/authorize/?{query}")
    }

    async fn ask(&self, app: &App, path: &str, fields: &[(&str, &str)]) -> Answer {
        let basic = STANDARD.encode(format!("{}:{}", self.row.client_id, self.secret));
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let body = Some(("application/x-www-form-urlencoded", body.into_bytes()));
        Actor::sending(format!("Basic {basic}")).send(app, Method::POST, path, body).await
    }

    async fn redeem(&self, app: &App, code: &str) -> Answer {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.ask(app, "/o/token/", &fields).await
    }

    async fn refresh(&self, app: &App, token: &str) -> Answer {
        self.ask(app, "/o/token/", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    async fn introspect(&self, app: &App, token: &str) -> String {
        self.ask(app, "/o/introspect/", &[("token", token)]).await.text
    }

    /// What a person allows it in this browser.
    async fn tokens(&self, app: &App, browser: &Browser<'_>, scope: &str) -> Tokens {
        Tokens::of(&self.redeem(app, &code(browser, &self.url(scope, CALLBACK)).await).await)
    }
}

/// Opens an address and follows redirects on this server.
async fn follow(browser: &Browser<'_>, path: &str) -> browser::Answer {
    let mut answer = browser.get(path).await;
    while answer.location().starts_with('/') {
        answer = browser.get(answer.location()).await;
    }
    answer
}

/// The code that an application is sent, if need be after the consent.
async fn code(browser: &Browser<'_>, url: &str) -> String {
    let mut answer = follow(browser, url).await;
    if answer.status == StatusCode::OK {
        let hidden = |name: &str| answer.hidden(name).unwrap().replace("&#38;", "&").replace("&amp;", "&");
        let (request, ticket) = (hidden("request"), hidden("ticket"));
        let fields = [("request", request.as_str()), ("ticket", &ticket), ("decision", "allow")];
        answer = browser.post("/o/consent/", &fields).await;
    }
    let location = Url::parse(answer.location()).unwrap_or_else(|e| panic!("{e}: {}", answer.body));
    location.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned()
}

async fn userinfo(app: &App, token: &str) -> StatusCode {
    Actor::sending(format!("Bearer {token}")).get(app, "/o/userinfo/").await.status
}

async fn root(app: &App) -> Browser<'_> {
    app.superuser("root").await;
    Browser::logged_in(app, "root", PASSWORD).await
}

/// What a token may, as every resource server here asks; nothing if it is dead.
async fn scopes(app: &App, token: &str) -> Option<String> {
    access_token::live(&app.ctx, token).await.unwrap().map(|live| live.scopes.to_string())
}

/// What the API answers to a bearer.
async fn parts(app: &App, token: &str) -> StatusCode {
    Actor::sending(format!("Bearer {token}")).get(app, "/api/part/").await.status
}

/// A token of the application itself.
async fn own(app: &App, client: &Client) -> String {
    let fields = [("grant_type", "client_credentials"), ("scope", "r:view:part")];
    Tokens::of(&client.ask(app, "/o/token/", &fields).await).access
}

async fn press(browser: &Browser<'_>, client: &Client, page: &str, fields: &[(&str, &str)]) {
    let answer = browser.post(&format!("/o/applications/{}/{page}/", client.row.id), fields).await;
    assert!(matches!(answer.status, StatusCode::SEE_OTHER | StatusCode::OK), "{page}: {}", answer.body);
}

both! {
    async fn disabling_an_application_ends_its_tokens_and_enabling_revives_none(app: App) {
        let browser = root(&app).await;
        let client = Client::register(&app, "always").await;
        let (own, theirs) = (own(&app, &client).await, client.tokens(&app, &browser, "openid r:view:part").await);
        assert_eq!(scopes(&app, &own).await.unwrap(), "r:view:part");
        assert_eq!(scopes(&app, &theirs.access).await.unwrap(), "openid r:view:part");
        assert_eq!((parts(&app, &own).await, parts(&app, &theirs.access).await), (StatusCode::OK, StatusCode::OK));
        assert_eq!(userinfo(&app, &theirs.access).await, StatusCode::OK);

        press(&browser, &client, "disable", &[]).await;
        for token in [&own, &theirs.access] {
            assert_eq!((scopes(&app, token).await, parts(&app, token).await), (None, StatusCode::UNAUTHORIZED));
            assert_eq!(userinfo(&app, token).await, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(client.refresh(&app, &theirs.refresh).await.status, StatusCode::UNAUTHORIZED);
        let asked = client.ask(&app, "/o/token/", &[("grant_type", "client_credentials")]).await;
        assert_eq!((asked.status, &asked.json()["error"]), (StatusCode::UNAUTHORIZED, &"invalid_client".into()));
        let page = follow(&browser, &client.url("openid", CALLBACK)).await;
        assert!(page.status.is_client_error() && page.location().is_empty(), "an error page, no redirect");

        press(&browser, &client, "enable", &[]).await;
        for token in [&own, &theirs.access] {
            assert_eq!((scopes(&app, token).await, parts(&app, token).await), (None, StatusCode::UNAUTHORIZED));
            assert_eq!(client.introspect(&app, token).await, "{\"active\":false}");
        }
        assert_eq!(client.refresh(&app, &theirs.refresh).await.status, StatusCode::BAD_REQUEST);
    }

    async fn deleting_an_application_ends_its_tokens(app: App) {
        let browser = root(&app).await;
        let client = Client::register(&app, "always").await;
        let (own, theirs) = (own(&app, &client).await, client.tokens(&app, &browser, "openid r:view:part").await);
        press(&browser, &client, "delete", &[]).await;
        for token in [&own, &theirs.access] {
            assert_eq!((scopes(&app, token).await, parts(&app, token).await), (None, StatusCode::UNAUTHORIZED));
        }
        assert_eq!(client.refresh(&app, &theirs.refresh).await.status, StatusCode::UNAUTHORIZED);
    }

    async fn a_code_from_before_opens_nothing_afterwards(app: App) {
        let browser = root(&app).await;
        let client = Client::register(&app, "always").await;
        let code = code(&browser, &client.url("openid", CALLBACK)).await;
        press(&browser, &client, "disable", &[]).await;
        press(&browser, &client, "enable", &[]).await;
        assert_eq!(client.redeem(&app, &code).await.json()["error"], "invalid_grant");
    }

    async fn a_leaked_secret_is_worth_nothing_and_neither_are_the_tokens_it_bought(app: App) {
        let browser = root(&app).await;
        let client = Client::register(&app, "always").await;
        let (own, theirs) = (own(&app, &client).await, client.tokens(&app, &browser, "openid r:view:part").await);
        let address = format!("/o/applications/{}/secret/", client.row.id);
        let shown = browser.post(&address, &[("overlap", "0")]).await;
        for token in [&own, &theirs.access] {
            assert_eq!((scopes(&app, token).await, parts(&app, token).await), (None, StatusCode::UNAUTHORIZED));
        }
        assert_eq!(client.refresh(&app, &theirs.refresh).await.status, StatusCode::UNAUTHORIZED);
        // The owner goes on with the new one: people need not log in again.
        let (_, rest) = shown.body.split_once("<code id=\"client-secret\">").unwrap();
        let renewed = Client { secret: rest.split('<').next().unwrap().to_owned(), ..client };
        let again = Tokens::of(&renewed.refresh(&app, &theirs.refresh).await);
        assert_eq!(scopes(&app, &again.access).await.unwrap(), "openid r:view:part");
    }

    async fn a_narrower_scope_holds_for_tokens_that_are_out_there(app: App) {
        let browser = root(&app).await;
        let client = Client::register(&app, "always").await;
        let (own, theirs) = (own(&app, &client).await, client.tokens(&app, &browser, "openid r:view:part").await);
        let form = [
            ("name", "Portal"),
            ("client_type", "confidential"),
            ("grant_types", "authorization_code"),
            ("grant_types", "refresh_token"),
            ("grant_types", "client_credentials"),
            ("redirect_uris", CALLBACK),
            ("algorithm", "RS256"),
            ("scope", "openid"),
            ("scope", "g:read"),
            ("require_pkce", "on"),
            ("consent", "always"),
            ("access_token_lifetime", "600"),
            ("id_token_lifetime", "600"),
            ("refresh_token_lifetime", "86400"),
            ("refresh_token_idle_lifetime", "3600"),
        ];
        press(&browser, &client, "update", &form).await;
        for token in [&own, &theirs.access] {
            assert_eq!((scopes(&app, token).await, parts(&app, token).await), (None, StatusCode::UNAUTHORIZED));
        }
        let narrower = Tokens::of(&client.refresh(&app, &theirs.refresh).await);
        assert_eq!(narrower.scope, "openid");
        assert_eq!(scopes(&app, &narrower.access).await.unwrap(), "openid");
        assert_eq!(parts(&app, &narrower.access).await, StatusCode::FORBIDDEN);
        let fields = [("grant_type", "client_credentials"), ("scope", "r:view:part")];
        assert_eq!(client.ask(&app, "/o/token/", &fields).await.json()["error"], "invalid_scope");
    }

    async fn what_a_person_revokes_is_over_and_is_asked_again(app: App) {
        let browser = root(&app).await;
        let client = Client::register(&app, "remember").await;
        let theirs = client.tokens(&app, &browser, "openid r:view:part").await;
        let remembered = follow(&browser, &client.url("openid r:view:part", CALLBACK)).await;
        assert!(remembered.location().contains("code="), "remembered, so not asked");
        let page = browser.get("/o/authorized_tokens/").await;
        assert!(page.body.contains("The portal") && page.body.contains("View parts"), "{}", page.body);

        let answer = browser.post(&format!("/o/authorized_tokens/{}/delete/", client.row.id), &[]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let access = (scopes(&app, &theirs.access).await, parts(&app, &theirs.access).await);
        assert_eq!(access, (None, StatusCode::UNAUTHORIZED));
        assert_eq!(userinfo(&app, &theirs.access).await, StatusCode::UNAUTHORIZED);
        assert_eq!(client.introspect(&app, &theirs.refresh).await, "{\"active\":false}");
        assert_eq!(client.refresh(&app, &theirs.refresh).await.json()["error"], "invalid_grant");
        let url = Url::parse(remembered.location()).unwrap();
        let code = url.query_pairs().find(|(name, _)| name == "code").unwrap().1;
        assert_eq!(client.redeem(&app, &code).await.json()["error"], "invalid_grant");
        let asked = follow(&browser, &client.url("openid r:view:part", CALLBACK)).await;
        assert_eq!(asked.status, StatusCode::OK, "asked again");
        assert!(asked.body.contains("consent-allow"));
    }

    async fn the_browser_is_told_plainly_what_the_administrator_sees_in_detail(app: App) {
        let browser = root(&app).await;
        let client = Client::register(&app, "always").await;
        let refused = follow(&browser, &client.url("openid", "https://app.example/CALLBACK")).await;
        assert!(refused.status.is_client_error() && refused.location().is_empty());
        assert!(!refused.body.contains(CALLBACK), "what is registered is not told");
        let page = browser.get(&format!("/o/applications/{}/", client.row.id)).await;
        assert!(page.body.contains("https://app.example/<mark class=\"added\">CALLBACK</mark>"), "{}", page.body);
    }
}
