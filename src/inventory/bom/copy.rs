//! Copying a bill of material.

use entities::inventory::{bom_item, bom_substitute};
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    IntoActiveModel as _,
    prelude::*,
};
use serde::Serialize;

use super::{BomItemWrite, checked, rules};
use crate::{
    ctx::Ctx,
    db::Tx,
    inventory::{
        links,
        part::{Parts, Policy},
        turn,
    },
    rest::{
        ApiError,
        crud::locked,
        error::no_such_pk,
        field::{Given, Key, Required},
        invalid,
    },
};

/// What is copied.
#[derive(Debug, Clone, Object)]
#[oai(rename = "PartCopyBOMWrite")]
pub(super) struct CopyWrite {
    /// Whose bill of material
    part: Required<Key<links::Part>>,
    /// Remove the lines that there are
    remove_existing: Given<bool>,
    /// Copy the lines too that are inherited
    include_inherited: Given<bool>,
    /// Leave out what cannot be copied
    skip_invalid: Given<bool>,
    /// Copy the substitutes
    copy_substitutes: Given<bool>,
}

/// What was copied.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "PartCopyBOM")]
pub(super) struct CopyRead {
    /// Whose bill of material
    part: Key<links::Part>,
    /// The lines that there were are removed
    remove_existing: bool,
    /// The lines too that are inherited
    include_inherited: bool,
    /// What cannot be copied is left out
    skip_invalid: bool,
    /// The substitutes, too
    copy_substitutes: bool,
}

/// How a bill is copied.
#[derive(Debug, Clone, Copy)]
pub(in crate::inventory) struct Copy {
    /// The lines that there are go first.
    pub(in crate::inventory) remove_existing: bool,
    /// The lines that the source inherits are copied, too.
    pub(in crate::inventory) include_inherited: bool,
    /// What cannot be copied is left out, instead of nothing being copied.
    pub(in crate::inventory) skip_invalid: bool,
    /// The substitutes are copied, too.
    pub(in crate::inventory) substitutes: bool,
}

/// Copies a bill, as a client asks.
pub(super) async fn asked(ctx: &Ctx, pk: i32, sent: CopyWrite) -> Result<CopyRead, ApiError> {
    let source = sent.part.0.map_or(0, |key| key.0);
    let how = Copy {
        remove_existing: sent.remove_existing.0.unwrap_or(true),
        include_inherited: sent.include_inherited.0.unwrap_or(false),
        skip_invalid: sent.skip_invalid.0.unwrap_or(false),
        substitutes: sent.copy_substitutes.0.unwrap_or(true),
    };
    let copied = ctx.db.write(|tx| async move {
        turn::take(&tx, turn::BOM).await?;
        locked::<Parts>(&tx, pk).await?;
        copy(&tx, source, pk, how).await
    });
    copied.await?;
    Ok(CopyRead {
        part: Key::from(source),
        remove_existing: how.remove_existing,
        include_inherited: how.include_inherited,
        skip_invalid: how.skip_invalid,
        copy_substitutes: how.substitutes,
    })
}

/// Copies a bill, under the turn of bills.
pub(in crate::inventory) async fn copy(tx: &Tx, source: i32, target: i32, how: Copy) -> Result<(), ApiError> {
    if source == target {
        return Err(invalid("part", no_such_pk(source)));
    }
    rules::unlocked(tx, &Policy::read(&**tx).await?, target).await?;
    let mut lines = checked::bill(&**tx, source).await?;
    if !how.include_inherited {
        lines.retain(|line| line.part == source);
    }
    if how.remove_existing {
        bom_item::Entity::delete_many().filter(bom_item::Column::Part.eq(target)).exec(&**tx).await?;
    }
    for line in lines {
        match self::line(tx, &line, target, how.substitutes).await {
            // What is not acceptable has changed nothing yet.
            Err(ApiError::Invalid(_)) if how.skip_invalid => {}
            copied => copied?,
        }
    }
    Ok(checked::bill_changed(tx, target).await?)
}

async fn line(tx: &Tx, line: &bom_item::Model, target: i32, substitutes: bool) -> Result<(), ApiError> {
    let sent = BomItemWrite {
        part: Required(Some(Key::from(target))),
        sub_part: Required(Some(Key::from(line.sub_part))),
        reference: Given(None),
        raw_amount: Given(Some(line.raw_amount.clone())),
        quantity: Given(None),
        piece_count: Given(None),
        allow_variants: Given(None),
        inherited: Given(None),
        optional: Given(None),
        consumable: Given(None),
        setup_quantity: Given(None),
        attrition: Given(None),
        rounding_multiple: Given(None),
        note: Given(None),
    };
    let mut new = line.clone().into_active_model().reset_all();
    new.id = NotSet;
    new.part = Set(target);
    new.checksum = Set(String::new());
    new.validated = Set(false);
    rules::check(tx, None, &sent, &mut new).await?;
    let made = new.insert(&**tx).await?;
    rules::track(tx, &made).await?;
    if substitutes {
        let instead =
            bom_substitute::Entity::find().filter(bom_substitute::Column::BomItem.eq(line.id)).all(&**tx).await?;
        let row = |row: bom_substitute::Model| bom_substitute::ActiveModel {
            id: NotSet,
            bom_item: Set(made.id),
            part: Set(row.part),
        };
        if !instead.is_empty() {
            bom_substitute::Entity::insert_many(instead.into_iter().map(row)).exec_without_returning(&**tx).await?;
        }
    }
    Ok(())
}
