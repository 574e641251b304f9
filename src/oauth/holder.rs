//! Whoever uses a token that is bound to a key must show that they hold it: by a DPoP proof (RFC 9449 section 7) or by the
//! client certificate of the connection (RFC 8705 section 3). Asked wherever an access token is used.

use poem::Request;
use sea_orm::DbErr;

use super::{
    confirmation::Confirmation,
    dpop::{self, BadProof},
    error::Code,
};
use crate::ctx::Ctx;

/// The scheme by which an access token is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 6750.
    Bearer,
    /// RFC 9449.
    Dpop,
}

impl Scheme {
    /// RFC 9110 section 11.1: a scheme's name is in any case.
    pub const fn parse(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("bearer") {
            Some(Self::Bearer)
        } else if name.eq_ignore_ascii_case("dpop") {
            Some(Self::Dpop)
        } else {
            None
        }
    }
}

/// Why a token is not taken although it is good.
#[derive(Debug, thiserror::Error)]
pub enum NotHeld {
    /// It is bound to a DPoP key and sent without a proof, or with another key's.
    #[error("{}", self.told())]
    Key,
    /// It is sent by the scheme DPoP, and bound to no key.
    #[error("{}", self.told())]
    Unbound,
    /// It is bound to another certificate than that of the connection.
    #[error("{}", self.told())]
    Certificate,
    /// The proof is not good.
    #[error("{}", self.told())]
    Proof(BadProof),
    /// The database failed.
    #[error(transparent)]
    Db(DbErr),
}

impl From<BadProof> for NotHeld {
    fn from(bad: BadProof) -> Self {
        match bad {
            BadProof::Db(error) => Self::Db(error),
            bad => Self::Proof(bad),
        }
    }
}

impl NotHeld {
    /// The registered error code.
    pub const fn code(&self) -> Code {
        match self {
            Self::Proof(bad) => bad.code(),
            Self::Db(_) => Code::ServerError,
            Self::Key | Self::Unbound | Self::Certificate => Code::InvalidToken,
        }
    }

    /// For the client.
    pub const fn told(&self) -> &'static str {
        match self {
            Self::Key => "The access token is bound to a key: send it by the scheme DPoP with a proof of that key",
            Self::Unbound => "The access token is not bound to a DPoP key",
            Self::Certificate => "The access token is bound to another client certificate",
            Self::Proof(BadProof::Invalid(told)) => told,
            Self::Proof(_) => "The proof needs a fresh nonce of this server",
            Self::Db(_) => "A server error occurred.",
        }
    }

    /// The challenge (RFC 9449 section 7.1; RFC 8705 section 3: "the error code `invalid_token`").
    pub fn challenge(&self, realm: &str) -> String {
        let (code, told) = (self.code().name(), self.told());
        match self {
            Self::Certificate => format!("Bearer realm=\"{realm}\", error=\"{code}\", error_description=\"{told}\""),
            _ => format!(
                "DPoP realm=\"{realm}\", error=\"{code}\", error_description=\"{told}\", algs=\"{}\"",
                dpop::algorithms()
            ),
        }
    }
}

/// Whether the sender of a request holds what its token is bound to. Costs nothing where it is bound to nothing.
pub async fn check(
    ctx: &Ctx,
    request: &Request,
    scheme: Scheme,
    token: &str,
    bound: Option<&Confirmation>,
) -> Result<(), NotHeld> {
    match (scheme, bound) {
        (Scheme::Bearer, None) => Ok(()),
        // RFC 8705 section 3: "the protected resource MUST ... verify that the certificate matches the certificate
        // associated with the access token."
        (Scheme::Bearer, Some(Confirmation::X5t(thumbprint))) => {
            let certificate = ctx.tls.certificate(&ctx.config, request);
            let same = certificate.is_some_and(|certificate| certificate.thumbprint() == *thumbprint);
            if same { Ok(()) } else { Err(NotHeld::Certificate) }
        }
        // RFC 9449 section 7.2: "such a protected resource MUST reject a DPoP-bound access token received as a bearer
        // token".
        (Scheme::Bearer, Some(Confirmation::Jkt(_))) => Err(NotHeld::Key),
        (Scheme::Dpop, Some(Confirmation::Jkt(jkt))) => {
            // Section 4.3, 12: "confirm that the public key to which the access token is bound matches the public key from
            // the DPoP proof."
            let shown = dpop::proof(ctx, request, Some(token)).await?;
            if shown.as_deref() == Some(jkt) { Ok(()) } else { Err(NotHeld::Key) }
        }
        (Scheme::Dpop, _) => Err(NotHeld::Unbound),
    }
}
