//! Settings: `/api/settings/global/` and `/api/settings/user/`. Everybody reads the global ones, staff change them; people
//! change their own, and no application does it for them.

use std::sync::LazyLock;

use entities::accounts::user::Model as Person;
use poem::{http::StatusCode, web::Data};
use poem_openapi::{Object, OpenApi, param::Path};
use sea_orm::sea_query::Expr;
use serde::Serialize;
use serde_json::{Value as JsonValue, json};

use crate::{
    access::{Auth, Principal, Via},
    ctx::Ctx,
    rest::{ApiError, Body, Json, Listing, Lists, Params, Patched, Purpose, Table, View, field::Required, invalid},
    scope::Need,
    settings::{self, Kind, Setting, Value, global, user},
};

/// A global setting.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "GlobalSettings")]
struct Global {
    /// Its place in the list.
    pk: i32,
    /// Its key.
    key: String,
    /// Its value, in its type.
    value: JsonValue,
    /// What people call it.
    name: String,
    /// What it does.
    description: String,
    /// `boolean`, `integer` or `string`.
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    kind: String,
    /// The unit of its value, or empty.
    units: String,
    /// The values that it may have, where they are few.
    choices: Vec<JsonValue>,
    /// No setting refers to an object.
    model_name: Option<String>,
    /// No setting refers to an object.
    api_url: Option<String>,
    /// Whose settings these are: `inventree`.
    typ: String,
    /// It only tells what the server does.
    read_only: bool,
    /// Whether clients should ask again.
    confirm: bool,
    /// What they should ask.
    confirm_text: String,
}

/// A setting of the caller.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "UserSettings")]
struct OfUser {
    /// Its place in the list.
    pk: i32,
    /// Its key.
    key: String,
    /// Its value, in its type.
    value: JsonValue,
    /// What people call it.
    name: String,
    /// What it does.
    description: String,
    /// Whose it is.
    user: i32,
    /// `boolean`, `integer` or `string`.
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    kind: String,
    /// The unit of its value, or empty.
    units: String,
    /// The values that it may have, where they are few.
    choices: Vec<JsonValue>,
    /// No setting refers to an object.
    model_name: Option<String>,
    /// No setting refers to an object.
    api_url: Option<String>,
    /// Whose settings these are: `user`.
    typ: String,
    /// Whether clients should ask again.
    confirm: bool,
    /// What they should ask.
    confirm_text: String,
}

/// A new value, as its type or as text.
#[derive(Debug, Clone, Object)]
#[oai(rename = "SettingWrite")]
struct Write {
    /// The value.
    value: Required<JsonValue>,
}

/// There is none, in the words of settings and flags.
pub(super) fn nothing() -> ApiError {
    ApiError::Other(StatusCode::NOT_FOUND, "Not found.".into())
}

fn json_of(value: Value) -> JsonValue {
    match value {
        Value::Boolean(value) => value.into(),
        Value::Integer(value) => value.into(),
        Value::Text(value) => value.into(),
    }
}

fn choices(setting: &Setting) -> Vec<JsonValue> {
    match setting.kind {
        Kind::Choice(choices) => {
            choices.iter().map(|(value, name)| json!({ "value": value, "display_name": name })).collect()
        }
        Kind::Numbered(choices) => {
            choices.iter().map(|(value, name)| json!({ "value": value, "display_name": name })).collect()
        }
        Kind::Boolean | Kind::Integer(..) | Kind::Text(_) | Kind::Pattern | Kind::Template => Vec::new(),
    }
}

/// Its place among all of its kind; the same as long as the list only grows.
fn pk(all: &[Setting], key: &str) -> i32 {
    let place = all.iter().position(|setting| setting.key == key).unwrap_or_default();
    i32::try_from(place).unwrap_or_default() + 1
}

