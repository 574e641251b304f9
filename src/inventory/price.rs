//! `/api/part/sale-price/` and `/api/part/internal-price/`: what a part costs, from a quantity on.

use std::{collections::HashMap, sync::LazyLock};

use entities::{
    exact::{Money, Quantity},
    inventory::{part_internal_price, part_sale_price},
};
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, FromQueryResult, IntoActiveModel, IntoActiveValue as _, Order, QueryOrder as _,
    prelude::*,
};
use serde::Serialize;

use super::{links, part::Policy};
use crate::{
    db::Tx,
    rest::{
        ApiError, Filter, Kind, Resource, Table, View,
        field::{Currency, Given, Key, Number, Required},
        invalid,
    },
    scope::Role,
};

/// A currency that may be used; by default the one that is set.
pub(super) fn currency(policy: &Policy, field: &str, sent: Option<&Currency>) -> Result<String, ApiError> {
    let Some(Currency(code)) = sent.filter(|code| !code.0.is_empty()) else {
        return Ok(policy.text("INVENTREE_DEFAULT_CURRENCY").to_owned());
    };
    let mut known = policy.text("CURRENCY_CODES").split(',').map(str::trim);
    if known.any(|known| known == code) {
        Ok(code.clone())
    } else {
        Err(invalid(field, format!("\"{code}\" is not a valid choice.")))
    }
}

/// Declares one of the two: they differ in their names only.
macro_rules! price {
    ($(#[$meta:meta])* $resource:ident, $read:ident, $write:ident, $row:ident, $entity:ident, $path:literal, $name:literal, $kind:literal, $model:literal, $written:literal) => {
        /// A price, as clients read it.
        #[derive(Debug, Clone, Object, Serialize)]
        #[oai(rename = $model)]
        pub(super) struct $read {
            /// Primary key
            pk: i32,
            /// The part
            part: Key<links::Part>,
            /// From how many on
            quantity: Number<Quantity>,
            /// The price of one
            price: Option<Number<Money>>,
            /// Its currency
            price_currency: String,
        }

        impl From<$entity::Model> for $read {
            fn from(row: $entity::Model) -> Self {
                let $entity::Model { id, part, quantity, price, price_currency } = row;
                Self { pk: id, part: Key::from(part), quantity: Number(quantity), price: Some(Number(price)), price_currency }
            }
        }

        /// A price, as clients write it.
        #[derive(Debug, Clone, Object)]
        #[oai(rename = $written)]
        pub(super) struct $write {
            /// The part
            part: Required<Key<links::Part>>,
            /// From how many on
            quantity: Required<Number<Quantity>>,
            /// The price of one
            price: Given<Option<Number<Money>>>,
            /// Its currency; by default the one that is set
            price_currency: Given<Currency>,
        }

        impl IntoActiveModel<$entity::ActiveModel> for $write {
            fn into_active_model(self) -> $entity::ActiveModel {
                let price = self.price.0.flatten().map_or(NotSet, |price| Set(price.0));
                $entity::ActiveModel {
                    id: NotSet,
                    part: self.part.into_active_value(),
                    quantity: self.quantity.into_active_value(),
                    price,
                    price_currency: NotSet,
                }
            }
        }

        /// A price.
        #[derive(Debug, FromQueryResult)]
        pub(super) struct $row {
            #[sea_orm(nested)]
            price: $entity::Model,
        }

        $(#[$meta])*
        #[derive(Debug)]
        pub(super) struct $resource;

        impl Resource for $resource {
            const PATH: &'static str = $path;
            const NAME: &'static str = $name;
            const KIND: &'static str = $kind;
            const ROLES: &'static [Role] = &[Role::Part];

            type Entity = $entity::Entity;
            type Row = $row;
            type Read = $read;
            type Write = $write;

            fn table() -> &'static Table {
                static TABLE: LazyLock<Table> = LazyLock::new(|| {
                    use $entity::Column as C;
                    let name = concat!("(SELECT p.name FROM part p WHERE p.id = ", stringify!($entity), ".part)");
                    Table {
                        filters: vec![Filter::eq("part", Kind::Key("part"), C::Part)],
                        search: vec![Expr::cust(name)],
                        search_notes: Vec::new(),
                        ordering: vec![
                            ("quantity", Expr::col(C::Quantity.as_column_ref())),
                            ("price", Expr::col(C::Price.as_column_ref())),
                        ],
                        default_order: vec![(Expr::col(C::Quantity.as_column_ref()), Order::Asc)],
                    }
                });
                &TABLE
            }

            fn blank() -> $entity::ActiveModel {
                $entity::ActiveModel { id: NotSet, part: NotSet, quantity: NotSet, price: NotSet, price_currency: NotSet }
            }

            async fn show(_view: &View<'_>, rows: Vec<$row>) -> Result<Vec<$read>, ApiError> {
                Ok(rows.into_iter().map(|row| row.price.into()).collect())
            }

            async fn check(
                tx: &Tx,
                _view: &View<'_>,
                before: Option<&$entity::Model>,
                sent: &$write,
                change: &mut $entity::ActiveModel,
            ) -> Result<(), ApiError> {
                if sent.quantity.0.is_some_and(|quantity| quantity.0 < Quantity::ONE) {
                    return Err(invalid("quantity", "Ensure this value is greater than or equal to 1."));
                }
                let cleared = matches!(sent.price.0, Some(None));
                if cleared || (before.is_none() && sent.price.0.is_none()) {
                    return Err(invalid("price", "This field cannot be blank."));
                }
                if before.is_none() || sent.price_currency.0.is_some() {
                    let policy = Policy::read(&**tx).await?;
                    change.price_currency = Set(currency(&policy, "price_currency", sent.price_currency.0.as_ref())?);
                }
                Ok(())
            }
        }
    };
}

price!(
    /// What a part sells for.
    SalePrices, SalePriceRead, SalePriceWrite, SalePriceRow, part_sale_price, "/part/sale-price", "part_sale_price",
    "PartSellPriceBreak", "PartSalePrice", "PartSalePriceWrite"
);
price!(
    /// What a part costs inside the house.
    InternalPrices, InternalPriceRead, InternalPriceWrite, InternalPriceRow, part_internal_price, "/part/internal-price",
    "part_internal_price", "PartInternalPriceBreak", "PartInternalPrice", "PartInternalPriceWrite"
);

/// The sale prices of some parts, in one statement.
pub(super) async fn of(
    db: &impl ConnectionTrait,
    parts: impl IntoIterator<Item = i32>,
) -> Result<HashMap<i32, Vec<SalePriceRead>>, DbErr> {
    use part_sale_price::Column as C;
    let found = part_sale_price::Entity::find().filter(C::Part.is_in(parts)).order_by_asc(C::Quantity).all(db).await?;
    let mut prices: HashMap<i32, Vec<SalePriceRead>> = HashMap::new();
    for row in found {
        prices.entry(row.part).or_default().push(row.into());
    }
    Ok(prices)
}
