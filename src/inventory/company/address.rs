//! `/api/company/address/`: where companies are.

use std::sync::LazyLock;

use entities::inventory::address;
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DeriveIntoActiveModel, FromQueryResult, Order,
    prelude::*,
};
use serde::Serialize;

use super::super::links;
use crate::{
    db::Tx,
    rest::{
        ApiError, Filter, Kind, Resource, Table, View,
        field::{Given, Key, Link, Required},
    },
    scope::Role,
};

/// An address, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "Address")]
pub(in crate::inventory) struct AddressRead {
    /// Primary key
    pk: i32,
    /// Whose
    company: Key<links::Company>,
    /// What people call it
    title: String,
    /// Whether it is the one to use where none is named
    primary: bool,
    /// First line
    line1: String,
    /// Second line
    line2: String,
    /// Postal code
    postal_code: String,
    /// City
    postal_city: String,
    /// Province
    province: String,
    /// Country
    country: String,
    /// For the carrier
    shipping_notes: String,
    /// For us
    internal_shipping_notes: String,
    /// A page about it
    link: String,
}

/// An address in little.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "AddressBrief")]
pub(in crate::inventory) struct AddressBrief {
    /// Primary key
    pk: i32,
    /// First line
    line1: String,
    /// Second line
    line2: String,
    /// Postal code
    postal_code: String,
    /// City
    postal_city: String,
    /// Province
    province: String,
    /// Country
    country: String,
    /// For the carrier
    shipping_notes: String,
    /// For us
    internal_shipping_notes: String,
}

impl AddressBrief {
    /// Of a row.
    pub(super) fn of(row: address::Model) -> Self {
        Self {
            pk: row.id,
            line1: row.line1,
            line2: row.line2,
            postal_code: row.postal_code,
            postal_city: row.postal_city,
            province: row.province,
            country: row.country,
            shipping_notes: row.shipping_notes,
            internal_shipping_notes: row.internal_shipping_notes,
        }
    }
}

/// An address, as clients write it.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "AddressWrite")]
#[sea_orm(active_model = "address::ActiveModel")]
pub(in crate::inventory) struct AddressWrite {
    /// Whose
    company: Required<Key<links::Company>>,
    /// What people call it
    #[oai(validator(min_length = 1, max_length = 100))]
    title: Required<String>,
    /// Whether it is the one to use where none is named
    #[oai(rename = "primary")]
    is_primary: Given<bool>,
    /// First line
    #[oai(validator(max_length = 50))]
    line1: Given<String>,
    /// Second line
    #[oai(validator(max_length = 50))]
    line2: Given<String>,
    /// Postal code
    #[oai(validator(max_length = 10))]
    postal_code: Given<String>,
    /// City
    #[oai(validator(max_length = 50))]
    postal_city: Given<String>,
    /// Province
    #[oai(validator(max_length = 50))]
    province: Given<String>,
    /// Country
    #[oai(validator(max_length = 50))]
    country: Given<String>,
    /// For the carrier
    #[oai(validator(max_length = 100))]
    shipping_notes: Given<String>,
    /// For us
    #[oai(validator(max_length = 100))]
    internal_shipping_notes: Given<String>,
    /// A page about it
    #[oai(validator(max_length = 2000))]
    link: Given<Link>,
}

/// An address.
#[derive(Debug, FromQueryResult)]
pub(in crate::inventory) struct Row {
    #[sea_orm(nested)]
    address: address::Model,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use address::Column as C;
    let column = |column: C| Expr::col(column.as_column_ref());
    Table {
        filters: vec![Filter::eq("company", Kind::Key("company"), C::Company)],
        search: vec![column(C::Title), column(C::Line1), column(C::PostalCity), column(C::Country)],
        search_notes: Vec::new(),
        ordering: vec![("title", column(C::Title))],
        default_order: vec![(column(C::Title), Order::Asc)],
    }
});

/// The resource.
#[derive(Debug)]
pub(in crate::inventory) struct Addresses;

impl Resource for Addresses {
    const PATH: &'static str = "/company/address";
    const NAME: &'static str = "company_address";
    const KIND: &'static str = "Address";
    const ROLES: &'static [Role] = super::ROLES;
    const BULK_DELETE: bool = true;

    type Entity = address::Entity;
    type Row = Row;
    type Read = AddressRead;
    type Write = AddressWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> address::ActiveModel {
        address::ActiveModel {
            id: NotSet,
            company: NotSet,
            title: NotSet,
            is_primary: Set(false),
            line1: Set(String::new()),
            line2: Set(String::new()),
            postal_code: Set(String::new()),
            postal_city: Set(String::new()),
            province: Set(String::new()),
            country: Set(String::new()),
            shipping_notes: Set(String::new()),
            internal_shipping_notes: Set(String::new()),
            link: Set(String::new()),
        }
    }

    async fn show(_view: &View<'_>, rows: Vec<Row>) -> Result<Vec<AddressRead>, ApiError> {
        let read = |Row { address }: Row| AddressRead {
            pk: address.id,
            company: address.company.into(),
            title: address.title,
            primary: address.is_primary,
            line1: address.line1,
            line2: address.line2,
            postal_code: address.postal_code,
            postal_city: address.postal_city,
            province: address.province,
            country: address.country,
            shipping_notes: address.shipping_notes,
            internal_shipping_notes: address.internal_shipping_notes,
            link: address.link,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    async fn begin(tx: &Tx, _view: &View<'_>) -> Result<(), ApiError> {
        // Which of a company's addresses is primary is decided by one at a time.
        Ok(crate::inventory::stock::lock(tx).await?)
    }

    /// The first address of a company is its primary one, and only one is.
    async fn check(
        tx: &Tx,
        _view: &View<'_>,
        before: Option<&address::Model>,
        _sent: &AddressWrite,
        change: &mut address::ActiveModel,
    ) -> Result<(), ApiError> {
        let company = match &change.company {
            Set(company) => *company,
            _ => before.map_or(0, |row| row.company),
        };
        let others = || {
            let query = address::Entity::find().filter(address::Column::Company.eq(company));
            query.filter(address::Column::Id.ne(before.map_or(0, |row| row.id)))
        };
        if before.is_none() && others().count(&**tx).await? == 0 {
            change.is_primary = Set(true);
        }
        let primary = match &change.is_primary {
            Set(primary) => *primary,
            _ => before.is_some_and(|row| row.is_primary),
        };
        if primary {
            address::Entity::update_many()
                .col_expr(address::Column::IsPrimary, Expr::value(false))
                .filter(address::Column::Company.eq(company))
                .filter(address::Column::Id.ne(before.map_or(0, |row| row.id)))
                .exec(&**tx)
                .await?;
        }
        Ok(())
    }
}