fn shown(ctx: &Ctx, (setting, value): (&Setting, Value)) -> Global {
    let value = match (setting.key, value) {
        // What the configuration says, until somebody says otherwise.
        (global::INSTANCE, Value::Text(name)) if name.is_empty() => Value::Text(ctx.config.instance.clone()),
        (global::BASE_URL, _) => Value::Text(ctx.config.url("").trim_end_matches('/').to_owned()),
        (_, value) => value,
    };
    Global {
        pk: pk(global::ALL, setting.key),
        key: setting.key.into(),
        value: json_of(value),
        name: setting.name.into(),
        description: setting.description.into(),
        kind: setting.type_name().into(),
        units: setting.units.into(),
        choices: choices(setting),
        model_name: None,
        api_url: None,
        typ: "inventree".into(),
        read_only: setting.is_fixed,
        confirm: false,
        confirm_text: String::new(),
    }
}

fn shown_of(user_id: i32, (setting, value): (&Setting, Value)) -> OfUser {
    OfUser {
        pk: pk(user::ALL, setting.key),
        key: setting.key.into(),
        value: json_of(value),
        name: setting.name.into(),
        description: setting.description.into(),
        user: user_id,
        kind: setting.type_name().into(),
        units: setting.units.into(),
        choices: choices(setting),
        model_name: None,
        api_url: None,
        typ: "user".into(),
        confirm: false,
        confirm_text: String::new(),
    }
}

/// Narrows and orders settings as a list is asked to.
fn asked(params: &Params, mut all: Vec<(&'static Setting, Value)>) -> Vec<(&'static Setting, Value)> {
    if let Some(search) = params.get("search") {
        let words: Vec<String> = search.split_whitespace().take(20).map(str::to_lowercase).collect();
        all.retain(|(setting, _)| {
            let text = [setting.key, setting.name, setting.description].join("\n").to_lowercase();
            words.iter().all(|word| text.contains(word.as_str()))
        });
    }
    let order = params.get("ordering").unwrap_or_default();
    let (name, descending) = order.strip_prefix('-').map_or((order, false), |name| (name, true));
    match name {
        "key" => all.sort_by_key(|(setting, _)| setting.key),
        "name" => all.sort_by_key(|(setting, _)| setting.name),
        "pk" => {}
        _ => return all,
    }
    if descending {
        all.reverse();
    }
    all
}

/// What was sent, read as the setting's type.
fn parsed(setting: &Setting, sent: &JsonValue) -> Result<Value, ApiError> {
    let text = match sent {
        JsonValue::String(text) => text.clone(),
        JsonValue::Bool(value) => value.to_string(),
        JsonValue::Number(number) => number.to_string(),
        JsonValue::Null => return Err(invalid("value", "This field may not be null.")),
        JsonValue::Array(_) | JsonValue::Object(_) => return Err(invalid("value", "Not a valid string.")),
    };
    setting.parse(&text).map_err(|message| invalid("value", message))
}

fn person(who: &Principal) -> Result<&Person, ApiError> {
    who.user().ok_or(ApiError::Denied)
}

async fn update_global(ctx: &Ctx, key: &str, write: Write) -> Result<Json<Global>, ApiError> {
    let key = key.to_ascii_uppercase();
    let (setting, before) = settings::global(ctx.db.reader(), &key).await?.ok_or_else(nothing)?;
    let Some(sent) = write.value.0 else { return Ok(Json(shown(ctx, (setting, before)))) };
    if setting.is_fixed {
        return Err(invalid("value", "This setting only tells what the server does. It cannot be changed."));
    }
    let value = parsed(setting, &sent)?;
    settings::set_global(ctx, setting, &value).await?;
    Ok(Json(shown(ctx, (setting, value))))
}

async fn update_own(ctx: &Ctx, who: &Principal, key: &str, write: Write) -> Result<Json<OfUser>, ApiError> {
    // `g:read` is all that is asked here, and reading is all that it gives an application.
    if matches!(who.via, Via::Bearer(_)) {
        return Err(ApiError::Denied);
    }
    let (key, id) = (key.to_ascii_uppercase(), person(who)?.id);
    let (setting, before) = settings::one_of_user(ctx.db.reader(), id, &key).await?.ok_or_else(nothing)?;
    let Some(sent) = write.value.0 else { return Ok(Json(shown_of(id, (setting, before)))) };
    let value = parsed(setting, &sent)?;
    settings::set_of_user(ctx, id, setting, &value).await?;
    Ok(Json(shown_of(id, (setting, value))))
}

/// What [`asked`] understands, for the document.
static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let column = || Expr::col("key");
    Table {
        search: vec![column()],
        ordering: ["pk", "key", "name"].map(|name| (name, column())).into(),
        ..Table::default()
    }
});

