//! Who did something, as others' answers show them. Every caller may list people, so this shows nothing new.

use std::collections::{BTreeSet, HashMap};

use entities::accounts::user;
use poem_openapi::Object;
use sea_orm::prelude::*;
use serde::Serialize;

use crate::ctx::Ctx;

/// Somebody, in little.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "UserBrief")]
pub(super) struct Person {
    /// Primary key
    pk: i32,
    /// Name to log in with
    username: String,
    /// First name
    first_name: String,
    /// Last name
    last_name: String,
    /// Address for email
    email: String,
}

/// The people with these keys, in one statement.
pub(super) async fn people(ctx: &Ctx, keys: BTreeSet<i32>) -> Result<HashMap<i32, Person>, DbErr> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let query = user::Entity::find();
    let query = if keys.len() <= 5000 { query.filter(user::Column::Id.is_in(keys)) } else { query };
    let person = |user: user::Model| {
        let (username, email) = (user.username, user.email);
        (user.id, Person { pk: user.id, username, first_name: user.first_name, last_name: user.last_name, email })
    };
    Ok(query.all(ctx.db.reader()).await?.into_iter().map(person).collect())
}
