//! Proof Key for Code Exchange (RFC 7636 sections 4.1 and 4.6), S256 only.

use super::error::Error;
use crate::secret;

/// RFC 7636 section 4.6, and both directions of RFC 9700 section 4.8.2: "If there was no code challenge in the
/// authorization request, any request to the token endpoint containing a code verifier is rejected."
pub(super) fn verify(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), Error> {
    let (challenge, verifier) = match (challenge, verifier) {
        (None, None) => return Ok(()),
        (Some(challenge), Some(verifier)) => (challenge, verifier),
        (Some(_), None) => return Err(Error::invalid_grant("The code_verifier is missing.")),
        (None, Some(_)) => return Err(Error::invalid_grant("There is a code_verifier but was no code_challenge.")),
    };
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let well_formed = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
    if well_formed && secret::same(&pkce::code_challenge(verifier.as_bytes()), challenge) {
        Ok(())
    } else {
        Err(Error::invalid_grant("The code_verifier does not match the code_challenge."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaeAoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_rfc_verifies_and_nothing_near_it() {
        assert!(verify(Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), Some(VERIFIER)).is_ok());
        assert!(verify(Some(CHALLENGE), Some(VERIFIER)).is_err());
        assert!(verify(Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), Some(&VERIFIER[1..])).is_err());
    }

    #[test]
    fn a_verifier_and_a_challenge_come_together_or_not_at_all() {
        assert!(verify(None, None).is_ok());
        assert!(verify(Some(CHALLENGE), None).is_err());
        assert!(verify(None, Some(VERIFIER)).is_err());
    }

    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        for bad in ["a".repeat(42), "a".repeat(129), format!("{}+", "a".repeat(43)), format!("{} ", "a".repeat(43))] {
            assert!(verify(Some(&pkce::code_challenge(bad.as_bytes())), Some(&bad)).is_err(), "{bad}");
        }
        for good in ["a".repeat(43), "a".repeat(128), "~.-_".repeat(11)] {
            assert!(verify(Some(&pkce::code_challenge(good.as_bytes())), Some(&good)).is_ok(), "{good}");
        }
    }
}
