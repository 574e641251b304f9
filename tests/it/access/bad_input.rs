//! Whatever is sent, the answer is a 4xx in Django REST's shape: never a 5xx, never a page.

use poem::http::Method;
use proptest::{prelude::*, strategy::ValueTree as _};
use serde_json::{Value, json};

use crate::support::{App, actors::Actor, actors::Answer, both};

/// The lists of this API, whose every parameter takes whatever a client invents.
const LISTS: [&str; 10] = [
    "/api/part/",
    "/api/part/category/",
    "/api/part/category/tree/",
    "/api/part/related/",
    "/api/part/sale-price/",
    "/api/part/test-template/",
    "/api/part/stocktake/",
    "/api/bom/",
    "/api/bom/substitute/",
    "/api/user/",
];

fn clean(answer: &Answer, what: &str) {
    let status = answer.status.as_u16();
    assert!((400..500).contains(&status), "{what}: {status} {}", answer.text);
    assert_eq!(answer.header("content-type"), "application/json", "{what}");
    assert!(answer.json().is_object(), "{what}: {}", answer.text);
}

async fn raw(root: &Actor, app: &App, path: &str, content_type: &str, body: &[u8]) -> Answer {
    root.send(app, Method::POST, path, Some((content_type, body.to_vec()))).await
}

both! {
    async fn a_body_that_cannot_be_read_is_400(app: App) {
        let root = app.root().await;
        let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
        let nested = format!("{{\"name\": {}1{}}}", "{\"a\":".repeat(500), "}".repeat(500));
        let bodies: [&[u8]; 16] = [
            b"{", b"}", b"nul", b"{\"name\": \"a\", \"name\": \"b\"}", b"{\"name\": NaN}", b"{\"name\": 01}",
            b"{\"name\": \"\xff\xfe\"}", b"{\"name\": \"\\ud800\"}", b"{'name': 'x'}", b"{\"name\": \"a\"} x", b"\0", b"\xef\xbb\xbf{}",
            &deep, nested.as_bytes(), b"{\"name\"}", b"<xml/>",
        ];
        for body in bodies {
            let answer = raw(&root, &app, "/api/part/", "application/json", body).await;
            let what = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            clean(&answer, &what);
            assert!(answer.json()["detail"].as_str().unwrap().starts_with("JSON parse error - "), "{what}");
        }
        for body in ["null", "1", "\"x\"", "[1]", "true"] {
            let answer = raw(&root, &app, "/api/part/", "application/json", body.as_bytes()).await;
            clean(&answer, body);
            let message = answer.json()["non_field_errors"][0].as_str().unwrap().to_owned();
            assert!(message.starts_with("Invalid data. Expected a dictionary, but got "), "{message}");
        }
    }

    async fn a_content_type_that_is_not_read_is_415(app: App) {
        let root = app.root().await;
        for kind in ["text/plain", "application/xml", "application/jsonx", "x", "multipart/mixed; boundary=x"] {
            let answer = raw(&root, &app, "/api/part/category/", kind, b"{}").await;
            assert_eq!(answer.pair(), (415, json!({ "detail": format!("Unsupported media type \"{kind}\" in request.") })));
        }
        let answer = raw(&root, &app, "/api/part/category/", "", b"{}").await;
        assert_eq!(answer.status, 415);
    }

    async fn a_body_that_is_too_large_is_413(app: App) {
        let root = app.root().await;
        let body = json!({ "name": "x", "notes": "n".repeat(1024 * 1024) }).to_string();
        let answer = raw(&root, &app, "/api/part/", "application/json", body.as_bytes()).await;
        assert_eq!(answer.status, 413);
        clean(&answer, "1 MB of JSON");
        let body = format!("name={}", "x".repeat(1024 * 1024));
        assert_eq!(raw(&root, &app, "/api/part/", "application/x-www-form-urlencoded", body.as_bytes()).await.status, 413);
        let body = vec![b'x'; 10 * 1024 * 1024 + 1];
        assert_eq!(raw(&root, &app, "/api/part/", "multipart/form-data; boundary=x", &body).await.status, 413);
    }

    async fn forms_and_multipart_are_read_as_json_is(app: App) {
        let root = app.root().await;
        let form = b"name=Form+part&active=off&category=&minimum_stock=2.5&IPN=%C3%A9";
        let answer = raw(&root, &app, "/api/part/", "application/x-www-form-urlencoded; charset=utf-8", form).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let part = answer.json();
        assert_eq!((&part["name"], &part["active"], &part["category"]), (&json!("Form part"), &json!(false), &Value::Null));
        assert_eq!((&part["minimum_stock"], &part["IPN"]), (&json!(2.5), &json!("\u{e9}")));
        let multipart = "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nMultipart part\r\n\
                         --b\r\nContent-Disposition: form-data; name=\"active\"\r\n\r\nTrue\r\n--b--\r\n";
        let answer = raw(&root, &app, "/api/part/", "multipart/form-data; boundary=b", multipart.as_bytes()).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["name"]), (201, &json!("Multipart part")));
        for (kind, body) in [
            ("application/x-www-form-urlencoded", &b"name=%FF"[..]),
            ("application/x-www-form-urlencoded", b"name=%00"),
            ("application/x-www-form-urlencoded", b"name=a&name=b"),
            ("application/x-www-form-urlencoded", b"%"),
            ("multipart/form-data", b"--b"),
            ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx"),
            ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n\xff\r\n--b--\r\n"),
            ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name=\"name\"; filename=\"x\"\r\n\r\nx\r\n--b--\r\n"),
        ] {
            clean(&raw(&root, &app, "/api/part/", kind, body).await, &String::from_utf8_lossy(body));
        }
    }

    async fn no_value_of_any_type_in_any_field_is_a_5xx(app: App) {
        let root = app.root().await;
        let long = "x".repeat(60_000);
        let values = [
            json!(null), json!(true), json!(0), json!(-1), json!(1.5), json!(1e300), json!(i64::MAX), json!(u64::MAX),
            json!(""), json!(" "), json!("x"), json!("\u{0}"), json!("\u{ffff}"), json!(long), json!("NaN"), json!("Infinity"),
            json!("1e400"), json!("'; DROP TABLE part; --"), json!("<script>"), json!([]), json!([1]), json!({}), json!({ "a": 1 }),
        ];
        for path in ["/api/part/", "/api/part/category/"] {
            let fields = root.call(&app, Method::OPTIONS, path, None).await.json()["actions"]["POST"].clone();
            for field in fields.as_object().unwrap().keys() {
                for value in &values {
                    let mut body = json!({ "name": format!("{field}") });
                    body[field] = value.clone();
                    let answer = root.post(&app, path, body).await;
                    let status = answer.status.as_u16();
                    assert!(status == 201 || status == 400, "{field} {value}: {status} {}", answer.text);
                    answer.json();
                }
            }
        }
    }

    async fn a_query_that_cannot_be_read_is_400(app: App) {
        let root = app.root().await;
        for query in ["search=%00", "search=%FF", "name=%C3%28", "a%00=b", "IPN=%00"] {
            clean(&root.get(&app, &format!("/api/part/?{query}")).await, query);
        }
        let answer = root.get(&app, &format!("/api/part/?search={}", "x+".repeat(21))).await;
        assert_eq!(answer.pair(), (400, json!({ "search": ["The search is too long."] })));
        let answer = root.get(&app, &format!("/api/part/?search={}", "x".repeat(2000))).await;
        assert_eq!(answer.status, 400);
    }
}

