//! `/api/generic/status/`: what states things are in, and those that people add. A state of one's own stands for one of
//! those that there are (its *logical key*), and that one is what all rules look at.

pub(super) mod custom;

use std::collections::{BTreeMap, HashMap};

use entities::inventory::custom_state;
use poem::{http::StatusCode, web::Data};
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{ConnectionTrait, DbErr, QueryOrder as _, prelude::*};
use serde::Serialize;

use super::stock::{EVENTS, STATUSES};
use crate::{
    access::Auth,
    ctx::Ctx,
    db::Tx,
    rest::{ApiError, Json, invalid},
    scope::Need,
};

/// A code with its names.
#[derive(Debug)]
pub(super) struct Code {
    /// The number on the wire and in the database.
    pub(super) key: i32,
    /// What programs call it.
    pub(super) name: &'static str,
    /// What people read.
    pub(super) label: &'static str,
    /// The colour of its badge.
    pub(super) color: &'static str,
}

/// A code.
pub(super) const fn code(key: i32, name: &'static str, label: &'static str, color: &'static str) -> Code {
    Code { key, name, label, color }
}

/// The codes of one kind of thing.
#[derive(Debug)]
pub(super) struct Class {
    /// What programs call them.
    pub(super) name: &'static str,
    /// Of what they are the states, as content types name it; nothing where nobody may add any.
    model: &'static str,
    codes: &'static [Code],
}

/// The states of stock.
pub(super) const STOCK: &Class = &Class { name: "StockStatus", model: "stockitem", codes: STATUSES };

/// What can happen to stock.
pub(super) const HISTORY: &Class = &Class { name: "StockHistoryCode", model: "", codes: EVENTS };

const PENDING: Code = code(10, "PENDING", "Pending", "secondary");
const ON_HOLD: Code = code(25, "ON_HOLD", "On Hold", "warning");
const COMPLETE: Code = code(30, "COMPLETE", "Complete", "success");
const CANCELLED: Code = code(40, "CANCELLED", "Cancelled", "danger");
const LOST: Code = code(50, "LOST", "Lost", "warning");
const RETURNED: Code = code(60, "RETURNED", "Returned", "warning");

/// All classes, those of orders and builds too, which clients read before they meet any.
const CLASSES: &[&Class] = &[
    STOCK,
    HISTORY,
    &Class {
        name: "BuildStatus",
        model: "build",
        codes: &[
            PENDING,
            code(20, "PRODUCTION", "Production", "primary"),
            ON_HOLD,
            code(30, "CANCELLED", "Cancelled", "danger"),
            code(40, "COMPLETE", "Complete", "success"),
        ],
    },
    &Class {
        name: "PurchaseOrderStatus",
        model: "purchaseorder",
        codes: &[PENDING, code(20, "PLACED", "Placed", "primary"), ON_HOLD, COMPLETE, CANCELLED, LOST, RETURNED],
    },
    &Class {
        name: "SalesOrderStatus",
        model: "salesorder",
        codes: &[
            PENDING,
            code(15, "IN_PROGRESS", "In Progress", "primary"),
            code(20, "SHIPPED", "Shipped", "primary"),
            ON_HOLD,
            COMPLETE,
            CANCELLED,
            LOST,
            RETURNED,
        ],
    },
    &Class {
        name: "ReturnOrderStatus",
        model: "returnorder",
        codes: &[PENDING, code(20, "IN_PROGRESS", "In Progress", "primary"), ON_HOLD, COMPLETE, CANCELLED],
    },
    &Class {
        name: "ReturnOrderLineStatus",
        model: "returnorderlineitem",
        codes: &[
            PENDING,
            code(20, "RETURN", "Return", "success"),
            code(30, "REPAIR", "Repair", "primary"),
            code(40, "REPLACE", "Replace", "warning"),
            code(50, "REFUND", "Refund", "info"),
            code(60, "REJECT", "Reject", "danger"),
        ],
    },
    &Class {
        name: "TransferOrderStatus",
        model: "transferorder",
        codes: &[PENDING, code(20, "ISSUED", "Issued", "primary"), ON_HOLD, COMPLETE, CANCELLED],
    },
];

