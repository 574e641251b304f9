//! How strong a login was (`acr`, `OpenID` Connect Core 2), derived from how it was done (`amr`, RFC 8176) in this one
//! place, and what an application wishes it to be (Core 5.5.1.1, RFC 9470).

use serde_json::Value;

use super::claims;

/// An authentication context class of this server, the weaker first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Acr {
    /// A password.
    Password,
    /// A password and a second factor.
    MultiFactor,
}

impl Acr {
    /// Every one, for `acr_values_supported` too.
    pub const ALL: [Self; 2] = [Self::Password, Self::MultiFactor];

    /// The value of `acr`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Password => "urn:stockade:acr:pwd",
            Self::MultiFactor => "urn:stockade:acr:mfa",
        }
    }

    /// What a person calls it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Password => "By a password",
            Self::MultiFactor => "By a password and a second factor",
        }
    }

    /// The class of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|acr| acr.name() == name)
    }

    /// What the methods of an `amr` amount to.
    pub fn of(amr: &str) -> Self {
        if amr.split(' ').any(|method| method == "mfa") { Self::MultiFactor } else { Self::Password }
    }

    /// Whether a login of this strength is as good as the class of that name. A stronger login is a weaker one too.
    pub fn meets(self, name: &str) -> bool {
        Self::parse(name).is_some_and(|wished| wished <= self)
    }
}

/// What an application wishes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Any of these, the preferred first; empty: whatever.
    names: Vec<String>,
    /// Whether there is no answer without it.
    pub is_essential: bool,
}

impl Wish {
    /// Core 5.5.1.1: an essential claim `acr` with a value has to be met; `acr_values` is a voluntary one, and
    /// `default_acr_values` counts where the request says nothing.
    pub fn of(acr_values: Option<&str>, claims: &claims::Request, default: &[String]) -> Self {
        if let Some(claim) = claims.in_id_token("acr") {
            let names: Vec<String> = claim.accepted().filter_map(Value::as_str).map(str::to_owned).collect();
            if !names.is_empty() {
                return Self { names, is_essential: claim.essential };
            }
        }
        let names = match acr_values {
            Some(text) => text.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            None => default.to_vec(),
        };
        Self { names, is_essential: false }
    }

    /// Whether a login of this strength is what is wished.
    pub fn is_met_by(&self, acr: Acr) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| acr.meets(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_factors_are_stronger_than_a_password() {
        assert_eq!(Acr::of("pwd"), Acr::Password);
        assert_eq!(Acr::of("pwd otp mfa"), Acr::MultiFactor);
        assert_eq!(Acr::of(""), Acr::Password);
        assert!(Acr::MultiFactor.meets(Acr::Password.name()) && !Acr::Password.meets(Acr::MultiFactor.name()));
        assert!(!Acr::MultiFactor.meets("urn:nobody:knows"));
    }

    #[test]
    fn an_essential_claim_beats_acr_values_and_these_beat_the_default() {
        let request = |text: &str| claims::Request::parse(text).unwrap();
        let essential = request(r#"{"id_token":{"acr":{"essential":true,"values":["urn:stockade:acr:mfa"]}}}"#);
        let default = ["urn:stockade:acr:pwd".to_owned()];
        let wish = Wish::of(Some("urn:stockade:acr:pwd"), &essential, &default);
        assert!(wish.is_essential && !wish.is_met_by(Acr::Password) && wish.is_met_by(Acr::MultiFactor));
        let wish = Wish::of(Some("urn:stockade:acr:mfa"), &request("{}"), &default);
        assert!(!wish.is_essential && !wish.is_met_by(Acr::Password));
        assert!(Wish::of(None, &request("{}"), &default).is_met_by(Acr::Password));
        assert!(Wish::of(None, &request(r#"{"id_token":{"acr":{"essential":true}}}"#), &[]).is_met_by(Acr::Password));
    }
}
