//! SIGTERM and SIGINT: what is in flight is answered, nothing new is taken, the exit code is 0.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::server::{Server, Store};

#[tokio::test]
async fn a_request_in_flight_is_answered() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::start(Store::Sqlite).await;
        let address = server.url.trim_start_matches("http://").to_owned();
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let body = "username=admin&password=wrong";
        let head = format!(
            "POST /o/token/ HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        // Half a request: the server waits for the rest when the signal comes.
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body.as_bytes()[..10]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(200)).await;
        server.signal(signal);
        tokio::time::sleep(Duration::from_millis(300)).await;
        stream.write_all(&body.as_bytes()[10..]).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{signal}: {answer}");
        assert_eq!(server.ended().await.code(), Some(0), "{signal}");
    }
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_the_server_up() {
    let mut server = Server::start(Store::Sqlite).await;
    let client = reqwest::Client::new();
    client.get(format!("{}/api/", server.url)).send().await.unwrap().bytes().await.unwrap();
    let started = std::time::Instant::now();
    server.signal("TERM");
    assert_eq!(server.ended().await.code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(10), "it took {:?}", started.elapsed());
    drop(client);
}
