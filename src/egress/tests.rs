use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{documents::*, *};
use crate::clock::Clock;

/// A resolver that gives these answers one after the other, and the last for ever.
struct Scripted {
    answers: Mutex<VecDeque<Vec<&'static str>>>,
    asked: AtomicUsize,
}

impl Scripted {
    fn new(answers: &[&[&'static str]]) -> Arc<Self> {
        let answers = answers.iter().map(|answer| answer.to_vec()).collect();
        Arc::new(Self { answers: Mutex::new(answers), asked: AtomicUsize::new(0) })
    }
}

impl Resolve for Scripted {
    fn resolve(&self, _: Name) -> Resolving {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front().unwrap() } else { answers.front().unwrap().clone() };
        let answer: Vec<SocketAddr> = answer.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0)).collect();
        Box::pin(async move { Ok(Box::new(answer.into_iter()) as Addrs) })
    }
}

fn development() -> config::Egress {
    config::Egress { allow_loopback: true, extra_ca: None }
}

fn small() -> Limits {
    Limits { bytes: 1000, time: Duration::from_millis(500) }
}

/// A server on this machine that answers everybody the same, and counts them.
async fn server(answer: Vec<u8>) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let met = Arc::new(AtomicUsize::new(0));
    let count = met.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::Relaxed);
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = vec![0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&answer).await;
                if answer.is_empty() {
                    tokio::time::sleep(Duration::from_mins(1)).await;
                }
            });
        }
    });
    (port, met)
}

fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n{body}").into_bytes()
}

#[test]
fn only_https_without_user_or_fragment_is_asked() {
    let egress = Egress::new(&config::Egress::default()).unwrap();
    for bad in [
        "",
        "x",
        "//a.example",
        "http://a.example/",
        "ftp://a.example/",
        "file:///etc/passwd",
        "gopher://a.example/",
        "https://u@a.example/",
        "https://u:p@a.example/",
        "https://a.example/#f",
        "https://",
        "data:,x",
        "https://a b/",
        "https://a.example/\n",
        "http://localhost/",
        "http://127.0.0.1/",
    ] {
        assert!(egress.check(bad).is_err(), "{bad}");
    }
    assert!(egress.check(&format!("https://a.example/{}", "x".repeat(3000))).is_err());
    assert!(egress.check("https://a.example:8443/keys?x=1").is_ok());
}

#[test]
fn a_literal_special_use_address_is_refused_however_it_is_written() {
    let egress = Egress::new(&config::Egress::default()).unwrap();
    for bad in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "0",
        "169.254.169.254",
        "10.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "１２７.0.0.1",
    ] {
        let error = egress.check(&format!("https://{bad}/")).unwrap_err();
        assert_eq!(error.to_string(), UNREACHABLE, "{bad}");
    }
    assert!(egress.check("https://8.8.8.8/").is_ok());
}

