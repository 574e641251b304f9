//! The kinds of things that barcodes stand on.

use sea_orm::{
    ConnectionTrait, DbErr,
    prelude::*,
    sea_query::{ExprTrait as _, Query},
};
use serde_json::Value;

use super::super::{
    company::{manufacturer_part::ManufacturerParts, supplier_part::SupplierParts},
    location::Locations,
    owner,
    part::Parts,
    stock::StockItems,
};
use crate::{
    db::Tx,
    rest::{ApiError, Resource, View, body, crud::one},
    scope::Need,
};

/// A kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Part,
    StockItem,
    StockLocation,
    SupplierPart,
    ManufacturerPart,
}

impl Kind {
    pub(super) const ALL: [Self; 5] =
        [Self::Part, Self::StockItem, Self::StockLocation, Self::SupplierPart, Self::ManufacturerPart];

    /// What requests and answers call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Part => "part",
            Self::StockItem => "stockitem",
            Self::StockLocation => "stocklocation",
            Self::SupplierPart => "supplierpart",
            Self::ManufacturerPart => "manufacturerpart",
        }
    }

    /// What the short format calls it.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Part => "PA",
            Self::StockItem => "SI",
            Self::StockLocation => "SL",
            Self::SupplierPart => "SP",
            Self::ManufacturerPart => "MP",
        }
    }

    pub(super) const fn table(self) -> &'static str {
        match self {
            Self::Part => "part",
            Self::StockItem => "stock_item",
            Self::StockLocation => "stock_location",
            Self::SupplierPart => "supplier_part",
            Self::ManufacturerPart => "manufacturer_part",
        }
    }

    /// The kind with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Where one is read, relative to the host.
    pub(super) fn url(self, pk: i32) -> String {
        let path = match self {
            Self::Part => Parts::PATH,
            Self::StockItem => StockItems::PATH,
            Self::StockLocation => Locations::PATH,
            Self::SupplierPart => SupplierParts::PATH,
            Self::ManufacturerPart => ManufacturerParts::PATH,
        };
        format!("/api{path}/{pk}/")
    }

    /// To see one.
    pub(super) const fn view(self) -> Need {
        match self {
            Self::Part => Parts::VIEW,
            Self::StockItem => StockItems::VIEW,
            Self::StockLocation => Locations::VIEW,
            Self::SupplierPart => SupplierParts::VIEW,
            Self::ManufacturerPart => ManufacturerParts::VIEW,
        }
    }

    /// To change one.
    pub(super) const fn change(self) -> Need {
        match self {
            Self::Part => Parts::CHANGE,
            Self::StockItem => StockItems::CHANGE,
            Self::StockLocation => Locations::CHANGE,
            Self::SupplierPart => SupplierParts::CHANGE,
            Self::ManufacturerPart => ManufacturerParts::CHANGE,
        }
    }

    /// One, as its own address answers it.
    pub(super) async fn instance(self, view: &View<'_>, pk: i32) -> Result<Value, ApiError> {
        async fn read<R: Resource>(view: &View<'_>, pk: i32) -> Result<Value, ApiError> {
            let read = one::<R>(view, pk).await?;
            serde_json::to_value(read)
                .map_err(|error| ApiError::Failed(format!("an answer does not serialise: {error}")))
        }
        match self {
            Self::Part => read::<Parts>(view, pk).await,
            Self::StockItem => read::<StockItems>(view, pk).await,
            Self::StockLocation => read::<Locations>(view, pk).await,
            Self::SupplierPart => read::<SupplierParts>(view, pk).await,
            Self::ManufacturerPart => read::<ManufacturerParts>(view, pk).await,
        }
    }

    /// Whether somebody else's is not to be touched.
    pub(super) async fn owned(self, tx: &Tx, view: &View<'_>, pk: i32) -> Result<(), ApiError> {
        match self {
            Self::StockItem => owner::Mine::of(tx, view.who).await?.item_with(tx, pk).await,
            Self::StockLocation => owner::Mine::of(tx, view.who).await?.location(tx, Some(pk)).await,
            _ => Ok(()),
        }
    }

    /// Whether there is one with this key.
    pub(super) async fn exists(self, db: &impl ConnectionTrait, pk: i32) -> Result<bool, DbErr> {
        body::exists(db, self.table(), pk).await
    }

    /// The one to which a text with this hash was linked.
    pub(super) async fn by_hash(self, db: &impl ConnectionTrait, hash: &str) -> Result<Option<i32>, DbErr> {
        let query = Query::select()
            .column("id")
            .from(self.table())
            .and_where(Expr::col("barcode_hash").eq(hash))
            // What the index says.
            .and_where(Expr::col("barcode_hash").ne(""))
            .to_owned();
        db.query_one(&query).await?.map(|row| row.try_get("", "id")).transpose()
    }
}

/// What a text of ours refers to: `{"stockitem": 5}`, or `INV-SI5` with this prefix.
pub(super) fn read(text: &str, prefix: &str) -> Option<(Kind, i32)> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix(prefix)
        && let Some((code, digits)) = rest.split_at_checked(2)
        && let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.code() == code)
        && digits.bytes().all(|b| b.is_ascii_digit())
        && let Ok(pk) = digits.parse()
    {
        return Some((kind, pk));
    }
    let Ok(Value::Object(object)) = serde_json::from_str(text) else { return None };
    object.iter().find_map(|(name, value)| {
        let kind = Kind::named(name)?;
        let pk = match value {
            Value::Number(number) => number.as_i64().and_then(|pk| i32::try_from(pk).ok())?,
            Value::String(text) => text.parse().ok()?,
            _ => return None,
        };
        Some((kind, pk))
    })
}

#[cfg(test)]
mod tests {
    use super::{Kind, read};

    #[test]
    fn both_formats_of_a_reference_are_read_and_nothing_else() {
        for (text, found) in [
            ("{\"stockitem\": 5}", Some((Kind::StockItem, 5))),
            ("{\"version\": 1, \"part\": \"7\"}", Some((Kind::Part, 7))),
            (" INV-SL12 ", Some((Kind::StockLocation, 12))),
            ("INV-SP1", Some((Kind::SupplierPart, 1))),
            ("INV-MP1", Some((Kind::ManufacturerPart, 1))),
            ("INV-XX1", None),
            ("INV-PA", None),
            ("INV-PA-1", None),
            ("INV-PA99999999999999999999", None),
            ("INV-\u{e9}1", None),
            ("inv-pa1", None),
            ("{\"stockitem\": 1.5}", None),
            ("{\"stockitem\": [1]}", None),
            ("[1]", None),
            ("", None),
        ] {
            assert_eq!(read(text, "INV-"), found, "{text}");
        }
    }
}
