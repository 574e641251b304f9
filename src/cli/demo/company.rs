//! Where things lie, how they are sorted, and with whom the company deals.

use std::collections::HashMap;

use serde_json::json;

use super::Shop;
use crate::cli::Failure;

/// Categories and locations, by their names.
pub(super) struct Places {
    categories: HashMap<&'static str, i64>,
    locations: HashMap<&'static str, i64>,
    /// The shelves of the warehouse.
    pub(super) shelves: Vec<i64>,
}

impl Places {
    /// The category of that name.
    pub(super) fn category(&self, name: &str) -> Result<i64, Failure> {
        found(&self.categories, name)
    }

    /// The location of that name.
    pub(super) fn location(&self, name: &str) -> Result<i64, Failure> {
        found(&self.locations, name)
    }
}

fn found(names: &HashMap<&'static str, i64>, name: &str) -> Result<i64, Failure> {
    names.get(name).copied().ok_or_else(|| Failure::new(format!("the demo has no {name:?}")))
}

/// Name, the one above, what belongs there.
const CATEGORIES: &[(&str, &str, &str)] = &[
    ("Electronics", "", "Electronic components"),
    ("Passives", "Electronics", "Parts that do not amplify"),
    ("Resistors", "Passives", "Chip resistors"),
    ("Capacitors", "Passives", "Ceramic and electrolytic capacitors"),
    ("Inductors", "Passives", "Inductors and ferrite beads"),
    ("Semiconductors", "Electronics", "Discrete and integrated semiconductors"),
    ("Diodes", "Semiconductors", "Rectifiers, Schottky and Zener diodes"),
    ("LEDs", "Semiconductors", "Light-emitting diodes"),
    ("Transistors", "Semiconductors", "Bipolar and field-effect transistors"),
    ("Integrated circuits", "Semiconductors", "Integrated circuits"),
    ("Microcontrollers", "Integrated circuits", "Microcontrollers and modules with one"),
    ("Power management", "Integrated circuits", "Regulators, references and chargers"),
    ("Analog", "Integrated circuits", "Amplifiers, converters and sensors"),
    ("Interface", "Integrated circuits", "Transceivers, bridges and memory"),
    ("Electromechanical", "Electronics", "What is touched or plugged"),
    ("Connectors", "Electromechanical", "Headers, sockets and terminal blocks"),
    ("Switches", "Electromechanical", "Switches, buttons and relays"),
    ("Timing", "Electronics", "Crystals and oscillators"),
    ("Displays", "Electronics", "Displays"),
    ("Mechanical", "", "Enclosures and hardware"),
    ("Enclosures", "Mechanical", "Cases, panels and windows"),
    ("Fasteners", "Mechanical", "Screws, nuts and standoffs"),
    ("Cables", "Mechanical", "Cable assemblies and wire"),
    ("Power sources", "", "Batteries and supplies"),
    ("Consumables", "", "Used up in production"),
    ("Circuit boards", "", "Bare boards"),
    ("Assemblies", "", "What we put together"),
    ("Board assemblies", "Assemblies", "Boards with their components"),
    ("Modules", "Assemblies", "Units that go into products"),
    ("Products", "Assemblies", "What we sell"),
];

/// Name, the one around, what belongs there, its kind.
const LOCATIONS: &[(&str, &str, &str, &str)] = &[
    ("Warehouse", "", "The main store", "Building"),
    ("Workshop", "", "Production", "Building"),
    ("Goods in", "Warehouse", "What has come and is not put away", "Area"),
    ("Quarantine", "Warehouse", "What must be looked at", "Area"),
    ("Finished goods", "Warehouse", "Ready to be sent", "Area"),
    ("Pick rack", "Workshop", "Picked for production", "Area"),
    ("Assembly bench", "Workshop", "Where boards are soldered", "Area"),
    ("Test bench", "Workshop", "Where products are tested", "Area"),
    ("Calibration house", "", "Our partner for calibration", ""),
];

const KINDS: &[(&str, &str, &str)] = &[
    ("Building", "A building of ours", "ti:building:outline"),
    ("Area", "A marked area", "ti:layout-grid:outline"),
    ("Shelf", "A shelf with bins", "ti:box:outline"),
];

const AISLES: &[&str] = &["A", "B", "C", "D"];
const SHELVES: i64 = 5;

/// Makes categories and locations.
pub(super) async fn places(shop: &Shop<'_>) -> Result<Places, Failure> {
    let api = &shop.api;
    let mut kinds = HashMap::from([("", None)]);
    for (name, description, icon) in KINDS {
        let body = json!({ "name": name, "description": description, "icon": icon });
        kinds.insert(*name, Some(api.make("stock/location-type/", body).await?));
    }
    let mut locations: HashMap<&'static str, i64> = HashMap::new();
    for (name, parent, description, kind) in LOCATIONS {
        let body = json!({
            "name": name, "description": description, "parent": locations.get(parent), "location_type": kinds.get(kind),
            "external": *name == "Calibration house", "structural": *name == "Workshop",
        });
        locations.insert(name, api.make("stock/location/", body).await?);
    }
    let mut shelves = Vec::new();
    for aisle in AISLES {
        let body = json!({
            "name": format!("Aisle {aisle}"), "description": "Shelves on both sides", "structural": true,
            "parent": locations.get("Warehouse"),
        });
        let row = api.make("stock/location/", body).await?;
        for shelf in 1..=SHELVES {
            let body = json!({
                "name": format!("{aisle}{shelf}"), "description": "Bins", "parent": row, "location_type": kinds.get("Shelf"),
            });
            shelves.push(api.make("stock/location/", body).await?);
        }
    }
    let mut categories: HashMap<&'static str, i64> = HashMap::new();
    for (name, parent, description) in CATEGORIES {
        let structural = matches!(*name, "Passives" | "Semiconductors" | "Electromechanical" | "Assemblies");
        let body = json!({
            "name": name, "description": description, "parent": categories.get(parent), "structural": structural,
        });
        categories.insert(name, api.make("part/category/", body).await?);
    }
    Ok(Places { categories, locations, shelves })
}

