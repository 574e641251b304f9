//! What the settings say about parts, read once for a write.

use std::collections::HashMap;

use entities::inventory::part;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr};

use super::PartWrite;
use crate::settings::{self, Value};

/// The global settings by key.
#[derive(Debug)]
pub(in crate::inventory) struct Policy(HashMap<&'static str, Value>);

impl Policy {
    /// As they are now: one statement.
    pub(in crate::inventory) async fn read(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let all = settings::globals(db).await?;
        Ok(Self(all.into_iter().map(|(setting, value)| (setting.key, value)).collect()))
    }

    /// Whether a setting is on.
    pub(in crate::inventory) fn is_on(&self, key: &str) -> bool {
        self.0.get(key).is_some_and(Value::is_on)
    }

    /// The text of a setting.
    pub(in crate::inventory) fn text(&self, key: &str) -> &str {
        self.0.get(key).map_or("", Value::text)
    }

    /// What a new part is where its maker does not say.
    pub(super) fn fill(&self, sent: &PartWrite, new: &mut part::ActiveModel) {
        let mut fill = |given: Option<bool>, key: &str, set: &mut dyn FnMut(&mut part::ActiveModel, bool)| {
            if given.is_none() {
                set(new, self.is_on(key));
            }
        };
        fill(sent.is_template.0, "PART_TEMPLATE", &mut |new, on| new.is_template = Set(on));
        fill(sent.assembly.0, "PART_ASSEMBLY", &mut |new, on| new.assembly = Set(on));
        fill(sent.component.0, "PART_COMPONENT", &mut |new, on| new.component = Set(on));
        fill(sent.purchaseable.0, "PART_PURCHASEABLE", &mut |new, on| new.purchaseable = Set(on));
        fill(sent.salable.0, "PART_SALABLE", &mut |new, on| new.salable = Set(on));
        fill(sent.trackable.0, "PART_TRACKABLE", &mut |new, on| new.trackable = Set(on));
        fill(sent.is_virtual.0, "PART_VIRTUAL", &mut |new, on| new.is_virtual = Set(on));
    }
}
