//! `/api/stock/test/`: what was found when stock was tested. Texts are `InvenTree`'s.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use entities::inventory::{part_test_template, stock_item, stock_test_result};
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{self, NotSet, Set},
    Condition, DeriveIntoActiveModel, FromQueryResult, Order, QueryOrder as _,
    prelude::*,
};
use serde::Serialize;

use super::super::{
    links, media,
    part::family::{ancestors_sql, descendants_sql},
    person::{Person, people},
    test_template::{self, TestRead, Tests},
};
use crate::{
    db::Tx,
    rest::{
        ApiError, Filter, Kind, Resource, Table, View,
        error::no_such_pk,
        field::{Given, Key, Link, Moment, OrBlank, Required, Shown, Upload},
        invalid, invalid_object,
        list::Value,
    },
    scope::Role,
};

/// A test's result, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "StockItemTestResult")]
pub(in crate::inventory) struct ResultRead {
    /// Primary key
    pk: i32,
    /// What was tested
    stock_item: Key<links::StockItem>,
    /// Whether it was passed
    result: bool,
    /// What was measured
    value: String,
    /// The file that was sent with it
    attachment: Option<Link>,
    /// A remark
    notes: String,
    /// Where it was tested
    test_station: String,
    /// When the test began
    started_datetime: Option<Moment>,
    /// When it ended
    finished_datetime: Option<Moment>,
    /// Who recorded it
    user: Option<Key<links::User>>,
    /// Who recorded it, by name; with `user_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    user_detail: Shown<Option<Person>>,
    /// When it was recorded
    date: Moment,
    /// Which test
    template: Option<Key<links::TestTemplate>>,
    /// Which test; with `template_detail`
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    template_detail: Shown<Option<TestRead>>,
}

/// A test's result, as clients write it.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "StockItemTestResultWrite")]
#[sea_orm(active_model = "stock_test_result::ActiveModel")]
pub(in crate::inventory) struct ResultWrite {
    /// What was tested
    stock_item: Required<Key<links::StockItem>>,
    /// Which test
    #[sea_orm(ignore)]
    template: Given<Option<Key<links::TestTemplate>>>,
    /// Which test, by its name, where `template` is not given
    #[oai(validator(max_length = 100))]
    #[sea_orm(ignore)]
    test: Given<Option<String>>,
    /// Whether it was passed
    result: Given<bool>,
    /// What was measured
    #[oai(validator(max_length = 500))]
    value: Given<OrBlank>,
    /// A file: in a multipart form, or null for none
    #[sea_orm(ignore)]
    attachment: Given<Option<Upload>>,
    /// A remark
    #[oai(validator(max_length = 500))]
    notes: Given<OrBlank>,
    /// Where it was tested
    #[oai(validator(max_length = 500))]
    test_station: Given<OrBlank>,
    /// When the test began
    started_datetime: Given<Option<Moment>>,
    /// When it ended
    finished_datetime: Given<Option<Moment>>,
    /// Where the file is kept.
    #[oai(skip)]
    #[sea_orm(ignore)]
    stored: Option<String>,
}

/// A result.
#[derive(Debug, FromQueryResult)]
pub(in crate::inventory) struct Row {
    #[sea_orm(nested)]
    result: stock_test_result::Model,
}

fn sql(condition: String) -> Condition {
    Condition::all().add(Expr::cust(condition))
}

/// Results whose item is among some.
fn of_items(condition: &str) -> Condition {
    sql(format!("stock_test_result.stock_item IN (SELECT i.id FROM stock_item i WHERE {condition})"))
}

/// A flag of the test.
fn of_template(name: &'static str) -> Filter {
    Filter::by(name, Kind::Bool, move |value, _| {
        let not = if value.truth() { "" } else { "NOT " };
        sql(format!("{not}(SELECT t.{name} FROM part_test_template t WHERE t.id = stock_test_result.template)"))
    })
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use stock_test_result::Column as C;
    let column = |column: C| Expr::col(column.as_column_ref());
    let template = |name: &str| {
        Expr::cust(format!("(SELECT t.{name} FROM part_test_template t WHERE t.id = stock_test_result.template)"))
    };
    Table {
        filters: vec![
            Filter::by("stock_item", Kind::Key("stock_item"), |value, view| {
                let pk = value.number();
                if view.params.flag("include_installed") == Some(true) {
                    return sql(format!(
                        "stock_test_result.stock_item IN (WITH RECURSIVE inside(id) AS (SELECT {pk} UNION \
                         SELECT i.id FROM stock_item i JOIN inside ON i.belongs_to = inside.id) SELECT id FROM inside)"
                    ));
                }
                Condition::all().add(C::StockItem.eq(pk))
            }),
            Filter::by("include_installed", Kind::Bool, |_, _| Condition::all()),
            Filter::by("part", Kind::Key("part"), |value, _| {
                let pk = value.number();
                of_items(&format!("i.part = {pk} OR i.part IN ({})", descendants_sql(pk)))
            }),
            Filter::by("build", Kind::Int, |value, _| of_items(&format!("i.build = {}", value.number()))),
            Filter::eq("template", Kind::Int, C::Template),
            Filter::by("test", Kind::Text, |value, _| match value {
                Value::Text(name) => {
                    use sea_orm::sea_query::ExprTrait as _;
                    let key = "(SELECT t.key FROM part_test_template t WHERE t.id = stock_test_result.template)";
                    Condition::all().add(Expr::cust(key).eq(test_template::key(name)))
                }
                _ => Condition::all(),
            }),
            of_template("enabled"),
            of_template("required"),
            Filter::eq("result", Kind::Bool, C::Result),
            Filter::eq("value", Kind::Text, C::Value),
            Filter::eq("user", Kind::Int, C::User),
            Filter::flag("template_detail", false),
            Filter::flag("user_detail", false),
        ],
        search: vec![template("test_name"), column(C::Value), column(C::Notes)],
        search_notes: Vec::new(),
        ordering: vec![
            ("date", column(C::Date)),
            ("result", column(C::Result)),
            ("started_datetime", column(C::StartedDatetime)),
            ("finished_datetime", column(C::FinishedDatetime)),
            ("test_station", column(C::TestStation)),
        ],
        default_order: vec![(column(C::Date), Order::Asc)],
    }
});

