//! What the company makes: boards of components, modules of boards, products of modules.

use poem::http::Method;
use serde_json::json;

use super::{
    Shop,
    catalogue::{Stores, money},
    company::Places,
    people::{ADMINISTRATOR, ENGINEER},
};
use crate::cli::Failure;

/// What goes in: the name of a component, how many, where.
type Line = (&'static str, i64, &'static str);

/// Something that is put together.
struct Recipe {
    name: &'static str,
    category: &'static str,
    description: &'static str,
    /// What it sells for, in a hundredth of a cent; 0 for what is not sold.
    price: i64,
    lines: &'static [Line],
    /// Of what is made here too.
    inner: &'static [(&'static str, i64)],
    tests: &'static [&'static str],
}

const RECIPES: &[Recipe] = &[
    Recipe {
        name: "Weather main board",
        category: "Board assemblies",
        description: "Main board of the weather station",
        price: 0,
        lines: &[
            ("PCB weather main", 1, ""),
            ("OM32G4-64", 1, "U1"),
            ("TS1117-33", 1, "U2"),
            ("OM-FL64", 1, "U3"),
            ("TS485H", 1, "U4"),
            ("Crystal 16 MHz", 1, "Y1"),
            ("Crystal 32.768 kHz", 1, "Y2"),
            ("C 100 nF 0603", 14, "C1-C14"),
            ("C 10 µF 0805", 4, "C15-C18"),
            ("C 18 pF 0603", 4, "C19-C22"),
            ("R 10 kΩ 0603", 11, "R1-R11"),
            ("R 120 Ω 0603", 2, "R12, R13"),
            ("R 1.0 kΩ 0603", 6, "R14-R19"),
            ("LED green 0603", 2, "D1, D2"),
            ("LED red 0603", 1, "D3"),
            ("SMBJ24A", 2, "D4, D5"),
            ("USB-C receptacle", 1, "J1"),
            ("Terminal 4", 2, "J2, J3"),
            ("Header 1x6", 1, "J4"),
            ("Tactile switch 6 mm", 2, "S1, S2"),
        ],
        inner: &[],
        tests: &["Supply current", "Firmware load", "RS-485 loopback"],
    },
    Recipe {
        name: "Weather sensor board",
        category: "Board assemblies",
        description: "Sensors of the outdoor head",
        price: 0,
        lines: &[
            ("PCB weather sensor", 1, ""),
            ("OM-BH280", 1, "U1"),
            ("OM-LX35", 1, "U2"),
            ("TS485H", 1, "U3"),
            ("OM32L0-32", 1, "U4"),
            ("TS1117-33", 1, "U5"),
            ("C 100 nF 0603", 7, "C1-C7"),
            ("C 4.7 µF 0805", 2, "C8, C9"),
            ("R 10 kΩ 0603", 5, "R1-R5"),
            ("R 120 Ω 0603", 1, "R6"),
            ("Terminal 4", 1, "J1"),
        ],
        inner: &[],
        tests: &["Supply current", "Humidity check"],
    },
    Recipe {
        name: "Logger main board",
        category: "Board assemblies",
        description: "Main board of the data logger",
        price: 0,
        lines: &[
            ("PCB logger main", 1, ""),
            ("OM32H7-512", 1, "U1"),
            ("OM-EE256", 1, "U2"),
            ("TS5430", 1, "U3"),
            ("TS1117-33", 1, "U4"),
            ("Crystal 25 MHz", 1, "Y1"),
            ("Crystal 32.768 kHz", 1, "Y2"),
            ("RJ45 with magnetics", 1, "J1"),
            ("USB-C receptacle", 1, "J2"),
            ("Card socket", 1, "J3"),
            ("DC jack 2.1 mm", 1, "J4"),
            ("Header 1x20", 2, "J5, J6"),
            ("C 100 nF 0603", 22, "C1-C22"),
            ("C 22 µF 0805", 6, "C23-C28"),
            ("C 10 pF 0603", 4, "C29-C32"),
            ("L 10 µH", 1, "L1"),
            ("SS34", 1, "D1"),
            ("R 10 kΩ 0603", 16, "R1-R16"),
            ("R 33 Ω 0603", 12, "R17-R28"),
            ("Coin cell", 1, "BT1"),
        ],
        inner: &[],
        tests: &["Supply current", "Firmware load", "Ethernet link", "Card write"],
    },
    Recipe {
        name: "Logger input board",
        category: "Board assemblies",
        description: "Four analog inputs",
        price: 0,
        lines: &[
            ("PCB logger input", 1, ""),
            ("TS1115", 1, "U1"),
            ("TS2134", 2, "U2, U3"),
            ("TS431A", 1, "U4"),
            ("Relay 5 V", 4, "K1-K4"),
            ("2N7002K", 4, "Q1-Q4"),
            ("1N4148W", 4, "D1-D4"),
            ("Terminal 2", 4, "J1-J4"),
            ("Header 1x10", 1, "J5"),
            ("R 100 kΩ 0603", 8, "R1-R8"),
            ("R 4.7 kΩ 0603", 8, "R9-R16"),
            ("C 10 nF 0603", 8, "C1-C8"),
            ("C 100 nF 0603", 9, "C9-C17"),
        ],
        inner: &[],
        tests: &["Offset", "Gain", "Isolation"],
    },
    Recipe {
        name: "Supply control board",
        category: "Board assemblies",
        description: "Control of the bench supply",
        price: 0,
        lines: &[
            ("PCB supply control", 1, ""),
            ("OM32G4-64", 1, "U1"),
            ("TS5686", 2, "U2, U3"),
            ("TS226", 2, "U4, U5"),
            ("TS8551", 4, "U6-U9"),
            ("OM-U2S", 1, "U10"),
            ("TS1117-33", 1, "U11"),
            ("TS7805S", 1, "U12"),
            ("USB-B receptacle", 1, "J1"),
            ("Header 1x10", 2, "J2, J3"),
            ("Crystal 8 MHz", 1, "Y1"),
            ("C 100 nF 0603", 26, "C1-C26"),
            ("C 1 µF 0603", 8, "C27-C34"),
            ("R 1.0 kΩ 0603", 14, "R1-R14"),
            ("R 47 kΩ 0603", 10, "R15-R24"),
        ],
        inner: &[],
        tests: &["Supply current", "Firmware load", "Converter linearity"],
    },
    Recipe {
        name: "Supply power board",
        category: "Board assemblies",
        description: "Rectifier and power stage",
        price: 0,
        lines: &[
            ("PCB supply power", 1, ""),
            ("TS540N", 4, "Q1-Q4"),
            ("TS2596ADJ", 2, "U1, U2"),
            ("L 33 µH", 2, "L1, L2"),
            ("SS34", 6, "D1-D6"),
            ("C 2200 µF 50 V", 4, "C1-C4"),
            ("C 470 µF 50 V", 4, "C5-C8"),
            ("C 100 nF 0603", 10, "C9-C18"),
            ("Relay 12 V 10 A", 2, "K1, K2"),
            ("Terminal 6", 2, "J1, J2"),
            ("Header 1x10", 1, "J3"),
            ("Heat sink 40", 4, ""),
            ("Screw M3x8", 4, ""),
            ("R 10 Ω 0603", 8, "R1-R8"),
        ],
        inner: &[],
        tests: &["High voltage", "Full load", "Ripple"],
    },
    Recipe {
        name: "Front controls board",
        category: "Board assemblies",
        description: "Encoders, buttons and lights",
        price: 0,
        lines: &[
            ("PCB front controls", 1, ""),
            ("Rotary encoder", 2, "S1, S2"),
            ("Tactile switch 6 mm", 6, "S3-S8"),
            ("LED white 3528", 6, "D1-D6"),
            ("TS595D", 2, "U1, U2"),
            ("R 220 Ω 0603", 6, "R1-R6"),
            ("C 100 nF 0603", 4, "C1-C4"),
            ("Header 1x20", 1, "J1"),
        ],
        inner: &[],
        tests: &["Buttons and lights"],
    },
    Recipe {
        name: "USB meter board",
        category: "Board assemblies",
        description: "USB power meter",
        price: 0,
        lines: &[
            ("PCB USB meter", 1, ""),
            ("OM32L0-32", 1, "U1"),
            ("TS226", 1, "U2"),
            ("TS1117-33", 1, "U3"),
            ("OLED 1.3 in", 1, "DS1"),
            ("USB-C receptacle", 2, "J1, J2"),
            ("R 5.6 kΩ 0603", 4, "R1-R4"),
            ("C 1 µF 0603", 4, "C1-C4"),
            ("Tactile switch 6 mm", 1, "S1"),
        ],
        inner: &[],
        tests: &["Voltage accuracy", "Current accuracy"],
    },
    Recipe {
        name: "Radio board",
        category: "Board assemblies",
        description: "Radio carrier",
        price: 0,
        lines: &[
            ("PCB radio", 1, ""),
            ("OM-WL2", 1, "U1"),
            ("SMA edge", 1, "J1"),
            ("Header 1x8", 1, "J2"),
            ("Ferrite 600R", 2, "L1, L2"),
            ("C 100 nF 0603", 3, "C1-C3"),
            ("C 100 pF 0603", 3, "C4-C6"),
        ],
        inner: &[],
        tests: &["Radio power"],
    },
    Recipe {
        name: "Charger board",
        category: "Board assemblies",
        description: "Charger for one cell",
        price: 0,
        lines: &[
            ("PCB charger", 1, ""),
            ("TS4056", 1, "U1"),
            ("TS3401P", 1, "Q1"),
            ("SS14", 1, "D1"),
            ("LED red 0603", 1, "D2"),
            ("LED green 0603", 1, "D3"),
            ("R 1.2 kΩ 0603", 1, "R1"),
            ("R 1.0 kΩ 0603", 2, "R2, R3"),
            ("C 4.7 µF 0805", 2, "C1, C2"),
            ("Header 1x4", 1, "J1"),
        ],
        inner: &[],
        tests: &["Charge current"],
    },
    Recipe {
        name: "Outdoor head",
        category: "Modules",
        description: "Sensors in their shield, with lead",
        price: 890_000,
        lines: &[
            ("Radiation shield", 1, ""),
            ("Sensor lead 5 m", 1, ""),
            ("Cable gland M12", 1, ""),
            ("Screw M2.5x6", 4, ""),
        ],
        inner: &[("Weather sensor board", 1)],
        tests: &["Tightness"],
    },
    Recipe {
        name: "Battery module",
        category: "Modules",
        description: "Cell with charger",
        price: 290_000,
        lines: &[("Cell 18650", 1, "")],
        inner: &[("Charger board", 1)],
        tests: &["Capacity"],
    },
    Recipe {
        name: "Supply front",
        category: "Modules",
        description: "Front panel of the bench supply, complete",
        price: 0,
        lines: &[
            ("Front panel PSU", 1, ""),
            ("LCD 20x4", 1, ""),
            ("Binding post red", 2, ""),
            ("Binding post black", 2, ""),
            ("Ribbon cable 20", 1, ""),
            ("Standoff M3x10", 8, ""),
            ("Screw M3x6", 8, ""),
        ],
        inner: &[("Front controls board", 1)],
        tests: &["Display"],
    },
    Recipe {
        name: "Supply core",
        category: "Modules",
        description: "Power and control boards on their frame",
        price: 0,
        lines: &[
            ("Ribbon cable 10", 1, ""),
            ("Standoff M3x15", 8, ""),
            ("Screw M3x6", 16, ""),
            ("Thermal compound", 1, ""),
        ],
        inner: &[("Supply control board", 1), ("Supply power board", 1)],
        tests: &["Burn-in"],
    },
    Recipe {
        name: "Weather station WS-2",
        category: "Products",
        description: "Weather station with outdoor head",
        price: 3_490_000,
        lines: &[("Weather box", 1, ""), ("Supply 12 V 2 A", 1, ""), ("Cable gland M12", 2, ""), ("Screw M3x8", 4, "")],
        inner: &[("Weather main board", 1), ("Radio board", 1), ("Outdoor head", 1)],
        tests: &["Final inspection"],
    },
    Recipe {
        name: "Data logger DL-4",
        category: "Products",
        description: "Four-channel data logger",
        price: 5_900_000,
        lines: &[
            ("Instrument case 160", 1, ""),
            ("Front panel logger", 1, ""),
            ("TFT 2.8 in", 1, ""),
            ("USB cable 1 m", 1, ""),
            ("Rubber foot", 4, ""),
            ("Screw M3x12", 8, ""),
        ],
        inner: &[("Logger main board", 1), ("Logger input board", 1), ("Battery module", 1)],
        tests: &["Calibration", "Final inspection"],
    },
    Recipe {
        name: "USB power meter UM-1",
        category: "Products",
        description: "Shows what a USB port gives",
        price: 390_000,
        lines: &[("Pocket case", 1, ""), ("Screw M2.5x8", 2, "")],
        inner: &[("USB meter board", 1)],
        tests: &["Final inspection"],
    },
    Recipe {
        name: "Bench supply BS-30",
        category: "Products",
        description: "Bench power supply, 30 V, 3 A",
        price: 6_490_000,
        lines: &[
            ("Bench case 220", 1, ""),
            ("Toroid 120 VA", 1, ""),
            ("Rocker switch", 1, ""),
            ("Rubber foot", 4, ""),
            ("Screw M4x8", 8, ""),
            ("Nut M3", 12, ""),
            ("Washer M3", 24, ""),
        ],
        inner: &[("Supply core", 1), ("Supply front", 1)],
        tests: &["Calibration", "High voltage", "Final inspection"],
    },
];

