//! The words in which an application is described: each enum is one column, spelled as RFC 7591 section 2 spells it.

/// Declares an enum whose variants have a wire name and a label for people.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal, $label:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// Every value, in the order in which they are offered.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in the database and on the wire.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// What a person calls it.
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }

            /// The value of that name.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

words! {
    /// RFC 6749 section 2.1.
    ClientType {
        /// Keeps a secret: it runs on a server.
        Confidential = "confidential", "Confidential";
        /// Cannot keep a secret: it runs in a browser, on a phone or on a desk.
        Public = "public", "Public";
    }
}

words! {
    /// The grants of this server (`grant_types`).
    GrantType {
        /// RFC 6749 section 4.1.
        AuthorizationCode = "authorization_code", "Authorization code";
        /// RFC 6749 section 6.
        RefreshToken = "refresh_token", "Refresh token";
        /// RFC 6749 section 4.4.
        ClientCredentials = "client_credentials", "Client credentials";
        /// RFC 8628.
        DeviceCode = "urn:ietf:params:oauth:grant-type:device_code", "Device code";
        /// RFC 8693.
        TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange", "Token exchange";
        /// RFC 7523 section 2.1.
        JwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer", "JWT bearer";
        /// CIBA core section 10.1.
        Ciba = "urn:openid:params:grant-type:ciba", "Backchannel authentication (CIBA)";
    }
}

impl GrantType {
    /// Those that need a client whose identity is proved. RFC 6749 section 4.4: "The client credentials grant type MUST only
    /// be used by confidential clients."
    pub const CONFIDENTIAL: &'static [Self] =
        &[Self::ClientCredentials, Self::TokenExchange, Self::JwtBearer, Self::Ciba];

    /// Those by which a person gives an application a grant of its own, which can be refreshed.
    pub const PERSONAL: &'static [Self] = &[Self::AuthorizationCode, Self::DeviceCode, Self::Ciba];
}

words! {
    /// How often people are asked whether they allow what an application wants.
    Consent {
        /// At every authorization.
        Always = "always", "Ask every time";
        /// Once for the same scopes; only for confidential applications, whose identity is assured.
        Remember = "remember", "Ask once, then remember";
        /// Once for the same scopes, although the application is public: it is the operator's own.
        Trusted = "trusted", "First party: ask once and remember, even if public";
    }
}

words! {
    /// How ID tokens are signed (`id_token_signed_response_alg`).
    Algorithm {
        /// RSA with SHA-256, which every client knows.
        Rs256 = "RS256", "RS256 (RSA with SHA-256)";
        /// RSA-PSS with SHA-256.
        Ps256 = "PS256", "PS256 (RSA-PSS with SHA-256)";
        /// ECDSA on P-256.
        Es256 = "ES256", "ES256 (ECDSA on P-256)";
        /// Ed25519.
        EdDsa = "EdDSA", "EdDSA (Ed25519)";
    }
}

words! {
    /// Who registered an application.
    Origin {
        /// A superuser, or the server itself.
        Administrator = "administrator", "An administrator";
        /// It registered itself (RFC 7591).
        Dynamic = "dynamic", "The application itself";
        /// Its `client_id` is the address of a document that describes it.
        Document = "document", "A client ID metadata document";
    }
}

#[cfg(test)]
mod tests {
    use super::Algorithm;
    use crate::signing;

    #[test]
    fn every_algorithm_of_the_servers_keys_can_be_chosen() {
        let words: Vec<String> = Algorithm::ALL.iter().map(|word| word.name().to_owned()).collect();
        assert_eq!(words, signing::ALGORITHMS.map(signing::name));
    }
}
