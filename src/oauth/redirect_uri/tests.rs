//! The table of near misses, and the property that no single mutation passes.

use proptest::prelude::*;

use super::*;
use ClientType::{Confidential, Public};

#[test]
fn https_loopback_and_reverse_dns_addresses_are_accepted() {
    for uri in [
        "https://app.example/callback",
        "https://app.example",
        "https://app.example?tenant=1",
        "https://app.example:8443/callback?tenant=1&x=%20y",
        "https://xn--bcher-kva.example/cb",
        "http://127.0.0.1/",
        "http://127.0.0.1",
        "http://127.0.0.1:9000/callback",
        "http://[::1]/callback",
    ] {
        assert_eq!(validate(uri, Confidential), Ok(()), "{uri}");
        assert_eq!(validate(uri, Public), Ok(()), "{uri}");
    }
    for uri in ["http://localhost:3000/cb", "com.example.app:/callback", "com.example.app://callback"] {
        assert_eq!(validate(uri, Public), Ok(()), "{uri}");
    }
}

#[test]
fn what_could_carry_a_code_elsewhere_is_refused_by_name() {
    let long = format!("https://app.example/{}", "a".repeat(MAX_LENGTH));
    for (uri, fault) in [
        ("", Fault::Length),
        (&long, Fault::Length),
        ("https://app.example/cb#", Fault::Fragment),
        ("https://app.example/cb#x", Fault::Fragment),
        ("https://*.example/cb", Fault::Wildcard),
        ("https://app.example/*", Fault::Wildcard),
        ("https://app.example/a b", Fault::Character),
        ("https://app.example/a\tb", Fault::Character),
        ("https://app.example/a\0b", Fault::Character),
        ("https://bücher.example/cb", Fault::Character),
        ("https://app.example\\@evil.example/", Fault::Character),
        ("https://app.example/%zz", Fault::Character),
        ("https://app.example/<script>", Fault::Character),
        ("/callback", Fault::NotAbsolute),
        ("//app.example/cb", Fault::NotAbsolute),
        ("app.example/cb", Fault::NotAbsolute),
        ("1https://app.example/cb", Fault::NotAbsolute),
        ("javascript:alert(1)", Fault::Dangerous),
        ("JaVaScRiPt://app.example/%0aalert(1)", Fault::Dangerous),
        ("data:text/html,x", Fault::Dangerous),
        ("vbscript:x", Fault::Dangerous),
        ("file:///etc/passwd", Fault::Dangerous),
        ("blob:https://app.example/x", Fault::Dangerous),
        ("https://user@app.example/cb", Fault::UserInfo),
        ("https://app.example@evil.example/cb", Fault::UserInfo),
        ("https://:pw@app.example/cb", Fault::UserInfo),
        ("https://app.example/a/../cb", Fault::DotSegment),
        ("https://app.example/a/..;/cb", Fault::DotSegment),
        ("https://app.example/./cb", Fault::DotSegment),
        ("https://app.example/%2e%2e/cb", Fault::DotSegment),
        ("https://app.example/a%2Fb", Fault::DotSegment),
        ("https://app.example/cb?x=%0d%0aSet-Cookie", Fault::DotSegment),
        ("http://app.example/cb", Fault::PlainHttp),
        ("http://127.0.0.2/cb", Fault::PlainHttp),
        ("http://127.0.0.1.evil.example/cb", Fault::PlainHttp),
        ("http://192.168.0.1/cb", Fault::PlainHttp),
        ("http://localhost/cb", Fault::Localhost),
        ("http://127.1/cb", Fault::NotNormal),
        ("http://0x7f000001/cb", Fault::NotNormal),
        ("http://[0:0::1]/cb", Fault::NotNormal),
        ("HTTPS://app.example/cb", Fault::NotNormal),
        ("https://App.example/cb", Fault::NotNormal),
        ("https://app.example:443/cb", Fault::NotNormal),
        ("https://app.example:0/cb", Fault::NotNormal),
        ("https://app.example:99999/cb", Fault::NotNormal),
        ("https:///cb", Fault::NotNormal),
        ("https://", Fault::NotNormal),
        ("https:app.example/cb", Fault::NotNormal),
        ("https:/app.example/cb", Fault::NotNormal),
        ("myapp:/callback", Fault::PrivateScheme),
        ("com.example.app:callback", Fault::PrivateScheme),
        ("Com.Example.App:/callback", Fault::PrivateScheme),
        ("com..app:/callback", Fault::PrivateScheme),
        ("com.example.app:/callback", Fault::PrivateSchemeConfidential),
    ] {
        assert_eq!(validate(uri, Confidential), Err(fault), "{uri}");
    }
    assert_eq!(validate("http://localhost.evil.example/cb", Public), Err(Fault::PlainHttp));
    assert_eq!(validate("com.example.app://user@host/cb", Public), Err(Fault::UserInfo));
}

