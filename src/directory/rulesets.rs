//! What each group may do in each role: `/api/user/ruleset/`. The rows come and go with their group, so there is nothing to
//! create or delete here (`InvenTree` lets staff delete one, after which the group has a role less).

use std::sync::LazyLock;

use entities::accounts::rule_set;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{
    prelude::*,
    sea_query::{Expr, SimpleExpr},
};
use serde::Serialize;

use super::{author, refused, roles};
use crate::{
    access::{Auth, Principal, Recent},
    accounts::group::{self as groups, RulesChange},
    ctx::Ctx,
    rest::{
        ApiError, Body, Filter, Json, Listing, Lists, Params, Patched, Purpose, View,
        error::not_found,
        field::Given,
        list::{self, Kind, Table},
    },
    scope::{Need, Role},
};

/// The rules of a group in one role.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "RuleSet")]
pub(super) struct RuleSet {
    /// Primary key.
    pk: i32,
    /// The role.
    name: String,
    /// What people call it.
    label: String,
    /// The group.
    group: i32,
    /// May read.
    can_view: bool,
    /// May create.
    can_add: bool,
    /// May modify.
    can_change: bool,
    /// May remove.
    can_delete: bool,
}

impl RuleSet {
    /// From its row.
    pub(super) fn of(row: &rule_set::Model) -> Self {
        Self {
            pk: row.id,
            label: Role::from_name(&row.name).map_or_else(|| row.name.clone(), |role| roles::label(role).to_owned()),
            name: row.name.clone(),
            group: row.group_id,
            can_view: row.can_view,
            can_add: row.can_add,
            can_change: row.can_change,
            can_delete: row.can_delete,
        }
    }
}

/// Rules as staff write them. Who may create or remove may modify; who may do any of these may read.
#[derive(Debug, Clone, Object)]
#[oai(rename = "RuleSetWrite")]
#[expect(clippy::struct_field_names, reason = "the contract's names")]
struct Write {
    /// May read.
    can_view: Given<bool>,
    /// May create.
    can_add: Given<bool>,
    /// May modify.
    can_change: Given<bool>,
    /// May remove.
    can_delete: Given<bool>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let name: SimpleExpr = Expr::col(rule_set::Column::Name.as_column_ref());
    Table {
        filters: vec![
            Filter::eq("group", Kind::Key("group"), rule_set::Column::GroupId),
            Filter::eq("name", Kind::Text, rule_set::Column::Name),
        ],
        search: vec![name.clone()],
        search_notes: Vec::new(),
        ordering: vec![("name", name)],
        default_order: Vec::new(),
    }
});

/// What there is none of.
const KIND: &str = "RuleSet";

async fn find(ctx: &Ctx, id: i32) -> Result<rule_set::Model, ApiError> {
    rule_set::Entity::find_by_id(id).one(ctx.db.reader()).await?.ok_or(not_found(KIND))
}

async fn update(ctx: &Ctx, who: &Principal, id: i32, write: Write) -> Result<Json<RuleSet>, ApiError> {
    let row = find(ctx, id).await?;
    let role = Role::from_name(&row.name).ok_or(not_found(KIND))?;
    let change = RulesChange {
        view: write.can_view.0,
        add: write.can_add.0,
        change: write.can_change.0,
        delete: write.can_delete.0,
    };
    let row = groups::set_rules(ctx, &author(who), row.group_id, role, change).await.map_err(refused(KIND))?;
    Ok(Json(RuleSet::of(&row)))
}

/// The operations.
pub(super) struct RuleSets;

impl Lists for RuleSets {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        vec![("user_ruleset_list", &TABLE)]
    }
}

#[OpenApi(prefix_path = "/user/ruleset")]
impl RuleSets {
    /// What groups may do
    #[oai(path = "/", method = "get", operation_id = "user_ruleset_list")]
    async fn list(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<RuleSet>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List };
        let pk = Expr::col(rule_set::Column::Id.as_column_ref());
        let found = list::find(&view, &TABLE, rule_set::Entity::find(), pk).await?;
        Ok(found.shown(&view, |row: rule_set::Model| Some(RuleSet::of(&row))))
    }

    /// What a group may do in one role
    #[oai(path = "/:id", method = "get", operation_id = "user_ruleset_retrieve")]
    async fn retrieve(
        &self,
        #[oai(scope = "Need::Read")] _who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
    ) -> Result<Json<RuleSet>, ApiError> {
        Ok(Json(RuleSet::of(&find(ctx.0, id.0).await?)))
    }

    /// Change what a group may do in one role
    ///
    /// The caller must hold every right that they give or take.
    #[oai(path = "/:id", method = "put", operation_id = "user_ruleset_update")]
    async fn replace(
        &self,
        #[oai(scope = "Recent::STAFF")] who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
        body: Body<Write>,
    ) -> Result<Json<RuleSet>, ApiError> {
        update(ctx.0, &who.0, id.0, body.0).await
    }

    /// Change what a group may do in one role, in part
    ///
    /// The caller must hold every right that they give or take.
    #[oai(path = "/:id", method = "patch", operation_id = "user_ruleset_partial_update")]
    async fn change(
        &self,
        #[oai(scope = "Recent::STAFF")] who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
        body: Patched<Write>,
    ) -> Result<Json<RuleSet>, ApiError> {
        update(ctx.0, &who.0, id.0, body.0).await
    }
}