impl Class {
    /// The class with this name.
    fn named(name: &str) -> Option<&'static Self> {
        CLASSES.iter().copied().find(|class| class.name == name)
    }

    /// The code with this number.
    pub(super) fn find(&self, key: i32) -> Option<&'static Code> {
        self.codes.iter().find(|code| code.key == key)
    }

    /// What a number stands for: the state that rules look at, and the state of one's own, if it is one.
    pub(super) async fn resolve(&self, tx: &Tx, key: i32, field: &str) -> Result<State, ApiError> {
        if self.find(key).is_some() {
            return Ok(State { key, custom: None });
        }
        let query = self.customs().filter(custom_state::Column::Key.eq(key));
        let found = query.one(&**tx).await?;
        let found = found.ok_or_else(|| invalid(field, format!("\"{key}\" is not a valid choice.")))?;
        Ok(State { key: found.logical_key, custom: Some(key) })
    }

    /// What people call the states of their own: by number, in one statement.
    pub(super) async fn labels(&self, db: &impl ConnectionTrait) -> Result<HashMap<i32, String>, DbErr> {
        let found = self.customs().all(db).await?;
        Ok(found.into_iter().map(|state| (state.key, state.label)).collect())
    }

    fn customs(&self) -> Select<custom_state::Entity> {
        custom_state::Entity::find().filter(custom_state::Column::ReferenceStatus.eq(self.name))
    }

    /// As clients read it, with these states of one's own.
    fn read(&self, customs: &[custom_state::Model]) -> StateClass {
        let value = |code: &Code| StateValue {
            key: code.key,
            logical_key: None,
            name: code.name.to_owned(),
            label: code.label.to_owned(),
            color: code.color.to_owned(),
            custom: None,
        };
        let own = |state: &custom_state::Model| StateValue {
            key: state.key,
            logical_key: Some(state.logical_key.to_string()),
            name: state.name.clone(),
            label: state.label.clone(),
            color: state.color.clone(),
            custom: Some(true),
        };
        let mine = customs.iter().filter(|state| state.reference_status == self.name).map(own);
        let values = self.codes.iter().map(value).chain(mine);
        StateClass {
            status_class: self.name.to_owned(),
            values: values.map(|value| (value.name.clone(), value)).collect(),
        }
    }
}

/// The states of one class, with those that people added.
pub(super) async fn class(ctx: &Ctx, class: &Class) -> Result<StateClass, DbErr> {
    let customs = class.customs().order_by_asc(custom_state::Column::Key).all(ctx.db.reader()).await?;
    Ok(class.read(&customs))
}

/// A state: what it is to all rules, and what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    /// The state that rules look at.
    pub(super) key: i32,
    /// A state of one's own that stands for that one.
    pub(super) custom: Option<i32>,
}

impl State {
    /// The number by which clients know it.
    pub(super) fn shown(self) -> i32 {
        self.custom.unwrap_or(self.key)
    }
}

/// A code, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "GenericStateValue")]
pub(super) struct StateValue {
    /// The number
    key: i32,
    /// The number of the state that it stands for, where people added it
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    logical_key: Option<String>,
    /// The name in programs
    name: String,
    /// The name for people
    label: String,
    /// The colour of its badge
    color: String,
    /// Whether people added it
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    custom: Option<bool>,
}

/// A class of codes, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "GenericStateClass")]
pub(super) struct StateClass {
    /// The name of the class
    status_class: String,
    /// Its codes by name
    values: BTreeMap<String, StateValue>,
}

/// The lists of codes.
pub(super) struct Operations;

#[OpenApi]
impl Operations {
    /// The states of everything
    #[oai(path = "/generic/status", method = "get", operation_id = "generic_status_retrieve_all")]
    async fn all(
        &self,
        #[oai(scope = "Need::Read")] _who: Auth,
        ctx: Data<&Ctx>,
    ) -> Result<Json<BTreeMap<String, StateClass>>, ApiError> {
        let customs = custom_state::Entity::find().all(ctx.db.reader()).await?;
        Ok(Json(CLASSES.iter().map(|class| (class.name.to_owned(), class.read(&customs))).collect()))
    }

    /// The states of one class
    #[oai(path = "/generic/status/:statusmodel", method = "get", operation_id = "generic_status_retrieve")]
    async fn one(
        &self,
        #[oai(scope = "Need::Read")] _who: Auth,
        ctx: Data<&Ctx>,
        statusmodel: Path<String>,
    ) -> Result<Json<StateClass>, ApiError> {
        let unknown = || ApiError::Other(StatusCode::NOT_FOUND, "There is no such class of states.".to_owned());
        let found = Class::named(&statusmodel).ok_or_else(unknown)?;
        Ok(Json(class(&ctx, found).await?))
    }
}
