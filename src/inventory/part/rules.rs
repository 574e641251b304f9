//! What must hold of a part beyond its single fields, as the settings have it. Texts are `InvenTree`'s.

use std::collections::BTreeSet;

use entities::inventory::{bom_item, part, part_category};
use sea_orm::{
    ActiveValue::{self, Set, Unchanged},
    QuerySelect as _,
    prelude::*,
};

use super::{Policy, bom, family, turn};
use crate::{
    db::Tx,
    inventory::unit::Unit,
    rest::{ApiError, Fields, Pattern, error::no_such_pk, invalid, invalid_object},
};

/// The value that a column has after a change.
fn after<T: Clone + Into<sea_orm::Value> + Default>(change: &ActiveValue<T>, before: Option<&T>) -> T {
    match change {
        Set(value) | Unchanged(value) => value.clone(),
        ActiveValue::NotSet => before.cloned().unwrap_or_default(),
    }
}

/// Checks a change.
pub(super) async fn check(
    tx: &Tx,
    policy: &Policy,
    before: Option<&part::Model>,
    change: &part::ActiveModel,
) -> Result<(), ApiError> {
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
        if matches!(change.revision_of, Set(_)) && before.is_none_or(|before| before.revision_of != Some(pk)) {
            if !policy.is_on("PART_ENABLE_REVISION") {
                errors.add("revision_of", "Part revisions are not enabled");
            } else if policy.is_on("PART_REVISION_ASSEMBLY_ONLY")
                && !after(&change.assembly, before.map(|p| &p.assembly))
            {
                errors.add("revision_of", "Revisions are only allowed for assembly parts");
            }
        }
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
    ipn(tx, policy, before, change, &mut errors).await?;
    if let Set(Some(units)) = &change.units
        && before.is_none_or(|before| before.units.as_ref() != Some(units))
        && Unit::parse(units).is_none()
    {
        errors.add("units", "Invalid physical unit");
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

/// The rules of internal part numbers.
async fn ipn(
    tx: &Tx,
    policy: &Policy,
    before: Option<&part::Model>,
    change: &part::ActiveModel,
    errors: &mut Fields,
) -> Result<(), ApiError> {
    let Set(ipn) = &change.ipn else { return Ok(()) };
    if before.is_some_and(|before| before.ipn == *ipn) {
        return Ok(());
    }
    if before.is_some() && !policy.is_on("PART_ALLOW_EDIT_IPN") {
        errors.add("IPN", "Internal part numbers cannot be changed");
    }
    if ipn.is_empty() {
        return Ok(());
    }
    let pattern = policy.text("PART_IPN_REGEX");
    if !pattern.is_empty() && !Pattern::parse(pattern, false).is_ok_and(|parsed| parsed.matches(ipn)) {
        errors.add("IPN", format!("IPN must match regex pattern {pattern}"));
    }
    if !policy.is_on("PART_ALLOW_DUPLICATE_IPN") {
        // Two writers must not each find it free.
        turn::take(tx, turn::IPN).await?;
        let own = before.map_or(0, |before| before.id);
        let others = part::Entity::find().filter(part::Column::Ipn.eq(ipn.as_str())).filter(part::Column::Id.ne(own));
        if others.count(&**tx).await? > 0 {
            errors.add("IPN", "Duplicate IPN not allowed in part settings");
        }
    }
    Ok(())
}

/// The picture of that name, if a part has it: a name is no path, and only pictures of parts are reused.
pub(super) async fn existing_image(tx: &Tx, name: &str) -> Result<String, ApiError> {
    let name = name.rsplit('/').next().unwrap_or(name);
    let used = part::Entity::find().filter(part::Column::Image.eq(name)).count(&**tx).await?;
    if used == 0 {
        return Err(invalid("existing_image", "Image file does not exist"));
    }
    Ok(name.to_owned())
}

/// What follows from a change: whatever a tracked part is in is tracked, and a part that has become a variant inherits.
pub(super) async fn follow(tx: &Tx, before: &part::Model, after: &part::Model) -> Result<(), ApiError> {
    if after.trackable && !before.trackable {
        bom::tracked(tx, bom::graph::above(&**tx, after.id).await?).await?;
    }
    if after.variant_of != before.variant_of {
        // The bills that it inherits now may hold what it is in.
        let mut family = family::ids(&**tx, family::descendants_sql(after.id)).await?;
        family.push(after.id);
        for part in family {
            if bom::graph::below(&**tx, part).await?.contains(&part) {
                return Err(invalid("variant_of", "The part would be in the bill of material that it inherits"));
            }
        }
        bom::bill_changed(tx, after.id).await?;
    }
    Ok(())
}

/// Whether parts may be deleted; if they may, they are taken out of what they are in. Under the turn of bills.
pub(in crate::inventory) async fn removable(tx: &Tx, parts: &[part::Model]) -> Result<(), ApiError> {
    let policy = Policy::read(&**tx).await?;
    for part in parts {
        if part.locked && policy.is_on("PART_ENABLE_LOCKING") {
            return Err(invalid_object("Cannot delete this part as it is locked"));
        }
        if part.active {
            return Err(invalid_object("Cannot delete this part as it is still active"));
        }
    }
    for parts in parts.chunks(5000) {
        let by_part = bom_item::Column::SubPart.is_in(parts.iter().map(|part| part.id));
        let used = bom_item::Entity::find().filter(by_part.clone()).all(&**tx).await?;
        if used.is_empty() {
            continue;
        }
        if !policy.is_on("PART_ALLOW_DELETE_FROM_ASSEMBLY") {
            return Err(invalid_object("Cannot delete this part as it is used in an assembly"));
        }
        bom_item::Entity::delete_many().filter(by_part).exec(&**tx).await?;
        let assemblies: BTreeSet<i32> = used.into_iter().map(|line| line.part).collect();
        for assembly in assemblies {
            bom::bill_changed(tx, assembly).await?;
        }
    }
    Ok(())
}
