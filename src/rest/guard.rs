//! The one place where an operation's `#[oai(scope = ...)]` becomes enforcement and documentation.
//!
//! poem-openapi alone never tells a security checker what scopes an operation needs, writes them on every scheme (which
//! `OpenAPI` forbids outside oauth2), drops trailing slashes and repeats a path that two APIs share.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use super::registry::{MetaApi, MetaOperation, MetaPath, MetaResponse, MetaSchemaRef, Registry};
use poem::{
    Endpoint, EndpointExt as _, IntoResponse, Request, Response,
    endpoint::BoxEndpoint,
    http::{HeaderValue, Method, StatusCode, header},
};
use poem_openapi::OpenApi;

use super::{error, error::ApiError, metadata::Metadata};
use crate::access::{Refused, Required, Visitor, intern};

/// An API with its guard: enforces what each operation says that it needs, adds Django's trailing slash, `OPTIONS`, and
/// 404 and 405 in Django REST's words.
#[derive(Debug)]
pub struct Guarded<A>(pub A);

/// The methods that an operation may have.
const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// What an operation asks, read from its description; `None` where it is public.
///
/// Panics, at start-up, where an operation takes `Auth` and does not say for what.
fn required(path: &str, operation: &MetaOperation) -> Option<Required> {
    let needs = operation.security.iter().find_map(|schemes| schemes.get("oauth2"))?;
    let required = Required::parse(needs);
    assert!(required.is_some(), "{} {path}: a guarded operation needs #[oai(scope = ...)]", operation.method);
    required
}

/// The one address of the contract without the trailing slash.
const UNSLASHED: &str = "/version-text";

/// With Django's trailing slash.
fn slashed(path: &str) -> String {
    if path.ends_with('/') || path == UNSLASHED { path.to_owned() } else { format!("{path}/") }
}

