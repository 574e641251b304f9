//! The names of units: the one table.

use super::{DIMENSIONS, Unit, ratio::Ratio};

type Dimension = [i8; DIMENSIONS];

const fn dimension(metre: i8, kilogram: i8, second: i8, ampere: i8) -> Dimension {
    [metre, kilogram, second, ampere, 0, 0, 0, 0]
}

const NUMBER: Dimension = [0; DIMENSIONS];
const LENGTH: Dimension = dimension(1, 0, 0, 0);
const AREA: Dimension = dimension(2, 0, 0, 0);
const VOLUME: Dimension = dimension(3, 0, 0, 0);
const MASS: Dimension = dimension(0, 1, 0, 0);
const TIME: Dimension = dimension(0, 0, 1, 0);
const FREQUENCY: Dimension = dimension(0, 0, -1, 0);
const CURRENT: Dimension = dimension(0, 0, 0, 1);
const TEMPERATURE: Dimension = [0, 0, 0, 0, 1, 0, 0, 0];
const AMOUNT: Dimension = [0, 0, 0, 0, 0, 1, 0, 0];
const LIGHT: Dimension = [0, 0, 0, 0, 0, 0, 1, 0];
const DATA: Dimension = [0, 0, 0, 0, 0, 0, 0, 1];
const CHARGE: Dimension = dimension(0, 0, 1, 1);
const FORCE: Dimension = dimension(1, 1, -2, 0);
const PRESSURE: Dimension = dimension(-1, 1, -2, 0);
const ENERGY: Dimension = dimension(2, 1, -2, 0);
const POWER: Dimension = dimension(2, 1, -3, 0);
const VOLTAGE: Dimension = dimension(2, 1, -3, -1);
const RESISTANCE: Dimension = dimension(2, 1, -3, -2);
const CONDUCTANCE: Dimension = dimension(-2, -1, 3, 2);
const CAPACITANCE: Dimension = dimension(-2, -1, 4, 2);
const INDUCTANCE: Dimension = dimension(2, 1, -2, -2);
const FLUX: Dimension = dimension(2, 1, -2, -1);
const FLUX_DENSITY: Dimension = dimension(0, 1, -2, -1);
const ILLUMINANCE: Dimension = [-2, 0, 0, 0, 0, 0, 1, 0];

/// Which prefixes a unit takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefixes {
    None,
    /// `k` before a symbol, `kilo` before a word.
    Si,
    /// And `Ki`.
    Data,
}
use Prefixes::{Data, None as Bare, Si};

/// Symbols, words (their plural takes an `s`), what is measured, the factor, and the prefixes.
type Row = (&'static [&'static str], &'static [&'static str], Dimension, (i128, i128), Prefixes);

