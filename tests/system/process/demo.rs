//! `stockade demo`, as somebody who has just installed the program runs it.

use serde_json::Value;

use crate::support::{both, server::Server};

/// What an account reads of the API by its password.
async fn read(server: &Server, username: &str, password: &str, path: &str) -> Value {
    let request = reqwest::Client::new().get(format!("{}/api/{path}", server.url)).basic_auth(username, Some(password));
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.unwrap()
}

fn count(page: &Value) -> i64 {
    page["count"].as_i64().unwrap()
}

both! {
    async fn the_demo_is_a_company_whose_people_log_in(store: Store) {
        let mut server = Server::new(store).await;
        let printed = server.run(&["demo"]);
        let password = printed.split("password is: ").nth(1).unwrap().lines().next().unwrap().to_owned();
        server.up().await;

        assert!(count(&read(&server, "victor", &password, "part/?limit=1").await) > 200);
        assert!(count(&read(&server, "sam", &password, "stock/?limit=1").await) > 500);
        assert!(count(&read(&server, "sam", &password, "stock/track/?limit=1").await) > 1000);
        assert!(count(&read(&server, "elena", &password, "bom/?limit=1").await) > 100);
        let sold = read(&server, "sam", &password, "stock/?limit=1&sent_to_customer=true").await;
        assert!(count(&sold) > 10);
        let me = read(&server, "priya", &password, "user/me/roles/").await;
        assert_eq!(me["is_superuser"], false);
        assert!(server.run(&["application", "list"]).contains("larkfield-shop"));
        // Whoever helped to make it is not left behind.
        assert!(!server.run(&["token", "list"]).contains("demo"));

        let refused = server.command(&["demo"]).output().unwrap();
        assert!(!refused.status.success());
        assert!(String::from_utf8_lossy(&refused.stderr).contains("not empty"));
    }
}
