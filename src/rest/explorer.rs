//! `/api-doc/`: the document as a page to try operations on, by Swagger UI from our own server. It logs in as any client
//! does: the default application, an authorization code and PKCE.

use askama::Template;
use poem::{
    IntoResponse as _, Response, Route, handler,
    http::{HeaderValue, header},
    web::Data,
};

use crate::{
    ctx::Ctx,
    oauth::application::default::{CLIENT_ID, DOCUMENTATION_PATH},
    web::{Page, get},
};

#[derive(Template)]
#[template(path = "api_doc/index.html")]
struct Index {
    instance: String,
    client_id: &'static str,
    redirect: String,
}

#[derive(Template)]
#[template(path = "api_doc/redirect.html")]
struct Redirect {
    instance: String,
}

/// Everything under `/api-doc`.
pub fn explorer() -> Route {
    Route::new().at("/", get(index)).at("/oauth2-redirect.html", get(redirect))
}

#[handler]
fn index(Data(ctx): Data<&Ctx>) -> Response {
    let page = Page(Index {
        instance: ctx.config.instance.clone(),
        client_id: CLIENT_ID,
        redirect: ctx.config.url(DOCUMENTATION_PATH),
    });
    let mut response = page.into_response();
    // As every page, and it may ask this server. Swagger UI's pictures are in its style sheet.
    let policy = response.headers().get(header::CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let policy = policy.map(|policy| HeaderValue::try_from(format!("{policy}; connect-src 'self'")));
    if let Some(Ok(policy)) = policy {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

#[handler]
fn redirect(Data(ctx): Data<&Ctx>) -> Response {
    Page(Redirect { instance: ctx.config.instance.clone() }).into_response()
}
