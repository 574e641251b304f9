//! Redirect URIs: what may be registered, and what a request may name.
//!
//! RFC 6749 section 3.1.2, RFC 9700 sections 2.1 and 4.1.3, RFC 8252 sections 7 and 8.
//! Because a request is compared byte for byte, a URI is registered only in the one spelling that browsers and libraries
//! agree on; no decoding, no case folding and no resolving happens at request time.

use url::{Host, Url};

use super::application::ClientType;

/// The most characters that a registered or requested URI may have.
pub const MAX_LENGTH: usize = 2000;

/// Schemes that run something or read something where the browser stands.
const DANGEROUS: [&str; 12] = [
    "javascript",
    "data",
    "vbscript",
    "file",
    "filesystem",
    "blob",
    "about",
    "view-source",
    "ws",
    "wss",
    "ftp",
    "mailto",
];

/// Why a URI may not be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Empty, or longer than [`MAX_LENGTH`].
    #[error("A redirect URI has between 1 and 2,000 characters.")]
    Length,
    /// A space, a control character, a non-ASCII letter or one that no URI may hold.
    #[error("This character cannot stand in a URI; encode it (an international domain name as xn--).")]
    Character,
    /// A wildcard.
    #[error("Wildcards are not allowed: register every address in full.")]
    Wildcard,
    /// RFC 6749 section 3.1.2: "The endpoint URI MUST NOT include a fragment component."
    #[error("A redirect URI has no fragment (#...).")]
    Fragment,
    /// A relative reference.
    #[error("Write the whole address, with its scheme, such as https://app.example/callback.")]
    NotAbsolute,
    /// `javascript:` and its like.
    #[error("This scheme is not allowed.")]
    Dangerous,
    /// A user name or password in the authority.
    #[error("User names and passwords in an address are not allowed.")]
    UserInfo,
    /// `.` or `..` as a segment, or a dot, slash or control character in disguise.
    #[error("The path may not hold '.' or '..' segments, nor encoded dots, slashes or control characters.")]
    DotSegment,
    /// Plain http to somewhere else than this machine.
    #[error("Plain http is allowed only for 127.0.0.1 and [::1]; use https.")]
    PlainHttp,
    /// `http://localhost` for something that is not a native application (RFC 8252 section 8.3).
    #[error("http://localhost is allowed only for public applications; use 127.0.0.1 or [::1].")]
    Localhost,
    /// RFC 8252 section 7.1: the scheme "MUST" be based on a domain name in reverse order.
    #[error("A scheme of your own is a domain name in reverse, such as com.example.app:/callback.")]
    PrivateScheme,
    /// A private scheme cannot be proved, so it is no place for a confidential application.
    #[error("Schemes of your own are allowed only for public applications.")]
    PrivateSchemeConfidential,
    /// Not the spelling that browsers would use.
    #[error(
        "Write the address in its normal form: scheme and host in lower case, no default port, as a browser shows it."
    )]
    NotNormal,
}

/// Whether a URI may be registered for an application of this type.
pub fn validate(text: &str, client_type: ClientType) -> Result<(), Fault> {
    if text.is_empty() || text.len() > MAX_LENGTH {
        return Err(Fault::Length);
    }
    if text.contains('#') {
        return Err(Fault::Fragment);
    }
    if text.contains('*') {
        return Err(Fault::Wildcard);
    }
    if !text.bytes().all(|b| b.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&b)) {
        return Err(Fault::Character);
    }
    let (scheme, rest) = text.split_once(':').ok_or(Fault::NotAbsolute)?;
    let lower = scheme.to_ascii_lowercase();
    if DANGEROUS.contains(&lower.as_str()) {
        return Err(Fault::Dangerous);
    }
    if !lower.starts_with(|c: char| c.is_ascii_alphabetic())
        || !lower.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    {
        return Err(Fault::NotAbsolute);
    }
    let after = rest.strip_prefix("//");
    let end = |text: &str| text.find(['/', '?']).unwrap_or(text.len());
    let (authority, path) = after.map_or(("", rest), |after| after.split_at(end(after)));
    if authority.contains('@') {
        return Err(Fault::UserInfo);
    }
    check_path(path)?;
    let url = Url::parse(text).map_err(|_| Fault::NotNormal)?;
    match lower.as_str() {
        "https" => check_web(&url, text, after)?,
        "http" => {
            check_web(&url, text, after)?;
            check_plain_http(&url, client_type)?;
        }
        _ => {
            check_private(scheme, rest, client_type)?;
            if url.as_str() != text {
                return Err(Fault::NotNormal);
            }
        }
    }
    Ok(())
}

fn check_path(path: &str) -> Result<(), Fault> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    for part in [path, query] {
        for rest in part.split('%').skip(1) {
            let byte = rest.get(..2).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
            let byte = byte.and_then(|hex| u8::from_str_radix(hex, 16).ok()).ok_or(Fault::Character)?;
            if byte.is_ascii_control() || (part == path && matches!(byte, b'.' | b'/' | b'\\')) {
                return Err(Fault::DotSegment);
            }
        }
    }
    // `..;x` too: some servers drop what follows the semicolon before they resolve (keycloak's CVE-2026-3872).
    let dots = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
    if path.split('/').any(dots) { Err(Fault::DotSegment) } else { Ok(()) }
}

