//! A browser for tests: keeps cookies, repeats the form token, says where its forms come from.

use std::{cell::RefCell, collections::BTreeMap};

use poem::{
    http::{HeaderMap, Method, StatusCode, header},
    web::cookie::Cookie,
};
use url::form_urlencoded;

use super::App;

/// A browser with cookies of its own.
pub(crate) struct Browser<'a> {
    app: &'a App,
    cookies: RefCell<BTreeMap<String, String>>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: String,
}

impl Answer {
    /// Where it redirects to.
    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of the first `name="..." value="..."` of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("name=\"{name}\" value=\""))?;
        rest.split('"').next()
    }
}

impl<'a> Browser<'a> {
    /// A browser that was here once, so that it has a form token.
    pub(crate) async fn new(app: &'a App) -> Self {
        let browser = Self { app, cookies: RefCell::default() };
        browser.get("/accounts/login/").await;
        browser
    }

    /// A browser in which a person is logged in.
    pub(crate) async fn logged_in(app: &'a App, username: &str, password: &str) -> Self {
        let browser = Self::new(app).await;
        let answer = browser.log_in(username, password).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser
    }

    /// Sends the login form.
    pub(crate) async fn log_in(&self, username: &str, password: &str) -> Answer {
        self.post("/accounts/login/", &[("username", username), ("password", password)]).await
    }

    /// A cookie's value.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().get(name).cloned()
    }

    /// Plants a cookie.
    pub(crate) fn plant(&self, name: &str, value: &str) {
        self.cookies.borrow_mut().insert(name.into(), value.into());
    }

    /// Opens an address.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// Sends a form from one of our own pages.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.cookie("csrftoken").unwrap_or_default();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf_token", &token).extend_pairs(fields);
        let origin = self.app.ctx.config.origin();
        self.send(Method::POST, path, &[("Origin", &origin)], Some(form.finish().into_bytes())).await
    }

    /// Sends whatever a test wants to; a body is declared to be a form.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Answer {
        let mut request = self.app.client.request(method, path);
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header("Cookie", cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.content_type("application/x-www-form-urlencoded").body(body);
        }
        let response = request.send().await.0;
        for value in response.headers().get_all(header::SET_COOKIE) {
            let cookie = Cookie::parse(value.to_str().unwrap()).unwrap();
            let gone = cookie.max_age().is_some_and(|age| age.is_zero()) || cookie.value_str().is_empty();
            let mut jar = self.cookies.borrow_mut();
            if gone {
                jar.remove(cookie.name());
            } else {
                jar.insert(cookie.name().to_owned(), cookie.value_str().to_owned());
            }
        }
        let (parts, body) = response.into_parts();
        Answer { status: parts.status, headers: parts.headers, body: body.into_string().await.unwrap_or_default() }
    }
}
