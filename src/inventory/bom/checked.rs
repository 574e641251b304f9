//! Who checked a bill of material, and whether it still is what it was then: each line and the whole bill have a digest.

use entities::{
    exact::Quantity,
    inventory::{bom_item, part_bom_check},
};
use sea_orm::{
    ActiveValue::Set,
    Condition, ConnectionTrait, DbErr, QueryOrder as _,
    prelude::*,
    sea_query::{OnConflict, SimpleExpr},
};
use sha2::{Digest as _, Sha256};

use crate::{
    db::Tx,
    inventory::part::family::{ancestors_sql, descendants_sql},
    secret::hex,
};

/// That a line is on the bill of a part: its own, or one that it inherits.
pub(in crate::inventory) fn on_bill(part: i32) -> Condition {
    let inherited = Condition::all()
        .add(bom_item::Column::Inherited.eq(true))
        .add(Expr::cust(format!("bom_item.part IN ({})", ancestors_sql(&[part]))));
    Condition::any().add(bom_item::Column::Part.eq(part)).add(inherited)
}

/// The bill of a part.
pub(in crate::inventory) async fn bill(db: &impl ConnectionTrait, part: i32) -> Result<Vec<bom_item::Model>, DbErr> {
    bom_item::Entity::find().filter(on_bill(part)).order_by_asc(bom_item::Column::Id).all(db).await
}

/// What matters of a line for building: its digest.
pub(super) fn line(item: &bom_item::Model) -> String {
    let rounding = item.rounding_multiple.as_ref().map(Quantity::to_string).unwrap_or_default();
    let text = [
        item.part.to_string(),
        item.sub_part.to_string(),
        item.quantity.to_string(),
        item.piece_count.to_string(),
        item.reference.clone(),
        item.setup_quantity.to_string(),
        item.attrition.to_string(),
        rounding,
        [item.optional, item.consumable, item.inherited, item.allow_variants]
            .map(|flag| if flag { '1' } else { '0' })
            .iter()
            .collect(),
    ];
    hex(&Sha256::digest(text.join("\u{1f}")))
}

/// The digest of a bill.
fn digest(lines: &[bom_item::Model]) -> String {
    let mut all: Vec<String> = lines.iter().map(line).collect();
    all.sort_unstable();
    hex(&Sha256::digest(all.concat()))
}

/// After a line has changed: whether it is what was checked, and whether the bills on which it is are.
pub(super) async fn line_changed(tx: &Tx, item: &bom_item::Model) -> Result<(), DbErr> {
    let validated = !item.checksum.is_empty() && item.checksum == line(item);
    if validated != item.validated {
        let update = bom_item::Entity::update_many().col_expr(bom_item::Column::Validated, Expr::value(validated));
        update.filter(bom_item::Column::Id.eq(item.id)).exec(&**tx).await?;
    }
    bill_changed(tx, item.part).await
}

/// After the bill of a part has changed.
pub(in crate::inventory) async fn bill_changed(tx: &Tx, part: i32) -> Result<(), DbErr> {
    let family: SimpleExpr = Expr::cust(format!("part_bom_check.part IN ({})", descendants_sql(part)));
    let mine = Condition::any().add(part_bom_check::Column::Part.eq(part)).add(family);
    for check in part_bom_check::Entity::find().filter(mine).all(&**tx).await? {
        let valid = digest(&bill(&**tx, check.part).await?) == check.checksum;
        if valid != check.valid {
            let update =
                part_bom_check::Entity::update_many().col_expr(part_bom_check::Column::Valid, Expr::value(valid));
            update.filter(part_bom_check::Column::Part.eq(check.part)).exec(&**tx).await?;
        }
    }
    Ok(())
}

/// Somebody says that a line is right, or that it is not.
pub(super) async fn check_line(tx: &Tx, item: &bom_item::Model, valid: bool) -> Result<(), DbErr> {
    let checksum = if valid { line(item) } else { String::new() };
    bom_item::Entity::update_many()
        .col_expr(bom_item::Column::Checksum, Expr::value(checksum))
        .col_expr(bom_item::Column::Validated, Expr::value(valid))
        .filter(bom_item::Column::Id.eq(item.id))
        .exec(&**tx)
        .await
        .map(drop)
}

/// Somebody says that a bill is right, or that it is not.
pub(super) async fn check_bill(tx: &Tx, part: i32, by: Option<i32>, today: Date, valid: bool) -> Result<(), DbErr> {
    use part_bom_check::Column as C;
    let lines = bill(&**tx, part).await?;
    for item in &lines {
        check_line(tx, item, valid).await?;
    }
    if !valid {
        return part_bom_check::Entity::delete_by_id(part).exec(&**tx).await.map(drop);
    }
    let row = part_bom_check::ActiveModel {
        part: Set(part),
        checksum: Set(digest(&lines)),
        valid: Set(true),
        checked_by: Set(by),
        checked: Set(today),
    };
    let replace =
        OnConflict::column(C::Part).update_columns([C::Checksum, C::Valid, C::CheckedBy, C::Checked]).to_owned();
    part_bom_check::Entity::insert(row).on_conflict(replace).exec_without_returning(&**tx).await.map(drop)
}
