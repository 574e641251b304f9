//! What a hostile client or a confused proxy writes on the wire, below anything that a handler sees.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use crate::support::server::{Server, Store};

/// Everything that the server answers until it closes the connection, or says nothing for a while.
fn spoken(server: &Server, request: &[u8]) -> (String, bool) {
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    // Who writes a megabyte of headers may be cut off in the middle.
    let _ = stream.write_all(request);
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    let closed = loop {
        match stream.read(&mut buffer) {
            Ok(0) => break true,
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
            Err(error) => break error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    };
    (String::from_utf8_lossy(&answer).into_owned(), closed)
}

fn answers(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count()
}

/// RFC 9112 section 6.1: with both, "a server MAY reject the request or process such a request in accordance with the
/// Transfer-Encoding alone. Regardless, the server MUST close the connection after responding to such a request". A proxy
/// that believed the Content-Length would take what follows for the next person's request; nothing of it is answered.
#[tokio::test]
async fn a_request_that_is_smuggled_behind_two_lengths_is_not_answered() {
    let server = Server::start(Store::Sqlite).await;
    let smuggled = "GET /api/version/ HTTP/1.1\r\nHost: x\r\n\r\n";
    let body = format!("0\r\n\r\n{smuggled}");
    for lengths in [
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n", body.len()),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {}\r\n", body.len()),
        format!("Content-Length: 4\r\nTransfer-Encoding: chunked\r\nContent-Length: {}\r\n", body.len()),
    ] {
        let request = format!(
            "POST /o/token/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n{lengths}\r\n{body}"
        );
        let (text, closed) = spoken(&server, request.as_bytes());
        assert_eq!(answers(&text), 1, "{lengths}: {text}");
        assert!(text.starts_with("HTTP/1.1 400 "), "{lengths}: {text}");
        assert!(closed, "{lengths}: the connection must end");
    }
}

#[tokio::test]
async fn what_leaves_the_length_in_doubt_is_refused_and_the_connection_ends() {
    let server = Server::start(Store::Sqlite).await;
    for lengths in [
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: 3, 4\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: -1\r\n",
        "Content-Length : 3\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: \x0bchunked\r\n",
        "Content-Length: 3\r\n Transfer-Encoding: chunked\r\n",
    ] {
        let request =
            format!("POST /o/token/ HTTP/1.1\r\nHost: x\r\n{lengths}\r\nabcGET / HTTP/1.1\r\nHost: x\r\n\r\n");
        let (text, closed) = spoken(&server, request.as_bytes());
        assert!(text.starts_with("HTTP/1.1 400 "), "{lengths:?}: {text}");
        assert_eq!(answers(&text), 1, "{lengths:?}: {text}");
        assert!(closed, "{lengths:?}");
    }
}

#[tokio::test]
async fn a_megabyte_of_headers_is_refused_and_the_server_goes_on() {
    let server = Server::start(Store::Sqlite).await;
    let one = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "a".repeat(1 << 20));
    let many = (0..100_000).map(|n| format!("X-{n}: a\r\n")).collect::<Vec<_>>().concat();
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n");
    let path = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(1 << 20));
    for request in [one, many, path] {
        let (text, closed) = spoken(&server, request.as_bytes());
        let status = text.split(' ').nth(1).unwrap_or("cut off");
        assert!(["431", "414", "400", "cut off"].contains(&status), "{text:.100}");
        assert!(closed);
    }
    let (text, _) = spoken(&server, b"GET /api/version/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(text.starts_with("HTTP/1.1 "), "{text:.100}");
}
