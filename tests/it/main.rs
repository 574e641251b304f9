//! The one integration binary. The tree of modules is the tree of URLs; a test's name is the rule that it proves.

mod floors;
mod schema;
mod support;
