//! Users: `/api/user/`. Everybody reads; staff with the role `admin` write; a password is a superuser's affair.

use std::{collections::BTreeSet, sync::LazyLock};

use entities::accounts::user;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path, types::Password};
use sea_orm::{
    prelude::*,
    sea_query::{Expr, SimpleExpr},
};
use serde_json::{Map, Value};

use super::{
    author, refused,
    view::{self, ExtendedUser},
};
use crate::{
    access::{Auth, Principal, Recent},
    accounts::{
        author::{Author, Refusal},
        person::{self as people, Change, New},
        second_factor,
    },
    ctx::Ctx,
    rest::{
        ApiError, Body, Fields, Filter, Json, Listing, Lists, Params, Patched, Purpose, View,
        error::{invalid, not_found},
        field::{Given, Required},
        json::{Created, Gone},
        list::{self, Kind, Table},
    },
    scope::{Action, Need},
};

/// A user as staff write it.
#[derive(Debug, Clone, Object)]
#[oai(rename = "ExtendedUserWrite")]
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
    /// The groups to be in, exactly. None of them may grant more than the caller holds.
    group_ids: Given<Vec<i32>>,
    /// May use staff operations.
    is_staff: Given<bool>,
    /// May do everything; only a superuser can change it.
    is_superuser: Given<bool>,
    /// May log in.
    is_active: Given<bool>,
}

/// A new password for somebody.
#[derive(Debug, Clone, Object)]
#[oai(rename = "UserSetPassword")]
struct SetPassword {
    /// The password.
    password: Required<Password>,
    /// Take it even though the rules for passwords are against it.
    override_warning: Given<bool>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let column = |column: user::Column| -> SimpleExpr { Expr::col(column.as_column_ref()) };
    let (username, email) = (column(user::Column::Username), column(user::Column::Email));
    let (first, last) = (column(user::Column::FirstName), column(user::Column::LastName));
    Table {
        filters: vec![
            Filter::eq("is_active", Kind::Bool, user::Column::IsActive),
            Filter::eq("is_staff", Kind::Bool, user::Column::IsStaff),
            Filter::eq("is_superuser", Kind::Bool, user::Column::IsSuperuser),
        ],
        search: vec![username.clone(), first.clone(), last.clone(), email.clone()],
        search_notes: Vec::new(),
        ordering: vec![
            ("email", email),
            ("username", username),
            ("first_name", first),
            ("last_name", last),
            ("is_staff", column(user::Column::IsStaff)),
            ("is_superuser", column(user::Column::IsSuperuser)),
            ("is_active", column(user::Column::IsActive)),
        ],
        default_order: Vec::new(),
    }
});

/// What there is none of.
const KIND: &str = "User";

async fn one(ctx: &Ctx, row: user::Model) -> Result<ExtendedUser, ApiError> {
    view::extended(ctx.db.reader(), vec![row]).await?.pop().ok_or(not_found(KIND))
}

async fn update(ctx: &Ctx, who: &Principal, id: i32, write: Write) -> Result<Json<ExtendedUser>, ApiError> {
    gives_power(ctx, who, &write)?;
    let change = Change {
        username: write.username.0,
        first_name: write.first_name.0,
        last_name: write.last_name.0,
        email: write.email.0,
        is_active: write.is_active.0,
        is_staff: write.is_staff.0,
        is_superuser: write.is_superuser.0,
        groups: write.group_ids.0.map(BTreeSet::from_iter),
    };
    let row = people::update(ctx, &manager(who, Action::Change)?, id, change).await.map_err(refused(KIND))?;
    one(ctx, row).await.map(Json)
}

/// Flags and groups are power, and take a recent login; that a client sends them back as they are does not tell.
fn gives_power(ctx: &Ctx, who: &Principal, write: &Write) -> Result<(), ApiError> {
    let given = write.is_superuser.0.is_some() || write.is_staff.0.is_some() || write.group_ids.0.is_some();
    if given { who.logged_in_recently(ctx).map_err(ApiError::Refused) } else { Ok(()) }
}

/// The caller, if they manage people; here nobody changes even themselves otherwise.
fn manager(who: &Principal, action: Action) -> Result<Author, ApiError> {
    Some(author(who)).filter(|author| author.manages(action)).ok_or(ApiError::Denied)
}

async fn set_password(ctx: &Ctx, who: &Principal, id: i32, body: SetPassword) -> Result<Json<Value>, ApiError> {
    let Some(Password(password)) = body.password.0 else {
        return Err(invalid("password", "This field is required."));
    };
    let weak = body.override_warning.0 == Some(true);
    match people::set_password(ctx, &author(who), id, &password, weak).await {
        Ok(()) => Ok(Json(Value::Object(Map::new()))),
        Err(Refusal::Invalid(problems)) => {
            // InvenTree writes the list as Python prints it, and its web client shows that text.
            let quoted: Vec<_> = problems.iter().map(|(_, message)| format!("'{message}'")).collect();
            let mut fields = Fields::new();
            fields.nest("password", format!("[{}]", quoted.join(", ")).into());
            Err(ApiError::Invalid(fields))
        }
        Err(refusal) => Err(refused(KIND)(refusal)),
    }
}

