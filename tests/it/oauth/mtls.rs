//! Client certificates (RFC 8705): as a proof of who a client is, and as what its tokens are bound to.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair, SanType,
    date_time_ymd,
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use serde_json::{Value, json};
use stockade::{config::Config, server, tls};

use crate::support::{
    App,
    actors::{Actor, Answer},
    both,
    keys::Key,
    oauth::{Client, post},
};

const PARTS: &str = "/api/part/";
const FIELDS: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("scope", "g:read r:view:part")];

/// An authority.
fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// What a certificate of these tests says.
fn named() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "DE");
    params.distinguished_name.push(DnType::OrganizationName, "Example, Inc.");
    params.distinguished_name.push(DnType::CommonName, "app");
    params.subject_alt_names = vec![
        SanType::DnsName("app.example".try_into().unwrap()),
        SanType::URI("urn:example:app".try_into().unwrap()),
        SanType::IpAddress("192.0.2.7".parse().unwrap()),
        SanType::Rfc822Name("app@app.example".try_into().unwrap()),
    ];
    params
}

struct Identity {
    der: Vec<u8>,
    key: KeyPair,
}

impl Identity {
    fn of(authority: &CertifiedIssuer<'static, KeyPair>, params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self { der: params.signed_by(&key, authority).unwrap().der().to_vec(), key }
    }

    fn self_signed() -> Self {
        let key = KeyPair::generate().unwrap();
        Self { der: named().self_signed(&key).unwrap().der().to_vec(), key }
    }

    /// As a proxy tells it (RFC 9440).
    fn header(&self) -> String {
        format!(":{}:", STANDARD.encode(&self.der))
    }

    fn thumbprint(&self) -> String {
        tls::Certificate { der: self.der.clone(), chain: Vec::new() }.thumbprint()
    }
}

/// Behind a proxy on this machine that tells certificates, of an authority.
async fn behind_proxy(app: App, authority: &CertifiedIssuer<'static, KeyPair>) -> (App, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    std::fs::write(&path, authority.pem()).unwrap();
    let app = app.reconfigured(|config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        config.tls.client_certificate_header = Some("Client-Cert".into());
        config.tls.client_ca = Some(path);
    });
    (app.await, dir)
}

async fn ask(app: &App, client: &Client, identity: Option<&Identity>) -> Answer {
    let actor = identity.map_or_else(Actor::anonymous, |it| Actor::anonymous().with("Client-Cert", it.header()));
    let mut fields = FIELDS.to_vec();
    fields.push(("client_id", client.id()));
    post(&actor, app, "/o/token/", &fields).await
}

fn refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!((answer.status.as_u16(), answer.json()["error"].as_str().unwrap()), (status, error), "{}", answer.text);
}

