//! What state stock is in, and what can happen to it: the codes, once.

use std::collections::BTreeMap;

use poem_openapi::Object;
use serde::Serialize;

/// A code with its names.
#[derive(Debug)]
pub(in crate::inventory) struct Code {
    /// The number on the wire and in the database.
    pub(in crate::inventory) key: i32,
    name: &'static str,
    /// What people read.
    pub(in crate::inventory) label: &'static str,
    color: &'static str,
    /// Whether stock in this state is there to be used.
    usable: bool,
}

const fn status(key: i32, name: &'static str, label: &'static str, color: &'static str, usable: bool) -> Code {
    Code { key, name, label, color, usable }
}

/// As it should be; what new stock is.
pub(super) const OK: i32 = 10;

/// The states.
pub(super) const STATUSES: &[Code] = &[
    status(OK, "OK", "OK", "success", true),
    status(50, "ATTENTION", "Attention needed", "warning", true),
    status(55, "DAMAGED", "Damaged", "warning", true),
    status(60, "DESTROYED", "Destroyed", "danger", false),
    status(65, "REJECTED", "Rejected", "danger", false),
    status(70, "LOST", "Lost", "dark", false),
    status(75, "QUARANTINED", "Quarantined", "info", false),
    status(85, "RETURNED", "Returned", "warning", true),
];

/// The state with this number.
pub(super) fn find(key: i32) -> Option<&'static Code> {
    STATUSES.iter().find(|code| code.key == key)
}

/// Whether stock in a state is there to be used.
pub(super) fn is_usable(key: i32) -> bool {
    find(key).is_some_and(|code| code.usable)
}

/// The states in which stock is there to be used, for SQL.
pub(super) fn usable_sql() -> String {
    let keys: Vec<String> = STATUSES.iter().filter(|code| code.usable).map(|code| code.key.to_string()).collect();
    keys.join(", ")
}

macro_rules! events {
    ($($name:ident = $key:literal, $label:literal;)*) => {
        /// What happened to stock.
        #[expect(dead_code, reason = "orders and builds, which are yet to come, make some of them")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(in crate::inventory) enum Event {
            $(#[doc = $label] $name = $key,)*
        }

        impl Event {
            /// All that can happen, with InvenTree's names.
            pub(super) const ALL: &[Code] = &[$(status($key, stringify!($name), $label, "secondary", false),)*];
        }
    };
}

events! {
    Legacy = 0, "Legacy stock tracking entry";
    Created = 1, "Stock item created";
    Edited = 5, "Edited stock item";
    AssignedSerial = 6, "Assigned serial number";
    Counted = 10, "Stock counted";
    Added = 11, "Stock manually added";
    Removed = 12, "Stock manually removed";
    Serialized = 13, "Serialized stock items";
    Returned = 15, "Returned to stock";
    Moved = 20, "Location changed";
    Updated = 25, "Stock updated";
    InstalledInto = 30, "Installed into assembly";
    RemovedFrom = 31, "Removed from assembly";
    InstalledChild = 35, "Installed component item";
    RemovedChild = 36, "Removed component item";
    SplitFrom = 40, "Split from parent item";
    SplitChild = 42, "Split child item";
    Merged = 45, "Merged stock items";
    Disassembled = 46, "Disassembled";
    CreatedFromDisassembly = 47, "Created from disassembly";
    Converted = 48, "Converted to variant";
    BuildOutputCreated = 50, "Build order output created";
    BuildOutputCompleted = 55, "Build order output completed";
    BuildOutputRejected = 56, "Build order output rejected";
    BuildConsumed = 57, "Consumed by build order";
    Shipped = 60, "Shipped against Sales Order";
    Received = 70, "Received against Purchase Order";
    ReturnedAgainstOrder = 80, "Returned against Return Order";
    SentToCustomer = 100, "Sent to customer";
    ReturnedFromCustomer = 105, "Returned from customer";
}

/// The label of an event's number.
pub(super) fn event_label(key: i32) -> &'static str {
    Event::ALL.iter().find(|code| code.key == key).map_or("", |code| code.label)
}

/// A code, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "GenericStateValue")]
pub(in crate::inventory) struct StateValue {
    /// The number
    key: i32,
    /// The name in programs
    name: String,
    /// The name for people
    label: String,
    /// The colour of its badge
    color: String,
}

/// A class of codes, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "GenericStateClass")]
pub(in crate::inventory) struct StateClass {
    /// The name of the class
    status_class: String,
    /// Its codes by name
    values: BTreeMap<String, StateValue>,
}

impl StateClass {
    fn new(status_class: &str, codes: &[Code], name: impl Fn(&str) -> String) -> Self {
        let value = |code: &Code| {
            let name = name(code.name);
            let (label, color) = (code.label.to_owned(), code.color.to_owned());
            (name.clone(), StateValue { key: code.key, name, label, color })
        };
        Self { status_class: status_class.to_owned(), values: codes.iter().map(value).collect() }
    }

    /// The states of stock.
    pub(super) fn statuses() -> Self {
        Self::new("StockStatus", STATUSES, str::to_owned)
    }

    /// What can happen to stock.
    pub(super) fn events() -> Self {
        Self::new("StockHistoryCode", Event::ALL, snake)
    }
}

/// `SplitFrom` as `SPLIT_FROM`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.char_indices() {
        if at > 0 && c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}
