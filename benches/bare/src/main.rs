//! What the frameworks alone can do on this machine, for `benches/run` to measure Stockade against: a handler that does
//! nothing, and one that reads a part by its key and answers with it as JSON. No authentication, no rules, no log.
//!
//! `bare ADDRESS DATABASE_URL`

use entities::{exact::Exact as _, inventory::part};
use poem::{
    EndpointExt as _, IntoResponse as _, Response, Route, Server, get, handler,
    http::StatusCode,
    listener::TcpListener,
    web::{Data, Json, Path},
};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, EntityTrait as _};
use serde_json::json;

#[handler]
fn hello() -> &'static str {
    "hello"
}

#[handler]
async fn read(Path(pk): Path<i32>, db: Data<&DatabaseConnection>) -> Response {
    match part::Entity::find_by_id(pk).one(*db).await {
        Ok(Some(row)) => Json(json!({
            "pk": row.id,
            "name": row.name,
            "IPN": row.ipn,
            "description": row.description,
            "revision": row.revision,
            "keywords": row.keywords,
            "link": row.link,
            "units": row.units,
            "notes": row.notes,
            "category": row.category,
            "creation_date": row.creation_date.map(|date| date.to_string()),
            "minimum_stock": row.minimum_stock.to_f64(),
            "active": row.active,
            "assembly": row.assembly,
            "component": row.component,
            "is_template": row.is_template,
            "locked": row.locked,
            "purchaseable": row.purchaseable,
            "salable": row.salable,
            "trackable": row.trackable,
            "virtual": row.is_virtual,
        }))
        .into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(url)) = (arguments.next(), arguments.next()) else {
        return Err("usage: bare ADDRESS DATABASE_URL".into());
    };
    let mut options = ConnectOptions::new(url);
    options.max_connections(4).sqlx_logging(false);
    let db = Database::connect(options).await?;
    let app = Route::new().at("/hello", get(hello)).at("/part/:pk", get(read)).data(db);
    Server::new(TcpListener::bind(address)).run(app).await?;
    Ok(())
}
