//! Forms: what a browser sent, and what was wrong with it.

use std::collections::BTreeMap;

use poem::{FromRequest, Request, RequestBody, http::StatusCode};

use super::Fault;

/// A form larger than this is refused unread.
pub const MAX_BYTES: usize = 64 * 1024;

/// A parsed `application/x-www-form-urlencoded` text: pairs in their order, repetitions included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

/// Why a text is no form. Nothing is replaced or guessed: what a check reads is what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A percent sign without two hexadecimal digits.
    #[error("a percent sign is not followed by two hexadecimal digits")]
    Percent,
    /// Not UTF-8.
    #[error("the text is not valid UTF-8")]
    Utf8,
    /// A NUL, which no database keeps alike.
    #[error("the text contains a NUL character")]
    Nul,
}

impl Form {
    /// Parses a body or a query string.
    pub fn parse(text: &[u8]) -> Result<Self, Malformed> {
        let pairs = text.split(|b| *b == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = match pair.iter().position(|b| *b == b'=').and_then(|at| pair.split_at_checked(at)) {
                Some((name, value)) => (name, value.get(1..).unwrap_or_default()),
                None => (pair, &[][..]),
            };
            Ok((decode(name)?, decode(value)?))
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }

    /// A form of these pairs.
    pub fn of_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// Parses the query of a request.
    pub fn query(request: &Request) -> Result<Self, Malformed> {
        Self::parse(request.uri().query().unwrap_or_default().as_bytes())
    }

    /// The first value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a field.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The one value of a field, or nothing at all; twice is a fault, because no page of ours sends that.
    pub fn text(&self, name: &str) -> Result<&str, Fault> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (_, Some(_)) => {
                Err(Fault::bad_request(format!("The field \u{201c}{name}\u{201d} was sent more than once.")))
            }
            (value, None) => Ok(value.unwrap_or_default()),
        }
    }

    /// Whether a checkbox was ticked, or a button pressed.
    pub fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// Every pair, in the order sent.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Decodes one name or value (WHATWG URL, `application/x-www-form-urlencoded` parsing), refusing what is no text.
pub fn decode(text: &[u8]) -> Result<String, Malformed> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || bytes.next().and_then(|b| char::from(*b).to_digit(16)).ok_or(Malformed::Percent);
                u8::try_from(digit()? * 16 + digit()?).unwrap_or_default()
            }
            other => *other,
        });
    }
    let text = String::from_utf8(out).map_err(|_| Malformed::Utf8)?;
    if text.contains('\0') { Err(Malformed::Nul) } else { Ok(text) }
}

impl From<Malformed> for Fault {
    fn from(malformed: Malformed) -> Self {
        Self::bad_request(format!("The form cannot be read: {malformed}."))
    }
}

impl<'a> FromRequest<'a> for Form {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let kind = request.content_type().unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let message = "This page takes forms only (application/x-www-form-urlencoded).";
            return Err(Fault::new(status, "That did not work", message).into());
        }
        let bytes = body.take()?.into_bytes_limit(MAX_BYTES).await.map_err(|error| {
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            Fault::new(status, "That is too much", "The form is larger than 64 kB.").log(error.to_string())
        })?;
        Ok(Self::parse(&bytes).map_err(Fault::from)?)
    }
}

/// What is wrong with a form, field by field, in the words that stand beside the field. The field `""` is the form as a
/// whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Errors(BTreeMap<String, Vec<String>>);

impl Errors {
    /// Adds a message.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.entry(field.into()).or_default().push(message.into());
    }

    /// The messages of a field.
    pub fn of(&self, field: &str) -> &[String] {
        self.0.get(field).map_or(&[], Vec::as_slice)
    }

    /// The messages about the form as a whole.
    pub fn general(&self) -> &[String] {
        self.of("")
    }

    /// Whether a field has a message.
    pub fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// Whether any field has a message, the form as a whole aside.
    pub fn has_fields(&self) -> bool {
        self.0.keys().any(|field| !field.is_empty())
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every field with its messages.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(field, messages)| (field.as_str(), messages.as_slice()))
    }
}

impl<F: Into<String>, M: Into<String>> FromIterator<(F, M)> for Errors {
    fn from_iter<I: IntoIterator<Item = (F, M)>>(pairs: I) -> Self {
        let mut errors = Self::default();
        for (field, message) in pairs {
            errors.add(field, message);
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_form_keeps_order_repetition_and_empty_values() {
        let form = Form::parse(b"a=1&b=x+y%26z&a=2&&c&=d").unwrap();
        let pairs: Vec<_> = form.pairs().collect();
        assert_eq!(pairs, [("a", "1"), ("b", "x y&z"), ("a", "2"), ("c", ""), ("", "d")]);
        assert_eq!(form.get("a"), Some("1"));
        assert!(form.text("a").is_err());
        assert_eq!(form.text("b").unwrap(), "x y&z");
        assert_eq!(form.text("missing").unwrap(), "");
    }

    #[test]
    fn what_is_no_text_is_refused_and_not_repaired() {
        assert_eq!(Form::parse(b"a=%ff"), Err(Malformed::Utf8));
        assert_eq!(Form::parse(b"a=\xc3"), Err(Malformed::Utf8));
        assert_eq!(Form::parse(b"a=%00"), Err(Malformed::Nul));
        assert_eq!(Form::parse(b"a=%0"), Err(Malformed::Percent));
        assert_eq!(Form::parse(b"a=%+1"), Err(Malformed::Percent));
    }

    proptest! {
        #[test]
        fn what_a_browser_encodes_is_read_back(pairs: Vec<(String, String)>) {
            prop_assume!(pairs.iter().all(|(k, v)| !k.contains('\0') && !v.contains('\0')));
            let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let form = Form::parse(text.as_bytes()).unwrap();
            let read: Vec<_> = form.pairs().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
            prop_assert_eq!(read, pairs);
        }

        #[test]
        fn no_body_makes_the_parser_fail_otherwise_than_by_refusing(body: Vec<u8>) {
            let _ = Form::parse(&body);
        }
    }
}
