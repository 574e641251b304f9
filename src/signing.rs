//! The keys that sign: made, sealed, published, rotated (`OpenID` Connect Core 10.1, RFC 7517, RFC 7518).
//!
//! A key's life, so that no client ever meets a signature that it cannot check: it is *published* an hour before it
//! *signs*; when its successor starts to sign it is *retired*, and it stays published until the longest-lived token that
//! it may have signed has expired. The private half is stored under the server key, bound to its `kid`.
//!
//! Every instance keeps the keys in memory and reads them anew every few seconds, so that a rotation by another instance
//! or by `stockade keys rotate` is picked up without a restart, and well before the new key signs.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rand::SystemRandom,
    rsa, signature,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use entities::oauth::signing_key;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use sea_orm::{ActiveValue::Set, Condition, DbErr, QueryOrder as _, prelude::*};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    clock::{Clock, Timestamp},
    db::{Db, Tx},
    secret::{Purpose, ServerKey},
};

/// The algorithms for which the server has keys. No symmetric one: that key would be a client's secret, of which only a
/// digest is kept. PS256 has an RSA key of its own: a key that signs by both paddings lends each the weaknesses of the
/// other (RFC 8017 section 8), and `alg` of a published key names one algorithm (RFC 7517 section 4.4).
pub const ALGORITHMS: [Algorithm; 4] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

/// How long a new key is published before it signs: clients may keep the key set that long.
pub const PUBLISH_AHEAD: i64 = 3600;
/// How long a retired key stays published: the longest life of a token (a day), twice.
const KEEP_RETIRED: i64 = 2 * 24 * 3600;
/// How long the keys in memory are believed.
const FRESH: i64 = 5;

/// Why something could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
    /// A key could not be made.
    #[error("a {0:?} key could not be made")]
    Generation(Algorithm),
    /// A stored key does not open: the key file belongs to another database.
    #[error("the signing key {0} does not open: is this the key file of this database?")]
    Sealed(String),
    /// A stored key is no key.
    #[error("the signing key {0} cannot be used: {1}")]
    Unusable(String, String),
    /// No key signs with that algorithm.
    #[error("there is no {0:?} key")]
    NoKey(Algorithm),
    /// The token could not be put together.
    #[error("the token could not be signed: {0}")]
    Jwt(#[from] jsonwebtoken::errors::Error),
}

/// A key, ready to use.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its row.
    pub row: signing_key::Model,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// The public half, as published.
    pub jwk: Jwk,
    private: EncodingKey,
}

impl Key {
    /// Whether it signs at a time.
    pub fn signs(&self, at: Timestamp) -> bool {
        self.row.active_from <= at && self.row.retired.is_none_or(|retired| retired > at)
    }
}

/// The signing keys of this server.
#[derive(Debug)]
pub struct Signing {
    db: Db,
    clock: Clock,
    key: ServerKey,
    cache: Mutex<Option<(Timestamp, Arc<Vec<Key>>)>>,
}

impl Signing {
    /// The keys of a database under a server key.
    pub const fn new(db: Db, clock: Clock, key: ServerKey) -> Self {
        Self { db, clock, key, cache: Mutex::new(None) }
    }

    /// Makes a key for every algorithm that has none. The first key signs at once: nobody knows an older one.
    pub async fn ensure(&self) -> Result<(), SigningError> {
        let keys = self.published().await?;
        let now = self.clock.now();
        for algorithm in ALGORITHMS {
            if !keys.iter().any(|key| key.algorithm == algorithm && key.row.retired.is_none_or(|at| at > now)) {
                self.add(algorithm, now, None).await?;
            }
        }
        Ok(())
    }

    /// Makes a new key for every algorithm whose newest key started to sign so many days ago. Of several instances that
    /// notice it together, one does it. Returns the new keys' ids.
    pub async fn rotate_by_age(&self, days: i64) -> Result<Vec<String>, SigningError> {
        let now = self.clock.now();
        let since = now - days.saturating_mul(24 * 3600);
        let keys = self.published().await?;
        let is_due = |algorithm: &Algorithm| {
            !keys
                .iter()
                .any(|key| key.algorithm == *algorithm && key.row.retired.is_none() && key.row.active_from > since)
        };
        let due: Vec<Algorithm> = ALGORITHMS.into_iter().filter(is_due).collect();
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let _turn = self.db.turn().await?;
        let mut made = Vec::new();
        for algorithm in due {
            made.extend(self.add(algorithm, now + PUBLISH_AHEAD, Some(since)).await?);
        }
        Ok(made)
    }

