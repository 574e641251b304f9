//! Access tokens: `/api/oauth/token/`. What they are worth nobody can read: only digests are stored, and none is shown.

use std::sync::LazyLock;

use entities::{
    accounts::user,
    oauth::{access_token, application},
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

/// A live access token.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "OAuthToken")]
struct Token {
    /// Primary key.
    pk: i32,
    /// The application that holds it.
    application: i32,
    /// The application that holds it.
    client_id: String,
    /// For whom it acts; nobody where the application acts for itself.
    user: Option<i32>,
    /// For whom it acts.
    username: Option<String>,
    /// The grant that it came of.
    grant: Option<i32>,
    /// What it may.
    scope: String,
    /// When it was issued.
    created: String,
    /// When it stops working.
    expires: String,
}

#[derive(Debug, FromQueryResult)]
struct Row {
    id: i32,
    application_id: i32,
    user_id: Option<i32>,
    grant_id: Option<i32>,
    scope: String,
    created: i64,
    expires: i64,
    client_id: String,
    username: Option<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let column = |column: access_token::Column| -> SimpleExpr { Expr::col(column.as_column_ref()) };
    Table {
        filters: vec![
            Filter::eq("application", Kind::Int, access_token::Column::ApplicationId),
            Filter::eq("user", Kind::Int, access_token::Column::UserId),
            Filter::eq("grant", Kind::Int, access_token::Column::GrantId),
        ],
        search: Vec::new(),
        ordering: vec![
            ("created", column(access_token::Column::Created)),
            ("expires", column(access_token::Column::Expires)),
        ],
        default_order: Vec::new(),
        search_notes: Vec::new(),
    }
});

/// The operations.
pub(super) struct Tokens;

impl Lists for Tokens {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        vec![("oauth_token_list", &TABLE)]
    }
}

#[OpenApi(prefix_path = "/oauth/token")]
impl Tokens {
    /// Live access tokens
    #[oai(path = "/", method = "get", operation_id = "oauth_token_list")]
    async fn list(
        &self,
        #[oai(scope = "Need::Superuser")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<Token>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List };
        let pk = Expr::col(access_token::Column::Id.as_column_ref());
        let query = access_token::Entity::find()
            .filter(access_token::Column::Expires.gt(ctx.clock.now()))
            .join(JoinType::InnerJoin, access_token::Relation::Application.def())
            .join(JoinType::LeftJoin, access_token::Relation::User.def())
            .column(application::Column::ClientId)
            .column(user::Column::Username);
        let found: list::Found<Row> = list::find(&view, &TABLE, query, pk).await?;
        Ok(found.shown(&view, |row| {
            let Row { id, application_id, user_id, grant_id, scope, created, expires, client_id, username } = row;
            Some(Token {
                pk: id,
                application: application_id,
                client_id,
                user: user_id,
                username,
                grant: grant_id,
                scope,
                created: moment(created),
                expires: moment(expires),
            })
        }))
    }

    /// Revoke an access token
    ///
    /// What may be refreshed comes back; to end that, revoke the grant.
    #[oai(path = "/:id", method = "delete", operation_id = "oauth_token_destroy")]
    async fn revoke(
        &self,
        #[oai(scope = "Need::Superuser")] _who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
    ) -> Result<Gone, ApiError> {
        let id = id.0;
        let was_there = ctx.db.write(|tx| async move { withdraw::access_token(&tx, id).await }).await?;
        if was_there { Ok(Gone) } else { Err(not_found("AccessToken")) }
    }
}
