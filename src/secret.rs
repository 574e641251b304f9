//! Secrets: the server key, the values that Stockade hands out, and how it recognises them later.
//!
//! A value that Stockade issues reads `<kind>_<random><checksum>`: the kind tells a secret scanner and a log reader what
//! it is and keeps one kind from being taken for another; the checksum (CRC-32, six base-62 digits) lets a typo or a
//! forged value be refused before the database is asked. The database holds only the SHA-256 of it: with 160 bits or
//! more of entropy (RFC 6749 section 10.10) a slow hash adds nothing.

use std::{fmt::Write as _, fs, io, path::Path};

use aws_lc_rs::{aead, hkdf, hmac};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::clock::Rng;

/// The kinds of value that Stockade issues. Each has its own prefix and its own table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An OAuth access token.
    AccessToken,
    /// An OAuth refresh token.
    RefreshToken,
    /// An OAuth authorization code.
    AuthorizationCode,
    /// The last part of a `request_uri` (RFC 9126).
    PushedRequest,
    /// A `device_code` (RFC 8628).
    DeviceCode,
    /// An `auth_req_id` (CIBA).
    AuthReqId,
    /// An application's `client_secret`.
    ClientSecret,
    /// A browser session, the value of the `sessionid` cookie.
    Session,
    /// The link by which the first administrator is made.
    SetupLink,
    /// A token that lets an application register itself (RFC 7591).
    InitialAccess,
    /// A token that manages one registration (RFC 7592).
    Registration,
}

impl Kind {
    /// The text before the underscore.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::AccessToken => "sat",
            Self::RefreshToken => "srt",
            Self::AuthorizationCode => "sac",
            Self::PushedRequest => "spr",
            Self::DeviceCode => "sdc",
            Self::AuthReqId => "sar",
            Self::ClientSecret => "scs",
            Self::Session => "sse",
            Self::SetupLink => "ssl",
            Self::InitialAccess => "sia",
            Self::Registration => "sra",
        }
    }

    /// A new unpredictable value of this kind.
    pub fn generate(self, rng: Rng) -> String {
        self.spell(&rng.bytes::<24>())
    }

    /// Whether a text has the shape of this kind: prefix, length, alphabet and checksum.
    pub fn recognises(self, text: &str) -> bool {
        text.strip_prefix(self.prefix())
            .and_then(|rest| rest.strip_prefix('_'))
            .filter(|body| body.len() == 38 && body.is_ascii())
            .and_then(|body| body.split_at_checked(32))
            .is_some_and(|(random, sum)| self.checksum(random) == sum)
    }

    /// 192 bits in base 64 (URL alphabet), then the checksum.
    fn spell(self, random: &[u8; 24]) -> String {
        let random = URL_SAFE_NO_PAD.encode(random);
        format!("{}_{random}{}", self.prefix(), self.checksum(&random))
    }

    fn checksum(self, random: &str) -> String {
        let mut sum = crc32fast::Hasher::new();
        sum.update(self.prefix().as_bytes());
        sum.update(random.as_bytes());
        base62(sum.finalize())
    }
}

/// Six base-62 digits, enough for 32 bits.
fn base62(mut n: u32) -> String {
    let mut digits = ['0'; 6];
    for digit in digits.iter_mut().rev() {
        let d = u8::try_from(n % 62).unwrap_or_default();
        *digit = char::from(match d {
            0..=9 => b'0' + d,
            10..=35 => b'A' + d - 10,
            _ => b'a' + d - 36,
        });
        n /= 62;
    }
    digits.iter().collect()
}

/// The SHA-256 of a value, in hexadecimal: what the database holds of it.
pub fn digest(value: &str) -> String {
    hex(&Sha256::digest(value.as_bytes()))
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        _ = write!(out, "{byte:02x}");
        out
    })
}

