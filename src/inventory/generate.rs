//! `/api/generate/`: batch codes and serial numbers for stock that is yet to come. Both tell of stock, so both are for those
//! who may see it.

use entities::{
    exact::{Exact as _, Quantity},
    inventory::{part, stock_item, stock_location},
};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::prelude::*;
use serde::Serialize;

use super::{
    links,
    location::Locations,
    part::Parts,
    stock::{About, StockItems, batch_code, latest_serial, next_serials},
};
use crate::{
    access::Auth,
    clock::datetime,
    ctx::Ctx,
    rest::{
        ApiError, Body, Created, Json, Resource as _,
        field::{Given, Key, Number},
        not_found,
    },
};

/// No more serial numbers are made at once.
const MAX_SERIALS: i32 = 1000;

/// For what a batch code is wanted.
#[derive(Debug, Object)]
#[oai(rename = "GenerateBatchCodeRequest")]
struct BatchAbout {
    /// The build order that makes it
    build_order: Given<Option<Key<links::BuildOrder>>>,
    /// The item
    item: Given<Option<Key<links::StockItem>>>,
    /// Where it will lie
    location: Given<Option<Key<links::Location>>>,
    /// The part
    part: Given<Option<Key<links::Part>>>,
    /// The order by which it comes
    purchase_order: Given<Option<Key<links::PurchaseOrder>>>,
    /// How much
    quantity: Given<Option<Number<Quantity>>>,
}

/// A batch code.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "GenerateBatchCode")]
struct MadeBatch {
    /// The code; blank where no template is set
    batch_code: String,
    /// The build order that makes it
    build_order: Option<i32>,
    /// The item
    item: Option<i32>,
    /// Where it will lie
    location: Option<i32>,
    /// The part
    part: Option<i32>,
    /// The order by which it comes
    purchase_order: Option<i32>,
    /// How much
    quantity: Option<f64>,
}

/// For what serial numbers are wanted.
#[derive(Debug, Object)]
#[oai(rename = "GenerateSerialNumberRequest")]
struct SerialAbout {
    /// The part
    part: Given<Option<Key<links::Part>>>,
    /// How many
    #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
    quantity: Given<i32>,
}

/// Serial numbers.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "GenerateSerialNumber")]
struct MadeSerials {
    /// The next free ones, separated by commas; none without a part
    serial_number: Option<String>,
    /// The part
    part: Option<i32>,
    /// How many
    quantity: i32,
}

/// Serial numbers of a part's family.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "PartSerialNumber")]
struct PartSerials {
    /// The last one
    latest: Option<String>,
    /// The next free one
    next: String,
}

/// The operations.
pub(super) struct Operations;

#[OpenApi]
impl Operations {
    /// Make a batch code
    #[oai(path = "/generate/batch-code", method = "post", operation_id = "generate_batch_code_create")]
    async fn batch(
        &self,
        #[oai(scope = "StockItems::VIEW")] who: Auth,
        ctx: Data<&Ctx>,
        body: Body<BatchAbout>,
    ) -> Result<Created<MadeBatch>, ApiError> {
        let BatchAbout { build_order, item, location, part, purchase_order, quantity } = body.0;
        let item = item.0.flatten().map(|key| key.0);
        let location = location.0.flatten().map(|key| key.0);
        let part = part.0.flatten().map(|key| key.0);
        let quantity = quantity.0.flatten().map(|quantity| quantity.0.to_f64());
        // A code may say something of what it is about, so that is for those who may see it.
        if (part.is_some() && !who.0.may(Parts::VIEW)) || (location.is_some() && !who.0.may(Locations::VIEW)) {
            return Err(ApiError::Denied);
        }
        let db = ctx.db.reader();
        let found_part = part::Entity::find_by_id(part.unwrap_or(0)).one(db).await?;
        let found_item = stock_item::Entity::find_by_id(item.unwrap_or(0)).one(db).await?;
        let found_location = stock_location::Entity::find_by_id(location.unwrap_or(0)).one(db).await?;
        let about =
            About { part: found_part.as_ref(), item: found_item.as_ref(), location: found_location.as_ref(), quantity };
        let batch_code = batch_code(db, datetime(ctx.clock.now()), &about).await?;
        let (build_order, purchase_order) =
            (build_order.0.flatten().map(|key| key.0), purchase_order.0.flatten().map(|key| key.0));
        Ok(Created(MadeBatch { batch_code, build_order, item, location, part, purchase_order, quantity }))
    }

    /// Find the next free serial numbers
    #[oai(path = "/generate/serial-number", method = "post", operation_id = "generate_serial_number_create")]
    async fn serial(
        &self,
        #[oai(scope = "StockItems::VIEW")] _who: Auth,
        ctx: Data<&Ctx>,
        body: Body<SerialAbout>,
    ) -> Result<Created<MadeSerials>, ApiError> {
        let part = body.0.part.0.flatten().map(|key| key.0);
        let quantity = body.0.quantity.0.unwrap_or(1).clamp(1, MAX_SERIALS);
        let serial_number = match part {
            Some(part) => Some(next_serials(ctx.db.reader(), part, quantity).await?.join(",")),
            None => None,
        };
        Ok(Created(MadeSerials { serial_number, part, quantity }))
    }

    /// The last serial number of a part's family, and the next
    #[oai(path = "/part/:pk/serial-numbers", method = "get", operation_id = "part_serial_numbers_retrieve")]
    async fn serials(
        &self,
        #[oai(scope = "StockItems::VIEW")] _who: Auth,
        ctx: Data<&Ctx>,
        pk: Path<i32>,
    ) -> Result<Json<PartSerials>, ApiError> {
        let db = ctx.db.reader();
        part::Entity::find_by_id(pk.0).one(db).await?.ok_or(not_found(Parts::KIND))?;
        let latest = latest_serial(db, pk.0).await?;
        let next = next_serials(db, pk.0, 1).await?.pop().unwrap_or_default();
        Ok(Json(PartSerials { latest, next }))
    }
}
