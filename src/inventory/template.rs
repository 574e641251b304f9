//! Templates that an administrator writes in a setting: Jinja, as in `InvenTree`, for one line of text.

use minijinja::{Environment, UndefinedBehavior, Value};

/// How many steps a template may take: far more than a line needs.
const FUEL: u64 = 2000;

/// A template that parses.
#[derive(Debug)]
pub(super) struct Template(Environment<'static>);

impl Template {
    const NAME: &'static str = "line";

    /// Reads it; nothing where it is broken. `unknown`: what becomes of what is not there.
    pub(super) fn parse(text: String, unknown: UndefinedBehavior) -> Option<Self> {
        let mut environment = Environment::new();
        environment.set_fuel(Some(FUEL));
        environment.set_undefined_behavior(unknown);
        environment.add_template_owned(Self::NAME, text).ok()?;
        Some(Self(environment))
    }

    /// The line, without control characters and blanks around it, cut at a length; empty where the template fails.
    pub(super) fn render(&self, context: Value, max_length: usize) -> String {
        let rendered = self.0.get_template(Self::NAME).and_then(|template| template.render(context));
        let line: String = rendered.unwrap_or_default().chars().filter(|c| !c.is_control()).take(max_length).collect();
        line.trim().to_owned()
    }
}
