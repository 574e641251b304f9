//! `/api/part/test-template/`: what is tested on the stock of a part, and of its variants.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use entities::inventory::{part, part_test_template};
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{self, NotSet, Set, Unchanged},
    Condition, DeriveIntoActiveModel, FromQueryResult, Order, QuerySelect as _,
    prelude::*,
};
use serde::Serialize;

use super::{
    links,
    part::family::{ancestors_sql, descendants_sql},
    stock::StockItems,
    turn,
};
use crate::{
    db::Tx,
    rest::{
        ApiError, Filter, Kind, Resource, Table, View,
        error::no_such_pk,
        field::{Given, Key, OrBlank, Required},
        invalid,
    },
    scope::Role,
};

/// A test, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "PartTestTemplate")]
pub(super) struct TestRead {
    /// Primary key
    pk: i32,
    /// The letters and digits of its name, in lower case
    key: String,
    /// The part; its variants have the test, too
    part: Key<links::Part>,
    /// What it is called
    test_name: String,
    /// What is done
    description: Option<String>,
    /// Whether it is in use
    enabled: bool,
    /// Whether it must be passed
    required: bool,
    /// Whether a result has a value
    requires_value: bool,
    /// Whether a result has a file
    requires_attachment: bool,
    /// How many results there are
    results: i64,
    /// The values that a result may have, separated by commas; empty for any
    choices: String,
}

/// A test, as clients write it.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "PartTestTemplateWrite")]
#[sea_orm(active_model = "part_test_template::ActiveModel")]
pub(super) struct TestWrite {
    /// The part: a testable one
    part: Required<Key<links::Part>>,
    /// What it is called
    #[oai(validator(min_length = 1, max_length = 100))]
    test_name: Required<String>,
    /// What is done
    #[oai(validator(max_length = 100))]
    description: Given<Option<String>>,
    /// Whether it is in use
    enabled: Given<bool>,
    /// Whether it must be passed
    required: Given<bool>,
    /// Whether a result has a value
    requires_value: Given<bool>,
    /// Whether a result has a file
    requires_attachment: Given<bool>,
    /// The values that a result may have, separated by commas; empty for any
    #[oai(validator(max_length = 5000))]
    choices: Given<OrBlank>,
}

/// A test.
#[derive(Debug, FromQueryResult)]
pub(super) struct Row {
    #[sea_orm(nested)]
    test: part_test_template::Model,
    results: i64,
}

/// The resource.
#[derive(Debug)]
pub(super) struct Tests;

/// Counts a test's results.
const RESULTS: &str = "(SELECT COUNT(*) FROM stock_test_result r WHERE r.template = part_test_template.id)";

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use part_test_template::Column as C;
    let column = |column: C| Expr::col(column.as_column_ref());
    Table {
        filters: vec![
            // A variant has the tests of its templates.
            Filter::by("part", Kind::Key("part"), |value, _| {
                let pk = value.number();
                let above = Expr::cust(format!("part_test_template.part IN ({})", ancestors_sql(&[pk])));
                Condition::any().add(C::Part.eq(pk)).add(above)
            }),
            Filter::eq("key", Kind::Text, C::Key),
            Filter::eq("enabled", Kind::Bool, C::Enabled),
            Filter::eq("required", Kind::Bool, C::Required),
            Filter::eq("requires_value", Kind::Bool, C::RequiresValue),
            Filter::eq("requires_attachment", Kind::Bool, C::RequiresAttachment),
            Filter::by("has_results", Kind::Bool, |value, view| {
                // How many there are is for those who may see them.
                if !view.who.may(StockItems::VIEW) {
                    return Condition::all();
                }
                let sql = format!("{RESULTS} > 0");
                Condition::all().add(Expr::cust(if value.truth() { sql } else { format!("NOT ({sql})") }))
            }),
        ],
        search: vec![column(C::TestName), column(C::Description)],
        search_notes: Vec::new(),
        ordering: vec![
            ("enabled", column(C::Enabled)),
            ("required", column(C::Required)),
            ("requires_value", column(C::RequiresValue)),
            ("requires_attachment", column(C::RequiresAttachment)),
            ("test_name", column(C::TestName)),
        ],
        default_order: vec![(column(C::TestName), Order::Asc)],
    }
});

