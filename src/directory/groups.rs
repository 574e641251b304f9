//! Groups: `/api/user/group/`.

use std::{collections::HashMap, sync::LazyLock};

use entities::accounts::{group, membership, rule_set, user};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{
    DbErr, QueryOrder as _,
    prelude::*,
    sea_query::{Expr, SimpleExpr},
};
use serde::Serialize;
use serde_json::Value;

use super::{author, refused, roles, rulesets::RuleSet, view::User};
use crate::{
    access::{Auth, Principal, Recent},
    accounts::{group as groups, rights::may},
    ctx::Ctx,
    rest::{
        ApiError, Body, Filter, Json, Listing, Lists, Params, Patched, Purpose, View,
        error::not_found,
        field::{Required, Shown},
        json::{Created, Gone},
        list::{self, Table},
    },
    scope::{Action, Need, Rights, Role},
};

/// A group.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "Group")]
struct Group {
    /// Primary key.
    pk: i32,
    /// Its name.
    name: String,
    /// The actions on each kind of object; with `permission_detail=true`.
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    permissions: Shown<Value>,
    /// What it grants in each role; unless `role_detail=false`.
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    roles: Shown<Vec<RuleSet>>,
    /// Who is in it; with `user_detail=true`.
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    users: Shown<Vec<User>>,
}

/// A group as staff write it.
#[derive(Debug, Clone, Object)]
#[oai(rename = "GroupWrite")]
struct Write {
    /// Its name.
    #[oai(validator(min_length = 1, max_length = 150))]
    name: Required<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let name: SimpleExpr = Expr::col(group::Column::Name.as_column_ref());
    Table {
        filters: vec![
            Filter::flag("permission_detail", false),
            Filter::flag("role_detail", true),
            Filter::flag("user_detail", false),
        ],
        search: vec![name.clone()],
        search_notes: Vec::new(),
        ordering: vec![("name", name)],
        default_order: Vec::new(),
    }
});

/// What there is none of.
const KIND: &str = "Group";

/// Groups with all that was asked for, in as many statements for many as for one.
async fn shown(view: &View<'_>, rows: Vec<group::Model>) -> Result<Vec<Group>, DbErr> {
    let is_on = |flag| TABLE.is_on(flag, view.params);
    let (with_roles, with_permissions, with_users) =
        (is_on("role_detail"), is_on("permission_detail"), is_on("user_detail"));
    let db = view.ctx.db.reader();
    let ids = || rows.iter().map(|row| row.id);
    let few = rows.len() <= 500;

    let mut rules: HashMap<i32, Vec<rule_set::Model>> = HashMap::new();
    if with_roles || with_permissions {
        let mut query = rule_set::Entity::find().order_by_asc(rule_set::Column::Id);
        if few {
            query = query.filter(rule_set::Column::GroupId.is_in(ids()));
        }
        for rule in query.all(db).await? {
            rules.entry(rule.group_id).or_default().push(rule);
        }
    }
    let mut users: HashMap<i32, Vec<User>> = HashMap::new();
    if with_users {
        let mut query = membership::Entity::find().find_also_related(user::Entity).order_by_asc(user::Column::Id);
        if few {
            query = query.filter(membership::Column::GroupId.is_in(ids()));
        }
        for (row, user) in query.all(db).await? {
            users.entry(row.group_id).or_default().extend(user.as_ref().map(User::of));
        }
    }
    let show = |row: group::Model| {
        let rules = rules.remove(&row.id).unwrap_or_default();
        Group {
            pk: row.id,
            name: row.name,
            permissions: Shown(with_permissions.then(|| roles::by_model(&rights(&rules)))),
            roles: Shown(with_roles.then(|| rules.iter().map(RuleSet::of).collect())),
            users: Shown(with_users.then(|| users.remove(&row.id).unwrap_or_default())),
        }
    };
    Ok(rows.into_iter().map(show).collect())
}

