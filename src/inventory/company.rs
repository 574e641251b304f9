//! `/api/company/`: customers, suppliers and manufacturers.

pub(super) mod address;
pub(super) mod contact;
pub(super) mod manufacturer_part;
pub(super) mod price_break;
pub(super) mod supplier_part;

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use entities::inventory::{address as addresses, company};
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DeriveIntoActiveModel, FromQueryResult, Order, QuerySelect as _,
    prelude::*,
};
use serde::Serialize;

use self::address::AddressBrief;
use super::{
    money,
    tags::{self, Tagged},
};
use crate::{
    ctx::Ctx,
    db::Tx,
    rest::{
        ApiError, Filter, Kind, Purpose, Resource, Table, View,
        field::{Email, Given, Link, Markdown, OrBlank, Required, Shown},
        invalid_object,
    },
    scope::Role,
};

/// What `InvenTree` calls one where something hangs on it.
const MODEL: &str = "company";

/// The roles that know companies.
const ROLES: &[Role] = &[Role::PurchaseOrder, Role::SalesOrder, Role::ReturnOrder];

/// A company, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "Company")]
pub(super) struct CompanyRead {
    /// Primary key
    pk: i32,
    /// Its name
    name: String,
    /// What it does
    description: String,
    /// Its website
    website: String,
    /// Its telephone number
    phone: String,
    /// Its address for email
    email: Option<String>,
    /// The currency of its prices
    currency: String,
    /// Whom to ask for
    contact: String,
    /// A page about it
    link: String,
    /// Picture
    image: Option<String>,
    /// In use
    active: bool,
    /// Do you sell items to this company?
    is_customer: bool,
    /// Does this company manufacture parts?
    is_manufacturer: bool,
    /// Do you purchase items from this company?
    is_supplier: bool,
    /// Markdown notes
    notes: Option<String>,
    /// How many supplier parts it sells
    parts_supplied: i64,
    /// How many manufacturer parts it makes
    parts_manufactured: i64,
    /// Its primary address; not in lists
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    primary_address: Shown<Option<AddressBrief>>,
    /// Its number for taxes
    tax_id: String,
    /// Words to find it by; with `tags`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    tags: Shown<Vec<String>>,
}

/// A company, as clients write it.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "CompanyWrite")]
#[sea_orm(active_model = "company::ActiveModel")]
pub(super) struct CompanyWrite {
    /// Its name
    #[oai(validator(min_length = 1, max_length = 100))]
    name: Required<String>,
    /// What it does
    #[oai(validator(max_length = 500))]
    description: Given<String>,
    /// Its website
    #[oai(validator(max_length = 2000))]
    website: Given<Link>,
    /// Its telephone number
    #[oai(validator(max_length = 50))]
    phone: Given<String>,
    /// Its address for email
    #[oai(validator(max_length = 254))]
    email: Given<Option<Email>>,
    /// The currency of its prices
    #[oai(validator(max_length = 3))]
    currency: Given<OrBlank>,
    /// Whom to ask for
    #[oai(validator(max_length = 100))]
    contact: Given<String>,
    /// A page about it
    #[oai(validator(max_length = 2000))]
    link: Given<Link>,
    /// In use
    active: Given<bool>,
    /// Do you sell items to this company?
    is_customer: Given<bool>,
    /// Does this company manufacture parts?
    is_manufacturer: Given<bool>,
    /// Do you purchase items from this company?
    is_supplier: Given<bool>,
    /// Markdown notes (optional)
    #[oai(validator(max_length = 50000))]
    notes: Given<Option<Markdown>>,
    /// Its number for taxes
    #[oai(validator(max_length = 50))]
    tax_id: Given<String>,
    /// Words to find it by
    #[sea_orm(ignore)]
    tags: Given<Vec<String>>,
}

/// A company in little, inside what is about it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "CompanyBrief")]
pub(super) struct CompanyBrief {
    /// Primary key
    pk: i32,
    /// In use
    active: bool,
    /// Its name
    name: String,
    /// What it does
    description: String,
    /// Picture
    image: Option<String>,
    /// Small picture
    thumbnail: String,
    /// The currency of its prices
    currency: String,
    /// Its number for taxes
    tax_id: String,
}

/// The companies with these keys in little, in one statement.
async fn briefs(ctx: &Ctx, keys: BTreeSet<i32>) -> Result<HashMap<i32, CompanyBrief>, DbErr> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let query = company::Entity::find();
    // Beyond some thousand keys the whole table is the smaller question.
    let query = if keys.len() <= 5000 { query.filter(company::Column::Id.is_in(keys)) } else { query };
    let brief = |row: company::Model| CompanyBrief {
        pk: row.id,
        active: row.active,
        name: row.name,
        description: row.description,
        image: row.image,
        thumbnail: "/static/img/blank_image.thumbnail.png".to_owned(),
        currency: row.currency,
        tax_id: row.tax_id,
    };
    Ok(query.all(ctx.db.reader()).await?.into_iter().map(|row| (row.id, brief(row))).collect())
}

/// A company with what is counted for it.
#[derive(Debug, FromQueryResult)]
pub(super) struct Row {
    #[sea_orm(nested)]
    company: company::Model,
    parts_supplied: i64,
    parts_manufactured: i64,
}