#[test]
fn near_misses_of_a_registered_uri_do_not_match() {
    let registered = "https://app.example/callback";
    assert!(matches(registered, registered));
    for given in [
        "https://app.example/callback/",
        "https://app.example/Callback",
        "https://APP.example/callback",
        "https://app.example:443/callback",
        "https://app.example:8443/callback",
        "https://app.example/callback?",
        "https://app.example/callback?x=1",
        "https://app.example/callback#",
        "https://app.example/callback/..",
        "https://app.example/x/../callback",
        "https://app.example/callback/..;/x",
        "https://app.example/%63allback",
        "https://app.example@evil.example/callback",
        "https://app.example.evil.example/callback",
        "https://evil.example/https://app.example/callback",
        "http://app.example/callback",
        " https://app.example/callback",
        "https://app.example/callback\0",
        "",
    ] {
        assert!(!matches(registered, given), "{given}");
    }
}

#[test]
fn a_registered_query_is_kept_exact() {
    let registered = "https://app.example/cb?tenant=1";
    assert!(matches(registered, registered));
    for given in ["https://app.example/cb", "https://app.example/cb?tenant=2", "https://app.example/cb?tenant=1&x=2"] {
        assert!(!matches(registered, given), "{given}");
    }
}

#[test]
fn only_the_port_of_a_loopback_ip_is_free() {
    for (registered, given) in [
        ("http://127.0.0.1/cb", "http://127.0.0.1:51000/cb"),
        ("http://127.0.0.1:9000/cb", "http://127.0.0.1/cb"),
        ("http://127.0.0.1:9000/cb", "http://127.0.0.1:65535/cb"),
        ("http://127.0.0.1", "http://127.0.0.1:4000"),
        ("http://[::1]/cb", "http://[::1]:51000/cb"),
    ] {
        assert!(matches(registered, given), "{registered} {given}");
    }
    for (registered, given) in [
        ("http://127.0.0.1/cb", "http://[::1]/cb"),
        ("http://127.0.0.1/cb", "http://localhost:51000/cb"),
        ("http://127.0.0.1/cb", "https://127.0.0.1:51000/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51000/cb/"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51000"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:0/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:080/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:65536/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:+80/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:80@evil.example/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:80.evil.example/cb"),
        ("http://127.0.0.1", "http://127.0.0.1.evil.example"),
        ("http://127.0.0.1", "http://127.0.0.1#"),
        ("http://localhost/cb", "http://localhost:51000/cb"),
        ("https://app.example/cb", "https://app.example:51000/cb"),
        ("com.example.app:/cb", "com.example.app:80/cb"),
    ] {
        assert!(!matches(registered, given), "{registered} {given}");
    }
}

#[test]
fn the_difference_to_the_nearest_registered_uri_is_marked() {
    let registered = ["https://other.example/", "https://app.example/callback"];
    let found = nearest(registered, "https://app.example/Callback/").unwrap();
    assert_eq!(found.start, "https://app.example/");
    assert_eq!((found.registered.as_str(), found.given.as_str()), ("callback", "Callback/"));
    assert_eq!(found.end, "");
    let found = nearest(["https://a.example/ab"], "https://a.example/aab").unwrap();
    assert_eq!(format!("{}{}{}", found.start, found.given, found.end), "https://a.example/aab");
    assert_eq!(format!("{}{}{}", found.start, found.registered, found.end), "https://a.example/ab");
    let found = nearest(["http://127.0.0.1/callback"], "http://127.0.0.1:4242/callbock").unwrap();
    assert_eq!((found.registered.as_str(), found.given.as_str()), ("a", "o"), "any port matches");
    assert_eq!(nearest([], "x"), None);
}

