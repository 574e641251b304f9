//! The one verifier of JWTs that others sign: client assertions, request objects, DPoP proofs, assertions of other issuers,
//! software statements (RFC 7515, RFC 7519; RFC 8725, the best current practice, whose sections are quoted below).
//!
//! What a token says of itself is believed only where the caller asked for it: the algorithm must be on the caller's list
//! and fit the key, the type must be the one that is expected, and no header may bring a key or point to one. (A DPoP proof
//! does bring its key; [`Unverified::verify_embedded`] is that door, and the only one.)

mod strict;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, crypto,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, KeyOperations, PublicKeyUse, ThumbprintHash},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::clock::Timestamp;

/// The largest JWT that is looked at.
pub const MAX_BYTES: usize = 8 * 1024;

/// How far the clocks of others may be off, in seconds.
pub const LEEWAY: i64 = 10;

/// What others may sign with. RFC 8725 section 3.2; no symmetric algorithm, and never `none`.
pub const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Those of FAPI 2.0 (Security Profile, section 5.4.1): "MUST use PS256, ES256, or EdDSA".
pub const STRONG: [Algorithm; 3] = [Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

/// The most keys of a set that are kept, and of those the most that one token is tried with.
const MAX_KEYS: usize = 50;

/// Why a JWT is not believed. For the log: which it was helps an attacker only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// It is no JWT in compact form.
    #[error("the JWT is malformed: {0}")]
    Malformed(&'static str),
    /// A header is there that must not be.
    #[error("the JWT has the header {0}")]
    Header(&'static str),
    /// It is signed with an algorithm that is not wanted here.
    #[error("the JWT is signed with an algorithm that is not accepted")]
    Algorithm,
    /// It is a JWT of another kind.
    #[error("the JWT is of another type")]
    Type,
    /// None of the keys fits: perhaps they are out of date.
    #[error("no key fits the JWT")]
    NoKey,
    /// The signature is not that of the key.
    #[error("the signature of the JWT is wrong")]
    Signature,
    /// A claim is missing, or says what it must not.
    #[error("the claim {0} is missing or wrong")]
    Claim(&'static str),
}

/// A JWT that was taken apart, and not yet verified.
#[derive(Debug, Clone)]
pub struct Unverified<'a> {
    signed: &'a str,
    signature: &'a str,
    header: Map<String, Value>,
    claims: Claims,
    algorithm: Algorithm,
}

impl<'a> Unverified<'a> {
    /// Takes a JWT apart.
    pub fn parse(text: &'a str) -> Result<Self, JwsError> {
        if text.len() > MAX_BYTES {
            return Err(JwsError::Malformed("too long"));
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(JwsError::Malformed("no signature"))?;
        let (header, claims) = signed.split_once('.').ok_or(JwsError::Malformed("not three parts"))?;
        if claims.contains('.') {
            return Err(JwsError::Malformed("not three parts"));
        }
        let header = object(header)?;
        // RFC 8725 section 3.1: the algorithm is one that the caller names, so one that nobody names ends here, `none`
        // in every spelling with it.
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(|alg| alg.parse().ok());
        let algorithm = algorithm.filter(|alg| ALGORITHMS.contains(alg)).ok_or(JwsError::Algorithm)?;
        for name in ["crit", "b64", "jku", "x5u", "x5c"] {
            // RFC 7515 section 4.1.11: "If any of the listed extension Header Parameters are not understood and supported
            // by the recipient, then the JWS is invalid." None is. RFC 8725 section 3.10 on the pointers to keys.
            if header.contains_key(name) {
                return Err(JwsError::Header(name));
            }
        }
        for name in ["typ", "kid", "cty"] {
            if header.get(name).is_some_and(|value| !value.is_string()) {
                return Err(JwsError::Header(name));
            }
        }
        Ok(Self { signed, signature, header, claims: Claims(object(claims)?), algorithm })
    }

    /// What it is signed with.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Which key it says it was signed with.
    pub fn kid(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    /// What it says, **before** anything is proven: to find out whose keys to use.
    pub const fn peek(&self) -> &Claims {
        &self.claims
    }

    /// The claims, if one of the keys signed them. A `typ` of `""` stands for none at all.
    pub fn verify(self, keys: &JwkSet, algorithms: &[Algorithm], types: &[&str]) -> Result<Claims, JwsError> {
        if self.header.contains_key("jwk") {
            return Err(JwsError::Header("jwk"));
        }
        self.check(algorithms, types)?;
        // A key that names itself is not the key of a token that names another.
        let named = |key: &&Jwk| match (self.kid(), key.common.key_id.as_deref()) {
            (Some(kid), Some(own)) => kid == own,
            _ => true,
        };
        let fitting = || keys.keys.iter().filter(named).filter(|key| fits(key, self.algorithm)).take(MAX_KEYS);
        if fitting().next().is_none() {
            return Err(JwsError::NoKey);
        }
        if fitting().any(|key| self.is_signed_by(key)) { Ok(self.claims) } else { Err(JwsError::Signature) }
    }

    /// The claims and the key that the header brings, if that key signed them: for a DPoP proof, which shows nothing but
    /// the possession of a key (RFC 9449 section 4.2).
    pub fn verify_embedded(self, algorithms: &[Algorithm], types: &[&str]) -> Result<(Claims, Jwk), JwsError> {
        self.check(algorithms, types)?;
        let value = self.header.get("jwk").and_then(Value::as_object).ok_or(JwsError::Header("jwk"))?;
        let key = public_key(value).filter(|key| fits(key, self.algorithm)).ok_or(JwsError::Header("jwk"))?;
        if self.is_signed_by(&key) { Ok((self.claims, key)) } else { Err(JwsError::Signature) }
    }

    fn check(&self, algorithms: &[Algorithm], types: &[&str]) -> Result<(), JwsError> {
        if !algorithms.contains(&self.algorithm) {
            return Err(JwsError::Algorithm);
        }
        // RFC 8725 section 3.11: explicit typing, so that one kind of JWT is not taken for another. RFC 7515 section
        // 4.1.9: a media type, without its "application/", in any case.
        let typ = self.header.get("typ").and_then(Value::as_str).unwrap_or_default();
        let bare = match typ.split_at_checked(12) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
            _ => typ,
        };
        if types.iter().any(|expected| expected.eq_ignore_ascii_case(bare)) { Ok(()) } else { Err(JwsError::Type) }
    }

    fn is_signed_by(&self, key: &Jwk) -> bool {
        let Ok(public) = DecodingKey::from_jwk(key) else { return false };
        crypto::verify(self.signature, self.signed.as_bytes(), &public, self.algorithm).unwrap_or(false)
    }
}

/// Base64url of a JSON object without tricks.
fn object(part: &str) -> Result<Map<String, Value>, JwsError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsError::Malformed("not base64url"))?;
    strict::object(&bytes).ok_or(JwsError::Malformed("not a plain JSON object"))
}

/// Whether a key may verify that algorithm: by its kind, its curve, and what it says of itself.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let kind = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::EllipticCurve(ec), Algorithm::ES256) => ec.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(ec), Algorithm::ES384) => ec.curve == EllipticCurve::P384,
        (AlgorithmParameters::OctetKeyPair(okp), Algorithm::EdDSA) => okp.curve == EllipticCurve::Ed25519,
        (
            AlgorithmParameters::RSA(rsa),
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512,
        ) => is_strong_rsa(&rsa.n),
        _ => false,
    };
    let common = &key.common;
    kind && common.key_algorithm.is_none_or(|own| own == KeyAlgorithm::from(algorithm))
        && common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify))
}

