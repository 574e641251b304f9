//! The key that a token is bound to (`cnf`, RFC 7800 section 3.1): of a `DPoP` proof (RFC 9449 section 6.1) or of a
//! client certificate (RFC 8705 section 3.1).

use serde::{Deserialize, Serialize};

/// The one member of `cnf`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confirmation {
    /// The thumbprint (RFC 7638, SHA-256, base64url) of the key that signs the `DPoP` proofs.
    #[serde(rename = "jkt")]
    Jkt(String),
    /// The SHA-256 digest of the certificate, base64url.
    #[serde(rename = "x5t#S256")]
    X5t(String),
}

impl Confirmation {
    /// The object in a row. One that cannot be read is held by nobody.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self::Jkt(String::new()))
    }

    /// The object for a row.
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The `token_type` of a token that is bound so (RFC 9449 section 5, RFC 8705 section 3).
    pub const fn token_type(bound: Option<&Self>) -> &'static str {
        match bound {
            Some(Self::Jkt(_)) => "DPoP",
            Some(Self::X5t(_)) | None => "Bearer",
        }
    }
}
