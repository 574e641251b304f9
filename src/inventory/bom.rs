//! `/api/bom/`: bills of material, line by line.

mod checked;
mod copy;
mod filters;
pub(super) mod graph;
mod read;
mod rules;
mod substitute;

use entities::{exact::Quantity, inventory::bom_item};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DeriveIntoActiveModel, FromQueryResult,
    prelude::*,
};
use serde::Serialize;

pub(super) use self::read::can_build;
pub(super) use self::{
    checked::{bill as lines_of, bill_changed, on_bill},
    copy::{Copy, copy},
    rules::tracked,
    substitute::Substitutes,
};
use self::{filters::TABLE, read::BomItemRead};
use super::{links, part::Policy, turn};
use crate::{
    access::Auth,
    ctx::Ctx,
    db::Tx,
    rest::{
        ApiError, Body, Created, Json, Patched, Resource, Table, View,
        crud::locked,
        field::{Given, Key, Number, OrBlank, Required},
        not_found,
    },
    scope::Role,
};

/// A line of a bill of material, as clients write it.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "BomItemWrite")]
#[sea_orm(active_model = "bom_item::ActiveModel")]
pub(super) struct BomItemWrite {
    /// What is built: an assembly
    part: Required<Key<links::Part>>,
    /// What goes into it: a component
    sub_part: Required<Key<links::Part>>,
    /// Where it goes: `R1, R2`
    #[oai(validator(max_length = 5000))]
    reference: Given<OrBlank>,
    /// How much, perhaps with a unit: `100 mm`. Instead of `quantity`
    #[oai(validator(max_length = 100))]
    #[sea_orm(ignore)]
    raw_amount: Given<String>,
    /// How much, in the unit of what goes in
    #[sea_orm(ignore)]
    quantity: Given<Number<Quantity>>,
    /// How many pieces of that much
    #[oai(validator(minimum(value = "1")))]
    piece_count: Given<i32>,
    /// Variants of what goes in will do, too
    allow_variants: Given<bool>,
    /// Variants of what is built have this line, too
    inherited: Given<bool>,
    /// It can be left out
    optional: Given<bool>,
    /// It is used without being counted
    consumable: Given<bool>,
    /// How much is lost setting up
    setup_quantity: Given<Number<Quantity>>,
    /// How many percent are lost
    attrition: Given<Number<Quantity>>,
    /// In what multiples it is taken
    rounding_multiple: Given<Option<Number<Quantity>>>,
    /// Note
    #[oai(validator(max_length = 500))]
    note: Given<OrBlank>,
}

/// A line.
#[derive(Debug, FromQueryResult)]
pub(super) struct Row {
    #[sea_orm(nested)]
    item: bom_item::Model,
}

/// The resource.
#[derive(Debug)]
pub(super) struct Lines;

impl Resource for Lines {
    const PATH: &'static str = "/bom";
    const NAME: &'static str = "bom";
    const KIND: &'static str = "BomItem";
    const ROLES: &'static [Role] = &[Role::Bom, Role::Build];
    const BULK: bool = true;
    const BULK_DELETE: bool = true;