/// RFC 7518 section 3.3: "A key of size 2048 bits or larger MUST be used". 8192 bits is where verifying gets dear.
fn is_strong_rsa(modulus: &str) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(modulus) else { return false };
    let significant = bytes.iter().skip_while(|byte| **byte == 0).count();
    (256..=1024).contains(&significant)
}

/// The members of a JWK that hold something secret.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A public key in a form that this server uses; none for a private, a symmetric or an unknown one.
fn public_key(value: &Map<String, Value>) -> Option<Jwk> {
    if PRIVATE.iter().any(|name| value.contains_key(*name)) {
        return None;
    }
    let key: Jwk = serde_json::from_value(Value::Object(value.clone())).ok()?;
    let usable = ALGORITHMS.iter().any(|algorithm| fits(&key, *algorithm)) && DecodingKey::from_jwk(&key).is_ok();
    usable.then_some(key)
}

/// Why a key set is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKeys {
    /// It is not `{"keys": [...]}`.
    #[error("This is not a JWK set: an object with the member \"keys\", a list, is needed.")]
    Shape,
    /// Somebody gave away a secret.
    #[error("The key set contains a private or symmetric key. Only public keys belong here; replace that key.")]
    Private,
    /// Nothing of it can verify a signature.
    #[error("The key set contains no key that can be used: RSA of 2048 bits or more, P-256, P-384 or Ed25519.")]
    Unusable,
}