/// With whom the company deals.
pub(super) struct Trade {
    pub(super) makers: Vec<(i64, &'static str)>,
    /// Keys, the prefix of their numbers, and their currency.
    pub(super) suppliers: Vec<(i64, &'static str, &'static str)>,
    pub(super) customers: Vec<i64>,
}

const MAKERS: &[(&str, &str, &str)] = &[
    ("Kestrel Passives", "KP", "Chip resistors, capacitors and inductors"),
    ("Tern Semiconductor", "TS", "Discrete and analog semiconductors"),
    ("Osprey Micro", "OM", "Microcontrollers and memory"),
    ("Heron Connect", "HC", "Connectors and switches"),
    ("Anvil & Daughters", "AD", "Fasteners, sheet metal and mouldings"),
];

const SUPPLIERS: &[(&str, &str, &str, &str)] = &[
    ("Partline Direct", "PL", "USD", "Catalogue distributor"),
    ("Copperfield Components", "CF", "EUR", "Distributor of electronic components"),
    ("Voltway", "VW", "USD", "Distributor of semiconductors"),
    ("Bolt & Bracket", "BB", "GBP", "Hardware by the box"),
    ("Fineline Boards", "FB", "EUR", "Makes our bare boards"),
];

const CUSTOMERS: &[(&str, &str, &str)] = &[
    ("Hillside Observatory", "EUR", "Telescopes and weather stations"),
    ("Northmoor University", "GBP", "Teaching laboratories"),
    ("Saltmarsh Aquaculture", "USD", "Fish farms"),
    ("Brightwater Utilities", "AUD", "Water works"),
    ("Redbarn Robotics", "USD", "Farm robots"),
];

const STREETS: &[&str] = &["Mill Lane", "Harbour Street", "Station Road", "Foundry Way", "Orchard Close"];
const CITIES: &[(&str, &str, &str)] = &[
    ("Bremen", "28195", "Germany"),
    ("Leeds", "LS1 4AP", "United Kingdom"),
    ("Portland", "97204", "United States"),
    ("Hobart", "7000", "Australia"),
    ("Lyon", "69002", "France"),
];
const FIRST: &[&str] = &["Alex", "Noor", "Ines", "Jonas", "Kofi", "Lena", "Marta", "Rui", "Suki", "Wen"];
const LAST: &[&str] = &["Brandt", "Costa", "Dube", "Evans", "Fischer", "Garcia", "Holm", "Ito", "Kaya", "Novak"];

/// Makes them, with addresses and whom to ask for.
pub(super) async fn companies(shop: &mut Shop<'_>) -> Result<Trade, Failure> {
    let mut trade = Trade { makers: Vec::new(), suppliers: Vec::new(), customers: Vec::new() };
    for (name, prefix, what) in MAKERS {
        trade.makers.push((company(shop, name, what, "USD", "is_manufacturer").await?, prefix));
    }
    for (name, prefix, currency, what) in SUPPLIERS {
        trade.suppliers.push((company(shop, name, what, currency, "is_supplier").await?, prefix, currency));
    }
    for (name, currency, what) in CUSTOMERS {
        trade.customers.push(company(shop, name, what, currency, "is_customer").await?);
    }
    Ok(trade)
}

async fn company(shop: &mut Shop<'_>, name: &str, what: &str, currency: &str, kind: &str) -> Result<i64, Failure> {
    let host = name.to_lowercase().replace(" & ", "-").replace(' ', "-");
    let mut body = json!({
        "name": name, "description": what, "currency": currency, "is_supplier": false, "is_customer": false,
        "is_manufacturer": false, "website": format!("https://{host}.example/"), "email": format!("office@{host}.example"),
        "phone": format!("+49 555 {:06}", shop.dice.between(100_000, 999_999)),
    });
    if let Some(flag) = body.get_mut(kind) {
        *flag = true.into();
    }
    let key = shop.api.make("company/", body).await?;
    for (at, title) in ["Head office", "Deliveries"].into_iter().enumerate() {
        if at > 0 && !shop.dice.chance(40) {
            continue;
        }
        let (city, code, country) = shop.dice.pick(CITIES);
        let line = format!("{} {}", shop.dice.between(1, 140), shop.dice.pick(STREETS));
        let body = json!({
            "company": key, "title": title, "primary": at == 0, "line1": line, "postal_city": city, "postal_code": code,
            "country": country,
        });
        shop.api.make("company/address/", body).await?;
    }
    for role in ["Sales", "Accounts"] {
        if shop.dice.chance(60) {
            let (first, last) = (shop.dice.pick(FIRST), shop.dice.pick(LAST));
            let email = format!("{}.{}@{host}.example", first.to_lowercase(), last.to_lowercase());
            let body = json!({ "company": key, "name": format!("{first} {last}"), "role": role, "email": email });
            shop.api.make("company/contact/", body).await?;
        }
    }
    Ok(key)
}
