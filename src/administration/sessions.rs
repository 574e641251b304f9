//! Browser sessions of everybody: `/api/oauth/session/`.

use std::sync::LazyLock;

use entities::accounts::{session, user};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{FromQueryResult, JoinType, QuerySelect as _, RelationTrait as _, prelude::*, sea_query::SimpleExpr};
use serde::Serialize;

use super::moment;
use crate::{
    access::Auth,
    accounts::session as sessions,
    ctx::Ctx,
    rest::{
        ApiError, Body, Filter, Listing, Lists, Params, Purpose, View,
        error::{invalid, not_found},
        field::Required,
        json::Gone,
        list::{self, Kind, Table},
    },
    scope::Need,
};

/// A browser that is logged in.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "OAuthSession")]
struct Session {
    /// Primary key.
    pk: i32,
    /// Who is logged in.
    user: i32,
    /// Who is logged in.
    username: String,
    /// What applications know it by.
    sid: String,
    /// When it began.
    created: String,
    /// When the person last proved who they are.
    auth_time: String,
    /// How they did (RFC 8176).
    amr: String,
    /// The last request, to the minute.
    last_seen: String,
    /// When it ends at the latest.
    expires: String,
    /// The browser, as it names itself.
    user_agent: String,
    /// Where from.
    address: String,
}

/// Whose sessions to end.
#[derive(Debug, Clone, Object)]
#[oai(rename = "OAuthSessionEnd")]
struct End {
    /// Whose.
    user: Required<i32>,
}

#[derive(Debug, FromQueryResult)]
struct Row {
    id: i32,
    user_id: i32,
    username: String,
    sid: String,
    created: i64,
    auth_time: i64,
    amr: String,
    last_seen: i64,
    expires: i64,
    user_agent: String,
    address: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let column = |column: session::Column| -> SimpleExpr { Expr::col(column.as_column_ref()) };
    Table {
        filters: vec![Filter::eq("user", Kind::Int, session::Column::UserId)],
        search: vec![column(session::Column::UserAgent), column(session::Column::Address)],
        ordering: vec![
            ("created", column(session::Column::Created)),
            ("last_seen", column(session::Column::LastSeen)),
            ("expires", column(session::Column::Expires)),
        ],
        default_order: Vec::new(),
        search_notes: Vec::new(),
    }
});

/// The operations.
pub(super) struct Sessions;

impl Lists for Sessions {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        vec![("oauth_session_list", &TABLE)]
    }
}

#[OpenApi(prefix_path = "/oauth/session")]
impl Sessions {
    /// Live sessions
    #[oai(path = "/", method = "get", operation_id = "oauth_session_list")]
    async fn list(
        &self,
        #[oai(scope = "Need::Superuser")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<Session>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List };
        let pk = Expr::col(session::Column::Id.as_column_ref());
        let now = ctx.clock.now();
        let query = session::Entity::find()
            .filter(session::Column::Expires.gt(now))
            .filter(session::Column::LastSeen.gt(now - ctx.config.session.idle_seconds))
            .join(JoinType::InnerJoin, session::Relation::User.def())
            .column(user::Column::Username);
        let found: list::Found<Row> = list::find(&view, &TABLE, query, pk).await?;
        Ok(found.shown(&view, |row| {
            Some(Session {
                pk: row.id,
                user: row.user_id,
                username: row.username,
                sid: row.sid,
                created: moment(row.created),
                auth_time: moment(row.auth_time),
                amr: row.amr,
                last_seen: moment(row.last_seen),
                expires: moment(row.expires),
                user_agent: row.user_agent,
                address: row.address,
            })
        }))
    }

    /// End a session
    ///
    /// The applications that were used in it are told.
    #[oai(path = "/:id", method = "delete", operation_id = "oauth_session_destroy")]
    async fn end(
        &self,
        #[oai(scope = "Need::Superuser")] _who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
    ) -> Result<Gone, ApiError> {
        let (id, now) = (id.0, ctx.clock.now());
        let ended = ctx
            .db
            .write(|tx| async move {
                match session::Entity::find_by_id(id).one(&*tx).await? {
                    Some(session) => sessions::end(&tx, &session, now).await.map(|()| true),
                    None => Ok(false),
                }
            })
            .await?;
        if ended { Ok(Gone) } else { Err(not_found("Session")) }
    }

    /// End every session of a person
    #[oai(path = "/end", method = "post", operation_id = "oauth_session_end")]
    async fn end_all(
        &self,
        #[oai(scope = "Need::Superuser")] _who: Auth,
        ctx: Data<&Ctx>,
        body: Body<End>,
    ) -> Result<Gone, ApiError> {
        let (user, now) = (body.0.user.0.unwrap_or_default(), ctx.clock.now());
        if user::Entity::find_by_id(user).one(ctx.db.reader()).await?.is_none() {
            return Err(invalid("user", crate::rest::error::no_such_pk(user)));
        }
        ctx.db.write(|tx| async move { sessions::end_all(&tx, user, now).await }).await?;
        Ok(Gone)
    }
}
