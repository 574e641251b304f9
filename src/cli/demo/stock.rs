//! What lies where, and the months in which it came, was moved, counted, used, built in and sold.

use serde_json::{Value, json};

use super::{
    Shop,
    catalogue::{Stores, money},
    company::{Places, Trade},
    people::STOREKEEPER,
    products::Made,
};
use crate::cli::Failure;

/// A lot in the store, as the demo remembers it.
struct Lot {
    item: i64,
    quantity: i64,
    /// A pack's worth; what comes and goes is a part of it.
    pack: i64,
    /// Where it belongs.
    shelf: i64,
}

/// Makes stock and its history.
pub(super) async fn make(
    shop: &mut Shop<'_>,
    places: &Places,
    trade: &Trade,
    stores: &Stores,
    range: &[Made],
) -> Result<(), Failure> {
    shop.api.by(STOREKEEPER);
    let mut lots = deliveries(shop, places, stores).await?;
    let units = serials(shop, places, range).await?;
    // A month has a delivery that is put away, work that uses parts, and a count of a part of the shelves.
    for month in (0..9_i64).rev() {
        shop.at(month * 30 + 20);
        shelve(shop, &mut lots, month).await?;
        shop.at(month * 30 + 12);
        some(shop, &mut lots, "stock/remove/", "Picked for production", |dice, lot| {
            Some(dice.between(1, (lot.pack / 8).max(1)).min(lot.quantity - 1))
                .filter(|taken| *taken > 0)
                .map(|taken| (taken, lot.quantity - taken))
        })
        .await?;
        shop.at(month * 30 + 6);
        some(shop, &mut lots, "stock/add/", "Replenished", |dice, lot| {
            let more = dice.between(1, 2) * (lot.pack / 4).max(1);
            Some((more, lot.quantity + more))
        })
        .await?;
        shop.at(month * 30 + 2);
        some(shop, &mut lots, "stock/count/", "Cycle count", |dice, lot| {
            let counted = if dice.chance(25) { (lot.quantity - dice.between(0, 3)).max(1) } else { lot.quantity };
            Some((counted, counted))
        })
        .await?;
    }
    trouble(shop, places, &mut lots).await?;
    sales(shop, places, trade, &units).await
}

/// The first stock of every component: one lot of most, several of some.
async fn deliveries(shop: &mut Shop<'_>, places: &Places, stores: &Stores) -> Result<Vec<Lot>, Failure> {
    let goods_in = places.location("Goods in")?;
    let mut lots = Vec::new();
    for (at, stored) in stores.all.iter().enumerate() {
        for nth in 0..=shop.dice.below(3).saturating_sub(1) {
            let packs = shop.dice.between(1, 4);
            let quantity = (packs * stored.pack).max(1);
            let bought = stored.supplier_parts.get(shop.dice.below(stored.supplier_parts.len()));
            let body = json!({
                "part": stored.part, "quantity": quantity, "location": if nth == 0 { stored.shelf } else { goods_in },
                "batch": format!("L{:02}{:03}", nth + 24, at), "supplier_part": bought.map(|(key, _)| key),
                "purchase_price": money(stored.price), "purchase_price_currency": bought.map_or("USD", |(_, currency)| currency),
            });
            let item = shop.api.make("stock/", body).await?;
            lots.push(Lot { item, quantity, pack: stored.pack, shelf: stored.shelf });
        }
    }
    Ok(lots)
}

/// Some of the lots, and what becomes of each.
async fn some(
    shop: &mut Shop<'_>,
    lots: &mut [Lot],
    path: &str,
    notes: &str,
    becomes: impl Fn(&mut super::Dice, &Lot) -> Option<(i64, i64)>,
) -> Result<(), Failure> {
    let mut items = Vec::new();
    for lot in lots {
        if shop.dice.chance(12)
            && let Some((said, left)) = becomes(&mut shop.dice, lot)
        {
            items.push(json!({ "pk": lot.item, "quantity": said }));
            lot.quantity = left;
        }
    }
    if !items.is_empty() {
        shop.api.post(path, json!({ "items": items, "notes": notes })).await?;
    }
    Ok(())
}