/// What results are matched by: `Check 5 V!` is `check5v`.
pub(super) fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Resource for Tests {
    const PATH: &'static str = "/part/test-template";
    const NAME: &'static str = "part_test_template";
    const KIND: &'static str = "PartTestTemplate";
    const ROLES: &'static [Role] = &[Role::Part];

    type Entity = part_test_template::Entity;
    type Row = Row;
    type Read = TestRead;
    type Write = TestWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> part_test_template::ActiveModel {
        part_test_template::ActiveModel {
            id: NotSet,
            part: NotSet,
            test_name: NotSet,
            key: NotSet,
            description: Set(None),
            enabled: Set(true),
            required: Set(true),
            requires_value: Set(false),
            requires_attachment: Set(false),
            choices: Set(String::new()),
        }
    }

    fn columns(query: Select<Self::Entity>, _view: &View<'_>) -> Select<Self::Entity> {
        query.expr_as(Expr::cust(RESULTS), "results")
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<TestRead>, ApiError> {
        let with_results = view.who.may(StockItems::VIEW);
        let read = |Row { test, results }: Row| {
            let part_test_template::Model {
                id,
                part,
                test_name,
                key,
                description,
                enabled,
                required,
                requires_value,
                requires_attachment,
                choices,
            } = test;
            let part = Key::from(part);
            TestRead {
                pk: id,
                key,
                part,
                test_name,
                description,
                enabled,
                required,
                requires_value,
                requires_attachment,
                results: if with_results { results } else { 0 },
                choices,
            }
        };
        Ok(rows.into_iter().map(read).collect())
    }

    async fn begin(tx: &Tx, _view: &View<'_>) -> Result<(), ApiError> {
        // Two of one key in one family are no violation that the database knows.
        Ok(turn::take(tx, turn::TEST).await?)
    }

    async fn check(
        tx: &Tx,
        _view: &View<'_>,
        before: Option<&part_test_template::Model>,
        _sent: &TestWrite,
        change: &mut part_test_template::ActiveModel,
    ) -> Result<(), ApiError> {
        use part_test_template::Column as C;
        let part = match change.part {
            Set(pk) | Unchanged(pk) => pk,
            NotSet => before.map_or(0, |b| b.part),
        };
        let name = match &change.test_name {
            ActiveValue::Set(name) | Unchanged(name) => name.clone(),
            NotSet => before.map(|b| b.test_name.clone()).unwrap_or_default(),
        };
        let testable = part::Entity::find_by_id(part).one(&**tx).await?.filter(|part| part.testable);
        testable.ok_or_else(|| invalid("part", no_such_pk(part)))?;
        let key = key(&name);
        if key.is_empty() {
            return Err(invalid("test_name", "Test name must include at least one alphanumeric character"));
        }
        let family = |sql: String| Expr::cust(format!("part_test_template.part IN ({sql})"));
        let clash = part_test_template::Entity::find()
            .filter(C::Key.eq(key.as_str()))
            .filter(C::Id.ne(before.map_or(0, |b| b.id)))
            .filter(
                Condition::any()
                    .add(C::Part.eq(part))
                    .add(family(ancestors_sql(&[part])))
                    .add(family(descendants_sql(part))),
            );
        if clash.count(&**tx).await? > 0 {
            return Err(invalid("test_name", "Test template with the same key already exists for part"));
        }
        change.key = Set(key);
        Ok(())
    }
}

/// The tests with these keys, in one statement.
pub(super) async fn some(view: &View<'_>, keys: BTreeSet<i32>) -> Result<HashMap<i32, TestRead>, ApiError> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let query = Tests::columns(part_test_template::Entity::find(), view);
    let query = if keys.len() <= 5000 { query.filter(part_test_template::Column::Id.is_in(keys)) } else { query };
    let rows = query.into_model::<Row>().all(view.ctx.db.reader()).await?;
    Ok(Tests::show(view, rows).await?.into_iter().map(|test| (test.pk, test)).collect())
}