const UNITS: &[Row] = &[
    (&["m"], &["metre", "meter"], LENGTH, (1, 1), Si),
    (&["in", "\""], &["inch"], LENGTH, (254, 10_000), Bare),
    (&["ft", "'"], &["foot"], LENGTH, (3048, 10_000), Bare),
    (&["yd"], &["yard"], LENGTH, (9144, 10_000), Bare),
    (&["mi"], &["mile"], LENGTH, (1_609_344, 1000), Bare),
    (&["mil"], &["thou"], LENGTH, (254, 10_000_000), Bare),
    (&[], &["micron"], LENGTH, (1, 1_000_000), Bare),
    (&["nmi"], &["nautical_mile"], LENGTH, (1852, 1), Bare),
    (&["ha"], &["hectare"], AREA, (10_000, 1), Bare),
    (&[], &["square_metre", "square_meter"], AREA, (1, 1), Bare),
    (&[], &["acre"], AREA, (40_468_564_224, 10_000_000), Bare),
    (&["l", "L"], &["litre", "liter"], VOLUME, (1, 1000), Si),
    (&["cc"], &[], VOLUME, (1, 1_000_000), Bare),
    (&[], &["cubic_metre", "cubic_meter"], VOLUME, (1, 1), Bare),
    (&["gal"], &["gallon"], VOLUME, (3_785_411_784, 1_000_000_000_000), Bare),
    (&["g"], &["gram"], MASS, (1, 1000), Si),
    (&["t"], &["tonne"], MASS, (1000, 1), Bare),
    (&["lb", "lbs"], &["pound"], MASS, (45_359_237, 100_000_000), Bare),
    (&["oz"], &["ounce"], MASS, (45_359_237, 1_600_000_000), Bare),
    (&["s", "sec"], &["second"], TIME, (1, 1), Si),
    (&["min"], &["minute"], TIME, (60, 1), Bare),
    (&["h", "hr"], &["hour"], TIME, (3600, 1), Bare),
    (&["d"], &["day"], TIME, (86_400, 1), Bare),
    (&[], &["week"], TIME, (604_800, 1), Bare),
    (&["yr", "a"], &["year"], TIME, (31_557_600, 1), Bare),
    (&["Hz"], &["hertz"], FREQUENCY, (1, 1), Si),
    (&["rpm"], &[], FREQUENCY, (1, 60), Bare),
    (&["Bd"], &["baud"], FREQUENCY, (1, 1), Si),
    (&["A"], &["ampere", "amp"], CURRENT, (1, 1), Si),
    (&["K"], &["kelvin"], TEMPERATURE, (1, 1), Si),
    (&["mol"], &["mole"], AMOUNT, (1, 1), Si),
    (&["cd"], &["candela"], LIGHT, (1, 1), Si),
    (&["lm"], &["lumen"], LIGHT, (1, 1), Si),
    (&["lx"], &["lux"], ILLUMINANCE, (1, 1), Si),
    (&["C"], &["coulomb"], CHARGE, (1, 1), Si),
    (&["Ah"], &["ampere_hour", "amp_hour"], CHARGE, (3600, 1), Si),
    (&["N"], &["newton"], FORCE, (1, 1), Si),
    (&["kgf"], &[], FORCE, (980_665, 100_000), Bare),
    (&["lbf"], &[], FORCE, (44_482_216_152_605, 10_000_000_000_000), Bare),
    (&["Nm"], &[], ENERGY, (1, 1), Si),
    (&["Pa"], &["pascal"], PRESSURE, (1, 1), Si),
    (&["bar"], &[], PRESSURE, (100_000, 1), Si),
    (&["atm"], &["atmosphere"], PRESSURE, (101_325, 1), Bare),
    (&["psi"], &[], PRESSURE, (6_894_757, 1000), Bare),
    (&["J"], &["joule"], ENERGY, (1, 1), Si),
    (&["eV"], &["electron_volt"], ENERGY, (1_602_176_634, 10_000_000_000_000_000_000_000_000_000), Si),
    (&["Wh"], &["watt_hour"], ENERGY, (3600, 1), Si),
    (&["cal"], &["calorie"], ENERGY, (4184, 1000), Si),
    (&["W"], &["watt"], POWER, (1, 1), Si),
    (&["VA"], &["volt_ampere"], POWER, (1, 1), Si),
    (&["hp"], &["horsepower"], POWER, (74_569_987_158_227_022, 100_000_000_000_000), Bare),
    (&["V"], &["volt"], VOLTAGE, (1, 1), Si),
    (&["ohm", "Ohm", "\u{3a9}", "\u{2126}", "R"], &["ohm"], RESISTANCE, (1, 1), Si),
    (&["S"], &["siemens", "mho"], CONDUCTANCE, (1, 1), Si),
    (&["F"], &["farad"], CAPACITANCE, (1, 1), Si),
    (&["H"], &["henry"], INDUCTANCE, (1, 1), Si),
    (&["Wb"], &["weber"], FLUX, (1, 1), Si),
    (&["T"], &["tesla"], FLUX_DENSITY, (1, 1), Si),
    (&["G"], &["gauss"], FLUX_DENSITY, (1, 10_000), Bare),
    (&["bit", "b"], &["bit"], DATA, (1, 1), Data),
    (&["B"], &["byte"], DATA, (8, 1), Data),
    (&["rad"], &["radian"], NUMBER, (1, 1), Si),
    // 355/113 is pi to six digits, which is what a protractor reads.
    (&["deg", "\u{b0}"], &["degree"], NUMBER, (355, 113 * 180), Bare),
    (&["rev"], &["revolution", "turn"], NUMBER, (2 * 355, 113), Bare),
    // A level compares like with like: its number stays as it is.
    (&["dB", "dBm"], &["decibel"], NUMBER, (1, 1), Bare),
    (&["%"], &["percent"], NUMBER, (1, 100), Bare),
    (&["ppm"], &[], NUMBER, (1, 1_000_000), Bare),
    (
        &["pcs", "pc", "ea", "qty"],
        &["piece", "each", "unit", "part", "item", "count", "dimensionless"],
        NUMBER,
        (1, 1),
        Bare,
    ),
    (&["dz"], &["dozen"], NUMBER, (12, 1), Bare),
    (&["pr"], &["pair"], NUMBER, (2, 1), Bare),
    (&[], &["gross"], NUMBER, (144, 1), Bare),
    (&[], &["ream"], NUMBER, (500, 1), Bare),
];

