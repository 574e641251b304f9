//! Another server, on this machine: what the server under test fetches and whom it tells.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use poem::{
    Endpoint, Request, Response, Server,
    http::StatusCode,
    listener::{Acceptor as _, Listener as _, TcpListener},
};
use stockade::config::Config;

/// What it answers at a path.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) delay: Duration,
}

impl Page {
    /// A document.
    pub(crate) fn json(body: &serde_json::Value) -> Self {
        Self::of("application/json", body.to_string())
    }

    /// Anything.
    pub(crate) fn of(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", content_type.to_owned())];
        Self { status: 200, headers, body: body.into(), delay: Duration::ZERO }
    }

    /// An answer without a body.
    pub(crate) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), delay: Duration::ZERO }
    }

    /// With one more header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// What it was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

/// The server.
pub(crate) struct Elsewhere {
    pub(crate) origin: String,
    pages: Arc<Mutex<HashMap<String, Page>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Answering {
    pages: Arc<Mutex<HashMap<String, Page>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Endpoint for Answering {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let path = request.uri().path().to_owned();
        let content_type = request.content_type().unwrap_or_default().to_owned();
        let body = request.take_body().into_string().await.unwrap_or_default();
        self.asked.lock().unwrap().push(Asked { path: path.clone(), content_type, body });
        let page = self.pages.lock().unwrap().get(&path).cloned().unwrap_or_else(|| Page::status(404));
        tokio::time::sleep(page.delay).await;
        let mut response = Response::builder().status(StatusCode::from_u16(page.status).unwrap());
        for (name, value) in &page.headers {
            response = response.header(*name, value);
        }
        Ok(response.body(page.body))
    }
}

impl Elsewhere {
    /// Starts it.
    pub(crate) async fn start() -> Self {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let port = acceptor.local_addr()[0].as_socket_addr().unwrap().port();
        let (pages, asked) = (Arc::default(), Arc::default());
        let answering = Answering { pages: Arc::clone(&pages), asked: Arc::clone(&asked) };
        let task = tokio::spawn(async move { Server::new_with_acceptor(acceptor).run(answering).await.unwrap() });
        Self { origin: format!("http://127.0.0.1:{port}"), pages, asked, task }
    }

    /// Answers so at a path from now on; the address.
    pub(crate) fn put(&self, path: &str, page: Page) -> String {
        self.pages.lock().unwrap().insert(path.to_owned(), page);
        self.at(path)
    }

    /// The address of a path.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// What was asked at a path.
    pub(crate) fn asked(&self, path: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.path == path).cloned().collect()
    }
}

/// The development setting by which the server may ask this machine.
pub(crate) fn may_ask_this_machine(config: &mut Config) {
    config.egress.allow_loopback = true;
}
