//! People and groups as possible owners: `/api/user/owner/`.

use std::sync::LazyLock;

use entities::accounts::{group, owner, user};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{
    Condition, FromQueryResult, QuerySelect as _, Select,
    prelude::*,
    sea_query::{Expr, ExprTrait as _},
};
use serde::Serialize;

use crate::{
    access::Auth,
    ctx::Ctx,
    rest::{
        ApiError, Filter, Json, Listing, Lists, Params, Purpose, View,
        error::not_found,
        list::{self, Kind, Table},
    },
    scope::Need,
};

/// A user or a group, as something that can own.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "Owner")]
#[expect(clippy::struct_field_names, reason = "the contract's names")]
struct Owner {
    /// Primary key.
    pk: i32,
    /// Primary key of the user or group.
    owner_id: Option<i32>,
    /// `user` or `group`.
    owner_model: String,
    /// Username, or name of the group.
    name: String,
    /// `user` or `group`, for people.
    label: String,
}

/// An owner with the name of what it stands for.
#[derive(Debug, FromQueryResult)]
struct Row {
    id: i32,
    user_id: Option<i32>,
    group_id: Option<i32>,
    username: Option<String>,
    group_name: Option<String>,
}

impl From<Row> for Owner {
    fn from(row: Row) -> Self {
        let model = if row.user_id.is_some() { "user" } else { "group" };
        Self {
            pk: row.id,
            owner_id: row.user_id.or(row.group_id),
            owner_model: model.to_owned(),
            name: row.username.or(row.group_name).unwrap_or_default(),
            label: model.to_owned(),
        }
    }
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let active = || Expr::col(user::Column::IsActive.as_column_ref());
    Table {
        filters: vec![Filter::by("is_active", Kind::Bool, move |value, _| {
            // A group is always active.
            if value.truth() {
                Condition::any()
                    .add(active().eq(true))
                    .add(Expr::col(owner::Column::GroupId.as_column_ref()).is_not_null())
            } else {
                Condition::all().add(active().eq(false))
            }
        })],
        search: vec![Expr::col(user::Column::Username.as_column_ref()), Expr::col(group::Column::Name.as_column_ref())],
        search_notes: Vec::new(),
        ordering: Vec::new(),
        default_order: Vec::new(),
    }
});

fn query() -> Select<owner::Entity> {
    let user = owner::Entity::belongs_to(user::Entity).from(owner::Column::UserId).to(user::Column::Id).into();
    let group = owner::Entity::belongs_to(group::Entity).from(owner::Column::GroupId).to(group::Column::Id).into();
    owner::Entity::find()
        .join(sea_orm::JoinType::LeftJoin, user)
        .join(sea_orm::JoinType::LeftJoin, group)
        .column_as(user::Column::Username, "username")
        .column_as(group::Column::Name, "group_name")
}

/// The operations.
pub(super) struct Owners;

impl Lists for Owners {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        vec![("user_owner_list", &TABLE)]
    }
}

#[OpenApi(prefix_path = "/user/owner")]
impl Owners {
    /// Possible owners
    #[oai(path = "/", method = "get", operation_id = "user_owner_list")]
    async fn list(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<Owner>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List };
        let pk = Expr::col(owner::Column::Id.as_column_ref());
        let found = list::find(&view, &TABLE, query(), pk).await?;
        Ok(found.shown(&view, |row: Row| Some(Owner::from(row))))
    }

    /// One possible owner
    #[oai(path = "/:id", method = "get", operation_id = "user_owner_retrieve")]
    async fn retrieve(
        &self,
        #[oai(scope = "Need::Read")] _who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
    ) -> Result<Json<Owner>, ApiError> {
        let found = query().filter(owner::Column::Id.eq(id.0)).into_model::<Row>().one(ctx.db.reader()).await?;
        Ok(Json(found.ok_or(not_found("Owner"))?.into()))
    }
}
