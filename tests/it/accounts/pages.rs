//! What every page has: headers, a request id, nothing from elsewhere; and the files that it links to.

use poem::http::{Method, StatusCode};

use crate::support::{both, browser::Browser, people::PASSWORD};

/// Every address that a page names in `src` or `href`, and whether it is on this server.
fn links(body: &str) -> Vec<&str> {
    ["src=\"", "href=\"", "action=\""]
        .into_iter()
        .flat_map(|mark| body.split(mark).skip(1).filter_map(|rest| rest.split('"').next()))
        .collect()
}

both! {
    async fn every_page_has_its_headers_and_nothing_inline_or_foreign(app: App) {
        app.superuser("root").await;
        let browser = Browser::logged_in(&app, "root", PASSWORD).await;
        for path in ["/accounts/", "/accounts/login/?next=/a", "/accounts/logout/", "/accounts/password/", "/accounts/setup/?token=x", "/nothing"] {
            let page = browser.get(path).await;
            assert!(page.header("content-type").starts_with("text/html"), "{path}: {}", page.header("content-type"));
            assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
            assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
            let policy = page.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self';"), "{path}: {policy}");
            assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{path}: {policy}");
            assert!(!page.header("x-request-id").is_empty(), "{path}");
            for link in links(&page.body) {
                assert!(link.starts_with('/') && !link.starts_with("//") || link.starts_with('#'), "{path} links to {link}");
            }
            for inline in ["<style", " style=", " onclick", " onload", "javascript:", "<script>"] {
                assert!(!page.body.contains(inline), "{path} has {inline}");
            }
            // One main heading, a label for every visible field, a way past the navigation.
            assert_eq!(page.body.matches("<h1").count(), 1, "{path}");
            assert!(page.body.contains("class=\"skip\" href=\"#main\""), "{path}");
        }
    }

    async fn what_takes_no_such_request_says_what_it_takes(app: App) {
        app.superuser("root").await;
        let browser = Browser::logged_in(&app, "root", PASSWORD).await;
        for (path, allow) in [
            ("/", "GET, HEAD"),
            ("/accounts/", "GET, HEAD"),
            ("/accounts/login/", "GET, HEAD, POST"),
            ("/accounts/sessions/", "GET, HEAD, POST"),
            ("/o/authorize/", "GET, HEAD, POST"),
            ("/o/logout/", "GET, HEAD, POST"),
            ("/o/applications/", "GET, HEAD"),
            ("/o/applications/register/", "GET, HEAD, POST"),
            ("/o/authorized_tokens/", "GET, HEAD"),
            ("/api-doc/", "GET, HEAD"),
            ("/static/css/stockade.css", "GET, HEAD"),
        ] {
            let answer = browser.send(Method::DELETE, path, &[], None).await;
            assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, allow), "{path}");
        }
    }

    async fn linked_files_exist_and_are_kept(app: App) {
        let browser = Browser::new(&app).await;
        let page = browser.get("/accounts/login/").await;
        let linked: Vec<&str> = links(&page.body).into_iter().filter(|link| link.starts_with("/static/")).collect();
        assert!(linked.len() >= 4, "{linked:?}");
        for link in linked {
            let file = browser.get(link).await;
            assert_eq!(file.status, StatusCode::OK, "{link}");
            assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable", "{link}");
            let kind = match link.split('?').next().unwrap().rsplit('.').next().unwrap() {
                "css" => "text/css; charset=utf-8",
                "js" => "text/javascript; charset=utf-8",
                "svg" => "image/svg+xml",
                other => panic!("{other}"),
            };
            assert_eq!(file.header("content-type"), kind, "{link}");
            let again = browser.send(Method::GET, link, &[("If-None-Match", file.header("etag"))], None).await;
            assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{link}");
        }
        // An address without the digest, or with an old one, is asked for again.
        for path in ["/static/css/stockade.css", "/static/css/stockade.css?v=0"] {
            assert_eq!(browser.get(path).await.header("cache-control"), "no-cache");
        }
    }

    async fn static_files_have_no_path_to_climb(app: App) {
        let browser = Browser::new(&app).await;
        for path in [
            "/static/", "/static/css/", "/static/css", "/static/../Cargo.toml", "/static/%2e%2e/Cargo.toml", "/static/css/../css/stockade.css",
            "/static//css/stockade.css", "/static/css/stockade.css/", "/static/css/stockade.css%00", "/static/%5c..%5cCargo.toml",
        ] {
            assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(browser.send(Method::POST, "/static/css/stockade.css", &[], None).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }

    async fn a_request_id_is_ours_and_never_the_callers(app: App) {
        let browser = Browser::new(&app).await;
        let first = browser.send(Method::GET, "/accounts/login/", &[("X-Request-ID", "mine")], None).await;
        let second = browser.get("/accounts/login/").await;
        assert_ne!(first.header("x-request-id"), "mine");
        assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
    }
}
