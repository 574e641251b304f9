//! Five operations for any resource. What differs is declared in [`Resource`]; what a resource cannot say there it writes
//! as an operation of its own.

use std::{collections::HashMap, future::Future, marker::PhantomData, str::FromStr as _};

use super::registry::{MetaApi, MetaSchemaRef, Registry};
use poem::{endpoint::BoxEndpoint, http::Method, web::Data};
use poem_openapi::{
    Object, OpenApi,
    param::Path,
    types::{IsObjectType, ParseFromJSON, Type},
};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ActiveValue, ColumnTrait as _, EntityTrait, FromQueryResult,
    IntoActiveModel, Iterable as _, Order, PrimaryKeyTrait, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Select,
    sea_query::{Expr, ExprTrait as _, SimpleExpr},
};
use serde::Serialize;

use super::{
    body::{Body, Bulk, Doomed, Patched},
    count::counted,
    error::{ApiError, invalid, no_such_pk, not_found},
    json::{Gone, Json},
    list::{Listing, Page, Params, Table, page},
    several::{Made, Sent, placed},
};
use crate::{
    access::{Auth, Principal},
    ctx::Ctx,
    db::Tx,
    scope::{Action, Need, Role},
};

/// What an answer is for; it decides which optional fields are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Rows of a list.
    List,
    /// One object, read.
    Detail,
    /// One object, just written: with all optional fields.
    Written,
}

/// What a resource needs to know of the request.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The server.
    pub ctx: &'a Ctx,
    /// The caller.
    pub who: &'a Principal,
    /// The query parameters.
    pub params: &'a Params,
    /// What the answer is for.
    pub purpose: Purpose,
}

impl View<'_> {
    /// Whether an optional field is shown.
    pub fn shows(&self, table: &Table, flag: &str) -> bool {
        self.purpose == Purpose::Written || table.is_on(flag, self.params)
    }
}

type ModelOf<R> = <<R as Resource>::Entity as EntityTrait>::Model;
type ActiveOf<R> = <<R as Resource>::Entity as EntityTrait>::ActiveModel;