    type Entity = bom_item::Entity;
    type Row = Row;
    type Read = BomItemRead;
    type Write = BomItemWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> bom_item::ActiveModel {
        bom_item::ActiveModel {
            id: NotSet,
            part: NotSet,
            sub_part: NotSet,
            quantity: NotSet,
            raw_amount: NotSet,
            piece_count: Set(1),
            reference: Set(String::new()),
            note: Set(String::new()),
            allow_variants: Set(false),
            inherited: Set(false),
            optional: Set(false),
            consumable: Set(false),
            setup_quantity: Set(Quantity::ZERO),
            attrition: Set(Quantity::ZERO),
            rounding_multiple: Set(None),
            checksum: Set(String::new()),
            validated: Set(false),
        }
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<BomItemRead>, ApiError> {
        read::show(view, rows).await
    }

    async fn begin(tx: &Tx, _view: &View<'_>) -> Result<(), ApiError> {
        // Two lines that are each no cycle may be one together.
        Ok(turn::take(tx, turn::BOM).await?)
    }

    async fn check(
        tx: &Tx,
        _view: &View<'_>,
        before: Option<&bom_item::Model>,
        sent: &BomItemWrite,
        change: &mut bom_item::ActiveModel,
    ) -> Result<(), ApiError> {
        rules::check(tx, before, sent, change).await
    }

    async fn saved(
        tx: &Tx,
        _view: &View<'_>,
        before: Option<&bom_item::Model>,
        after: &bom_item::Model,
        _sent: &BomItemWrite,
    ) -> Result<(), ApiError> {
        checked::line_changed(tx, after).await?;
        if let Some(before) = before.filter(|before| before.part != after.part) {
            checked::bill_changed(tx, before.part).await?;
        }
        rules::track(tx, after).await
    }

    async fn removable(tx: &Tx, row: &bom_item::Model) -> Result<(), ApiError> {
        rules::unlocked(tx, &Policy::read(&**tx).await?, row.part).await
    }

    async fn removed(tx: &Tx, row: &bom_item::Model) -> Result<(), ApiError> {
        Ok(checked::bill_changed(tx, row.part).await?)
    }
}

/// Whether a line, or a bill, is right.
#[derive(Debug, Clone, Copy, Object, Serialize)]
#[oai(rename = "BomItemValidation")]
struct Validation {
    /// Whether it is
    valid: bool,
}

/// Says whether it is right.
#[derive(Debug, Clone, Object)]
#[oai(rename = "BomItemValidationWrite")]
struct ValidationWrite {
    /// Whether it is
    valid: Given<bool>,
}

/// Whose bill, and who checked it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "PartBomValidate")]
struct BillCheck {
    /// The part
    pk: i32,
    /// Whether the bill still is what was checked
    bom_validated: bool,
    /// The digest of what was checked, or empty
    bom_checksum: String,
    /// Who checked it
    bom_checked_by: Option<Key<links::User>>,
    /// When
    bom_checked_date: Option<chrono::NaiveDate>,
}

/// The operations beyond the five.
#[derive(Debug)]
pub(super) struct Operations;

async fn validate(ctx: &Ctx, pk: i32, sent: ValidationWrite) -> Result<Json<Validation>, ApiError> {
    let valid = sent.valid.0.unwrap_or_default();
    let done = ctx.db.write(|tx| async move {
        turn::take(&tx, turn::BOM).await?;
        let item = locked::<Lines>(&tx, pk).await?;
        checked::check_line(&tx, &item, valid).await?;
        Ok::<_, ApiError>(Json(Validation { valid }))
    });
    done.await
}

async fn bill(ctx: &Ctx, pk: i32) -> Result<Json<BillCheck>, ApiError> {
    use entities::inventory::{part, part_bom_check};
    let db = ctx.db.reader();
    if part::Entity::find_by_id(pk).count(db).await? == 0 {
        return Err(not_found("Part"));
    }
    let check = part_bom_check::Entity::find_by_id(pk).one(db).await?;
    Ok(Json(BillCheck {
        pk,
        bom_validated: check.as_ref().is_some_and(|check| check.valid),
        bom_checksum: check.as_ref().map(|check| check.checksum.clone()).unwrap_or_default(),
        bom_checked_by: check.as_ref().and_then(|check| check.checked_by).map(Key::from),
        bom_checked_date: check.map(|check| check.checked),
    }))
}

async fn validate_bill(ctx: &Ctx, who: &Auth, pk: i32, sent: ValidationWrite) -> Result<Json<BillCheck>, ApiError> {
    let (by, today) = (who.0.user_id(), ctx.clock.today());
    if let Some(valid) = sent.valid.0 {
        let done = ctx.db.write(|tx| async move {
            turn::take(&tx, turn::BOM).await?;
            locked::<super::part::Parts>(&tx, pk).await?;
            checked::check_bill(&tx, pk, by, today, valid).await?;
            Ok::<_, ApiError>(())
        });
        done.await?;
    }
    bill(ctx, pk).await
}

#[OpenApi]
impl Operations {
    /// Says that a line is right
    #[oai(path = "/bom/:pk/validate", method = "put", operation_id = "bom_validate_update")]
    async fn validate(
        &self,
        #[oai(scope = "Lines::CHANGE")] _who: Auth,
        ctx: Data<&Ctx>,
        pk: Path<i32>,
        body: Body<ValidationWrite>,
    ) -> Result<Json<Validation>, ApiError> {
        validate(&ctx, pk.0, body.0).await
    }

    /// Says that a line is right
    #[oai(path = "/bom/:pk/validate", method = "patch", operation_id = "bom_validate_partial_update")]
    async fn validate_some(
        &self,
        #[oai(scope = "Lines::CHANGE")] _who: Auth,
        ctx: Data<&Ctx>,
        pk: Path<i32>,
        body: Patched<ValidationWrite>,
    ) -> Result<Json<Validation>, ApiError> {
        validate(&ctx, pk.0, body.0).await
    }

    /// Who checked the bill of material of a part, and whether it still is what it was
    #[oai(path = "/part/:pk/bom-validate", method = "get", operation_id = "part_bom_validate_retrieve")]
    async fn bill(
        &self,
        #[oai(scope = "Lines::VIEW")] _who: Auth,
        ctx: Data<&Ctx>,
        pk: Path<i32>,
    ) -> Result<Json<BillCheck>, ApiError> {
        bill(&ctx, pk.0).await
    }

    /// Says that the bill of material of a part is right
    #[oai(path = "/part/:pk/bom-validate", method = "put", operation_id = "part_bom_validate_update")]
    async fn validate_bill(
        &self,
        #[oai(scope = "Lines::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        pk: Path<i32>,
        body: Body<ValidationWrite>,
    ) -> Result<Json<BillCheck>, ApiError> {
        validate_bill(&ctx, &who, pk.0, body.0).await
    }

    /// Says that the bill of material of a part is right
    #[oai(path = "/part/:pk/bom-validate", method = "patch", operation_id = "part_bom_validate_partial_update")]
    async fn validate_bill_some(
        &self,
        #[oai(scope = "Lines::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        pk: Path<i32>,
        body: Patched<ValidationWrite>,
    ) -> Result<Json<BillCheck>, ApiError> {
        validate_bill(&ctx, &who, pk.0, body.0).await
    }

    /// Copies the bill of material of another part
    #[oai(path = "/part/:pk/bom-copy", method = "post", operation_id = "part_bom_copy_create")]
    async fn copy(
        &self,
        #[oai(scope = "Lines::CHANGE")] _who: Auth,
        ctx: Data<&Ctx>,
        pk: Path<i32>,
        body: Body<copy::CopyWrite>,
    ) -> Result<Created<copy::CopyRead>, ApiError> {
        copy::asked(&ctx, pk.0, body.0).await.map(Created)
    }
}
