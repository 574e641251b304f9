//! The registered error codes (IANA "OAuth Extensions Error Registry") and the JSON in which protocol endpoints tell them
//! (RFC 6749 section 5.2).

use poem::{
    Response,
    error::ResponseError,
    http::{HeaderValue, StatusCode, header},
};
use sea_orm::DbErr;
use serde_json::json;

use crate::{signing::SigningError, web::form::Malformed};

/// A registered error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the registry says what each means; see `name`")]
pub enum Code {
    // RFC 6749 sections 4.1.2.1 and 5.2.
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedResponseType,
    InvalidScope,
    AccessDenied,
    ServerError,
    TemporarilyUnavailable,
    // RFC 7591 section 3.2.2.
    InvalidRedirectUri,
    InvalidClientMetadata,
    InvalidSoftwareStatement,
    UnapprovedSoftwareStatement,
    // RFC 6750 section 3.1.
    InvalidToken,
    InsufficientScope,
    // OpenID Connect Core 3.1.2.6.
    LoginRequired,
    ConsentRequired,
    RequestNotSupported,
    RequestUriNotSupported,
    RegistrationNotSupported,
    InteractionRequired,
    // RFC 9101 section 9 and OpenID Connect Core 3.1.2.6.
    InvalidRequestObject,
    InvalidRequestUri,
    // RFC 8707 section 2.
    InvalidTarget,
    // RFC 9396 section 5.
    InvalidAuthorizationDetails,
    // OpenID Connect Unmet Authentication Requirements 1.0.
    UnmetAuthenticationRequirements,
    // RFC 9449 section 12.2.
    InvalidDpopProof,
    UseDpopNonce,
    // RFC 8628 section 3.5, CIBA core 11 and 13.
    AuthorizationPending,
    SlowDown,
    ExpiredToken,
    UnknownUserId,
    InvalidBindingMessage,
}

impl Code {
    /// The value of `error`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidSoftwareStatement => "invalid_software_statement",
            Self::UnapprovedSoftwareStatement => "unapproved_software_statement",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::InteractionRequired => "interaction_required",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidAuthorizationDetails => "invalid_authorization_details",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
            Self::UnknownUserId => "unknown_user_id",
            Self::InvalidBindingMessage => "invalid_binding_message",
        }
    }
}

/// Why a protocol endpoint refuses: what the client reads, and what the log says beyond that.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {}", code.name(), log.as_deref().unwrap_or(description))]
pub struct Error {
    /// The registered code.
    pub code: Code,
    /// Constant text, never an echo of what was sent.
    description: &'static str,
    log: Option<String>,
    status: StatusCode,
    headers: Vec<(header::HeaderName, HeaderValue)>,
}

impl Error {
    /// A refusal with status 400.
    pub const fn new(code: Code, description: &'static str) -> Self {
        Self { code, description, log: None, status: StatusCode::BAD_REQUEST, headers: Vec::new() }
    }

    /// The request is malformed.
    pub const fn invalid_request(description: &'static str) -> Self {
        Self::new(Code::InvalidRequest, description)
    }

    /// The code or token presented is not (or no longer) good.
    pub const fn invalid_grant(description: &'static str) -> Self {
        Self::new(Code::InvalidGrant, description)
    }

    /// The client did not prove who it is. Which way it failed is for the log only.
    pub fn invalid_client(log: impl Into<String>) -> Self {
        Self::new(Code::InvalidClient, "The client authentication failed.").status(StatusCode::UNAUTHORIZED).log(log)
    }

    /// The server failed.
    pub fn internal(reason: impl std::fmt::Display) -> Self {
        Self::new(Code::ServerError, "The server could not answer this request.")
            .status(StatusCode::INTERNAL_SERVER_ERROR)
            .log(reason.to_string())
    }

    /// What the client reads beside the code.
    pub const fn description(&self) -> &'static str {
        self.description
    }

    /// Whether it is the server that failed.
    pub fn is_internal(&self) -> bool {
        self.status.is_server_error()
    }

    /// Answers with another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Adds what the log should say.
    #[must_use]
    pub fn log(mut self, text: impl Into<String>) -> Self {
        self.log = Some(text.into());
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: header::HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
        self
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        Self::internal(error)
    }
}

impl From<SigningError> for Error {
    fn from(error: SigningError) -> Self {
        Self::internal(error)
    }
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::invalid_request(match malformed {
            Malformed::Percent => "The form is malformed: a percent sign without two hexadecimal digits.",
            Malformed::Utf8 => "The form is not valid UTF-8.",
            Malformed::Nul => "The form contains a NUL character.",
        })
    }
}

impl ResponseError for Error {
    fn status(&self) -> StatusCode {
        self.status
    }

    fn as_response(&self) -> Response {
        if self.status.is_server_error() {
            tracing::error!("{self}");
        } else {
            tracing::info!("{self}");
        }
        let body = json!({"error": self.code.name(), "error_description": self.description});
        let mut response = super::protocol::json(self.status, &body);
        for (name, value) in &self.headers {
            response.headers_mut().append(name, value.clone());
        }
        response
    }
}