/// A table with its five operations.
pub trait Resource: Send + Sync + 'static {
    /// Where, below `/api`: `/part/category`.
    const PATH: &'static str;
    /// The stem of the operations' names: `part_category`.
    const NAME: &'static str;
    /// What `InvenTree` calls one, in "No ... matches the given query.".
    const KIND: &'static str;
    /// The roles of which one suffices.
    const ROLES: &'static [Role];
    /// To read.
    const VIEW: Need = Need::Role(Action::View, Self::ROLES);
    /// To create.
    const ADD: Need = Need::Role(Action::Add, Self::ROLES);
    /// To modify.
    const CHANGE: Need = Need::Role(Action::Change, Self::ROLES);
    /// To remove.
    const DELETE: Need = Need::Role(Action::Delete, Self::ROLES);
    /// Whether many objects can be changed at once, by PUT or PATCH on the list.
    const BULK: bool = false;
    /// Whether many objects can be deleted at once, by DELETE on the list.
    const BULK_DELETE: bool = false;
    /// Whether creating takes a list, too.
    const LISTS: bool = false;
    /// Whether creating is the plain operation; where not, the resource writes its own.
    const PLAIN_CREATE: bool = true;
    /// Whether clients only read.
    const READ_ONLY: bool = false;
    /// Whether clients change one; where not, they make and delete it.
    const PLAIN_CHANGE: bool = true;
    /// Whether deleting is the plain operation; where not, the resource writes its own.
    const PLAIN_DELETE: bool = true;

    /// The table.
    type Entity: EntityTrait<
            PrimaryKey: PrimaryKeyTrait<ValueType = i32>,
            ActiveModel: ActiveModelTrait<Entity = Self::Entity> + ActiveModelBehavior + Send,
            Model: IntoActiveModel<ActiveOf<Self>> + Send + Sync,
        >;
    /// A row with what is read together with it.
    type Row: FromQueryResult + Send + Sync;
    /// An object as clients read it.
    type Read: Type + IsObjectType + Serialize + Send + Sync + 'static;
    /// An object as clients write it.
    type Write: Type + ParseFromJSON + IntoActiveModel<ActiveOf<Self>> + Clone + Send + Sync + 'static;

    /// What lists may be asked.
    fn table() -> &'static Table;

    /// What a new row has where the client says nothing.
    fn blank() -> ActiveOf<Self>;

    /// The rows that lists and details are about.
    fn query(_view: &View<'_>) -> Select<Self::Entity> {
        Self::Entity::find()
    }

    /// The columns beyond the table's own that [`Self::Row`] reads.
    fn columns(query: Select<Self::Entity>, _view: &View<'_>) -> Select<Self::Entity> {
        query
    }

    /// What a list may be asked beyond its table.
    fn narrow(
        _view: &View<'_>,
        query: Select<Self::Entity>,
    ) -> impl Future<Output = Result<Select<Self::Entity>, ApiError>> + Send {
        async { Ok(query) }
    }

    /// From rows to objects, all of a page at once, so that the number of statements does not grow with it.
    fn show(view: &View<'_>, rows: Vec<Self::Row>) -> impl Future<Output = Result<Vec<Self::Read>, ApiError>> + Send;

    /// What takes long and needs no lock, before the transaction of a write.
    fn prepare(_view: &View<'_>, _sent: &mut Self::Write) -> impl Future<Output = Result<(), ApiError>> + Send {
        async { Ok(()) }
    }

    /// The first thing in the transaction of a write: a lock that its checks need, before any row is locked.
    fn begin(_tx: &Tx, _view: &View<'_>) -> impl Future<Output = Result<(), ApiError>> + Send {
        async { Ok(()) }
    }

    /// The rules that look beyond one field, inside the transaction. `before` is the row that is changed, if one is; `sent`
    /// has the fields that are no columns, too.
    fn check(
        _tx: &Tx,
        _view: &View<'_>,
        _before: Option<&ModelOf<Self>>,
        _sent: &Self::Write,
        _change: &mut ActiveOf<Self>,
    ) -> impl Future<Output = Result<(), ApiError>> + Send {
        async { Ok(()) }
    }

    /// What follows in other rows, inside the transaction; also where the row itself did not change.
    fn saved(
        _tx: &Tx,
        _view: &View<'_>,
        _before: Option<&ModelOf<Self>>,
        _after: &ModelOf<Self>,
        _sent: &Self::Write,
    ) -> impl Future<Output = Result<(), ApiError>> + Send {
        async { Ok(()) }
    }

    /// What follows from a deletion in other rows, inside the transaction.
    fn removed(_tx: &Tx, _row: &ModelOf<Self>) -> impl Future<Output = Result<(), ApiError>> + Send {
        async { Ok(()) }
    }

    /// Whether a row may be deleted.
    fn removable(_tx: &Tx, _row: &ModelOf<Self>) -> impl Future<Output = Result<(), ApiError>> + Send {
        async { Ok(()) }
    }

    /// Deletes a row, with what must be done about others for that.
    fn erase(tx: &Tx, _view: &View<'_>, row: ModelOf<Self>) -> impl Future<Output = Result<(), ApiError>> + Send {
        async move {
            row.clone().into_active_model().delete(&**tx).await?;
            Self::removed(tx, &row).await
        }
    }
}

/// The operations of a resource.
#[derive(Debug)]
pub struct Crud<R>(PhantomData<R>);

impl<R> Crud<R> {
    /// Of this resource.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<R> Default for Crud<R> {
    fn default() -> Self {
        Self::new()
    }
}

fn pk_column<R: Resource>() -> Option<<R::Entity as EntityTrait>::Column> {
    <R::Entity as EntityTrait>::PrimaryKey::iter().next().map(sea_orm::PrimaryKeyToColumn::into_column)
}

fn pk_expr<R: Resource>() -> SimpleExpr {
    pk_column::<R>().map_or_else(|| Expr::val(1), |column| Expr::col(column.as_column_ref()))
}

/// The objects of a list.
pub async fn list<R: Resource>(view: &View<'_>) -> Result<Listing<R::Read>, ApiError> {
    let db = view.ctx.db.reader();
    let table = R::table();
    let narrowed = R::narrow(view, table.narrow(R::query(view), view).await?).await?;
    let rows = |query| table.order(R::columns(query, view), view.params, pk_expr::<R>());
    let Some((limit, offset)) = page(view.params) else {
        let rows = rows(narrowed).into_model::<R::Row>().all(db).await?;
        return Ok(Listing::All(R::show(view, rows).await?));
    };
    let found = rows(narrowed.clone()).limit(limit).offset(offset).into_model::<R::Row>().all(db);
    let (found, count) = counted(view.ctx, narrowed, (limit, offset), found).await?;
    Ok(Listing::Page(Page::new(view, count, limit, offset, R::show(view, found).await?)))
}

