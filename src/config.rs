//! Configuration: defaults, then a TOML file, then `STOCKADE_*` variables. An unknown key is fatal and named, because a
//! misspelt security setting that is silently ignored is worse than a server that does not start.
//!
//! A variable names its key: `STOCKADE_SITE_URL` is `site_url`, `STOCKADE_PASSWORD__MEMORY_KIB` is `memory_kib` in the
//! section `password`. The site URL and the trusted proxies come from here only, never from a request.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use ipnet::IpNet;
use serde::{Deserialize, Deserializer};
use url::Url;

/// Everything that an operator may choose.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The public address of this server; by default where it listens. The issuer is this plus `/o`.
    #[serde(deserialize_with = "site_url")]
    pub site_url: Option<Url>,
    /// `sqlite://path` or `postgres://...`; by default a SQLite file in the data folder.
    pub database_url: Option<String>,
    /// Where the SQLite file and the server key live.
    pub data_dir: PathBuf,
    /// Made at the first start, together with `admin_password`, when there is no administrator yet.
    pub admin_username: Option<String>,
    /// See `admin_username`.
    pub admin_password: Option<Hidden>,
    /// Development conveniences: never in production.
    pub debug: bool,
    /// A tracing filter, such as `info` or `stockade=debug`.
    pub log: String,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// What this installation is called, on pages and in `/api/`.
    pub instance: String,
    /// Cost of a password hash.
    pub password: Password,
    /// Browser sessions.
    pub session: Session,
    /// The authorization server.
    pub oauth: Oauth,
    /// Requests that this server sends.
    pub egress: Egress,
    /// TLS by this server itself, and the certificates of clients.
    pub tls: Tls,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Cost of an Argon2id hash, and how many may run or wait at once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Password {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Hashes that run at the same time.
    pub parallel: usize,
    /// Hashes that may wait; more are refused with 503.
    pub queue: usize,
    /// The fewest characters of a new password.
    pub min_length: usize,
    /// Failures of one account or address before it has to wait.
    pub max_failures: u32,
    /// How long it then waits, in seconds.
    pub lockout_seconds: i64,
}

/// Browser sessions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Session {
    /// Seconds without a request after which a session ends.
    pub idle_seconds: i64,
    /// Seconds after login at which a session ends in any case.
    pub absolute_seconds: i64,
    /// Seconds after login for which it is recent enough for what gives power away: registering applications, changing
    /// roles, making superusers.
    pub recent_seconds: i64,
}

/// Who may register applications (RFC 7591).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RegistrationPolicy {
    /// Administrators only.
    Off,
    /// Whoever has an initial access token.
    Token,
    /// Anybody, within a quota.
    Open,
}

/// Applications that register themselves, or are described by a document at their `client_id`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Registration {
    /// Who may register applications.
    pub policy: RegistrationPolicy,
    /// The scopes that such an application may be granted.
    pub scopes: Vec<String>,
    /// The grants that it may use.
    pub grant_types: Vec<String>,
    /// Open registrations of one address in an hour.
    pub per_hour: u64,
    /// Applications that registered themselves, in all, beyond which only a token registers more.
    pub quota: u64,
    /// Whether a registration needs a software statement.
    pub require_software_statement: bool,
    /// Who may vouch for software.
    pub software_statement_issuers: Vec<StatementIssuer>,
}

/// Somebody whose software statements are believed (RFC 7591 section 2.3).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementIssuer {
    /// The `iss` of its statements.
    pub issuer: String,
    /// Where its public keys are.
    pub jwks_uri: String,
}