#[test]
fn the_development_setting_opens_this_machine_and_nothing_else() {
    let egress = Egress::new(&development()).unwrap();
    for good in ["http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "https://127.0.0.1/"] {
        assert!(egress.check(good).is_ok(), "{good}");
    }
    for bad in ["http://a.example/", "http://10.0.0.1/", "https://169.254.169.254/", "http://localhost.evil.example/"] {
        assert!(egress.check(bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_name_with_one_special_use_address_among_its_addresses_is_refused() {
    for answer in [&["127.0.0.1"][..], &["8.8.8.8", "10.0.0.1"], &["::ffff:127.0.0.1"], &["2002:7f00:1::"], &[]] {
        let egress = Egress::with_resolver(&config::Egress::default(), Scripted::new(&[answer])).unwrap();
        let error = egress.get("https://a.example/", &small()).await.unwrap_err();
        assert_eq!(error.to_string(), UNREACHABLE);
        let expected = if answer.is_empty() { "no address" } else { "special-use" };
        assert!(error.log().contains(expected), "{}", error.log());
    }
}

#[tokio::test]
async fn a_resolver_that_rebinds_between_check_and_connection_gains_nothing() {
    // Every request would reach this server if the name were resolved a second time after the check.
    let (port, met) = server(http("200 OK", "", "secret")).await;
    let resolver = Scripted::new(&[&["8.8.8.8"], &["127.0.0.1"]]);
    let egress = Egress::with_resolver(&config::Egress::default(), resolver.clone()).unwrap();
    let url = format!("https://rebind.example:{port}/");
    egress.get(&url, &small()).await.unwrap_err();
    assert_eq!(resolver.asked.load(Ordering::Relaxed), 1, "one request resolves once");
    let error = egress.get(&url, &small()).await.unwrap_err();
    assert!(error.log().contains("special-use"), "{}", error.log());
    assert_eq!(met.load(Ordering::Relaxed), 0, "the server on this machine was reached");
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_checked() {
    let (port, met) = server(http("200 OK", "Content-Type: application/json\r\n", "{}")).await;
    let resolver = Scripted::new(&[&["127.0.0.1"]]);
    let egress = Egress::with_resolver(&development(), resolver.clone()).unwrap();
    let fetched = egress.get(&format!("http://localhost:{port}/keys"), &small()).await.unwrap();
    assert_eq!((fetched.status, fetched.body.as_slice()), (StatusCode::OK, b"{}".as_slice()));
    assert_eq!((resolver.asked.load(Ordering::Relaxed), met.load(Ordering::Relaxed)), (1, 1));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (inner, met) = server(http("200 OK", "", "secret")).await;
    let (port, _) = server(http("302 Found", &format!("Location: http://127.0.0.1:{inner}/\r\n"), "")).await;
    let egress = Egress::new(&development()).unwrap();
    let fetched = egress.get(&format!("http://127.0.0.1:{port}/"), &small()).await.unwrap();
    assert_eq!(fetched.status, StatusCode::FOUND);
    assert_eq!(fetched.ok().unwrap_err().to_string(), UNREACHABLE);
    assert_eq!(met.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_its_length_is_told_or_not() {
    for headers in ["Content-Length: 5000\r\n", ""] {
        let (port, _) = server(http("200 OK", headers, &"x".repeat(5000))).await;
        let egress = Egress::new(&development()).unwrap();
        let error = egress.get(&format!("http://127.0.0.1:{port}/"), &small()).await.unwrap_err();
        assert!(error.log().contains("larger"), "{}", error.log());
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_in_time() {
    let (port, _) = server(Vec::new()).await;
    let egress = Egress::new(&development()).unwrap();
    let error = egress.post(&format!("http://127.0.0.1:{port}/"), "text/plain", vec![1], &small()).await.unwrap_err();
    assert_eq!((error.to_string().as_str(), error.log()), (UNREACHABLE, "took too long"));
}

#[test]
fn an_extra_authority_that_cannot_be_read_is_fatal() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    let with = |path: &std::path::Path| config::Egress { allow_loopback: false, extra_ca: Some(path.to_owned()) };
    assert!(Egress::new(&with(&path)).is_err());
    std::fs::write(&path, "nothing").unwrap();
    assert!(Egress::new(&with(&path)).unwrap_err().to_string().contains("ca.pem"));
}

#[tokio::test]
async fn a_document_is_fetched_once_and_again_only_under_a_limit() {
    let (port, met) = server(http("200 OK", "", "{}")).await;
    let (clock, url) = (Clock::default(), format!("http://127.0.0.1:{port}/"));
    let documents = Documents::new(Egress::new(&development()).unwrap(), clock.clone());
    let fetched = || met.load(Ordering::Relaxed);
    let (a, b, c) = tokio::join!(documents.get(&url), documents.get(&url), documents.get(&url));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(fetched(), 1, "three at once fetch once");
    for _ in 0..5 {
        documents.get_again(&url).await.unwrap();
    }
    assert_eq!(fetched(), 1);
    clock.advance(AGAIN);
    documents.get(&url).await.unwrap();
    assert_eq!(fetched(), 1);
    for _ in 0..5 {
        documents.get_again(&url).await.unwrap();
    }
    assert_eq!(fetched(), 2);
    clock.advance(FRESH);
    documents.get(&url).await.unwrap();
    assert_eq!(fetched(), 3);
}

#[tokio::test]
async fn after_a_failure_there_is_a_pause() {
    let (port, met) = server(http("500 Internal Server Error", "", "")).await;
    let (clock, url) = (Clock::default(), format!("http://127.0.0.1:{port}/"));
    let documents = Documents::new(Egress::new(&development()).unwrap(), clock.clone());
    for _ in 0..5 {
        documents.get(&url).await.unwrap_err();
    }
    assert_eq!(met.load(Ordering::Relaxed), 1);
    clock.advance(10);
    documents.get(&url).await.unwrap_err();
    assert_eq!(met.load(Ordering::Relaxed), 2);
}