/// `/part/{pk}` as poem-openapi's route table has it: `/part/:param0`.
fn route_key(path: &str) -> String {
    let mut n = 0;
    let segment = |segment: &str| {
        if segment.starts_with('{') {
            n += 1;
            format!(":param{}", n - 1)
        } else {
            segment.to_owned()
        }
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// Every operation, one entry a path, as the macros describe them.
///
/// Panics, at start-up, where two APIs declare the same operation: one of them would silently win.
fn described<A: OpenApi>() -> BTreeMap<String, Vec<MetaOperation>> {
    let mut paths: BTreeMap<String, Vec<MetaOperation>> = BTreeMap::new();
    for path in A::meta().into_iter().flat_map(|api| api.paths) {
        let operations = paths.entry(path.path.clone()).or_default();
        for operation in path.operations {
            let twice = operations.iter().any(|other| other.method == operation.method);
            assert!(!twice, "{} {} is declared twice", operation.method, path.path);
            operations.push(operation);
        }
    }
    paths
}

fn refusal(status: u16, description: &'static str) -> MetaResponse {
    MetaResponse { description, status: Some(status), status_range: None, content: Vec::new(), headers: Vec::new() }
}

impl<A: OpenApi> OpenApi for Guarded<A> {
    fn meta() -> Vec<MetaApi> {
        let document = |(path, mut operations): (String, Vec<MetaOperation>)| {
            for operation in &mut operations {
                // Grouped by the first word of the path, as InvenTree's document is.
                if operation.tags.is_empty() {
                    let word = path.split('/').find(|word| !word.is_empty()).unwrap_or("api");
                    operation.tags.push(intern(word.to_owned()));
                }
                if let Some(required) = required(&path, operation) {
                    // Scopes on oauth2 alone; several roles are alternatives, so one requirement each.
                    let plain =
                        ["tokenAuth", "basicAuth", "cookieAuth"].map(|name| HashMap::from([(name, Vec::new())]));
                    let by_scope = required
                        .alternatives()
                        .into_iter()
                        .map(|scopes| HashMap::from([("oauth2", scopes.into_iter().map(Required::name).collect())]));
                    operation.security = plain.into_iter().chain(by_scope).collect();
                    let responses = &mut operation.responses.responses;
                    for (status, description) in [(401, "Not authenticated"), (403, "Not permitted")] {
                        if !responses.iter().any(|response| response.status == Some(status)) {
                            responses.push(refusal(status, description));
                        }
                    }
                }
                let answers = operation.responses.responses.iter_mut().flat_map(|response| &mut response.content);
                for content in answers.filter(|content| content.content_type.starts_with("application/json")) {
                    content.content_type = "application/json";
                }
            }
            MetaPath { path: slashed(&path), operations }
        };
        vec![MetaApi { paths: described::<A>().into_iter().map(document).collect() }]
    }

    fn register(registry: &mut Registry) {
        A::register(registry);
        // chrono's types without a time zone have formats of their own, which no client knows.
        let properties = registry.schemas.values_mut().flat_map(|schema| &mut schema.properties);
        for (_, property) in properties {
            if let MetaSchemaRef::Inline(schema) = property {
                schema.format = schema.format.map(|format| format.strip_prefix("naive-").unwrap_or(format));
            }
        }
    }

    fn add_routes(self, table: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        let mut registry = Registry::new();
        Self::register(&mut registry);
        let mut inner = HashMap::new();
        self.0.add_routes(&mut inner);
        let mut described: HashMap<_, _> =
            described::<A>().into_iter().map(|(path, operations)| (route_key(&path), (path, operations))).collect();
        let readable = described.values().filter(|(path, operations)| {
            !path.contains('{') && operations.iter().any(|operation| operation.method == Method::GET)
        });
        let mut places: Vec<String> = readable.map(|(path, _)| format!("/api{}", slashed(path))).collect();
        places.sort_unstable();
        for (route, mut methods) in inner {
            // Hidden operations have no description, hence no need, hence refuse whoever asks.
            let (path, operations) = described.remove(&route).unwrap_or_default();
            let needs: HashMap<Method, Required> =
                operations.iter().filter_map(|o| Some((o.method.clone(), required(&path, o)?))).collect();
            let mut metadata = Metadata::new(&slashed(&path), &operations, &needs, &registry);
            if path == "/" {
                metadata.places.clone_from(&places);
            }
            let shared = Arc::new(Shared {
                allow: allow(&methods),
                // Whoever may not even know whether a path exists learns nothing from a 405.
                guarded: !needs.is_empty(),
                metadata,
            });
            let slot = table.entry(slashed(&route)).or_default();
            for method in METHODS {
                let endpoint = match methods.remove(&method) {
                    Some(inner) => {
                        Operation { inner, required: needs.get(&method).cloned(), shared: shared.clone() }.boxed()
                    }
                    None => NotAllowed(shared.clone()).boxed(),
                };
                slot.insert(method, endpoint);
            }
            slot.insert(Method::OPTIONS, Options(shared).boxed());
        }
        assert!(described.is_empty(), "described but not routed: {:?}", described.keys());
        // poem lets a catch-all win even where nothing is left to catch, so the root goes with it.
        let mut root = table.remove("/").unwrap_or_default();
        let nowhere = table.entry("/*nowhere".to_owned()).or_default();
        for method in METHODS.into_iter().chain([Method::OPTIONS]) {
            let root = root.remove(&method);
            nowhere.insert(method, Nowhere { root }.boxed());
        }
    }
}

/// What the operations of one path have in common.
#[derive(Debug)]
struct Shared {
    allow: HeaderValue,
    guarded: bool,
    metadata: Metadata,
}

/// Where the frame around all answers hears which path a request matched, if it asks by putting this into the request.
#[derive(Debug, Clone, Default)]
pub(super) struct Matched(Arc<OnceLock<Arc<Shared>>>);

impl Matched {
    fn note(request: &Request, shared: &Arc<Shared>) {
        if let Some(Self(slot)) = request.data() {
            slot.get_or_init(|| shared.clone());
        }
    }

    /// What may be done there.
    pub(super) fn metadata(&self) -> Option<&Metadata> {
        self.0.get().map(|shared| &shared.metadata)
    }
}

fn allow(methods: &HashMap<Method, BoxEndpoint<'static>>) -> HeaderValue {
    let mut names: Vec<&str> = METHODS.iter().filter(|m| methods.contains_key(m)).map(Method::as_str).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.push("OPTIONS");
    HeaderValue::from_str(&names.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"))
}

/// One operation, told what it needs.
struct Operation {
    inner: BoxEndpoint<'static>,
    required: Option<Required>,
    shared: Arc<Shared>,
}

impl Endpoint for Operation {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        Matched::note(&request, &self.shared);
        if let Some(required) = &self.required {
            request.set_data(required.clone());
        }
        let mut response = self.inner.call(request).await?;
        response.headers_mut().insert(header::ALLOW, self.shared.allow.clone());
        Ok(response)
    }
}

struct NotAllowed(Arc<Shared>);

impl Endpoint for NotAllowed {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        Matched::note(&request, &self.0);
        if self.0.guarded {
            Visitor::of(&request).await?.0.ok_or(Refused::Anonymous)?;
        }
        let body = error::not_allowed(request.method()).to_string();
        let mut response =
            body.with_content_type("application/json").with_status(StatusCode::METHOD_NOT_ALLOWED).into_response();
        response.headers_mut().insert(header::ALLOW, self.0.allow.clone());
        Ok(response)
    }
}

struct Options(Arc<Shared>);

impl Endpoint for Options {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let caller = Visitor::of(&request).await?.0;
        if self.0.guarded && caller.is_none() {
            return Err(Refused::Anonymous.into());
        }
        Matched::note(&request, &self.0);
        let mut response = super::json::body(StatusCode::OK, &self.0.metadata.describe(caller.as_deref()));
        response.headers_mut().insert(header::ALLOW, self.0.allow.clone());
        Ok(response)
    }
}

