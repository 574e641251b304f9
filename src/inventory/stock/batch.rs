//! Batch codes for new stock, as the setting `STOCK_BATCH_CODE_TEMPLATE` says: a Jinja template, as in `InvenTree`.

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use entities::inventory::{part, stock_item, stock_location};
use minijinja::{UndefinedBehavior, Value};
use sea_orm::{ConnectionTrait, DbErr};

use crate::{inventory::template::Template, settings};

/// A longer code is cut.
const MAX_LENGTH: usize = 100;

/// What a code may be made of.
#[derive(Debug, Default)]
pub(in crate::inventory) struct About<'a> {
    pub(in crate::inventory) part: Option<&'a part::Model>,
    pub(in crate::inventory) location: Option<&'a stock_location::Model>,
    pub(in crate::inventory) item: Option<&'a stock_item::Model>,
    pub(in crate::inventory) quantity: Option<f64>,
}

/// A code for new stock; blank where the template is, or fails.
pub(in crate::inventory) async fn code(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    about: &About<'_>,
) -> Result<String, DbErr> {
    let template = settings::text_of(db, "STOCK_BATCH_CODE_TEMPLATE").await?;
    Ok(if template.is_empty() { template } else { render(template, now, about) })
}

fn render(template: String, now: DateTime<Utc>, about: &About<'_>) -> String {
    // As in Jinja: what is unknown of nothing is blank, not an error.
    let Some(template) = Template::parse(template, UndefinedBehavior::Chainable) else { return String::new() };
    let part = about.part.map(|part| {
        let (name, ipn, revision) = (part.name.as_str(), part.ipn.as_str(), part.revision.as_str());
        Value::from_pairs([
            ("pk", Value::from(part.id)),
            ("name", Value::from(name)),
            ("IPN", Value::from(ipn)),
            ("revision", Value::from(revision)),
            ("description", Value::from(part.description.as_str())),
        ])
    });
    let location = about.location.map(|place| {
        let (name, path) = (place.name.as_str(), place.pathstring.as_str());
        Value::from_pairs([
            ("pk", Value::from(place.id)),
            ("name", Value::from(name)),
            ("pathstring", Value::from(path)),
        ])
    });
    let item = about.item.map(|item| {
        let text = |text: &Option<String>| Value::from(text.clone().unwrap_or_default());
        Value::from_pairs([("pk", Value::from(item.id)), ("batch", text(&item.batch)), ("serial", text(&item.serial))])
    });
    let context = Value::from_pairs([
        ("date", Value::from(now.format("%Y-%m-%d %H:%M:%S").to_string())),
        ("year", Value::from(now.year())),
        ("month", Value::from(now.month())),
        ("day", Value::from(now.day())),
        ("hour", Value::from(now.hour())),
        ("minute", Value::from(now.minute())),
        ("week", Value::from(now.iso_week().week())),
        ("part", part.unwrap_or_default()),
        ("location", location.unwrap_or_default()),
        ("item", item.unwrap_or_default()),
        ("quantity", about.quantity.map(Value::from).unwrap_or_default()),
    ]);
    template.render(context, MAX_LENGTH)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{About, render};

    #[test]
    fn a_template_makes_a_code_and_a_broken_or_endless_one_none() {
        let now = DateTime::from_timestamp(1_767_323_045, 0).unwrap_or_default();
        let code =
            |template: &str| render(template.to_owned(), now, &About { quantity: Some(2.0), ..About::default() });
        assert_eq!(code("B{{ year }}-W{{ week }}-{{ quantity }}"), "B2026-W1-2.0");
        assert_eq!(code("{{ part.name }}x"), "x");
        for template in
            ["{{", "{{ 1 / 0 }}", "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}"]
        {
            assert_eq!(code(template), "", "{template}");
        }
        assert_eq!(code(&"x".repeat(200)).len(), 100);
    }
}
