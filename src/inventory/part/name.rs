//! A part's full name, as the setting `PART_NAME_FORMAT` says: a Jinja template, as in `InvenTree`.

use minijinja::{UndefinedBehavior, Value};
use sea_orm::DbErr;

use crate::{
    ctx::Ctx,
    inventory::template::Template,
    settings::{self, global},
};

/// A longer name is cut.
const MAX_LENGTH: usize = 500;

/// How full names are made.
#[derive(Debug)]
pub(in crate::inventory) enum NameFormat {
    /// `IPN | name | revision`, of those that are not empty.
    Default,
    /// By a template of the administrator's.
    Template(Box<Template>),
}

impl NameFormat {
    /// The one that is set.
    pub(in crate::inventory) async fn current(ctx: &Ctx) -> Result<Self, DbErr> {
        let value = settings::current(ctx, global::NAME_FORMAT).await?;
        let text = value.as_ref().map_or(global::DEFAULT_NAME, settings::Value::text);
        Ok(if text == global::DEFAULT_NAME { Self::Default } else { Self::of(text) })
    }

    fn of(template: &str) -> Self {
        let parsed = Template::parse(template.to_owned(), UndefinedBehavior::Lenient);
        parsed.map_or(Self::Default, |template| Self::Template(Box::new(template)))
    }

    /// The full name of a part; by default where the template fails, so that no template makes parts unreadable.
    pub(in crate::inventory) fn full_name(&self, part: &Named<'_>) -> String {
        let Self::Template(template) = self else { return part.plain() };
        let fields = [
            ("pk", Value::from(part.pk)),
            ("id", Value::from(part.pk)),
            ("name", Value::from(part.name)),
            ("IPN", Value::from(part.ipn)),
            ("revision", Value::from(part.revision)),
            ("description", Value::from(part.description)),
            ("units", Value::from(part.units)),
        ];
        let context = Value::from_pairs([("part", Value::from_pairs(fields))]);
        let name = template.render(context, MAX_LENGTH);
        if name.is_empty() { part.plain() } else { name }
    }
}

/// What a full name is made of.
#[derive(Debug, Clone, Copy)]
pub(in crate::inventory) struct Named<'a> {
    pub(in crate::inventory) pk: i32,
    pub(in crate::inventory) name: &'a str,
    pub(in crate::inventory) ipn: &'a str,
    pub(in crate::inventory) revision: &'a str,
    pub(in crate::inventory) description: &'a str,
    pub(in crate::inventory) units: &'a str,
}

impl<'a> From<&'a entities::inventory::part::Model> for Named<'a> {
    fn from(part: &'a entities::inventory::part::Model) -> Self {
        Self {
            pk: part.id,
            name: &part.name,
            ipn: &part.ipn,
            revision: &part.revision,
            description: &part.description,
            units: part.units.as_deref().unwrap_or_default(),
        }
    }
}

impl Named<'_> {
    fn plain(&self) -> String {
        let given: Vec<&str> =
            [self.ipn, self.name, self.revision].into_iter().filter(|text| !text.is_empty()).collect();
        given.join(" | ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: Named<'_> = Named { pk: 1, name: "Screw", ipn: "S-1", revision: "", description: "d", units: "pcs" };

    #[test]
    fn the_default_template_says_what_the_default_does() {
        for ipn in ["", "S-1"] {
            for revision in ["", "B"] {
                let part = Named { ipn, revision, ..PART };
                assert_eq!(NameFormat::of(global::DEFAULT_NAME).full_name(&part), part.plain());
            }
        }
    }

    #[test]
    fn a_template_names_a_part_and_a_broken_or_endless_one_does_no_harm() {
        assert_eq!(NameFormat::of("{{ part.name }} ({{ part.IPN }})").full_name(&PART), "Screw (S-1)");
        for template in
            ["{{ part.name.x.y }}", "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}", ""]
        {
            assert_eq!(NameFormat::of(template).full_name(&PART), "S-1 | Screw", "{template}");
        }
    }
}