/// A path that is none: 401 first, so that a stranger learns nothing. The root is the path of which nothing is left.
struct Nowhere {
    root: Option<BoxEndpoint<'static>>,
}

impl Endpoint for Nowhere {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        if let Some(root) = self.root.as_ref().filter(|_| request.raw_path_param("nowhere") == Some("")) {
            return root.call(request).await;
        }
        Visitor::of(&request).await?.0.ok_or(Refused::Anonymous)?;
        Err(ApiError::NoEndpoint.into())
    }
}

#[cfg(test)]
mod tests {
    use poem_openapi::{OpenApiService, param::Path, payload::Json};

    use super::*;
    use crate::{access::Auth, scope::Need};

    struct Forgetful;

    #[OpenApi]
    impl Forgetful {
        /// Forgot its scope.
        #[oai(path = "/forgetful", method = "get")]
        async fn forgetful(&self, _who: Auth) -> Json<i32> {
            Json(1)
        }
    }

    struct One;

    #[OpenApi]
    impl One {
        /// One.
        #[oai(path = "/thing/:id", method = "get")]
        async fn get(&self, #[oai(scope = "Need::Read")] _who: Auth, id: Path<i32>) -> Json<i32> {
            Json(id.0)
        }
    }

    struct Other;

    #[OpenApi]
    impl Other {
        /// The other.
        #[oai(path = "/thing/:id", method = "put")]
        async fn put(&self, #[oai(scope = "Need::Staff")] _who: Auth, id: Path<i32>) -> Json<i32> {
            Json(id.0)
        }
    }

    fn boots(api: impl OpenApi + std::panic::UnwindSafe + 'static) -> bool {
        std::panic::catch_unwind(|| OpenApiService::new(Guarded(api), "x", "1").spec()).is_ok()
    }

    #[test]
    fn an_operation_that_does_not_say_what_it_needs_does_not_start() {
        assert!(!boots(Forgetful));
        assert!(boots(One));
    }

    #[test]
    fn an_operation_that_is_declared_twice_does_not_start() {
        assert!(!boots((One, One)));
    }

    #[test]
    fn two_apis_on_one_path_are_one_entry_and_say_what_they_need_once() {
        let spec = OpenApiService::new(Guarded((One, Other)), "x", "1").spec();
        assert_eq!(spec.matches("\"/thing/{id}/\"").count(), 1);
        let spec: serde_json::Value = serde_json::from_str(&spec).unwrap();
        let security = &spec["paths"]["/thing/{id}/"]["put"]["security"];
        let expected = serde_json::json!([{ "tokenAuth": [] }, { "basicAuth": [] }, { "cookieAuth": [] }, { "oauth2": ["a:staff"] }]);
        assert_eq!(*security, expected);
    }
}
