//! Apache with Debian's `mod_auth_openidc`, as people put it before applications that know no `OpenID` Connect themselves: it
//! sends the browser to log in, tells the application who came, and refreshes in the background.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;

use super::{credentials, relying_parties::encrypted};
use crate::{
    browser::Browser,
    support::{both, server::free_port},
};

/// Where Debian's packages put the modules.
const MODULES: &str = "/usr/lib/apache2/modules";

/// A web server in a folder of its own; it ends with its value.
struct Apache {
    dir: tempfile::TempDir,
    url: String,
    child: Child,
}

impl Apache {
    async fn start(issuer: &str, trusted: &Path, application: impl FnOnce(&str) -> (String, String)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        // The server leaves the administrator's account, and still has to read its pages.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let url = format!("http://127.0.0.1:{}", free_port());
        let (client_id, secret) = application(&format!("{url}/callback"));
        let ca = dir.path().join("trusted.pem");
        fs::copy(trusted, &ca).unwrap();
        fs::write(dir.path().join("index.shtml"), "<p id=who><!--#echo var=\"REMOTE_USER\" --></p>").unwrap();
        let modules =
            ["mpm_event", "authn_core", "authz_core", "authz_user", "dir", "mime", "filter", "include", "auth_openidc"];
        let load = |name: &&str| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n");
        let modules = modules.iter().map(load).collect::<Vec<_>>().concat();
        let (root, listen) = (dir.path().display(), url.strip_prefix("http://").unwrap());
        let text = format!(
            "{modules}
            ServerRoot {root}
            ServerName {listen}
            Listen {listen}
            PidFile {root}/pid
            ErrorLog {root}/error.log
            User www-data
            Group www-data
            DocumentRoot {root}
            DirectoryIndex index.shtml
            <IfModule mime_module>
                TypesConfig /dev/null
                AddType text/html .shtml
                AddOutputFilter INCLUDES .shtml
            </IfModule>
            OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
            OIDCCABundlePath {ca}
            OIDCClientID {client_id}
            OIDCClientSecret {secret}
            OIDCRedirectURI {url}/callback
            OIDCCryptoPassphrase {passphrase}
            OIDCScope \"openid profile offline_access\"
            OIDCPKCEMethod S256
            OIDCRemoteUserClaim preferred_username
            OIDCInfoHook access_token refresh_token userinfo
            <Directory {root}>
                Options +Includes
                AuthType openid-connect
                Require valid-user
            </Directory>
            ",
            ca = ca.display(),
            passphrase = stockade::secret::hex(&stockade::clock::Rng.bytes::<16>()),
        );
        let config = dir.path().join("httpd.conf");
        fs::write(&config, text).unwrap();
        let child = Command::new("/usr/sbin/apache2")
            .arg("-DFOREGROUND")
            .args(["-f".as_ref(), config.as_os_str()])
            .stdin(Stdio::null())
            .spawn()
            .expect("Apache is not installed: see tests/install");
        let mut server = Self { dir, url, child };
        for _ in 0..250 {
            if tokio::net::TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.is_ok() {
                return server;
            }
            assert!(server.child.try_wait().unwrap().is_none(), "Apache ended: {}", server.log());
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        panic!("Apache does not answer: {}", server.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("error.log")).unwrap_or_default()
    }

    /// What the module knows of this browser's session; a token older than that many seconds is refreshed first.
    async fn info(&self, browser: &Browser, seconds: u32) -> Value {
        browser.open(&format!("{}/callback?info=json&access_token_refresh_interval={seconds}", self.url)).await;
        let text = browser.text().await;
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}\n{}", self.log()))
    }
}

impl Drop for Apache {
    fn drop(&mut self) {
        // Its children end with it only if it is told to stop, not if it is killed.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

both! {
    async fn apache_logs_people_in_and_refreshes(store: Store) {
        let (server, trusted, browser) = encrypted(store).await;
        let apache = Apache::start(&format!("{}/o", server.url), &trusted, |redirect_uri| {
            let scope = ["--scope", "openid profile offline_access"];
            credentials(&server.run(&[&["application", "create", "An old wiki", "--redirect-uri", redirect_uri], &scope[..]].concat()))
        })
        .await;
        browser.open(&apache.url).await;
        browser.click("#consent-allow").await;
        browser.wait_for_element("#who").await;
        assert_eq!(browser.texts("#who").await, ["admin"], "{}", apache.log());

        let before = apache.info(&browser, 3600).await;
        assert_eq!(before["userinfo"]["preferred_username"], "admin");
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let after = apache.info(&browser, 1).await;
        assert!(before["access_token"].is_string() && after["access_token"].is_string(), "{before} {after}");
        assert_ne!(before["access_token"], after["access_token"], "{}", apache.log());
    }
}
