//! Who works in the company, what they may do, and the applications that they use.

use std::collections::BTreeSet;

use super::Shop;
use crate::{
    accounts::{
        author::Author,
        group::{self, Rules},
        person::{self, New},
    },
    cli::Failure,
    oauth::application::{self, ClientType, Draft, Grantor},
    scope::Role,
};

/// Somebody who works there.
pub(super) struct Staff {
    pub(super) username: &'static str,
    pub(super) first: &'static str,
    pub(super) last: &'static str,
    pub(super) groups: &'static [&'static str],
}

const fn staff(
    username: &'static str,
    first: &'static str,
    last: &'static str,
    groups: &'static [&'static str],
) -> Staff {
    Staff { username, first, last, groups }
}

/// Runs everything.
pub(super) const ADMINISTRATOR: &str = "dana";
/// Draws up parts.
pub(super) const ENGINEER: &str = "elena";
/// Moves stock.
pub(super) const STOREKEEPER: &str = "sam";
/// Buys.
pub(super) const BUYER: &str = "priya";

/// Everybody; the first is the administrator.
pub(super) const STAFF: &[Staff] = &[
    staff(ADMINISTRATOR, "Dana", "Whitlock", &["Administrators"]),
    staff(ENGINEER, "Elena", "Markovic", &["Engineering"]),
    staff("tomas", "Tomas", "Lind", &["Engineering", "Production"]),
    staff(STOREKEEPER, "Sam", "Okafor", &["Stores"]),
    staff(BUYER, "Priya", "Raman", &["Purchasing"]),
    staff("mei", "Mei", "Tanaka", &["Production"]),
    staff("victor", "Victor", "Hale", &["Viewers"]),
];

const CHANGE: Rules = Rules { view: true, add: true, change: true, delete: false };

/// What each group may do.
const GROUPS: &[(&str, &[(Role, Rules)])] = &[
    ("Administrators", &[(Role::Admin, Rules::ALL)]),
    (
        "Engineering",
        &[
            (Role::PartCategory, Rules::ALL),
            (Role::Part, Rules::ALL),
            (Role::Bom, Rules::ALL),
            (Role::Stock, Rules::VIEW),
            (Role::StockLocation, Rules::VIEW),
            (Role::PurchaseOrder, Rules::VIEW),
            (Role::Build, CHANGE),
        ],
    ),
    (
        "Stores",
        &[
            (Role::Part, Rules::VIEW),
            (Role::PartCategory, Rules::VIEW),
            (Role::Stock, Rules::ALL),
            (Role::StockLocation, Rules::ALL),
            (Role::SalesOrder, CHANGE),
            (Role::TransferOrder, Rules::ALL),
        ],
    ),
    (
        "Purchasing",
        &[
            (Role::Part, CHANGE),
            (Role::PartCategory, Rules::VIEW),
            (Role::PurchaseOrder, Rules::ALL),
            (Role::Stock, Rules::VIEW),
            (Role::StockLocation, Rules::VIEW),
        ],
    ),
    (
        "Production",
        &[
            (Role::Part, Rules::VIEW),
            (Role::Bom, Rules::VIEW),
            (Role::Build, Rules::ALL),
            (Role::Stock, CHANGE),
            (Role::StockLocation, Rules::VIEW),
        ],
    ),
    (
        "Viewers",
        &[
            (Role::Part, Rules::VIEW),
            (Role::PartCategory, Rules::VIEW),
            (Role::Bom, Rules::VIEW),
            (Role::Stock, Rules::VIEW),
            (Role::StockLocation, Rules::VIEW),
        ],
    ),
];

/// Makes them.
pub(super) async fn make(shop: &mut Shop<'_>, password: &str) -> Result<(), Failure> {
    let (ctx, operator) = (shop.ctx, Author::operator());
    for (name, rules) in GROUPS {
        let made = group::create(ctx, &operator, name).await?;
        for (role, rules) in *rules {
            group::set_rules(ctx, &operator, made.id, *role, *rules).await?;
        }
    }
    for Staff { username, first, last, groups } in STAFF {
        let mut ids = BTreeSet::new();
        for name in *groups {
            ids.extend(group::by_name(ctx.db.reader(), name).await?.map(|group| group.id));
        }
        let runs_it = *username == ADMINISTRATOR;
        let new = New {
            username: (*username).to_owned(),
            first_name: (*first).to_owned(),
            last_name: (*last).to_owned(),
            email: format!("{username}@larkfield.example"),
            is_staff: runs_it,
            is_superuser: runs_it,
            groups: ids,
            ..New::default()
        };
        let made = person::create(ctx, &operator, new, Some(password)).await?;
        shop.api.admit(ctx, &made).await?;
    }
    shop.api.by(ADMINISTRATOR);
    Ok(())
}

/// Registers the two applications; each as a line for whoever tries them.
pub(super) async fn applications(shop: &Shop<'_>) -> Result<Vec<String>, Failure> {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let scanner = Draft {
        name: "Shelf Scanner".to_owned(),
        client_id: "larkfield-scanner".to_owned(),
        client_type: ClientType::Public.name().to_owned(),
        consent: application::Consent::Always.name().to_owned(),
        redirect_uris: "http://127.0.0.1/callback".to_owned(),
        scope: words(
            "openid profile offline_access g:read r:view:part r:view:stock r:change:stock r:view:stock_location",
        ),
        default_scope: words("openid profile"),
        ..Draft::default()
    };
    let shop_window = Draft {
        name: "Larkfield Web Shop".to_owned(),
        client_id: "larkfield-shop".to_owned(),
        redirect_uris: "https://shop.larkfield.example/callback".to_owned(),
        grant_types: words("authorization_code refresh_token client_credentials"),
        scope: words("openid profile email g:read r:view:part r:view:part_category r:view:stock"),
        default_scope: words("openid"),
        ..Draft::default()
    };
    let mut lines = Vec::new();
    for draft in [scanner, shop_window] {
        let stored = application::register(shop.ctx, &Grantor::operator(), &draft).await?;
        let secret = stored.secret.map_or_else(String::new, |secret| format!(", client_secret {secret}"));
        lines.push(format!("{}: client_id {}{secret}", draft.name, stored.application.client_id));
    }
    Ok(lines)
}
