//! Lists: filters, search, ordering and pages, from one table that drives the query and the document alike.

mod page;
mod search;

use std::sync::Arc;

use entities::exact::{Exact as _, Quantity};
use poem::{FromRequest, Request, RequestBody};
use sea_orm::{
    Condition, EntityTrait, Order, QueryFilter as _, QueryOrder as _, Select,
    sea_query::{Expr, SimpleExpr},
};

pub(super) use self::page::page;
use self::search::{Matcher, words};
pub use self::{
    page::{Found, Listing, MAX_LIMIT, Page, Place, find},
    search::contains,
};
use super::{
    crud::View,
    error::{ApiError, invalid},
    pattern::Pattern,
    registry::{MetaOperationParam, MetaParamIn, MetaSchema, MetaSchemaRef},
    schema::truth,
};
use crate::ctx::Ctx;

/// A search for more words is refused.
const MAX_WORDS: usize = 20;

/// A request's query parameters. A text that is no UTF-8, or holds NUL, is refused.
#[derive(Debug, Clone, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
    path: String,
}

impl<'a> FromRequest<'a> for Params {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        let pairs = decode(request.uri().query().unwrap_or_default().as_bytes()).map_err(ApiError::Malformed)?;
        Ok(Self { pairs, path: super::idiom::full_path(request.uri()) })
    }
}

impl Params {
    /// The last value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// All values of a name, also where they are written as one list with commas.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self.pairs.iter().filter(|(other, _)| other == name);
        named.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|value| !value.is_empty()).collect()
    }

    /// A boolean; anything else than Django's words is as good as absent.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(truth)
    }

    /// This address with another page, as `next` and `previous` write it.
    fn page(&self, ctx: &Ctx, limit: u64, offset: Option<u64>) -> String {
        let mut query: Vec<(&str, String)> = self
            .pairs
            .iter()
            .filter(|(name, _)| name != "limit" && name != "offset")
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        query.push(("limit", limit.to_string()));
        query.extend(offset.map(|offset| ("offset", offset.to_string())));
        query.sort_by_key(|(name, _)| *name);
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        format!("{}?{query}", ctx.config.url(&self.path))
    }
}

/// Decodes `application/x-www-form-urlencoded` strictly.
pub(super) fn decode(input: &[u8]) -> Result<Vec<(String, String)>, String> {
    let pairs = input.split(|b| *b == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let mut parts = pair.splitn(2, |b| *b == b'=');
            let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            Ok((decode_text(name)?, decode_text(value)?))
        })
        .collect()
}

fn decode_text(input: &[u8]) -> Result<String, String> {
    let mut out = Vec::with_capacity(input.len());
    let mut rest = input;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match (first, tail) {
            (b'+', _) => out.push(b' '),
            (b'%', [a, b, after @ ..]) if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => {
                let digit = |c: &u8| char::from(*c).to_digit(16).and_then(|d| u8::try_from(d).ok()).unwrap_or_default();
                out.push(digit(a) * 16 + digit(b));
                rest = after;
            }
            (byte, _) => out.push(*byte),
        }
    }
    if out.contains(&0) {
        return Err("Null characters are not allowed.".into());
    }
    String::from_utf8(out).map_err(|_| "The text is not valid UTF-8.".into())
}

/// How a filter's value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Django's words for true and false; anything else is ignored.
    Bool,
    /// A whole number.
    Int,
    /// Any text.
    Text,
    /// A regular expression.
    Pattern,
    /// A quantity.
    Number,
    /// `YYYY-MM-DD`.
    Date,
    /// The primary key of a row of this table, which must exist.
    Key(&'static str),
    /// The same, or the word `null`.
    KeyOrNull(&'static str),
    /// Primary keys, repeated or in a list with commas; unknown ones do no harm.
    Keys,
    /// A switch for the output, which filters nothing.
    Flag(bool),
}

/// A value that was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// See [`Kind::Bool`].
    Bool(bool),
    /// A number or a key.
    Int(i32),
    /// A text.
    Text(String),
    /// A regular expression.
    Pattern(Pattern),
    /// A quantity.
    Number(Quantity),
    /// A date.
    Date(chrono::NaiveDate),
    /// Keys.
    Keys(Vec<i32>),
    /// The word `null`.
    Null,
}

