//! From a request to a principal. The shape of the credential alone chooses how it is checked, and a bad one never falls
//! through to another: a garbage `Authorization` header beside a good session is 401 (`InvenTree` accepts that session,
//! and lost its second factor that way). Tokens in the query string are not looked at (RFC 6750 section 5.3).

use std::{net::IpAddr, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use entities::accounts::user;
use poem::{
    Request,
    http::{Method, header},
};

use super::{Cache, Principal, Refused, Subject, Via};
use crate::{
    accounts::{api_token, credential, rights, session},
    ctx::Ctx,
    oauth::{
        access_token::{self, Live},
        confirmation::Confirmation,
        holder::{self, Scheme},
    },
    scope::Rights,
    web::{self, csrf},
};

/// The principal of a request, or `None` where it shows no credential at all.
pub async fn authenticate(ctx: &Ctx, cache: &Cache, request: &Request) -> Result<Option<Arc<Principal>>, Refused> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION).iter();
    let Some(value) = headers.next() else { return by_session(ctx, cache, request).await };
    if headers.next().is_some() {
        return Err(Refused::Credential("Several Authorization headers were sent."));
    }
    let text = value.to_str().map_err(|_| Refused::Credential("The Authorization header is malformed."))?;
    let (scheme, credential) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let credential = credential.trim_start();
    // RFC 9110 section 11.1: the scheme is case-insensitive.
    let scheme = scheme.to_ascii_lowercase();
    let look_up = async {
        match scheme.as_str() {
            "bearer" | "dpop" => by_bearer(ctx, credential).await,
            "token" => by_token(ctx, credential).await,
            "basic" => by_password(ctx, request, credential).await,
            _ => Err(Refused::Credential("The authentication scheme is not supported.")),
        }
    };
    let principal = cache.get(ctx, text, look_up).await?;
    if let Some(scheme) = Scheme::parse(&scheme) {
        // With every request anew: a proof is for one.
        holder::check(ctx, request, scheme, credential, principal.bound.as_ref()).await.map_err(Refused::NotHeld)?;
    }
    Ok(Some(principal))
}

/// RFC 6750 section 2.1.
async fn by_bearer(ctx: &Ctx, value: &str) -> Result<Principal, Refused> {
    // A token for another resource server is none for this one (RFC 9700 section 2.3).
    let live = access_token::live(ctx, value).await?.filter(|live| live.is_for_api(ctx));
    let live = live.ok_or(Refused::Bearer)?;
    let scopes = live.may();
    let Live { application, user, grant, token, .. } = live;
    let allowed = application.scope();
    // What a superuser has taken from an application since is gone from its tokens too.
    let scopes = Some(scopes.narrowed_to(&allowed));
    let via = Via::Bearer(application.client_id.clone());
    let bound = token.cnf.as_deref().map(Confirmation::read);
    if let Some(user) = user {
        let auth_time = grant.map(|grant| grant.auth_time);
        return Ok(Principal { scopes, bound, auth_time, ..person(ctx, user, via).await? });
    }
    let rights = Rights::of_application(&allowed);
    Ok(Principal { subject: Subject::Application(application.row), rights, scopes, via, bound, auth_time: None })
}

async fn by_token(ctx: &Ctx, value: &str) -> Result<Principal, Refused> {
    let (user, token) = api_token::live(ctx, value).await.map_err(|refused| match refused {
        api_token::Refused::Invalid => Refused::Credential("Invalid token."),
        api_token::Refused::Revoked => Refused::Credential("Token has been revoked"),
        api_token::Refused::Expired => Refused::Credential("Token has expired"),
        api_token::Refused::Inactive => Refused::Credential("User inactive or deleted."),
        api_token::Refused::Db(error) => Refused::Db(error),
    })?;
    person(ctx, user, Via::Token(token.id)).await
}

/// RFC 7617 section 2: base64 of `user:password`.
async fn by_password(ctx: &Ctx, request: &Request, value: &str) -> Result<Principal, Refused> {
    let malformed = || Refused::Credential("Invalid basic header. Credentials not correctly base64 encoded.");
    let decoded = STANDARD.decode(value).map_err(|_| malformed())?;
    let pair = String::from_utf8(decoded).map_err(|_| malformed())?;
    let (username, password) = pair.split_once(':').ok_or_else(malformed)?;
    let user =
        credential::basic(ctx, username, password, address(ctx, request)).await.map_err(|refused| match refused {
            credential::Refused::Wrong => Refused::Credential("Invalid username/password."),
            credential::Refused::SecondFactor => {
                Refused::Credential("This account has a second factor: use an API token instead of the password.")
            }
            credential::Refused::Busy(_) => Refused::Busy,
            credential::Refused::Db(error) => Refused::Db(error),
        })?;
    person(ctx, user, Via::Password).await
}

fn address(ctx: &Ctx, request: &Request) -> IpAddr {
    web::client_address(request, &ctx.config.trusted_proxies)
}

/// A person by a credential that no scope limits.
async fn person(ctx: &Ctx, user: user::Model, via: Via) -> Result<Principal, Refused> {
    let rights = rights::of_user(ctx.db.reader(), &user).await?;
    Ok(Principal { subject: Subject::User(user), rights, scopes: None, via, bound: None, auth_time: None })
}

async fn by_session(ctx: &Ctx, cache: &Cache, request: &Request) -> Result<Option<Arc<Principal>>, Refused> {
    let cookie = request.cookie().get(session::COOKIE).map(|cookie| cookie.value_str().to_owned());
    let Some(value) = cookie.filter(|value| !value.is_empty()) else { return Ok(None) };
    let look_up = async {
        // A dead session is no credential: the browser's cookie outlives it.
        let login = session::current(ctx, request).await?.ok_or(Refused::Anonymous)?;
        let auth_time = Some(login.session.auth_time);
        Ok(Principal { auth_time, ..person(ctx, login.user, Via::Session(login.session.id)).await? })
    };
    let principal = match cache.get(ctx, &value, look_up).await {
        Err(Refused::Anonymous) => return Ok(None),
        found => found?,
    };
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if !safe {
        // A browser adds the cookie to whatever any page sends, so what changes something must show that it comes from ours.
        let submitted = request.headers().get(csrf::HEADER).and_then(|value| value.to_str().ok());
        csrf::check(request, submitted, &ctx.config.origin()).map_err(|failure| Refused::Csrf(failure.to_string()))?;
    }
    Ok(Some(principal))
}
