//! `/api/company/contact/`: people at companies.

use std::{collections::HashMap, sync::LazyLock};

use entities::inventory::contact;
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DeriveIntoActiveModel, FromQueryResult, Order,
    prelude::*,
};
use serde::Serialize;

use super::{super::links, briefs};
use crate::{
    rest::{
        ApiError, Filter, Kind, Resource, Table, View,
        field::{Email, Given, Key, Required},
    },
    scope::Role,
};

/// Somebody at a company, as clients read them.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "Contact")]
pub(in crate::inventory) struct ContactRead {
    /// Primary key
    pk: i32,
    /// Where
    company: Key<links::Company>,
    /// Where, by name
    company_name: String,
    /// Who
    name: String,
    /// Telephone number
    phone: String,
    /// Address for email
    email: String,
    /// What for
    role: String,
}

/// Somebody at a company, as clients write them.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "ContactWrite")]
#[sea_orm(active_model = "contact::ActiveModel")]
pub(in crate::inventory) struct ContactWrite {
    /// Where
    company: Required<Key<links::Company>>,
    /// Who
    #[oai(validator(min_length = 1, max_length = 100))]
    name: Required<String>,
    /// Telephone number
    #[oai(validator(max_length = 100))]
    phone: Given<String>,
    /// Address for email
    #[oai(validator(max_length = 254))]
    email: Given<Email>,
    /// What for
    #[oai(validator(max_length = 100))]
    role: Given<String>,
}

/// Somebody.
#[derive(Debug, FromQueryResult)]
pub(in crate::inventory) struct Row {
    #[sea_orm(nested)]
    contact: contact::Model,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use contact::Column as C;
    let column = |column: C| Expr::col(column.as_column_ref());
    Table {
        filters: vec![Filter::eq("company", Kind::Key("company"), C::Company)],
        search: vec![
            column(C::Name),
            Expr::cust("(SELECT found.name FROM company found WHERE found.id = contact.company)"),
        ],
        search_notes: Vec::new(),
        ordering: vec![("name", column(C::Name))],
        default_order: vec![(column(C::Name), Order::Asc)],
    }
});

/// The resource.
#[derive(Debug)]
pub(in crate::inventory) struct Contacts;

impl Resource for Contacts {
    const PATH: &'static str = "/company/contact";
    const NAME: &'static str = "company_contact";
    const KIND: &'static str = "Contact";
    const ROLES: &'static [Role] = super::ROLES;
    const BULK_DELETE: bool = true;

    type Entity = contact::Entity;
    type Row = Row;
    type Read = ContactRead;
    type Write = ContactWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> contact::ActiveModel {
        contact::ActiveModel {
            id: NotSet,
            company: NotSet,
            name: NotSet,
            phone: Set(String::new()),
            email: Set(String::new()),
            role: Set(String::new()),
        }
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<ContactRead>, ApiError> {
        let names = briefs(view.ctx, rows.iter().map(|row| row.contact.company).collect()).await?;
        let names: HashMap<i32, String> = names.into_iter().map(|(key, company)| (key, company.name)).collect();
        let read = |Row { contact }: Row| {
            let contact::Model { id, company, name, phone, email, role } = contact;
            let company_name = names.get(&company).cloned().unwrap_or_default();
            ContactRead { pk: id, company: company.into(), company_name, name, phone, email, role }
        };
        Ok(rows.into_iter().map(read).collect())
    }
}
