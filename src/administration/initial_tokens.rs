//! Initial access tokens (RFC 7591 section 1.2): `/api/oauth/initial-token/`.

use std::sync::LazyLock;

use entities::oauth::initial_access_token::{Column, Entity, Model};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{prelude::*, sea_query::SimpleExpr};
use serde::Serialize;

use super::moment;
use crate::{
    access::Auth,
    ctx::Ctx,
    oauth::register::initial,
    rest::{
        ApiError, Body, Listing, Lists, Params, Purpose, View,
        error::{invalid, not_found},
        field::{Given, Required, Shown},
        json::{Created, Gone},
        list::{self, Table},
    },
    scope::Need,
};

/// A token that lets applications register themselves.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "OAuthInitialToken")]
struct InitialToken {
    /// Primary key.
    pk: i32,
    /// What whoever made it calls it.
    name: String,
    /// The superuser who made it.
    created_by: Option<i32>,
    /// When it was made.
    created: String,
    /// When it stops working.
    expires: String,
    /// How many registrations it is still good for.
    uses_left: i32,
    /// Its value, in the one answer that makes it.
    #[serde(skip_serializing_if = "Shown::is_hidden")]
    token: Shown<String>,
}

/// A token to make.
#[derive(Debug, Clone, Object)]
#[oai(rename = "OAuthInitialTokenWrite")]
struct Write {
    /// What to call it.
    #[oai(validator(min_length = 1, max_length = 255))]
    name: Required<String>,
    /// Seconds until it stops working; a day if not given.
    expires_in: Given<i32>,
    /// For how many registrations; one if not given.
    uses: Given<i32>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let column = |column: Column| -> SimpleExpr { Expr::col(column.as_column_ref()) };
    Table {
        filters: Vec::new(),
        search: vec![column(Column::Name)],
        ordering: vec![("created", column(Column::Created)), ("expires", column(Column::Expires))],
        default_order: Vec::new(),
        search_notes: Vec::new(),
    }
});

fn shown(row: Model, value: Option<String>) -> InitialToken {
    let Model { id, digest: _, name, created_by, created, expires, uses_left } = row;
    InitialToken {
        pk: id,
        name,
        created_by,
        created: moment(created),
        expires: moment(expires),
        uses_left,
        token: Shown(value),
    }
}

/// The operations.
pub(super) struct InitialTokens;

impl Lists for InitialTokens {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        vec![("oauth_initial_token_list", &TABLE)]
    }
}

#[OpenApi(prefix_path = "/oauth/initial-token")]
impl InitialTokens {
    /// Initial access tokens
    #[oai(path = "/", method = "get", operation_id = "oauth_initial_token_list")]
    async fn list(
        &self,
        #[oai(scope = "Need::Superuser")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<InitialToken>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List };
        let pk = Expr::col(Column::Id.as_column_ref());
        let found: list::Found<Model> = list::find(&view, &TABLE, Entity::find(), pk).await?;
        Ok(found.shown(&view, |row| Some(shown(row, None))))
    }

    /// Make an initial access token
    ///
    /// The only answer that holds its value.
    #[oai(path = "/", method = "post", operation_id = "oauth_initial_token_create")]
    async fn create(
        &self,
        #[oai(scope = "Need::Superuser")] who: Auth,
        ctx: Data<&Ctx>,
        body: Body<Write>,
    ) -> Result<Created<InitialToken>, ApiError> {
        let Write { name, expires_in, uses } = body.0;
        let (seconds, uses) = (i64::from(expires_in.0.unwrap_or(86_400)), uses.0.unwrap_or(1));
        let (least, most) = initial::SECONDS;
        if !(least..=most).contains(&seconds) {
            return Err(invalid("expires_in", format!("From {least} to {most} seconds.")));
        }
        if !(1..=initial::MAX_USES).contains(&uses) {
            return Err(invalid("uses", format!("From 1 to {}.", initial::MAX_USES)));
        }
        let by = who.0.user_id();
        let issued = initial::create(ctx.0, by, &name.0.unwrap_or_default(), seconds, uses).await?;
        Ok(Created(shown(issued.token, Some(issued.value))))
    }

    /// End an initial access token
    ///
    /// What was registered by it stays.
    #[oai(path = "/:id", method = "delete", operation_id = "oauth_initial_token_destroy")]
    async fn revoke(
        &self,
        #[oai(scope = "Need::Superuser")] _who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
    ) -> Result<Gone, ApiError> {
        if initial::revoke(ctx.0, id.0).await? { Ok(Gone) } else { Err(not_found("InitialToken")) }
    }
}