/// Compares two secrets in a time that does not depend on where they differ.
pub fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// The server key: 32 random bytes in a 0600 file beside the database, from which every keyed value derives. Whoever has
/// only the database cannot make an API token, open a signing key or forge a form.
#[derive(Clone)]
pub struct ServerKey(std::sync::Arc<hkdf::Prk>);

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerKey(..)")
    }
}

/// What a derived key is for; two purposes never share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Deriving API token values.
    ApiToken,
    /// Binding a form to the session that was shown it.
    Form,
    /// Deriving the successor of a refresh token.
    Refresh,
    /// Deriving the first administrator's link.
    Setup,
    /// Sealing private signing keys.
    SigningKey,
    /// Deriving the nonces of DPoP proofs.
    DpopNonce,
    /// Sealing what a CIBA ping needs.
    Notification,
    /// Indexing credentials that were verified a moment ago.
    Credential,
    /// Sealing the shared secrets of second factors, and all else that stands for one.
    SecondFactor,
    /// Naming a person to the applications of one sector; changing this changes who everybody is to them.
    PairwiseSubject,
    /// Telling a script in the browser whether the session is still the same.
    BrowserState,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::ApiToken => b"stockade api token",
            Self::Form => b"stockade form",
            Self::Refresh => b"stockade refresh",
            Self::Setup => b"stockade setup",
            Self::SigningKey => b"stockade signing key",
            Self::DpopNonce => b"stockade dpop nonce",
            Self::Notification => b"stockade notification",
            Self::Credential => b"stockade credential",
            Self::SecondFactor => b"stockade second factor",
            Self::PairwiseSubject => b"stockade pairwise subject",
            Self::BrowserState => b"stockade browser state",
        }
    }
}

/// A sealed value that does not open: the key file is not the one that sealed it, or the row was altered.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a sealed value does not open with this server key")]
pub struct Unopenable;

