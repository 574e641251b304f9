//! The token endpoint (RFC 6749 section 3.2).

use poem::{Request, Response, Route, handler, http::StatusCode, post};

use super::{
    application::GrantType,
    client,
    error::{Code, Error},
    grant::{self, Asking},
    issue,
    protocol::{self, Cors, Form, Server},
};
use crate::scope::Scopes;

/// The grants that this endpoint takes, for the metadata too. There is no password grant (RFC 9700 section 2.4).
pub const GRANT_TYPES: [GrantType; 7] = [
    GrantType::AuthorizationCode,
    GrantType::RefreshToken,
    GrantType::ClientCredentials,
    GrantType::DeviceCode,
    GrantType::TokenExchange,
    GrantType::JwtBearer,
    GrantType::Ciba,
];

/// The endpoint.
pub(super) fn add_to(routes: Route) -> Route {
    protocol::add(routes, "/token", "POST", Cors::Registered, post(token))
}

/// `POST /o/token/`.
#[handler]
async fn token(request: &Request, ctx: Server<'_>, form: Form) -> Result<Response, Error> {
    let grant_type = form.required("grant_type", "The parameter grant_type is missing.")?;
    let grant_type = GRANT_TYPES
        .into_iter()
        .find(|grant| grant.name() == grant_type)
        .ok_or_else(|| Error::new(Code::UnsupportedGrantType, "This grant_type is not supported."))?;
    let application = client::authenticate(&ctx, request, &form).await?;
    let confirmation = client::confirmation(&ctx, request, &application).await?;
    let asking = Asking { application, form, confirmation };
    let issued = match grant_type {
        GrantType::AuthorizationCode => grant::authorization_code::redeem(&ctx, &asking).await,
        GrantType::RefreshToken => grant::refresh_token::redeem(&ctx, &asking).await,
        GrantType::ClientCredentials => grant::client_credentials::redeem(&ctx, &asking).await,
        GrantType::DeviceCode => grant::device_code::redeem(&ctx, &asking).await,
        GrantType::TokenExchange => grant::token_exchange::redeem(&ctx, &asking).await,
        GrantType::JwtBearer => grant::jwt_bearer::redeem(&ctx, &asking).await,
        GrantType::Ciba => grant::ciba::redeem(&ctx, &asking).await,
    }?;
    Ok(protocol::json(StatusCode::OK, &issue::respond(&ctx, &asking.application, issued).await?))
}

/// The `scope` of a token request.
pub(super) fn scope_parameter(form: &Form) -> Result<Option<Scopes>, Error> {
    let Some(text) = form.once("scope")? else { return Ok(None) };
    Scopes::parse(text).map(Some).map_err(|error| Error::new(Code::InvalidScope, error.description()))
}