both! {
    async fn a_certificate_of_an_authority_proves_a_client_by_the_one_name_that_it_registered(app: App) {
        let ca = authority("Clients CA");
        let (app, _dir) = behind_proxy(app, &ca).await;
        let identity = Identity::of(&ca, &named());
        for (member, good, bad) in [
            ("tls_client_auth_subject_dn", "CN=app,O=Example\\, Inc.,C=DE", "CN=app2,O=Example\\, Inc.,C=DE"),
            ("tls_client_auth_subject_dn", "cn=App, o=Example\\, Inc., c=DE", "CN=app"),
            ("tls_client_auth_san_dns", "app.example", "example"),
            ("tls_client_auth_san_uri", "urn:example:app", "urn:example:app2"),
            ("tls_client_auth_san_ip", "192.0.2.7", "192.0.2.8"),
            ("tls_client_auth_san_email", "app@app.example", "app@app2.example"),
        ] {
            for (value, proven) in [(good, true), (bad, false)] {
                let members = json!({"token_endpoint_auth_method": "tls_client_auth", member: value});
                let client = app.with_metadata(&format!("{member} {value}"), members).await;
                let answer = ask(&app, &client, Some(&identity)).await;
                assert_eq!(answer.status == 200, proven, "{member}={value}: {}", answer.text);
            }
        }
    }

    async fn a_certificate_of_nobody_trusted_or_out_of_its_time_proves_nothing(app: App) {
        let (ca, other) = (authority("Clients CA"), authority("Clients CA"));
        let (app, _dir) = behind_proxy(app, &ca).await;
        let members = json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "app.example"});
        let client = app.with_metadata("robot", members).await;
        let mut old = named();
        old.not_before = date_time_ymd(2001, 1, 1);
        old.not_after = date_time_ymd(2002, 1, 1);
        for bad in [Identity::of(&other, &named()), Identity::self_signed(), Identity::of(&ca, &old)] {
            refused(&ask(&app, &client, Some(&bad)).await, 401, "invalid_client");
        }
        refused(&ask(&app, &client, None).await, 401, "invalid_client");
        assert_eq!(ask(&app, &client, Some(&Identity::of(&ca, &named()))).await.status, 200);
    }

    async fn a_self_signed_certificate_proves_a_client_if_it_is_the_registered_one(app: App) {
        let ca = authority("Clients CA");
        let (app, _dir) = behind_proxy(app, &ca).await;
        let (own, other) = (Identity::self_signed(), Identity::self_signed());
        let key = Key::es256().jwk();
        let with = |name: &str, value: Value| {
            let mut key = key.clone();
            key[name] = value;
            json!({"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": {"keys": [key]}})
        };
        for (id, members) in [
            ("chain", with("x5c", json!([STANDARD.encode(&own.der)]))),
            ("digest", with("x5t#S256", json!(own.thumbprint()))),
        ] {
            let client = app.with_metadata(id, members).await;
            assert_eq!(ask(&app, &client, Some(&own)).await.status, 200, "{id}");
            refused(&ask(&app, &client, Some(&other)).await, 401, "invalid_client");
            refused(&ask(&app, &client, None).await, 401, "invalid_client");
        }
        let without = app.with_metadata("bare", with("kid", json!("1"))).await;
        refused(&ask(&app, &without, Some(&own)).await, 401, "invalid_client");
    }

    async fn a_secret_or_a_name_alone_does_not_replace_the_certificate(app: App) {
        let ca = authority("Clients CA");
        let (app, _dir) = behind_proxy(app, &ca).await;
        let members = json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "app.example"});
        let client = app.with_metadata("robot", members).await;
        let identity = Identity::of(&ca, &named());
        let fields = [FIELDS[0], ("client_id", "robot"), ("client_secret", client.secret.as_deref().unwrap())];
        let actor = Actor::anonymous().with("Client-Cert", identity.header());
        refused(&post(&actor, &app, "/o/token/", &fields).await, 401, "invalid_client");
        // And a certificate replaces no secret.
        let shop = app.confidential("shop").await;
        refused(&ask(&app, &shop, Some(&identity)).await, 401, "invalid_client");
    }

    async fn a_certificate_in_a_header_of_a_stranger_is_not_seen(app: App) {
        let ca = authority("Clients CA");
        let (app, _dir) = behind_proxy(app, &ca).await;
        let members = json!({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "app.example"});
        let client = app.with_metadata("robot", members).await;
        let app = app.reconfigured(|config| config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()]).await;
        refused(&ask(&app, &client, Some(&Identity::of(&ca, &named()))).await, 401, "invalid_client");
    }

    async fn a_token_that_is_bound_to_a_certificate_is_good_with_that_one_alone(app: App) {
        let ca = authority("Clients CA");
        let (app, _dir) = behind_proxy(app, &ca).await;
        let (own, other) = (Identity::self_signed(), Identity::self_signed());
        // With a secret: what proves the client and what binds its tokens are two things (section 3).
        let shop = app.with_metadata("shop", json!({"tls_client_certificate_bound_access_tokens": true})).await;
        refused(&shop.post(&app, "/o/token/", &FIELDS).await, 400, "invalid_request");
        let answer = post(&shop.actor().with("Client-Cert", own.header()), &app, "/o/token/", &FIELDS).await;
        assert_eq!(answer.json()["token_type"], "Bearer", "{}", answer.text);
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        let bearer = Actor::sending(format!("Bearer {token}"));
        assert_eq!(bearer.clone().with("Client-Cert", own.header()).get(&app, PARTS).await.status, 200);
        for thief in [bearer.clone(), bearer.clone().with("Client-Cert", other.header())] {
            let answer = thief.get(&app, PARTS).await;
            assert_eq!(answer.status, 401, "{}", answer.text);
            assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""));
        }
        let dpop = Actor::sending(format!("DPoP {token}")).with("Client-Cert", own.header());
        assert_eq!(dpop.get(&app, PARTS).await.status, 401);
        assert_eq!(bearer.get(&app, "/o/userinfo/").await.status, 401);
    }

    async fn the_metadata_offer_certificates_where_certificates_arrive(app: App) {
        let methods = async |app: &App| {
            let document = Actor::anonymous().get(app, "/o/.well-known/openid-configuration").await.json();
            let text = document["token_endpoint_auth_methods_supported"].to_string();
            let bound = document["tls_client_certificate_bound_access_tokens"] == true;
            (text.contains("\"tls_client_auth\""), text.contains("self_signed_tls_client_auth"), bound)
        };
        assert_eq!(methods(&app).await, (false, false, false));
        let app = app.reconfigured(|config| config.tls.client_certificate_header = Some("Client-Cert".into())).await;
        assert_eq!(methods(&app).await, (false, true, true));
        let (app, _dir) = behind_proxy(app, &authority("Clients CA")).await;
        assert_eq!(methods(&app).await, (true, true, true));
    }

    async fn this_servers_own_tls_sees_the_certificate_of_a_connection_and_of_no_other(app: App) {
        let (clients, servers) = (authority("Clients CA"), authority("Servers CA"));
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: String| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            Some(path)
        };
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.subject_alt_names.push(SanType::IpAddress("127.0.0.1".parse().unwrap()));
        let key = KeyPair::generate().unwrap();
        let certificate = file("server.pem", params.signed_by(&key, &servers).unwrap().pem());
        let (key, client_ca) = (file("server.key", key.serialize_pem()), file("clients.pem", clients.pem()));
        let change = |config: &mut Config| {
            config.tls.certificate = certificate;
            config.tls.key = key;
            config.tls.client_ca = client_ca;
        };
        let app = app.reconfigured(change).await;
        let members = json!({
            "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "app.example",
            "tls_client_certificate_bound_access_tokens": true,
        });
        app.with_metadata("robot", members).await;

        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("https://localhost:{}", socket.local_addr().unwrap().port());
        let listener = tls::Listener::new(socket, &app.ctx.config.tls, app.ctx.tls.clone()).unwrap();
        let running = tokio::spawn(poem::Server::new_with_acceptor(listener).run(server::app(app.ctx.clone())));

        let http = |identity: Option<&Identity>| {
            let mut roots = RootCertStore::empty();
            roots.add(servers.der().clone()).unwrap();
            let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(roots);
            let tls = match identity {
                None => builder.with_no_client_auth(),
                Some(identity) => {
                    let key = PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap();
                    builder.with_client_auth_cert(vec![CertificateDer::from(identity.der.clone())], key).unwrap()
                }
            };
            reqwest::Client::builder().use_preconfigured_tls(tls).build().unwrap()
        };
        let token = async |http: &reqwest::Client| {
            let body = crate::support::oauth::form(&[FIELDS[0], FIELDS[1], ("client_id", "robot")]);
            let request = http.post(format!("{base}/o/token/")).body(body);
            let response = request.header("Content-Type", "application/x-www-form-urlencoded").send().await.unwrap();
            (response.status().as_u16(), response.json::<Value>().await.unwrap())
        };
        let (own, stranger) = (Identity::of(&clients, &named()), Identity::self_signed());
        let (with, without, other) = (http(Some(&own)), http(None), http(Some(&stranger)));
        let (status, answer) = token(&with).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(token(&without).await.0, 401);
        assert_eq!(token(&other).await.0, 401);
        let bearer = answer["access_token"].as_str().unwrap();
        for (http, status) in [(&with, 200), (&without, 401), (&other, 401)] {
            let answer = http.get(format!("{base}{PARTS}")).bearer_auth(bearer).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), status);
        }
        running.abort();
    }
}
