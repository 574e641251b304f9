//! `/api/barcode/`: what a barcode stands on. `InvenTree`'s own are its two formats of a reference (`{"stockitem": 5}` and
//! `INV-SI5`); any other text can be linked to a thing, and is found by its hash; what suppliers print on their bags is
//! found by their number for a part.

pub(super) mod history;
mod kind;
mod supplier;

use md5::{Digest as _, Md5};
use poem::{http::StatusCode, web::Data};
use poem_openapi::{Object, OpenApi};
use sea_orm::{
    ConnectionTrait, DbErr,
    prelude::*,
    sea_query::{ExprTrait as _, Query},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use self::kind::Kind;
use super::turn;
use crate::{
    access::Auth,
    ctx::Ctx,
    rest::{
        ApiError, Body, Json, Params, Purpose, View,
        error::no_such_pk,
        field::{Given, Required, Scanned},
        invalid,
    },
    scope::Need,
    secret::hex,
    settings,
};

/// The name under which `InvenTree` knows its own formats.
const OWN: &str = "InvenTreeBarcode";

/// A barcode to look up.
#[derive(Debug, Object)]
#[oai(rename = "Barcode")]
struct Scan {
    /// What the scanner read
    #[oai(validator(min_length = 1, max_length = 4095))]
    barcode: Required<Scanned>,
}

/// A thing by its kind: exactly one of them.
#[derive(Debug, Object)]
#[oai(rename = "BarcodeUnassign")]
struct Target {
    /// A part
    part: Given<Option<i32>>,
    /// A stock item
    stockitem: Given<Option<i32>>,
    /// A stock location
    stocklocation: Given<Option<i32>>,
    /// A part of a supplier
    supplierpart: Given<Option<i32>>,
    /// A part of a manufacturer
    manufacturerpart: Given<Option<i32>>,
}

/// A barcode, and the thing on which it stands: exactly one of them.
#[derive(Debug, Object)]
#[oai(rename = "BarcodeAssign")]
struct Link {
    /// What the scanner read
    #[oai(validator(min_length = 1, max_length = 4095))]
    barcode: Required<Scanned>,
    /// A part
    part: Given<Option<i32>>,
    /// A stock item
    stockitem: Given<Option<i32>>,
    /// A stock location
    stocklocation: Given<Option<i32>>,
    /// A part of a supplier
    supplierpart: Given<Option<i32>>,
    /// A part of a manufacturer
    manufacturerpart: Given<Option<i32>>,
}

/// A thing for which a barcode is wanted.
#[derive(Debug, Object)]
#[oai(rename = "BarcodeGenerate")]
struct Wanted {
    /// Its kind: `stockitem`
    #[oai(validator(min_length = 1, max_length = 100))]
    model: Required<String>,
    /// Its primary key
    pk: Required<i32>,
}

/// A thing that was found, or of which something was changed.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "BarcodeMatch")]
struct Found {
    /// Its primary key
    pk: i32,
    /// Where it is read
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    api_url: Option<String>,
    /// The thing itself
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    instance: Option<Value>,
}

/// What is said of a barcode; the thing stands under its kind.
#[derive(Debug, Clone, Default, Object, Serialize)]
#[oai(rename = "BarcodeAnswer")]
struct Answer {
    /// What was done
    success: String,
    /// By which format it was read
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    plugin: Option<String>,
    /// What the scanner read
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    barcode_data: Option<String>,
    /// By what that is looked up
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    barcode_hash: Option<String>,
    /// A part
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    part: Option<Found>,
    /// A stock item
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    stockitem: Option<Found>,
    /// A stock location
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    stocklocation: Option<Found>,
    /// A part of a supplier
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    supplierpart: Option<Found>,
    /// A part of a manufacturer
    #[serde(skip_serializing_if = "Option::is_none")]
    #[oai(skip_serializing_if_is_none)]
    manufacturerpart: Option<Found>,
}

impl Answer {
    /// Without the thing itself, which may change.
    fn in_brief(mut self) -> Self {
        let places = [
            &mut self.part,
            &mut self.stockitem,
            &mut self.stocklocation,
            &mut self.supplierpart,
            &mut self.manufacturerpart,
        ];
        for found in places.into_iter().flatten() {
            found.instance = None;
        }
        self
    }

    fn of(mut self, kind: Kind, found: Found) -> Self {
        let place = match kind {
            Kind::Part => &mut self.part,
            Kind::StockItem => &mut self.stockitem,
            Kind::StockLocation => &mut self.stocklocation,
            Kind::SupplierPart => &mut self.supplierpart,
            Kind::ManufacturerPart => &mut self.manufacturerpart,
        };
        *place = Some(found);
        self
    }
}

/// A barcode for a thing.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "BarcodeText")]
struct Text {
    /// What is to stand in it
    barcode: String,
}

/// By what a barcode's text is looked up. The text is the client's own, so that nothing depends on MD5's strength: whoever
/// can make two texts of one hash can as well link either.
fn hash(text: &str) -> String {
    let printable: String = text.trim().chars().filter(|c| !c.is_control()).collect();
    hex(&Md5::digest(printable.as_bytes()))
}

/// A refusal in `InvenTree`'s words for barcodes.
fn refused(status: StatusCode, error: impl Into<String>, more: impl IntoIterator<Item = (String, Value)>) -> ApiError {
    let mut body = Map::from_iter([("error".to_owned(), Value::String(error.into()))]);
    body.extend(more);
    ApiError::Said(status, Value::Object(body))
}

/// What was scanned, as every answer repeats it.
fn echo(text: &str) -> [(String, Value); 2] {
    [("barcode_data".to_owned(), text.into()), ("barcode_hash".to_owned(), hash(text).into())]
}

/// The thing that a text of ours names, or that it was linked to.
async fn own(db: &impl ConnectionTrait, text: &str) -> Result<Option<(Kind, i32)>, DbErr> {
    let prefix = settings::text_of(db, "SHORT_BARCODE_PREFIX").await?;
    if let Some((kind, pk)) = kind::read(text, &prefix)
        && kind.exists(db, pk).await?
    {
        return Ok(Some((kind, pk)));
    }
    let hash = hash(text);
    for kind in Kind::ALL {
        if let Some(pk) = kind.by_hash(db, &hash).await? {
            return Ok(Some((kind, pk)));
        }
    }
    Ok(None)
}

/// The thing on which a barcode stands, and by which format it was read.
async fn find(db: &impl ConnectionTrait, text: &str) -> Result<Option<(Kind, i32, &'static str)>, DbErr> {
    if let Some((kind, pk)) = own(db, text).await? {
        return Ok(Some((kind, pk, OWN)));
    }
    Ok(supplier::find(db, text).await?.map(|(pk, plugin)| (Kind::SupplierPart, pk, plugin)))
}

/// The one thing that is named.
fn named(all: [Option<i32>; 5]) -> Result<(Kind, i32), ApiError> {
    let mut named = Kind::ALL.into_iter().zip(all).filter_map(|(kind, pk)| pk.map(|pk| (kind, pk)));
    if let (Some(one), None) = (named.next(), named.next()) {
        return Ok(one);
    }
    let all = Kind::ALL.map(Kind::name).join(", ");
    Err(refused(StatusCode::BAD_REQUEST, format!("Missing data: Provide one of '{all}'"), []))
}

/// Changes what barcode stands on a thing, for those who may change it.
async fn write(view: &View<'_>, kind: Kind, pk: i32, text: Option<&str>) -> Result<(), ApiError> {
    if !view.who.may(kind.change()) {
        let error = "User does not have permission to change this model";
        return Err(refused(StatusCode::FORBIDDEN, error, []));
    }
    let (data, hash) = text.map_or_else(Default::default, |text| (text.to_owned(), hash(text)));
    let written = view.ctx.db.write(|tx| async move {
        // A text stands on one thing only, of whatever kind.
        turn::take(&tx, turn::BARCODE).await?;
        if !kind.exists(&*tx, pk).await? {
            return Err(invalid(kind.name(), no_such_pk(pk)));
        }
        kind.owned(&tx, view, pk).await?;
        if !data.is_empty()
            // What a supplier printed may be linked: a bag is not the part of the supplier, but some stock of it.
            && let Some((other, key)) = own(&*tx, &data).await?
            && (other, key) != (kind, pk)
        {
            let mut more: Vec<_> = echo(&data).into();
            if view.who.may(other.view()) {
                // InvenTree writes numbers as texts here.
                let item = json!({ "pk": key.to_string(), "api_url": other.url(key) });
                more.push((other.name().to_owned(), item));
            }
            return Err(refused(StatusCode::BAD_REQUEST, "Barcode matches existing item", more));
        }
        let mut update = Query::update();
        update.table(kind.table()).value("barcode_data", data.as_str()).value("barcode_hash", hash.as_str());
        tx.execute(update.and_where(Expr::col("id").eq(pk))).await?;
        Ok(())
    });
    written.await
}

/// The operations.
pub(super) struct Operations;

#[OpenApi]
impl Operations {
    /// Look up a barcode
    #[oai(path = "/barcode", method = "post", operation_id = "barcode_create")]
    async fn scan(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Body<Scan>,
    ) -> Result<Json<Answer>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::Detail };
        let text = body.0.barcode.0.map(|text| text.0).unwrap_or_default();
        let answer = scan(&view, &text).await;
        history::record(&view, "/api/barcode/", &text, &answer).await?;
        answer.map(Json)
    }

    /// Say on what a barcode stands
    #[oai(path = "/barcode/link", method = "post", operation_id = "barcode_link_create")]
    async fn link(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Body<Link>,
    ) -> Result<Json<Answer>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::Written };
        let Link { barcode, part, stockitem, stocklocation, supplierpart, manufacturerpart } = body.0;
        let all = [part, stockitem, stocklocation, supplierpart, manufacturerpart].map(|key| key.0.flatten());
        let (kind, pk) = named(all)?;
        let text = barcode.0.map(|text| text.0).unwrap_or_default();
        write(&view, kind, pk, Some(&text)).await?;
        let answer = Answer {
            success: format!("Assigned barcode to {} instance", kind.name()),
            barcode_hash: Some(hash(&text)),
            barcode_data: Some(text),
            ..Answer::default()
        };
        Ok(Json(answer.of(kind, Found { pk, api_url: None, instance: None })))
    }

    /// Take the barcode off a thing
    #[oai(path = "/barcode/unlink", method = "post", operation_id = "barcode_unlink_create")]
    async fn unlink(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        params: Params,
        body: Body<Target>,
    ) -> Result<Json<Answer>, ApiError> {
        let view = View { ctx: ctx.0, who: &who.0, params: &params, purpose: Purpose::Written };
        let Target { part, stockitem, stocklocation, supplierpart, manufacturerpart } = body.0;
        let all = [part, stockitem, stocklocation, supplierpart, manufacturerpart].map(|key| key.0.flatten());
        let (kind, pk) = named(all)?;
        write(&view, kind, pk, None).await?;
        Ok(Json(Answer { success: format!("Barcode unassigned from {} instance", kind.name()), ..Answer::default() }))
    }

    /// A barcode for a thing
    #[oai(path = "/barcode/generate", method = "post", operation_id = "barcode_generate_create")]
    async fn generate(
        &self,
        #[oai(scope = "Need::Read")] who: Auth,
        ctx: Data<&Ctx>,
        body: Body<Wanted>,
    ) -> Result<Json<Text>, ApiError> {
        let (model, pk) = (body.0.model.0.unwrap_or_default(), body.0.pk.0.unwrap_or_default());
        let kind =
            Kind::named(&model).ok_or_else(|| invalid("model", format!("\"{model}\" is not a valid choice.")))?;
        if !who.0.may(kind.view()) {
            let error = "User does not have permission to view this model";
            return Err(refused(StatusCode::FORBIDDEN, error, []));
        }
        let db = ctx.db.reader();
        if !kind.exists(db, pk).await? {
            return Err(invalid("pk", no_such_pk(pk)));
        }
        let barcode = if settings::text_of(db, "INTERNAL_BARCODE_FORMAT").await? == "short" {
            format!("{}{}{pk}", settings::text_of(db, "SHORT_BARCODE_PREFIX").await?, kind.code())
        } else {
            // As Python writes it, blank and all: labels of both are the same.
            format!("{{\"{}\": {pk}}}", kind.name())
        };
        Ok(Json(Text { barcode }))
    }
}