const SUPPLIED: &str = "(SELECT COUNT(*) FROM supplier_part s WHERE s.supplier = company.id)";
const MANUFACTURED: &str = "(SELECT COUNT(*) FROM manufacturer_part m WHERE m.manufacturer = company.id)";

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use company::Column as C;
    let column = |column: C| Expr::col(column.as_column_ref());
    Table {
        filters: vec![
            Filter::eq("active", Kind::Bool, C::Active),
            Filter::eq("is_customer", Kind::Bool, C::IsCustomer),
            Filter::eq("is_manufacturer", Kind::Bool, C::IsManufacturer),
            Filter::eq("is_supplier", Kind::Bool, C::IsSupplier),
            Filter::eq("name", Kind::Text, C::Name),
            tags::filter(MODEL, C::Id),
        ],
        search: vec![column(C::Name), column(C::Description), column(C::Website), column(C::TaxId)],
        search_notes: vec![column(C::Notes)],
        ordering: vec![
            ("active", column(C::Active)),
            ("name", column(C::Name)),
            ("parts_supplied", Expr::cust(SUPPLIED)),
            ("parts_manufactured", Expr::cust(MANUFACTURED)),
        ],
        default_order: vec![(column(C::Name), Order::Asc)],
    }
});

/// The resource.
#[derive(Debug)]
pub(super) struct Companies;

impl Resource for Companies {
    const PATH: &'static str = "/company";
    const NAME: &'static str = "company";
    const KIND: &'static str = "Company";
    const ROLES: &'static [Role] = ROLES;

    type Entity = company::Entity;
    type Row = Row;
    type Read = CompanyRead;
    type Write = CompanyWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> company::ActiveModel {
        company::ActiveModel {
            id: NotSet,
            name: NotSet,
            description: Set(String::new()),
            website: Set(String::new()),
            phone: Set(String::new()),
            email: Set(None),
            currency: Set(money::DEFAULT.to_owned()),
            contact: Set(String::new()),
            link: Set(String::new()),
            tax_id: Set(String::new()),
            image: Set(None),
            notes: Set(None),
            active: Set(true),
            is_customer: Set(false),
            is_manufacturer: Set(false),
            is_supplier: Set(true),
        }
    }

    fn columns(query: Select<company::Entity>, _view: &View<'_>) -> Select<company::Entity> {
        query.expr_as(Expr::cust(SUPPLIED), "parts_supplied").expr_as(Expr::cust(MANUFACTURED), "parts_manufactured")
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<CompanyRead>, ApiError> {
        let whole = view.purpose != Purpose::List;
        let mut primary = HashMap::new();
        if whole {
            let keys = rows.iter().map(|row| row.company.id);
            let query = addresses::Entity::find().filter(addresses::Column::Company.is_in(keys));
            let found = query.filter(addresses::Column::IsPrimary.eq(true)).all(view.ctx.db.reader()).await?;
            primary.extend(found.into_iter().map(|row| (row.company, AddressBrief::of(row))));
        }
        let mut tags = Tagged::of(view, &TABLE, MODEL, rows.iter().map(|row| row.company.id)).await?;
        let read = |row: Row| {
            let address = primary.remove(&row.company.id);
            let tags = tags.take(row.company.id);
            CompanyRead { tags, ..read(row, Shown(whole.then_some(address))) }
        };
        Ok(rows.into_iter().map(read).collect())
    }

    async fn check(
        _tx: &Tx,
        _view: &View<'_>,
        _before: Option<&company::Model>,
        _sent: &CompanyWrite,
        change: &mut company::ActiveModel,
    ) -> Result<(), ApiError> {
        if let Set(currency) = &change.currency {
            change.currency = Set(money::currency(currency, "currency")?);
        }
        // No address at all is null, so that several companies may have none.
        if matches!(&change.email, Set(Some(email)) if email.is_empty()) {
            change.email = Set(None);
        }
        Ok(())
    }

    async fn saved(
        tx: &Tx,
        _view: &View<'_>,
        _before: Option<&company::Model>,
        after: &company::Model,
        sent: &CompanyWrite,
    ) -> Result<(), ApiError> {
        tags::set(tx, MODEL, after.id, &sent.tags).await
    }

    async fn removable(tx: &Tx, row: &company::Model) -> Result<(), ApiError> {
        use entities::inventory::stock_item;
        let held = stock_item::Entity::find().filter(stock_item::Column::Customer.eq(row.id)).count(&**tx).await?;
        if held > 0 {
            return Err(invalid_object("Cannot delete this company as it has stock"));
        }
        Ok(())
    }
}

fn read(row: Row, primary_address: Shown<Option<AddressBrief>>) -> CompanyRead {
    let Row { company, parts_supplied, parts_manufactured } = row;
    let company::Model {
        id,
        name,
        description,
        website,
        phone,
        email,
        currency,
        contact,
        link,
        tax_id,
        image,
        notes,
        active,
        is_customer,
        is_manufacturer,
        is_supplier,
    } = company;
    CompanyRead {
        pk: id,
        name,
        description,
        website,
        phone,
        email,
        currency,
        contact,
        link,
        image,
        active,
        is_customer,
        is_manufacturer,
        is_supplier,
        notes,
        parts_supplied,
        parts_manufactured,
        primary_address,
        tax_id,
        tags: Shown(None),
    }
}
