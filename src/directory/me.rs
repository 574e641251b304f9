//! The caller: `/api/user/me/`, profile and roles.

use entities::accounts::{user, user_profile};
use poem::web::Data;
use poem_openapi::{Enum, Object, OpenApi};
use sea_orm::{ActiveValue, prelude::*};
use serde::Serialize;
use serde_json::Value;

use super::{
    author, in_person, person, refused, roles,
    view::{self, BriefGroup, Profile, User},
};
use crate::{
    access::{Auth, Principal},
    accounts::{
        author::Author,
        group as groups,
        person::{self as people, Change},
    },
    ctx::Ctx,
    rest::{
        ApiError, Body, Json, Params, Patched,
        error::invalid,
        field::{Given, Required, Shown},
        json::Gone,
    },
    scope::{Need, Rights, Scope},
};

/// What people may change of themselves.
#[derive(Debug, Clone, Object)]
#[oai(rename = "MeUserWrite")]
struct Write {
    /// Login name.
    #[oai(validator(min_length = 1, max_length = 150))]
    username: Required<String>,
    /// Given name.
    #[oai(validator(max_length = 150))]
    first_name: Required<String>,
    /// Family name.
    #[oai(validator(max_length = 150))]
    last_name: Required<String>,
    /// Email address, or empty.
    #[oai(validator(max_length = 254))]
    email: Required<String>,
}

/// What kind of person somebody is.
#[derive(Debug, Clone, Copy, Enum)]
#[oai(rename = "UserTypeEnum", rename_all = "lowercase")]
enum Kind {
    /// A program.
    Bot,
    /// One of the house.
    Internal,
    /// Of another house.
    External,
    /// A visitor.
    Guest,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::Internal => "internal",
            Self::External => "external",
            Self::Guest => "guest",
        }
    }
}

/// What people may tell about themselves.
#[derive(Debug, Clone, Object)]
#[oai(rename = "UserProfileWrite")]
struct ProfileWrite {
    /// Language, as a BCP 47 tag.
    #[oai(validator(max_length = 10))]
    language: Given<Option<String>>,
    /// The web client's theme: any JSON.
    theme: Given<Option<Value>>,
    /// The web client's dashboard: any JSON.
    widgets: Given<Option<Value>>,
    /// Chosen display name.
    #[oai(validator(max_length = 255))]
    displayname: Given<Option<String>>,
    /// Job title.
    #[oai(validator(max_length = 255))]
    position: Given<Option<String>>,
    /// Status message.
    #[oai(validator(max_length = 2000))]
    status: Given<Option<String>>,
    /// Where they work.
    #[oai(validator(max_length = 2000))]
    location: Given<Option<String>>,
    /// Whether they are working at the moment.
    active: Given<bool>,
    /// How to reach them.
    #[oai(validator(max_length = 255))]
    contact: Given<Option<String>>,
    /// What kind of person they are.
    #[oai(rename = "type")]
    kind: Given<Kind>,
    /// Their organisation.
    #[oai(validator(max_length = 255))]
    organisation: Given<Option<String>>,
    /// Their main group, one of theirs.
    primary_group: Given<Option<i32>>,
}

/// The most that a theme or a dashboard may take, in bytes.
const MAX_JSON: usize = 64 * 1024;

impl ProfileWrite {
    fn change(self) -> Result<user_profile::ActiveModel, ApiError> {
        Ok(user_profile::ActiveModel {
            language: set(self.language.0),
            theme: json("theme", self.theme)?,
            widgets: json("widgets", self.widgets)?,
            displayname: set(self.displayname.0),
            position: set(self.position.0),
            status: set(self.status.0),
            location: set(self.location.0),
            active: set(self.active.0),
            contact: set(self.contact.0),
            kind: set(self.kind.0.map(|kind| kind.name().to_owned())),
            organisation: set(self.organisation.0),
            primary_group: set(self.primary_group.0),
            ..Default::default()
        })
    }
}

fn set<T: Into<sea_orm::Value>>(given: Option<T>) -> ActiveValue<T> {
    given.map_or(ActiveValue::NotSet, ActiveValue::Set)
}

fn json(field: &str, given: Given<Option<Value>>) -> Result<ActiveValue<Option<String>>, ApiError> {
    let Some(value) = given.0 else { return Ok(ActiveValue::NotSet) };
    let text = value.map(|value| value.to_string());
    if text.as_ref().is_some_and(|text| text.len() > MAX_JSON) {
        return Err(invalid(field, format!("Ensure this field has no more than {MAX_JSON} characters.")));
    }
    Ok(ActiveValue::Set(text))
}

/// What the caller may do.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "Role")]
#[expect(clippy::struct_field_names, reason = "the contract's names")]
struct Roles {
    /// Primary key.
    user: i32,
    /// Login name.
    username: String,
    /// The actions in each role; null where there is none.
    roles: Value,
    /// The actions on each kind of object.
    permissions: Value,
    /// May use staff operations.
    is_staff: bool,
    /// May do everything.
    is_superuser: bool,
}

/// What the caller may do here and now: a client shows its buttons by it, so a token's scopes count.
fn effective(who: &Principal) -> Rights {
    let Some(scopes) = &who.scopes else { return who.rights.clone() };
    let mut rights = Rights::default();
    for scope in scopes.iter().filter(|scope| who.rights.covers(*scope)) {
        if let Scope::Role(action, role) = scope {
            rights.grant(role, action);
        }
    }
    rights
}