async fn scan(view: &View<'_>, text: &str) -> Result<Answer, ApiError> {
    let Some((kind, pk, plugin)) = find(view.ctx.db.reader(), text).await? else {
        let nobody = ("plugin".to_owned(), "None".into());
        let error = "No match found for barcode data";
        return Err(refused(StatusCode::BAD_REQUEST, error, echo(text).into_iter().chain([nobody])));
    };
    if !view.who.may(kind.view()) {
        let error = "User does not have permission to view this model";
        return Err(refused(StatusCode::FORBIDDEN, error, []));
    }
    let instance = kind.instance(view, pk).await?;
    let answer = Answer {
        success: "Match found for barcode data".to_owned(),
        plugin: Some(plugin.to_owned()),
        barcode_data: Some(text.to_owned()),
        barcode_hash: Some(hash(text)),
        ..Answer::default()
    };
    Ok(answer.of(kind, Found { pk, api_url: Some(kind.url(pk)), instance: Some(instance) }))
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn a_hash_is_of_what_can_be_printed() {
        assert_eq!(hash("hello"), "5d41402abc4b2a76b9719d911017c592");
        assert_eq!(hash("  he\u{1d}llo\n"), hash("hello"));
        assert_ne!(hash("Hello"), hash("hello"));
    }
}