/// The bench supply is sold with the lead of the country.
const VARIANTS: &[(&str, &str)] = &[("EU", "Mains lead EU"), ("UK", "Mains lead UK")];

/// Something that was made known.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) part: i64,
    pub(super) name: String,
    pub(super) salable: bool,
    /// The parts in it that are told apart, each once.
    pub(super) inner: Vec<i64>,
}

/// Makes the parts, their bills of material, tests and prices; what is told apart, deepest first.
pub(super) async fn make(shop: &mut Shop<'_>, places: &Places, stores: &Stores) -> Result<Vec<Made>, Failure> {
    shop.api.by(ENGINEER);
    let mut range: Vec<Made> = Vec::new();
    for (at, recipe) in RECIPES.iter().enumerate() {
        let is_template = recipe.name == "Bench supply BS-30";
        let body = json!({
            "name": recipe.name, "IPN": format!("A-{:04}", at + 1), "description": recipe.description, "revision": "A",
            "category": places.category(recipe.category)?, "assembly": true, "component": recipe.category != "Products",
            "trackable": true, "testable": true, "purchaseable": false, "salable": recipe.price > 0,
            "is_template": is_template, "default_location": places.location("Finished goods")?, "tags": ["made here"],
        });
        let part = shop.api.make("part/", body).await?;
        let mut made = Made { part, name: recipe.name.to_owned(), salable: recipe.price > 0, inner: Vec::new() };
        let mut lines: Vec<(i64, i64, &str, bool)> = Vec::new();
        for (name, quantity) in recipe.inner {
            let inner = range.iter().find(|made| made.name == *name).map(|made| made.part);
            let inner = inner.ok_or_else(|| Failure::new(format!("the demo makes no {name:?}")))?;
            made.inner.push(inner);
            lines.push((inner, *quantity, "", false));
        }
        for (name, quantity, reference) in recipe.lines {
            let consumable = matches!(*name, "Thermal compound" | "Nut M3" | "Washer M3");
            lines.push((stores.get(name)?.part, *quantity, reference, consumable));
        }
        for (sub_part, quantity, reference, consumable) in lines {
            let body = json!({
                "part": part, "sub_part": sub_part, "quantity": quantity, "reference": reference, "consumable": consumable,
                "inherited": is_template, "allow_variants": false,
            });
            shop.api.make("bom/", body).await?;
        }
        for test in recipe.tests {
            let body = json!({
                "part": part, "test_name": test, "description": format!("{test} of {}", recipe.name), "required": true,
                "requires_value": *test != "Final inspection",
            });
            shop.api.make("part/test-template/", body).await?;
        }
        prices(shop, part, recipe.price).await?;
        if is_template {
            for (country, lead) in VARIANTS {
                let variant = variant(shop, places, recipe, part, country, stores.get(lead)?.part).await?;
                range.push(Made { inner: made.inner.clone(), ..variant });
            }
        } else {
            range.push(made);
        }
        // Most bills have been looked at.
        if shop.dice.chance(70) {
            shop.api.by(ADMINISTRATOR);
            let path = format!("part/{part}/bom-validate/");
            shop.api.send(Method::PATCH, &path, json!({ "valid": true })).await?;
            shop.api.by(ENGINEER);
        }
    }
    relate(shop, stores).await?;
    Ok(range)
}