/// Symbols, words and powers of ten of the prefixes.
const PREFIXES: &[(&[&str], &str, i32)] = &[
    (&["Y"], "yotta", 24),
    (&["Z"], "zetta", 21),
    (&["E"], "exa", 18),
    (&["P"], "peta", 15),
    (&["T"], "tera", 12),
    (&["G"], "giga", 9),
    (&["M"], "mega", 6),
    (&["k"], "kilo", 3),
    (&["h"], "hecto", 2),
    (&["da"], "deca", 1),
    (&["d"], "deci", -1),
    (&["c"], "centi", -2),
    (&["m"], "milli", -3),
    (&["u", "\u{b5}", "\u{3bc}"], "micro", -6),
    (&["n"], "nano", -9),
    (&["p"], "pico", -12),
    (&["f"], "femto", -15),
    (&["a"], "atto", -18),
];

/// The prefixes of data that are powers of 1024.
const BINARY: &[(&str, u32)] = &[("Ki", 1), ("Mi", 2), ("Gi", 3), ("Ti", 4), ("Pi", 5)];

/// The power of ten that a letter stands for inside a number, as in `4k7`.
pub(super) fn letter(c: char) -> Option<i32> {
    match c {
        'G' => Some(9),
        'M' => Some(6),
        'k' | 'K' => Some(3),
        'R' => Some(0),
        'm' => Some(-3),
        'u' | '\u{b5}' | '\u{3bc}' => Some(-6),
        'n' => Some(-9),
        'p' => Some(-12),
        _ => None,
    }
}

/// A named unit, with its prefix if it has one.
pub(super) fn find(name: &str) -> Option<Unit> {
    match name {
        "degC" | "\u{b0}C" | "celsius" | "degree_Celsius" => return temperature((1, 1), (27_315, 100)),
        "degF" | "\u{b0}F" | "fahrenheit" | "degree_Fahrenheit" => return temperature((5, 9), (45_967 * 5, 900)),
        "feet" => return find("foot"),
        "inches" => return find("inch"),
        _ => {}
    }
    // The longest unit first: `min` is a minute, not a milli-inch.
    if let Some(unit) = UNITS.iter().find_map(|row| named(row, name)) {
        return Some(unit);
    }
    UNITS.iter().filter(|row| row.4 != Bare).find_map(|row| prefixed(row, name))
}

fn unit(row: &Row, scale: Ratio) -> Option<Unit> {
    let factor = Ratio::new(row.3.0, row.3.1)?.times(scale)?;
    Some(Unit { dimension: row.2, factor, offset: Ratio::ZERO })
}

fn is_word(row: &Row, name: &str) -> bool {
    let singular = name.strip_suffix('s').unwrap_or(name);
    row.1.iter().any(|word| word.eq_ignore_ascii_case(name) || word.eq_ignore_ascii_case(singular))
}

fn named(row: &Row, name: &str) -> Option<Unit> {
    if row.0.contains(&name) || is_word(row, name) { unit(row, Ratio::ONE) } else { None }
}

fn prefixed(row: &Row, name: &str) -> Option<Unit> {
    for (symbols, word, power) in PREFIXES {
        let by_symbol =
            symbols.iter().any(|prefix| name.strip_prefix(prefix).is_some_and(|rest| row.0.contains(&rest)));
        if by_symbol || name.strip_prefix(word).is_some_and(|rest| is_word(row, rest)) {
            return unit(row, Ratio::power_of_ten(*power)?);
        }
    }
    let (rest, power) = BINARY
        .iter()
        .filter(|_| row.4 == Data)
        .find_map(|(prefix, power)| Some((name.strip_prefix(prefix)?, *power)))?;
    if row.0.contains(&rest) { unit(row, Ratio::new(1024_i128.pow(power), 1)?) } else { None }
}

fn temperature(factor: (i128, i128), offset: (i128, i128)) -> Option<Unit> {
    Some(Unit {
        dimension: TEMPERATURE,
        factor: Ratio::new(factor.0, factor.1)?,
        offset: Ratio::new(offset.0, offset.1)?,
    })
}