    /// Makes a new key for every algorithm. The keys before retire when it starts to sign: in an hour, or at once where
    /// the old one may be known to somebody. Returns the new keys' ids.
    pub async fn rotate(&self, immediately: bool) -> Result<Vec<String>, SigningError> {
        let active_from = self.clock.now() + if immediately { 0 } else { PUBLISH_AHEAD };
        let mut made = Vec::new();
        for algorithm in ALGORITHMS {
            made.extend(self.add(algorithm, active_from, None).await?);
        }
        Ok(made)
    }

    /// The keys that clients must know now, newest first.
    pub async fn published(&self) -> Result<Arc<Vec<Key>>, SigningError> {
        let now = self.clock.now();
        let cached = self.cache.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((read, keys)) = cached
            && (0..FRESH).contains(&(now - read))
        {
            return Ok(keys);
        }
        let rows = signing_key::Entity::find()
            .filter(
                Condition::any().add(signing_key::Column::Expires.is_null()).add(signing_key::Column::Expires.gt(now)),
            )
            .order_by_desc(signing_key::Column::ActiveFrom)
            .order_by_asc(signing_key::Column::Kid)
            .all(self.db.reader())
            .await?;
        let keys = Arc::new(rows.into_iter().map(|row| self.open(row)).collect::<Result<Vec<_>, _>>()?);
        *self.cache.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, keys.clone()));
        Ok(keys)
    }

    /// The public keys, for `jwks_uri` (RFC 7517 section 5).
    pub async fn jwks(&self) -> Result<JwkSet, SigningError> {
        Ok(JwkSet { keys: self.published().await?.iter().map(|key| key.jwk.clone()).collect() })
    }

    /// Signs claims, as a JWT of a type (`JWT`, `at+jwt`, ...).
    pub async fn sign(&self, algorithm: Algorithm, typ: &str, claims: &impl Serialize) -> Result<String, SigningError> {
        let now = self.clock.now();
        let keys = self.published().await?;
        // Newest first, so the first one that signs is the one.
        let key = keys.iter().find(|key| key.algorithm == algorithm && key.signs(now));
        let key = key.ok_or(SigningError::NoKey(algorithm))?;
        let mut header = Header::new(algorithm);
        header.typ = Some(typ.to_owned());
        header.kid = Some(key.row.kid.clone());
        Ok(jsonwebtoken::encode(&header, claims, &key.private)?)
    }

    /// The claims of a JWT that this server signed, whatever its age; none for anything else. The algorithm is the
    /// key's, never the token's choice (RFC 8725 section 3.1).
    pub async fn verify<T: DeserializeOwned>(&self, typ: &str, jwt: &str) -> Result<Option<T>, SigningError> {
        let Ok(header) = jsonwebtoken::decode_header(jwt) else { return Ok(None) };
        let keys = self.published().await?;
        let key = keys.iter().find(|key| header.kid.as_deref() == Some(&key.row.kid) && key.algorithm == header.alg);
        let (Some(key), Some(true)) = (key, header.typ.map(|given| given.eq_ignore_ascii_case(typ))) else {
            return Ok(None);
        };
        let mut validation = Validation::new(key.algorithm);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let public = DecodingKey::from_jwk(&key.jwk)?;
        Ok(jsonwebtoken::decode::<T>(jwt, &public, &validation).ok().map(|token| token.claims))
    }

    /// Makes a key, unless another that started to sign after `unless_since` is there by then.
    async fn add(
        &self,
        algorithm: Algorithm,
        active_from: Timestamp,
        unless_since: Option<Timestamp>,
    ) -> Result<Option<String>, SigningError> {
        // An RSA key takes a tenth of a second of pure arithmetic.
        let pkcs8 = tokio::task::spawn_blocking(move || generate(algorithm))
            .await
            .ok()
            .flatten()
            .ok_or(SigningError::Generation(algorithm))?;
        let private = encoding_key(algorithm, &pkcs8)?;
        let mut jwk = Jwk::from_encoding_key(&private, algorithm)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let public_jwk = serde_json::to_string(&jwk).map_err(jsonwebtoken::errors::Error::from)?;
        let row = signing_key::ActiveModel {
            private_key: Set(self.key.seal(Purpose::SigningKey, &kid, &pkcs8)),
            kid: Set(kid.clone()),
            algorithm: Set(name(algorithm)),
            public_jwk: Set(public_jwk),
            created: Set(self.clock.now()),
            active_from: Set(active_from),
            retired: Set(None),
            expires: Set(None),
        };
        let is_made = self
            .db
            .write(|tx| async move {
                if let Some(since) = unless_since
                    && has_newer(&tx, algorithm, since).await?
                {
                    return Ok::<_, DbErr>(false);
                }
                retire(&tx, algorithm, active_from).await?;
                signing_key::Entity::insert(row).exec_without_returning(&*tx).await?;
                Ok(true)
            })
            .await?;
        *self.cache.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(is_made.then_some(kid))
    }

    fn open(&self, row: signing_key::Model) -> Result<Key, SigningError> {
        let unusable = |why: String| SigningError::Unusable(row.kid.clone(), why);
        let algorithm = row.algorithm.parse().map_err(|e: jsonwebtoken::errors::Error| unusable(e.to_string()))?;
        let pkcs8 = self
            .key
            .open(Purpose::SigningKey, &row.kid, &row.private_key)
            .map_err(|_| SigningError::Sealed(row.kid.clone()))?;
        let private = encoding_key(algorithm, &pkcs8)?;
        let jwk = serde_json::from_str(&row.public_jwk).map_err(|e| unusable(e.to_string()))?;
        Ok(Key { row, algorithm, jwk, private })
    }
}

