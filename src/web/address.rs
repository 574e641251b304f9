//! Where a request comes from, and where it goes.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;
use poem::Request;

/// The path of a request as it was sent. Routers take off what they have matched, so the outermost layer notes it.
#[derive(Debug, Clone)]
pub struct FullPath(pub String);

impl FullPath {
    /// The path as it was sent.
    pub fn of(request: &Request) -> &str {
        request.data::<Self>().map_or_else(|| request.uri().path(), |path| &path.0)
    }
}

/// The address of the client. `X-Forwarded-For` is believed as far as it was written by trusted proxies: it is read from
/// the right, and the first address that is not theirs is the client's, whatever stands left of it.
pub fn client_address(request: &Request, trusted: &[IpNet]) -> IpAddr {
    // A peer without an address is on this machine (a Unix socket).
    let peer = request.remote_addr().as_socket_addr().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), SocketAddr::ip);
    let believed = |address: IpAddr| trusted.iter().any(|net| net.contains(&plain(address)));
    let mut current = plain(peer);
    let headers: Vec<&str> =
        request.headers().get_all("x-forwarded-for").into_iter().map(|v| v.to_str().unwrap_or_default()).collect();
    for entry in headers.iter().rev().flat_map(|header| header.rsplit(',')) {
        if !believed(current) {
            break;
        }
        match parse(entry.trim()) {
            Some(address) => current = plain(address),
            None => break,
        }
    }
    current
}

/// IPv4 that came over an IPv6 socket is IPv4.
fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`.
fn parse(entry: &str) -> Option<IpAddr> {
    entry
        .parse()
        .or_else(|_| entry.parse::<SocketAddr>().map(|s| s.ip()))
        .or_else(|_| entry.trim_start_matches('[').trim_end_matches(']').parse())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(forwarded: &[&str], trusted: &[&str]) -> String {
        let start = Request::builder();
        let request = forwarded.iter().fold(start, |r, value| r.header("X-Forwarded-For", *value)).finish();
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        client_address(&request, &trusted).to_string()
    }

    #[test]
    fn a_header_of_nobody_trusted_is_ignored() {
        assert_eq!(address(&["198.51.100.7"], &[]), "127.0.0.1");
        assert_eq!(address(&["198.51.100.7"], &["10.0.0.0/8"]), "127.0.0.1");
    }

    #[test]
    fn the_rightmost_address_that_is_no_proxy_is_the_client() {
        let trusted = &["127.0.0.0/8", "10.0.0.0/8"];
        assert_eq!(address(&["198.51.100.7"], trusted), "198.51.100.7");
        assert_eq!(address(&["203.0.113.66, 198.51.100.7, 10.0.0.3"], trusted), "198.51.100.7");
        assert_eq!(address(&["203.0.113.66", "198.51.100.7"], trusted), "198.51.100.7");
        assert_eq!(address(&["198.51.100.7, nonsense"], trusted), "127.0.0.1");
        assert_eq!(address(&["[2001:db8::1]:443"], trusted), "2001:db8::1");
        assert_eq!(address(&["198.51.100.7:5000, ::ffff:10.0.0.3"], trusted), "198.51.100.7");
        assert_eq!(address(&[""], trusted), "127.0.0.1");
    }
}
