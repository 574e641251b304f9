//! Hand-written lists in the document: what they may be asked comes from the table that drives their query.

use std::collections::HashMap;

use super::registry::{MetaApi, Registry};
use poem::{endpoint::BoxEndpoint, http::Method};
use poem_openapi::OpenApi;

use super::list::Table;

/// An API with hand-written lists.
pub trait Lists {
    /// The operation's name and table of each.
    fn lists() -> Vec<(&'static str, &'static Table)>;
}

/// An API whose hand-written lists describe their parameters.
#[derive(Debug)]
pub struct Asked<A>(pub A);

impl<A: OpenApi + Lists> OpenApi for Asked<A> {
    fn meta() -> Vec<MetaApi> {
        let lists = A::lists();
        let mut apis = A::meta();
        let paths = apis.iter_mut().flat_map(|api| &mut api.paths);
        for operation in paths.flat_map(|path| &mut path.operations) {
            let table = lists.iter().find(|(name, _)| operation.operation_id == Some(*name));
            operation.params.extend(table.into_iter().flat_map(|(_, table)| table.described()));
        }
        apis
    }

    fn register(registry: &mut Registry) {
        A::register(registry);
    }

    fn add_routes(self, table: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        self.0.add_routes(table);
    }
}
