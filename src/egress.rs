//! The one client of outgoing HTTP. Applications choose addresses that this server asks (`jwks_uri`, `logo_uri`, ...), so
//! each is treated as hostile (OWASP: server-side request forgery).
//!
//! A name is resolved once, every address that it has must be public, and the connection goes to those very addresses: a
//! resolver that answers otherwise the next time is not asked a next time. No redirects, no proxy from the environment, no
//! cookies, no kept connections; size and time are limited, the time of resolving included. What went wrong is told to the
//! log only: an answer that distinguishes "refused" from "timed out" would map the network behind this server.

pub mod documents;
mod special;

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use poem::http::{HeaderMap, StatusCode, header};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio::sync::Semaphore;
use url::{Host, Url};

use crate::config;

/// How many requests are under way at once; others wait within their own time limit.
const PARALLEL: usize = 32;

/// The longest address that is asked.
const MAX_URL: usize = 2048;

/// What an answer may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The most bytes of a body.
    pub bytes: usize,
    /// The time from resolving the name to the last byte.
    pub time: Duration,
}

impl Limits {
    /// For a JSON document: a key set, metadata, a request object.
    pub const DOCUMENT: Self = Self { bytes: 64 * 1024, time: Duration::from_secs(5) };
}

/// An answer, whatever its status: a redirect is one too, and is not followed.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Fetched {
    /// The body, if the status is 200.
    pub fn ok(self) -> Result<Vec<u8>, EgressError> {
        if self.status == StatusCode::OK {
            Ok(self.body)
        } else {
            Err(EgressError::new(UNREACHABLE, format!("answered {}", self.status)))
        }
    }
}

const UNREACHABLE: &str = "The address could not be fetched.";
const UNSUITABLE: &str = "The address is not one that this server asks: it must be https, without user or fragment.";

/// Why there is no answer. Shown, it is the text for the outside, which tells nothing of what is inside; the log has the
/// other.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{told}")]
pub struct EgressError {
    /// For whoever chose the address.
    pub told: &'static str,
    log: String,
}

impl EgressError {
    fn new(told: &'static str, log: impl Into<String>) -> Self {
        Self { told, log: log.into() }
    }

    /// For the log.
    pub fn log(&self) -> &str {
        &self.log
    }
}

/// Why the client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The file of `egress.extra_ca`.
    #[error("egress.extra_ca: {0} holds no certificates that can be read: {1}")]
    ExtraCa(String, String),
    /// The HTTP client.
    #[error("outgoing requests cannot be sent: {0}")]
    Client(String),
}

/// The client; cheap to clone.
#[derive(Clone)]
pub struct Egress {
    client: reqwest::Client,
    turns: Arc<Semaphore>,
    allow_loopback: bool,
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("allow_loopback", &self.allow_loopback).finish_non_exhaustive()
    }
}

impl Egress {
    /// A client that resolves as this machine does.
    pub fn new(config: &config::Egress) -> Result<Self, Unusable> {
        Self::with_resolver(config, Arc::new(System))
    }

