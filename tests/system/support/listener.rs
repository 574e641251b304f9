//! The loopback listener of a native application (RFC 8252 section 7.3): where the browser brings the code.

use std::{collections::BTreeMap, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{Mutex, mpsc},
};

/// Waits on a port of the system's choice. It answers on its own: the browser's driver returns from a click only when the
/// page behind it has come.
pub(crate) struct Listener {
    port: u16,
    parameters: Mutex<mpsc::Receiver<BTreeMap<String, String>>>,
}

impl Listener {
    /// Opens it.
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, sender.clone()));
            }
        });
        Self { port, parameters: Mutex::new(receiver) }
    }

    /// The redirect URI with this port.
    pub(crate) fn uri(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The parameters of the redirect, once the browser has come with them.
    pub(crate) async fn parameters(&self) -> BTreeMap<String, String> {
        let mut parameters = self.parameters.lock().await;
        tokio::time::timeout(Duration::from_secs(20), parameters.recv()).await.expect("no redirect came").unwrap()
    }
}

async fn answer(mut stream: TcpStream, sender: mpsc::Sender<BTreeMap<String, String>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            // Chromium also opens connections that it does not use.
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    // The answer may come as a form (OAuth 2.0 Form Post Response Mode).
    let length = head
        .to_ascii_lowercase()
        .split_once("content-length: ")
        .and_then(|(_, rest)| rest.split("\r\n").next().and_then(|length| length.parse().ok()));
    let mut posted: Option<Vec<u8>> = length.filter(|_| head.starts_with("POST ")).map(|length| vec![0; length]);
    if let Some(form) = &mut posted {
        stream.read_exact(form).await.unwrap();
    }
    let body = "<!doctype html><title>Done</title><link rel=icon href='data:,'><p>You can close this window.";
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let query = head.split_whitespace().nth(1).and_then(|target| target.split_once('?')).map(|(_, query)| query.into());
    if let Some(query) = posted.or(query) {
        let _ = sender.send(form_urlencoded::parse(&query).into_owned().collect()).await;
    }
}
