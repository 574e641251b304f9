//! API tokens of people: `/api/user/me/token/` and `/api/user/tokens/`.
//!
//! A value is shown to whoever has just logged in, and to nobody else: never through an application (`InvenTree` turns any
//! bearer token into a year's full power that way), and not by another token either.

use std::{collections::HashMap, sync::LazyLock};

use entities::accounts::{api_token, user};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::{
    prelude::*,
    sea_query::{Expr, SimpleExpr},
};
use serde::Serialize;

use super::{by_login, in_person, person, view::User};
use crate::{
    access::{Auth, Principal, Via},
    accounts::api_token as tokens,
    clock::datetime,
    ctx::Ctx,
    rest::{
        ApiError, Body, Filter, Json, Listing, Lists, Params, Purpose, View,
        error::{invalid, not_found},
        field::{Day, Given},
        json::{Created, Gone},
        list::{self, Kind, Table},
    },
    scope::Need,
};

/// A token for somebody who has just logged in.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "GetAuthToken")]
struct Obtained {
    /// Its value.
    token: String,
    /// What it is called.
    name: String,
    /// The last day on which it works.
    expiry: Day,
}

/// A token in a list.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "ApiToken")]
#[expect(clippy::struct_field_names, reason = "the contract's names")]
struct Token {
    /// When it was made, to the minute, UTC.
    created: String,
    /// The last day on which it works.
    expiry: Day,
    /// Primary key.
    id: i32,
    /// The day on which it was last used.
    last_seen: Option<Day>,
    /// What it is called.
    name: String,
    /// Its first and last characters; the whole value only when it is made.
    token: String,
    /// Whether it works.
    active: bool,
    /// Whether it was revoked.
    revoked: bool,
    /// Whose it is.
    user: i32,
    /// Whose it is.
    user_detail: User,
    /// Whether this request came by it.
    in_use: bool,
}

/// A token to make.
#[derive(Debug, Clone, Object)]
#[oai(rename = "ApiTokenWrite")]
struct Write {
    /// What to call it.
    #[oai(validator(max_length = 100))]
    name: Given<String>,
    /// The last day on which it works; in a year if not given.
    expiry: Given<Day>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let column = |column: api_token::Column| -> SimpleExpr { Expr::col(column.as_column_ref()) };
    Table {
        filters: vec![
            Filter::eq("revoked", Kind::Bool, api_token::Column::Revoked),
            Filter::eq("user", Kind::Int, api_token::Column::UserId),
            Filter::flag("all_users", false),
        ],
        search: vec![column(api_token::Column::Name)],
        search_notes: Vec::new(),
        ordering: vec![
            ("created", column(api_token::Column::Created)),
            ("expiry", column(api_token::Column::Expires)),
            ("last_seen", column(api_token::Column::LastSeen)),
            ("user", column(api_token::Column::UserId)),
            ("name", column(api_token::Column::Name)),
            ("revoked", column(api_token::Column::Revoked)),
        ],
        default_order: Vec::new(),
    }
});

fn shown(ctx: &Ctx, who: &Principal, token: &api_token::Model, owner: &user::Model) -> Token {
    let now = ctx.clock.now();
    // The value's length is the same for all, so the stars tell nothing.
    let stars = "*".repeat(33);
    Token {
        created: datetime(token.created).format("%Y-%m-%d %H:%M").to_string(),
        expiry: Day(tokens::expiry(token)),
        id: token.id,
        last_seen: token.last_seen.map(|at| Day(datetime(at).date_naive())),
        name: token.name.clone(),
        token: token.hint.replace("...", &stars),
        active: tokens::is_active(token, now),
        revoked: token.revoked,
        user: token.user_id,
        user_detail: User::of(owner),
        in_use: who.via == Via::Token(token.id),
    }
}

async fn obtain(ctx: &Ctx, who: &Principal, params: &Params) -> Result<Json<Obtained>, ApiError> {
    let owner = by_login(who)?;
    let issued = tokens::obtain(ctx, owner, params.get("name").unwrap_or_default()).await?;
    Ok(Json(Obtained { expiry: Day(tokens::expiry(&issued.token)), name: issued.token.name, token: issued.value }))
}

