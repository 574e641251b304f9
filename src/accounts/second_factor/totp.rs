//! Time-based one-time passwords (RFC 6238 on RFC 4226), as authenticator apps make them: HMAC-SHA-1, six digits, thirty
//! seconds. Apps know no other parameters reliably, and HMAC does not rest on SHA-1 being free of collisions.

use aws_lc_rs::hmac;

use crate::{clock::Timestamp, secret};

/// The length of a secret, in bytes. RFC 4226 section 4: "This document RECOMMENDs a shared secret length of 160 bits."
pub(super) const SECRET: usize = 20;

/// A code lasts so many seconds.
const PERIOD: i64 = 30;

/// RFC 6238 section 5.2: "We RECOMMEND that at most one time step is allowed as the network delay." One to either side,
/// because the clock of a phone may be ahead, too.
const DRIFT: i64 = 1;

/// The time step of a code that is right now, if it is. RFC 6238 section 5.2: "the verifier MUST NOT accept the second
/// attempt of the OTP after the successful validation has been issued for the first OTP", so only steps after the last
/// one that was accepted count.
pub(super) fn accepted(secret: &[u8], given: &str, now: Timestamp, last: i64) -> Option<i64> {
    let step = now.div_euclid(PERIOD);
    let steps = step - DRIFT..=step + DRIFT;
    steps.filter(|step| *step > last).find(|step| secret::same(&code(secret, *step), given))
}

/// RFC 4226 section 5.3.
fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes.last().copied().unwrap_or_default() & 0xf);
    let picked = bytes.iter().skip(offset).take(4).fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
    format!("{:06}", (picked & 0x7fff_ffff) % 1_000_000)
}

/// The address that an authenticator app reads, as a picture or by hand.
pub(super) fn uri(issuer: &str, account: &str, secret: &[u8]) -> String {
    let text = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    // The label's own colon separates; one in a name would be read as it.
    let (issuer, account) = (text(&issuer.replace(':', " ")), text(account));
    let secret = base32(secret);
    format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period={PERIOD}")
}

/// RFC 4648 section 6, without padding.
pub(super) fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut out, mut bits, mut held) = (String::new(), 0_u32, 0_u32);
    let mut push = |value: u32| {
        let digit = usize::try_from(value & 31).ok().and_then(|at| ALPHABET.get(at)).copied();
        out.extend(digit.map(char::from));
    };
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push(held >> bits);
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        push(held << (5 - bits));
    }
    out
}

/// The code that an app shows; for tests.
pub fn shown(secret: &[u8], now: Timestamp) -> String {
    code(secret, now.div_euclid(PERIOD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_rfc() {
        // RFC 6238 appendix B, the last six of the eight digits.
        for (now, expected) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(shown(b"12345678901234567890", now), expected);
        }
    }

    #[test]
    fn a_code_is_good_once_and_for_one_step_to_either_side() {
        let secret = b"12345678901234567890";
        let (now, step) = (1_111_111_109, 37_037_036);
        assert_eq!(accepted(secret, "081804", now, 0), Some(step));
        assert_eq!(accepted(secret, "081804", now, step), None);
        for (moved, expected) in [(-60, None), (-30, Some(step)), (30, Some(step)), (60, None)] {
            assert_eq!(accepted(secret, "081804", now + moved, 0), expected, "{moved}");
        }
        assert_eq!(accepted(secret, "081805", now, 0), None);
        assert_eq!(accepted(secret, "", now, 0), None);
    }

    #[test]
    fn base32_is_that_of_the_rfc() {
        for (bytes, expected) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32(bytes.as_bytes()), expected);
        }
    }

    #[test]
    fn a_name_cannot_add_a_parameter() {
        let uri = uri("My: shop", "a&secret=x", b"foo");
        assert!(
            uri.starts_with("otpauth://totp/My%20%20shop:a%26secret%3Dx?secret=MZXW6&issuer=My%20%20shop&"),
            "{uri}"
        );
    }
}
