//! What actions are sent, and what they answer: what was sent, as it was understood.

use entities::exact::{Money, Quantity};
use poem_openapi::Object;
use serde::Serialize;

use super::super::super::links;
use crate::rest::field::{Given, Key, Number, OrBlank};

/// A text that may be left out.
pub(super) type Notes = Given<OrBlank>;

/// An item and how much of it.
#[derive(Debug, Clone, Object)]
#[oai(rename = "StockAdjustmentItem")]
pub(super) struct Adjustment {
    /// The item
    pub(super) pk: Key<links::StockItem>,
    /// How much
    pub(super) quantity: Number<Quantity>,
    /// Batch code, where it changes
    #[oai(validator(max_length = 100))]
    pub(super) batch: Given<String>,
    /// The state, where it changes
    pub(super) status: Given<Option<i32>>,
    /// In what it is kept, where it changes
    #[oai(validator(max_length = 50))]
    pub(super) packaging: Given<String>,
    /// Merge into matching stock at the new location
    pub(super) merge: Given<bool>,
}

/// What was done with an item.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "StockAdjusted")]
pub(super) struct Adjusted {
    /// The item; null if it is gone with its last
    pub(super) pk: Option<i32>,
    /// How much was asked for, as a decimal text
    pub(super) quantity: String,
}

/// What was done.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "StockAdjustment")]
pub(super) struct Done {
    /// The items
    pub(super) items: Vec<Adjusted>,
    /// Why
    pub(super) notes: String,
    /// Where
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    pub(super) location: Option<i32>,
}

/// What came back.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "StockReturned")]
pub(super) struct Returned {
    /// The items
    pub(super) items: Vec<Adjusted>,
    /// Why
    pub(super) notes: String,
    /// Where it is
    pub(super) location: i32,
    /// Whether it merged into matching stock there
    pub(super) merge: bool,
}

/// Counted stock.
#[derive(Debug, Object)]
#[oai(rename = "StockCount")]
pub(super) struct Count {
    /// The items
    pub(super) items: Vec<Adjustment>,
    /// Why
    pub(super) notes: Notes,
    /// Where it was found, if that is new
    pub(super) location: Given<Option<Key<links::Location>>>,
}

/// Stock that came, or went.
#[derive(Debug, Object)]
#[oai(rename = "StockAdd")]
pub(super) struct Add {
    /// The items
    pub(super) items: Vec<Adjustment>,
    /// Why
    pub(super) notes: Notes,
}

/// Stock that moves.
#[derive(Debug, Object)]
#[oai(rename = "StockTransfer")]
pub(super) struct Transfer {
    /// The items
    pub(super) items: Vec<Adjustment>,
    /// Why
    pub(super) notes: Notes,
    /// Where to
    pub(super) location: Key<links::Location>,
}

/// Stock that comes back.
#[derive(Debug, Object)]
#[oai(rename = "StockReturn")]
pub(super) struct Return {
    /// The items
    pub(super) items: Vec<Adjustment>,
    /// Why
    pub(super) notes: Notes,
    /// Where to
    pub(super) location: Key<links::Location>,
    /// Merge into matching stock there
    pub(super) merge: Given<bool>,
}

/// An item.
#[derive(Debug, Clone, Object)]
#[oai(rename = "StockMergeItem")]
pub(super) struct Item {
    /// The item
    pub(super) item: Key<links::StockItem>,
}

/// Stock that goes to a customer.
#[derive(Debug, Object)]
#[oai(rename = "StockAssignment")]
pub(super) struct Assignment {
    /// The items
    pub(super) items: Vec<Item>,
    /// To whom
    pub(super) customer: Key<links::Company>,
    /// Why
    pub(super) notes: Notes,
}

/// Stock whose state changes.
#[derive(Debug, Object)]
#[oai(rename = "StockChangeStatus")]
pub(super) struct ChangeStatus {
    /// The items
    pub(super) items: Vec<Key<links::StockItem>>,
    /// The new state
    pub(super) status: i32,
    /// Why
    pub(super) note: Notes,
}

/// Stock that becomes one.
#[derive(Debug, Object)]
#[oai(rename = "StockMerge")]
pub(super) struct Merge {
    /// The items
    pub(super) items: Vec<Item>,
    /// Where to
    pub(super) location: Key<links::Location>,
    /// Why
    pub(super) notes: Notes,
    /// Whether the items may be bought as different supplier parts
    pub(super) allow_mismatched_suppliers: Given<bool>,
    /// Whether the items may be in different states
    pub(super) allow_mismatched_status: Given<bool>,
}

