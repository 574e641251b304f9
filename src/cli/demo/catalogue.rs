//! What the company buys: components with who makes them, who sells them, and for how much.

use std::collections::HashMap;

use serde_json::json;

use super::{
    Shop,
    company::{Places, Trade},
    people::{BUYER, ENGINEER},
};
use crate::cli::Failure;

/// A component before it is made.
struct Component {
    name: String,
    category: &'static str,
    description: String,
    keywords: &'static str,
    /// The prefix of its internal number.
    family: &'static str,
    maker: usize,
    /// What one costs, in a hundredth of a cent.
    price: i64,
    /// How many lie on a reel, in a bag, in a box.
    pack: i64,
}

/// A component that was made.
#[derive(Debug, Clone, Default)]
pub(super) struct Stored {
    pub(super) part: i64,
    pub(super) shelf: i64,
    pub(super) pack: i64,
    /// What one costs, in a hundredth of a cent.
    pub(super) price: i64,
    pub(super) supplier_parts: Vec<(i64, &'static str)>,
}

/// The components, by name and in order.
#[derive(Debug, Default)]
pub(super) struct Stores {
    names: HashMap<String, usize>,
    pub(super) all: Vec<Stored>,
}

impl Stores {
    /// The component of that name.
    pub(super) fn get(&self, name: &str) -> Result<&Stored, Failure> {
        let found = self.names.get(name).and_then(|at| self.all.get(*at));
        found.ok_or_else(|| Failure::new(format!("the demo has no part {name:?}")))
    }
}

const DECADE: [&str; 12] = ["1.0", "1.2", "1.5", "1.8", "2.2", "2.7", "3.3", "3.9", "4.7", "5.6", "6.8", "8.2"];

/// Name, category, description, maker, price, how many in a pack, family.
type Listed = (&'static str, &'static str, &'static str, usize, i64, i64, &'static str);

const LISTED: &[Listed] = &[
    ("OM32G4-64", "Microcontrollers", "32-bit microcontroller, 64 kB flash, LQFP48", 2, 28_400, 250, "IC"),
    ("OM32L0-32", "Microcontrollers", "Low-power 32-bit microcontroller, 32 kB flash, QFN32", 2, 16_900, 490, "IC"),
    ("OM32H7-512", "Microcontrollers", "480 MHz microcontroller, 512 kB flash, LQFP100", 2, 81_000, 160, "IC"),
    ("OM-WL2", "Microcontrollers", "2.4 GHz radio module with antenna", 2, 39_500, 100, "IC"),
    ("TS7805S", "Power management", "5 V linear regulator, 1 A, DPAK", 1, 3_900, 500, "IC"),
    ("TS1117-33", "Power management", "3.3 V low-drop regulator, SOT-223", 1, 2_100, 1_000, "IC"),
    ("TS2596ADJ", "Power management", "3 A step-down converter, TO-263", 1, 11_200, 500, "IC"),
    ("TS5430", "Power management", "3 A, 36 V step-down converter, SOIC-8", 1, 21_800, 250, "IC"),
    ("TS4056", "Power management", "Charger for one lithium cell, SOP-8", 1, 1_900, 1_000, "IC"),
    ("TS431A", "Power management", "Adjustable reference, SOT-23", 1, 900, 3_000, "IC"),
    ("TS358D", "Analog", "Dual operational amplifier, SOIC-8", 1, 1_400, 2_500, "IC"),
    ("TS2134", "Analog", "Low-noise dual operational amplifier, SOIC-8", 1, 14_300, 500, "IC"),
    ("TS8551", "Analog", "Zero-drift amplifier, SOT-23-5", 1, 9_800, 250, "IC"),
    ("TS226", "Analog", "Current and power monitor, I2C, VSSOP-10", 1, 23_400, 250, "IC"),
    ("TS1115", "Analog", "16-bit converter, 4 channels, I2C, MSOP-10", 1, 31_900, 250, "IC"),
    ("TS5686", "Analog", "16-bit digital-to-analog converter, MSOP-8", 1, 67_500, 100, "IC"),
    ("OM-BH280", "Analog", "Humidity, pressure and temperature sensor, LGA-8", 2, 34_600, 500, "IC"),
    ("OM-LX35", "Analog", "Ambient light sensor, I2C, DFN-6", 2, 12_700, 500, "IC"),
    ("OM-AC3", "Analog", "Three-axis accelerometer, LGA-12", 2, 15_300, 500, "IC"),
    ("OM-FL64", "Interface", "64 Mbit serial flash, SOIC-8", 2, 7_800, 2_000, "IC"),
    ("OM-EE256", "Interface", "256 kbit EEPROM, I2C, SOIC-8", 2, 4_300, 2_000, "IC"),
    ("OM-U2S", "Interface", "USB to serial bridge, SSOP-28", 2, 36_200, 250, "IC"),
    ("TS485H", "Interface", "RS-485 transceiver, SOIC-8", 1, 6_400, 1_000, "IC"),
    ("TS232E", "Interface", "RS-232 transceiver, SOIC-16", 1, 8_900, 1_000, "IC"),
    ("TS1051", "Interface", "CAN transceiver, SOIC-8", 1, 7_700, 1_000, "IC"),
    ("TS595D", "Interface", "8-bit shift register, SOIC-16", 1, 1_600, 2_500, "IC"),
    ("1N4148W", "Diodes", "Switching diode, SOD-123", 1, 150, 3_000, "D"),
    ("SS34", "Diodes", "Schottky diode, 3 A, 40 V, SMA", 1, 620, 2_000, "D"),
    ("SS14", "Diodes", "Schottky diode, 1 A, 40 V, SMA", 1, 410, 5_000, "D"),
    ("BZX84C3V3", "Diodes", "Zener diode, 3.3 V, SOT-23", 1, 260, 3_000, "D"),
    ("BZX84C5V1", "Diodes", "Zener diode, 5.1 V, SOT-23", 1, 260, 3_000, "D"),
    ("SMBJ24A", "Diodes", "Transient suppressor, 24 V, SMB", 1, 1_350, 3_000, "D"),
    ("MBS6", "Diodes", "Bridge rectifier, 0.5 A, MBS", 1, 900, 3_000, "D"),
    ("LED red 0603", "LEDs", "Red LED, 0603", 1, 240, 4_000, "D"),
    ("LED green 0603", "LEDs", "Green LED, 0603", 1, 250, 4_000, "D"),
    ("LED blue 0603", "LEDs", "Blue LED, 0603", 1, 310, 4_000, "D"),
    ("LED white 3528", "LEDs", "White LED, 3528", 1, 520, 2_000, "D"),
    ("LED RGB 5050", "LEDs", "Addressable RGB LED, 5050", 1, 1_150, 1_000, "D"),
    ("BC847C", "Transistors", "NPN transistor, SOT-23", 1, 210, 3_000, "Q"),
    ("BC857C", "Transistors", "PNP transistor, SOT-23", 1, 210, 3_000, "Q"),
    ("2N7002K", "Transistors", "N-channel MOSFET, 60 V, SOT-23", 1, 330, 3_000, "Q"),
    ("TS3401P", "Transistors", "P-channel MOSFET, 30 V, SOT-23", 1, 690, 3_000, "Q"),
    ("TS540N", "Transistors", "N-channel MOSFET, 100 V, TO-220", 1, 8_200, 50, "Q"),
    ("Crystal 8 MHz", "Timing", "Crystal, 8 MHz, 18 pF, 5032", 0, 2_700, 1_000, "Y"),
    ("Crystal 16 MHz", "Timing", "Crystal, 16 MHz, 12 pF, 3225", 0, 2_900, 3_000, "Y"),
    ("Crystal 25 MHz", "Timing", "Crystal, 25 MHz, 10 pF, 3225", 0, 3_100, 3_000, "Y"),
    ("Crystal 32.768 kHz", "Timing", "Watch crystal, 12.5 pF, 3215", 0, 3_600, 3_000, "Y"),
    ("USB-C receptacle", "Connectors", "USB Type-C receptacle, 16 contacts, mid-mount", 3, 6_100, 800, "J"),
    ("USB-B receptacle", "Connectors", "USB Type-B receptacle, through hole", 3, 4_800, 200, "J"),
    ("RJ45 with magnetics", "Connectors", "RJ45 jack with magnetics and LEDs", 3, 28_700, 90, "J"),
    ("DC jack 2.1 mm", "Connectors", "Barrel jack, 2.1 mm, 5 A", 3, 3_900, 100, "J"),
    ("Binding post red", "Connectors", "4 mm safety binding post, red", 3, 17_600, 50, "J"),
    ("Binding post black", "Connectors", "4 mm safety binding post, black", 3, 17_600, 50, "J"),
    ("SMA edge", "Connectors", "SMA jack, edge launch", 3, 19_900, 50, "J"),
    ("Card socket", "Connectors", "Micro memory card socket, push-push", 3, 8_400, 500, "J"),
    ("Tactile switch 6 mm", "Switches", "Tactile switch, 6 × 6 mm", 3, 640, 1_000, "S"),
    ("Rotary encoder", "Switches", "Rotary encoder with push switch, 24 detents", 3, 12_900, 50, "S"),
    ("Rocker switch", "Switches", "Mains rocker switch, illuminated", 3, 15_400, 50, "S"),
    ("Slide switch", "Switches", "Slide switch, SPDT", 3, 2_300, 500, "S"),
    ("Relay 5 V", "Switches", "Signal relay, DPDT, 5 V coil", 3, 21_500, 40, "K"),
    ("Relay 12 V 10 A", "Switches", "Power relay, SPDT, 12 V coil", 3, 14_800, 50, "K"),
    ("OLED 1.3 in", "Displays", "OLED display, 128 × 64, I2C", 2, 48_000, 20, "DS"),
    ("LCD 20x4", "Displays", "Character display, 20 × 4, backlight", 2, 97_000, 10, "DS"),
    ("TFT 2.8 in", "Displays", "Colour display, 320 × 240, SPI", 2, 118_000, 10, "DS"),
    ("Instrument case 160", "Enclosures", "Aluminium case, 160 × 110 × 55 mm", 4, 146_000, 10, "EN"),
    ("Bench case 220", "Enclosures", "Steel bench case, 220 × 240 × 100 mm", 4, 389_000, 4, "EN"),
    ("Weather box", "Enclosures", "Polycarbonate box, IP66, 150 × 150 mm", 4, 173_000, 10, "EN"),
    ("Radiation shield", "Enclosures", "Louvred shield for outdoor sensors", 4, 121_000, 10, "EN"),
    ("Pocket case", "Enclosures", "ABS case with battery door, 90 × 60 mm", 4, 41_000, 25, "EN"),
    ("Front panel PSU", "Enclosures", "Milled and printed front panel, power supply", 4, 228_000, 5, "EN"),
    ("Front panel logger", "Enclosures", "Milled and printed front panel, logger", 4, 196_000, 5, "EN"),
    ("Rubber foot", "Enclosures", "Self-adhesive foot, 12 mm", 4, 700, 500, "EN"),
    ("Cable gland M12", "Cables", "Cable gland, M12, with nut", 4, 9_600, 50, "W"),
    ("Ribbon cable 10", "Cables", "Ribbon cable, 10 ways, 150 mm", 3, 11_800, 50, "W"),
    ("Ribbon cable 20", "Cables", "Ribbon cable, 20 ways, 150 mm", 3, 16_900, 50, "W"),
    ("USB cable 1 m", "Cables", "USB-C cable, 1 m", 3, 27_500, 40, "W"),
    ("Mains lead EU", "Cables", "Mains lead, 1.8 m, Schuko", 3, 34_200, 20, "W"),
    ("Mains lead UK", "Cables", "Mains lead, 1.8 m, BS 1363", 3, 36_900, 20, "W"),
    ("Sensor lead 5 m", "Cables", "Shielded lead, 4 cores, 5 m", 3, 71_000, 10, "W"),
    ("Toroid 120 VA", "Power sources", "Toroidal transformer, 120 VA, 2 × 18 V", 0, 412_000, 4, "T"),
    ("Supply 12 V 2 A", "Power sources", "Plug-in supply, 12 V, 2 A", 3, 138_000, 20, "PS"),
    ("Cell 18650", "Power sources", "Lithium cell, 3.4 Ah, with protection", 0, 61_000, 50, "BT"),
    ("Coin cell", "Power sources", "Lithium coin cell, 3 V", 0, 5_900, 100, "BT"),
    ("Heat sink 40", "Fasteners", "Heat sink, 40 × 40 × 20 mm", 4, 26_000, 20, "H"),
    ("Standoff M3x10", "Fasteners", "Hexagonal standoff, M3 × 10 mm, brass", 4, 1_300, 500, "H"),
    ("Standoff M3x15", "Fasteners", "Hexagonal standoff, M3 × 15 mm, brass", 4, 1_500, 500, "H"),
    ("Nut M3", "Fasteners", "Hexagonal nut, M3, stainless", 4, 180, 2_000, "H"),
    ("Washer M3", "Fasteners", "Washer, M3, stainless", 4, 90, 5_000, "H"),
    ("Solder paste", "Consumables", "Lead-free solder paste, 500 g", 0, 389_000, 4, "CO"),
    ("Solder wire", "Consumables", "Lead-free solder wire, 0.8 mm, 500 g", 0, 271_000, 10, "CO"),
    ("Isopropanol", "Consumables", "Isopropanol, 1 l", 0, 84_000, 12, "CO"),
    ("Thermal compound", "Consumables", "Thermal compound, 20 g", 0, 72_000, 10, "CO"),
];

/// The bare boards; made for us.
const BOARDS: &[(&str, &str, i64)] = &[
    ("PCB weather main", "Bare board, weather station main, 4 layers", 31_000),
    ("PCB weather sensor", "Bare board, outdoor sensor, 2 layers", 11_000),
    ("PCB logger main", "Bare board, data logger main, 4 layers", 36_000),
    ("PCB logger input", "Bare board, analog inputs, 4 layers", 28_000),
    ("PCB supply control", "Bare board, power supply control, 4 layers", 34_000),
    ("PCB supply power", "Bare board, power stage, 2 layers, 2 oz", 46_000),
    ("PCB front controls", "Bare board, front panel controls, 2 layers", 16_000),
    ("PCB USB meter", "Bare board, USB power meter, 2 layers", 9_000),
    ("PCB radio", "Bare board, radio carrier, 4 layers", 13_000),
    ("PCB charger", "Bare board, charger, 2 layers", 8_000),
];

/// Everything that is bought.
fn components() -> Vec<Component> {
    let mut all = Vec::new();
    let mut add = |name: String, category, description: String, keywords, family, maker, price, pack| {
        all.push(Component { name, category, description, keywords, family, maker, price, pack });
    };
    for (unit, scale) in [("Ω", 10), ("Ω", 100), ("kΩ", 1), ("kΩ", 10), ("kΩ", 100)] {
        for digits in DECADE {
            let tenths: i64 = digits.replace('.', "").parse().unwrap_or(10);
            let value = if scale == 1 { digits.to_owned() } else { (tenths * scale / 10).to_string() };
            let name = format!("R {value} {unit} 0603");
            let description = format!("Resistor, {value} {unit}, 1 %, 0.1 W, 0603");
            add(name, "Resistors", description, "chip resistor thick film", "R", 0, 45 + tenths % 7, 5_000);
        }
    }
    for (value, volts, size, price) in [
        ("10 pF", 50, "0603", 70),
        ("18 pF", 50, "0603", 70),
        ("22 pF", 50, "0603", 70),
        ("100 pF", 50, "0603", 75),
        ("1 nF", 50, "0603", 75),
        ("4.7 nF", 50, "0603", 80),
        ("10 nF", 50, "0603", 80),
        ("47 nF", 50, "0603", 90),
        ("100 nF", 50, "0603", 95),
        ("220 nF", 25, "0603", 130),
        ("1 µF", 25, "0603", 180),
        ("2.2 µF", 16, "0603", 240),
        ("4.7 µF", 16, "0805", 390),
        ("10 µF", 25, "0805", 620),
        ("22 µF", 10, "0805", 780),
        ("47 µF", 6, "1206", 1_450),
    ] {
        let description = format!("Ceramic capacitor, {value}, {volts} V, {size}");
        add(format!("C {value} {size}"), "Capacitors", description, "ceramic MLCC", "C", 0, price, 4_000);
    }
    for (value, volts, price) in [
        ("47 µF", 35, 900),
        ("100 µF", 35, 1_200),
        ("220 µF", 35, 1_900),
        ("470 µF", 50, 3_800),
        ("2200 µF", 50, 14_200),
    ] {
        let description = format!("Electrolytic capacitor, {value}, {volts} V, 105 °C");
        add(format!("C {value} {volts} V"), "Capacitors", description, "electrolytic", "C", 0, price, 500);
    }
    for (value, amps, price) in
        [("2.2 µH", "2.1 A", 1_300), ("4.7 µH", "1.8 A", 1_400), ("10 µH", "3 A", 3_700), ("33 µH", "3 A", 5_900)]
    {
        let description = format!("Shielded inductor, {value}, {amps}");
        add(format!("L {value}"), "Inductors", description, "choke coil", "L", 0, price, 1_000);
    }
    add(
        "Ferrite 600R".to_owned(),
        "Inductors",
        "Ferrite bead, 600 Ω at 100 MHz, 0603".to_owned(),
        "bead",
        "L",
        0,
        160,
        4_000,
    );
    for ways in [2_i64, 3, 4, 6, 8, 10, 20] {
        let name = format!("Header 1x{ways}");
        add(
            name,
            "Connectors",
            format!("Pin header, {ways} ways, 2.54 mm"),
            "pin header",
            "J",
            3,
            350 + ways * 90,
            500,
        );
    }
    for ways in [2_i64, 3, 4, 6] {
        let name = format!("Terminal {ways}");
        let description = format!("Screw terminal block, {ways} ways, 5.08 mm");
        add(name, "Connectors", description, "screw terminal", "J", 3, 1_900 + ways * 1_100, 200);
    }
    for (thread, lengths) in [("M2.5", [6_i64, 8, 10]), ("M3", [6, 8, 12]), ("M4", [8, 12, 16])] {
        for length in lengths {
            let description = format!("Pan head screw, {thread} × {length} mm, stainless, hexalobular");
            add(format!("Screw {thread}x{length}"), "Fasteners", description, "bolt", "H", 4, 210 + length * 12, 1_000);
        }
    }
    for (name, category, description, maker, price, pack, family) in LISTED {
        add((*name).to_owned(), category, (*description).to_owned(), "", family, *maker, *price, *pack);
    }
    for (name, description, price) in BOARDS {
        add((*name).to_owned(), "Circuit boards", (*description).to_owned(), "bare board", "PCB", 4, *price, 50);
    }
    all
}

/// A price as the API takes it.
pub(super) fn money(hundredths: i64) -> String {
    format!("{}.{:04}", hundredths / 10_000, hundredths % 10_000)
}

/// Makes them all.
pub(super) async fn make(shop: &mut Shop<'_>, places: &Places, trade: &Trade) -> Result<Stores, Failure> {
    let mut stores = Stores::default();
    for (at, component) in components().into_iter().enumerate() {
        shop.api.by(ENGINEER);
        let shelf =
            places.shelves.get(at * places.shelves.len() / 300 % places.shelves.len()).copied().unwrap_or_default();
        let consumable = matches!(component.category, "Consumables" | "Fasteners");
        let body = json!({
            "name": component.name, "IPN": format!("{}-{:04}", component.family, at + 1),
            "description": component.description, "keywords": component.keywords, "default_location": shelf,
            "category": places.category(component.category)?, "component": true, "purchaseable": true,
            "consumable": consumable, "minimum_stock": component.pack / 5,
            "default_expiry": if component.name == "Solder paste" { 180 } else { 0 },
        });
        let part = shop.api.make("part/", body).await?;
        shop.api.by(BUYER);
        let board = component.category == "Circuit boards";
        let mut made_by = None;
        if !board && let Some((maker, prefix)) = trade.makers.get(component.maker) {
            let body = json!({ "part": part, "manufacturer": maker, "MPN": format!("{prefix}{:05}", 10_000 + at * 7) });
            made_by = Some(shop.api.make("company/part/manufacturer/", body).await?);
        }
        let mut made = Stored { part, shelf, pack: component.pack, price: component.price, supplier_parts: Vec::new() };
        for (rank, supplier) in suppliers(shop, &component, board).into_iter().enumerate() {
            let Some((supplier, prefix, currency)) = trade.suppliers.get(supplier) else { continue };
            let body = json!({
                "part": part, "supplier": supplier, "SKU": format!("{prefix}-{:05}", 20_000 + at * 13 + rank),
                "manufacturer_part": made_by, "primary": rank == 0, "available": shop.dice.between(0, 40) * component.pack,
                "packaging": packaging(component.pack),
            });
            let key = shop.api.make("company/part/", body).await?;
            // The second source is dearer, and all give discounts.
            let base = component.price + component.price * i64::try_from(rank).unwrap_or(0) / 12;
            for (quantity, percent) in [(1, 160), ((component.pack / 10).max(5), 115), (component.pack.max(10), 100)] {
                let price = money((base * percent / 100).max(1));
                let body = json!({ "part": key, "quantity": quantity, "price": price, "price_currency": currency });
                shop.api.make("company/price-break/", body).await?;
            }
            made.supplier_parts.push((key, currency));
        }
        stores.names.insert(component.name, stores.all.len());
        stores.all.push(made);
    }
    Ok(stores)
}

/// Who sells a component: boards and hardware have their own, the rest one distributor or two.
fn suppliers(shop: &mut Shop<'_>, component: &Component, board: bool) -> Vec<usize> {
    if board {
        return vec![4];
    }
    if component.maker == 4 {
        return vec![3];
    }
    let first = shop.dice.below(3);
    if shop.dice.chance(35) { vec![first, (first + 1) % 3] } else { vec![first] }
}

fn packaging(pack: i64) -> &'static str {
    match pack {
        1_000.. => "Reel",
        100.. => "Tray",
        _ => "Box",
    }
}
