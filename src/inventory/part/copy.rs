//! What a new part may bring with it: things of another part, its first stock, its first supplier.

use entities::{exact::Exact as _, inventory::part};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    prelude::*,
};
use serde_json::json;

use super::{Duplicate, PartWrite};
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

async fn original(tx: &Tx, duplicate: &Duplicate) -> Result<part::Model, ApiError> {
    let pk = duplicate.original.0.as_ref().map_or(0, |key| key.0);
    let found = part::Entity::find_by_id(pk).one(&**tx).await?;
    found.ok_or_else(|| nested("duplicate", "original", &no_such_pk(pk)))
}
