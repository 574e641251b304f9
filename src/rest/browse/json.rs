//! JSON as HTML: indented, coloured, and with its addresses as links.

use std::{collections::HashMap, fmt::Write as _};

use askama::filters;
use serde_json::Value;

/// Which numbers lead somewhere.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// By the name of a field, where the objects are to which it refers.
    pub(super) related: HashMap<String, String>,
    /// Of a list, where its objects are.
    pub(super) own: Option<String>,
}

/// A value as HTML.
pub(super) fn html(value: &Value, links: &Links) -> String {
    let mut out = String::new();
    write(&mut out, value, None, 0, links);
    out
}

fn escaped(text: &str) -> String {
    filters::escape(text, filters::Html).map(|text| text.to_string()).unwrap_or_default()
}

fn write(out: &mut String, value: &Value, name: Option<&str>, depth: usize, links: &Links) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            out.push('{');
            for (n, (name, value)) in fields.iter().enumerate() {
                line(out, n, depth + 1);
                span(out, "key", &escaped(&Value::from(name.as_str()).to_string()));
                out.push_str(": ");
                write(out, value, Some(name), depth + 1, links);
            }
            end(out, '}', depth);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (n, value) in items.iter().enumerate() {
                line(out, n, depth + 1);
                write(out, value, name, depth + 1, links);
            }
            end(out, ']', depth);
        }
        Value::String(text) => string(out, text),
        Value::Number(number) => match name.and_then(|name| links.to(name)) {
            Some(place) => {
                let place = escaped(&format!("{place}{number}/"));
                span(out, "number", &format!("<a href=\"{place}\">{number}</a>"));
            }
            None => span(out, "number", &number.to_string()),
        },
        other => span(out, "word", &other.to_string()),
    }
}

impl Links {
    fn to(&self, name: &str) -> Option<&String> {
        if name == "pk" { self.own.as_ref() } else { self.related.get(name) }
    }
}

/// An address of this server or of the web is a link; nothing else is, whatever it calls itself.
fn string(out: &mut String, text: &str) {
    let quoted = escaped(&Value::from(text).to_string());
    let local = text.starts_with('/') && !text.starts_with("//") && !text.contains('\\');
    let web = text.starts_with("http://") || text.starts_with("https://");
    if (local || web) && !text.contains(char::is_whitespace) {
        span(out, "text", &format!("<a href=\"{}\" rel=\"noreferrer\">{quoted}</a>", escaped(text)));
    } else {
        span(out, "text", &quoted);
    }
}

fn span(out: &mut String, class: &str, html: &str) {
    _ = write!(out, "<span class=\"json-{class}\">{html}</span>");
}

fn line(out: &mut String, n: usize, depth: usize) {
    if n > 0 {
        out.push(',');
    }
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}

fn end(out: &mut String, bracket: char, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
    out.push(bracket);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_in_an_answer_is_text_and_never_markup() {
        let evil = json!({ "<b>\"": "</span><script>alert(1)</script>", "u": "https://x/\"onmouseover=\"y", "j": "javascript:alert(1)", "p": "//evil.example/", "b": "/\\evil.example" });
        let html = html(&evil, &Links::default());
        assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains("\"onmouseover"), "{html}");
        assert_eq!(html.matches("<a ").count(), 1, "{html}");
    }

    #[test]
    fn a_key_leads_to_the_object_that_it_refers_to() {
        let related = [("category".to_owned(), "/api/part/category/".to_owned())].into();
        let links = Links { related, own: Some("/api/part/".to_owned()) };
        let html = html(&json!([{ "pk": 7, "category": 3, "level": 3, "parent": null }]), &links);
        assert!(html.contains("<a href=\"/api/part/7/\">7</a>"), "{html}");
        assert!(html.contains("<a href=\"/api/part/category/3/\">3</a>"), "{html}");
        assert_eq!(html.matches("<a ").count(), 2, "{html}");
    }
}