impl Value {
    /// As a boolean.
    pub const fn truth(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// As a number or a key; 0 where it is none.
    pub const fn number(&self) -> i32 {
        if let Self::Int(number) = self { *number } else { 0 }
    }

    /// As a quantity; nothing where it is none.
    pub const fn quantity(&self) -> Quantity {
        if let Self::Number(number) = self { *number } else { Quantity::ZERO }
    }

    fn to_sql(&self) -> sea_orm::Value {
        match self {
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Text(value) => value.clone().into(),
            Self::Number(value) => (*value).into(),
            Self::Date(value) => (*value).into(),
            Self::Keys(_) | Self::Pattern(_) | Self::Null => sea_orm::Value::Int(None),
        }
    }
}

type Apply = dyn Fn(&Value, &View<'_>) -> Condition + Send + Sync;

/// One query parameter of a list.
#[derive(Clone)]
pub struct Filter {
    /// Its name.
    pub name: &'static str,
    /// How its value is read.
    pub kind: Kind,
    apply: Arc<Apply>,
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filter").field("name", &self.name).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Filter {
    /// The column equals the value.
    pub fn eq(name: &'static str, kind: Kind, column: impl sea_orm::ColumnTrait) -> Self {
        use sea_orm::sea_query::ExprTrait as _;
        let column = column.as_column_ref();
        Self::by(name, kind, move |value, _| {
            let column = Expr::col(column.clone());
            match value {
                Value::Null => Condition::all().add(column.is_null()),
                Value::Keys(keys) => Condition::all().add(column.is_in(keys.clone())),
                value => Condition::all().add(column.eq(value.to_sql())),
            }
        })
    }

    /// The column matches the pattern.
    pub fn matches(name: &'static str, column: impl sea_orm::ColumnTrait) -> Self {
        let column = column.as_column_ref();
        Self::by(name, Kind::Pattern, move |value, view| match value {
            Value::Pattern(pattern) => {
                Condition::all().add(pattern.on(view.ctx.db.is_sqlite(), Expr::col(column.clone())))
            }
            _ => Condition::all(),
        })
    }

    /// A rule of its own.
    pub fn by(
        name: &'static str,
        kind: Kind,
        apply: impl Fn(&Value, &View<'_>) -> Condition + Send + Sync + 'static,
    ) -> Self {
        Self { name, kind, apply: Arc::new(apply) }
    }

    /// A parameter that only switches the output, with its default.
    pub fn flag(name: &'static str, default: bool) -> Self {
        Self::by(name, Kind::Flag(default), |_, _| Condition::all())
    }

    /// How the document describes it.
    pub(super) fn described(&self) -> MetaOperationParam {
        let schema = match self.kind {
            Kind::Bool => MetaSchema::new("boolean"),
            Kind::Flag(default) => MetaSchema { default: Some(default.into()), ..MetaSchema::new("boolean") },
            Kind::Int | Kind::Key(_) => MetaSchema::new("integer"),
            Kind::Text | Kind::Pattern | Kind::KeyOrNull(_) => MetaSchema::new("string"),
            Kind::Number => MetaSchema::new("number"),
            Kind::Date => MetaSchema::new_with_format("string", "date"),
            Kind::Keys => MetaSchema {
                items: Some(Box::new(MetaSchemaRef::Inline(Box::new(MetaSchema::new("integer"))))),
                ..MetaSchema::new("array")
            },
        };
        parameter(self.name, schema)
    }
}

fn parameter(name: &str, schema: MetaSchema) -> MetaOperationParam {
    MetaOperationParam {
        name: name.to_owned(),
        schema: MetaSchemaRef::Inline(Box::new(schema)),
        in_type: MetaParamIn::Query,
        description: None,
        required: false,
        deprecated: false,
        explode: true,
        style: None,
    }
}

/// What a list may be asked.
#[derive(Debug, Default)]
pub struct Table {
    /// Its parameters.
    pub filters: Vec<Filter>,
    /// What `search` looks in.
    pub search: Vec<SimpleExpr>,
    /// What it looks in too, with `search_notes`.
    pub search_notes: Vec<SimpleExpr>,
    /// What `ordering` may name.
    pub ordering: Vec<(&'static str, SimpleExpr)>,
    /// The order where none is asked for.
    pub default_order: Vec<(SimpleExpr, Order)>,
}

impl Table {
    /// The parameters of the list, for the document.
    pub(super) fn described(&self) -> Vec<MetaOperationParam> {
        let mut all: Vec<_> = self.filters.iter().map(Filter::described).collect();
        all.push(parameter("limit", MetaSchema::new("integer")));
        all.push(parameter("offset", MetaSchema::new("integer")));
        if !self.search.is_empty() {
            let mut search = parameter("search", MetaSchema::new("string"));
            search.description = Some(
                "Words, all of which are found. With search_whole=true whole words, with search_regex=true patterns; with \
                 search_notes=true in notes too."
                    .to_owned(),
            );
            all.push(search);
        }
        if !self.ordering.is_empty() {
            let names = self.ordering.iter().flat_map(|(name, _)| [(*name).into(), format!("-{name}").into()]);
            let schema = MetaSchema { enum_items: names.collect(), ..MetaSchema::new("string") };
            all.push(parameter("ordering", schema));
        }
        all
    }

    /// Those of them that one object's answer has too: what switches its output.
    pub(super) fn switches(&self) -> Vec<MetaOperationParam> {
        // `cascade` widens a filter of the list.
        let shows = |filter: &&Filter| matches!(filter.kind, Kind::Flag(_)) && filter.name != "cascade";
        self.filters.iter().filter(shows).map(Filter::described).collect()
    }

    /// Whether an output switch is on.
    pub fn is_on(&self, name: &str, params: &Params) -> bool {
        let default = self.filters.iter().find(|f| f.name == name).is_some_and(|f| f.kind == Kind::Flag(true));
        params.flag(name).unwrap_or(default)
    }

    /// Narrows a query to what was asked for.
    pub async fn narrow<E: EntityTrait>(&self, mut query: Select<E>, view: &View<'_>) -> Result<Select<E>, ApiError> {
        for filter in &self.filters {
            if let Some(value) = read(filter, view).await? {
                query = query.filter((filter.apply)(&value, view));
            }
        }
        if let Some(text) = view.params.get("search").filter(|_| !self.search.is_empty()) {
            let words = words(text);
            if words.len() > MAX_WORDS || text.len() > 1000 {
                return Err(invalid("search", "The search is too long."));
            }
            let on = |flag| view.params.flag(flag) == Some(true);
            let notes = self.search_notes.iter().filter(|_| on("search_notes"));
            let columns: Vec<_> = self.search.iter().chain(notes).collect();
            for word in words {
                let matcher = Matcher::of(view, &word, on("search_regex"), on("search_whole"))?;
                query = query.filter(columns.iter().fold(Condition::any(), |any, column| any.add(matcher.on(column))));
            }
        }
        Ok(query)
    }

    /// Puts a query in the order asked for; the primary key makes it a total one.
    pub(super) fn order<E: EntityTrait>(&self, mut query: Select<E>, params: &Params, pk: SimpleExpr) -> Select<E> {
        let asked = params.all("ordering").into_iter().filter_map(|key| {
            let (name, order) = key.strip_prefix('-').map_or((key, Order::Asc), |name| (name, Order::Desc));
            let (_, column) = self.ordering.iter().find(|(other, _)| *other == name)?;
            Some((column.clone(), order))
        });
        let mut asked: Vec<_> = asked.take(8).collect();
        if asked.is_empty() {
            asked.clone_from(&self.default_order);
        }
        for (column, order) in asked {
            query = query.order_by(column, order);
        }
        query.order_by(pk, Order::Asc)
    }
}

async fn read(filter: &Filter, view: &View<'_>) -> Result<Option<Value>, ApiError> {
    let wrong = |message: &str| Err(invalid(filter.name, message));
    let Some(text) = view.params.get(filter.name).map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let value = match filter.kind {
        Kind::Flag(_) => return Ok(None),
        Kind::Bool => match truth(text) {
            Some(value) => Value::Bool(value),
            None => return Ok(None),
        },
        Kind::Text => Value::Text(text.to_owned()),
        Kind::Pattern => match Pattern::parse(text, false) {
            Ok(pattern) => Value::Pattern(pattern),
            Err(message) => return wrong(&message),
        },
        Kind::Int => match text.parse() {
            Ok(number) => Value::Int(number),
            Err(_) => return wrong("Enter a number."),
        },
        Kind::Number => match Quantity::parse(text) {
            Some(number) => Value::Number(number),
            None => return wrong("Enter a number."),
        },
        Kind::Date => match chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            Ok(date) => Value::Date(date),
            Err(_) => return wrong("Enter a valid date."),
        },
        Kind::KeyOrNull(_) if text.eq_ignore_ascii_case("null") => Value::Null,
        Kind::Key(table) | Kind::KeyOrNull(table) => {
            let choice = "Select a valid choice. That choice is not one of the available choices.";
            match text.parse() {
                Ok(pk) if super::body::exists(view.ctx.db.reader(), table, pk).await? => Value::Int(pk),
                _ => return wrong(choice),
            }
        }
        Kind::Keys => match view.params.all(filter.name).into_iter().take(1000).map(str::parse).collect() {
            Ok(keys) => Value::Keys(keys),
            Err(_) => return wrong("Enter a number."),
        },
    };
    Ok(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_utf_8_and_nul_in_a_query_are_refused() {
        assert_eq!(decode(b"a=%C3%A9+b&c").unwrap(), [("a".into(), "\u{e9} b".into()), ("c".into(), String::new())]);
        assert_eq!(decode(b"a=%zz%").unwrap(), [("a".into(), "%zz%".into())]);
        assert!(decode(b"a=%C3").is_err());
        assert!(decode(b"a=%00").is_err());
    }
}
