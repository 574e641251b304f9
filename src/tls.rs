//! TLS by this server itself, and the certificates that clients show: on its own connections, or told by a trusted proxy
//! that ends TLS in front (RFC 9440).
//!
//! A handshake takes any client certificate whose private key the client has; whether it is one that an application
//! registered is decided where that matters (RFC 8705 section 2). Browsers that have none are not turned away.

mod listener;

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use poem::Request;
use rustls::{
    RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, UnixTime, pem::PemObject as _},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};

pub use listener::Listener;

use crate::{
    clock::Timestamp,
    config::{self, Config},
};

/// The largest certificate, and the most of a chain, that a header is believed to hold.
const MAX_CERTIFICATE: usize = 16 * 1024;
const MAX_CHAIN: usize = 8;

/// Why TLS cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// A file.
    #[error("tls.{key}: {path}: {why}")]
    File {
        /// The setting.
        key: &'static str,
        /// Its value.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// A setting without another that it needs.
    #[error("tls.{0} needs tls.{1} too")]
    Half(&'static str, &'static str),
    /// rustls does not like it.
    #[error("TLS cannot be set up: {0}")]
    Rustls(String),
}

/// Whether client certificates reach this server at all.
pub const fn sees_clients(config: &config::Tls) -> bool {
    config.client_certificate_header.is_some() || (config.certificate.is_some() && asks(config))
}

/// Whether it can tell which authority a client certificate is of.
pub const fn verifies_clients(config: &config::Tls) -> bool {
    sees_clients(config) && config.client_ca.is_some()
}

/// Whether a handshake asks for a client certificate.
const fn asks(config: &config::Tls) -> bool {
    config.client_certificates || config.client_ca.is_some()
}

/// A certificate that a client showed, and whose private key it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// What it came with, DER.
    pub chain: Vec<Vec<u8>>,
}

impl Certificate {
    /// `x5t#S256` (RFC 8705 section 3.1): "the base64url-encoded SHA-256 hash of the DER encoding of the X.509 certificate".
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.der))
    }
}

/// The clients of the connections that are open, and the authorities that vouch for clients.
#[derive(Debug, Clone)]
pub struct Clients {
    connections: Arc<Mutex<HashMap<SocketAddr, Arc<Certificate>>>>,
    authorities: Option<Arc<dyn ClientCertVerifier>>,
}

impl Clients {
    /// No connections yet.
    pub fn new(config: &config::Tls) -> Result<Self, Unusable> {
        let authorities = match &config.client_ca {
            None => None,
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates("client_ca", path)? {
                    roots.add(certificate).map_err(|error| Unusable::Rustls(error.to_string()))?;
                }
                let provider = Arc::new(ring::default_provider());
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                Some(verifier.map_err(|error| Unusable::Rustls(error.to_string()))?)
            }
        };
        Ok(Self { connections: Arc::default(), authorities })
    }

    /// Whether an authority of `tls.client_ca` vouches for a certificate now.
    pub fn vouched(&self, certificate: &Certificate, now: Timestamp) -> bool {
        let Some(authorities) = &self.authorities else { return false };
        let chain: Vec<CertificateDer<'_>> = certificate.chain.iter().map(|der| der.as_slice().into()).collect();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).unwrap_or_default()));
        authorities.verify_client_cert(&certificate.der.as_slice().into(), &chain, now).is_ok()
    }

    fn opened(&self, from: SocketAddr, certificate: Certificate) {
        self.lock().insert(from, Arc::new(certificate));
    }

    fn closed(&self, from: SocketAddr) {
        self.lock().remove(&from);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SocketAddr, Arc<Certificate>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The certificate of the client that sends a request, if it showed one.
    ///
    /// RFC 9440 section 4: "the header fields MUST be sanitized ... by the TTRP": a header is believed of a trusted proxy
    /// alone, and a trusted proxy's own certificate is nobody else's.
    pub fn certificate(&self, config: &Config, request: &Request) -> Option<Arc<Certificate>> {
        let peer = request.remote_addr().as_socket_addr();
        // A peer without an address is on this machine (a Unix socket).
        let address = peer.map_or(std::net::Ipv4Addr::LOCALHOST.into(), |peer| peer.ip().to_canonical());
        if config.trusted_proxies.iter().any(|network| network.contains(&address)) {
            return told(request, config.tls.client_certificate_header.as_deref()?).map(Arc::new);
        }
        self.lock().get(peer?).cloned()
    }
}

/// The certificate in a header, and its chain in the header of that name with `-Chain` (RFC 9440 section 2).
fn told(request: &Request, name: &str) -> Option<Certificate> {
    let mut headers = request.headers().get_all(name).iter();
    let (value, None) = (headers.next()?, headers.next()) else { return None };
    let der = byte_sequence(value.to_str().ok()?)?;
    let chain = request.headers().get_all(format!("{name}-Chain"));
    let chain: Option<Vec<Vec<u8>>> = chain
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .filter(|item| !item.trim().is_empty())
        .map(byte_sequence)
        .take(MAX_CHAIN)
        .collect();
    Some(Certificate { der, chain: chain? })
}

/// A byte sequence of RFC 8941 section 3.3.5: base64 between colons.
fn byte_sequence(item: &str) -> Option<Vec<u8>> {
    let inner = item.trim().strip_prefix(':')?.strip_suffix(':')?;
    Some(inner).filter(|inner| inner.len() <= MAX_CERTIFICATE).and_then(|inner| STANDARD.decode(inner).ok())
}

fn certificates(key: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let file = |why: String| Unusable::File { key, path: path.display().to_string(), why };
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|error| file(error.to_string()))?.collect();
    let found = found.map_err(|error| file(error.to_string()))?;
    if found.is_empty() { Err(file("there is no certificate in it".into())) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(config: &Config, headers: &[(&str, &str)]) -> Option<Vec<u8>> {
        let request = headers.iter().fold(Request::builder(), |r, (name, value)| r.header(*name, *value)).finish();
        let clients = Clients::new(&config.tls).unwrap();
        clients.certificate(config, &request).map(|certificate| certificate.der.clone())
    }

    #[test]
    fn a_header_is_believed_of_a_trusted_proxy_alone_and_only_if_configured() {
        let mut config = Config::default();
        let headers = [("Client-Cert", ":AQID:")];
        assert_eq!(seen(&config, &headers), None);
        config.tls.client_certificate_header = Some("Client-Cert".into());
        assert_eq!(seen(&config, &headers), None, "no proxy is trusted");
        config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        assert_eq!(seen(&config, &headers), None, "the peer is another");
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        assert_eq!(seen(&config, &headers), Some(vec![1, 2, 3]));
        assert_eq!(seen(&config, &[("X-Client-Cert", ":AQID:")]), None);
        assert_eq!(seen(&config, &[("Client-Cert", ":AQID:"), ("Client-Cert", ":AQID:")]), None, "twice");
        for bad in ["", ":", "AQID", ":AQID", ":A:", ":!:", ":AQID:;x"] {
            assert_eq!(seen(&config, &[("Client-Cert", bad)]), None, "{bad}");
        }
    }
}
