//! A part's family: its template, that one's template, and all their variants. A serial number exists once in it.

use entities::inventory::stock_item;
use sea_orm::{ConnectionTrait, DbErr, QueryOrder as _, QuerySelect as _, prelude::*};

use super::serial;
use crate::{
    db::Tx,
    inventory::part::family,
    rest::{ApiError, invalid},
    settings,
};

/// The keys of a part's family.
pub(super) async fn of(db: &impl ConnectionTrait, part: i32) -> Result<Vec<i32>, DbErr> {
    let root = family::root(db, part).await?;
    let mut keys = family::ids(db, family::descendants_sql(root)).await?;
    keys.push(root);
    Ok(keys)
}

/// The serial number that follows the family's last.
pub(super) async fn next(db: &impl ConnectionTrait, family: &[i32]) -> Result<String, DbErr> {
    Ok(latest(db, family).await?.map_or_else(|| "1".to_owned(), |serial| serial::after(&serial)))
}

/// The serial numbers that follow the last of a part's family.
pub(in crate::inventory) async fn next_serials(
    db: &impl ConnectionTrait,
    part: i32,
    many: i32,
) -> Result<Vec<String>, DbErr> {
    let family = of(db, part).await?;
    let mut serials = vec![next(db, &family).await?];
    while let Some(last) = serials.last().filter(|_| i32::try_from(serials.len()).is_ok_and(|made| made < many)) {
        let next = serial::after(last);
        serials.push(next);
    }
    Ok(serials)
}

/// The last serial number of a part's family.
pub(in crate::inventory) async fn latest_serial(db: &impl ConnectionTrait, part: i32) -> Result<Option<String>, DbErr> {
    latest(db, &of(db, part).await?).await
}

/// The family's last serial number.
pub(super) async fn latest(db: &impl ConnectionTrait, family: &[i32]) -> Result<Option<String>, DbErr> {
    let query = stock_item::Entity::find()
        .filter(stock_item::Column::Part.is_in(family.iter().copied()))
        .filter(stock_item::Column::Serial.is_not_null())
        .order_by_desc(stock_item::Column::SerialInt)
        .order_by_desc(stock_item::Column::Id)
        .select_only()
        .column(stock_item::Column::Serial);
    Ok(query.into_tuple::<Option<String>>().one(db).await?.flatten())
}

/// Reads serial numbers for new items of a part, and makes sure that they are free. Under the lock of stock.
pub(super) async fn parse(tx: &Tx, part: i32, text: &str, wanted: usize) -> Result<Vec<String>, ApiError> {
    let family = of(&**tx, part).await?;
    let free = next(&**tx, &family).await?;
    let serials = serial::parse(text, wanted, &free).map_err(|errors| {
        let mut fields = crate::rest::Fields::new();
        for error in errors {
            fields.add("serial_numbers", error);
        }
        ApiError::Invalid(fields)
    })?;
    let taken = taken(tx, &family, &serials, None).await?;
    if !taken.is_empty() {
        let message = format!("The following serial numbers already exist or are invalid: {}", taken.join(", "));
        return Err(invalid("serial_numbers", message));
    }
    Ok(serials)
}

/// Which of some serial numbers are taken in a family, or anywhere if the setting says so.
pub(super) async fn taken(tx: &Tx, family: &[i32], serials: &[String], own: Option<i32>) -> Result<Vec<String>, DbErr> {
    let mut query = stock_item::Entity::find()
        .filter(stock_item::Column::Serial.is_in(serials.iter().cloned()))
        .filter(stock_item::Column::Id.ne(own.unwrap_or(0)));
    if !settings::is_on(&**tx, "SERIAL_NUMBER_GLOBALLY_UNIQUE").await? {
        query = query.filter(stock_item::Column::Part.is_in(family.iter().copied()));
    }
    let query = query.order_by_asc(stock_item::Column::SerialInt).limit(10);
    let found =
        query.select_only().column(stock_item::Column::Serial).into_tuple::<Option<String>>().all(&**tx).await?;
    Ok(found.into_iter().flatten().collect())
}
