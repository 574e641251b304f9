//! People and groups as clients read them.

use std::collections::HashMap;

use entities::accounts::{group, user, user_profile};
use poem_openapi::Object;
use sea_orm::{ConnectionTrait, DbErr, prelude::*};
use serde::Serialize;
use serde_json::Value;

use crate::{accounts::group as groups, rest::field::Shown};

/// A person, in short.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "User")]
pub(super) struct User {
    /// Primary key.
    pub(super) pk: i32,
    /// Login name.
    pub(super) username: String,
    /// Given name.
    pub(super) first_name: String,
    /// Family name.
    pub(super) last_name: String,
    /// Email address, or empty.
    pub(super) email: String,
}

impl User {
    /// From its row.
    pub(super) fn of(row: &user::Model) -> Self {
        Self {
            pk: row.id,
            username: row.username.clone(),
            first_name: row.first_name.clone(),
            last_name: row.last_name.clone(),
            email: row.email.clone(),
        }
    }
}

/// A person with groups, flags and profile.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "ExtendedUser")]
pub(super) struct ExtendedUser {
    /// Primary key.
    pub(super) pk: i32,
    /// Login name.
    pub(super) username: String,
    /// Given name.
    pub(super) first_name: String,
    /// Family name.
    pub(super) last_name: String,
    /// Email address, or empty.
    pub(super) email: String,
    /// The groups that they are in.
    pub(super) groups: Vec<BriefGroup>,
    /// May use staff operations.
    pub(super) is_staff: bool,
    /// May do everything.
    pub(super) is_superuser: bool,
    /// May log in.
    pub(super) is_active: bool,
    /// What they tell about themselves.
    pub(super) profile: BriefProfile,
}

/// The caller.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "MeUser")]
pub(super) struct Me {
    /// Primary key.
    pub(super) pk: i32,
    /// Login name.
    pub(super) username: String,
    /// Given name.
    pub(super) first_name: String,
    /// Family name.
    pub(super) last_name: String,
    /// Email address, or empty.
    pub(super) email: String,
    /// The groups that they are in.
    pub(super) groups: Vec<BriefGroup>,
    /// May use staff operations.
    pub(super) is_staff: bool,
    /// May do everything.
    pub(super) is_superuser: bool,
    /// May log in.
    pub(super) is_active: bool,
    /// What they tell about themselves.
    pub(super) profile: Profile,
    /// The actions in each role; with `roles=true`.
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    pub(super) roles: Shown<Value>,
    /// The actions on each kind of object; with `roles=true`.
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    pub(super) permissions: Shown<Value>,
}

/// A group, in short.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "BriefGroup")]
pub(super) struct BriefGroup {
    /// Primary key.
    pub(super) pk: i32,
    /// Its name.
    pub(super) name: String,
}

impl BriefGroup {
    /// From its row.
    pub(super) fn of(row: &group::Model) -> Self {
        Self { pk: row.id, name: row.name.clone() }
    }
}

/// A profile, whole.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "UserProfile")]
pub(super) struct Profile {
    /// Language, as a BCP 47 tag.
    pub(super) language: Option<String>,
    /// The web client's theme.
    pub(super) theme: Option<Value>,
    /// The web client's dashboard.
    pub(super) widgets: Option<Value>,
    /// Chosen display name.
    pub(super) displayname: Option<String>,
    /// Job title.
    pub(super) position: Option<String>,
    /// Status message.
    pub(super) status: Option<String>,
    /// Where they work.
    pub(super) location: Option<String>,
    /// Whether they are working at the moment.
    pub(super) active: bool,
    /// How to reach them.
    pub(super) contact: Option<String>,
    /// `bot`, `internal`, `external` or `guest`.
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// Their organisation.
    pub(super) organisation: Option<String>,
    /// Their main group.
    pub(super) primary_group: Option<i32>,
}

