//! `stockade check`: what an operator should know before people rely on this server.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::Failure;
use crate::config::Config;

/// Prints every finding and fails if there is one. Looks only: makes no file, no table, no connection.
pub(super) fn run(config: &Config) -> Result<(), Failure> {
    let findings = findings(config);
    if findings.is_empty() {
        say!("The configuration is fit for production.");
        return Ok(());
    }
    for finding in &findings {
        say!("- {finding}");
    }
    let things = if findings.len() == 1 { "thing is" } else { "things are" };
    Err(Failure::new(format!("{} {things} unsafe for production", findings.len())))
}

fn findings(config: &Config) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |text: String| found.push(text);
    if !config.is_https() {
        say(format!(
            "site_url is {}: browsers and applications must reach the server over https, or cookies and tokens can be read \
             on the way. Put a TLS proxy in front and set STOCKADE_SITE_URL=https://...",
            config.origin()
        ));
    }
    if config.debug {
        say("debug is on: it shows more than strangers should see. Unset STOCKADE_DEBUG.".into());
    }
    if config.egress.allow_loopback {
        say("egress.allow_loopback is on: an application can make this server ask services on this machine. Unset \
             STOCKADE_EGRESS__ALLOW_LOOPBACK."
            .into());
    }
    if config.oauth.front_channel_tokens {
        say("oauth.front_channel_tokens is on: access tokens of the applications that ask for it pass the browser, where \
             its history, extensions and scripts can see them (RFC 9700 section 2.1.2). Unset \
             STOCKADE_OAUTH__FRONT_CHANNEL_TOKENS."
            .into());
    }
    if config.tls.client_certificate_header.is_some() && config.trusted_proxies.is_empty() {
        say("tls.client_certificate_header is set without trusted_proxies: nobody may send it, so it does nothing."
            .into());
    }
    if !config.listen.ip().is_loopback() && config.trusted_proxies.is_empty() && config.tls.certificate.is_none() {
        say(format!(
            "the server listens on {} without trusted_proxies: behind a proxy every address would be the proxy's, and the \
             limiter would lock everybody out together.",
            config.listen
        ));
    }
    if config.trusted_proxies.iter().any(|network| network.prefix_len() == 0) {
        say("trusted_proxies trusts every address: anybody can claim to come from anywhere.".into());
    }
    if config.admin_password.is_some() {
        say("admin_password is set: it is needed once only. Remove it after the first start.".into());
    }
    // The memory-pass products that OWASP lists as equal in strength all reach this.
    if config.password.memory_kib < 7 * 1024 || config.password.memory_kib * config.password.iterations < 35 * 1024 {
        say(format!(
            "a password hash costs {} KiB and {} passes: less than OWASP's minimum for Argon2id.",
            config.password.memory_kib, config.password.iterations
        ));
    }
    if config.password.min_length < 8 {
        say(format!(
            "min_length allows passwords of {} characters; NIST SP 800-63B asks for 8.",
            config.password.min_length
        ));
    }
    for path in private_files(config) {
        if let Some(mode) = mode(&path).filter(|mode| mode & 0o077 != 0) {
            say(format!("{} can be read by others (mode {mode:03o}): chmod 600 it.", path.display()));
        }
    }
    found
}

/// The files whose readers hold everybody's secrets.
fn private_files(config: &Config) -> Vec<PathBuf> {
    let mut files = vec![config.key_file()];
    files.extend(config.tls.key.clone());
    if let Some(path) = config.database_url().strip_prefix("sqlite:") {
        files.push(PathBuf::from(path.trim_start_matches("//").split('?').next().unwrap_or_default()));
    }
    files
}

fn mode(path: &Path) -> Option<u32> {
    Some(std::fs::metadata(path).ok()?.permissions().mode() & 0o777)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> Config {
        Config::load(None, pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))).unwrap()
    }

    #[test]
    fn a_server_behind_https_with_the_defaults_is_fit_for_production() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().to_str().unwrap();
        let none: [String; 0] = [];
        assert_eq!(
            findings(&config(&[("STOCKADE_SITE_URL", "https://inv.example"), ("STOCKADE_DATA_DIR", dir)])),
            none
        );
    }

    #[test]
    fn each_unsafe_setting_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("stockade.key");
        std::fs::write(&key, "x").unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        let all = findings(&config(&[
            ("STOCKADE_DATA_DIR", dir.path().to_str().unwrap()),
            ("STOCKADE_SITE_URL", "http://inv.example"),
            ("STOCKADE_DEBUG", "true"),
            ("STOCKADE_EGRESS__ALLOW_LOOPBACK", "true"),
            ("STOCKADE_OAUTH__FRONT_CHANNEL_TOKENS", "true"),
            ("STOCKADE_LISTEN", "0.0.0.0:80"),
            ("STOCKADE_ADMIN_PASSWORD", "x"),
            ("STOCKADE_PASSWORD__MEMORY_KIB", "64"),
            ("STOCKADE_PASSWORD__MIN_LENGTH", "4"),
        ]));
        let words =
            ["site_url", "debug", "trusted_proxies", "admin_password", "Argon2id", "min_length", "stockade.key"];
        for word in words.into_iter().chain(["allow_loopback", "front_channel_tokens"]) {
            assert_eq!(all.iter().filter(|finding| finding.contains(word)).count(), 1, "{word}: {all:#?}");
        }
        let open = config(&[("STOCKADE_TRUSTED_PROXIES", "[\"0.0.0.0/0\"]"), ("STOCKADE_SITE_URL", "https://x")]);
        assert!(findings(&open).iter().any(|finding| finding.contains("every address")));
    }
}