/// The authorization server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Oauth {
    /// Whether the public default application may be used.
    pub default_application: bool,
    /// Seconds in which an authorization code must be redeemed.
    pub code_seconds: i64,
    /// Whether response types that put an access token in the front channel exist (against RFC 9700 section 2.1.2), for
    /// the applications that register them.
    pub front_channel_tokens: bool,
    /// Whether every authorization request must be pushed (RFC 9126).
    pub require_pushed_authorization_requests: bool,
    /// Whether every DPoP proof needs a nonce of this server, which costs a client one more round trip at first.
    pub require_dpop_nonce: bool,
    /// Seconds in which a person must type the code of a device and decide (RFC 8628).
    pub device_seconds: i64,
    /// Seconds in which a person must decide what an application asks them elsewhere (CIBA).
    pub ciba_seconds: i64,
    /// Other issuers, whose word for who somebody is is taken (RFC 7523).
    pub trusted_issuers: Vec<TrustedIssuer>,
    /// Days that a signing key signs before a new one takes its place by itself.
    pub key_rotation_days: i64,
    /// Applications that register themselves.
    pub registration: Registration,
    /// Whether a `client_id` may be the https address of a document that describes the application.
    pub client_documents: bool,
}

/// Requests that this server sends, to addresses that strangers may have chosen.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Egress {
    /// Lets this machine be asked, and over plain http: for development only.
    pub allow_loopback: bool,
    /// A PEM file of certification authorities that are trusted beside Mozilla's.
    pub extra_ca: Option<PathBuf>,
}

/// TLS by this server itself, and the certificates of clients.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// A PEM file with this server's certificate and chain; with it, `listen` speaks TLS.
    pub certificate: Option<PathBuf>,
    /// A PEM file with the private key of `certificate`.
    pub key: Option<PathBuf>,
    /// A PEM file of the authorities that vouch for applications (`tls_client_auth`).
    pub client_ca: Option<PathBuf>,
    /// Asks for a client certificate although there is no `client_ca`: for those that applications registered themselves.
    pub client_certificates: bool,
    /// The header in which the trusted proxies tell the certificate of a client (RFC 9440), such as `Client-Cert`. They
    /// must remove it from what clients send.
    pub client_certificate_header: Option<String>,
}

/// An issuer whose assertions are exchanged for access tokens (RFC 7523 section 2.1).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedIssuer {
    /// Its `iss`, compared byte for byte.
    pub issuer: String,
    /// Its public keys, as the text of a JWK set.
    #[serde(default)]
    pub jwks: Option<String>,
    /// Where its public keys are, instead.
    #[serde(default)]
    pub jwks_uri: Option<String>,
    /// The claim that names the person: `sub`, where nothing is said.
    #[serde(default)]
    pub claim: Option<String>,
    /// What that claim is here.
    #[serde(default)]
    pub subject: SubjectIs,
    /// The `client_id`s that may bring its assertions.
    pub applications: Vec<String>,
    /// The most that such a token may carry, space-delimited.
    pub scope: String,
}

/// How another issuer's name for a person is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectIs {
    /// The user name.
    #[default]
    Username,
    /// The email address, if it is verified here.
    Email,
    /// The `sub` of this server.
    Sub,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            site_url: None,
            database_url: None,
            data_dir: PathBuf::from("."),
            admin_username: None,
            admin_password: None,
            debug: false,
            // Every command opens the database; that it is up to date is no news.
            log: "info,sea_orm_migration=warn".into(),
            log_format: LogFormat::Text,
            trusted_proxies: Vec::new(),
            instance: "Stockade".into(),
            password: Password::default(),
            session: Session::default(),
            oauth: Oauth::default(),
            egress: Egress::default(),
            tls: Tls::default(),
        }
    }
}

impl Default for Password {
    /// OWASP's Argon2id minimum: 19 MiB, two passes.
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1024,
            iterations: 2,
            parallel: 2,
            queue: 64,
            min_length: 10,
            max_failures: 10,
            lockout_seconds: 300,
        }
    }
}

impl Default for Session {
    /// Django's two weeks, with a day of idleness; a working day for what gives power away.
    fn default() -> Self {
        Self { idle_seconds: 24 * 3600, absolute_seconds: 14 * 24 * 3600, recent_seconds: 12 * 3600 }
    }
}