/// Whose tokens the caller sees: their own; with `all_users`, everybody's, for a superuser.
fn seen_by(who: &Principal, params: &Params) -> Result<Option<i32>, ApiError> {
    let everybody = params.flag("all_users") == Some(true) && who.is_superuser();
    if everybody { Ok(None) } else { person(who).map(|user| Some(user.id)) }
}

fn query(owner: Option<i32>) -> sea_orm::Select<api_token::Entity> {
    let query = api_token::Entity::find();
    match owner {
        Some(owner) => query.filter(api_token::Column::UserId.eq(owner)),
        None => query,
    }
}

/// The operations.
pub(super) struct Tokens;

impl Lists for Tokens {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        vec![("user_tokens_list", &TABLE)]
    }
}

#[OpenApi(prefix_path = "/user")]
impl Tokens {
    /// A token for a client that logs in by name and password
    ///
    /// The live token of that `name`, or a new one. Not for applications, and not for tokens.
    #[oai(path = "/me/token", method = "get", operation_id = "user_me_token_retrieve")]
    async fn obtain(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Json<Obtained>, ApiError> {
        obtain(ctx.0, &who.0, &params).await
    }

    /// A token for a client that logs in by name and password, at its former address
    #[oai(path = "/token", method = "get", operation_id = "user_token_retrieve")]
    async fn obtain_before(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Json<Obtained>, ApiError> {
        obtain(ctx.0, &who.0, &params).await
    }

    /// One's own tokens
    ///
    /// With `all_users=true`, and for a superuser, everybody's. Values are not shown.
    #[oai(path = "/tokens", method = "get", operation_id = "user_tokens_list")]
    async fn list(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<Token>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List };
        let pk = Expr::col(api_token::Column::Id.as_column_ref());
        let found: list::Found<api_token::Model> =
            list::find(&view, &TABLE, query(seen_by(&who.0, &params)?), pk).await?;
        let owners: Vec<i32> = found.rows().iter().map(|token| token.user_id).collect();
        let mut people = user::Entity::find();
        if owners.len() <= 500 {
            people = people.filter(user::Column::Id.is_in(owners));
        }
        let people: HashMap<i32, user::Model> =
            people.all(ctx.db.reader()).await?.into_iter().map(|user| (user.id, user)).collect();
        Ok(found.shown(&view, |token| people.get(&token.user_id).map(|owner| shown(ctx.0, &who.0, &token, owner))))
    }

    /// Make a token
    ///
    /// The only answer that holds the whole value.
    #[oai(path = "/tokens", method = "post", operation_id = "user_tokens_create")]
    async fn create(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        body: Body<Write>,
    ) -> Result<Created<Token>, ApiError> {
        let owner = by_login(&who.0)?;
        let Write { name, expiry } = body.0;
        let expiry = expiry.0.map(|day| day.0);
        if expiry.is_some_and(|day| day < ctx.clock.today()) {
            return Err(invalid("expiry", "The expiry date must not be in the past."));
        }
        let issued = tokens::create(ctx.0, owner, &name.0.unwrap_or_default(), expiry).await?;
        Ok(Created(Token { token: issued.value, ..shown(ctx.0, &who.0, &issued.token, owner) }))
    }

    /// One token
    #[oai(path = "/tokens/:id", method = "get", operation_id = "user_tokens_retrieve")]
    async fn retrieve(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        id: Path<i32>,
    ) -> Result<Json<Token>, ApiError> {
        let found = query(seen_by(&who.0, &params)?)
            .filter(api_token::Column::Id.eq(id.0))
            .find_also_related(user::Entity)
            .one(ctx.db.reader())
            .await?;
        let Some((token, Some(owner))) = found else { return Err(not_found("ApiToken")) };
        Ok(Json(shown(ctx.0, &who.0, &token, &owner)))
    }

    /// Revoke a token
    #[oai(path = "/tokens/:id", method = "delete", operation_id = "user_tokens_destroy")]
    async fn revoke(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        id: Path<i32>,
    ) -> Result<Gone, ApiError> {
        in_person(&who.0)?;
        let found = tokens::revoke(ctx.0, seen_by(&who.0, &params)?, id.0).await?;
        if found { Ok(Gone) } else { Err(not_found("ApiToken")) }
    }
}
