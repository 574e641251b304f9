//! Tags: words that people put on things. A tag is made by its first use; letter case does not tell two apart.

use std::collections::{BTreeMap, HashMap};

use entities::inventory::{part, part_tag, tag};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    Condition, ConnectionTrait, DbErr, JoinType, QueryOrder as _, QuerySelect as _, QueryTrait as _,
    prelude::*,
    sea_query::OnConflict,
};

use crate::{
    db::Tx,
    rest::{ApiError, Filter, Kind, invalid, list::Value},
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

/// Gives a part exactly these tags.
pub(super) async fn set(tx: &Tx, part: i32, names: &[String]) -> Result<(), ApiError> {
    let names = checked(names)?;
    part_tag::Entity::delete_many().filter(part_tag::Column::Part.eq(part)).exec(&**tx).await?;
    let rows: Vec<_> = ids(tx, &names)
        .await?
        .into_iter()
        .map(|tag| part_tag::ActiveModel { part: Set(part), tag: Set(tag) })
        .collect();
    if !rows.is_empty() {
        part_tag::Entity::insert_many(rows).exec_without_returning(&**tx).await?;
    }
    Ok(())
}

fn named() -> RelationDef {
    part_tag::Entity::belongs_to(tag::Entity).from(part_tag::Column::Tag).to(tag::Column::Id).into()
}

/// The tags of some parts, in one statement.
pub(super) async fn of(
    db: &impl ConnectionTrait,
    parts: impl IntoIterator<Item = i32>,
) -> Result<HashMap<i32, Vec<String>>, DbErr> {
    let found: Vec<(i32, String)> = part_tag::Entity::find()
        .select_only()
        .column(part_tag::Column::Part)
        .column(tag::Column::Name)
        .join(JoinType::InnerJoin, named())
        .filter(part_tag::Column::Part.is_in(parts))
        .order_by_asc(tag::Column::Folded)
        .into_tuple()
        .all(db)
        .await?;
    let mut tags: HashMap<i32, Vec<String>> = HashMap::new();
    for (part, name) in found {
        tags.entry(part).or_default().push(name);
    }
    Ok(tags)
}

/// The filter of parts that have a tag.
pub(super) fn filter() -> Filter {
    Filter::by("tag_name", Kind::Text, |value, _| {
        let Value::Text(name) = value else { return Condition::all() };
        let tagged = part_tag::Entity::find()
            .select_only()
            .column(part_tag::Column::Part)
            .join(JoinType::InnerJoin, named())
            .filter(tag::Column::Folded.eq(name.to_lowercase()));
        Condition::all().add(part::Column::Id.in_subquery(tagged.into_query()))
    })
}
