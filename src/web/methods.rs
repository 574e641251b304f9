//! The methods of an address. RFC 9110 section 15.5.6: "The origin server MUST generate an Allow header field in a 405
//! response containing a list of the target resource's currently supported methods", which the framework's own
//! `get(...).post(...)` does not.

use poem::{Endpoint, IntoEndpoint, Request, Response, RouteMethod, http::Method};

use super::Fault;

/// What an address answers to, by method; `HEAD` comes with `GET`.
#[derive(Default)]
pub struct Methods {
    routes: RouteMethod,
    allow: Vec<&'static str>,
}

impl std::fmt::Debug for Methods {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Methods").field(&self.allow).finish()
    }
}

/// Answers to `GET`.
pub fn get(endpoint: impl IntoEndpoint<Endpoint: 'static>) -> Methods {
    let routes = RouteMethod::new().get(endpoint);
    Methods { routes, allow: vec!["GET", "HEAD"] }
}

/// Answers to `POST`.
pub fn post(endpoint: impl IntoEndpoint<Endpoint: 'static>) -> Methods {
    Methods::default().post(endpoint)
}

impl Methods {
    /// And to `POST`.
    #[must_use]
    pub fn post(self, endpoint: impl IntoEndpoint<Endpoint: 'static>) -> Self {
        let mut allow = self.allow;
        allow.push("POST");
        Self { routes: self.routes.post(endpoint), allow }
    }

    fn allows(&self, method: &Method) -> bool {
        self.allow.contains(&method.as_str())
    }
}

impl Endpoint for Methods {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if self.allows(request.method()) {
            self.routes.call(request).await
        } else {
            Err(Fault::not_allowed(self.allow.join(", ")).into())
        }
    }
}