impl Default for Registration {
    fn default() -> Self {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            policy: RegistrationPolicy::Off,
            scopes: words(&["openid", "profile", "email", "offline_access"]),
            grant_types: words(&["authorization_code", "refresh_token"]),
            per_hour: 10,
            quota: 1000,
            require_software_statement: false,
            software_statement_issuers: Vec::new(),
        }
    }
}

impl Default for Oauth {
    fn default() -> Self {
        Self {
            default_application: true,
            code_seconds: 60,
            front_channel_tokens: false,
            require_pushed_authorization_requests: false,
            require_dpop_nonce: true,
            device_seconds: 1800,
            ciba_seconds: 300,
            trusted_issuers: Vec::new(),
            key_rotation_days: 90,
            registration: Registration::default(),
            client_documents: false,
        }
    }
}

/// A configured secret, which no log shows.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Hidden(String);

impl Hidden {
    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(hidden)")
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{}: {source}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A key is unknown, or its value does not fit.
    #[error("{origin}: {message}")]
    Invalid {
        /// The file or the variables.
        origin: String,
        /// What is wrong, naming the key.
        message: String,
    },
}

impl Config {
    /// Merges the defaults, the file (if any) and the `STOCKADE_*` variables among those given.
    pub fn load(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut table = match file {
            None => toml::Table::new(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
                let table: toml::Table = toml::from_str(&text)
                    .map_err(|source| ConfigError::Syntax { path: path.to_owned(), source: Box::new(source) })?;
                // Checked alone first, so that the message names the file.
                Self::from_table(table.clone(), &path.display().to_string())?;
                table
            }
        };
        for (name, value) in variables {
            // Where the file is comes from the variable too, but is no key of the file.
            if let Some(key) = name.strip_prefix("STOCKADE_").filter(|key| *key != "CONFIG") {
                set(&mut table, &key.to_ascii_lowercase(), &value);
            }
        }
        Self::from_table(table, "STOCKADE_* variables")
    }

    fn from_table(table: toml::Table, origin: &str) -> Result<Self, ConfigError> {
        toml::Value::Table(table).try_into().map_err(|error: toml::de::Error| ConfigError::Invalid {
            origin: origin.to_owned(),
            message: error.to_string().trim().replace('\n', " "),
        })
    }

    /// The database to open.
    pub fn database_url(&self) -> String {
        self.database_url
            .clone()
            .unwrap_or_else(|| format!("sqlite://{}", self.data_dir.join("stockade.sqlite").display()))
    }

    /// The server key's file.
    pub fn key_file(&self) -> PathBuf {
        self.data_dir.join("stockade.key")
    }

    /// The site URL joined with an absolute path, byte for byte.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// The issuer identifier (RFC 8414 section 2).
    pub fn issuer(&self) -> String {
        self.url("/o")
    }

    /// The site URL as an origin, the way browsers write it: no path, no trailing slash.
    pub fn origin(&self) -> String {
        match &self.site_url {
            Some(url) => url.origin().ascii_serialization(),
            None if self.tls.certificate.is_some() => format!("https://{}", self.listen),
            None => format!("http://{}", self.listen),
        }
    }

    /// Whether browsers reach this server over TLS, so that cookies are `Secure`.
    pub fn is_https(&self) -> bool {
        self.origin().starts_with("https:")
    }
}

/// Puts a variable's text at its key, typed as TOML if it reads as a number, a boolean or a list, else as text.
fn set(table: &mut toml::Table, key: &str, text: &str) {
    if let Some((section, rest)) = key.split_once("__") {
        let entry = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        if let toml::Value::Table(inner) = entry {
            return set(inner, rest, text);
        }
    }
    // A password or a name may look like a number; these keys are always text.
    let textual = ["username", "password", "url", "dir", "log", "instance"].iter().any(|end| key.ends_with(end));
    let typed = if textual { None } else { toml::from_str::<toml::Table>(&format!("v = {text}")).ok() };
    let value = typed.and_then(|mut t| t.remove("v")).unwrap_or_else(|| toml::Value::String(text.to_owned()));
    table.insert(key.to_owned(), value);
}

