//! Clients that others wrote, over TLS, with a person in a real browser: `openid-client` and `oauth4webapi` from npm, Authlib
//! from `PyPI`. What each does and expects is in the script of its name; `tests/install` installs them.
//!
//! A script prints `open URL` where it would send its user, and reads the address where their browser ended.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tokio::sync::mpsc;

use super::credentials;
use crate::{
    browser::{Browser, log_in},
    support::{
        both,
        listener::Listener,
        server::{ADMIN, Server},
        tls,
    },
};

/// What the scripts ask for.
const SCOPE: &str = "openid profile email offline_access g:read";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn node(script: &str) -> Command {
    let mut command = Command::new("node");
    // The packages are found from where the link stands, not from where it leads.
    command.args(["--preserve-symlinks", "--preserve-symlinks-main"]);
    command.arg(root().join("tests/.cache/node/clients").join(script));
    command
}

fn python(script: &str) -> Command {
    let mut command = Command::new(root().join("tests/.cache/venv/bin/python"));
    command.arg("-B").arg(root().join("tests/system/clients").join(script)).env_remove("PYTHONPATH");
    command
}

/// A server with a certificate, what its clients trust, and a browser in which the administrator is logged in.
pub(super) async fn encrypted(store: crate::support::server::Store) -> (Server, PathBuf, Browser) {
    let mut server = Server::new(store).await;
    let trusted = tls::encrypt(&mut server);
    server.set("STOCKADE_ADMIN_USERNAME", ADMIN.0).set("STOCKADE_ADMIN_PASSWORD", ADMIN.1);
    server.up().await;
    let browser = Browser::on(&server.url).await;
    log_in(&browser, ADMIN).await;
    (server, trusted, browser)
}

/// Runs a script to its end; `answer` replies to each of its lines.
async fn converse(server: &Server, trusted: &Path, mut command: Command, mut answer: impl AsyncFnMut(&str) -> String) {
    let mut child = command
        .env("NODE_EXTRA_CA_CERTS", trusted)
        .env("SSL_CERT_FILE", trusted)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the client is not installed: see tests/install");
    let mut input = child.stdin.take().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, mut lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let mut last = String::new();
    while let Some(line) = lines.recv().await {
        if line.starts_with("open ") || line.starts_with("register ") {
            writeln!(input, "{}", answer(&line).await).unwrap();
        }
        last = line;
    }
    // Its output has ended, and so has it.
    let mut wrong = String::new();
    child.stderr.take().unwrap().read_to_string(&mut wrong).unwrap();
    let status = child.wait().unwrap();
    assert!(status.success() && last == "all is well", "{last}\n{wrong}\nthe server says:\n{}", server.log());
}

/// The person goes where the client sends them, allows what it asks for, and comes back.
async fn authorize(browser: &Browser, listener: &Listener, line: &str) -> String {
    browser.open(line.strip_prefix("open ").unwrap()).await;
    if browser.count("#consent-allow").await > 0 {
        browser.click("#consent-allow").await;
    }
    let parameters = listener.parameters().await;
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{}?{query}", listener.uri("/callback"))
}

/// A confidential application for the callback of a listener.
fn application(server: &Server, name: &str) -> (String, String) {
    let told =
        server.run(&["application", "create", name, "--redirect-uri", "http://127.0.0.1/callback", "--scope", SCOPE]);
    credentials(&told)
}

both! {
    async fn openid_client_logs_in_every_way(store: Store) {
        let (server, trusted, browser) = encrypted(store).await;
        let listener = Listener::open().await;
        let (client_id, secret) = application(&server, "A Node.js service");
        let mut command = node("openid_client.mjs");
        let (issuer, api) = (format!("{}/o", server.url), format!("{}/api/", server.url));
        command.args([&issuer, &client_id, &secret, &listener.uri("/callback"), &api]);
        converse(&server, &trusted, command, async |line| authorize(&browser, &listener, line).await).await;
    }

    async fn authlib_logs_in_and_refreshes(store: Store) {
        let (server, trusted, browser) = encrypted(store).await;
        let listener = Listener::open().await;
        let (client_id, secret) = application(&server, "A Python service");
        let mut command = python("authlib_client.py");
        let (issuer, api) = (format!("{}/o", server.url), format!("{}/api/", server.url));
        command.args([&issuer, &client_id, &secret, &listener.uri("/callback"), &api]);
        converse(&server, &trusted, command, async |line| authorize(&browser, &listener, line).await).await;
    }
}
