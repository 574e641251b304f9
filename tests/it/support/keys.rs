//! Keys of applications: what they sign, and the proofs that they hold them.

use aws_lc_rs::{
    digest::{SHA256, digest},
    encoding::{AsDer as _, Pkcs8V1Der},
    rand::SystemRandom,
    rsa, signature,
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, crypto, jwk::Jwk};
use poem::http::Method;
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};
use stockade::oauth::jws::thumbprint;

use super::{
    App,
    actors::{Actor, Answer},
    oauth::{Client, post},
};

/// A private key.
pub(crate) struct Key {
    private: EncodingKey,
    algorithm: Algorithm,
    public: Jwk,
}

fn pem(der: &[u8]) -> Vec<u8> {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der)).into_bytes()
}

impl Key {
    fn new(private: EncodingKey, algorithm: Algorithm) -> Self {
        let public = Jwk::from_encoding_key(&private, algorithm).unwrap();
        Self { private, algorithm, public }
    }

    /// A new one for ES256.
    pub(crate) fn es256() -> Self {
        let pair = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = signature::EcdsaKeyPair::generate_pkcs8(pair, &SystemRandom::new()).unwrap();
        Self::new(EncodingKey::from_ec_pem(&pem(pair.as_ref())).unwrap(), Algorithm::ES256)
    }

    /// A new one for RS256.
    pub(crate) fn rs256() -> Self {
        let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der = pair.as_der().unwrap();
        Self::new(EncodingKey::from_rsa_pem(&pem(der.as_ref())).unwrap(), Algorithm::RS256)
    }

    /// The public half.
    pub(crate) fn jwk(&self) -> Value {
        serde_json::to_value(&self.public).unwrap()
    }

    /// A set of this one.
    pub(crate) fn jwks(&self) -> Value {
        json!({ "keys": [self.jwk()] })
    }

    /// Its thumbprint.
    pub(crate) fn jkt(&self) -> String {
        thumbprint(&self.public).unwrap()
    }

    /// Signs whatever a test wants to.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let mut header = header.clone();
        header["alg"] = json!(format!("{:?}", self.algorithm));
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        format!("{signed}.{}", crypto::sign(signed.as_bytes(), &self.private, self.algorithm).unwrap())
    }

    /// A good client assertion, with some claims changed; null takes one out.
    pub(crate) fn assertion(&self, app: &App, client_id: &str, changes: Value) -> String {
        let now = app.ctx.clock.now();
        let claims = json!({
            "iss": client_id, "sub": client_id, "aud": app.ctx.config.issuer(), "iat": now, "exp": now + 60, "jti": random(),
        });
        self.sign(&json!({ "typ": "JWT" }), &changed(claims, changes))
    }

    /// A good DPoP proof, with some claims changed; null takes one out.
    pub(crate) fn proof(&self, app: &App, request: (&Method, &str), nonce: &str, changes: Value) -> String {
        let (method, path) = request;
        let claims = json!({
            "jti": random(), "htm": method.as_str(), "htu": app.ctx.config.url(path), "iat": app.ctx.clock.now(), "nonce": nonce,
        });
        self.sign(&json!({ "typ": "dpop+jwt", "jwk": self.jwk() }), &changed(claims, changes))
    }

    /// A good proof for the use of a token.
    pub(crate) fn proof_of(&self, app: &App, request: (&Method, &str), nonce: &str, token: &str) -> String {
        self.proof(app, request, nonce, json!({ "ath": URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())) }))
    }
}

/// A text that nobody used before.
pub(crate) fn random() -> String {
    stockade::secret::hex(&stockade::clock::Rng.bytes::<12>())
}

/// Claims with some changed; null takes one out.
pub(crate) fn changed(mut claims: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    for (name, value) in changes {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(&name);
        } else {
            claims[&name] = value;
        }
    }
    claims
}

impl App {
    /// An application that may do everything, with these members in its registration.
    pub(crate) async fn with_metadata(&self, client_id: &str, metadata: Value) -> Client {
        self.enrol(client_id, |row| row.metadata = Set(metadata.to_string())).await
    }

    /// A nonce for DPoP proofs, as the server gives it to whoever tries without.
    pub(crate) async fn nonce(&self) -> String {
        let answer = post(&Actor::anonymous().with("DPoP", "x"), self, "/o/token/", &[]).await;
        answer.header("dpop-nonce").to_owned()
    }

    /// Sends a token request of an application by a client assertion.
    pub(crate) async fn by_assertion(&self, assertion: &str, more: &[(&str, &str)]) -> Answer {
        let mut fields = vec![
            ("grant_type", "client_credentials"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion),
        ];
        fields.extend(more);
        post(&Actor::anonymous(), self, "/o/token/", &fields).await
    }
}