fn site_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(from)?;
    let url = Url::parse(&text).map_err(|e| serde::de::Error::custom(format!("site_url: {e}")))?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if plain && url.path() == "/" {
        Ok(Some(url))
    } else {
        Err(serde::de::Error::custom("site_url: an http or https address without path, query or user is needed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::load(None, pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn nothing_given_yields_the_documented_defaults() {
        let config = load(&[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8000");
        assert_eq!(config.issuer(), "http://127.0.0.1:8000/o");
        assert_eq!(config.database_url(), "sqlite://./stockade.sqlite");
    }

    #[test]
    fn without_a_site_url_the_server_is_where_it_listens() {
        assert_eq!(load(&[("STOCKADE_LISTEN", "127.0.0.1:9000")]).unwrap().issuer(), "http://127.0.0.1:9000/o");
    }

    #[test]
    fn a_variable_beats_the_file_and_the_file_beats_the_default() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("stockade.toml");
        std::fs::write(&file, "instance = \"file\"\nlog = \"debug\"\n[password]\nqueue = 3\n").unwrap();
        let variables = [("STOCKADE_LOG".to_owned(), "warn".to_owned())];
        let config = Config::load(Some(&file), variables).unwrap();
        assert_eq!((config.instance.as_str(), config.log.as_str(), config.password.queue), ("file", "warn", 3));
    }

    #[test]
    fn an_unknown_key_is_fatal_and_named() {
        let error = load(&[("STOCKADE_SITE_ULR", "http://x")]).unwrap_err().to_string();
        assert!(error.contains("site_ulr") && error.contains("STOCKADE_"), "{error}");
        let error = load(&[("STOCKADE_PASSWORD__MEMROY_KIB", "8")]).unwrap_err().to_string();
        assert!(error.contains("memroy_kib"), "{error}");
    }

    #[test]
    fn the_readmes_trusted_issuer_is_read_as_it_stands() {
        let readme = include_str!("../README.md");
        let (_, rest) = readme.split_once("```toml\n[[oauth.trusted_issuers]]").unwrap();
        let text = format!("[[oauth.trusted_issuers]]{}", rest.split("```").next().unwrap());
        let config: Config = toml::from_str(&text).unwrap();
        let [issuer] = config.oauth.trusted_issuers.as_slice() else { panic!("one is needed") };
        assert_eq!((issuer.issuer.as_str(), issuer.subject), ("https://idp.example", SubjectIs::Email));
        assert!(toml::from_str::<Config>(&text.replace("applications", "aplications")).is_err());
    }

    #[test]
    fn a_value_of_the_wrong_type_is_fatal_and_named() {
        let error = load(&[("STOCKADE_LISTEN", "everywhere")]).unwrap_err().to_string();
        assert!(error.contains("listen") || error.contains("socket address"), "{error}");
        assert!(load(&[("STOCKADE_DEBUG", "maybe")]).is_err());
    }

    #[test]
    fn a_password_of_digits_stays_text_and_is_never_shown() {
        let config = load(&[("STOCKADE_ADMIN_PASSWORD", "0123456789")]).unwrap();
        assert_eq!(config.admin_password.as_ref().unwrap().reveal(), "0123456789");
        assert!(!format!("{config:?}").contains("0123456789"));
    }

    #[test]
    fn a_site_url_with_anything_after_the_authority_is_refused() {
        for url in ["ftp://x", "http://x/y", "http://x/?q", "http://x/#f", "http://u@x", "x"] {
            assert!(load(&[("STOCKADE_SITE_URL", url)]).is_err(), "{url}");
        }
        assert_eq!(load(&[("STOCKADE_SITE_URL", "https://inv.example/")]).unwrap().issuer(), "https://inv.example/o");
    }
}