/// A profile as others see it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "BriefUserProfile")]
pub(super) struct BriefProfile {
    /// Chosen display name.
    pub(super) displayname: Option<String>,
    /// Job title.
    pub(super) position: Option<String>,
    /// Status message.
    pub(super) status: Option<String>,
    /// Where they work.
    pub(super) location: Option<String>,
    /// Whether they are working at the moment.
    pub(super) active: bool,
    /// How to reach them.
    pub(super) contact: Option<String>,
    /// `bot`, `internal`, `external` or `guest`.
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// Their organisation.
    pub(super) organisation: Option<String>,
    /// Their main group.
    pub(super) primary_group: Option<i32>,
}

impl From<user_profile::Model> for Profile {
    fn from(row: user_profile::Model) -> Self {
        // Written by us; what does not parse any more is nothing.
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        Self {
            language: row.language,
            theme: json(row.theme),
            widgets: json(row.widgets),
            displayname: row.displayname,
            position: row.position,
            status: row.status,
            location: row.location,
            active: row.active,
            contact: row.contact,
            kind: row.kind,
            organisation: row.organisation,
            primary_group: row.primary_group,
        }
    }
}

impl From<user_profile::Model> for BriefProfile {
    fn from(row: user_profile::Model) -> Self {
        Self {
            displayname: row.displayname,
            position: row.position,
            status: row.status,
            location: row.location,
            active: row.active,
            contact: row.contact,
            kind: row.kind,
            organisation: row.organisation,
            primary_group: row.primary_group,
        }
    }
}

/// Beyond so many people, everybody's rows are read instead of naming each (a database bears only so many parameters).
const MANY: usize = 500;

/// The profiles of these people: one statement for any number.
pub(super) async fn profiles(
    db: &impl ConnectionTrait,
    ids: &[i32],
) -> Result<HashMap<i32, user_profile::Model>, DbErr> {
    let mut query = user_profile::Entity::find();
    if ids.len() <= MANY {
        query = query.filter(user_profile::Column::UserId.is_in(ids.iter().copied()));
    }
    Ok(query.all(db).await?.into_iter().map(|row| (row.user_id, row)).collect())
}

/// People with all that is shown of them, in two statements for any number.
pub(super) async fn extended(db: &impl ConnectionTrait, rows: Vec<user::Model>) -> Result<Vec<ExtendedUser>, DbErr> {
    let ids: Vec<i32> = rows.iter().map(|row| row.id).collect();
    let groups = groups::of_people(db, &ids).await?;
    let mut profiles = profiles(db, &ids).await?;
    let show = |row: user::Model| {
        let User { pk, username, first_name, last_name, email } = User::of(&row);
        // Every person has a profile; one of an import may not, yet.
        let profile = profiles.remove(&pk).unwrap_or_else(|| bare_profile(pk));
        ExtendedUser {
            pk,
            username,
            first_name,
            last_name,
            email,
            groups: groups.get(&pk).into_iter().flatten().map(BriefGroup::of).collect(),
            is_staff: row.is_staff,
            is_superuser: row.is_superuser,
            is_active: row.is_active,
            profile: profile.into(),
        }
    };
    Ok(rows.into_iter().map(show).collect())
}

/// What somebody tells who has told nothing.
pub(super) fn bare_profile(user_id: i32) -> user_profile::Model {
    user_profile::Model {
        user_id,
        updated_at: 0,
        middle_name: None,
        nickname: None,
        profile: None,
        picture: None,
        website: None,
        gender: None,
        birthdate: None,
        zoneinfo: None,
        language: None,
        phone_number: None,
        phone_number_verified: false,
        street_address: None,
        locality: None,
        region: None,
        postal_code: None,
        country: None,
        theme: None,
        widgets: None,
        displayname: None,
        position: None,
        status: None,
        location: None,
        active: true,
        contact: None,
        kind: "internal".to_owned(),
        organisation: None,
        primary_group: None,
    }
}