async fn profile(ctx: &Ctx, user_id: i32) -> Result<user_profile::Model, ApiError> {
    let row = user_profile::Entity::find_by_id(user_id).one(ctx.db.reader()).await?;
    Ok(row.unwrap_or_else(|| view::bare_profile(user_id)))
}

async fn shown(ctx: &Ctx, who: &Principal, row: &user::Model, with_roles: bool) -> Result<view::Me, ApiError> {
    let User { pk, username, first_name, last_name, email } = User::of(row);
    let groups = groups::of_people(ctx.db.reader(), &[pk]).await?;
    let rights = with_roles.then(|| effective(who));
    Ok(view::Me {
        pk,
        username,
        first_name,
        last_name,
        email,
        groups: groups.into_values().flatten().map(|group| BriefGroup::of(&group)).collect(),
        is_staff: row.is_staff,
        is_superuser: row.is_superuser,
        is_active: row.is_active,
        profile: profile(ctx, pk).await?.into(),
        roles: Shown(rights.as_ref().map(roles::by_role)),
        permissions: Shown(rights.as_ref().map(roles::by_model)),
    })
}

async fn update(ctx: &Ctx, who: &Principal, params: &Params, write: Write) -> Result<Json<view::Me>, ApiError> {
    let id = in_person(who)?.id;
    let change = Change {
        username: write.username.0,
        first_name: write.first_name.0,
        last_name: write.last_name.0,
        email: write.email.0,
        ..Change::default()
    };
    let row = people::update(ctx, &Author::oneself(id), id, change).await.map_err(refused("User"))?;
    shown(ctx, who, &row, params.flag("roles") == Some(true)).await.map(Json)
}

async fn update_profile(ctx: &Ctx, who: &Principal, write: ProfileWrite) -> Result<Json<Profile>, ApiError> {
    let id = in_person(who)?.id;
    let row = people::update_profile(ctx, id, write.change()?).await.map_err(refused("UserProfile"))?;
    Ok(Json(row.into()))
}

fn roles_of(who: &Principal) -> Result<Json<Roles>, ApiError> {
    let (row, rights) = (person(who)?, effective(who));
    Ok(Json(Roles {
        user: row.id,
        username: row.username.clone(),
        roles: roles::by_role(&rights),
        permissions: roles::by_model(&rights),
        is_staff: row.is_staff,
        is_superuser: row.is_superuser,
    }))
}

/// The operations.
pub(super) struct Me;

#[OpenApi(prefix_path = "/user")]
impl Me {
    /// Who calls
    ///
    /// With `roles=true` also what they may do.
    #[oai(path = "/me", method = "get", operation_id = "user_me_retrieve")]
    async fn retrieve(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Json<view::Me>, ApiError> {
        shown(ctx.0, &who.0, person(&who.0)?, params.flag("roles") == Some(true)).await.map(Json)
    }

    /// Change one's own name and address
    #[oai(path = "/me", method = "put", operation_id = "user_me_update")]
    async fn replace(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Body<Write>,
    ) -> Result<Json<view::Me>, ApiError> {
        update(ctx.0, &who.0, &params, body.0).await
    }

    /// Change one's own name and address, in part
    #[oai(path = "/me", method = "patch", operation_id = "user_me_partial_update")]
    async fn change(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Patched<Write>,
    ) -> Result<Json<view::Me>, ApiError> {
        update(ctx.0, &who.0, &params, body.0).await
    }

    /// Delete one's own account
    ///
    /// Not the last superuser's.
    #[oai(path = "/me", method = "delete", operation_id = "user_me_destroy")]
    async fn delete(&self, #[oai(scope = "Need::Read")] who: Auth, ctx: Data<&Ctx>) -> Result<Gone, ApiError> {
        let id = in_person(&who.0)?.id;
        people::delete(ctx.0, &author(&who.0), id).await.map_err(refused("User"))?;
        Ok(Gone)
    }

    /// One's own profile
    #[oai(path = "/me/profile", method = "get", operation_id = "user_me_profile_retrieve")]
    async fn profile(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
    ) -> Result<Json<Profile>, ApiError> {
        Ok(Json(profile(ctx.0, person(&who.0)?.id).await?.into()))
    }

    /// Change one's own profile
    #[oai(path = "/me/profile", method = "put", operation_id = "user_me_profile_update")]
    async fn replace_profile(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        body: Body<ProfileWrite>,
    ) -> Result<Json<Profile>, ApiError> {
        update_profile(ctx.0, &who.0, body.0).await
    }

    /// Change one's own profile, in part
    #[oai(path = "/me/profile", method = "patch", operation_id = "user_me_profile_partial_update")]
    async fn change_profile(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        body: Patched<ProfileWrite>,
    ) -> Result<Json<Profile>, ApiError> {
        update_profile(ctx.0, &who.0, body.0).await
    }

    /// What the caller may do
    #[oai(path = "/me/roles", method = "get", operation_id = "user_me_roles_retrieve")]
    async fn roles(&self, #[oai(scope = "Need::Read")] who: Auth) -> Result<Json<Roles>, ApiError> {
        roles_of(&who.0)
    }

    /// What the caller may do, at its former address
    #[oai(path = "/roles", method = "get", operation_id = "user_roles_retrieve")]
    async fn roles_before(&self, #[oai(scope = "Need::Read")] who: Auth) -> Result<Json<Roles>, ApiError> {
        roles_of(&who.0)
    }
}
