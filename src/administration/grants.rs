//! Grants: what people allowed applications, `/api/oauth/grant/`.

use std::sync::LazyLock;

use entities::{
    accounts::user,
    oauth::{application, grant},
};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{FromQueryResult, JoinType, QuerySelect as _, RelationTrait as _, prelude::*, sea_query::SimpleExpr};
use serde::Serialize;

use super::moment;
use crate::{
    access::Auth,
    ctx::Ctx,
    oauth::withdraw,
    rest::{
        ApiError, Filter, Listing, Lists, Params, Purpose, View,
        error::not_found,
        json::Gone,
        list::{self, Kind, Table},
    },
    scope::Need,
};

/// A grant that is not revoked.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "OAuthGrant")]
struct Grant {
    /// Primary key.
    pk: i32,
    /// The application that has it.
    application: i32,
    /// The application that has it.
    client_id: String,
    /// Who gave it.
    user: i32,
    /// Who gave it.
    username: String,
    /// What it covers.
    scope: String,
    /// When it was given.
    created: String,
    /// When something of it was last issued or used, to the minute.
    last_used: String,
}

#[derive(Debug, FromQueryResult)]
struct Row {
    id: i32,
    application_id: i32,
    user_id: i32,
    scope: String,
    created: i64,
    last_used: i64,
    client_id: String,
    username: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let column = |column: grant::Column| -> SimpleExpr { Expr::col(column.as_column_ref()) };
    Table {
        filters: vec![
            Filter::eq("application", Kind::Int, grant::Column::ApplicationId),
            Filter::eq("user", Kind::Int, grant::Column::UserId),
        ],
        search: Vec::new(),
        ordering: vec![("created", column(grant::Column::Created)), ("last_used", column(grant::Column::LastUsed))],
        default_order: Vec::new(),
        search_notes: Vec::new(),
    }
});

/// The operations.
pub(super) struct Grants;

impl Lists for Grants {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        vec![("oauth_grant_list", &TABLE)]
    }
}

#[OpenApi(prefix_path = "/oauth/grant")]
impl Grants {
    /// Grants
    #[oai(path = "/", method = "get", operation_id = "oauth_grant_list")]
    async fn list(
        &self,
        #[oai(scope = "Need::Superuser")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<Grant>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List };
        let pk = Expr::col(grant::Column::Id.as_column_ref());
        let query = grant::Entity::find()
            .filter(grant::Column::Revoked.is_null())
            .join(JoinType::InnerJoin, grant::Relation::Application.def())
            .join(JoinType::InnerJoin, grant::Relation::User.def())
            .column(application::Column::ClientId)
            .column(user::Column::Username);
        let found: list::Found<Row> = list::find(&view, &TABLE, query, pk).await?;
        Ok(found.shown(&view, |row| {
            let Row { id, application_id, user_id, scope, created, last_used, client_id, username } = row;
            Some(Grant {
                pk: id,
                application: application_id,
                client_id,
                user: user_id,
                username,
                scope,
                created: moment(created),
                last_used: moment(last_used),
            })
        }))
    }

    /// Revoke a grant, with every token of it
    #[oai(path = "/:id", method = "delete", operation_id = "oauth_grant_destroy")]
    async fn revoke(
        &self,
        #[oai(scope = "Need::Superuser")] _who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
    ) -> Result<Gone, ApiError> {
        let (id, now) = (id.0, ctx.clock.now());
        let was_there = ctx.db.write(|tx| async move { withdraw::grant(&tx, id, now).await }).await?;
        if was_there { Ok(Gone) } else { Err(not_found("Grant")) }
    }
}