/// One object.
pub async fn one<R: Resource>(view: &View<'_>, pk: i32) -> Result<R::Read, ApiError> {
    let query = R::columns(R::query(view), view).filter(pk_expr::<R>().eq(pk));
    let row = query.into_model::<R::Row>().one(view.ctx.db.reader()).await?.ok_or(not_found(R::KIND))?;
    R::show(view, vec![row]).await?.pop().ok_or(not_found(R::KIND))
}

/// The row itself, locked against other writers.
pub async fn locked<R: Resource>(tx: &Tx, pk: i32) -> Result<ModelOf<R>, ApiError> {
    let found = R::Entity::find_by_id(pk).lock_exclusive().one(&**tx).await?;
    found.ok_or(not_found(R::KIND))
}

async fn create<R: Resource>(view: &View<'_>, sent: Sent<R>) -> Result<Made<R::Read>, ApiError> {
    let Sent { mut objects, is_list } = sent;
    for object in &mut objects {
        R::prepare(view, object).await?;
    }
    let made = view.ctx.db.write(|tx| async move {
        R::begin(&tx, view).await?;
        let mut keys = Vec::with_capacity(objects.len());
        for (at, object) in objects.iter().enumerate() {
            let made = create_in::<R>(&tx, view, object).await;
            keys.push(made.map_err(|error| if is_list { placed(error, at, objects.len()) } else { error })?);
        }
        Ok::<_, ApiError>(keys)
    });
    let keys = made.await?;
    if !is_list {
        return one::<R>(view, keys.first().copied().unwrap_or_default()).await.map(Made::One);
    }
    let query = R::columns(R::query(view), view).filter(pk_expr::<R>().is_in(keys));
    let rows = query.order_by(pk_expr::<R>(), Order::Asc).into_model::<R::Row>().all(view.ctx.db.reader()).await?;
    R::show(view, rows).await.map(Made::List)
}

async fn create_in<R: Resource>(tx: &Tx, view: &View<'_>, sent: &R::Write) -> Result<i32, ApiError> {
    let mut change = sent.clone().into_active_model();
    let blank = R::blank();
    for column in <R::Entity as EntityTrait>::Column::iter() {
        if let (ActiveValue::NotSet, ActiveValue::Set(value)) = (change.get(column), blank.get(column)) {
            change.set(column, value);
        }
    }
    R::check(tx, view, None, sent, &mut change).await?;
    let made = change.insert(&**tx).await?;
    R::saved(tx, view, None, &made, sent).await?;
    Ok(pk_of::<R>(&made.into_active_model()))
}

async fn update<R: Resource>(view: &View<'_>, pk: i32, mut sent: R::Write) -> Result<R::Read, ApiError> {
    R::prepare(view, &mut sent).await?;
    let written = view.ctx.db.write(|tx| async move {
        R::begin(&tx, view).await?;
        update_in::<R>(&tx, view, pk, &sent).await
    });
    written.await?;
    one::<R>(view, pk).await
}

/// All or none.
async fn update_all<R: Resource>(view: &View<'_>, bulk: Bulk<R::Write>) -> Result<Updated, ApiError> {
    let Bulk { mut items, change: mut sent } = bulk;
    R::prepare(view, &mut sent).await?;
    // Two that overlap take their locks in one order.
    items.sort_unstable();
    let written = view.ctx.db.write(|tx| async move {
        R::begin(&tx, view).await?;
        for pk in &items {
            update_in::<R>(&tx, view, *pk, &sent).await.map_err(|error| unknown(error, *pk))?;
        }
        Ok::<_, ApiError>(Updated { success: "Updated multiple items".to_owned(), items })
    });
    written.await
}

/// All or none.
async fn delete_all<R: Resource>(view: &View<'_>, mut items: Vec<i32>) -> Result<Deleted, ApiError> {
    items.sort_unstable();
    let deleted = view.ctx.db.write(|tx| async move {
        R::begin(&tx, view).await?;
        for pk in &items {
            delete_in::<R>(&tx, view, *pk).await.map_err(|error| unknown(error, *pk))?;
        }
        Ok::<_, ApiError>(Deleted { success: format!("Deleted {} items", items.len()) })
    });
    deleted.await
}

