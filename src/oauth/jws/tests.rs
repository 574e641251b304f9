use aws_lc_rs::{encoding::AsDer as _, rand::SystemRandom, rsa, signature as sign};
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::EncodingKey;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const TYPE: [&str; 2] = ["JWT", ""];

fn pem(der: &[u8]) -> Vec<u8> {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der)).into_bytes()
}

fn ec() -> EncodingKey {
    let pair =
        sign::EcdsaKeyPair::generate_pkcs8(&sign::ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    EncodingKey::from_ec_pem(&pem(pair.as_ref())).unwrap()
}

fn ec384() -> EncodingKey {
    let pair =
        sign::EcdsaKeyPair::generate_pkcs8(&sign::ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    EncodingKey::from_ec_pem(&pem(pair.as_ref())).unwrap()
}

fn ed() -> EncodingKey {
    let pair = sign::Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap();
    EncodingKey::from_ed_pem(&pem(pair.as_ref())).unwrap()
}

fn rsa_key(size: rsa::KeySize) -> EncodingKey {
    let pair = rsa::KeyPair::generate(size).unwrap();
    let der: aws_lc_rs::encoding::Pkcs8V1Der = pair.as_der().unwrap();
    EncodingKey::from_rsa_pem(&pem(der.as_ref())).unwrap()
}

/// The public half, without `alg`, so that only its kind decides.
fn public(key: &EncodingKey, algorithm: Algorithm) -> Jwk {
    let mut jwk = Jwk::from_encoding_key(key, algorithm).unwrap();
    jwk.common.key_algorithm = None;
    jwk
}

fn jwt(header: &Value, claims: &str, algorithm: Algorithm, key: &EncodingKey) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", part(&header.to_string()), part(claims));
    let signature = crypto::sign(signed.as_bytes(), key, algorithm).unwrap();
    format!("{signed}.{signature}")
}

fn verify(jwt: &str, keys: &JwkSet) -> Result<Claims, JwsError> {
    Unverified::parse(jwt)?.verify(keys, &ALGORITHMS, &TYPE)
}

#[test]
fn every_accepted_algorithm_verifies_with_its_own_key_and_no_other() {
    let rsa = rsa_key(rsa::KeySize::Rsa2048);
    let (p256, p384, ed) = (ec(), ec384(), ed());
    let key = |algorithm| match algorithm {
        Algorithm::ES256 => &p256,
        Algorithm::ES384 => &p384,
        Algorithm::EdDSA => &ed,
        _ => &rsa,
    };
    for algorithm in ALGORITHMS {
        let token = jwt(&json!({"alg": format!("{algorithm:?}")}), r#"{"a":1}"#, algorithm, key(algorithm));
        let own = JwkSet { keys: vec![public(key(algorithm), algorithm)] };
        assert_eq!(verify(&token, &own).unwrap().get("a"), Some(&json!(1)), "{algorithm:?}");
        let others: Vec<Jwk> = ALGORITHMS
            .into_iter()
            .filter(|other| !std::ptr::eq(key(*other), key(algorithm)))
            .map(|other| public(key(other), other))
            .collect();
        assert_eq!(verify(&token, &JwkSet { keys: others }), Err(JwsError::NoKey), "{algorithm:?}");
        // RFC 8725 section 3.1: only what the caller names.
        let rest: Vec<Algorithm> = ALGORITHMS.into_iter().filter(|other| *other != algorithm).collect();
        let refused = Unverified::parse(&token).unwrap().verify(&own, &rest, &TYPE);
        assert_eq!(refused, Err(JwsError::Algorithm), "{algorithm:?}");
    }
}

#[test]
fn none_symmetric_and_unknown_algorithms_are_refused_in_every_spelling() {
    let key = ec();
    let secret = EncodingKey::from_secret(b"secret");
    for alg in
        ["none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "hs256", "es256", "ES256K", "RSA1_5", "dir"]
    {
        let header = json!({"alg": alg});
        for token in [
            jwt(&header, "{}", Algorithm::ES256, &key),
            jwt(&header, "{}", Algorithm::HS256, &secret),
            format!("{}.{}.", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode("{}")),
        ] {
            assert_eq!(Unverified::parse(&token).unwrap_err(), JwsError::Algorithm, "{alg}");
        }
    }
    for header in [json!({}), json!({"alg": null}), json!({"alg": ["ES256"]}), json!({"alg": 1})] {
        let token = jwt(&header, "{}", Algorithm::ES256, &key);
        assert_eq!(Unverified::parse(&token).unwrap_err(), JwsError::Algorithm, "{header}");
    }
}

#[test]
fn a_public_key_is_never_taken_for_a_shared_secret() {
    // The classic: HMAC with the text of the RSA or EC public key, which everybody has.
    let key = ec();
    let jwk = public(&key, Algorithm::ES256);
    let text = serde_json::to_string(&jwk).unwrap();
    let forged = jwt(&json!({"alg": "HS256"}), "{}", Algorithm::HS256, &EncodingKey::from_secret(text.as_bytes()));
    assert_eq!(verify(&forged, &JwkSet { keys: vec![jwk] }), Err(JwsError::Algorithm));
}

#[test]
fn headers_that_bring_or_point_to_a_key_or_change_the_rules_are_refused() {
    let key = ec();
    let jwk = public(&key, Algorithm::ES256);
    let keys = JwkSet { keys: vec![jwk.clone()] };
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["MIIB"])),
        ("jwk", serde_json::to_value(&jwk).unwrap()),
        ("kid", json!(1)),
        ("typ", json!(["JWT"])),
    ] {
        let mut header = json!({"alg": "ES256"});
        header[name] = value;
        let token = jwt(&header, "{}", Algorithm::ES256, &key);
        assert_eq!(verify(&token, &keys), Err(JwsError::Header(name)));
    }
}