/// One change of one character.
#[derive(Debug, Clone)]
enum Mutation {
    Insert(usize, char),
    Delete(usize),
    Replace(usize, char),
    FlipCase(usize),
    PercentEncode(usize),
}

impl Mutation {
    fn apply(&self, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        let n = chars.len();
        match *self {
            Self::Insert(at, c) => chars.insert(at % (n + 1), c),
            Self::Delete(at) => _ = chars.remove(at % n),
            Self::Replace(at, c) => chars[at % n] = c,
            Self::FlipCase(at) => {
                let c = &mut chars[at % n];
                *c = if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
            }
            Self::PercentEncode(at) => {
                let at = at % n;
                let encoded = format!("%{:02X}", u32::from(chars[at]));
                chars.splice(at..=at, encoded.chars());
            }
        }
        chars.into_iter().collect()
    }
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = 0..4096_usize;
    let c = prop_oneof![proptest::char::range(' ', '~'), any::<char>()];
    prop_oneof![
        (at.clone(), c.clone()).prop_map(|(at, c)| Mutation::Insert(at, c)),
        at.clone().prop_map(Mutation::Delete),
        (at.clone(), c).prop_map(|(at, c)| Mutation::Replace(at, c)),
        at.clone().prop_map(Mutation::FlipCase),
        at.prop_map(Mutation::PercentEncode),
    ]
}

fn registered() -> impl Strategy<Value = String> {
    prop_oneof![
        "https://[a-z]{1,8}\\.example(:[1-9][0-9]{3})?(/[a-zA-Z0-9._~-]{1,8}){0,3}/?(\\?[a-z]{1,4}=[a-zA-Z0-9]{0,4})?",
        "http://(127\\.0\\.0\\.1|\\[::1\\])(:[1-9][0-9]{3})?(/[a-z0-9]{1,8}){0,2}/?",
        "http://localhost(:[1-9][0-9]{3})?/[a-z]{1,8}",
        "com\\.example\\.[a-z]{1,6}:/[a-z]{1,8}",
    ]
}

/// A second opinion on "only the port of a loopback IP differs", by the URL standard's parser.
fn only_the_loopback_port_differs(registered: &str, given: &str) -> bool {
    let parse = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        let loopback = matches!(url.host(), Some(Host::Ipv4(ip)) if ip.is_loopback())
            || matches!(url.host(), Some(Host::Ipv6(ip)) if ip.is_loopback());
        (url.scheme() == "http" && loopback && url.port() != Some(0)).then_some(())?;
        url.set_port(None).ok()?;
        Some(url)
    };
    // The parser is lenient about spelling; outside the port the bytes must be the same.
    let around = |text: &str| {
        let (head, tail) = text.split_at("http://".len());
        let end = tail.find(['/', '?', '#']).unwrap_or(tail.len());
        let (authority, path) = tail.split_at(end);
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => authority,
        };
        format!("{head}{host}|{path}")
    };
    parse(registered).is_some() && parse(registered) == parse(given) && around(registered) == around(given)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_single_mutation_of_a_registered_uri_is_refused(registered in registered(), mutation in mutation()) {
        let given = mutation.apply(&registered);
        if given != registered && matches(&registered, &given) {
            prop_assert!(only_the_loopback_port_differs(&registered, &given), "{registered} matched {given}");
        }
    }

    #[test]
    fn what_is_registered_is_what_the_url_standard_makes_of_it(text in "[a-z.]{1,12}:/{0,2}[ -~]{0,24}") {
        // Two parsers cannot disagree about where a registered URI leads (threats 1).
        if validate(&text, Public).is_ok() {
            let url = Url::parse(&text).unwrap();
            prop_assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
            prop_assert!(url.as_str() == text || url.path() == "/", "{text} became {url}");
        }
    }

    #[test]
    fn no_text_makes_the_matcher_fail(registered in any::<String>(), given in any::<String>()) {
        prop_assert_eq!(matches(&registered, &given), registered == given);
        _ = validate(&given, Public);
        _ = nearest([registered.as_str()], &given);
    }
}
