//! `kill -9` in the middle of writes: what was acknowledged is there, and nothing is there by half.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{
    both,
    server::{ADMIN, Server, Store},
};

/// A `Token` of the administrator.
async fn token(server: &Server) -> String {
    let url = format!("{}/api/user/token/?name=test", server.url);
    let answer = reqwest::Client::new().get(url).basic_auth(ADMIN.0, Some(ADMIN.1)).send().await.unwrap();
    let body: Value = answer.json().await.unwrap();
    body["token"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
}

async fn get(server: &Server, token: &str, path: &str) -> Value {
    let request = reqwest::Client::new().get(format!("{}{path}", server.url));
    let answer = request.header("Authorization", format!("Token {token}")).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200, "{path}");
    answer.json().await.unwrap()
}

both! {
    async fn what_was_acknowledged_survives_a_kill(store: Store) {
        let mut server = Server::start(store).await;
        let token = token(&server).await;
        let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
        for round in 0..3 {
            let stop = Arc::new(AtomicBool::new(false));
            let writers: Vec<_> = (0..8)
                .map(|writer| {
                    let (url, token, stop) = (server.url.clone(), token.clone(), stop.clone());
                    let acknowledged = acknowledged.clone();
                    tokio::spawn(async move {
                        let client = reqwest::Client::new();
                        let mut parent = Value::Null;
                        for number in 0.. {
                            if stop.load(Ordering::Relaxed) {
                                break;
                            }
                            // Each below the one before: a row and its place in the tree belong together.
                            let name = format!("r{round} w{writer} n{number}");
                            let body = json!({ "name": name, "parent": parent });
                            let request = client.post(format!("{url}/api/part/category/")).json(&body);
                            let request = request.header("Authorization", format!("Token {token}"));
                            // The connection breaks when the server is killed.
                            let Ok(answer) = request.send().await else { break };
                            let status = answer.status().as_u16();
                            let Ok(row) = answer.json::<Value>().await else { break };
                            assert_eq!(status, 201, "{row}");
                            acknowledged.lock().unwrap().insert((row["pk"].as_i64().unwrap(), name));
                            parent = if number % 5 == 4 { Value::Null } else { row["pk"].clone() };
                        }
                    })
                })
                .collect();
            let enough = 40 * (round + 1);
            while acknowledged.lock().unwrap().len() < enough {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            server.kill().await;
            stop.store(true, Ordering::Relaxed);
            for writer in writers {
                writer.await.unwrap();
            }
            server.up().await;
        }

        let rows = get(&server, &token, "/api/part/category/").await;
        let rows = rows.as_array().unwrap();
        let there: BTreeSet<(i64, String)> =
            rows.iter().map(|row| (row["pk"].as_i64().unwrap(), row["name"].as_str().unwrap().to_owned())).collect();
        let acknowledged = acknowledged.lock().unwrap().clone();
        let lost: Vec<_> = acknowledged.difference(&there).collect();
        assert!(lost.is_empty(), "{} of {} lost: {lost:?}", lost.len(), acknowledged.len());

        // At most the one write that each writer had under way in each round.
        assert!(there.len() - acknowledged.len() <= 24, "{} rows nobody asked for", there.len() - acknowledged.len());
        for row in rows {
            let parent = rows.iter().find(|other| other["pk"] == row["parent"]);
            let (level, path) = match parent {
                Some(parent) => (parent["level"].as_i64().unwrap() + 1, format!("{}/", parent["pathstring"].as_str().unwrap())),
                None => (0, String::new()),
            };
            assert_eq!(row["parent"].is_null(), parent.is_none(), "{row} has a parent that is not there");
            assert_eq!(row["level"], level, "{row}");
            assert_eq!(row["pathstring"], format!("{path}{}", row["name"].as_str().unwrap()));
            let children = rows.iter().filter(|other| other["parent"] == row["pk"]).count();
            assert_eq!(row["subcategories"], children, "{row}");
        }
    }

    async fn a_transfer_that_is_killed_happened_whole_or_not_at_all(store: Store) {
        let mut server = Server::start(store).await;
        let token = token(&server).await;
        let post = |path: &str, body: Value| {
            let request = reqwest::Client::new().post(format!("{}{path}", server.url));
            let request = request.header("Authorization", format!("Token {token}")).json(&body);
            async move { request.send().await.unwrap().json::<Value>().await.unwrap() }
        };
        let part = post("/api/part/", json!({ "name": "P" })).await["pk"].clone();
        let mut places = Vec::new();
        for name in ["A", "B", "C"] {
            places.push(post("/api/stock/location/", json!({ "name": name })).await["pk"].clone());
        }
        let mut items = Vec::new();
        for _ in 0..8 {
            let body = json!({ "part": part, "quantity": 1000, "location": places[0] });
            items.push(post("/api/stock/", body).await[0]["pk"].clone());
        }
        for round in 0..3 {
            let moved = Arc::new(std::sync::atomic::AtomicUsize::new(0));
            let movers: Vec<_> = (0..4)
                .map(|mover: usize| {
                    let (url, token, moved) = (server.url.clone(), token.clone(), moved.clone());
                    let (items, places) = (items.clone(), places.clone());
                    tokio::spawn(async move {
                        let client = reqwest::Client::new();
                        for number in 0.. {
                            // Each splits some off several items: a dozen rows that belong together.
                            let some: Vec<Value> =
                                items.iter().skip(mover).take(4).map(|pk| json!({ "pk": pk, "quantity": "0.5" })).collect();
                            let body = json!({ "items": some, "location": places[(number + mover) % 3] });
                            let request = client.post(format!("{url}/api/stock/transfer/")).json(&body);
                            let request = request.header("Authorization", format!("Token {token}"));
                            // The connection breaks when the server is killed.
                            let Ok(answer) = request.send().await else { break };
                            assert_eq!(answer.status().as_u16(), 201);
                            moved.fetch_add(1, Ordering::Relaxed);
                        }
                    })
                })
                .collect();
            while moved.load(Ordering::Relaxed) < 20 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            server.kill().await;
            for mover in movers {
                mover.await.unwrap();
            }
            server.up().await;
            let rows = get(&server, &token, "/api/stock/").await;
            let rows = rows.as_array().unwrap();
            let sum: f64 = rows.iter().map(|row| row["quantity"].as_f64().unwrap()).sum();
            assert!((sum - 8000.0).abs() < 1e-9, "round {round}: {sum}");
            // Of every transfer all four pieces are there, and each with its entry in the log.
            let split = rows.iter().filter(|row| !row["parent"].is_null()).count();
            assert_eq!(split % 4, 0, "round {round}");
            let log = get(&server, &token, "/api/stock/track/").await;
            let entries = |kind: i64| log.as_array().unwrap().iter().filter(|entry| entry["tracking_type"] == kind).count();
            assert_eq!((entries(40), entries(42)), (split, split), "round {round}");
        }
    }

    async fn what_was_issued_works_after_a_restart(store: Store) {
        let mut server = Server::start(store).await;
        let token = token(&server).await;
        server.signal("TERM");
        server.ended().await;
        server.up().await;
        get(&server, &token, "/api/user/me/").await;
    }
}

#[tokio::test]
async fn a_second_process_on_the_same_sqlite_file_works() {
    let first = Server::start(Store::Sqlite).await;
    let mut second = Server::new(Store::Sqlite).await;
    let file = first.dir.path().join("stockade.sqlite");
    std::fs::copy(first.dir.path().join("stockade.key"), second.dir.path().join("stockade.key")).unwrap();
    second.set("STOCKADE_DATABASE_URL", &format!("sqlite://{}", file.display()));
    second.up().await;
    let token = token(&first).await;
    // Both write at once; neither may hear that the database is locked.
    let writes = (0..60).map(|number| {
        let url = if number % 2 == 0 { &first.url } else { &second.url };
        let request = reqwest::Client::new().post(format!("{url}/api/part/category/"));
        let request = request.header("Authorization", format!("Token {token}"));
        request.json(&json!({ "name": format!("category {number}") })).send()
    });
    for answer in futures_util::future::join_all(writes).await {
        let answer = answer.unwrap();
        let status = answer.status().as_u16();
        assert_eq!(status, 201, "{}", answer.text().await.unwrap());
    }
    for server in [&first, &second] {
        assert_eq!(get(server, &token, "/api/part/category/").await.as_array().unwrap().len(), 60);
    }
}
