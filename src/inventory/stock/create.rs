//! `POST /api/stock/`: new stock.

use chrono::Days;
use entities::{
    exact::{Exact as _, Money, Quantity},
    inventory::{part, stock_item},
};
use poem_openapi::Object;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    prelude::*,
};

use super::{
    super::{links, money, state::State, tags},
    MODEL, StockItems, batch, family,
    ledger::{self, Deltas, Ledger},
    placeable, rules, serial,
    status::{self, Event},
};
use crate::{
    clock::datetime,
    db::Tx,
    rest::{
        ApiError, Resource as _, View,
        error::no_such_pk,
        field::{Day, Given, Key, Link, Markdown, Number, OrBlank, Required},
        invalid,
    },
    settings,
};

/// New stock.
#[derive(Debug, Clone, Object)]
#[oai(rename = "StockItemCreate")]
pub(super) struct StockCreate {
    /// The part
    part: Required<Key<links::Part>>,
    /// How much: packs with `use_pack_size`, else the part's unit
    quantity: Required<Number<Quantity>>,
    /// Serial numbers for items that are told apart: `1, 2, 5-9, 12+3, ~`
    #[oai(validator(max_length = 10000))]
    serial_numbers: Given<Option<String>>,
    /// Whether the quantity counts packs of the supplier part
    use_pack_size: Given<Option<bool>>,
    /// Batch code
    #[oai(validator(max_length = 100))]
    batch: Given<Option<String>>,
    /// Where it lies; the part's default location if not given
    location: Given<Option<Key<links::Location>>>,
    /// As what it was bought
    supplier_part: Given<Option<Key<links::SupplierPart>>>,
    /// The owner who answers for it
    owner: Given<Option<Key<links::Owner>>>,
    /// Delete this item when none is left
    delete_on_deplete: Given<bool>,
    /// When it expires; by the part's expiry time if not given
    expiry_date: Given<Option<Day>>,
    /// Link to external URL
    #[oai(validator(max_length = 2000))]
    link: Given<Link>,
    /// Markdown notes (optional)
    #[oai(validator(max_length = 50000))]
    notes: Given<Option<Markdown>>,
    /// In what it is kept
    #[oai(validator(max_length = 50))]
    packaging: Given<Option<String>>,
    /// Its state
    status: Given<i32>,
    /// A custom state, or the state itself
    status_custom_key: Given<Option<i32>>,
    /// What one, or one pack, cost
    purchase_price: Given<Option<Number<Money>>>,
    /// In this currency
    #[oai(validator(max_length = 3))]
    purchase_price_currency: Given<OrBlank>,
    /// Words to find it by
    tags: Given<Vec<String>>,
}

/// Makes the items; their keys.
pub(super) async fn create(view: &View<'_>, sent: StockCreate) -> Result<Vec<i32>, ApiError> {
    let made = view.ctx.db.write(|tx| async move {
        ledger::lock(&tx).await?;
        let tags = sent.tags.clone();
        let (item, serials) = draft(&tx, view, sent).await?;
        let ledger = Ledger::new(&tx, view, None);
        let mut keys = Vec::with_capacity(serials.len().max(1));
        if serials.is_empty() {
            keys.push(ledger.make(item, Event::Created, Deltas::default()).await?.id);
        } else {
            for serial in serials {
                let mut item = item.clone();
                item.serial_int = Set(serial::number(&serial));
                item.quantity = Set(Quantity::ONE);
                item.delete_on_deplete = Set(false);
                let says = Deltas::default().say("serial", serial.as_str());
                item.serial = Set(Some(serial));
                keys.push(ledger.make(item, Event::Created, says).await?.id);
            }
        }
        for key in &keys {
            tags::set(&tx, MODEL, *key, &tags).await?;
        }
        Ok::<_, ApiError>(keys)
    });
    made.await
}

/// The first stock of a new part, where it is said or where the part belongs. Under the lock of stock.
pub(in crate::inventory) async fn first(
    tx: &Tx,
    view: &View<'_>,
    part: i32,
    quantity: Quantity,
    location: Option<i32>,
) -> Result<(), ApiError> {
    let sent = StockCreate {
        part: Required(Some(part.into())),
        quantity: Required(Some(Number(quantity))),
        serial_numbers: Given(None),
        use_pack_size: Given(None),
        batch: Given(None),
        location: Given(location.map(|key| Some(key.into()))),
        supplier_part: Given(None),
        owner: Given(None),
        delete_on_deplete: Given(None),
        expiry_date: Given(None),
        link: Given(None),
        notes: Given(None),
        packaging: Given(None),
        status: Given(None),
        status_custom_key: Given(None),
        purchase_price: Given(None),
        purchase_price_currency: Given(None),
        tags: Given(None),
    };
    let (item, _) = draft(tx, view, sent).await?;
    Ledger::new(tx, view, None).make(item, Event::Created, Deltas::default()).await?;
    Ok(())
}