async fn delete_in<R: Resource>(tx: &Tx, view: &View<'_>, pk: i32) -> Result<(), ApiError> {
    let row = locked::<R>(tx, pk).await?;
    R::removable(tx, &row).await?;
    R::erase(tx, view, row).await
}

/// `InvenTree` skips what does not exist, so that a typo goes unnoticed.
fn unknown(error: ApiError, pk: i32) -> ApiError {
    match error {
        ApiError::NotFound(_) => invalid("items", no_such_pk(pk)),
        error => error,
    }
}

/// What a bulk deletion did.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "BulkDeleted")]
struct Deleted {
    /// What was done
    success: String,
}

/// What a bulk change did.
#[derive(Debug, Object, Serialize)]
#[oai(rename = "BulkUpdated")]
struct Updated {
    /// What was done
    success: String,
    /// The primary keys of the changed objects
    items: Vec<i32>,
}

async fn update_in<R: Resource>(tx: &Tx, view: &View<'_>, pk: i32, sent: &R::Write) -> Result<(), ApiError> {
    let before = locked::<R>(tx, pk).await?;
    let mut change = sent.clone().into_active_model();
    if let Some(column) = pk_column::<R>() {
        change.set(column, pk.into());
    }
    R::check(tx, view, Some(&before), sent, &mut change).await?;
    // Nothing to change is no statement, and no error.
    let changes = <R::Entity as EntityTrait>::Column::iter().any(|column| {
        matches!(change.get(column), ActiveValue::Set(_)) && pk_column::<R>().is_none_or(|pk| !same(pk, column))
    });
    let after = if changes { change.update(&**tx).await? } else { before.clone() };
    R::saved(tx, view, Some(&before), &after, sent).await
}

fn same<C: sea_orm::IdenStatic>(a: C, b: C) -> bool {
    a.as_str() == b.as_str()
}

fn pk_of<R: Resource>(row: &ActiveOf<R>) -> i32 {
    let value = pk_column::<R>().and_then(|column| row.get(column).into_value());
    match value {
        Some(sea_orm::Value::Int(Some(pk))) => pk,
        _ => 0,
    }
}

/// The operations as poem-openapi's macro sees them; [`Crud`] adds what only the declaration's tables know.
struct Operations<R>(PhantomData<R>);

#[OpenApi(prefix_path = R::PATH)]
impl<R: Resource> Operations<R> {
    /// List
    #[oai(path = "/", method = "get")]
    async fn list(
        &self,
        #[oai(scope = "R::VIEW")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
    ) -> Result<Listing<R::Read>, ApiError> {
        list::<R>(&View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::List }).await
    }

    /// Create
    #[oai(path = "/", method = "post")]
    async fn create(
        &self,
        #[oai(scope = "R::ADD")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        sent: Sent<R>,
    ) -> Result<Made<R::Read>, ApiError> {
        create::<R>(&View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::Written }, sent).await
    }

    /// Change some fields of many objects at once: of all, or of none
    #[oai(path = "/", method = "patch")]
    async fn change_many(
        &self,
        #[oai(scope = "R::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Bulk<R::Write>,
    ) -> Result<Json<Updated>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::Written };
        update_all::<R>(&view, body).await.map(Json)
    }

    /// The same as PATCH
    #[oai(path = "/", method = "put")]
    async fn replace_many(
        &self,
        #[oai(scope = "R::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Bulk<R::Write>,
    ) -> Result<Json<Updated>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::Written };
        update_all::<R>(&view, body).await.map(Json)
    }

    /// Delete many objects at once: all, or none
    #[oai(path = "/", method = "delete")]
    async fn delete_many(
        &self,
        #[oai(scope = "R::DELETE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Doomed,
    ) -> Result<Json<Deleted>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::Written };
        delete_all::<R>(&view, body.0).await.map(Json)
    }

    /// Retrieve
    #[oai(path = "/:pk", method = "get")]
    async fn retrieve(
        &self,
        #[oai(scope = "R::VIEW")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        pk: Path<i32>,
    ) -> Result<Json<R::Read>, ApiError> {
        one::<R>(&View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::Detail }, pk.0).await.map(Json)
    }

    /// Replace
    #[oai(path = "/:pk", method = "put")]
    async fn replace(
        &self,
        #[oai(scope = "R::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        pk: Path<i32>,
        body: Body<R::Write>,
    ) -> Result<Json<R::Read>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::Written };
        update::<R>(&view, pk.0, body.0).await.map(Json)
    }

    /// Change some fields
    #[oai(path = "/:pk", method = "patch")]
    async fn change(
        &self,
        #[oai(scope = "R::CHANGE")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        pk: Path<i32>,
        body: Patched<R::Write>,
    ) -> Result<Json<R::Read>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::Written };
        update::<R>(&view, pk.0, body.0).await.map(Json)
    }

    /// Delete
    #[oai(path = "/:pk", method = "delete")]
    async fn delete(
        &self,
        #[oai(scope = "R::DELETE")] who: Auth,
        ctx: Data<&Ctx>,
        pk: Path<i32>,
    ) -> Result<Gone, ApiError> {
        let params = Params::default();
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::Written };
        let deleted = ctx.db.write(|tx| async move {
            R::begin(&tx, &view).await?;
            delete_in::<R>(&tx, &view, pk.0).await?;
            Ok::<_, ApiError>(Gone)
        });
        deleted.await
    }
}