/// Items that went to a customer.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "StockAssigned")]
pub(super) struct Assigned {
    /// The items
    pub(super) items: Vec<i32>,
    /// To whom
    pub(super) customer: i32,
    /// Why
    pub(super) notes: String,
}

/// Items whose state changed.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "StockStatusChanged")]
pub(super) struct StatusChanged {
    /// The items
    pub(super) items: Vec<i32>,
    /// Their state now
    pub(super) status: i32,
    /// Why
    pub(super) note: String,
}

/// Items that became one.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "StockMerged")]
pub(super) struct Merged {
    /// The items
    pub(super) items: Vec<i32>,
    /// Where it is
    pub(super) location: i32,
    /// Why
    pub(super) notes: String,
    /// Whether the items could be bought as different supplier parts
    pub(super) allow_mismatched_suppliers: bool,
    /// Whether the items could be in different states
    pub(super) allow_mismatched_status: bool,
    /// The item that they became
    pub(super) item: i32,
}

/// Items that get serial numbers.
#[derive(Debug, Object)]
#[oai(rename = "SerializeStockItem")]
pub(super) struct Serialize_ {
    /// How many
    #[oai(validator(minimum(value = "0")))]
    pub(super) quantity: i32,
    /// Which serial numbers: `1, 2, 5-9, 12+3, ~`
    #[oai(validator(min_length = 1, max_length = 10000))]
    pub(super) serial_numbers: String,
    /// Where they go
    pub(super) destination: Key<links::Location>,
    /// Why
    pub(super) notes: Notes,
}

/// An item that is installed in another.
#[derive(Debug, Object)]
#[oai(rename = "InstallStockItem")]
pub(super) struct Install {
    /// The item to install
    pub(super) stock_item: Key<links::StockItem>,
    /// How many of it; 1 if not given
    #[oai(validator(minimum(value = "1")))]
    pub(super) quantity: Given<i32>,
    /// Why
    pub(super) note: Notes,
}

/// An item that was installed.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "InstalledStockItem")]
pub(super) struct Installed {
    /// The item that is installed now
    pub(super) stock_item: i32,
    /// How many of it
    pub(super) quantity: i32,
    /// Why
    pub(super) note: String,
}

/// An item that is taken out of another.
#[derive(Debug, Object)]
#[oai(rename = "UninstallStockItem")]
pub(super) struct Uninstall {
    /// Where it goes
    pub(super) location: Key<links::Location>,
    /// Why
    pub(super) note: Notes,
}

/// Where an item went.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "UninstalledStockItem")]
pub(super) struct Uninstalled {
    /// Where it is now
    pub(super) location: i32,
    /// Why
    pub(super) note: String,
}

/// An item that becomes one of another variant.
#[derive(Debug, Object)]
#[oai(rename = "ConvertStockItem")]
pub(super) struct Convert {
    /// Which variant
    pub(super) part: Key<links::Part>,
}

/// What an item became.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "ConvertedStockItem")]
pub(super) struct Converted {
    /// Its part now
    pub(super) part: i32,
}

/// A component that is broken out.
#[derive(Debug, Clone, Object)]
#[oai(rename = "DisassemblyLine")]
pub(super) struct Component {
    /// The line of the bill of material that says what it is
    pub(super) bom_item: Key<links::BomItem>,
    /// How much of it
    pub(super) quantity: Number<Quantity>,
    /// Where it goes
    pub(super) location: Given<Option<Key<links::Location>>>,
    /// Its state
    pub(super) status: Given<Option<i32>>,
    /// What one is worth; by default its share of what the assembly cost
    pub(super) purchase_price: Given<Option<Number<Money>>>,
    /// In this currency
    #[oai(validator(max_length = 3))]
    pub(super) purchase_price_currency: Given<OrBlank>,
}

/// An assembly that is taken apart.
#[derive(Debug, Object)]
#[oai(rename = "DisassembleStockItem")]
pub(super) struct Disassemble {
    /// What is broken out
    pub(super) items: Vec<Component>,
    /// How many assemblies
    pub(super) quantity: Number<Quantity>,
    /// Where the components go that do not say
    pub(super) location: Given<Option<Key<links::Location>>>,
    /// Why
    pub(super) notes: Notes,
}
