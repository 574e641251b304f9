//! What a new part may bring with it: things of another part, its first stock, its first supplier.

use entities::{
    exact::Exact as _,
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
    family::ancestors_sql,
};
use crate::{
    db::Tx,
    rest::{ApiError, Fields, error::no_such_pk},
};

/// An error of a field inside one of these.
fn nested(field: &str, inner: &str, message: &str) -> ApiError {
    let mut fields = Fields::new();
    fields.nest(field, json!({ inner: [message] }));
    ApiError::Invalid(fields)
}

/// What was asked for can be done; the columns of a copy are filled.
pub(super) async fn check(tx: &Tx, sent: &PartWrite, new: &mut part::ActiveModel) -> Result<(), ApiError> {
    // A part without the stock that came with it would be a silent loss, so this is refused, not ignored.
    if let Some(Some(stock)) = &sent.initial_stock.0
        && stock.quantity.0.unwrap_or_default().0.is_positive()
    {
        return Err(nested("initial_stock", "quantity", "This server keeps no stock yet: leave it out, or send 0."));
    }
    if let Some(Some(supplier)) = &sent.initial_supplier.0 {
        for (field, company) in [("supplier", &supplier.supplier), ("manufacturer", &supplier.manufacturer)] {
            if let Some(Some(pk)) = &company.0 {
                return Err(nested("initial_supplier", field, &no_such_pk(pk.0)));
            }
        }
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
pub(super) async fn bring(tx: &Tx, sent: &PartWrite, new: &part::Model) -> Result<(), ApiError> {
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
