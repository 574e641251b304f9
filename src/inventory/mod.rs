//! The inventory: one file per resource.
