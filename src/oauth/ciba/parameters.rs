//! The parameters of a backchannel authentication request, plain or in a signed request (CIBA core sections 7.1 and 7.1.1).

use jsonwebtoken::Algorithm;
use serde_json::Value;

use crate::{
    ctx::Ctx,
    oauth::{
        application::Application,
        client_keys::{self, KeysError},
        error::Error,
        jws::{ALGORITHMS, Claims, JwsError, Unverified},
        protocol::Form,
        replay,
    },
    signing,
};

/// How far ahead a signed request may expire, in seconds.
const LONGEST: i64 = 3600;

/// What may be asked; everything else is ignored.
const NAMES: [&str; 9] = [
    "scope",
    "client_notification_token",
    "acr_values",
    "login_hint_token",
    "id_token_hint",
    "login_hint",
    "binding_message",
    "user_code",
    "requested_expiry",
];

/// What was asked.
pub(super) struct Parameters {
    pairs: Vec<(&'static str, String)>,
    resources: Vec<String>,
}

impl Parameters {
    /// The parameters of a form. A client that is registered to sign must, so that nobody who holds only its secret can ask.
    pub(super) async fn of(ctx: &Ctx, application: &Application, form: &Form) -> Result<Self, Error> {
        let registered = application.metadata.ciba.request_algorithm();
        match (form.once("request")?, registered) {
            (Some(request), Some(algorithm)) => Self::signed(ctx, application, form, request, algorithm).await,
            (Some(_), None) => Err(Error::invalid_request("The client is not registered to sign its requests.")),
            (None, Some(_)) => Err(Error::invalid_request("The client is registered to sign: request is missing.")),
            (None, None) => {
                let mut pairs = Vec::new();
                for name in NAMES {
                    pairs.extend(form.once(name)?.map(|value| (name, value.to_owned())));
                }
                Ok(Self { pairs, resources: form.all("resource").into_iter().map(str::to_owned).collect() })
            }
        }
    }

    /// "When used, all request parameters MUST be included as claims of the signed JWT".
    async fn signed(
        ctx: &Ctx,
        application: &Application,
        form: &Form,
        request: &str,
        algorithm: Algorithm,
    ) -> Result<Self, Error> {
        if NAMES.into_iter().any(|name| !form.all(name).is_empty()) {
            return Err(Error::invalid_request("Beside a signed request no parameter is taken."));
        }
        let claims = verified(ctx, application, request, algorithm)
            .await
            .map_err(|error| Error::invalid_request("The signed request is not valid.").log(error.to_string()))?;
        let now = ctx.clock.now();
        let jti = claims.text("jti").unwrap_or_default();
        let key = format!("{}\n{jti}", application.client_id);
        if !replay::first_use(ctx, "ciba", &key, now + LONGEST + 60).await? {
            return Err(Error::invalid_request("The signed request was used already."));
        }
        let text = |name: &'static str| {
            let value = match claims.get(name)? {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            Some((name, value)).filter(|(_, value)| !value.is_empty())
        };
        let resources = match claims.get("resource") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Ok(Self { pairs: NAMES.into_iter().filter_map(text).collect(), resources })
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn resources(&self) -> Vec<&str> {
        self.resources.iter().map(String::as_str).collect()
    }
}

/// "aud: The Issuer Identifier of the OP ... iss: The `client_id` ... exp, iat, nbf, jti: REQUIRED."
async fn verified(
    ctx: &Ctx,
    application: &Application,
    request: &str,
    algorithm: Algorithm,
) -> Result<Claims, KeysError> {
    let unverified = Unverified::parse(request)?;
    let claims = client_keys::verify(ctx, application, unverified, &[algorithm], &["", "JWT"]).await?;
    let now = ctx.clock.now();
    claims.expiry(now, LONGEST)?;
    for name in ["iat", "nbf"] {
        claims.time(name)?.ok_or(JwsError::Claim(name))?;
    }
    claims.required("jti")?;
    if claims.required("iss")? != application.client_id {
        return Err(JwsError::Claim("iss").into());
    }
    if !claims.audience().contains(&ctx.config.issuer().as_str()) {
        return Err(JwsError::Claim("aud").into());
    }
    Ok(claims)
}

/// With what such requests may be signed, for the metadata too.
pub(in crate::oauth) fn signing_algorithms() -> Vec<String> {
    ALGORITHMS.map(signing::name).into()
}