/// The item that is asked for, and the serial numbers if it is to be several.
async fn draft(
    tx: &Tx,
    view: &View<'_>,
    sent: StockCreate,
) -> Result<(stock_item::ActiveModel, Vec<String>), ApiError> {
    let key = sent.part.0.map(|key| key.0).unwrap_or_default();
    let found = part::Entity::find_by_id(key).one(&**tx).await?;
    let part = found.ok_or_else(|| invalid("part", no_such_pk(key)))?;
    if part.is_virtual {
        return Err(invalid("part", "Stock items cannot be created for virtual parts"));
    }
    let mut quantity = sent.quantity.0.unwrap_or_default().0;
    let mut price = sent.purchase_price.0.flatten().map(|price| price.0);
    let supplier_part = sent.supplier_part.0.flatten().map(|key| key.0);
    let packs = sent.use_pack_size.0.flatten();
    if let Some(key) = supplier_part {
        let pack = rules::supplied(tx, key, part.id).await?.pack_quantity_native;
        match packs {
            None if pack != Quantity::ONE => {
                let message = "The supplier part has a pack size defined, but flag use_pack_size not set";
                return Err(invalid("use_pack_size", message));
            }
            Some(true) => {
                let too_much = || invalid("quantity", "Ensure that there are no more than 15 digits in total.");
                quantity = quantity.times(pack).ok_or_else(too_much)?;
                price = price.map(|price| price.over(pack).unwrap_or(price));
            }
            _ => {}
        }
    }
    let serials = match sent.serial_numbers.0.flatten().filter(|text| !text.is_empty()) {
        None => Vec::new(),
        Some(_) if !part.trackable => {
            return Err(invalid("serial_numbers", "Serial numbers cannot be supplied for a non-trackable part"));
        }
        Some(text) => {
            let wanted = quantity.whole().and_then(|wanted| usize::try_from(wanted).ok());
            let wanted = wanted.ok_or_else(|| invalid("quantity", "Quantity must be a whole number"))?;
            family::parse(tx, part.id, &text, wanted).await?
        }
    };
    ledger::check_quantity(&part, quantity).map_err(|message| invalid("quantity", message))?;
    let location = match sent.location.0 {
        Some(location) => location.map(|key| key.0),
        None => part.default_location,
    };
    placeable(tx, view, location).await?;
    let expiry_date = match sent.expiry_date.0 {
        Some(date) => date.map(|day| day.0),
        None => u64::try_from(part.default_expiry)
            .ok()
            .filter(|days| *days > 0)
            .and_then(|days| view.ctx.clock.today().checked_add_days(Days::new(days))),
    };
    let batch = if let Some(batch) = sent.batch.0 {
        batch
    } else {
        let about = batch::About { part: Some(&part), quantity: Some(quantity.to_f64()), ..batch::About::default() };
        Some(batch::code(&**tx, datetime(view.ctx.clock.now()), &about).await?)
    };
    let deplete = match sent.delete_on_deplete.0 {
        Some(deplete) => deplete,
        None => settings::is_on(&**tx, "STOCK_DELETE_DEPLETED_DEFAULT").await?,
    };
    let currency = sent.purchase_price_currency.0.unwrap_or_else(|| OrBlank(String::new()));
    let mut item = stock_item::ActiveModel {
        part: Set(part.id),
        quantity: Set(quantity),
        batch: Set(batch),
        location: Set(location),
        supplier_part: Set(supplier_part),
        owner: Set(sent.owner.0.flatten().map(|key| key.0)),
        delete_on_deplete: Set(deplete),
        expiry_date: Set(expiry_date),
        link: Set(sent.link.0.map(|link| link.0).unwrap_or_default()),
        notes: Set(sent.notes.0.flatten().map(|notes| notes.0)),
        packaging: Set(sent.packaging.0.flatten()),
        status: sent.status.0.map_or(NotSet, Set),
        status_custom_key: sent.status_custom_key.0.map_or(NotSet, Set),
        purchase_price: Set(price),
        purchase_price_currency: Set(money::currency(&currency.0, "purchase_price_currency")?),
        ..StockItems::blank()
    };
    rules::state(tx, &mut item, State { key: status::OK, custom: None }).await?;
    if item.status.is_not_set() {
        item.status = Set(status::OK);
    }
    Ok((item, serials))
}