/// The operations on global settings.
pub(super) struct Globals;

impl Lists for Globals {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        vec![("settings_global_list", &TABLE)]
    }
}

#[OpenApi(prefix_path = "/settings/global")]
impl Globals {
    /// Global settings
    #[oai(path = "/", method = "get", operation_id = "settings_global_list")]
    async fn list(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<Global>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List };
        let all = asked(&params, settings::globals(ctx.db.reader()).await?);
        Ok(Listing::of(&view, all.into_iter().map(|setting| shown(ctx.0, setting)).collect()))
    }

    /// One global setting
    #[oai(path = "/:key", method = "get", operation_id = "settings_global_retrieve")]
    async fn retrieve(
        &self,
        #[oai(scope = "Need::Read")] _who: Auth,
        ctx: Data<&Ctx>,
        key: Path<String>,
    ) -> Result<Json<Global>, ApiError> {
        let found = settings::global(ctx.db.reader(), &key.to_ascii_uppercase()).await?;
        found.map(|setting| Json(shown(ctx.0, setting))).ok_or_else(nothing)
    }

    /// Change a global setting
    #[oai(path = "/:key", method = "put", operation_id = "settings_global_update")]
    async fn replace(
        &self,
        #[oai(scope = "Need::Staff")] _who: Auth,
        ctx: Data<&Ctx>,
        key: Path<String>,
        body: Body<Write>,
    ) -> Result<Json<Global>, ApiError> {
        update_global(ctx.0, &key, body.0).await
    }

    /// Change a global setting
    #[oai(path = "/:key", method = "patch", operation_id = "settings_global_partial_update")]
    async fn change(
        &self,
        #[oai(scope = "Need::Staff")] _who: Auth,
        ctx: Data<&Ctx>,
        key: Path<String>,
        body: Patched<Write>,
    ) -> Result<Json<Global>, ApiError> {
        update_global(ctx.0, &key, body.0).await
    }
}

/// The operations on one's own settings.
pub(super) struct Own;

impl Lists for Own {
    fn lists() -> Vec<(&'static str, &'static Table)> {
        vec![("settings_user_list", &TABLE)]
    }
}

#[OpenApi(prefix_path = "/settings/user")]
impl Own {
    /// One's own settings
    #[oai(path = "/", method = "get", operation_id = "settings_user_list")]
    async fn list(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<OfUser>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List };
        let id = person(&who.0)?.id;
        let all = asked(&params, settings::of_user(ctx.db.reader(), id).await?);
        Ok(Listing::of(&view, all.into_iter().map(|setting| shown_of(id, setting)).collect()))
    }

    /// One of one's own settings
    #[oai(path = "/:key", method = "get", operation_id = "settings_user_retrieve")]
    async fn retrieve(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        key: Path<String>,
    ) -> Result<Json<OfUser>, ApiError> {
        let id = person(&who.0)?.id;
        let found = settings::one_of_user(ctx.db.reader(), id, &key.to_ascii_uppercase()).await?;
        found.map(|setting| Json(shown_of(id, setting))).ok_or_else(nothing)
    }

    /// Change one of one's own settings
    #[oai(path = "/:key", method = "put", operation_id = "settings_user_update")]
    async fn replace(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        key: Path<String>,
        body: Body<Write>,
    ) -> Result<Json<OfUser>, ApiError> {
        update_own(ctx.0, &who.0, &key, body.0).await
    }

    /// Change one of one's own settings
    #[oai(path = "/:key", method = "patch", operation_id = "settings_user_partial_update")]
    async fn change(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        key: Path<String>,
        body: Patched<Write>,
    ) -> Result<Json<OfUser>, ApiError> {
        update_own(ctx.0, &who.0, &key, body.0).await
    }
}
