//! The answer to the application, success or error alike, in the mode that it asked for. Built in this one place (RFC 6749
//! sections 4.1.2 and 4.1.2.1, RFC 9207, OAuth 2.0 Form Post Response Mode 1.0, JWT Secured Authorization Response Mode).

use std::sync::LazyLock;

use askama::Template;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::Algorithm;
use poem::{
    IntoResponse as _, Request, Response,
    http::{HeaderValue, StatusCode, header},
};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

use super::response_mode::{Carrier, Channel};
use crate::{
    accounts,
    ctx::Ctx,
    signing::SigningError,
    web::{Frame, Page},
};

/// How long a signed answer is good, in seconds. JARM 2.1: "A maximum JWT lifetime of 10 minutes is RECOMMENDED."
const SIGNED_SECONDS: i64 = 300;

/// Where an answer goes and how; made by `Target` alone, whose redirect URI was verified.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) application: String,
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) channel: Channel,
    /// What signs it where it is signed.
    pub(super) algorithm: Algorithm,
    /// In the order in which they are sent; `state` and `iss` are among them.
    pub(super) parameters: Vec<(&'static str, String)>,
}

impl Answer {
    /// Sends the browser back with it.
    pub(super) async fn send(self, ctx: &Ctx, request: &Request) -> Result<Response, SigningError> {
        let packed = self.packed(ctx).await?;
        Ok(match packed.channel.carrier {
            Carrier::FormPost => packed.form(ctx, request, true),
            Carrier::Query | Carrier::Fragment => leave(&packed.location()),
        })
    }

    /// A page of ours from which a person may carry it back by a click of their own.
    pub(super) async fn offer(self, ctx: &Ctx, request: &Request) -> Result<Response, SigningError> {
        let packed = self.packed(ctx).await?;
        Ok(match packed.channel.carrier {
            Carrier::FormPost => packed.form(ctx, request, false),
            Carrier::Query | Carrier::Fragment => {
                let location = packed.location();
                let frame = accounts::frame(ctx, request, None);
                Page(CancelledPage { frame, application: packed.application, location }).into_response()
            }
        })
    }

    /// JARM 2.1: the parameters become the claims of one JWT, the value of the one parameter `response`.
    async fn packed(self, ctx: &Ctx) -> Result<Self, SigningError> {
        if !self.channel.is_signed {
            return Ok(self);
        }
        let text = |(name, value): &(&'static str, String)| ((*name).to_owned(), Value::String(value.clone()));
        let mut claims: Map<String, Value> = self.parameters.iter().map(text).collect();
        // "iss REQUIRED, aud REQUIRED the client_id of the client the response is intended for, exp REQUIRED".
        claims.insert("iss".to_owned(), ctx.config.issuer().into());
        claims.insert("aud".to_owned(), self.client_id.clone().into());
        claims.insert("exp".to_owned(), (ctx.clock.now() + SIGNED_SECONDS).into());
        let response = ctx.signing.sign(self.algorithm, "JWT", &claims).await?;
        Ok(Self { parameters: vec![("response", response)], ..self })
    }

    /// The redirect URI with the parameters. A query that was registered is kept.
    fn location(&self) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.parameters).finish();
        let separator = match self.channel.carrier {
            Carrier::Fragment => '#',
            _ if self.redirect_uri.contains('?') => '&',
            _ => '?',
        };
        format!("{}{separator}{query}", self.redirect_uri)
    }

    /// Form Post Response Mode 2: "encoded as HTML form values that are auto-submitted in the User Agent". Where no script
    /// runs there is a button.
    fn form(self, ctx: &Ctx, request: &Request, is_automatic: bool) -> Response {
        let target = self.redirect_uri.clone();
        let page = FormPostPage {
            frame: accounts::frame(ctx, request, None),
            application: self.application,
            action: self.redirect_uri,
            parameters: self.parameters,
            is_cancelled: !is_automatic,
            script: if is_automatic { SUBMIT } else { "" },
        };
        let page = Page(page).form_action(&target);
        let page = if is_automatic { page.inline_script(&SUBMIT_HASH) } else { page };
        page.into_response()
    }
}

/// All that the page's script does. Its hash is what the page's policy allows.
const SUBMIT: &str = "document.getElementById('form-post').submit()";

static SUBMIT_HASH: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(SUBMIT)));

#[derive(Template)]
#[template(path = "oauth/form_post.html")]
struct FormPostPage {
    frame: Frame,
    application: String,
    action: String,
    parameters: Vec<(&'static str, String)>,
    is_cancelled: bool,
    script: &'static str,
}

#[derive(Template)]
#[template(path = "oauth/cancelled.html")]
struct CancelledPage {
    frame: Frame,
    application: String,
    location: String,
}

/// Leaves this server. 303, so that no form is repeated to the application (RFC 9700 section 4.12); no referrer, so that
/// nothing of this address goes along.
fn leave(location: &str) -> Response {
    let mut response = Response::builder().status(StatusCode::SEE_OTHER).finish();
    let headers = response.headers_mut();
    match HeaderValue::try_from(location) {
        Ok(location) => _ = headers.insert(header::LOCATION, location),
        // Registered URIs and encoded parameters are visible ASCII; nothing else gets here.
        Err(_) => response.set_status(StatusCode::BAD_REQUEST),
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
