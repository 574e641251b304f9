//! Pages: which part of a list is answered, and what the answer looks like.

use poem::{IntoResponse, Response, http::StatusCode};
use poem_openapi::{ApiResponse, types::Type};
use sea_orm::{EntityTrait, FromQueryResult, QuerySelect as _, Select, sea_query::SimpleExpr};
use serde::Serialize;

use super::{Params, Table};
use crate::rest::{
    count::counted,
    crud::View,
    error::ApiError,
    json::{body, described},
    registry::{MetaResponses, MetaSchema, MetaSchemaRef, Registry},
};

/// No page is longer; a client that asks for more gets this many and a `next`.
pub const MAX_LIMIT: u64 = 10_000;

/// `limit` given: a page; absent, zero or nonsense: the bare array, as Django REST answers.
#[derive(Debug)]
pub enum Listing<T> {
    /// One page.
    Page(Page<T>),
    /// Everything.
    All(Vec<T>),
}

/// One page of a list.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    count: u64,
    next: Option<String>,
    previous: Option<String>,
    results: Vec<T>,
}

impl<T> Page<T> {
    /// The page at an offset.
    pub(in crate::rest) fn new(view: &View<'_>, count: u64, limit: u64, offset: u64, results: Vec<T>) -> Self {
        let link = |offset| view.params.page(view.ctx, limit, offset);
        let after = offset.saturating_add(limit);
        Self {
            count,
            next: (after < count).then(|| link(Some(after))),
            previous: (offset > 0).then(|| link(offset.checked_sub(limit).filter(|offset| *offset > 0))),
            results,
        }
    }
}

/// The page that was asked for: limit and offset.
pub(in crate::rest) fn page(params: &Params) -> Option<(u64, u64)> {
    let limit = params.get("limit")?.trim();
    let all_digits = !limit.is_empty() && limit.bytes().all(|b| b.is_ascii_digit());
    let limit = if all_digits { limit.parse().unwrap_or(u64::MAX) } else { 0 };
    let offset = params.get("offset").and_then(|text| text.trim().parse::<u64>().ok()).unwrap_or(0);
    // The databases count in signed 64 bits.
    (limit > 0).then(|| (limit.min(MAX_LIMIT), offset.min(i64::MAX as u64 / 2)))
}

/// The rows of a hand-written list, and which part of it they are.
#[derive(Debug)]
pub struct Found<M> {
    rows: Vec<M>,
    place: Place,
}

/// Which part of a list some rows are: count, limit and offset; none where they are all of it.
#[derive(Debug, Clone, Copy)]
pub struct Place(Option<(u64, u64, u64)>);

/// What a query finds, narrowed, ordered and cut as the request asks. `pk` makes the order a total one.
pub async fn find<E: EntityTrait, M: FromQueryResult>(
    view: &View<'_>,
    table: &Table,
    query: Select<E>,
    pk: SimpleExpr,
) -> Result<Found<M>, ApiError> {
    let db = view.ctx.db.reader();
    let narrowed = table.narrow(query, view).await?;
    let rows = |query| table.order(query, view.params, pk);
    let Some((limit, offset)) = page(view.params) else {
        return Ok(Found { rows: rows(narrowed).into_model().all(db).await?, place: Place(None) });
    };
    let rows = rows(narrowed.clone()).limit(limit).offset(offset).into_model().all(db);
    let (rows, count) = counted(view.ctx, narrowed, (limit, offset), rows).await?;
    Ok(Found { rows, place: Place(Some((count, limit, offset))) })
}

impl<M> Found<M> {
    /// The rows.
    pub fn rows(&self) -> &[M] {
        &self.rows
    }

    /// The rows and their place, for what shows them all at once.
    pub fn split(self) -> (Vec<M>, Place) {
        (self.rows, self.place)
    }

    /// The list, each row by itself.
    pub fn shown<T>(self, view: &View<'_>, show: impl FnMut(M) -> Option<T>) -> Listing<T> {
        self.place.listing(view, self.rows.into_iter().filter_map(show).collect())
    }
}

impl Place {
    /// The list of which these are the rows.
    pub fn listing<T>(self, view: &View<'_>, rows: Vec<T>) -> Listing<T> {
        match self.0 {
            Some((count, limit, offset)) => Listing::Page(Page::new(view, count, limit, offset, rows)),
            None => Listing::All(rows),
        }
    }
}

impl<T> Listing<T> {
    /// The part that was asked for of rows that are all in memory.
    pub fn of(view: &View<'_>, rows: Vec<T>) -> Self {
        let Some((limit, offset)) = page(view.params) else { return Self::All(rows) };
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let count = rows.len() as u64;
        let rows = rows.into_iter().skip(size(offset)).take(size(limit)).collect();
        Self::Page(Page::new(view, count, limit, offset, rows))
    }
}

impl<T: Serialize + Send> IntoResponse for Listing<T> {
    fn into_response(self) -> Response {
        match self {
            Self::All(rows) => body(StatusCode::OK, &rows),
            Self::Page(page) => body(StatusCode::OK, &page),
        }
    }
}

impl<T: Type> ApiResponse for Listing<T> {
    fn meta() -> MetaResponses {
        MetaResponses { responses: vec![described(200, "", MetaSchemaRef::Reference(Self::schema_name()))] }
    }

    /// The page; that it is the bare array without `limit` is said in its description.
    fn register(registry: &mut Registry) {
        T::register(registry);
        let rows = MetaSchema { items: Some(Box::new(T::schema_ref())), ..MetaSchema::new("array") };
        let inline = |schema| MetaSchemaRef::Inline(Box::new(schema));
        let link = || inline(MetaSchema { nullable: true, ..MetaSchema::new_with_format("string", "uri") });
        let schema = MetaSchema {
            title: Some(Self::schema_name()),
            description: Some("With `limit`: one page. Without: the array of all results, by itself."),
            required: vec!["count", "next", "previous", "results"],
            properties: vec![
                ("count", inline(MetaSchema::new("integer"))),
                ("next", link()),
                ("previous", link()),
                ("results", inline(rows)),
            ],
            ..MetaSchema::new("object")
        };
        registry.schemas.insert(Self::schema_name(), schema);
    }
}

impl<T: Type> Listing<T> {
    fn schema_name() -> String {
        format!("Paginated{}List", T::name())
    }
}
