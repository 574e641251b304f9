//! The inventory: one file a resource.
