//! What the inventory's keys refer to.

use crate::rest::field::Linked;

macro_rules! linked {
    ($($(#[$meta:meta])* $name:ident => $model:literal, $url:literal, $table:expr;)*) => { $(
        $(#[$meta])*
        #[derive(Debug)]
        pub(super) struct $name;

        impl Linked for $name {
            const MODEL: &'static str = $model;
            const URL: &'static str = $url;
            const TABLE: Option<&'static str> = $table;
        }
    )* };
}

linked! {
    /// A part.
    Part => "part", "/api/part/", Some("part");
    /// A part category.
    Category => "partcategory", "/api/part/category/", Some("part_category");
    /// A line of a bill of material.
    BomItem => "bomitem", "/api/bom/", Some("bom_item");
    /// A stock location.
    Location => "stocklocation", "/api/stock/location/", Some("stock_location");
    /// A kind of stock location.
    LocationType => "stocklocationtype", "/api/stock/location-type/", Some("stock_location_type");
    /// A stock item.
    StockItem => "stockitem", "/api/stock/", Some("stock_item");
    /// A company.
    Company => "company", "/api/company/", Some("company");
    /// A part as a supplier sells it.
    SupplierPart => "supplierpart", "/api/company/part/", Some("supplier_part");
    /// A part as a manufacturer makes it.
    ManufacturerPart => "manufacturerpart", "/api/company/part/manufacturer/", Some("manufacturer_part");
    /// A test of the stock of a part.
    TestTemplate => "parttesttemplate", "/api/part/test-template/", Some("part_test_template");
    /// A build order, of which there is none yet.
    BuildOrder => "build", "/api/build/", None;
    /// A purchase order, of which there is none yet.
    PurchaseOrder => "purchaseorder", "/api/order/po/", None;
    /// A user.
    User => "user", "/api/user/", Some("user");
    /// An owner: a user or a group.
    Owner => "owner", "/api/user/owner/", Some("owner");
}
