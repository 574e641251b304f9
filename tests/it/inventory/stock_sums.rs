//! No quantity is ever lost or made: whatever is done to stock, in whatever order and however much at once, what there is and
//! what the log says add up.

use std::collections::HashMap;

use entities::inventory::{stock_item, stock_tracking};
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};

use crate::support::{App, actors::Actor, both};

/// A small generator of pseudo-random numbers, so that a failure can be repeated by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }
}

struct World {
    root: Actor,
    locations: Vec<i64>,
    parts: Vec<i64>,
    lines: Vec<i64>,
}

async fn world(app: &App) -> World {
    let root = app.root().await;
    root.set(app, "STOCK_ENFORCE_BOM_INSTALLATION", json!(false)).await;
    let mut locations = Vec::new();
    for name in ["A", "B", "C"] {
        locations.push(root.make(app, "/api/stock/location/", json!({ "name": name })).await);
    }
    let template = root.make(app, "/api/part/", json!({ "name": "T", "is_template": true })).await;
    let mut parts = vec![template];
    for (name, trackable) in [("V", false), ("W", true)] {
        let body = json!({ "name": name, "variant_of": template, "trackable": trackable, "salable": true });
        parts.push(root.make(app, "/api/part/", body).await);
    }
    // Every part is made of another, so that all can be taken apart.
    let component = root.make(app, "/api/part/", json!({ "name": "C" })).await;
    let mut lines = Vec::new();
    for part in &parts {
        let path = format!("/api/part/{part}/");
        assert_eq!(root.patch(app, &path, json!({ "assembly": true })).await.status, 200);
        let line = json!({ "part": part, "sub_part": component, "quantity": 2 });
        lines.push(root.make(app, "/api/bom/", line).await);
    }
    World { root, locations, parts, lines }
}

const QUANTITIES: [&str; 6] = ["1", "2", "0.1", "0.00001", "3.33333", "17"];

/// One random request; most are accepted, some are refused, none fails.
async fn act(app: &App, world: &World, dice: &mut Dice) -> u16 {
    let list = world.root.get(app, "/api/stock/?limit=60&ordering=-updated").await.json();
    let items: Vec<i64> = list["results"].as_array().unwrap().iter().map(|item| item["pk"].as_i64().unwrap()).collect();
    let location = dice.pick(&world.locations);
    let quantity = dice.pick(&QUANTITIES);
    if items.len() < 3 || dice.roll(8) == 0 {
        let body = json!({ "part": dice.pick(&world.parts), "quantity": quantity, "location": location });
        return world.root.post(app, "/api/stock/", body).await.status.as_u16();
    }
    let (a, b) = (dice.pick(&items), dice.pick(&items));
    let one = json!([{ "pk": a, "quantity": quantity, "merge": dice.roll(2) == 0 }]);
    let two =
        json!([{ "pk": a, "quantity": quantity }, { "pk": b, "quantity": dice.pick(&QUANTITIES), "merge": true }]);
    let (path, body) = match dice.roll(13) {
        0 => ("count/".to_owned(), json!({ "items": one })),
        1 => ("add/".to_owned(), json!({ "items": two })),
        2 => ("remove/".to_owned(), json!({ "items": two })),
        3 | 4 => ("transfer/".to_owned(), json!({ "items": one, "location": location })),
        5 => ("transfer/".to_owned(), json!({ "items": two, "location": location })),
        6 => (
            "merge/".to_owned(),
            json!({ "items": [{ "item": a }, { "item": b }], "location": location, "allow_mismatched_status": true }),
        ),
        7 => (format!("{a}/install/"), json!({ "stock_item": b, "quantity": 1 })),
        8 => (format!("{a}/uninstall/"), json!({ "location": location })),
        9 => (format!("{a}/serialize/"), json!({ "quantity": 1, "serial_numbers": "~", "destination": location })),
        10 => (format!("{a}/convert/"), json!({ "part": dice.pick(&world.parts) })),
        11 => (
            format!("{a}/disassemble/"),
            json!({ "quantity": quantity, "location": location, "items": [{ "bom_item": dice.pick(&world.lines), "quantity": quantity }] }),
        ),
        _ if dice.roll(3) == 0 => {
            return world.root.delete(app, &format!("/api/stock/{a}/"), json!({})).await.status.as_u16();
        }
        _ => ("return/".to_owned(), json!({ "items": one, "location": location, "merge": true })),
    };
    world.root.post(app, &format!("/api/stock/{path}"), body).await.status.as_u16()
}

