//! Session management (`OpenID` Connect Session Management 1.0): a frame of this server inside an application's page answers
//! whether the browser's session is still the one that the application knows.
//!
//! The frame's script compares `session_state` with what the cookie says now; nothing is asked of the server. The cookie
//! says nothing either: it is a keyed digest of the session.

use aws_lc_rs::digest::{SHA256, digest};
use entities::accounts::session as row;
use poem::{
    Response, handler,
    http::{HeaderValue, header},
};
use url::Url;

use crate::{accounts::session, ctx::Ctx, secret::hex, web::asset};

/// The path of the frame.
pub(in crate::oauth) const PATH: &str = "/session/";

/// Section 2: "a JSON string that represents the End-User's login state at the OP. It MUST NOT contain the space (" ")
/// character. ... `session_state` is based on a salted cryptographic hash of Client ID, origin URL, and OP User Agent state."
/// None for a redirect URI without an origin: no frame could ever ask.
pub(in crate::oauth) fn of(ctx: &Ctx, client_id: &str, redirect_uri: &str, session: &row::Model) -> Option<String> {
    let origin = Url::parse(redirect_uri).ok()?.origin();
    if !origin.is_tuple() {
        return None;
    }
    let salt = hex(&ctx.rng.bytes::<8>());
    let state = session::browser_state(ctx, &session.digest);
    let text = format!("{client_id} {} {state} {salt}", origin.ascii_serialization());
    Some(format!("{}.{salt}", hex(digest(&SHA256, text.as_bytes()).as_ref())))
}

/// `GET /o/session/`: the one page of this server that may stand in a frame anywhere. It shows nothing and does nothing
/// but answer its parent.
#[handler]
pub(super) fn frame() -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Session</title>\
         <script src=\"{}\"></script></head><body></body></html>\n",
        asset("js/session.js")
    );
    let mut response = Response::builder().content_type("text/html; charset=utf-8").body(html);
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    for (name, value) in fixed {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