fn keeps<R: Resource>(method: &Method, detail: bool) -> bool {
    match *method {
        Method::GET => true,
        _ if R::READ_ONLY => false,
        Method::POST => R::PLAIN_CREATE,
        Method::DELETE if detail => R::PLAIN_DELETE,
        Method::DELETE => R::BULK_DELETE,
        Method::PUT | Method::PATCH if detail => R::PLAIN_CHANGE,
        Method::PUT | Method::PATCH => R::BULK,
        _ => true,
    }
}

impl<R: Resource> OpenApi for Crud<R> {
    fn meta() -> Vec<MetaApi> {
        let mut apis = Operations::<R>::meta();
        for path in apis.iter_mut().flat_map(|api| &mut api.paths) {
            let detail = path.path.contains('{');
            path.operations.retain(|operation| keeps::<R>(&operation.method, detail));
            for operation in &mut path.operations {
                let verb = match (operation.method.as_str(), detail) {
                    ("GET", false) => "list",
                    ("POST", _) => "create",
                    ("GET", true) => "retrieve",
                    ("PUT", false) => "bulk_update",
                    ("PATCH", false) => "bulk_partial_update",
                    ("PUT", true) => "update",
                    ("PATCH", true) => "partial_update",
                    (_, false) => "bulk_destroy",
                    _ => "destroy",
                };
                operation.operation_id = Some(crate::access::intern(format!("{}_{verb}", R::NAME)));
                match verb {
                    "list" => operation.params.extend(R::table().described()),
                    "retrieve" => operation.params.extend(R::table().switches()),
                    _ => {}
                }
            }
        }
        apis
    }

    fn register(registry: &mut Registry) {
        Operations::<R>::register(registry);
        // What a new row has by itself is the default of the field.
        let MetaSchemaRef::Reference(name) = R::Write::schema_ref() else { return };
        let blank = R::blank();
        for name in [name.clone(), format!("Patched{name}"), format!("Bulk{name}")] {
            let Some(schema) = registry.schemas.get_mut(&name) else { continue };
            for (field, property) in &mut schema.properties {
                let column = <R::Entity as EntityTrait>::Column::from_str(&field.to_ascii_lowercase());
                let value = column.ok().and_then(|column| blank.get(column).into_value());
                if let (Some(default), MetaSchemaRef::Inline(property)) = (value.and_then(default), property) {
                    property.default = Some(default);
                }
            }
        }
    }

    fn add_routes(self, table: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        let mut own = HashMap::new();
        Operations::<R>(PhantomData).add_routes(&mut own);
        for (path, methods) in own {
            let detail = path.contains(':');
            let kept = methods.into_iter().filter(|(method, _)| keeps::<R>(method, detail));
            table.entry(path).or_default().extend(kept);
        }
    }
}

fn default(value: sea_orm::Value) -> Option<serde_json::Value> {
    match value {
        sea_orm::Value::Bool(Some(value)) => Some(value.into()),
        sea_orm::Value::Int(Some(value)) => Some(value.into()),
        sea_orm::Value::BigInt(Some(value)) => Some(value.into()),
        sea_orm::Value::String(Some(value)) => Some(value.as_str().into()),
        _ => None,
    }
}
