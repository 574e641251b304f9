//! What keeps the program from starting is said in words, on standard error, and the exit code is not zero.

use std::process::Output;

use crate::support::server::{Server, Store};

/// Runs `serve`, which must end by itself.
async fn refused(server: &Server) -> (i32, String) {
    let mut command = server.command(&["serve"]);
    let ended = tokio::task::spawn_blocking(move || command.output());
    let Output { status, stdout, stderr } = tokio::time::timeout(std::time::Duration::from_mins(1), ended)
        .await
        .expect("the server started, although it should have refused")
        .unwrap()
        .unwrap();
    let text = String::from_utf8_lossy(&stderr).into_owned() + &String::from_utf8_lossy(&stdout);
    assert!(!status.success(), "it ended without an error: {text}");
    assert!(!text.contains("panicked"), "{text}");
    (status.code().expect("it was killed"), text)
}

#[tokio::test]
async fn an_unknown_setting_is_named() {
    let mut server = Server::new(Store::Sqlite).await;
    server.set("STOCKADE_SITE_ULR", "http://example.org");
    let (_, text) = refused(&server).await;
    assert!(text.contains("site_ulr"), "{text}");
}

#[tokio::test]
async fn a_file_with_an_unknown_key_is_named_with_the_key() {
    let mut server = Server::new(Store::Sqlite).await;
    let file = server.dir.path().join("mine.toml");
    std::fs::write(&file, "[session]\nidle_secnods = 3\n").unwrap();
    server.set("STOCKADE_CONFIG", file.to_str().unwrap());
    let (_, text) = refused(&server).await;
    assert!(text.contains("idle_secnods") && text.contains("mine.toml"), "{text}");
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let server = Server::start(Store::Sqlite).await;
    let mut second = Server::new(Store::Sqlite).await;
    let address = server.url.trim_start_matches("http://");
    second.set("STOCKADE_LISTEN", address);
    let (_, text) = refused(&second).await;
    assert!(text.contains(address) && text.to_lowercase().contains("in use"), "{text}");
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_written_is_named() {
    // A folder below a file cannot be made even by root, who passes over permissions.
    let mut server = Server::new(Store::Sqlite).await;
    let file = server.dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let folder = file.join("data");
    server.set("STOCKADE_DATA_DIR", folder.to_str().unwrap());
    let (_, text) = refused(&server).await;
    assert!(text.contains(folder.to_str().unwrap()), "{text}");
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_named_without_its_password() {
    let mut server = Server::new(Store::Sqlite).await;
    let port = crate::support::server::free_port();
    server.set("STOCKADE_DATABASE_URL", &format!("postgres://someone:hush-hush@127.0.0.1:{port}/stockade"));
    let (_, text) = refused(&server).await;
    assert!(text.to_lowercase().contains("database"), "{text}");
    assert!(!text.contains("hush-hush"), "{text}");
}

#[tokio::test]
async fn a_key_file_that_is_damaged_is_not_replaced() {
    // A new key in its place would make every sealed signing key and every API token worthless.
    let mut server = Server::start(Store::Sqlite).await;
    server.kill().await;
    let key = server.dir.path().join("stockade.key");
    std::fs::write(&key, "not a key").unwrap();
    let (_, text) = refused(&server).await;
    assert!(text.contains("stockade.key"), "{text}");
    assert_eq!(std::fs::read_to_string(&key).unwrap(), "not a key");
}
