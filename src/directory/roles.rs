//! What a person may do, as clients ask for it before they show a button: by role, and by `InvenTree`'s model names.

use serde_json::{Map, Value};

use crate::scope::{Action, Rights, Role};

/// The tables of each role, by `InvenTree`'s names; a table in several roles takes any of them.
const MODELS: [(Role, &[&str]); 11] = [
    (Role::Admin, &["group", "user", "apitoken", "ruleset", "accesstoken", "application", "grant", "refreshtoken"]),
    (Role::PartCategory, &["partcategory", "partcategoryparametertemplate", "partcategorystar"]),
    (
        Role::Part,
        &[
            "part",
            "partpricing",
            "partsellpricebreak",
            "partinternalpricebreak",
            "parttesttemplate",
            "partrelated",
            "partstar",
            "partstocktake",
            "supplierpart",
            "manufacturerpart",
        ],
    ),
    (Role::Bom, &["bomitem", "bomitemsubstitute"]),
    (Role::StockLocation, &["stocklocation", "stocklocationtype"]),
    (Role::Stock, &["stockitem", "stockitemtracking", "stockitemtestresult"]),
    (Role::Build, &["build", "builditem", "buildline"]),
    (
        Role::PurchaseOrder,
        &[
            "company",
            "contact",
            "address",
            "manufacturerpart",
            "supplierpart",
            "supplierpricebreak",
            "purchaseorder",
            "purchaseorderlineitem",
            "purchaseorderextraline",
        ],
    ),
    (
        Role::SalesOrder,
        &[
            "company",
            "contact",
            "address",
            "salesorder",
            "salesorderallocation",
            "salesorderlineitem",
            "salesorderextraline",
            "salesordershipment",
        ],
    ),
    (
        Role::ReturnOrder,
        &["company", "contact", "address", "returnorder", "returnorderlineitem", "returnorderextraline"],
    ),
    (Role::TransferOrder, &["transferorder", "transferorderallocation", "transferorderlineitem"]),
];

/// What people call a role in lists.
pub(super) const fn label(role: Role) -> &'static str {
    match role {
        Role::Admin => "Admin",
        Role::PartCategory => "Part Categories",
        Role::Part => "Parts",
        Role::Bom => "Bills of Material",
        Role::StockLocation => "Stock Locations",
        Role::Stock => "Stock Items",
        Role::Build => "Build Orders",
        Role::PurchaseOrder => "Purchase Orders",
        Role::SalesOrder => "Sales Orders",
        Role::ReturnOrder => "Return Orders",
        Role::TransferOrder => "Transfer Orders",
    }
}

/// The actions in each of the eleven roles; null where there is none.
pub(super) fn by_role(rights: &Rights) -> Value {
    let row = |role: Role| {
        let names = names(rights.actions(role));
        (role.name().to_owned(), names.unwrap_or_default())
    };
    Value::Object(Role::ALL.into_iter().map(row).collect())
}

/// The actions on each table on which there is one.
pub(super) fn by_model(rights: &Rights) -> Value {
    let mut tables = Map::new();
    for model in MODELS.iter().flat_map(|(_, models)| *models) {
        let allowed = |action: &Action| {
            MODELS.iter().any(|(role, models)| models.contains(model) && rights.allows(*action, *role))
        };
        if let Some(names) = names(Action::ALL.into_iter().filter(allowed).collect()) {
            tables.insert((*model).to_owned(), names);
        }
    }
    Value::Object(tables)
}

fn names(actions: Vec<Action>) -> Option<Value> {
    if actions.is_empty() { None } else { Some(actions.into_iter().map(Action::name).collect()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_there_and_null_where_nothing_is_allowed() {
        let mut rights = Rights::default();
        rights.grant(Role::PurchaseOrder, Action::View);
        let roles = by_role(&rights);
        assert_eq!(roles.as_object().unwrap().len(), 11);
        assert_eq!(roles["part"], Value::Null);
        assert_eq!(roles["purchase_order"], serde_json::json!(["view"]));
        let models = by_model(&rights);
        assert_eq!(models["supplierpart"], serde_json::json!(["view"]));
        assert_eq!(models.get("part"), None);
        assert_eq!(by_model(&Rights::default()), serde_json::json!({}));
        let all = by_role(&Rights::of_person(false, true));
        assert_eq!(all["transfer_order"], serde_json::json!(["view", "add", "change", "delete"]));
    }
}