/// Retires the keys of an algorithm from a time on.
async fn retire(tx: &Tx, algorithm: Algorithm, at: Timestamp) -> Result<(), DbErr> {
    signing_key::Entity::update_many()
        .col_expr(signing_key::Column::Retired, Expr::value(at))
        .col_expr(signing_key::Column::Expires, Expr::value(at + KEEP_RETIRED))
        .filter(signing_key::Column::Algorithm.eq(name(algorithm)))
        // One that would have started later than its successor is skipped over.
        .filter(Condition::any().add(signing_key::Column::Retired.is_null()).add(signing_key::Column::Retired.gt(at)))
        .exec(&**tx)
        .await
        .map(drop)
}

/// Whether a key of an algorithm started to sign, or will, after a time.
async fn has_newer(tx: &Tx, algorithm: Algorithm, since: Timestamp) -> Result<bool, DbErr> {
    let newer = signing_key::Entity::find()
        .filter(signing_key::Column::Algorithm.eq(name(algorithm)))
        .filter(signing_key::Column::Retired.is_null())
        .filter(signing_key::Column::ActiveFrom.gt(since));
    newer.one(&**tx).await.map(|found| found.is_some())
}

/// The JWA name, as the table and the metadata spell it.
pub fn name(algorithm: Algorithm) -> String {
    word(algorithm).to_owned()
}

/// The same, for what stands in a program.
pub const fn word(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::HS256 => "HS256",
        Algorithm::HS384 => "HS384",
        Algorithm::HS512 => "HS512",
        Algorithm::ES256 => "ES256",
        Algorithm::ES384 => "ES384",
        Algorithm::RS256 => "RS256",
        Algorithm::RS384 => "RS384",
        Algorithm::RS512 => "RS512",
        Algorithm::PS256 => "PS256",
        Algorithm::PS384 => "PS384",
        Algorithm::PS512 => "PS512",
        Algorithm::EdDSA => "EdDSA",
        // The library may learn more; nothing here uses what is not above.
        _ => "unknown",
    }
}

/// A new private key, as PKCS #8.
fn generate(algorithm: Algorithm) -> Option<Vec<u8>> {
    let random = SystemRandom::new();
    match algorithm {
        Algorithm::RS256 | Algorithm::PS256 => {
            let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).ok()?;
            let der: Pkcs8V1Der = pair.as_der().ok()?;
            Some(der.as_ref().to_vec())
        }
        Algorithm::ES256 => {
            let pair = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
            Some(signature::EcdsaKeyPair::generate_pkcs8(pair, &random).ok()?.as_ref().to_vec())
        }
        Algorithm::EdDSA => Some(signature::Ed25519KeyPair::generate_pkcs8v1(&random).ok()?.as_ref().to_vec()),
        _ => None,
    }
}

/// `jsonwebtoken` reads PKCS #8 of every kind from PEM only.
fn encoding_key(algorithm: Algorithm, pkcs8: &[u8]) -> Result<EncodingKey, SigningError> {
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(pkcs8));
    Ok(match algorithm {
        Algorithm::ES256 => EncodingKey::from_ec_pem(pem.as_bytes())?,
        Algorithm::EdDSA => EncodingKey::from_ed_pem(pem.as_bytes())?,
        _ => EncodingKey::from_rsa_pem(pem.as_bytes())?,
    })
}
