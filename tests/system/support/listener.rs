//! The loopback listener of a native application (RFC 8252 section 7.3): where the browser brings the code.

use std::{collections::BTreeMap, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

/// Waits on a port of the system's choice.
pub(crate) struct Listener(TcpListener);

impl Listener {
    /// Opens it.
    pub(crate) async fn open() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    /// The redirect URI with this port.
    pub(crate) fn uri(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.0.local_addr().unwrap().port())
    }

    /// The parameters of the redirect, once the browser has come with them.
    pub(crate) async fn parameters(&self) -> BTreeMap<String, String> {
        tokio::time::timeout(Duration::from_secs(20), self.accept()).await.expect("no redirect came")
    }

    async fn accept(&self) -> BTreeMap<String, String> {
        loop {
            let (mut stream, _) = self.0.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let body = "<!doctype html><title>Done</title><p>You can close this window.";
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
            // Chromium also asks for an icon, and opens connections that it does not use.
            if let Some((_, query)) = head.split_whitespace().nth(1).and_then(|target| target.split_once('?')) {
                return form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            }
        }
    }
}
