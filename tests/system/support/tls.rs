//! A certificate for this machine, and a server that answers with it.

use std::{path::PathBuf, process::Command};

use super::server::Server;

/// Gives a server that is not running yet a certificate for 127.0.0.1, and returns the file that clients have to trust.
pub(crate) fn encrypt(server: &mut Server) -> PathBuf {
    let file = |name: &str| server.dir.path().join(name);
    let (certificate, key) = (file("tls.crt"), file("tls.key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout".as_ref(), key.as_os_str(), "-out".as_ref(), certificate.as_os_str()])
        .output()
        .expect("openssl is not installed: see tests/install");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    server.url = server.url.replacen("http://", "https://", 1);
    let url = server.url.clone();
    server
        .set("STOCKADE_SITE_URL", &url)
        .set("STOCKADE_TLS__CERTIFICATE", certificate.to_str().unwrap())
        .set("STOCKADE_TLS__KEY", key.to_str().unwrap());
    certificate
}