/// The resource.
#[derive(Debug)]
pub(in crate::inventory) struct Results;

impl Resource for Results {
    const PATH: &'static str = "/stock/test";
    const NAME: &'static str = "stock_test";
    const KIND: &'static str = "StockItemTestResult";
    const ROLES: &'static [Role] = &[Role::Stock];
    const LISTS: bool = true;
    const BULK_DELETE: bool = true;

    type Entity = stock_test_result::Entity;
    type Row = Row;
    type Read = ResultRead;
    type Write = ResultWrite;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> stock_test_result::ActiveModel {
        stock_test_result::ActiveModel {
            id: NotSet,
            stock_item: NotSet,
            template: NotSet,
            result: Set(true),
            value: Set(String::new()),
            attachment: Set(None),
            notes: Set(String::new()),
            test_station: Set(String::new()),
            started_datetime: Set(None),
            finished_datetime: Set(None),
            user: Set(None),
            date: NotSet,
        }
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<ResultRead>, ApiError> {
        let on = |flag| view.shows(&TABLE, flag);
        let (with_template, with_user) = (on("template_detail") && view.who.may(Tests::VIEW), on("user_detail"));
        let templates = if with_template {
            test_template::some(view, rows.iter().map(|row| row.result.template).collect()).await?
        } else {
            HashMap::new()
        };
        let users = if with_user {
            people(view.ctx, rows.iter().filter_map(|row| row.result.user).collect()).await?
        } else {
            HashMap::new()
        };
        let read = |Row { result }: Row| {
            let (template, user) = (result.template, result.user);
            ResultRead {
                template_detail: Shown(with_template.then(|| templates.get(&template).cloned())),
                user_detail: Shown(with_user.then(|| user.and_then(|user| users.get(&user)).cloned())),
                ..plain(result)
            }
        };
        Ok(rows.into_iter().map(read).collect())
    }

    async fn prepare(view: &View<'_>, sent: &mut ResultWrite) -> Result<(), ApiError> {
        if let Some(Some(upload)) = sent.attachment.0.as_mut().map(Option::take) {
            sent.stored = Some(media::keep(view.ctx, "attachment", media::RESULTS, upload).await?);
        }
        Ok(())
    }

    async fn check(
        tx: &Tx,
        view: &View<'_>,
        before: Option<&stock_test_result::Model>,
        sent: &ResultWrite,
        change: &mut stock_test_result::ActiveModel,
    ) -> Result<(), ApiError> {
        if sent.attachment.0.is_some() {
            change.attachment = Set(sent.stored.clone());
        }
        if before.is_none() {
            change.user = Set(view.who.user_id());
            change.date = Set(view.ctx.clock.now());
        }
        check(tx, before, sent, change).await
    }
}

fn plain(result: stock_test_result::Model) -> ResultRead {
    let stock_test_result::Model {
        id,
        stock_item,
        template,
        result,
        value,
        attachment,
        notes,
        test_station,
        started_datetime,
        finished_datetime,
        user,
        date,
    } = result;
    ResultRead {
        pk: id,
        stock_item: stock_item.into(),
        result,
        value,
        attachment: attachment.map(|path| Link(media::address(&path))),
        notes,
        test_station,
        started_datetime: started_datetime.map(Moment),
        finished_datetime: finished_datetime.map(Moment),
        user: user.map(Key::from),
        user_detail: Shown(None),
        date: Moment(date),
        template: Some(template.into()),
        template_detail: Shown(None),
    }
}

fn after<T: Clone + Into<sea_orm::Value>>(change: &ActiveValue<T>, before: Option<&T>) -> Option<T> {
    match change {
        Set(value) => Some(value.clone()),
        _ => before.cloned(),
    }
}

async fn check(
    tx: &Tx,
    before: Option<&stock_test_result::Model>,
    sent: &ResultWrite,
    change: &mut stock_test_result::ActiveModel,
) -> Result<(), ApiError> {
    let key = after(&change.stock_item, before.map(|row| &row.stock_item)).unwrap_or_default();
    let item = stock_item::Entity::find_by_id(key).one(&**tx).await?;
    let item = item.ok_or_else(|| invalid("stock_item", no_such_pk(key)))?;
    let template = template(tx, item.part, before, sent).await?;
    change.template = Set(template.id);

    let value = after(&change.value, before.map(|row| &row.value)).unwrap_or_default();
    if template.requires_value && value.is_empty() {
        return Err(invalid("value", "Value must be provided for this test"));
    }
    let mut choices = template.choices.split(',').map(str::trim).filter(|choice| !choice.is_empty()).peekable();
    if choices.peek().is_some() && !choices.any(|choice| choice == value) {
        return Err(invalid("value", "Invalid value for this test"));
    }
    let attachment = after(&change.attachment, before.map(|row| &row.attachment)).flatten();
    if template.requires_attachment && attachment.is_none() {
        return Err(invalid("attachment", "Attachment must be uploaded for this test"));
    }
    let started = after(&change.started_datetime, before.map(|row| &row.started_datetime)).flatten();
    let finished = after(&change.finished_datetime, before.map(|row| &row.finished_datetime)).flatten();
    if started.zip(finished).is_some_and(|(started, finished)| finished < started) {
        let message = "The test finished time cannot be earlier than the test started time";
        return Err(invalid("finished_datetime", message));
    }
    Ok(())
}

/// Which test it is: one of the part, or of a template above it.
async fn template(
    tx: &Tx,
    part: i32,
    before: Option<&stock_test_result::Model>,
    sent: &ResultWrite,
) -> Result<part_test_template::Model, ApiError> {
    use part_test_template::Column as C;
    let own = Condition::any()
        .add(C::Part.eq(part))
        .add(Expr::cust(format!("part_test_template.part IN ({})", ancestors_sql(&[part]))));
    let query = part_test_template::Entity::find().filter(own).order_by_asc(C::Id);
    let given = sent.template.0.as_ref().and_then(|key| key.as_ref().map(|key| key.0));
    let named = sent.test.0.as_ref().and_then(Option::as_deref).filter(|name| !name.is_empty());
    if let (None, Some(name)) = (given, named) {
        let found = query.filter(C::Key.eq(test_template::key(name))).one(&**tx).await?;
        return found.ok_or_else(|| invalid("test", "No matching test found for this part"));
    }
    let Some(key) = given.or(before.map(|row| row.template)) else {
        return Err(invalid_object("Template ID or test name must be provided"));
    };
    let found = query.filter(C::Id.eq(key)).one(&**tx).await?;
    found.ok_or_else(|| invalid("template", no_such_pk(key)))
}

/// The results of these items, in the order in which they were recorded: one statement.
pub(super) async fn of_items_read(
    view: &View<'_>,
    keys: BTreeSet<i32>,
) -> Result<HashMap<i32, Vec<ResultRead>>, ApiError> {
    use stock_test_result::Column as C;
    let mut found: HashMap<i32, Vec<ResultRead>> = HashMap::new();
    if keys.is_empty() {
        return Ok(found);
    }
    let query = stock_test_result::Entity::find().order_by_asc(C::Date).order_by_asc(C::Id);
    let query = if keys.len() <= 5000 { query.filter(C::StockItem.is_in(keys)) } else { query };
    for row in query.all(view.ctx.db.reader()).await? {
        found.entry(row.stock_item).or_default().push(plain(row));
    }
    Ok(found)
}

/// What was found of an item was found of what is split from it.
pub(super) async fn copy(tx: &Tx, from: i32, to: i32) -> Result<(), DbErr> {
    let rows = stock_test_result::Entity::find().filter(stock_test_result::Column::StockItem.eq(from));
    let copied = |row: stock_test_result::Model| {
        use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};
        let mut copy = row.into_active_model().reset_all();
        copy.id = NotSet;
        copy.stock_item = Set(to);
        copy
    };
    let rows: Vec<_> = rows.all(&**tx).await?.into_iter().map(copied).collect();
    if !rows.is_empty() {
        stock_test_result::Entity::insert_many(rows).exec_without_returning(&**tx).await?;
    }
    Ok(())
}

/// What was found of an item is kept with the one that it is folded into.
pub(super) async fn hand_over(tx: &Tx, from: i32, to: i32) -> Result<(), DbErr> {
    use stock_test_result::Column as C;
    let update = stock_test_result::Entity::update_many().col_expr(C::StockItem, Expr::value(to));
    update.filter(C::StockItem.eq(from)).exec(&**tx).await.map(drop)
}
