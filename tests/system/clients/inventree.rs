//! The Python package `inventree`, as scripts and label printers use it. What it does and expects is in
//! `inventree_client.py`; `tests/install` installs it.

use std::{path::Path, process::Command};

use crate::support::{
    both,
    server::{ADMIN, Server},
};

both! {
    async fn the_python_client_connects_and_keeps_parts(store: Store) {
        let server = Server::start(store).await;
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new(root.join("tests/.cache/venv/bin/python"));
        command
            .arg("-B")
            .arg(root.join("tests/system/clients/inventree_client.py"))
            .args([&server.url, ADMIN.0, ADMIN.1])
            .env_remove("PYTHONPATH");
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
        let output = output.expect("the client is not installed: see tests/install");
        let (told, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{told}{wrong}\nthe server says:\n{}", server.log());
        assert!(told.ends_with("all is well\n"), "{told}");
    }
}