/// Puts a part of what lies about to where it belongs.
async fn shelve(shop: &mut Shop<'_>, lots: &mut [Lot], month: i64) -> Result<(), Failure> {
    let mut shelves: std::collections::BTreeMap<i64, Vec<Value>> = std::collections::BTreeMap::new();
    for lot in lots.iter().filter(|lot| lot.item % 9 == month) {
        shelves.entry(lot.shelf).or_default().push(json!({ "pk": lot.item, "quantity": lot.quantity }));
    }
    for (location, items) in shelves {
        let body = json!({ "items": items, "location": location, "notes": "Put away" });
        shop.api.post("stock/transfer/", body).await?;
    }
    Ok(())
}

/// What is damaged, lost or to be looked at.
async fn trouble(shop: &mut Shop<'_>, places: &Places, lots: &mut [Lot]) -> Result<(), Failure> {
    shop.at(1);
    let quarantine = places.location("Quarantine")?;
    for (status, note) in
        [(55, "Dropped"), (75, "Wrong marking on the reel"), (50, "Label unreadable"), (70, "Not found")]
    {
        let at = shop.dice.below(lots.len());
        let Some(lot) = lots.get_mut(at).filter(|lot| lot.quantity > 20) else { continue };
        let part = lot.quantity / 10;
        let body = json!({
            "items": [{ "pk": lot.item, "quantity": part, "status": status }], "location": quarantine, "notes": note,
        });
        shop.api.post("stock/transfer/", body).await?;
        lot.quantity -= part;
    }
    Ok(())
}

/// What is told apart: the part, its items, and whether they can be sold.
struct Units {
    salable: bool,
    items: Vec<i64>,
}

/// Boards, modules and products with serial numbers, each with its parts installed.
async fn serials(shop: &mut Shop<'_>, places: &Places, range: &[Made]) -> Result<Vec<Units>, Failure> {
    let (bench, finished) = (places.location("Assembly bench")?, places.location("Finished goods")?);
    let mut free: std::collections::HashMap<i64, Vec<i64>> = std::collections::HashMap::new();
    let mut units = Vec::new();
    let mut next_serial = 1001;
    for (at, made) in range.iter().enumerate() {
        shop.at(240 - i64::try_from(at).unwrap_or(0) * 6);
        let product = at + 6 >= range.len();
        let count = if product { 10 } else { 24 };
        let body = json!({
            "part": made.part, "quantity": count, "location": if product { finished } else { bench },
            "serial_numbers": format!("{next_serial}-{}", next_serial + count - 1), "batch": format!("W{:02}", at + 10),
        });
        next_serial += count;
        let answer = shop.api.post("stock/", body).await?;
        let keys = answer.as_array().into_iter().flatten().filter_map(|item| item.get("pk")?.as_i64());
        let items: Vec<i64> = keys.collect();
        for item in &items {
            for inner in &made.inner {
                if let Some(part) = free.get_mut(inner).and_then(Vec::pop) {
                    let body = json!({ "stock_item": part, "quantity": 1, "note": "" });
                    shop.api.post(&format!("stock/{item}/install/"), body).await?;
                }
            }
        }
        free.insert(made.part, items.iter().rev().copied().collect());
        units.push(Units { salable: made.salable && product, items });
    }
    Ok(units)
}

/// Some of the products go to customers; one comes back.
async fn sales(shop: &mut Shop<'_>, places: &Places, trade: &Trade, units: &[Units]) -> Result<(), Failure> {
    let mut returned = None;
    for sold in units.iter().filter(|units| units.salable) {
        for (nth, item) in sold.items.iter().take(6).enumerate() {
            shop.at(80 - i64::try_from(nth).unwrap_or(0) * 12);
            let customer = shop.dice.pick(&trade.customers);
            let body = json!({ "items": [{ "item": item }], "customer": customer, "notes": "Delivered" });
            shop.api.post("stock/assign/", body).await?;
            returned.get_or_insert(*item);
        }
    }
    if let Some(item) = returned {
        shop.at(1);
        let body = json!({
            "items": [{ "pk": item, "quantity": 1, "status": 85 }], "location": places.location("Quarantine")?,
            "notes": "Came back: display stays dark",
        });
        shop.api.post("stock/return/", body).await?;
    }
    Ok(())
}
