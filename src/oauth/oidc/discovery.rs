//! Metadata and keys (`OpenID` Connect Discovery 1.0 section 4, RFC 8414 section 3, RFC 7517 section 5).
//!
//! True by construction: every list is the one by which the endpoint itself decides.

use poem::{
    Response, Route, get, handler,
    http::{HeaderValue, StatusCode, header},
};
use serde_json::{Value, json};

use crate::{
    ctx::Ctx,
    oauth::{
        application::{GrantType, Method, metadata::subject::SUBJECT_TYPES},
        authorization_details,
        authorize::{PROMPTS, REQUEST_OBJECT_ALGORITHMS, ResponseMode, ResponseType},
        ciba, client, dpop,
        error::Error,
        oidc::{acr::Acr, claims, logout::session_state},
        protocol::{self, Cors, Server},
        register,
        token::GRANT_TYPES,
    },
    scope::Scope,
    signing, tls,
};

/// Where clients find the metadata under `/o`. The issuer has a path, so RFC 8414 also has one outside (see
/// [`well_known`]).
pub(in crate::oauth) fn add_to(routes: Route) -> Route {
    let routes = metadata(routes, "/.well-known/openid-configuration");
    let routes = metadata(routes, "/.well-known/oauth-authorization-server");
    protocol::add(routes, "/.well-known/jwks.json", "GET, HEAD", Cors::Everybody, get(jwks))
}

/// `/.well-known/oauth-authorization-server/o` and `/.well-known/openid-configuration/o`: RFC 8414 section 3.1 inserts the
/// well-known part between the host and the issuer's path.
pub fn well_known() -> Route {
    let routes = metadata(Route::new(), "/oauth-authorization-server/o");
    metadata(routes, "/openid-configuration/o")
}

fn metadata(routes: Route, path: &str) -> Route {
    protocol::add(routes, path, "GET, HEAD", Cors::Everybody, get(show))
}

#[handler]
async fn show(ctx: Server<'_>) -> Response {
    cacheable(protocol::json(StatusCode::OK, &document(&ctx)), "public, max-age=300")
}

/// The keys may be kept for as long as a new one is published before it signs, less a margin.
#[handler]
async fn jwks(ctx: Server<'_>) -> Result<Response, Error> {
    let keys = ctx.signing.jwks().await?;
    let keep = format!("public, max-age={}", signing::PUBLISH_AHEAD / 2);
    Ok(cacheable(protocol::json(StatusCode::OK, &keys), &keep))
}

fn cacheable(mut response: Response, keep: &str) -> Response {
    let headers = response.headers_mut();
    headers.remove(header::PRAGMA);
    if let Ok(keep) = HeaderValue::try_from(keep) {
        headers.insert(header::CACHE_CONTROL, keep);
    }
    response
}

fn document(ctx: &Ctx) -> Value {
    let issuer = ctx.config.issuer();
    let at = |path: &str| format!("{issuer}{path}");
    let methods = client::methods(ctx);
    let provable: Vec<_> =
        methods.iter().filter(|method| **method != Method::None).map(|method| method.name()).collect();
    let methods: Vec<_> = methods.iter().map(|method| method.name()).collect();
    let assertion_algorithms = client::assertion::ALGORITHMS.map(signing::name);
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": at("/authorize/"),
        "token_endpoint": at("/token/"),
        "userinfo_endpoint": at("/userinfo/"),
        "jwks_uri": at("/.well-known/jwks.json"),
        "revocation_endpoint": at("/revoke_token/"),
        "introspection_endpoint": at("/introspect/"),
        "pushed_authorization_request_endpoint": at("/par/"),
        "require_pushed_authorization_requests": ctx.config.oauth.require_pushed_authorization_requests,
        "scopes_supported": Scope::all().map(|scope| scope.to_string()).collect::<Vec<_>>(),
        "response_types_supported": ResponseType::offered(&ctx.config).map(ResponseType::name).collect::<Vec<_>>(),
        "response_modes_supported": ResponseMode::ALL.map(ResponseMode::name),
        "grant_types_supported": GRANT_TYPES.map(GrantType::name),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": assertion_algorithms,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": assertion_algorithms,
        "introspection_endpoint_auth_methods_supported": provable,
        "introspection_endpoint_auth_signing_alg_values_supported": assertion_algorithms,
        "dpop_signing_alg_values_supported": dpop::ALGORITHMS.map(signing::name),
        "tls_client_certificate_bound_access_tokens": tls::sees_clients(&ctx.config.tls),
        "subject_types_supported": SUBJECT_TYPES,
        "id_token_signing_alg_values_supported": signing::ALGORITHMS.map(signing::name),
        "acr_values_supported": Acr::ALL.map(Acr::name),
        "claim_types_supported": ["normal"],
        "claims_supported": claims::NAMES.iter().flat_map(|(_, names)| names.iter()).chain(&TOKEN_CLAIMS).collect::<Vec<_>>(),
        "prompt_values_supported": PROMPTS.map(|(name, _)| name),
        "authorization_response_iss_parameter_supported": true,
        "authorization_details_types_supported": authorization_details::TYPES,
        "authorization_signing_alg_values_supported": signing::ALGORITHMS.map(signing::name),
        "claims_parameter_supported": true,
        "request_parameter_supported": true,
        "request_uri_parameter_supported": true,
        "require_request_uri_registration": true,
        "request_object_signing_alg_values_supported": REQUEST_OBJECT_ALGORITHMS.map(signing::name),
        "service_documentation": ctx.config.url("/api-doc/"),
    });
    if let Value::Object(members) = &mut document {
        // In parts: the macro takes only so many members at once.
        for part in [elsewhere(ctx), sessions(ctx)] {
            members.extend(part.as_object().cloned().unwrap_or_default());
        }
        if register::is_on(ctx) {
            members.insert("registration_endpoint".to_owned(), at(register::PATH).into());
        }
        if ctx.config.oauth.client_documents {
            members.insert("client_id_metadata_document_supported".to_owned(), true.into());
        }
    }
    document
}

/// What is asked elsewhere than in the browser, and answers that are signed.
fn elsewhere(ctx: &Ctx) -> Value {
    let at = |path: &str| format!("{}{path}", ctx.config.issuer());
    json!({
        "device_authorization_endpoint": at("/device-authorization/"),
        "backchannel_authentication_endpoint": at("/bc-authorize/"),
        "backchannel_token_delivery_modes_supported": ciba::DELIVERY_MODES,
        "backchannel_user_code_parameter_supported": false,
        "backchannel_authentication_request_signing_alg_values_supported": ciba::signing_algorithms(),
        "userinfo_signing_alg_values_supported": signing::ALGORITHMS.map(signing::name),
        "introspection_signing_alg_values_supported": signing::ALGORITHMS.map(signing::name),
    })
}

/// How a session ends, and how applications hear of it.
fn sessions(ctx: &Ctx) -> Value {
    let at = |path: &str| format!("{}{path}", ctx.config.issuer());
    json!({
        "end_session_endpoint": at("/logout/"),
        "check_session_iframe": at(session_state::PATH),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
    })
}

/// The claims of an ID token that are not about the person.
const TOKEN_CLAIMS: [&str; 11] =
    ["iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "c_hash"];
