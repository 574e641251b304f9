//! What belongs to no one area: settings, and what hangs on everything.

pub mod attachment;
pub mod custom_unit;
pub mod notes_image;
pub mod object_metadata;
pub mod orphan_file;
pub mod parameter;
pub mod parameter_template;
pub mod project_code;
pub mod selection_entry;
pub mod selection_list;
pub mod setting;
pub mod tagged_item;
pub mod user_setting;