/// Reads a key set (RFC 7517 section 5). "Implementations SHOULD ignore JWKs within a JWK Set that use kty values that are
/// not understood by them, that are missing required members, or for which values are out of the supported ranges."
pub fn key_set(text: &[u8]) -> Result<JwkSet, BadKeys> {
    let set = strict::object(text).ok_or(BadKeys::Shape)?;
    let keys = set.get("keys").and_then(Value::as_array).ok_or(BadKeys::Shape)?;
    if keys.iter().any(|key| PRIVATE.iter().any(|name| key.get(name).is_some())) {
        return Err(BadKeys::Private);
    }
    let keys: Vec<Jwk> = keys.iter().filter_map(|key| public_key(key.as_object()?)).take(MAX_KEYS).collect();
    if keys.is_empty() { Err(BadKeys::Unusable) } else { Ok(JwkSet { keys }) }
}

/// The thumbprint of a key (RFC 7638) by SHA-256, as `jkt` has it.
pub fn thumbprint(key: &Jwk) -> Option<String> {
    key.thumbprint(ThumbprintHash::SHA256).ok()
}

/// What a JWT says.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// A claim as it stands.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A claim that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A claim that must be text, and not empty.
    pub fn required(&self, name: &'static str) -> Result<&str, JwsError> {
        self.text(name).filter(|text| !text.is_empty()).ok_or(JwsError::Claim(name))
    }

    /// A point in time (RFC 7519 section 2, `NumericDate`), which may have a fraction; an error if it is anything else.
    pub fn time(&self, name: &'static str) -> Result<Option<Timestamp>, JwsError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => {
                #[expect(clippy::cast_possible_truncation, reason = "the fraction goes, and the cast saturates")]
                let whole = number.as_i64().or_else(|| number.as_f64().map(|float| float.floor() as i64));
                whole.filter(|at| (0..=1 << 40).contains(at)).map(Some).ok_or(JwsError::Claim(name))
            }
            Some(_) => Err(JwsError::Claim(name)),
        }
    }

    /// For whom it is: one or several.
    pub fn audience(&self) -> Vec<&str> {
        match self.0.get("aud") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the times that it tells are right now: `exp` ahead, `nbf` and `iat` behind. Those that are missing do not
    /// count; see [`Self::expiry`].
    pub fn is_current(&self, now: Timestamp) -> Result<(), JwsError> {
        // RFC 7519 section 4.1.4: "The processing of the exp claim requires that the current date/time MUST be before the
        // expiration date/time listed in the exp claim", with "some small leeway".
        if self.time("exp")?.is_some_and(|exp| exp + LEEWAY <= now) {
            return Err(JwsError::Claim("exp"));
        }
        for name in ["nbf", "iat"] {
            if self.time(name)?.is_some_and(|at| at > now + LEEWAY) {
                return Err(JwsError::Claim(name));
            }
        }
        Ok(())
    }

    /// When it expires, which must be said, be ahead, and not further ahead than `at_most` seconds: nobody's replay is
    /// remembered for ever.
    pub fn expiry(&self, now: Timestamp, at_most: i64) -> Result<Timestamp, JwsError> {
        self.is_current(now)?;
        let exp = self.time("exp")?.filter(|exp| *exp <= now + at_most + LEEWAY);
        exp.ok_or(JwsError::Claim("exp"))
    }

    /// The claims in a type.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_value(Value::Object(self.0.clone())).ok()
    }

    /// All of them.
    pub fn into_map(self) -> Map<String, Value> {
        self.0
    }
}

#[cfg(test)]
mod tests;
