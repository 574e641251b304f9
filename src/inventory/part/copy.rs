//! What a new part may bring with it: things of another part, its first stock, its first supplier.

use entities::{
    exact::Quantity,
    inventory::{part, part_test_template},
};
use sea_orm::{
    ActiveModelTrait as _,
    ActiveValue::{NotSet, Set},
    IntoActiveModel as _,
    prelude::*,
};
use serde_json::json;

use super::{
    Duplicate, PartWrite,
    bom::{self, Copy},
    company::{
        manufacturer_part::ManufacturerParts,
        supplier_part::{self, SupplierParts},
    },
    family::ancestors_sql,
    links,
    stock::{self, StockItems},
};
use crate::{
    db::Tx,
    rest::{
        ApiError, Fields, Resource as _, View,
        error::no_such_pk,
        field::{Given, Key},
    },
};

/// An error of a field inside one of these.
fn nested(field: &str, inner: &str, message: &str) -> ApiError {
    let mut fields = Fields::new();
    fields.nest(field, json!({ inner: [message] }));
    ApiError::Invalid(fields)
}

/// The first stock that is asked for: how much, and where.
fn stock_of(sent: &PartWrite) -> Option<(Quantity, Option<i32>)> {
    let stock = sent.initial_stock.0.as_ref()?.as_ref()?;
    let quantity = stock.quantity.0.as_ref()?.0;
    let location = stock.location.0.as_ref().and_then(Option::as_ref).map(|key| key.0);
    (quantity > Quantity::ZERO).then_some((quantity, location))
}

/// A company and its number for the part.
type Source = (i32, String);

/// One that is asked for; without both `InvenTree` makes nothing of it.
fn source(company: &Given<Option<Key<links::Company>>>, number: &Given<String>) -> Option<Source> {
    let company = company.0.as_ref()?.as_ref()?.0;
    let number = number.0.clone().filter(|number| !number.is_empty())?;
    Some((company, number))
}

/// The first maker and seller that are asked for.
fn sources_of(sent: &PartWrite) -> (Option<Source>, Option<Source>) {
    let Some(Some(initial)) = &sent.initial_supplier.0 else { return (None, None) };
    (source(&initial.manufacturer, &initial.mpn), source(&initial.supplier, &initial.sku))
}

/// Errors of what is made, under the field that asked for it.
fn under(field: &'static str) -> impl Fn(ApiError) -> ApiError {
    move |error| match error {
        ApiError::Invalid(inner) => {
            let mut fields = Fields::new();
            fields.nest(field, inner.into_value());
            ApiError::Invalid(fields)
        }
        error => error,
    }
}

/// What was asked for can be done; the columns of a copy are filled.
pub(super) async fn check(
    tx: &Tx,
    view: &View<'_>,
    sent: &PartWrite,
    new: &mut part::ActiveModel,
) -> Result<(), ApiError> {
    let (stock, (maker, seller)) = (stock_of(sent), sources_of(sent));
    // InvenTree gives stock and suppliers to whoever may add parts.
    if (stock.is_some() && !view.who.may(StockItems::ADD))
        || (maker.is_some() && !view.who.may(ManufacturerParts::ADD))
        || (seller.is_some() && !view.who.may(SupplierParts::ADD))
    {
        return Err(ApiError::Denied);
    }
    if stock.is_some() || maker.is_some() || seller.is_some() {
        // Before a row is locked: whoever has this lock may wait for rows.
        stock::lock(tx).await?;
    }
    let Some(Some(duplicate)) = &sent.duplicate.0 else { return Ok(()) };
    let original = original(tx, duplicate).await?;
    if duplicate.copy_image.0 == Some(true) && matches!(new.image, NotSet | Set(None)) {
        new.image = Set(original.image);
    }
    if duplicate.copy_notes.0 != Some(false) && sent.notes.0.is_none() {
        new.notes = Set(original.notes);
    }
    Ok(())
}

/// What a new part takes from another, once it is there.
pub(super) async fn bring(tx: &Tx, view: &View<'_>, sent: &PartWrite, new: &part::Model) -> Result<(), ApiError> {
    if let Some((quantity, location)) = stock_of(sent) {
        stock::first(tx, view, new.id, quantity, location).await.map_err(under("initial_stock"))?;
    }
    let (maker, seller) = sources_of(sent);
    supplier_part::first(tx, view, new.id, maker, seller).await.map_err(under("initial_supplier"))?;
    let Some(Some(duplicate)) = &sent.duplicate.0 else { return Ok(()) };
    let original = duplicate.original.0.as_ref().map_or(0, |key| key.0);
    if duplicate.copy_tests.0 == Some(true) && new.testable {
        tests(tx, original, new.id).await?;
    }
    if duplicate.copy_bom.0 == Some(true) && new.assembly {
        let how = Copy { remove_existing: false, include_inherited: false, skip_invalid: true, substitutes: true };
        bom::copy(tx, original, new.id, how).await?;
    }
    Ok(())
}

async fn tests(tx: &Tx, original: i32, new: i32) -> Result<(), DbErr> {
    use part_test_template::Column as C;
    // A variant has the tests of its templates already.
    let there = format!(
        "part_test_template.key NOT IN (SELECT t.key FROM part_test_template t WHERE t.part IN ({}))",
        ancestors_sql(&[new])
    );
    let tests = part_test_template::Entity::find().filter(C::Part.eq(original)).filter(Expr::cust(there));
    let copied = |test: part_test_template::Model| {
        let mut copy = test.into_active_model().reset_all();
        copy.id = NotSet;
        copy.part = Set(new);
        copy
    };
    let tests: Vec<_> = tests.all(&**tx).await?.into_iter().map(copied).collect();
    if !tests.is_empty() {
        part_test_template::Entity::insert_many(tests).exec_without_returning(&**tx).await?;
    }
    Ok(())
}

async fn original(tx: &Tx, duplicate: &Duplicate) -> Result<part::Model, ApiError> {
    let pk = duplicate.original.0.as_ref().map_or(0, |key| key.0);
    let found = part::Entity::find_by_id(pk).one(&**tx).await?;
    found.ok_or_else(|| nested("duplicate", "original", &no_such_pk(pk)))
}
