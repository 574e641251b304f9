//! Clients that others wrote, against a server that listens.

mod apache;
mod inventree;
mod openid;
mod relying_parties;

/// The client id and secret in what `application create` prints.
fn credentials(told: &str) -> (String, String) {
    let value = |name: &str| {
        let line = told.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("no {name} in:\n{told}"));
        line.split_whitespace().last().unwrap().to_owned()
    };
    (value("client_id"), value("client_secret"))
}
