//! The userinfo endpoint (`OpenID` Connect Core 5.3, RFC 6750).

use poem::{
    FromRequest, Request, RequestBody, Response, Route, get, handler,
    http::{Method, StatusCode, header},
    web::Data,
};

use jsonwebtoken::Algorithm;
use serde::Serialize;

use super::claims;
use crate::{
    ctx::Ctx,
    oauth::{
        access_token,
        application::Application,
        confirmation::Confirmation,
        error::{Code, Error},
        holder::{self, NotHeld, Scheme},
        protocol::{self, Cors, Form},
    },
    scope::Scope,
};

/// The endpoint.
pub(in crate::oauth) fn add_to(routes: Route) -> Route {
    protocol::add(routes, "/userinfo", "GET, HEAD, POST", Cors::Everybody, get(userinfo).post(userinfo))
}

/// "The `UserInfo` Endpoint MUST support the use of the HTTP GET and HTTP POST methods."
#[handler]
async fn userinfo(request: &Request, ctx: Data<&Ctx>, body: Body) -> Result<Response, Error> {
    let (scheme, token) = token(request, &body.0)?.ok_or_else(|| {
        // RFC 6750 section 3.1: without any authentication information no error code is told.
        challenge(Error::new(Code::InvalidToken, "An access token is needed."), "Bearer realm=\"userinfo\"")
    })?;
    // A token for another resource server is none for this one (RFC 9700 section 2.3).
    let live = access_token::live(&ctx, &token).await?.filter(|live| live.is_for_api(&ctx)).ok_or_else(|| {
        let refused = Error::new(Code::InvalidToken, "The access token is unknown, expired or revoked.");
        challenge(refused, "Bearer realm=\"userinfo\", error=\"invalid_token\"")
    })?;
    let bound = live.token.cnf.as_deref().map(Confirmation::read);
    holder::check(&ctx, request, scheme, &token, bound.as_ref()).await.map_err(|not_held| match not_held {
        NotHeld::Db(error) => error.into(),
        not_held => challenge(Error::new(not_held.code(), not_held.told()), &not_held.challenge("userinfo")),
    })?;
    let Some(user) = live.user.filter(|_| live.scopes.contains(Scope::OpenId)) else {
        let refused = Error::new(Code::InsufficientScope, "The access token does not carry the scope openid.");
        let header = "Bearer realm=\"userinfo\", error=\"insufficient_scope\", scope=\"openid\"";
        return Err(challenge(refused, header).status(StatusCode::FORBIDDEN));
    };
    let application = &live.application;
    let asked = live.grant.as_ref().map(|grant| claims::Request::of_row(&grant.claims)).unwrap_or_default();
    let told = claims::of(&ctx, application, &user, &live.scopes, asked.of_userinfo()).await?;
    match application.metadata.tokens.userinfo_algorithm() {
        None => Ok(protocol::json(StatusCode::OK, &told)),
        Some(algorithm) => signed(&ctx, application, algorithm, &told).await,
    }
}

/// "If signed, the `UserInfo` Response MUST contain the Claims iss (issuer) and aud (audience) as members." What an ID token must
/// have besides (`exp`, `iat`) it does not have, so it is taken for none.
async fn signed(
    ctx: &Ctx,
    application: &Application,
    algorithm: Algorithm,
    claims: &(impl Serialize + Sync),
) -> Result<Response, Error> {
    #[derive(Serialize)]
    struct Signed<'a, T> {
        iss: String,
        aud: &'a str,
        #[serde(flatten)]
        claims: &'a T,
    }
    let claims = Signed { iss: ctx.config.issuer(), aud: &application.client_id, claims };
    Ok(protocol::jwt("application/jwt", ctx.signing.sign(algorithm, "JWT", &claims).await?))
}

fn challenge(error: Error, header: &str) -> Error {
    error.status(StatusCode::UNAUTHORIZED).header(header::WWW_AUTHENTICATE, header)
}

/// RFC 6750 section 2: in the header, or in a form body, and not twice. Never in the URL (RFC 9700 section 4.3.2).
fn token(request: &Request, form: &Form) -> Result<Option<(Scheme, String)>, Error> {
    let in_body = form.once("access_token")?;
    let mut headers = request.headers().get_all(header::AUTHORIZATION).into_iter();
    let in_header = match (headers.next(), headers.next()) {
        (_, Some(_)) => return Err(Error::invalid_request("There is more than one Authorization header.")),
        (header, None) => header.map(|header| {
            let text = header.to_str().unwrap_or_default();
            let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
            Scheme::parse(scheme).map_or((Scheme::Bearer, ""), |scheme| (scheme, token.trim()))
        }),
    };
    match (in_header, in_body) {
        (Some(_), Some(_)) => Err(Error::invalid_request("The access token is sent by more than one method.")),
        (token, other) => {
            Ok(token.or(other.map(|token| (Scheme::Bearer, token))).map(|(s, token)| (s, token.to_owned())))
        }
    }
}

/// The form of a POST that has one.
struct Body(Form);

impl<'a> FromRequest<'a> for Body {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let form = request.method() == Method::POST && Form::is_in(request);
        Ok(Self(if form { Form::from_request(request, body).await? } else { Form::default() }))
    }
}
