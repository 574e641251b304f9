//! Every operation of the document, against every kind of caller who may not, and one who may. Nothing here knows the
//! operations: a new one is covered by being there.

use std::collections::BTreeSet;

use poem::http::Method;
use serde_json::Value;
use stockade::{
    accounts::group::Rules,
    scope::{Action, Role, Scope, Scopes},
};

use crate::support::{
    App,
    actors::{Actor, everything},
    both,
};

/// An operation: how it is called, and the sets of scopes of which one suffices; none at all if it is public.
struct Operation {
    method: Method,
    path: String,
    alternatives: Vec<Vec<Scope>>,
    public: bool,
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    async fn status(&self, app: &App, actor: &Actor) -> u16 {
        actor.call(app, self.method.clone(), &self.path, Some(serde_json::json!({}))).await.status.as_u16()
    }

    /// Every scope that some alternative names.
    fn named(&self) -> BTreeSet<Scope> {
        self.alternatives.iter().flatten().copied().collect()
    }
}

async fn operations(app: &App) -> Vec<Operation> {
    let document = Actor::anonymous().get(app, "/api/schema/").await.json();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        // A parameter's value that names nothing, so that whoever is let in changes nothing.
        let path: String = path
            .split('/')
            .map(|segment| if segment.starts_with('{') { "999999" } else { segment })
            .collect::<Vec<_>>()
            .join("/");
        for (method, operation) in methods.as_object().unwrap() {
            let security: &[Value] = operation.get("security").and_then(Value::as_array).map_or(&[], Vec::as_slice);
            let scopes = security.iter().filter_map(|requirement| requirement.get("oauth2"));
            let parse = |scopes: &Value| {
                let scopes = scopes.as_array().unwrap().iter();
                scopes.map(|scope| scope.as_str().unwrap().parse().unwrap()).collect()
            };
            let alternatives: Vec<Vec<Scope>> = scopes.map(parse).collect();
            let public = security.is_empty();
            assert!(public || alternatives.iter().all(|set| !set.is_empty()), "{method} {path} asks for no scope");
            assert!(public || !alternatives.is_empty(), "{method} {path} has no oauth2 requirement");
            operations.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: format!("/api{path}"),
                alternatives,
                public,
            });
        }
    }
    assert!(operations.len() > 20);
    operations
}

/// Rules that hold every right but these.
fn all_but(missing: &BTreeSet<Scope>) -> Vec<(Role, Rules)> {
    let has = |action, role| !missing.contains(&Scope::Role(action, role));
    let rules = |role| Rules {
        view: has(Action::View, role),
        add: has(Action::Add, role),
        change: has(Action::Change, role),
        delete: has(Action::Delete, role),
    };
    Role::ALL.into_iter().map(|role| (role, rules(role))).collect()
}

#[tokio::test]
async fn the_public_operations_are_these() {
    let app = App::sqlite().await;
    let public: Vec<String> = operations(&app).await.iter().filter(|o| o.public).map(Operation::name).collect();
    insta::assert_debug_snapshot!(public, @r#"
    [
        "GET /api/",
        "GET /api/flags/",
        "GET /api/flags/999999/",
    ]
    "#);
}

both! {
    async fn a_stranger_is_401_everywhere_but_where_it_is_public(app: App) {
        for operation in operations(&app).await {
            let status = operation.status(&app, &Actor::anonymous()).await;
            assert_eq!(status == 401, !operation.public, "{}: {status}", operation.name());
        }
    }

    async fn every_scope_but_the_needed_is_403_even_for_a_superuser(app: App) {
        let all = Scopes::all();
        let client = app.application("client", &all.to_string()).await;
        let root = app.superuser("root").await;
        for operation in operations(&app).await.iter().filter(|o| !o.public) {
            let scope = all.filtered(|scope| !operation.named().contains(&scope)).to_string();
            for actor in [app.bearer(&client, &root, &scope).await, app.itself(&client, &scope).await] {
                let status = operation.status(&app, &actor).await;
                assert_eq!(status, 403, "{}", operation.name());
            }
        }
    }

    async fn every_right_but_the_needed_is_403_whatever_the_token_says(app: App) {
        let all = Scopes::all().to_string();
        let client = app.application("client", &all).await;
        for (n, operation) in operations(&app).await.iter().filter(|o| !o.public).enumerate() {
            // Any authenticated person has the right to g:read.
            if operation.alternatives.iter().any(|set| set.iter().all(|scope| *scope == Scope::Read)) {
                continue;
            }
            let user = app.person(&format!("user{n}")).await;
            let group = app.group(&format!("group{n}"), &all_but(&operation.named())).await;
            app.join(&user, &[&group]).await;
            for actor in [app.bearer(&client, &user, &all).await, app.by_token(&user).await] {
                // What a rule implies may give the right back; then it is not this operation's that is missing.
                let held = stockade::accounts::rights::of_user(app.ctx.db.reader(), &user).await.unwrap();
                let still = operation.alternatives.iter().any(|set| set.iter().all(|scope| held.covers(*scope)));
                let status = operation.status(&app, &actor).await;
                assert!(still || status == 403, "{}: {status}", operation.name());
            }
        }
    }

    async fn no_right_at_all_is_403_but_for_general_reading(app: App) {
        let all = Scopes::all().to_string();
        let client = app.application("client", &all).await;
        let user = app.person("nobody").await;
        let actors = [app.bearer(&client, &user, &all).await, app.by_token(&user).await];
        for operation in operations(&app).await.iter().filter(|o| !o.public) {
            // Any authenticated person has the right to g:read.
            if operation.alternatives.iter().any(|set| set.iter().all(|scope| *scope == Scope::Read)) {
                continue;
            }
            for actor in &actors {
                let status = operation.status(&app, actor).await;
                assert_eq!(status, 403, "{}", operation.name());
            }
        }
    }

    async fn the_right_and_exactly_the_needed_scope_are_let_in(app: App) {
        let all = Scopes::all().to_string();
        let client = app.application("client", &all).await;
        let root = app.superuser("root").await;
        let user = app.person("everyman").await;
        let group = app.group("all", &everything()).await;
        app.join(&user, &[&group]).await;
        for operation in operations(&app).await.iter().filter(|o| !o.public) {
            for alternative in &operation.alternatives {
                let scope = alternative.iter().copied().collect::<Scopes>().to_string();
                // A superuser where the flag is asked for; else whoever has the role.
                let by_role = alternative.iter().all(|scope| matches!(scope, Scope::Role(..) | Scope::Read));
                let person = if by_role { &user } else { &root };
                let actor = app.bearer(&client, person, &scope).await;
                let answer = actor.call(&app, operation.method.clone(), &operation.path, Some(serde_json::json!({}))).await;
                let status = answer.status.as_u16();
                assert_ne!(status, 401, "{}", operation.name());
                let scope_denied = !answer.all("www-authenticate").is_empty();
                assert!(!scope_denied, "{} by {scope}", operation.name());
                assert!(status < 500, "{}: {}", operation.name(), answer.text);
                // The guard lets in; the operation may still have a rule of its own.
                if by_role && status == 403 {
                    assert!(operation.alternatives.iter().flatten().any(|s| *s == Scope::Read), "{}", operation.name());
                }
            }
        }
    }
}