    /// A client with a resolver of its own, whose answers are checked all the same.
    pub fn with_resolver(config: &config::Egress, resolver: Arc<dyn Resolve>) -> Result<Self, Unusable> {
        let unusable = |error: &dyn fmt::Display| Unusable::Client(error.to_string());
        let allow_loopback = config.allow_loopback;
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(&error))?
            .with_root_certificates(roots(config)?)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .use_preconfigured_tls(tls)
            .dns_resolver(Arc::new(Checked { inner: resolver, allow_loopback }))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .http1_only()
            // A kept connection would be an address that was checked for an earlier request.
            .pool_max_idle_per_host(0)
            .referer(false)
            .user_agent("Stockade")
            .build()
            .map_err(|error| unusable(&error))?;
        Ok(Self { client, turns: Arc::new(Semaphore::new(PARALLEL)), allow_loopback })
    }

    /// Whether an address is one that this client would ask, as far as can be said without asking: for registrations.
    pub fn check(&self, url: &str) -> Result<Url, EgressError> {
        let unsuitable = |log: &str| EgressError::new(UNSUITABLE, log);
        if url.len() > MAX_URL || url.contains(|c: char| c.is_control() || c == ' ') {
            return Err(unsuitable("too long, or a space or control character in it"));
        }
        let url = Url::parse(url).map_err(|error| unsuitable(&error.to_string()))?;
        let local = match url.host() {
            None => return Err(unsuitable("no host")),
            Some(Host::Domain(name)) => name == "localhost",
            // The connector does not resolve a literal, so it is checked here.
            Some(Host::Ipv4(ip)) => self.literal(ip.into())?,
            Some(Host::Ipv6(ip)) => self.literal(ip.into())?,
        };
        let scheme = match url.scheme() {
            "https" => true,
            "http" => self.allow_loopback && local,
            _ => false,
        };
        if !scheme {
            return Err(unsuitable("not https"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(unsuitable("a user or a fragment in it"));
        }
        Ok(url)
    }

    /// Whether a literal address is this machine's own; an error if it may not be asked.
    fn literal(&self, address: IpAddr) -> Result<bool, EgressError> {
        if is_allowed(address, self.allow_loopback) {
            Ok(!special::is_public(address))
        } else {
            Err(EgressError::new(UNREACHABLE, format!("{address} is a special-use address")))
        }
    }

    /// Fetches.
    pub async fn get(&self, url: &str, limits: &Limits) -> Result<Fetched, EgressError> {
        let request = self.client.get(self.check(url)?).header(header::ACCEPT, "application/json, */*;q=0.5");
        self.send(url, request, limits).await
    }

    /// Sends.
    pub async fn post(
        &self,
        url: &str,
        content_type: &str,
        body: Vec<u8>,
        limits: &Limits,
    ) -> Result<Fetched, EgressError> {
        let request = self.client.post(self.check(url)?).header(header::CONTENT_TYPE, content_type).body(body);
        self.send(url, request, limits).await
    }

    /// For requests that need a header of their own, such as a bearer token: `check` and `send` are still done here.
    pub async fn post_with(
        &self,
        url: &str,
        headers: HeaderMap,
        body: Vec<u8>,
        limits: &Limits,
    ) -> Result<Fetched, EgressError> {
        self.send(url, self.client.post(self.check(url)?).headers(headers).body(body), limits).await
    }

    async fn send(&self, url: &str, request: reqwest::RequestBuilder, limits: &Limits) -> Result<Fetched, EgressError> {
        let whole = async {
            let _turn = self.turns.acquire().await.map_err(|error| EgressError::new(UNREACHABLE, error.to_string()))?;
            read(request, limits.bytes).await
        };
        let outcome = tokio::time::timeout(limits.time, whole).await;
        let outcome = outcome.unwrap_or_else(|_| Err(EgressError::new(UNREACHABLE, "took too long")));
        // The query may carry what is nobody else's business.
        let url = url.split('?').next().unwrap_or_default();
        match &outcome {
            Ok(fetched) => tracing::debug!(url, status = fetched.status.as_u16(), "an outgoing request was answered"),
            Err(error) => tracing::info!(url, reason = error.log, "an outgoing request failed"),
        }
        outcome
    }
}

async fn read(request: reqwest::RequestBuilder, most: usize) -> Result<Fetched, EgressError> {
    let failed = |error: &reqwest::Error| EgressError::new(UNREACHABLE, chain(error));
    let too_large = || EgressError::new(UNREACHABLE, format!("larger than {most} bytes"));
    let mut response = request.send().await.map_err(|error| failed(&error))?;
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > most {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Fetched { status: response.status(), headers: response.headers().clone(), body })
}

/// An error with its causes, without the address, which the log line has already.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = Vec::new();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push(next.to_string());
        cause = next.source();
    }
    if text.is_empty() { error.to_string() } else { text.join(": ") }
}

/// Mozilla's authorities, and those of the operator.
fn roots(config: &config::Egress) -> Result<RootCertStore, Unusable> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = &config.extra_ca {
        let unreadable = |why: String| Unusable::ExtraCa(path.display().to_string(), why);
        let file = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(error.to_string()))?;
        let before = roots.len();
        for certificate in file {
            let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
            roots.add(certificate).map_err(|error| unreadable(error.to_string()))?;
        }
        if roots.len() == before {
            return Err(unreadable("no certificate in it".into()));
        }
    }
    Ok(roots)
}

fn is_allowed(address: IpAddr, allow_loopback: bool) -> bool {
    special::is_public(address) || (allow_loopback && address.to_canonical().is_loopback())
}

/// Resolves, and passes on only what may be asked.
struct Checked {
    inner: Arc<dyn Resolve>,
    allow_loopback: bool,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, allow_loopback) = (self.inner.resolve(name), self.allow_loopback);
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = found.await?.collect();
            // One bad address spoils the name: nobody has a reason to mix public and internal ones, but an attacker.
            match addresses.iter().find(|address| !is_allowed(address.ip(), allow_loopback)) {
                Some(address) => Err(format!("it has the special-use address {}", address.ip()).into()),
                None if addresses.is_empty() => Err("it has no address".into()),
                None => Ok(Box::new(addresses.into_iter()) as Addrs),
            }
        })
    }
}

/// The resolver of this machine.
struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Result<Vec<_>, io::Error> =
                tokio::net::lookup_host((name.as_str(), 0)).await.map(Iterator::collect);
            Ok(Box::new(addresses?.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests;
