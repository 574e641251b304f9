//! `response_mode`: how an answer travels to the application (OAuth 2.0 Multiple Response Type Encoding Practices 2.1,
//! OAuth 2.0 Form Post Response Mode 1.0, JWT Secured Authorization Response Mode 2.3).

use super::{Parameters, response_type::ResponseType};

/// The words, for the metadata too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the registered words; see `name`")]
pub enum ResponseMode {
    Query,
    Fragment,
    FormPost,
    QueryJwt,
    FragmentJwt,
    FormPostJwt,
    Jwt,
}

impl ResponseMode {
    /// Every one.
    pub const ALL: [Self; 7] =
        [Self::Query, Self::Fragment, Self::FormPost, Self::QueryJwt, Self::FragmentJwt, Self::FormPostJwt, Self::Jwt];

    /// The registered spelling.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
            Self::QueryJwt => "query.jwt",
            Self::FragmentJwt => "fragment.jwt",
            Self::FormPostJwt => "form_post.jwt",
            Self::Jwt => "jwt",
        }
    }

    /// The mode of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    const fn channel(self, response_type: Option<ResponseType>) -> Channel {
        let (carrier, is_signed) = match self {
            Self::Query => (Carrier::Query, false),
            Self::Fragment => (Carrier::Fragment, false),
            Self::FormPost => (Carrier::FormPost, false),
            Self::QueryJwt => (Carrier::Query, true),
            Self::FragmentJwt => (Carrier::Fragment, true),
            Self::FormPostJwt => (Carrier::FormPost, true),
            // JARM 2.3.4: "the default redirect encoding ... for the requested response type".
            Self::Jwt => (Carrier::default_of(response_type), true),
        };
        Channel { carrier, is_signed }
    }
}

/// What carries an answer through the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    Query,
    Fragment,
    FormPost,
}

impl Carrier {
    /// Multiple Response Types 3 and 5: the query for a code or nothing known, the fragment for all that has a token.
    const fn default_of(response_type: Option<ResponseType>) -> Self {
        match response_type {
            None | Some(ResponseType::Code) => Self::Query,
            Some(_) => Self::Fragment,
        }
    }
}

/// How an answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Channel {
    pub(super) carrier: Carrier,
    /// As one JWT (JARM).
    pub(super) is_signed: bool,
}

/// What was asked for cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Impossible(pub(super) &'static str);

impl Channel {
    /// How a request wants its answer.
    pub(super) fn asked(parameters: &Parameters, redirect_uri: &str) -> Result<Self, Impossible> {
        let response_type = response_type(parameters);
        let Some(word) = parameters.once("response_mode").map_err(|_| Impossible("response_mode is repeated."))? else {
            return Ok(Self { carrier: Carrier::default_of(response_type), is_signed: false });
        };
        let mode = ResponseMode::parse(word).ok_or(Impossible("The response_mode is not supported."))?;
        let channel = mode.channel(response_type);
        // Multiple Response Types 5: "The Response Mode value query MUST NOT be used" with a token in the answer; JARM
        // 2.3.1 says the same of query.jwt.
        if channel.carrier == Carrier::Query && Carrier::default_of(response_type) == Carrier::Fragment {
            return Err(Impossible("The response_mode query is not possible with this response_type."));
        }
        // A form is posted to a web server; what opens a program on the device cannot take it.
        let is_web = redirect_uri.starts_with("https://") || redirect_uri.starts_with("http://");
        if channel.carrier == Carrier::FormPost && !is_web {
            return Err(Impossible("The response_mode form_post needs an https redirect URI."));
        }
        Ok(channel)
    }

    /// How an answer travels, whatever was asked for: the error that says that a mode is impossible goes the default way.
    pub(super) fn of(parameters: &Parameters, redirect_uri: &str) -> Self {
        let carrier = Carrier::default_of(response_type(parameters));
        Self::asked(parameters, redirect_uri).unwrap_or(Self { carrier, is_signed: false })
    }
}

fn response_type(parameters: &Parameters) -> Option<ResponseType> {
    parameters.once("response_type").ok().flatten().and_then(ResponseType::parse)
}