/// An http or https address with a host, spelled as the URL standard spells it.
fn check_web(url: &Url, text: &str, after: Option<&str>) -> Result<(), Fault> {
    let after = after.ok_or(Fault::NotNormal)?;
    if after.is_empty() || after.starts_with(['/', '?', ':']) || url.port() == Some(0) {
        return Err(Fault::NotNormal);
    }
    // An empty path is allowed as it is written, since a request will be written alike.
    let normal = url.as_str();
    let with_slash = match text.split_once('?') {
        Some((before, query)) => format!("{before}/?{query}"),
        None => format!("{text}/"),
    };
    if normal == text || (!after.contains('/') && normal == with_slash) { Ok(()) } else { Err(Fault::NotNormal) }
}

fn check_plain_http(url: &Url, client_type: ClientType) -> Result<(), Fault> {
    match url.host() {
        Some(Host::Ipv4(ip)) if ip == std::net::Ipv4Addr::LOCALHOST => Ok(()),
        Some(Host::Ipv6(ip)) if ip == std::net::Ipv6Addr::LOCALHOST => Ok(()),
        // RFC 8252 section 8.3: "the use of localhost is NOT RECOMMENDED"; it gets no free port either.
        Some(Host::Domain("localhost")) if client_type == ClientType::Public => Ok(()),
        Some(Host::Domain("localhost")) => Err(Fault::Localhost),
        _ => Err(Fault::PlainHttp),
    }
}

/// RFC 8252 section 7.1: "apps MUST use a URI scheme based on a domain name under their control, expressed in reverse
/// order".
fn check_private(scheme: &str, rest: &str, client_type: ClientType) -> Result<(), Fault> {
    let label = |label: &str| {
        label.starts_with(|c: char| c.is_ascii_lowercase())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if !scheme.contains('.') || !scheme.split('.').all(label) || !rest.starts_with('/') {
        return Err(Fault::PrivateScheme);
    }
    if client_type == ClientType::Confidential {
        return Err(Fault::PrivateSchemeConfidential);
    }
    Ok(())
}

/// Whether a request may redirect to this URI, by one that is registered.
///
/// RFC 9700 section 4.1.3: "authorization servers MUST utilize exact string matching", with one exception, RFC 8252
/// section 7.3: "The authorization server MUST allow any port to be specified at the time of the request for loopback IP
/// redirect URIs".
pub fn matches(registered: &str, given: &str) -> bool {
    if registered == given {
        return true;
    }
    match (loopback(registered), loopback(given)) {
        (Some(registered), Some(given)) => registered == given,
        _ => false,
    }
}

/// The host and what follows the port of a loopback-IP URI; none if it is not one or the port is no port.
fn loopback(text: &str) -> Option<(&str, &str)> {
    let host = ["http://127.0.0.1", "http://[::1]"].into_iter().find(|host| text.starts_with(host))?;
    let rest = text.strip_prefix(host)?;
    let rest = match rest.strip_prefix(':') {
        None => rest,
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (port, rest) = rest.split_at_checked(digits)?;
            let port_is_plain = !port.starts_with('0') && port.len() <= 5 && port.parse::<u16>().is_ok();
            port_is_plain.then_some(rest)?
        }
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest))
}

/// Where two URIs part: for showing an administrator why a request did not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What both begin with.
    pub start: String,
    /// What only the registered one has in the middle.
    pub registered: String,
    /// What only the given one has in the middle.
    pub given: String,
    /// What both end with.
    pub end: String,
}

/// The difference to the nearest of the registered URIs; none if there is none registered.
pub fn nearest<'a>(registered: impl IntoIterator<Item = &'a str>, given: &str) -> Option<Difference> {
    registered
        .into_iter()
        .map(|registered| difference(&with_the_port_of(given, registered), given))
        .min_by_key(|difference| difference.registered.chars().count() + difference.given.chars().count())
}

/// The registered loopback URI with the port that was asked for: any port matches, so it is no difference to show.
fn with_the_port_of(given: &str, registered: &str) -> String {
    match (loopback(registered), loopback(given)) {
        (Some((host, rest)), Some((same, given_rest))) if host == same => {
            format!("{}{rest}", given.strip_suffix(given_rest).unwrap_or(host))
        }
        _ => registered.to_owned(),
    }
}

fn difference(registered: &str, given: &str) -> Difference {
    let (r, g): (Vec<char>, Vec<char>) = (registered.chars().collect(), given.chars().collect());
    let start = r.iter().zip(&g).take_while(|(a, b)| a == b).count();
    let tail = r.iter().skip(start).rev().zip(g.iter().skip(start).rev());
    let end = tail.take_while(|(a, b)| a == b).count();
    let middle = |text: &[char]| text.iter().take(text.len() - end).skip(start).collect();
    Difference {
        start: r.iter().take(start).collect(),
        registered: middle(&r),
        given: middle(&g),
        end: r.iter().skip(r.len() - end).collect(),
    }
}

#[cfg(test)]
mod tests;
