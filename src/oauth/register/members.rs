//! The members of a registration as they travel (RFC 7591 section 2), to a [`Draft`] and back.

use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use crate::{
    ctx::Ctx,
    oauth::application::{Application, ClientType, Consent, Draft, Metadata, metadata::subject::host},
    scope::Scopes,
};

/// The columns, by the name of their field and that of their member.
const COLUMNS: [(&str, &str); 4] = [
    ("name", "client_name"),
    ("algorithm", "id_token_signed_response_alg"),
    ("client_type", "token_endpoint_auth_method"),
    ("metadata", "the registration"),
];

/// The members beyond the columns that an application may choose for itself. All else that the metadata of an application
/// can hold is an administrator's to give (threats 15: no mass assignment).
const OWN: &[&str] = &[
    "application_type",
    "contacts",
    "initiate_login_uri",
    "software_id",
    "software_version",
    "subject_type",
    "sector_identifier_uri",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "frontchannel_logout_uri",
    "frontchannel_logout_session_required",
    "response_types",
    "jwks",
    "jwks_uri",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
    "tls_client_certificate_bound_access_tokens",
    "dpop_bound_access_tokens",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "request_object_signing_alg",
    "request_uris",
    "default_max_age",
    "require_auth_time",
    "default_acr_values",
    "authorization_signed_response_alg",
    "userinfo_signed_response_alg",
    "introspection_signed_response_alg",
    "backchannel_token_delivery_mode",
    "backchannel_client_notification_endpoint",
    "backchannel_authentication_request_signing_alg",
    "backchannel_user_code_parameter",
];

/// The member behind a field.
pub(super) fn member_of(field: &str) -> &str {
    COLUMNS.iter().find(|(column, _)| *column == field).map_or(field, |(_, member)| member)
}

/// A member's text; absent and null are one (section 2: "treated as though it were omitted" for what is empty).
fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Refusal> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err(Refusal::metadata(format!("{name}: a string is needed."))),
    }
}

/// A member's list of texts.
fn list(members: &Map<String, Value>, name: &str) -> Result<Option<Vec<String>>, Refusal> {
    let refused = || Refusal::metadata(format!("{name}: a list of strings is needed."));
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(values)) => {
            let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(refused);
            values.iter().map(text).collect::<Result<_, _>>().map(Some)
        }
        Some(_) => Err(refused()),
    }
}

/// What an application asks to be. Members that it may not choose are ignored, as those are that nobody knows; grants and
/// scopes that it may not have are left out, and the answer says what was stored.
pub(super) fn draft(ctx: &Ctx, members: &Map<String, Value>, is_vouched: bool) -> Result<Draft, Refusal> {
    let config = &ctx.config.oauth.registration;
    let text = |name: &str| text(members, name);
    let owned = |name: &str| text(name).map(|text| text.unwrap_or_default().to_owned());
    let method = text("token_endpoint_auth_method")?;
    let client_type = if method == Some("none") { ClientType::Public } else { ClientType::Confidential };
    let asked = list(members, "grant_types")?.unwrap_or_else(|| vec!["authorization_code".to_owned()]);
    let grant_types: Vec<String> = asked.into_iter().filter(|name| config.grant_types.contains(name)).collect();
    if grant_types.is_empty() {
        return Err(Refusal::metadata("grant_types: none of them is open to applications that register themselves."));
    }
    let allowed = Scopes::parse_known(&config.scopes.join(" ")).map(|(scopes, _)| scopes).unwrap_or_default();
    let scope = match text("scope")? {
        Some(text) => Scopes::parse_known(text).map(|(asked, _)| asked.narrowed_to(&allowed)).unwrap_or_default(),
        None => allowed,
    };
    if scope.is_empty() {
        return Err(Refusal::metadata("scope: none of it is open to applications that register themselves."));
    }
    let scope: Vec<String> = scope.iter().map(|scope| scope.to_string()).collect();
    let redirect_uris = list(members, "redirect_uris")?.unwrap_or_default();
    // An address with a space in it would become two.
    for (name, uris) in [
        ("redirect_uris", &redirect_uris),
        ("post_logout_redirect_uris", &list(members, "post_logout_redirect_uris")?.unwrap_or_default()),
    ] {
        if uris.iter().any(|uri| uri.is_empty() || uri.contains(char::is_whitespace)) {
            let mut errors = crate::web::form::Errors::default();
            errors.add(name, "An address holds no white space.");
            return Err(Refusal::of(&errors));
        }
    }
    let host = redirect_uris.first().and_then(|uri| host(uri)).unwrap_or_default();
    let name = text("client_name")?.map_or_else(|| format!("Application at {host}"), str::to_owned);
    let default = Draft::default();
    Ok(Draft {
        name,
        client_type: client_type.name().to_owned(),
        grant_types,
        redirect_uris: redirect_uris.join("\n"),
        post_logout_redirect_uris: list(members, "post_logout_redirect_uris")?.unwrap_or_default().join("\n"),
        algorithm: text("id_token_signed_response_alg")?.unwrap_or(&default.algorithm).to_owned(),
        default_scope: scope.iter().filter(|scope| *scope == "openid").cloned().collect(),
        scope,
        require_pkce: !is_vouched || client_type == ClientType::Public || default.require_pkce,
        consent: Consent::Always.name().to_owned(),
        client_uri: owned("client_uri")?,
        logo_uri: owned("logo_uri")?,
        policy_uri: owned("policy_uri")?,
        tos_uri: owned("tos_uri")?,
        metadata: metadata(members, client_type)?,
        ..default
    })
}

