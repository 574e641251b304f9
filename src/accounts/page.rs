//! What every page of every feature does about people: know who looks, send strangers to the login, and turn what goes
//! wrong into `error.html`.

use poem::{Endpoint, EndpointExt as _, IntoResponse as _, Request, Response, http::StatusCode, middleware::ReqId};
use url::{Url, form_urlencoded};

use super::session::{self, Login};
use crate::{
    ctx::Ctx,
    web::{Fault, Frame, Here, Person, csrf, form::Form},
};

/// The frame of a page.
pub fn frame(ctx: &Ctx, request: &Request, login: Option<&Login>) -> Frame {
    Frame {
        instance: ctx.config.instance.clone(),
        person: login.map(|login| Person { name: login.user.username.clone(), is_superuser: login.user.is_superuser }),
        csrf: csrf::Token::of(request).map(csrf::Token::value).unwrap_or_default(),
        here: Here::path(request).to_owned(),
        reference: request.data::<ReqId>().map(ToString::to_string).unwrap_or_default(),
    }
}

/// Who is logged in; the anonymous are sent to the login, and come back.
pub async fn require_login(ctx: &Ctx, request: &Request) -> Result<Login, Fault> {
    session::current(ctx, request).await?.ok_or_else(|| Fault::elsewhere(login_url(Here::of(request), None)))
}

/// Who is logged in, and has proved it within so many seconds; others log in again and are led to `next`, which is a page
/// and not necessarily this address, since what was sent in a form is gone by then.
pub async fn require_recent(ctx: &Ctx, request: &Request, within: i64, next: &str) -> Result<Login, Fault> {
    let login = session::current(ctx, request).await?.ok_or_else(|| Fault::elsewhere(login_url(next, None)))?;
    must_be_recent(ctx, &login, within, next).map(|()| login)
}

/// Sends somebody to log in again whose login is older than so many seconds.
pub fn must_be_recent(ctx: &Ctx, login: &Login, within: i64, next: &str) -> Result<(), Fault> {
    if ctx.clock.now() - login.session.auth_time <= within {
        Ok(())
    } else {
        Err(Fault::elsewhere(login_url(next, Some(&login.user.username))))
    }
}

/// The superuser who is logged in; others may not see the page.
pub async fn require_superuser(ctx: &Ctx, request: &Request) -> Result<Login, Fault> {
    let login = require_login(ctx, request).await?;
    if login.user.is_superuser {
        Ok(login)
    } else {
        Err(Fault::forbidden("Only administrators (superusers) can open this page."))
    }
}

/// Refuses a form that does not come from one of our own pages.
pub fn confirm(ctx: &Ctx, request: &Request, form: &Form) -> Result<(), Fault> {
    let submitted = form.get(csrf::FIELD).or_else(|| request.header(csrf::HEADER));
    let origin = ctx.config.origin();
    csrf::check(request, submitted, &origin).map_err(|failure| {
        Fault::new(StatusCode::FORBIDDEN, "Please try again", failure.message(&origin)).log(failure.to_string())
    })
}

/// The login page that leads back to a local address.
pub fn login_url(next: &str, login_hint: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("next", next);
    if let Some(hint) = login_hint {
        query.append_pair("login_hint", hint);
    }
    format!("/accounts/login/?{}", query.finish())
}

/// A `next` that stays on this server, whatever a browser makes of it; everything else is no address to go to
/// (RFC 9700 section 4.11: no open redirector).
pub fn local_path(next: &str) -> Option<&str> {
    // Browsers drop tabs and newlines, read `\` as `/`, and take `//host` for another host. A percent-encoded form of
    // these is text to them, but not to every proxy in between, so it is refused in the path as well.
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let decoded = percent_decoded(path);
    let plain = next.starts_with('/')
        && next.is_ascii()
        && !next.bytes().any(|b| b.is_ascii_control() || b == b' ')
        && !path.contains('\\')
        && !decoded.starts_with(b"//")
        && !decoded.iter().any(|b| b.is_ascii_control() || *b == b'\\');
    // Last, as a browser would resolve it.
    let base = Url::parse("http://stockade.invalid/").ok()?;
    let stays = base.join(next).is_ok_and(|url| url.origin() == base.origin() && !url.path().starts_with("//"));
    (plain && stays).then_some(next)
}

fn percent_decoded(path: &str) -> Vec<u8> {
    let mut bytes = path.bytes();
    let mut out = Vec::with_capacity(path.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let mut digit = || ahead.next().and_then(|b| char::from(b).to_digit(16));
        let code = if byte == b'%' { digit().zip(digit()) } else { None };
        match code {
            Some((high, low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or_default());
                bytes = ahead;
            }
            None => out.push(byte),
        }
    }
    out
}

/// Wraps the server: an error that its audience's own layer did not shape becomes a page, in the frame of whoever asked.
pub fn pages<E: Endpoint + 'static>(inner: E) -> impl Endpoint<Output = Response> {
    inner.around(async |inner, mut request| {
        Here::note(&mut request);
        let Some(ctx) = request.data::<Ctx>().cloned() else {
            return inner.call(request).await.map(poem::IntoResponse::into_response);
        };
        let mut stranger = frame(&ctx, &request, None);
        let cookie = crate::web::cookie::get(&request, session::COOKIE).map(str::to_owned);
        match inner.call(request).await {
            Ok(response) => Ok(response.into_response()),
            Err(error) => {
                let login = match cookie {
                    Some(value) => session::find(&ctx, ctx.db.reader(), &value).await.ok().flatten(),
                    None => None,
                };
                stranger.person =
                    login.map(|login| Person { name: login.user.username, is_superuser: login.user.is_superuser });
                Ok(Fault::of(&error).render(stranger))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn next_stays_on_this_server() {
        for good in [
            "/",
            "/accounts/",
            "/o/authorize/?client_id=a&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&scope=a%20b",
            "/a#b",
            "/a/?x=//y",
            "/a/?state=\\",
        ] {
            assert_eq!(local_path(good), Some(good));
        }
        for evil in [
            "",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "\\\\evil.example",
            "https:evil.example",
            "https://evil.example",
            "http:///evil.example",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "/%09/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r\nLocation: x",
            " /x",
            "/ /evil.example",
            "/%2Fevil.example",
            "/%2f%2fevil.example",
            "/%5Cevil.example",
            "/%5cevil.example",
            "/%0d%0aSet-Cookie:x",
            "/\u{0}",
            "/%00",
            "/..//evil.example",
            "/.//evil.example",
            "/a/..//evil.example",
            "evil.example",
            "@evil.example",
            "?next=x",
            "#x",
            "/\u{2044}evil",
            "/\u{85}/x",
            "ftp://x",
            "\t//evil",
            "/\u{7f}",
            "/%7f",
        ] {
            assert_eq!(local_path(evil), None, "{evil:?}");
        }
    }
}
