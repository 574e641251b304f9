//! The registered error codes (IANA "OAuth Extensions Error Registry", RFC 6749, `OpenID` Connect Core 3.1.2.6).

/// Why the authorization endpoint refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// RFC 6749 section 4.1.2.1.
    InvalidRequest,
    /// RFC 6749 section 4.1.2.1.
    UnauthorizedClient,
    /// RFC 6749 section 4.1.2.1.
    AccessDenied,
    /// RFC 6749 section 4.1.2.1.
    UnsupportedResponseType,
    /// RFC 6749 section 4.1.2.1.
    InvalidScope,
    /// `OpenID` Connect Core 3.1.2.6.
    LoginRequired,
    /// `OpenID` Connect Core 3.1.2.6.
    ConsentRequired,
    /// `OpenID` Connect Core 3.1.2.6.
    RequestNotSupported,
    /// `OpenID` Connect Core 3.1.2.6.
    RequestUriNotSupported,
    /// `OpenID` Connect Core 3.1.2.6.
    RegistrationNotSupported,
}

impl Code {
    /// The value of `error`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
        }
    }
}