/// Values that mean something to a database, a number parser or a date parser, and any other text.
fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("' OR 1=1 --".to_owned()),
        Just("99999999999999999999".to_owned()),
        Just("-2147483648".to_owned()),
        Just("2147483648".to_owned()),
        Just("null".to_owned()),
        Just("%".to_owned()),
        Just("\\".to_owned()),
        Just("\"".to_owned()),
        Just("2026-02-30".to_owned()),
        Just("99999-01-01".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        "\\PC{0,40}",
        any::<String>(),
    ]
}

/// The query parameters of a list, by its own description.
async fn parameters(app: &App, path: &str) -> Vec<String> {
    let document = Actor::anonymous().get(app, "/api/schema/").await.json();
    let path = path.strip_prefix("/api").unwrap();
    let list = document["paths"][path]["get"]["parameters"].as_array().cloned().unwrap_or_default();
    list.iter().map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
}

both! {
    async fn no_query_is_a_5xx(app: App) {
        let root = app.root().await;
        let category = root.make(&app, "/api/part/category/", json!({ "name": "C" })).await;
        root.make(&app, "/api/part/", json!({ "name": "P", "category": category })).await;
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        for path in LISTS {
            let mut names = parameters(&app, path).await;
            names.push("nonsense".to_owned());
            for _ in 0..80 {
                let strategy = prop::collection::vec((prop::sample::select(names.clone()), values()), 1..4);
                let pairs = strategy.new_tree(&mut runner).unwrap().current();
                let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
                let answer = root.get(&app, &format!("{path}?{query}")).await;
                let status = answer.status.as_u16();
                assert!(status == 200 || status == 400, "{path} {pairs:?}: {status} {}", answer.text);
                answer.json();
            }
        }
    }
}
