//! An authorization code request with PKCE (RFC 7636), as a native application makes it, written out by hand so that it
//! is independent of the library that the server and `clients::openid` use.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use stockade::clock::Rng;

use super::{listener::Listener, server::Server};

/// The `client_id` of the default application, as clients carry it.
pub(crate) const DEFAULT_APPLICATION: &str = "zDFnsiRheJIOKNx6aCQ0quBxECg1QBHtVFDPloJ6";

/// One request and its secrets.
pub(crate) struct Flow {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: String,
    verifier: String,
    /// The address for the browser, below the server.
    pub(crate) path: String,
}

impl Flow {
    /// Asks for these scopes, with more parameters such as `prompt`.
    pub(crate) fn new(client_id: &str, listener: &Listener, scope: &str, more: &[(&str, &str)]) -> Self {
        let redirect_uri = listener.uri("/callback");
        let verifier = URL_SAFE_NO_PAD.encode(Rng.bytes::<32>());
        let state = URL_SAFE_NO_PAD.encode(Rng.bytes::<9>());
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", &redirect_uri)
            .append_pair("scope", scope)
            .append_pair("state", &state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .extend_pairs(more)
            .finish();
        let path = format!("/o/authorize/?{query}");
        Self { client_id: client_id.to_owned(), redirect_uri, state, verifier, path }
    }

    /// Redeems the code with which the browser came back.
    pub(crate) async fn redeem(&self, server: &Server, secret: Option<&str>, code: &str) -> Value {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", &self.verifier),
        ];
        let request = reqwest::Client::new().post(format!("{}/o/token/", server.url));
        let request = match secret {
            Some(secret) => request.basic_auth(&self.client_id, Some(secret)).form(&form),
            None => request.form(&[form.as_slice(), &[("client_id", &self.client_id)]].concat()),
        };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status.is_success(), "{status}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}

/// The status of a call to the API with a bearer token.
pub(crate) async fn call(server: &Server, path: &str, token: &str) -> u16 {
    let request = reqwest::Client::new().get(format!("{}{path}", server.url)).bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}
