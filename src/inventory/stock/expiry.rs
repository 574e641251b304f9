//! When stock has expired, or soon will: as far as the settings say that it can.

use chrono::{Days, NaiveDate};
use entities::inventory::stock_item::{self, Column as C};
use sea_orm::{Condition, ConnectionTrait, DbErr, prelude::*};

use super::ledger::{in_stock_sql, is_in_stock};
use crate::{
    ctx::Ctx,
    settings::{self, Value},
};

const ENABLED: &str = "STOCK_ENABLE_EXPIRY";
const STALE_DAYS: &str = "STOCK_STALE_DAYS";

/// Before which days stock expires; none where nothing does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Expiry {
    /// What expires before this has expired.
    expired: Option<NaiveDate>,
    /// What expires before this is stale.
    stale: Option<NaiveDate>,
}

impl Expiry {
    /// As it is for readers: the settings may be a second old.
    pub(super) async fn current(ctx: &Ctx) -> Result<Self, DbErr> {
        let enabled = settings::current(ctx, ENABLED).await?;
        let days = settings::current(ctx, STALE_DAYS).await?;
        Ok(Self::read(enabled.as_ref(), days.as_ref(), ctx.clock.today()))
    }

    /// As it is now.
    pub(super) async fn of(db: &impl ConnectionTrait, today: NaiveDate) -> Result<Self, DbErr> {
        let enabled = settings::global(db, ENABLED).await?.map(|(_, value)| value);
        let days = settings::global(db, STALE_DAYS).await?.map(|(_, value)| value);
        Ok(Self::read(enabled.as_ref(), days.as_ref(), today))
    }

    fn read(enabled: Option<&Value>, days: Option<&Value>, today: NaiveDate) -> Self {
        if !enabled.is_some_and(Value::is_on) {
            return Self::default();
        }
        let stale = match days {
            Some(Value::Integer(days)) if *days > 0 => {
                u64::try_from(*days).ok().and_then(|days| today.checked_add_days(Days::new(days)))
            }
            _ => None,
        };
        Self { expired: Some(today), stale }
    }

    /// Whether an item has expired.
    pub(super) fn is_expired(self, item: &stock_item::Model) -> bool {
        is_before(item, self.expired)
    }

    /// Whether an item has expired, or soon will.
    pub(super) fn is_stale(self, item: &stock_item::Model) -> bool {
        is_before(item, self.stale)
    }

    /// The items in stock that have expired, or have not.
    pub(super) fn expired(self, wanted: bool) -> Condition {
        before(self.expired, wanted)
    }

    /// The items in stock that are stale, or are not.
    pub(super) fn stale(self, wanted: bool) -> Condition {
        before(self.stale, wanted)
    }
}

fn is_before(item: &stock_item::Model, day: Option<NaiveDate>) -> bool {
    let expires = item.expiry_date.zip(day).is_some_and(|(expires, day)| expires < day);
    expires && is_in_stock(item)
}

fn before(day: Option<NaiveDate>, wanted: bool) -> Condition {
    let expires = match day {
        Some(day) => Condition::all().add(C::ExpiryDate.is_not_null()).add(C::ExpiryDate.lt(day)),
        None => Condition::all().add(Expr::cust("1 = 0")),
    };
    let stock = Condition::all().add(Expr::cust(in_stock_sql("stock_item")));
    stock.add(if wanted { expires } else { expires.not() })
}
