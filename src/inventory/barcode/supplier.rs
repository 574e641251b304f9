//! What suppliers print on their bags: which number for a part stands there. The fields of `DigiKey` and Mouser are those of
//! ECIA (ANSI MH10.8.2, format 06): each begins with letters that say what it is, and ends with a group separator.

use entities::inventory::{company, manufacturer_part, supplier_part};
use sea_orm::{ConnectionTrait, DbErr, QueryOrder as _, QuerySelect as _, prelude::*};

const GROUP: char = '\u{1d}';
const RECORD: char = '\u{1e}';
const END: char = '\u{4}';

/// What a bag says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Bag<'a> {
    /// Whose format it is in.
    plugin: &'static str,
    /// By what the supplier's name is known.
    vendor: &'static str,
    /// The supplier's number.
    sku: Option<&'a str>,
    /// The manufacturer's number.
    mpn: Option<&'a str>,
}

/// The part of a supplier that a bag names, and whose format it is in. Nothing if it could be several.
pub(super) async fn find(db: &impl ConnectionTrait, text: &str) -> Result<Option<(i32, &'static str)>, DbErr> {
    let Some(bag) = read(text.trim()) else { return Ok(None) };
    let Bag { plugin, vendor, sku, mpn } = bag;
    for (column, number) in [(Some(supplier_part::Column::Sku), sku), (None, mpn)] {
        let Some(number) = number else { continue };
        let query = supplier_part::Entity::find();
        let query = if let Some(column) = column {
            query.filter(column.eq(number))
        } else {
            let made = manufacturer_part::Entity::find().filter(manufacturer_part::Column::Mpn.eq(number));
            let made: Vec<i32> = made.select_only().column(manufacturer_part::Column::Id).into_tuple().all(db).await?;
            query.filter(supplier_part::Column::ManufacturerPart.is_in(made))
        };
        let found = query.order_by_asc(supplier_part::Column::Id).limit(100).all(db).await?;
        let sellers = company::Entity::find().filter(company::Column::Id.is_in(found.iter().map(|row| row.supplier)));
        let sellers: Vec<i32> = sellers
            .all(db)
            .await?
            .into_iter()
            .filter(|row| plain(&row.name).contains(vendor))
            .map(|row| row.id)
            .collect();
        let (theirs, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|row| sellers.contains(&row.supplier));
        // A manufacturer's number alone does not say who sold it, but a bag does.
        match (theirs.as_slice(), others.as_slice()) {
            ([one], _) | ([], [one]) => return Ok(Some((one.id, plugin))),
            _ => {}
        }
    }
    Ok(None)
}

/// A name's letters and digits, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn read(text: &str) -> Option<Bag<'_>> {
    ecia(text).or_else(|| lcsc(text)).or_else(|| tme(text)).filter(|bag| bag.sku.is_some() || bag.mpn.is_some())
}

fn ecia(text: &str) -> Option<Bag<'_>> {
    // Mouser's bags begin with one character more.
    let rest = text.strip_prefix('>').unwrap_or(text).strip_prefix("[)>")?;
    let rest = rest.trim_start_matches(RECORD).strip_prefix("06")?;
    let rest = rest.trim_start_matches(GROUP).trim_end_matches(END).trim_end_matches(RECORD);
    let field = |id: &str| {
        let fields = rest.split(GROUP).filter_map(|field| field.strip_prefix(id));
        fields.map(str::trim).find(|value| !value.is_empty())
    };
    let (vendor, plugin) = if field("1V").is_some() && field("30P").is_none() {
        ("mouser", "MouserPlugin")
    } else {
        ("digikey", "DigiKeyPlugin")
    };
    Some(Bag { plugin, vendor, sku: field("30P").or_else(|| field("P")), mpn: field("1P") })
}

/// `{pbn:PICK1,on:SO1,pc:C312270,pm:ST-1-102,qty:2,...}`
fn lcsc(text: &str) -> Option<Bag<'_>> {
    let inside = text.strip_prefix('{')?.strip_suffix('}')?;
    let field = |id: &str| {
        let fields = inside.split(',').filter_map(|field| field.trim().strip_prefix(id)?.strip_prefix(':'));
        fields.map(str::trim).find(|value| !value.is_empty())
    };
    // It is no JSON, whose names stand in quotes.
    Some(Bag { plugin: "LCSCPlugin", vendor: "lcsc", sku: Some(field("pc")?), mpn: field("pm") })
}

/// `QTY:1000 PN:WBP-302 PO:1234567/1 CPO:... MFR:... MPN:WBP-302 RoHS https://...`
fn tme(text: &str) -> Option<Bag<'_>> {
    let field = |id: &str| text.split_whitespace().find_map(|word| word.strip_prefix(id)?.strip_prefix(':'));
    field("QTY")?;
    let (sku, mpn) = (field("PN").filter(|value| !value.is_empty()), field("MPN").filter(|value| !value.is_empty()));
    Some(Bag { plugin: "TMEPlugin", vendor: "tme", sku, mpn })
}

#[cfg(test)]
mod tests {
    use super::{Bag, read};

    #[test]
    fn each_suppliers_bag_says_its_number() {
        for (text, plugin, sku, mpn) in [
            (
                "[)>\u{1e}06\u{1d}P296-LM358BIDDFRCT-ND\u{1d}1PLM358BIDDFR\u{1d}K\u{1d}1K72991337\u{1d}10K85781337\u{1d}Q10\u{1d}11ZPICK\u{1e}\u{4}",
                "DigiKeyPlugin",
                Some("296-LM358BIDDFRCT-ND"),
                Some("LM358BIDDFR"),
            ),
            (
                "[)>\u{1e}06\u{1d}PMINE-1\u{1d}1PX\u{1d}30PX-CT-ND\u{1d}Q1\u{1d}1VTI",
                "DigiKeyPlugin",
                Some("X-CT-ND"),
                Some("X"),
            ),
            (
                ">[)>06\u{1d}KP0-1337\u{1d}14K011\u{1d}1PMC34063ADR\u{1d}Q3\u{1d}11K073121337\u{1d}4LMX\u{1d}1VTI",
                "MouserPlugin",
                None,
                Some("MC34063ADR"),
            ),
            (
                "{pbn:PICK2009291337,on:SO2009291337,pc:C312270,pm:ST-1-102-A01-T000-RS,qty:2,mc:,cc:1,pdi:34421807}",
                "LCSCPlugin",
                Some("C312270"),
                Some("ST-1-102-A01-T000-RS"),
            ),
            (
                "QTY:1000 PN:WBP-302 PO:1123456/1 CPO:123 MFR:WISHERENTERPRISE MPN:WBP-302 RoHS https://www.tme.eu/x",
                "TMEPlugin",
                Some("WBP-302"),
                Some("WBP-302"),
            ),
        ] {
            let Bag { plugin: read_by, sku: number, mpn: maker, .. } = read(text).unwrap_or_default();
            assert_eq!((read_by, number, maker), (plugin, sku, mpn), "{text}");
        }
        for text in ["", "{}", "{\"pc\":\"C1\"}", "[)>", "[)>\u{1e}06\u{1d}Q1", "QTY:1", "{pc:}", "hello PN:1"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
