//! `tls_client_auth` and `self_signed_tls_client_auth`: a client proves who it is by the certificate of its connection
//! (RFC 8705 section 2).

use std::{net::IpAddr, str::FromStr as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::jwk::JwkSet;
use poem::Request;
use x509_cert::{
    Certificate as X509,
    der::Decode as _,
    ext::pkix::{SubjectAltName, name::GeneralName},
    name::RdnSequence,
};

use crate::{
    ctx::Ctx,
    oauth::{
        application::{Application, Method},
        client_keys::{self, KeysError},
    },
    tls::Certificate,
};

/// Whether the certificate of the connection is the application's.
pub(super) async fn verify(ctx: &Ctx, request: &Request, application: &Application, method: Method) -> bool {
    let client_id = &application.client_id;
    let Some(certificate) = ctx.tls.certificate(&ctx.config, request) else {
        tracing::info!(client_id, "there is no client certificate");
        return false;
    };
    match method {
        // Section 2.1: "the PKI method ... the subject distinguished name or a subject alternative name", of a certificate
        // that an authority vouches for.
        Method::Tls => ctx.tls.vouched(&certificate, ctx.clock.now()) && says(application, &certificate.der),
        Method::SelfSignedTls => is_registered(ctx, application, &certificate).await.unwrap_or_else(|error| {
            tracing::info!(client_id, %error, "the registered certificates cannot be read");
            false
        }),
        _ => false,
    }
}

/// Whether a certificate has the one name that was registered.
fn says(application: &Application, der: &[u8]) -> bool {
    let names = application.metadata.client.certificate_names();
    let (&[(member, expected)], Ok(certificate)) = (names.as_slice(), X509::from_der(der)) else { return false };
    if member == "tls_client_auth_subject_dn" {
        return normal(&certificate.tbs_certificate().subject().to_string()) == subject(expected);
    }
    let Ok(Some((_, names))) = certificate.tbs_certificate().get_extension::<SubjectAltName>() else { return false };
    names.0.iter().any(|name| match (member, name) {
        ("tls_client_auth_san_dns", GeneralName::DnsName(dns)) => dns.as_str().eq_ignore_ascii_case(expected),
        ("tls_client_auth_san_uri", GeneralName::UniformResourceIdentifier(uri)) => uri.as_str() == expected,
        ("tls_client_auth_san_email", GeneralName::Rfc822Name(email)) => email.as_str() == expected,
        ("tls_client_auth_san_ip", GeneralName::IpAddress(ip)) => {
            address(ip.as_bytes()).is_some_and(|ip| expected.parse() == Ok(ip))
        }
        _ => false,
    })
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(bytes).map(IpAddr::from).or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// A distinguished name as it was typed, in the form in which it is compared; none if it is none.
pub(in crate::oauth) fn subject(text: &str) -> Option<String> {
    // A space after a comma between two parts is for the eyes (RFC 4514 section 2.1 has none).
    let (mut bare, mut before) = (String::with_capacity(text.len()), ['\0'; 2]);
    for c in text.chars() {
        if !(c == ' ' && before[1] == ',' && before[0] != '\\') {
            bare.push(c);
        }
        before = [before[1], c];
    }
    RdnSequence::from_str(&bare).ok().map(|name| name.to_string()).and_then(|text| normal(&text))
}

/// RFC 4518: letters of either case are equal, and runs of spaces are one.
fn normal(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    Some(words.join(" ").to_lowercase()).filter(|text| !text.is_empty())
}

/// Section 2.2.2: "the certificate ... matches one of the ... certificates registered" in the key set, by `x5c` or
/// `x5t#S256`.
async fn is_registered(ctx: &Ctx, application: &Application, certificate: &Certificate) -> Result<bool, KeysError> {
    if contains(&client_keys::of(ctx, application).await?, certificate) {
        return Ok(true);
    }
    Ok(contains(&client_keys::of_now(ctx, application).await?, certificate))
}

fn contains(keys: &JwkSet, certificate: &Certificate) -> bool {
    let thumbprint = certificate.thumbprint();
    keys.keys.iter().any(|key| {
        let registered = key.common.x509_chain.as_ref().and_then(|chain| STANDARD.decode(chain.first()?).ok());
        match registered {
            Some(der) => der == certificate.der,
            None => key.common.x509_sha256_fingerprint.as_ref() == Some(&thumbprint),
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_subject_is_compared_whatever_its_case_and_spaces() {
        assert_eq!(subject("CN=App,O=Example  Org,C=DE"), subject("cn=app, o=example org, c=de"));
        assert_eq!(subject("CN=App,O=Example\\, Inc."), subject("CN=App, O=Example\\, Inc."));
        assert_ne!(subject("CN=App,O=Example\\, Inc."), subject("CN=App,O=Example\\,Inc."));
        assert_ne!(subject("CN=App,O=Example,C=DE"), subject("CN=App,O=Example2,C=DE"));
        assert_ne!(subject("CN=App,O=Example"), subject("O=Example,CN=App"));
        for bad in ["", "x", "=", "CN", ","] {
            assert_eq!(subject(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_subject_makes_the_parser_fail_otherwise_than_by_refusing(text in "[ -~é]{0,60}", tail in "(CN|O|1.2.3)=[#\\\\0-9a-fA-F,+\"]{0,20}") {
            let _ = subject(&text);
            let _ = subject(&tail);
        }

        #[test]
        fn no_certificate_makes_the_parser_fail_otherwise_than_by_refusing(bytes: Vec<u8>) {
            let _ = X509::from_der(&bytes);
        }
    }
}
