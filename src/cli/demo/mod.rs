//! `stockade demo`: an electronics company, so that there is something to look at.
//!
//! Everything is asked of the API in this process, by the people of the company, so that no rule is told twice and nothing
//! can be in the database that a client could not have put there. The clock starts most of a year ago and goes along.

mod api;
mod catalogue;
mod company;
mod people;
mod products;
mod stock;

use clap::Args;
use entities::{
    accounts::user,
    inventory::{company as companies, part, part_category, stock_item, stock_location},
};
use sea_orm::{PaginatorTrait as _, prelude::*};
use tracing::instrument::WithSubscriber as _;

use self::api::{Api, Dice};
use super::{Failure, progress, table::Table};
use crate::{clock::Timestamp, ctx::Ctx, secret};

/// How far back the company's history goes.
const DAYS: i64 = 300;

/// Fill the database with a company to try things on.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Another number makes another company; the same one the same company, its dates counted back from today.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Do so although there are people, parts or stock already.
    #[arg(long)]
    force: bool,
}

/// What the parts of the demo share.
struct Shop<'a> {
    ctx: &'a Ctx,
    api: Api,
    dice: Dice,
    /// The last day of the history.
    today: Timestamp,
}

impl Shop<'_> {
    /// Sets the clock to so many days before the end of the history.
    fn at(&self, days_ago: i64) {
        self.ctx.clock.advance(self.today - days_ago * 86_400 - self.ctx.clock.now());
    }
}

impl Demo {
    pub(super) async fn run(self, ctx: &Ctx) -> Result<(), Failure> {
        if !self.force && !is_empty(ctx).await? {
            return Err(Failure::new(
                "the database is not empty; --force adds the company to what is there, if no names are in its way",
            ));
        }
        let bar = progress::bar(6);
        // What the server logs of its requests is nothing to whoever asked for a demo.
        let quiet = tracing::subscriber::NoSubscriber::new();
        let password = password(ctx);
        let made = self.fill(ctx, &password, &bar).with_subscriber(quiet).await?;
        bar.finish_and_clear();
        say!("There is a company now: {} parts, {} stock items.", made.parts, made.items);
        say!("Everybody's password is: {password}\n");
        let mut table = Table::new(["username", "name", "groups"]);
        for person in people::STAFF {
            let name = format!("{} {}", person.first, person.last);
            table.row([person.username.to_owned(), name, person.groups.join(", ")]);
        }
        table.print();
        say!("\nApplications:");
        for application in made.applications {
            say!("  {application}");
        }
        Ok(())
    }

    async fn fill(&self, ctx: &Ctx, password: &str, bar: &indicatif::ProgressBar) -> Result<Made, Failure> {
        let step = |what: &'static str| {
            bar.set_message(what);
            bar.inc(1);
        };
        let mut shop = Shop { ctx, api: Api::new(ctx), dice: Dice::new(self.seed), today: ctx.clock.now() };
        shop.at(DAYS);
        step("people");
        people::make(&mut shop, password).await?;
        let applications = people::applications(&shop).await?;
        step("companies, places");
        let places = company::places(&shop).await?;
        let trade = company::companies(&mut shop).await?;
        step("components, suppliers, prices");
        let stores = catalogue::make(&mut shop, &places, &trade).await?;
        step("products");
        let range = products::make(&mut shop, &places, &stores).await?;
        step("stock");
        stock::make(&mut shop, &places, &trade, &stores, &range).await?;
        shop.at(0);
        shop.api.leave(ctx).await?;
        let parts = part::Entity::find().count(ctx.db.reader()).await?;
        let items = stock_item::Entity::find().count(ctx.db.reader()).await?;
        Ok(Made { parts, items, applications })
    }
}

/// What was made.
struct Made {
    parts: u64,
    items: u64,
    applications: Vec<String>,
}

/// Whether nobody has put anything in.
async fn is_empty(ctx: &Ctx) -> Result<bool, DbErr> {
    let db = ctx.db.reader();
    let rows = [
        user::Entity::find().count(db).await?,
        part::Entity::find().count(db).await?,
        part_category::Entity::find().count(db).await?,
        stock_location::Entity::find().count(db).await?,
        companies::Entity::find().count(db).await?,
    ];
    Ok(rows.iter().all(|rows| *rows == 0))
}

/// One that nobody else knows, since a demo may be on a machine that others reach.
fn password(ctx: &Ctx) -> String {
    let letters = secret::hex(&ctx.rng.bytes::<8>());
    format!("demo-{letters}")
}