async fn prices(shop: &Shop<'_>, part: i64, price: i64) -> Result<(), Failure> {
    if price == 0 {
        return Ok(());
    }
    for (quantity, percent) in [(1, 100), (10, 92)] {
        let body = json!({ "part": part, "quantity": quantity, "price": money(price * percent / 100), "price_currency": "USD" });
        shop.api.make("part/sale-price/", body).await?;
    }
    let body = json!({ "part": part, "quantity": 1, "price": money(price * 55 / 100), "price_currency": "USD" });
    shop.api.make("part/internal-price/", body).await?;
    Ok(())
}

async fn variant(
    shop: &Shop<'_>,
    places: &Places,
    recipe: &Recipe,
    template: i64,
    country: &str,
    lead: i64,
) -> Result<Made, Failure> {
    let name = format!("{}-{country}", recipe.name);
    let body = json!({
        "name": name, "IPN": format!("A-30{country}"), "description": format!("{}, {country} mains lead", recipe.description),
        "revision": "A", "category": places.category(recipe.category)?, "variant_of": template, "assembly": true,
        "component": false, "trackable": true, "testable": true, "purchaseable": false, "salable": true,
        "default_location": places.location("Finished goods")?,
    });
    let part = shop.api.make("part/", body).await?;
    let body = json!({ "part": part, "sub_part": lead, "quantity": 1 });
    shop.api.make("bom/", body).await?;
    prices(shop, part, recipe.price).await?;
    Ok(Made { part, name, salable: true, inner: Vec::new() })
}

/// Parts that are worth knowing of each other.
async fn relate(shop: &Shop<'_>, stores: &Stores) -> Result<(), Failure> {
    for (one, other, note) in [
        ("OM32G4-64", "OM32L0-32", "Pin compatible in the lower half"),
        ("TS358D", "TS2134", "Low-noise alternative"),
        ("SS14", "SS34", "Stronger alternative"),
        ("Mains lead EU", "Mains lead UK", "The same for another country"),
    ] {
        let body = json!({ "part_1": stores.get(one)?.part, "part_2": stores.get(other)?.part, "note": note });
        shop.api.make("part/related/", body).await?;
    }
    Ok(())
}