impl ServerKey {
    /// A key from its 32 bytes.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(std::sync::Arc::new(hkdf::Salt::new(hkdf::HKDF_SHA256, b"stockade").extract(bytes)))
    }

    /// Reads the key file, or makes one that only its owner can read.
    pub fn load_or_create(path: &Path, rng: Rng) -> io::Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) => {
                let wrong = || {
                    let path = path.display();
                    io::Error::new(io::ErrorKind::InvalidData, format!("{path} does not hold a Stockade server key"))
                };
                let bytes = URL_SAFE_NO_PAD.decode(text.trim()).map_err(|_| wrong())?;
                Ok(Self::new(&bytes.try_into().map_err(|_| wrong())?))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
                let bytes = rng.bytes::<32>();
                // `create_new`: of two processes that start together, one makes the key and the other reads it.
                match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
                    Ok(mut file) => {
                        writeln!(file, "{}", URL_SAFE_NO_PAD.encode(bytes))?;
                        file.sync_all()?;
                        Ok(Self::new(&bytes))
                    }
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::load_or_create(path, rng),
                    Err(error) => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    #[expect(clippy::expect_used, reason = "HKDF-SHA256 refuses only outputs over 8,160 bytes; these are 32")]
    fn derive(&self, purpose: Purpose) -> [u8; 32] {
        let mut out = [0; 32];
        let info = [purpose.label()];
        let okm = self.0.expand(&info, hkdf::HKDF_SHA256).expect("HKDF output length");
        okm.fill(&mut out).expect("HKDF output length");
        out
    }

    /// HMAC-SHA-256 of the parts under the key for this purpose. Parts are length-prefixed, so no two lists of parts
    /// read the same.
    pub fn mac(&self, purpose: Purpose, parts: &[&str]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.derive(purpose));
        let mut context = hmac::Context::with_key(&key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut out = [0; 32];
        for (to, from) in out.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        out
    }

    /// [`Self::mac`] as URL-safe text.
    pub fn mac_text(&self, purpose: Purpose, parts: &[&str]) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(purpose, parts))
    }

    /// A value of a kind that anyone with this key derives again from the same parts.
    pub fn derived(&self, kind: Kind, purpose: Purpose, parts: &[&str]) -> String {
        let mac = self.mac(purpose, parts);
        let mut random = [0; 24];
        for (to, from) in random.iter_mut().zip(mac) {
            *to = from;
        }
        kind.spell(&random)
    }

    /// Encrypts (AES-256-GCM); `name` is bound to the result, so that a sealed value cannot be moved to another row.
    #[expect(clippy::expect_used, reason = "AES-256-GCM seals any private key; only 64 GiB inputs fail")]
    pub fn seal(&self, purpose: Purpose, name: &str, plain: &[u8]) -> Vec<u8> {
        let key = aead::RandomizedNonceKey::new(&aead::AES_256_GCM, &self.derive(purpose)).expect("a 256-bit key");
        let mut sealed = plain.to_vec();
        let nonce = key.seal_in_place_append_tag(aead::Aad::from(name.as_bytes()), &mut sealed).expect("sealing");
        let mut out = nonce.as_ref().to_vec();
        out.append(&mut sealed);
        out
    }

    /// Decrypts what [`Self::seal`] made under the same name.
    pub fn open(&self, purpose: Purpose, name: &str, sealed: &[u8]) -> Result<Vec<u8>, Unopenable> {
        let (nonce, body) = sealed.split_at_checked(aead::NONCE_LEN).ok_or(Unopenable)?;
        let nonce = aead::Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopenable)?;
        let key = aead::RandomizedNonceKey::new(&aead::AES_256_GCM, &self.derive(purpose)).map_err(|_| Unopenable)?;
        let mut body = body.to_vec();
        let plain = key.open_in_place(nonce, aead::Aad::from(name.as_bytes()), &mut body).map_err(|_| Unopenable)?;
        Ok(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_recognised_by_its_own_kind_only() {
        let token = Kind::AccessToken.generate(Rng);
        assert!(Kind::AccessToken.recognises(&token));
        assert!(!Kind::RefreshToken.recognises(&token));
        assert!(!Kind::RefreshToken.recognises(&token.replace("sat_", "srt_")));
    }

    #[test]
    fn a_changed_character_breaks_the_checksum() {
        let token = Kind::Session.generate(Rng);
        for at in 4..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert!(!Kind::Session.recognises(std::str::from_utf8(&bytes).unwrap()), "position {at}");
        }
    }

    #[test]
    fn a_sealed_value_opens_only_under_its_key_purpose_and_name() {
        let key = ServerKey::new(&[1; 32]);
        let sealed = key.seal(Purpose::SigningKey, "a", b"private");
        assert_eq!(key.open(Purpose::SigningKey, "a", &sealed).unwrap(), b"private");
        assert!(key.open(Purpose::SigningKey, "b", &sealed).is_err());
        assert!(key.open(Purpose::Form, "a", &sealed).is_err());
        assert!(ServerKey::new(&[2; 32]).open(Purpose::SigningKey, "a", &sealed).is_err());
        assert!(key.open(Purpose::SigningKey, "a", &sealed[..10]).is_err());
    }

    #[test]
    fn the_parts_of_a_mac_cannot_be_shifted() {
        let key = ServerKey::new(&[1; 32]);
        assert_ne!(key.mac(Purpose::Form, &["ab", "c"]), key.mac(Purpose::Form, &["a", "bc"]));
    }

    #[test]
    fn the_key_file_is_readable_by_its_owner_only_and_read_again() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stockade.key");
        let made = ServerKey::load_or_create(&path, Rng).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let read = ServerKey::load_or_create(&path, Rng).unwrap();
        assert_eq!(made.mac(Purpose::Form, &["x"]), read.mac(Purpose::Form, &["x"]));
        fs::write(&path, "nonsense").unwrap();
        assert!(ServerKey::load_or_create(&path, Rng).is_err());
    }
}