#[test]
fn a_token_of_another_type_is_refused() {
    let key = ec();
    let keys = JwkSet { keys: vec![public(&key, Algorithm::ES256)] };
    let typed = |typ: &str| jwt(&json!({"alg": "ES256", "typ": typ}), "{}", Algorithm::ES256, &key);
    let check = |typ: &str, types: &[&str]| Unverified::parse(&typed(typ)).unwrap().verify(&keys, &ALGORITHMS, types);
    for typ in ["dpop+jwt", "DPoP+JWT", "application/dpop+jwt", "Application/dpop+jwt"] {
        assert!(check(typ, &["dpop+jwt"]).is_ok(), "{typ}");
    }
    for typ in ["JWT", "", "at+jwt", "text/dpop+jwt", "dpop+jwt2"] {
        assert_eq!(check(typ, &["dpop+jwt"]), Err(JwsError::Type), "{typ}");
    }
    let untyped = jwt(&json!({"alg": "ES256"}), "{}", Algorithm::ES256, &key);
    assert_eq!(Unverified::parse(&untyped).unwrap().verify(&keys, &ALGORITHMS, &["JWT"]), Err(JwsError::Type));
}

#[test]
fn a_changed_token_is_refused() {
    let key = ec();
    let keys = JwkSet { keys: vec![public(&key, Algorithm::ES256)] };
    let token = jwt(&json!({"alg": "ES256"}), r#"{"sub":"a"}"#, Algorithm::ES256, &key);
    assert!(verify(&token, &keys).is_ok());
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(verify(std::str::from_utf8(&bytes).unwrap(), &keys).is_err(), "position {at}");
    }
    let (signed, _) = token.rsplit_once('.').unwrap();
    for signature in ["", "AA", &"A".repeat(86), &"A".repeat(2000)] {
        assert_eq!(verify(&format!("{signed}.{signature}"), &keys), Err(JwsError::Signature));
    }
}

#[test]
fn what_is_no_compact_jwt_is_refused() {
    let large = format!("{}.e30.AA", "e".repeat(MAX_BYTES));
    for bad in ["", ".", "..", "a.b", "a.b.c", "a.b.c.d", "e30.e30", "e30=.e30.AA", "e30.e30.AA", large.as_str()] {
        assert!(Unverified::parse(bad).is_err(), "{bad}");
    }
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256"}"#);
    for claims in ["[]", "1", r#"{"a":1,"a":2}"#, "{", ""] {
        let token = format!("{header}.{}.AA", URL_SAFE_NO_PAD.encode(claims));
        assert!(matches!(Unverified::parse(&token), Err(JwsError::Malformed(_))), "{claims}");
    }
}

#[test]
fn a_key_is_used_only_for_what_it_says() {
    let key = ec();
    let token = jwt(&json!({"alg": "ES256", "kid": "1"}), "{}", Algorithm::ES256, &key);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut jwk = serde_json::to_value(public(&key, Algorithm::ES256)).unwrap();
        change(&mut jwk);
        key_set(json!({"keys": [jwk]}).to_string().as_bytes()).map(|keys| verify(&token, &keys))
    };
    assert!(with(&|_| {}).unwrap().is_ok());
    assert!(with(&|jwk| jwk["kid"] = json!("1")).unwrap().is_ok());
    assert!(with(&|jwk| jwk["use"] = json!("sig")).unwrap().is_ok());
    assert!(with(&|jwk| jwk["alg"] = json!("ES256")).unwrap().is_ok());
    assert_eq!(with(&|jwk| jwk["kid"] = json!("2")).unwrap(), Err(JwsError::NoKey));
    for (name, value) in
        [("use", json!("enc")), ("alg", json!("ES384")), ("key_ops", json!(["encrypt"])), ("crv", json!("P-384"))]
    {
        assert!(!with(&|jwk| jwk[name] = value.clone()).is_ok_and(|verified| verified.is_ok()), "{name}");
    }
}

