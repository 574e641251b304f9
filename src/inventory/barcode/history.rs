//! `/api/barcode/history/`: what was scanned, as far as the settings have it kept. Staff see all of it, others their own.

use std::{collections::HashMap, sync::LazyLock};

use entities::inventory::barcode_scan;
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    DeriveIntoActiveModel, FromQueryResult, Order, QueryOrder as _, QuerySelect as _,
    prelude::*,
};
use serde::Serialize;
use serde_json::Value;

use super::Answer;
use crate::{
    inventory::{
        links,
        person::{Person, people},
    },
    rest::{
        ApiError, Filter, Kind, Resource, Table, View,
        field::{Given, Key, Moment},
    },
    scope::{Need, Role},
    settings,
};

/// A scan, as clients read it.
#[derive(Debug, Clone, Object, Serialize)]
#[oai(rename = "BarcodeScanResult")]
pub(in crate::inventory) struct ScanRead {
    /// Primary key
    pk: i32,
    /// What the scanner read
    data: String,
    /// When
    timestamp: Moment,
    /// Where it was sent to
    endpoint: Option<String>,
    /// What was sent with it
    context: Option<Value>,
    /// What was answered
    response: Option<Value>,
    /// Whether something was found
    result: bool,
    /// Who scanned it
    user: Option<Key<links::User>>,
    /// Who scanned it, by name
    user_detail: Option<Person>,
}

/// Nothing is written here.
#[derive(Debug, Clone, Object, DeriveIntoActiveModel)]
#[oai(rename = "BarcodeScanWrite")]
#[sea_orm(active_model = "barcode_scan::ActiveModel")]
pub(in crate::inventory) struct Nothing {
    data: Given<String>,
}

/// A scan.
#[derive(Debug, FromQueryResult)]
pub(in crate::inventory) struct Row {
    #[sea_orm(nested)]
    scan: barcode_scan::Model,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    use barcode_scan::Column as C;
    let column = |column: C| Expr::col(column.as_column_ref());
    Table {
        filters: vec![Filter::eq("user", Kind::Int, C::User), Filter::eq("result", Kind::Bool, C::Result)],
        search: vec![column(C::Data)],
        search_notes: Vec::new(),
        ordering: vec![
            ("user", column(C::User)),
            ("timestamp", column(C::Timestamp)),
            ("endpoint", column(C::Endpoint)),
            ("result", column(C::Result)),
        ],
        default_order: vec![(column(C::Id), Order::Desc)],
    }
});

/// The resource.
#[derive(Debug)]
pub(in crate::inventory) struct Scans;

impl Resource for Scans {
    const PATH: &'static str = "/barcode/history";
    const NAME: &'static str = "barcode_history";
    const KIND: &'static str = "BarcodeScanResult";
    const ROLES: &'static [Role] = &[];
    const VIEW: Need = Need::Read;
    const ADD: Need = Need::Staff;
    const CHANGE: Need = Need::Staff;
    const DELETE: Need = Need::Staff;
    const PLAIN_CREATE: bool = false;
    const PLAIN_CHANGE: bool = false;
    const BULK_DELETE: bool = true;

    type Entity = barcode_scan::Entity;
    type Row = Row;
    type Read = ScanRead;
    type Write = Nothing;

    fn table() -> &'static Table {
        &TABLE
    }

    fn blank() -> barcode_scan::ActiveModel {
        barcode_scan::ActiveModel { id: NotSet, ..Default::default() }
    }

    fn query(view: &View<'_>) -> Select<barcode_scan::Entity> {
        let all = barcode_scan::Entity::find();
        // What was answered to one is not for another, who might not have been answered.
        if view.who.is_staff() {
            all
        } else {
            all.filter(barcode_scan::Column::User.eq(view.who.user_id().unwrap_or(0)))
        }
    }

    async fn show(view: &View<'_>, rows: Vec<Row>) -> Result<Vec<ScanRead>, ApiError> {
        let people: HashMap<i32, Person> =
            people(view.ctx, rows.iter().filter_map(|row| row.scan.user).collect()).await?;
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        let read = |Row { scan }: Row| {
            let barcode_scan::Model { id, data, timestamp, endpoint, context, response, result, user } = scan;
            ScanRead {
                pk: id,
                data,
                timestamp: Moment(timestamp),
                endpoint,
                context: json(context),
                response: json(response),
                result,
                user: user.map(Key::from),
                user_detail: user.and_then(|user| people.get(&user)).cloned(),
            }
        };
        Ok(rows.into_iter().map(read).collect())
    }
}

/// Keeps a scan, if the settings say so, and no more than they say.
pub(super) async fn record(
    view: &View<'_>,
    endpoint: &str,
    text: &str,
    answer: &Result<Answer, ApiError>,
) -> Result<(), ApiError> {
    use barcode_scan::Column as C;
    let setting = |key| settings::current(view.ctx, key);
    if !setting("BARCODE_STORE_RESULTS").await?.is_some_and(|value| value.is_on()) {
        return Ok(());
    }
    let most = match setting("BARCODE_RESULTS_MAX_NUM").await? {
        Some(settings::Value::Integer(most)) => u64::try_from(most).unwrap_or_default(),
        _ => 100,
    };
    let response = match answer {
        Ok(answer) => serde_json::to_value(answer.clone().in_brief()).ok(),
        Err(ApiError::Said(_, body)) => Some(body.clone()),
        Err(_) => None,
    };
    let scan = barcode_scan::ActiveModel {
        id: NotSet,
        data: Set(text.to_owned()),
        timestamp: Set(view.ctx.clock.now()),
        endpoint: Set(Some(endpoint.to_owned())),
        context: Set(None),
        response: Set(response.map(|response| response.to_string())),
        result: Set(answer.is_ok()),
        user: Set(view.who.user_id()),
    };
    let kept = view.ctx.db.write(|tx| async move {
        scan.insert(&*tx).await?;
        let oldest =
            barcode_scan::Entity::find().select_only().column(C::Id).order_by_desc(C::Id).offset(most).limit(1);
        if let Some(oldest) = oldest.into_tuple::<i32>().one(&*tx).await? {
            barcode_scan::Entity::delete_many().filter(C::Id.lte(oldest)).exec(&*tx).await?;
        }
        Ok::<_, ApiError>(())
    });
    kept.await
}
