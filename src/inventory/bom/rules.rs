//! What must hold of a line beyond its single fields. Texts are `InvenTree`'s.

use entities::{
    exact::{Exact as _, Quantity},
    inventory::{bom_item, part},
};
use sea_orm::{
    ActiveValue::{self, Set, Unchanged},
    prelude::*,
};

use super::{BomItemWrite, graph};
use crate::{
    db::Tx,
    inventory::{
        part::{Policy, family, name::NameFormat},
        unit::{Amount, Unit},
    },
    rest::{ApiError, error::no_such_pk, invalid, invalid_object},
};

/// The value that a column has after a change.
fn after<T: Clone + Into<sea_orm::Value> + Default>(change: &ActiveValue<T>, before: Option<&T>) -> T {
    match change {
        Set(value) | Unchanged(value) => value.clone(),
        ActiveValue::NotSet => before.cloned().unwrap_or_default(),
    }
}

/// Checks a change and completes it.
pub(super) async fn check(
    tx: &Tx,
    before: Option<&bom_item::Model>,
    sent: &BomItemWrite,
    change: &mut bom_item::ActiveModel,
) -> Result<(), ApiError> {
    let policy = Policy::read(&**tx).await?;
    let (part, sub_part) =
        (after(&change.part, before.map(|b| &b.part)), after(&change.sub_part, before.map(|b| &b.sub_part)));
    let find = |pk: i32| async move { part::Entity::find_by_id(pk).one(&**tx).await };
    let assembly = find(part).await?.filter(|part| part.assembly).ok_or_else(|| invalid("part", no_such_pk(part)))?;
    let component =
        find(sub_part).await?.filter(|part| part.component).ok_or_else(|| invalid("sub_part", no_such_pk(sub_part)))?;
    unlocked(tx, &policy, part).await?;
    if let Some(before) = before.filter(|before| before.part != part) {
        unlocked(tx, &policy, before.part).await?;
    }
    amount(&policy, before, sent, &component, change)?;
    if after(&change.attrition, before.map(|b| &b.attrition)) > Quantity::of_whole(100).unwrap_or_default() {
        return Err(invalid("attrition", "Ensure this value is less than or equal to 100."));
    }
    let inherited = after(&change.inherited, before.map(|b| &b.inherited));
    let moved = before.is_none_or(|b| b.part != part || b.sub_part != sub_part || b.inherited != inherited);
    if moved {
        acyclic(tx, &assembly, &component, inherited).await?;
    }
    Ok(())
}

/// A bill is not changed while what it is of is locked; nor is one that its variants inherit.
pub(super) async fn unlocked(tx: &Tx, policy: &Policy, part: i32) -> Result<(), ApiError> {
    if !policy.is_on("PART_ENABLE_LOCKING") {
        return Ok(());
    }
    let found = part::Entity::find_by_id(part).one(&**tx).await?;
    if found.is_some_and(|part| part.locked) {
        return Err(invalid_object("BOM item cannot be modified - assembly is locked"));
    }
    Ok(())
}

/// How much: as it is written, or as a number; whichever of the two says something new.
fn amount(
    policy: &Policy,
    before: Option<&bom_item::Model>,
    sent: &BomItemWrite,
    component: &part::Model,
    change: &mut bom_item::ActiveModel,
) -> Result<(), ApiError> {
    let quantity = sent.quantity.0.map(|number| number.0);
    let is_new = |text: &&String| {
        !text.is_empty() && before.is_none_or(|b| b.raw_amount != **text || Some(b.quantity) == quantity)
    };
    let raw = sent.raw_amount.0.as_ref().filter(|text| is_new(text) || (quantity.is_none() && !text.is_empty()));
    let quantity = match (raw, quantity, before) {
        (Some(text), _, _) => {
            let units = component.units.as_deref().unwrap_or_default();
            let target = Unit::parse(units).ok_or_else(|| invalid("raw_amount", "Invalid quantity"))?;
            let amount = Amount::parse(text).ok_or_else(|| invalid("raw_amount", "Invalid quantity"))?;
            let quantity = amount.quantity(&target).ok_or_else(|| {
                invalid(
                    "raw_amount",
                    format!("Could not convert {text} to {}", if units.is_empty() { "a number" } else { units }),
                )
            })?;
            change.raw_amount = Set(text.clone());
            quantity
        }
        (None, Some(quantity), before) => {
            if before.is_none_or(|before| before.quantity != quantity) {
                change.raw_amount = Set(quantity.plain());
            }
            quantity
        }
        (None, None, Some(before)) => before.quantity,
        (None, None, None) => {
            change.raw_amount = Set(Quantity::ONE.plain());
            Quantity::ONE
        }
    };
    let zero = policy.is_on("PART_BOM_ALLOW_ZERO_QUANTITY") && quantity == Quantity::ZERO;
    if !quantity.is_positive() && !zero {
        return Err(invalid("raw_amount", "Quantity must be greater than zero"));
    }
    if component.trackable && quantity.whole().is_none() {
        return Err(invalid("quantity", "Quantity must be integer value for trackable parts"));
    }
    change.quantity = Set(quantity);
    Ok(())
}

/// Nothing goes into itself: not directly, not by what it is built of, not as its own variant.
async fn acyclic(tx: &Tx, assembly: &part::Model, component: &part::Model, inherited: bool) -> Result<(), ApiError> {
    let mut built = vec![assembly.id];
    if inherited {
        built.extend(family::ids(&**tx, family::descendants_sql(assembly.id)).await?);
    }
    let one_family = family::root(&**tx, assembly.id).await? == family::root(&**tx, component.id).await?;
    let inside = graph::below(&**tx, component.id).await?;
    if one_family || built.iter().any(|part| inside.contains(part)) {
        let named = |part: &part::Model| NameFormat::Default.full_name(&part.into());
        let message =
            format!("Part '{}' cannot be used in BOM for '{}' (recursive)", named(component), named(assembly));
        return Err(invalid("sub_part", message));
    }
    Ok(())
}

/// Whatever has a tracked part in it is tracked itself.
pub(super) async fn track(tx: &Tx, item: &bom_item::Model) -> Result<(), ApiError> {
    let component = part::Entity::find_by_id(item.sub_part).one(&**tx).await?;
    if component.is_some_and(|part| part.trackable) {
        let mut assemblies = graph::above(&**tx, item.part).await?;
        assemblies.insert(item.part);
        tracked(tx, assemblies).await?;
    }
    Ok(())
}

/// These parts are tracked from now on.
pub(in crate::inventory) async fn tracked(tx: &Tx, parts: impl IntoIterator<Item = i32>) -> Result<(), DbErr> {
    part::Entity::update_many()
        .col_expr(part::Column::Trackable, Expr::value(true))
        .filter(part::Column::Id.is_in(parts))
        .filter(part::Column::Trackable.eq(false))
        .exec(&**tx)
        .await
        .map(drop)
}
