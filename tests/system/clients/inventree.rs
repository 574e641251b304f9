//! The Python package `inventree`, as scripts and label printers use it. What it does and expects is in
//! `inventree_client.py` and `inventree_stock.py`; `tests/install` installs it.

use std::{path::Path, process::Command};

use crate::support::{
    both,
    server::{ADMIN, Server},
};

/// Runs a script against a server with the administrator's name and password; it says so at its end if all is well.
async fn run(server: &Server, script: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(root.join("tests/.cache/venv/bin/python"));
    command
        .arg("-B")
        .arg(root.join("tests/system/clients").join(script))
        .args([&server.url, ADMIN.0, ADMIN.1])
        .env_remove("PYTHONPATH");
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
    let output = output.expect("the client is not installed: see tests/install");
    let (told, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}{wrong}\nthe server says:\n{}", server.log());
    assert!(told.ends_with("all is well\n"), "{told}");
}

both! {
    async fn the_python_client_connects_and_keeps_parts(store: Store) {
        run(&Server::start(store).await, "inventree_client.py").await;
    }

    async fn the_python_client_keeps_stock(store: Store) {
        run(&Server::start(store).await, "inventree_stock.py").await;
    }
}
