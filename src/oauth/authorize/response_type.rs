//! `response_type`: what the authorization endpoint itself hands out (RFC 6749 section 3.1.1; OAuth 2.0 Multiple Response
//! Type Encoding Practices). The enum is the list: what it does not name is neither accepted nor advertised.

use crate::config::Config;

/// A combination that this endpoint knows. `none` is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the registered words; see `name`")]
pub enum ResponseType {
    Code,
    CodeIdToken,
    IdToken,
    Token,
    IdTokenToken,
    CodeToken,
    CodeIdTokenToken,
}

impl ResponseType {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Code,
        Self::CodeIdToken,
        Self::IdToken,
        Self::Token,
        Self::IdTokenToken,
        Self::CodeToken,
        Self::CodeIdTokenToken,
    ];

    /// The registered spelling.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::CodeIdToken => "code id_token",
            Self::IdToken => "id_token",
            Self::Token => "token",
            Self::IdTokenToken => "id_token token",
            Self::CodeToken => "code token",
            Self::CodeIdTokenToken => "code id_token token",
        }
    }

    /// Whether a word is part of it.
    fn says(self, word: &str) -> bool {
        self.name().split(' ').any(|own| own == word)
    }

    /// Multiple Response Types 2: "space-delimited list of values, where the order of values does not matter".
    pub fn parse(text: &str) -> Option<Self> {
        let words = || text.split(' ');
        let same = |it: &Self| words().count() == it.name().split(' ').count() && words().all(|word| it.says(word));
        // A word that comes twice is a word that lacks.
        Self::ALL.into_iter().find(|it| same(it) && it.name().split(' ').all(|own| words().any(|word| word == own)))
    }

    /// Whether a code is handed out.
    pub fn has_code(self) -> bool {
        self.says("code")
    }

    /// Whether an ID token is handed out here.
    pub fn has_id_token(self) -> bool {
        self.says("id_token")
    }

    /// Whether an access token passes through the browser, against RFC 9700 section 2.1.2.
    pub fn has_token(self) -> bool {
        self.says("token")
    }

    /// Those that this server accepts at all, for the metadata too. RFC 9700 section 2.1.2: "clients SHOULD NOT use the
    /// implicit grant or other response types issuing access tokens in the authorization response", so those are there
    /// only where the operator says so.
    pub fn offered(config: &Config) -> impl Iterator<Item = Self> {
        let tokens = config.oauth.front_channel_tokens;
        Self::ALL.into_iter().filter(move |it| tokens || !it.has_token())
    }
}

#[cfg(test)]
mod tests {
    use super::ResponseType::{self, Code, CodeIdToken, CodeIdTokenToken, IdToken};

    #[test]
    fn the_order_of_words_does_not_matter_and_nothing_else_is_let_by() {
        for it in ResponseType::ALL {
            assert_eq!(ResponseType::parse(it.name()), Some(it));
        }
        assert_eq!(ResponseType::parse("token id_token code"), Some(CodeIdTokenToken));
        assert_eq!(ResponseType::parse("id_token code"), Some(CodeIdToken));
        for bad in
            ["", " ", "none", "code none", "code code", "code  id_token", "CODE", "code ", "id_token id_token code"]
        {
            assert_eq!(ResponseType::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn without_the_operators_word_no_access_token_passes_the_browser() {
        let mut config = crate::config::Config::default();
        assert_eq!(ResponseType::offered(&config).collect::<Vec<_>>(), [Code, CodeIdToken, IdToken]);
        config.oauth.front_channel_tokens = true;
        assert_eq!(ResponseType::offered(&config).count(), 7);
    }
}