/// A number of the log in hundred-thousandths.
fn scaled(deltas: &Value, key: &str) -> i64 {
    #[allow(clippy::allow_attributes, clippy::cast_possible_truncation, reason = "rounded, and small")]
    deltas.get(key).map_or(0, |number| (number.as_f64().unwrap() * 100_000.0).round() as i64)
}

/// What there is equals what the log says: of each item, of each part, and of all.
async fn check(app: &App) {
    use entities::exact::Exact as _;
    let db = app.ctx.db.reader();
    let items = stock_item::Entity::find().all(db).await.unwrap();
    let log = stock_tracking::Entity::find().all(db).await.unwrap();
    let (mut by_item, mut by_part): (HashMap<i32, i64>, HashMap<i32, i64>) = (HashMap::new(), HashMap::new());
    for entry in &log {
        let deltas: Value = serde_json::from_str(&entry.deltas).unwrap();
        let change = scaled(&deltas, "added") - scaled(&deltas, "removed");
        if let Some(item) = entry.item {
            *by_item.entry(item).or_default() += change;
        }
        *by_part.entry(entry.part.unwrap()).or_default() += change;
        // An item that becomes one of another part takes what it is with it.
        if let Some(old) = deltas.get("old_part") {
            let moved = scaled(&deltas, "converted");
            *by_part.entry(entry.part.unwrap()).or_default() += moved;
            *by_part.entry(i32::try_from(old.as_i64().unwrap()).unwrap()).or_default() -= moved;
        }
    }
    let mut there: HashMap<i32, i64> = HashMap::new();
    for item in &items {
        assert!(item.quantity.scaled() >= 0, "{item:?}");
        assert_eq!(by_item.get(&item.id), Some(&item.quantity.scaled()), "{item:?}");
        // One with a serial number that was taken apart is none.
        assert!(item.serial.is_none() || [0, 100_000].contains(&item.quantity.scaled()), "{item:?}");
        *there.entry(item.part).or_default() += item.quantity.scaled();
    }
    for (part, sum) in by_part {
        assert_eq!(there.get(&part).copied().unwrap_or_default(), sum, "part {part}");
    }
}

both! {
    async fn whatever_is_done_to_stock_adds_up(app: App) {
        let world = world(&app).await;
        let mut accepted = 0;
        for seed in 0..4 {
            let mut dice = Dice(seed);
            for _ in 0..60 {
                let status = act(&app, &world, &mut dice).await;
                assert!(status < 500, "seed {seed}: {status}");
                accepted += u32::from(status < 300);
            }
            check(&app).await;
        }
        assert!(accepted > 100, "{accepted}");
    }

    async fn whatever_is_done_to_stock_at_once_adds_up(app: App) {
        let world = world(&app).await;
        let run = |seed: u64| {
            let (app, world) = (&app, &world);
            async move {
                let mut dice = Dice(seed);
                for _ in 0..40 {
                    let status = act(app, world, &mut dice).await;
                    assert!(status < 500, "seed {seed}: {status}");
                }
            }
        };
        tokio::join!(run(11), run(12), run(13), run(14));
        check(&app).await;
    }

    async fn of_two_writers_of_one_item_both_count(app: App) {
        let world = world(&app).await;
        let body = json!({ "part": world.parts[1], "quantity": 10 });
        let pk = world.root.post(&app, "/api/stock/", body).await.json()[0]["pk"].as_i64().unwrap();
        for _ in 0..10 {
            let body = |quantity: &str| json!({ "items": [{ "pk": pk, "quantity": quantity }] });
            let (a, b) = tokio::join!(
                world.root.post(&app, "/api/stock/add/", body("2")),
                world.root.post(&app, "/api/stock/remove/", body("1"))
            );
            assert_eq!((a.status.as_u16(), b.status.as_u16()), (201, 201));
        }
        let item = world.root.get(&app, &format!("/api/stock/{pk}/")).await.json();
        assert_eq!(item["quantity"], json!(20.0));
    }
}