/// The members that are no columns.
fn metadata(members: &Map<String, Value>, client_type: ClientType) -> Result<Metadata, Refusal> {
    let mut own = Map::new();
    for name in OWN {
        let Some(value) = members.get(*name).filter(|value| !value.is_null()) else { continue };
        if *name == "token_endpoint_auth_method" && client_type == ClientType::Public {
            continue;
        }
        let alone = Map::from_iter([((*name).to_owned(), value.clone())]);
        if serde_json::from_value::<Metadata>(Value::Object(alone)).is_err() {
            return Err(Refusal::metadata(format!("{name}: this value is of the wrong kind.")));
        }
        own.insert((*name).to_owned(), value.clone());
    }
    serde_json::from_value(Value::Object(own)).map_err(|_| Refusal::metadata("The members do not fit together."))
}

/// Section 3.2.1: "all registered metadata about this client", as it is stored and not as it was sent.
pub(super) fn told(ctx: &Ctx, application: &Application, management: &str, secret: Option<&str>) -> Map<String, Value> {
    let row = &application.row;
    let list = |text: &str| text.split_whitespace().map(Value::from).collect::<Vec<_>>();
    let mut told = Map::new();
    let mut tell = |name: &str, value: Value| {
        let is_empty = match &value {
            Value::String(text) => text.is_empty(),
            Value::Array(values) => values.is_empty(),
            other => other.is_null(),
        };
        if !is_empty {
            told.insert(name.to_owned(), value);
        }
    };
    tell("client_id", json!(row.client_id));
    tell("client_id_issued_at", json!(row.created));
    if let Some(secret) = secret {
        tell("client_secret", json!(secret));
    }
    // "REQUIRED if client_secret is issued. ... or 0 if it will not expire."
    if secret.is_some() {
        tell("client_secret_expires_at", json!(0));
    }
    tell("registration_access_token", json!(management));
    tell("registration_client_uri", json!(format!("{}/register/{}/", ctx.config.issuer(), row.client_id)));
    tell("client_name", json!(row.name));
    tell("redirect_uris", json!(list(&row.redirect_uris)));
    tell("post_logout_redirect_uris", json!(list(&row.post_logout_redirect_uris)));
    tell("grant_types", json!(list(&row.grant_types)));
    tell("response_types", json!(["code"]));
    tell("scope", json!(row.scope));
    tell("id_token_signed_response_alg", json!(row.algorithm));
    let method = if application.is_public() { "none" } else { "client_secret_basic" };
    tell("token_endpoint_auth_method", json!(method));
    tell("subject_type", json!("public"));
    for (name, uri) in [
        ("client_uri", &row.client_uri),
        ("logo_uri", &row.logo_uri),
        ("policy_uri", &row.policy_uri),
        ("tos_uri", &row.tos_uri),
    ] {
        tell(name, json!(uri));
    }
    if let Ok(Value::Object(metadata)) = serde_json::to_value(&application.metadata) {
        for (name, value) in metadata.into_iter().filter(|(name, _)| OWN.contains(&name.as_str())) {
            tell(&name, value);
        }
    }
    told
}
