//! `stockade` as a process of its own, with a data folder, a database and a port of its own.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Read as _, Write as _},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait as _, Database};
use stockade::{clock::Rng, secret::hex};

/// The administrator of every server that does not say otherwise.
pub(crate) const ADMIN: (&str, &str) = ("admin", "correct horse battery staple");

/// The kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    Sqlite,
    Postgres,
}

/// A server. It ends with its value, and its folder with it.
pub(crate) struct Server {
    /// Where it answers, without a trailing slash.
    pub(crate) url: String,
    /// Its data folder.
    pub(crate) dir: tempfile::TempDir,
    variables: BTreeMap<String, String>,
    child: Option<Child>,
}

impl Server {
    /// One that answers and has the administrator [`ADMIN`].
    pub(crate) async fn start(store: Store) -> Self {
        let (username, password) = ADMIN;
        let mut server = Self::new(store).await;
        server.set("STOCKADE_ADMIN_USERNAME", username).set("STOCKADE_ADMIN_PASSWORD", password);
        server.up().await;
        server
    }

    /// One that is not running yet and has no administrator.
    pub(crate) async fn new(store: Store) -> Self {
        // `reqwest` is built without a provider of its own, because the server brings its own; another test was first, or this.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let folder = dir.path().to_str().unwrap().to_owned();
        let mut server = Self { url: url.clone(), dir, variables: BTreeMap::new(), child: None };
        server
            .set("STOCKADE_LISTEN", &format!("127.0.0.1:{port}"))
            .set("STOCKADE_SITE_URL", &url)
            .set("STOCKADE_DATA_DIR", &folder)
            // As cheap as Argon2 goes: its cost is not what is tested here.
            .set("STOCKADE_PASSWORD__MEMORY_KIB", "64")
            .set("STOCKADE_PASSWORD__ITERATIONS", "1");
        if store == Store::Postgres {
            server.set("STOCKADE_DATABASE_URL", &new_database().await);
        }
        server
    }

    /// Chooses a variable of its environment.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The program with this server's environment and none other of its variables.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockade"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STOCKADE_")) {
            command.env_remove(name);
        }
        command.args(arguments).envs(&self.variables).current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    /// Runs another command of the program on this server's data, and returns what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    /// Runs another command that asks for something on standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> String {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts it without waiting.
    pub(crate) fn spawn(&mut self) -> &mut Self {
        let log = File::options().append(true).create(true).open(self.log_file()).unwrap();
        let child = self.command(&["serve"]).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        self.child = Some(child);
        self
    }

    /// Starts it and waits until it answers.
    pub(crate) async fn up(&mut self) {
        self.spawn();
        let deadline = Instant::now() + Duration::from_secs(30);
        // Only that it answers is asked: whose certificate it shows is its clients' to check.
        let client = reqwest::Client::builder().danger_accept_invalid_certs(true).build().unwrap();
        while client.get(format!("{}/api/", self.url)).send().await.is_err() {
            let status = self.child.as_mut().unwrap().try_wait().unwrap();
            assert!(status.is_none(), "the server ended with {}:\n{}", status.unwrap(), self.log());
            assert!(Instant::now() < deadline, "the server does not answer:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// All that it has printed.
    pub(crate) fn log(&self) -> String {
        let mut text = String::new();
        File::open(self.log_file()).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    fn log_file(&self) -> PathBuf {
        self.dir.path().join("log.txt")
    }

    /// Sends it a signal, by name.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([format!("-{name}"), pid]).status().unwrap().success());
    }

    /// Waits for its end, for at most 30 seconds.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut child = self.child.take().unwrap();
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status;
            }
            if Instant::now() > deadline {
                let _ = child.kill();
                let _ = child.wait();
                panic!("the server does not end:\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// `kill -9`: no chance to tidy up.
    pub(crate) async fn kill(&mut self) {
        self.signal("KILL");
        self.ended().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A port on which nobody listened a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A folder for what a test leaves to be looked at.
pub(crate) fn artefacts(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/browser").join(name);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

async fn new_database() -> String {
    let cluster = std::env::var("STOCKADE_TEST_POSTGRES")
        .expect("STOCKADE_TEST_POSTGRES is not set: run the tests by tests/run, or see tests/postgres");
    let name = format!("system_{}", hex(&Rng.bytes::<8>()));
    let db = Database::connect(format!("{cluster}/postgres")).await.unwrap();
    db.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    db.close().await.unwrap();
    format!("{cluster}/{name}")
}
