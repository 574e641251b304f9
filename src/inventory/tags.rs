//! Tags: words that people put on things. A tag is made by its first use; letter case does not tell two apart.

use std::collections::{BTreeMap, HashMap};

use entities::{common::tagged_item, inventory::tag};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    Condition, ConnectionTrait, DbErr, JoinType, QueryOrder as _, QuerySelect as _, QueryTrait as _,
    prelude::*,
    sea_query::OnConflict,
};

use crate::{
    db::Tx,
    rest::{
        ApiError, Filter, Kind, Table, View,
        field::{Given, Shown},
        invalid,
        list::Value,
    },
};

/// The longest name of a tag.
const MAX_NAME: usize = 100;
/// The most tags of one thing.
const MAX_TAGS: usize = 100;

/// The tags that were sent, each once, in a form that may be stored: by their folded names.
fn checked(names: &[String]) -> Result<BTreeMap<String, String>, ApiError> {
    if names.len() > MAX_TAGS {
        return Err(invalid("tags", format!("No more than {MAX_TAGS} tags are allowed.")));
    }
    let mut checked = BTreeMap::new();
    for name in names {
        let name = name.trim();
        if name.is_empty() {
            return Err(invalid("tags", "This field may not be blank."));
        }
        if name.chars().count() > MAX_NAME {
            return Err(invalid("tags", format!("Ensure this field has no more than {MAX_NAME} characters.")));
        }
        checked.entry(name.to_lowercase()).or_insert_with(|| name.to_owned());
    }
    Ok(checked)
}

/// `Blue LED` as an address has it: `blue-led`.
pub(super) fn slug(folded: &str) -> String {
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// The ids of these tags, which are made where there are none yet.
async fn ids(tx: &Tx, names: &BTreeMap<String, String>) -> Result<Vec<i32>, DbErr> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let row = |(folded, name): (&String, &String)| tag::ActiveModel {
        id: NotSet,
        name: Set(name.clone()),
        folded: Set(folded.clone()),
        slug: Set(slug(folded)),
    };
    let known = OnConflict::column(tag::Column::Folded).do_nothing().to_owned();
    tag::Entity::insert_many(names.iter().map(row)).on_conflict(known).exec_without_returning(&**tx).await?;
    let found = tag::Entity::find().filter(tag::Column::Folded.is_in(names.keys().cloned()));
    found.select_only().column(tag::Column::Id).into_tuple().all(&**tx).await
}

/// Gives an object exactly these tags, where some were sent.
pub(super) async fn set(tx: &Tx, model: &'static str, pk: i32, sent: &Given<Vec<String>>) -> Result<(), ApiError> {
    let Some(names) = &sent.0 else { return Ok(()) };
    let names = checked(names)?;
    tagged_item::Entity::delete_many()
        .filter(tagged_item::Column::ModelType.eq(model))
        .filter(tagged_item::Column::ModelId.eq(pk))
        .exec(&**tx)
        .await?;
    let row = |tag| tagged_item::ActiveModel {
        id: NotSet,
        model_type: Set(model.to_owned()),
        model_id: Set(pk),
        tag: Set(tag),
    };
    let rows: Vec<_> = ids(tx, &names).await?.into_iter().map(row).collect();
    if !rows.is_empty() {
        tagged_item::Entity::insert_many(rows).exec_without_returning(&**tx).await?;
    }
    Ok(())
}

fn named() -> RelationDef {
    tagged_item::Entity::belongs_to(tag::Entity).from(tagged_item::Column::Tag).to(tag::Column::Id).into()
}

/// The tags of some objects of a model, in one statement.
async fn of(
    db: &impl ConnectionTrait,
    model: &'static str,
    keys: impl IntoIterator<Item = i32>,
) -> Result<HashMap<i32, Vec<String>>, DbErr> {
    let found: Vec<(i32, String)> = tagged_item::Entity::find()
        .select_only()
        .column(tagged_item::Column::ModelId)
        .column(tag::Column::Name)
        .join(JoinType::InnerJoin, named())
        .filter(tagged_item::Column::ModelType.eq(model))
        .filter(tagged_item::Column::ModelId.is_in(keys))
        .order_by_asc(tag::Column::Folded)
        .into_tuple()
        .all(db)
        .await?;
    let mut tags: HashMap<i32, Vec<String>> = HashMap::new();
    for (key, name) in found {
        tags.entry(key).or_default().push(name);
    }
    Ok(tags)
}

/// The tags of the objects of an answer, if it shows them.
#[derive(Debug)]
pub(super) struct Tagged(Option<HashMap<i32, Vec<String>>>);

impl Tagged {
    /// In one statement.
    pub(super) async fn of(
        view: &View<'_>,
        table: &Table,
        model: &'static str,
        keys: impl IntoIterator<Item = i32>,
    ) -> Result<Self, DbErr> {
        let shown = view.shows(table, "tags");
        Ok(Self(if shown { Some(of(view.ctx.db.reader(), model, keys).await?) } else { None }))
    }

    /// Those of one.
    pub(super) fn take(&mut self, pk: i32) -> Shown<Vec<String>> {
        Shown(self.0.as_mut().map(|tags| tags.remove(&pk).unwrap_or_default()))
    }
}

/// The filter of objects that have a tag, by what of the tag is compared.
fn by(name: &'static str, model: &'static str, pk: impl ColumnTrait, column: tag::Column) -> Filter {
    Filter::by(name, Kind::Text, move |value, _| {
        let Value::Text(name) = value else { return Condition::all() };
        let tagged = tagged_item::Entity::find()
            .select_only()
            .column(tagged_item::Column::ModelId)
            .join(JoinType::InnerJoin, named())
            .filter(tagged_item::Column::ModelType.eq(model))
            .filter(column.eq(name.to_lowercase()));
        Condition::all().add(pk.in_subquery(tagged.into_query()))
    })
}

/// The filter of objects that have a tag.
pub(super) fn filter(model: &'static str, pk: impl ColumnTrait) -> Filter {
    by("tag_name", model, pk, tag::Column::Folded)
}

/// The same under the names that Django gives it.
pub(super) fn filters(model: &'static str, pk: impl ColumnTrait) -> [Filter; 3] {
    [
        filter(model, pk),
        by("tags__name", model, pk, tag::Column::Folded),
        by("tags__slug", model, pk, tag::Column::Slug),
    ]
}
