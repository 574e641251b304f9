//! `/o/applications/`: all of them, searched by name or client id.

use askama::Template;
use entities::oauth::application::{Column, Entity, Model};
use poem::{IntoResponse as _, Request, Response, handler};
use sea_orm::{
    Condition, Order, PaginatorTrait as _, QueryOrder as _, QuerySelect as _,
    prelude::*,
    sea_query::{Expr, Func, LikeExpr},
};
use url::form_urlencoded;

use super::Visit;
use crate::{
    oauth::application::{Application, GrantType},
    web::{Fault, Frame, Page, form::Form, time},
};

/// Applications on a page.
const PER_PAGE: u64 = 25;

#[derive(Template)]
#[template(path = "oauth/applications/list.html")]
struct List {
    frame: Frame,
    q: String,
    rows: Vec<Row>,
    total: u64,
    page: u64,
    pages: u64,
    previous: Option<String>,
    next: Option<String>,
    removed: bool,
}

struct Row {
    id: i32,
    name: String,
    client_id: String,
    client_type: &'static str,
    grants: Vec<&'static str>,
    is_active: bool,
    is_default: bool,
    created: String,
    created_iso: String,
}

#[handler]
pub(super) async fn show(visit: Visit, request: &Request) -> Result<Response, Fault> {
    let query = Form::parse(request.uri().query().unwrap_or_default().as_bytes())?;
    let q: String = query.get("q").unwrap_or_default().trim().chars().take(255).collect();
    let found = Entity::find().filter(matching(&q));
    let db = visit.ctx.db.reader();
    let total = found.clone().count(db).await?;
    let pages = total.div_ceil(PER_PAGE).max(1);
    let page = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1_u64).clamp(1, pages);
    let rows = found
        .order_by_desc(Column::IsDefault)
        .order_by(Func::lower(Expr::col(Column::Name)), Order::Asc)
        .order_by_asc(Column::Id)
        .offset((page - 1) * PER_PAGE)
        .limit(PER_PAGE)
        .all(db)
        .await?;
    let address = |page: u64| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !q.is_empty() {
            query.append_pair("q", &q);
        }
        format!("/o/applications/?{}", query.append_pair("page", &page.to_string()).finish())
    };
    let previous = (page > 1).then(|| address(page - 1));
    let next = (page < pages).then(|| address(page + 1));
    let removed = query.get("done") == Some("deleted");
    let rows = rows.into_iter().map(Row::of).collect();
    Ok(Page(List { frame: visit.frame, q, rows, total, page, pages, previous, next, removed }).into_response())
}

/// Whose name or client id holds the text, in any case.
fn matching(q: &str) -> Condition {
    use sea_orm::sea_query::ExprTrait as _;

    if q.is_empty() {
        return Condition::all();
    }
    let mut pattern = String::from("%");
    for c in q.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    let holds =
        |column: Column| Expr::expr(Func::lower(Expr::col(column))).like(LikeExpr::new(pattern.clone()).escape('\\'));
    Condition::any().add(holds(Column::Name)).add(holds(Column::ClientId))
}

impl Row {
    fn of(row: Model) -> Self {
        let application = Application::from(row);
        Self {
            id: application.id,
            name: application.name.clone(),
            client_id: application.client_id.clone(),
            client_type: application.client_type().label(),
            grants: application.grant_types().into_iter().map(GrantType::label).collect(),
            is_active: application.is_active,
            is_default: application.is_default,
            created: time::date_time(application.created).chars().take(10).collect(),
            created_iso: time::iso(application.created),
        }
    }
}
