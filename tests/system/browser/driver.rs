//! One Chromium with an empty profile, driven by one chromedriver; both end with the test.

use std::{
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    elements::Element,
    error::CmdError,
    wd::{Capabilities, WebDriverCompatibleCommand, WindowHandle},
};
use serde_json::{Value, json};
use url::Url;

use crate::support::server::{artefacts, free_port};

/// Widths at which pages are looked at: a desktop and a phone.
const WIDTHS: [(&str, u32, u32); 2] = [("desktop", 1280, 800), ("phone", 390, 844)];

/// A browser in front of one server.
pub(crate) struct Browser {
    client: Client,
    /// The server's address: paths are relative to it.
    site: String,
    _driver: Driver,
}

/// The chromedriver process; its group holds Chromium.
struct Driver {
    child: Child,
    port: u16,
    profile: tempfile::TempDir,
}

impl Browser {
    /// Starts it.
    pub(crate) async fn on(site: &str) -> Self {
        let port = free_port();
        let profile = tempfile::tempdir().unwrap();
        // A group of its own, with a shell that ends the group when this process closes its end of the pipe: however the
        // test ends, by `kill -9` even, no Chromium stays behind.
        let child = Command::new("sh")
            .args(["-c", "chromedriver --port=$0 >/dev/null & cat >/dev/null; kill -KILL 0", &port.to_string()])
            // Chromium keeps its caches under HOME, whatever its profile.
            .env("HOME", profile.path())
            .env("TMPDIR", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let driver = Driver { child, port, profile };
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--force-color-profile=srgb",
            "--lang=en-GB",
            &format!("--user-data-dir={}", driver.profile.path().join("profile").display()),
        ];
        let capabilities: Capabilities = serde_json::from_value(json!({
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
            "unhandledPromptBehavior": "ignore",
            // A server over TLS has a certificate that its test made.
            "acceptInsecureCerts": true,
        }))
        .unwrap();
        let deadline = Instant::now() + Duration::from_mins(1);
        let client = loop {
            let address = format!("http://127.0.0.1:{port}");
            let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
            match builder.capabilities(capabilities.clone()).connect(&address).await {
                Ok(client) => break client,
                Err(error) if Instant::now() > deadline => {
                    panic!("Chromium does not start (see tests/install): {error}")
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        };
        let browser = Self { client, site: site.to_owned(), _driver: driver };
        browser.width(0).await;
        browser
    }

    /// Goes to a path of the server, or to an absolute address.
    pub(crate) async fn open(&self, path: &str) {
        let url = if path.starts_with('/') { format!("{}{path}", self.site) } else { path.to_owned() };
        self.client.goto(&url).await.unwrap_or_else(|e| panic!("{url}: {e}"));
    }

    /// Goes to a path of the server; whether that ended on a page of the server.
    pub(crate) async fn try_open(&self, path: &str) -> bool {
        self.client.goto(&format!("{}{path}", self.site)).await.is_ok() && self.path().await.starts_with('/')
    }

    /// The path and query of the page.
    pub(crate) async fn path(&self) -> String {
        let url = self.url().await;
        url.as_str().strip_prefix(&self.site).unwrap_or(url.as_str()).to_owned()
    }

    /// The address of the page.
    pub(crate) async fn url(&self) -> Url {
        self.client.current_url().await.unwrap()
    }

    /// The page as markup.
    pub(crate) async fn source(&self) -> String {
        self.client.source().await.unwrap()
    }

    /// What can be read on the page.
    pub(crate) async fn text(&self) -> String {
        // The page may change between the two steps.
        loop {
            match self.find("body").await.text().await {
                Ok(text) => return text,
                Err(error) if is_gone(&error) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The first element of a CSS selector; waits for it a little.
    pub(crate) async fn find(&self, selector: &str) -> Element {
        let found = self.client.wait().at_most(Duration::from_secs(10)).for_element(Locator::Css(selector)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("no {selector} at {}: {error}\n{}", self.path().await, self.source().await),
        }
    }

    /// How many elements a CSS selector has.
    pub(crate) async fn count(&self, selector: &str) -> usize {
        self.client.find_all(Locator::Css(selector)).await.unwrap().len()
    }

    /// The text of every element of a CSS selector.
    pub(crate) async fn texts(&self, selector: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.client.find_all(Locator::Css(selector)).await.unwrap() {
            texts.push(element.text().await.unwrap());
        }
        texts
    }

    /// Types into the form field of a name, in place of what it holds.
    pub(crate) async fn fill(&self, field: &str, value: &str) {
        let element = self.find(&format!("[name='{field}']:not([type=hidden])")).await;
        element.clear().await.unwrap();
        element.send_keys(value).await.unwrap();
    }

    /// Ticks one of several boxes, named by its value, or clears it.
    pub(crate) async fn set_tick(&self, field: &str, value: &str, ticked: bool) {
        let element = self.find(&format!("input[name='{field}'][value='{value}']")).await;
        if element.is_selected().await.unwrap() != ticked {
            element.click().await.unwrap();
        }
    }

    /// Chooses an option of a `select` by its value.
    pub(crate) async fn choose(&self, field: &str, value: &str) {
        self.find(&format!("select[name='{field}']")).await.select_by_value(value).await.unwrap();
    }

    /// Clicks the button or link with this text, and waits for the next page.
    pub(crate) async fn press(&self, text: &str) {
        let path = format!(
            "//button[normalize-space()='{text}'] | //a[normalize-space()='{text}'] | //summary[normalize-space()='{text}']"
        );
        for element in self.client.find_all(Locator::XPath(&path)).await.unwrap() {
            if element.is_displayed().await.unwrap() {
                return self.click_in_the_middle(element, text).await;
            }
        }
        panic!("no '{text}' at {}:\n{}", self.path().await, self.text().await)
    }

    /// Clicks the first element of a CSS selector.
    pub(crate) async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        self.click_in_the_middle(element, selector).await;
    }

    /// Clicks an element in the middle of the window, where nothing that sticks covers it.
    async fn click_in_the_middle(&self, element: Element, what: &str) {
        let argument = serde_json::to_value(&element).unwrap();
        let scroll = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })";
        self.client.execute(scroll, vec![argument]).await.unwrap();
        element.click().await.unwrap_or_else(|e| panic!("{what}: {e}"));
    }

    /// Runs a script in the page and returns its value.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Waits until the page says something.
    pub(crate) async fn wait_for_text(&self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(15);
        while !self.text().await.contains(text) {
            assert!(Instant::now() < deadline, "no '{text}' at {}:\n{}", self.path().await, self.text().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until there is an element of a CSS selector.
    pub(crate) async fn wait_for_element(&self, selector: &str) {
        self.find(selector).await;
    }

    /// Waits until the path of the page, without its query, starts with this; a page of the server itself.
    pub(crate) async fn wait_for_path(&self, path: &str) {
        let deadline = Instant::now() + Duration::from_secs(15);
        loop {
            let now = self.path().await;
            let bare = now.split('?').next().unwrap_or_default();
            if now.starts_with('/') && (bare == path || (path == "/" && !bare.starts_with("/accounts/login"))) {
                return;
            }
            assert!(Instant::now() < deadline, "at {now} instead of {path}:\n{}", self.text().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Turns to the window that the page opened; returns the one of the page.
    pub(crate) async fn other_window(&self) -> WindowHandle {
        let first = self.client.window().await.unwrap();
        let deadline = Instant::now() + Duration::from_secs(15);
        loop {
            let windows = self.client.windows().await.unwrap();
            if let Some(other) = windows.into_iter().find(|window| *window != first) {
                self.client.switch_to_window(other).await.unwrap();
                return first;
            }
            assert!(Instant::now() < deadline, "no window was opened");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the opened window has closed itself, and turns back.
    pub(crate) async fn back_to_first_window(&self, first: WindowHandle) {
        let deadline = Instant::now() + Duration::from_secs(15);
        while self.client.windows().await.unwrap().len() > 1 {
            assert!(Instant::now() < deadline, "the window stays open at {}", self.path().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.client.switch_to_window(first).await.unwrap();
    }

    /// The text of a dialog that a script opened.
    pub(crate) async fn dialog(&self) -> Option<String> {
        self.client.get_alert_text().await.ok()
    }

    /// Errors and warnings of the console since the last call: failed scripts, blocked styles, missing files. That a page
    /// itself came with an error status is no complaint.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let entries = self.client.issue_cmd(Vendor::new("se/log", json!({ "type": "browser" }))).await.unwrap();
        entries
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["level"] != "INFO" && entry["level"] != "DEBUG")
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .filter(|message| !message.contains("responded with a status of 4") || message.contains("/static/"))
            .collect()
    }

    /// Keeps pictures of the page for a person to look at, and refuses a page that does not fit its width.
    pub(crate) async fn picture(&self, name: &str) {
        for (index, (size, width, _)) in WIDTHS.into_iter().enumerate() {
            self.width(index).await;
            let needed = self.script("return document.documentElement.scrollWidth").await.as_u64().unwrap();
            let shot = self.command(
                "goog/cdp/execute",
                json!({
                    "cmd": "Page.captureScreenshot", "params": { "captureBeyondViewport": true },
                }),
            );
            let shot = shot.await["data"].as_str().unwrap().to_owned();
            let png = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, shot).unwrap();
            std::fs::write(artefacts("screenshots").join(format!("{name}-{size}.png")), png).unwrap();
            assert!(needed <= u64::from(width), "{name} is {needed} wide on a {size} of {width}");
        }
        self.width(0).await;
    }

    async fn width(&self, index: usize) {
        let (size, width, height) = WIDTHS[index];
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == "phone" });
        self.command("goog/cdp/execute", json!({ "cmd": "Emulation.setDeviceMetricsOverride", "params": metrics }))
            .await;
    }

    async fn command(&self, path: &'static str, body: Value) -> Value {
        self.client.issue_cmd(Vendor::new(path, body)).await.unwrap()
    }
}

/// Whether an element is of a page that has changed since. In the middle of a change Chromium says it in words of its own.
fn is_gone(error: &CmdError) -> bool {
    error.is_stale_element_reference() || error.to_string().contains("does not belong to the document")
}

/// A command of Chromium's own.
#[derive(Debug)]
struct Vendor {
    path: &'static str,
    body: Value,
}

impl Vendor {
    fn new(path: &'static str, body: Value) -> Self {
        Self { path, body }
    }
}

impl WebDriverCompatibleCommand for Vendor {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (reqwest::Method, Option<String>) {
        (reqwest::Method::POST, Some(self.body.to_string()))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Asked to shut down, chromedriver also ends its Chromium; the kill is for one that does not answer.
        if let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", self.port)) {
            use std::io::{Read as _, Write as _};
            let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            let _ = stream.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
            let _ = stream.read(&mut [0; 64]);
        }
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