/// The operations.
pub(super) struct Users;

impl Lists for Users {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        vec![("user_list", &TABLE)]
    }
}

#[OpenApi(prefix_path = "/user")]
impl Users {
    /// Users
    #[oai(path = "/", method = "get", operation_id = "user_list")]
    async fn list(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<ExtendedUser>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List };
        let pk = Expr::col(user::Column::Id.as_column_ref());
        let found: list::Found<user::Model> = list::find(&view, &TABLE, user::Entity::find(), pk).await?;
        let (rows, place) = found.split();
        Ok(place.listing(&view, view::extended(ctx.db.reader(), rows).await?))
    }

    /// Make a user
    ///
    /// Who cannot log in until somebody gives them a password. A new user has no rights but those given here.
    #[oai(path = "/", method = "post", operation_id = "user_create")]
    async fn create(
        &self,
        #[oai(scope = "Need::Staff")] who: Auth,
        ctx: Data<&Ctx>,
        body: Body<Write>,
    ) -> Result<Created<ExtendedUser>, ApiError> {
        let write = body.0;
        gives_power(ctx.0, &who.0, &write)?;
        let new = New {
            username: write.username.0.unwrap_or_default(),
            first_name: write.first_name.0.unwrap_or_default(),
            last_name: write.last_name.0.unwrap_or_default(),
            email: write.email.0.unwrap_or_default(),
            is_inactive: write.is_active.0 == Some(false),
            is_staff: write.is_staff.0 == Some(true),
            is_superuser: write.is_superuser.0 == Some(true),
            groups: write.group_ids.0.unwrap_or_default().into_iter().collect(),
        };
        let row = people::create(ctx.0, &author(&who.0), new, None).await.map_err(refused(KIND))?;
        one(ctx.0, row).await.map(Created)
    }

    /// One user
    #[oai(path = "/:id", method = "get", operation_id = "user_retrieve")]
    async fn retrieve(
        &self,
        #[oai(scope = "Need::Read")] _who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
    ) -> Result<Json<ExtendedUser>, ApiError> {
        let row = user::Entity::find_by_id(id.0).one(ctx.db.reader()).await?.ok_or(not_found(KIND))?;
        one(ctx.0, row).await.map(Json)
    }

    /// Change a user
    #[oai(path = "/:id", method = "put", operation_id = "user_update")]
    async fn replace(
        &self,
        #[oai(scope = "Need::Staff")] who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
        body: Body<Write>,
    ) -> Result<Json<ExtendedUser>, ApiError> {
        update(ctx.0, &who.0, id.0, body.0).await
    }

    /// Change a user, in part
    #[oai(path = "/:id", method = "patch", operation_id = "user_partial_update")]
    async fn change(
        &self,
        #[oai(scope = "Need::Staff")] who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
        body: Patched<Write>,
    ) -> Result<Json<ExtendedUser>, ApiError> {
        update(ctx.0, &who.0, id.0, body.0).await
    }

    /// Delete a user
    #[oai(path = "/:id", method = "delete", operation_id = "user_destroy")]
    async fn delete(
        &self,
        #[oai(scope = "Need::Staff")] who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
    ) -> Result<Gone, ApiError> {
        people::delete(ctx.0, &manager(&who.0, Action::Delete)?, id.0).await.map_err(refused(KIND))?;
        Ok(Gone)
    }

    /// Remove the second factor of a user who lost it
    ///
    /// Their sessions end, and their password alone logs them in then.
    #[oai(path = "/:id/second-factor", method = "delete", operation_id = "user_second_factor_destroy")]
    async fn remove_second_factor(
        &self,
        #[oai(scope = "Recent::SUPERUSER")] who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
    ) -> Result<Gone, ApiError> {
        let removed = second_factor::remove(ctx.0, &author(&who.0), id.0).await.map_err(refused(KIND))?;
        if removed { Ok(Gone) } else { Err(not_found("second factor")) }
    }

    /// Give a user a new password
    #[oai(path = "/:id/set-password", method = "put", operation_id = "user_set_password_update")]
    async fn set_password(
        &self,
        #[oai(scope = "Recent::SUPERUSER")] who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
        body: Body<SetPassword>,
    ) -> Result<Json<Value>, ApiError> {
        set_password(ctx.0, &who.0, id.0, body.0).await
    }

    /// Give a user a new password
    #[oai(path = "/:id/set-password", method = "patch", operation_id = "user_set_password_partial_update")]
    async fn set_password_in_part(
        &self,
        #[oai(scope = "Recent::SUPERUSER")] who: Auth,
        ctx: Data<&Ctx>,
        id: Path<i32>,
        body: Patched<SetPassword>,
    ) -> Result<Json<Value>, ApiError> {
        set_password(ctx.0, &who.0, id.0, body.0).await
    }
}