/// What the rules of one group grant.
fn rights(rules: &[rule_set::Model]) -> Rights {
    let mut rights = Rights::default();
    for rule in rules {
        let Some(role) = Role::from_name(&rule.name) else { continue };
        for action in Action::ALL.into_iter().filter(|action| may(rule, *action)) {
            rights.grant(role, action);
        }
    }
    rights
}

async fn one(ctx: &Ctx, who: &Principal, params: &Params, row: group::Model) -> Result<Group, ApiError> {
    let view = View { ctx, who, params, purpose: Purpose::Detail };
    shown(&view, vec![row]).await?.pop().ok_or(not_found(KIND))
}

async fn rename(ctx: &Ctx, who: &Principal, params: &Params, id: i32, write: Write) -> Result<Json<Group>, ApiError> {
    let row = match write.name.0 {
        Some(name) => groups::rename(ctx, &author(who), id, &name).await.map_err(refused(KIND))?,
        None => find(ctx, id).await?,
    };
    one(ctx, who, params, row).await.map(Json)
}

async fn find(ctx: &Ctx, id: i32) -> Result<group::Model, ApiError> {
    group::Entity::find_by_id(id).one(ctx.db.reader()).await?.ok_or(not_found(KIND))
}

/// The operations.
pub(super) struct Groups;

impl Lists for Groups {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        vec![("user_group_list", &TABLE)]
    }
}

#[OpenApi(prefix_path = "/user/group")]
impl Groups {
    /// Groups
    #[oai(path = "/", method = "get", operation_id = "user_group_list")]
    async fn list(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<Group>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List };
        let pk = Expr::col(group::Column::Id.as_column_ref());
        let found: list::Found<group::Model> = list::find(&view, &TABLE, group::Entity::find(), pk).await?;
        let (rows, place) = found.split();
        Ok(place.listing(&view, shown(&view, rows).await?))
    }

    /// Make a group
    ///
    /// It grants nothing.
    #[oai(path = "/", method = "post", operation_id = "user_group_create")]
    async fn create(
        &self,
        #[oai(scope = "Recent::STAFF")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Body<Write>,
    ) -> Result<Created<Group>, ApiError> {
        let name = body.0.name.0.unwrap_or_default();
        let row = groups::create(ctx.0, &author(&who.0), &name).await.map_err(refused(KIND))?;
        one(ctx.0, &who.0, &params, row).await.map(Created)
    }

    /// One group
    #[oai(path = "/:id", method = "get", operation_id = "user_group_retrieve")]
    async fn retrieve(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        id: Path<i32>,
    ) -> Result<Json<Group>, ApiError> {
        one(ctx.0, &who.0, &params, find(ctx.0, id.0).await?).await.map(Json)
    }

    /// Rename a group
    #[oai(path = "/:id", method = "put", operation_id = "user_group_update")]
    async fn replace(
        &self,
        #[oai(scope = "Recent::STAFF")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        id: Path<i32>,
        body: Body<Write>,
    ) -> Result<Json<Group>, ApiError> {
        rename(ctx.0, &who.0, &params, id.0, body.0).await
    }

    /// Rename a group
    #[oai(path = "/:id", method = "patch", operation_id = "user_group_partial_update")]
    async fn change(
        &self,
        #[oai(scope = "Recent::STAFF")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        id: Path<i32>,
        body: Patched<Write>,
    ) -> Result<Json<Group>, ApiError> {
        rename(ctx.0, &who.0, &params, id.0, body.0).await
    }

    /// Delete a group
    ///
    /// Its members lose what it granted; the caller must hold all of that.
    #[oai(path = "/:id", method = "delete", operation_id = "user_group_destroy")]
    async fn delete(
        &self,
        #[oai(scope = "Recent::STAFF")] who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
    ) -> Result<Gone, ApiError> {
        groups::delete(ctx.0, &author(&who.0), id.0).await.map_err(refused(KIND))?;
        Ok(Gone)
    }
}