#[test]
fn weak_keys_and_private_keys_are_no_keys() {
    let key = ec();
    let good = serde_json::to_value(public(&key, Algorithm::ES256)).unwrap();
    let weak = json!({"kty": "RSA", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode([0xff_u8; 128])});
    let padded = json!({"kty": "RSA", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode([[0_u8; 128], [0xff; 128]].concat())});
    let huge = json!({"kty": "RSA", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode([0xff_u8; 1025])});
    for bad in [&weak, &padded, &huge, &json!({"kty": "new"}), &json!({}), &json!(1)] {
        assert_eq!(key_set(json!({"keys": [bad]}).to_string().as_bytes()), Err(BadKeys::Unusable), "{bad}");
        assert_eq!(key_set(json!({"keys": [bad, good]}).to_string().as_bytes()).unwrap().keys.len(), 1);
    }
    let mut private = good.clone();
    private["d"] = json!("AA");
    let oct = json!({"kty": "oct", "k": "AAAA"});
    for bad in [private, oct] {
        assert_eq!(key_set(json!({"keys": [good, bad]}).to_string().as_bytes()), Err(BadKeys::Private));
    }
    for bad in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#] {
        assert_eq!(key_set(bad.as_bytes()), Err(BadKeys::Shape), "{bad}");
    }
}

#[test]
fn an_embedded_key_counts_only_at_its_own_door_and_only_if_it_is_public() {
    let key = ec();
    let jwk = serde_json::to_value(public(&key, Algorithm::ES256)).unwrap();
    let token =
        |jwk: &Value| jwt(&json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": jwk}), "{}", Algorithm::ES256, &key);
    let open = |token: &str| Unverified::parse(token).unwrap().verify_embedded(&ALGORITHMS, &["dpop+jwt"]);
    let (_, found) = open(&token(&jwk)).unwrap();
    assert_eq!(thumbprint(&found), thumbprint(&public(&key, Algorithm::ES256)));
    let mut private = jwk.clone();
    private["d"] = json!("AA");
    for bad in [private, json!({"kty": "oct", "k": "AA"}), json!("x"), json!({})] {
        assert_eq!(open(&token(&bad)).unwrap_err(), JwsError::Header("jwk"), "{bad}");
    }
    let other = serde_json::to_value(public(&ec(), Algorithm::ES256)).unwrap();
    assert_eq!(open(&token(&other)).unwrap_err(), JwsError::Signature);
    let without = jwt(&json!({"alg": "ES256", "typ": "dpop+jwt"}), "{}", Algorithm::ES256, &key);
    assert_eq!(open(&without).unwrap_err(), JwsError::Header("jwk"));
}

#[test]
fn the_thumbprint_is_that_of_rfc_7638() {
    // The example of section 3.1.
    let key: Jwk = serde_json::from_value(json!({
        "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3ok\
              njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6\
              qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awap\
              JzKnqDKgw",
    }))
    .unwrap();
    assert_eq!(thumbprint(&key).unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

fn claims(value: Value) -> Claims {
    let Value::Object(map) = value else { panic!() };
    Claims(map)
}

#[test]
fn times_are_judged_with_ten_seconds_of_leeway() {
    let now = 1_000_000;
    let current = |value: Value| claims(value).is_current(now).is_ok();
    assert!(current(json!({})) && current(json!({"exp": now - 9, "nbf": now + 10, "iat": now + 10})));
    assert!(
        !current(json!({"exp": now - 10})) && !current(json!({"nbf": now + 11})) && !current(json!({"iat": now + 11}))
    );
    assert!(current(json!({"exp": 1_000_000.5})));
    for bad in [json!("1000001"), json!(null), json!(true), json!(-1), json!(1e300), json!([1])] {
        assert!(!current(json!({"exp": bad})), "{bad}");
    }
    let expiry = |value: Value| claims(value).expiry(now, 60).is_ok();
    assert!(expiry(json!({"exp": now + 60})) && expiry(json!({"exp": now + 70})));
    assert!(!expiry(json!({})) && !expiry(json!({"exp": now + 71})));
}

proptest! {
    #[test]
    fn no_text_makes_the_verifier_fail_otherwise_than_by_refusing(header in ".{0,80}", body in ".{0,80}", signature in "[A-Za-z0-9_-]{0,90}") {
        let token = format!("{}.{}.{signature}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(body));
        prop_assert!(Unverified::parse(&token).is_err());
    }

    #[test]
    fn no_key_set_makes_the_parser_fail_otherwise_than_by_refusing(bytes: Vec<u8>, n in "[A-Za-z0-9_-]{0,400}", kty in "(RSA|EC|OKP|oct)") {
        let _ = key_set(&bytes);
        let _ = key_set(json!({"keys": [{"kty": kty, "n": n, "e": n, "x": n, "y": n, "crv": "P-256"}]}).to_string().as_bytes());
    }
}
