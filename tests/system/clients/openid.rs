//! The crate `openidconnect` as a relying party, with a person in a real browser: discovery, PKCE, ID token, userinfo,
//! refresh, revocation, logout (`OpenID` Connect Core, Discovery and RP-Initiated Logout 1.0).

use openidconnect::{
    AccessTokenHash, AdditionalProviderMetadata, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl,
    LogoutRequest, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PostLogoutRedirectUrl, ProviderMetadata,
    RedirectUrl, Scope, TokenResponse as _, core::*,
};
use serde::{Deserialize, Serialize};

use super::credentials;
use crate::{
    browser::{Browser, log_in},
    support::{
        flow::call,
        listener::Listener,
        server::{ADMIN, Server, Store},
    },
};

/// What a relying party with all features reads from discovery besides the standard's own.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Additional {
    revocation_endpoint: String,
    end_session_endpoint: openidconnect::EndSessionUrl,
    code_challenge_methods_supported: Vec<String>,
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Additional {}

type Metadata = ProviderMetadata<
    Additional,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// How the crate reaches the server.
async fn http(request: openidconnect::HttpRequest) -> Result<openidconnect::HttpResponse, reqwest::Error> {
    let answer = reqwest::Client::new().execute(request.try_into()?).await?;
    let mut response = openidconnect::http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    Ok(response.body(answer.bytes().await?.to_vec()).unwrap())
}

#[tokio::test]
async fn a_relying_party_does_everything_with_every_algorithm() {
    let server = Server::start(Store::Sqlite).await;
    let browser = Browser::on(&server.url).await;
    log_in(&browser, ADMIN).await;
    let metadata = Metadata::discover_async(IssuerUrl::new(format!("{}/o", server.url)).unwrap(), &http).await.unwrap();
    let additional = metadata.additional_metadata().clone();
    assert_eq!(additional.code_challenge_methods_supported, ["S256"]);
    assert!(additional.authorization_response_iss_parameter_supported);

    let mut subjects = std::collections::BTreeSet::new();
    for (algorithm, expected) in [
        ("RS256", CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256),
        ("ES256", CoreJwsSigningAlgorithm::EcdsaP256Sha256),
        ("EdDSA", CoreJwsSigningAlgorithm::EdDsa),
    ] {
        let listener = Listener::open().await;
        let goodbye = listener.uri("/goodbye");
        let told = server.run(&[
            "application",
            "create",
            algorithm,
            "--redirect-uri",
            "http://127.0.0.1/callback",
            "--post-logout-redirect-uri",
            &goodbye,
            "--scope",
            "openid profile email offline_access g:read",
            "--algorithm",
            algorithm,
        ]);
        let (client_id, secret) = credentials(&told);
        let client = CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(client_id.clone()),
            Some(ClientSecret::new(secret.clone())),
        )
        .set_redirect_uri(RedirectUrl::new(listener.uri("/callback")).unwrap());

        // Login.
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(["profile", "email", "offline_access", "g:read"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        browser.open(url.as_str()).await;
        browser.press("Allow").await;
        let answer = listener.parameters().await;
        assert_eq!(answer["state"], *state.secret());
        assert_eq!(answer["iss"], **metadata.issuer());
        let code = AuthorizationCode::new(answer["code"].clone());
        let tokens =
            client.exchange_code(code).unwrap().set_pkce_verifier(verifier).request_async(&http).await.unwrap();

        // The ID token: signature, issuer, audience, expiry and nonce are the crate's to check.
        let id_token = tokens.id_token().expect("no ID token");
        let checker = client.id_token_verifier();
        let claims = id_token.claims(&checker, &nonce).unwrap();
        assert_eq!(id_token.signing_alg().unwrap(), &expected);
        let hash = AccessTokenHash::from_token(
            tokens.access_token(),
            id_token.signing_alg().unwrap(),
            id_token.signing_key(&checker).unwrap(),
        );
        assert_eq!(claims.access_token_hash(), Some(&hash.unwrap()));
        assert!(id_token.claims(&checker, &Nonce::new("another".into())).is_err());
        subjects.insert(claims.subject().to_string());

        // Userinfo: the crate compares the subject.
        let info: CoreUserInfoClaims = client
            .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
            .unwrap()
            .request_async(&http)
            .await
            .unwrap();
        assert_eq!(info.preferred_username().map(|name| name.as_str()), Some(ADMIN.0));

        // Refresh: a new pair; the person is the same.
        let refresh = tokens.refresh_token().expect("no refresh token");
        let second = client.exchange_refresh_token(refresh).unwrap().request_async(&http).await.unwrap();
        assert_ne!(second.access_token().secret(), tokens.access_token().secret());
        assert_eq!(call(&server, "/api/user/me/", second.access_token().secret()).await, 200);

        // Revocation ends the access token at once.
        revoke(&additional, &client_id, &secret, second.access_token().secret()).await;
        assert_eq!(call(&server, "/api/user/me/", second.access_token().secret()).await, 401);
        let last = second.refresh_token().expect("no second refresh token");
        revoke(&additional, &client_id, &secret, last.secret()).await;
        assert!(client.exchange_refresh_token(last).unwrap().request_async(&http).await.is_err());

        // Logout at the relying party ends the session here and comes back.
        let leave = LogoutRequest::from(additional.end_session_endpoint.clone())
            .set_id_token_hint(id_token)
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(goodbye).unwrap())
            .set_state(CsrfToken::new("farewell".into()))
            .http_get_url();
        browser.open(leave.as_str()).await;
        assert_eq!(listener.parameters().await["state"], "farewell");
        browser.open("/accounts/").await;
        assert!(browser.path().await.starts_with("/accounts/login/"), "still logged in");
        log_in(&browser, ADMIN).await;
    }
    assert_eq!(subjects.len(), 1, "the same person has several subjects");
}

/// RFC 7009. By hand: the crate revokes over https only, and this server listens on loopback.
async fn revoke(additional: &Additional, client_id: &str, secret: &str, token: &str) {
    let request = reqwest::Client::new().post(&additional.revocation_endpoint).basic_auth(client_id, Some(secret));
    assert_eq!(request.form(&[("token", token)]).send().await.unwrap().status().as_u16(), 200);
}
