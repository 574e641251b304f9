//! `GET /api/version/` and `GET /api/version-text`: which release this is, for staff.

use chrono::NaiveDate;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use crate::{
    access::Auth,
    rest::{API_VERSION, INVENTREE_VERSION, Json, field::Day},
    scope::Need,
};

/// Which release this is.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "VersionView")]
struct About {
    /// Whether it is a development build.
    dev: bool,
    /// Stockade looks nowhere for newer releases, so it knows of none.
    up_to_date: bool,
    /// The versions.
    version: Versions,
    /// Where to read on.
    links: Links,
}

/// The versions of what clients may ask about.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "Version")]
struct Versions {
    /// The release whose contract is spoken, and whose server speaks it.
    server: String,
    /// The version of the contract.
    api: u32,
    /// Not recorded.
    commit_hash: String,
    /// Not recorded.
    commit_date: String,
    /// Not recorded.
    commit_branch: Option<String>,
    /// There is no Python here.
    python: String,
    /// There is no Django here.
    django: String,
}

/// Where to read on.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "Link")]
struct Links {
    /// Documentation of the contract.
    doc: String,
    /// The source of the server that the contract is from.
    code: String,
    /// The mobile client.
    app: String,
    /// Where to report faults of the contract.
    bug: String,
}

/// What a version of the contract changed.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "VersionInformation")]
struct Changes {
    /// `v534`.
    version: String,
    /// When.
    date: Day,
    /// A page about it.
    gh: Option<String>,
    /// What changed.
    text: Vec<String>,
    /// Whether there is none newer.
    latest: bool,
}

/// The operations.
pub(super) struct Version;

#[OpenApi]
impl Version {
    /// Which release this is
    #[oai(path = "/version", method = "get", operation_id = "version_retrieve")]
    async fn retrieve(&self, #[oai(scope = "Need::Staff")] _who: Auth) -> Json<About> {
        Json(About {
            dev: false,
            up_to_date: true,
            version: Versions {
                server: format!("{INVENTREE_VERSION} (Stockade {})", env!("CARGO_PKG_VERSION")),
                api: API_VERSION,
                commit_hash: String::new(),
                commit_date: String::new(),
                commit_branch: None,
                python: String::new(),
                django: String::new(),
            },
            links: Links {
                doc: "https://docs.inventree.org".into(),
                code: "https://github.com/inventree/InvenTree".into(),
                app: "https://docs.inventree.org/en/latest/app/".into(),
                bug: "https://github.com/inventree/InvenTree/issues".into(),
            },
        })
    }

    /// What the versions of the contract changed
    ///
    /// Only the version that is spoken is known.
    #[oai(path = "/version-text", method = "get", operation_id = "version_text_list")]
    async fn text(&self, #[oai(scope = "Need::Staff")] _who: Auth) -> Json<Vec<Changes>> {
        Json(vec![Changes {
            version: format!("v{API_VERSION}"),
            date: Day(NaiveDate::from_ymd_opt(2026, 8, 5).unwrap_or_default()),
            gh: None,
            text: vec!["The version of InvenTree's contract that this server keeps.".into()],
            latest: true,
        }])
    }
}
