//! What must hold of a part beyond its single fields. Texts are `InvenTree`'s. Still to come with what they need: units are
//! any text, and a part that is used in an assembly is not known to be.

use entities::inventory::{part, part_category};
use sea_orm::{
    ActiveValue::{self, Set, Unchanged},
    QuerySelect as _,
    prelude::*,
};

use crate::{
    db::Tx,
    rest::{ApiError, Fields, error::no_such_pk, invalid_object},
};

/// The value that a column has after a change.
fn after<T: Clone + Into<sea_orm::Value> + Default>(change: &ActiveValue<T>, before: Option<&T>) -> T {
    match change {
        Set(value) | Unchanged(value) => value.clone(),
        ActiveValue::NotSet => before.cloned().unwrap_or_default(),
    }
}

/// Checks a change.
pub(super) async fn check(tx: &Tx, before: Option<&part::Model>, change: &part::ActiveModel) -> Result<(), ApiError> {
    let own = before.map(|part| part.id);
    let mut errors = Fields::new();

    let category = after(&change.category, before.map(|p| &p.category));
    if let Some(pk) = category.filter(|_| matches!(change.category, Set(_))) {
        match part_category::Entity::find_by_id(pk).one(&**tx).await? {
            None => errors.add("category", no_such_pk(pk)),
            Some(found) if found.structural => {
                errors.add("category", "Parts cannot be assigned to structural part categories!");
            }
            Some(_) => {}
        }
    }

    let variant_of = after(&change.variant_of, before.map(|p| &p.variant_of));
    if let Some(pk) = variant_of.filter(|_| matches!(change.variant_of, Set(_))) {
        match part::Entity::find_by_id(pk).one(&**tx).await? {
            Some(template) if template.is_template => {
                if let Some(own) = own
                    && is_variant(tx, template, own).await?
                {
                    errors.add("variant_of", "Invalid choice");
                }
            }
            _ => errors.add("variant_of", no_such_pk(pk)),
        }
    }

    let revision_of = after(&change.revision_of, before.map(|p| &p.revision_of));
    let touched = matches!(change.revision_of, Set(_)) || matches!(change.revision, Set(_));
    if let Some(pk) = revision_of.filter(|_| touched) {
        let revision = after(&change.revision, before.map(|p| &p.revision));
        match part::Entity::find_by_id(pk).one(&**tx).await? {
            None => errors.add("revision_of", no_such_pk(pk)),
            Some(original) => {
                if Some(original.id) == own {
                    errors.add("revision_of", "Part cannot be a revision of itself");
                } else if original.revision_of.is_some() {
                    errors.add("revision_of", "Cannot make a revision of a part which is already a revision");
                } else if original.is_template {
                    errors.add("revision_of", "Cannot make a revision of a template part");
                } else if original.variant_of != variant_of {
                    errors.add("revision_of", "Parent part must point to the same template");
                }
                if revision.is_empty() {
                    errors.add("revision", "Revision code must be specified");
                }
            }
        }
    }
    errors.into_result()?;

    let name = after(&change.name, before.map(|p| &p.name));
    let ipn = after(&change.ipn, before.map(|p| &p.ipn));
    let revision = after(&change.revision, before.map(|p| &p.revision));
    let same = part::Entity::find()
        .filter(part::Column::Name.eq(name))
        .filter(part::Column::Ipn.eq(ipn))
        .filter(part::Column::Revision.eq(revision))
        .filter(part::Column::Id.ne(own.unwrap_or(0)));
    if same.count(&**tx).await? > 0 {
        return Err(invalid_object("The fields name, IPN, revision must make a unique set."));
    }
    Ok(())
}

/// Whether a template is a part or one of its variants, so that it cannot be what the part is a variant of.
async fn is_variant(tx: &Tx, template: part::Model, pk: i32) -> Result<bool, DbErr> {
    let mut current = Some(template.id);
    // The chain is acyclic already; the bound is for a database that somebody else has written to.
    for _ in 0..1000 {
        match current {
            None => return Ok(false),
            Some(id) if id == pk => return Ok(true),
            Some(id) => {
                let above = part::Entity::find_by_id(id).select_only().column(part::Column::VariantOf);
                current = above.into_tuple::<Option<i32>>().one(&**tx).await?.flatten();
            }
        }
    }
    Ok(true)
}

/// Whether a part may be deleted.
pub(in crate::inventory) fn removable(part: &part::Model) -> Result<(), ApiError> {
    if part.locked {
        return Err(invalid_object("Cannot delete this part as it is locked"));
    }
    if part.active {
        return Err(invalid_object("Cannot delete this part as it is still active"));
    }
    Ok(())
}
