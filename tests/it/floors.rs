//! The floors of `src/lib.rs`: a module names only modules below it.

use std::{fs, path::Path};

/// The table in the crate's documentation, lowest floor first.
fn floors() -> Vec<Vec<String>> {
    let text = fs::read_to_string("src/lib.rs").unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! ")?.split_once(' '));
    let mut floors: Vec<(u8, Vec<String>)> = rows
        .filter_map(|(number, names)| {
            let names = names.split("   ").next()?.split_whitespace().map(str::to_owned).collect();
            Some((number.parse().ok()?, names))
        })
        .collect();
    floors.sort_by_key(|(number, _)| *number);
    floors.into_iter().map(|(_, names)| names).collect()
}

fn visit(path: &Path, found: &mut impl FnMut(&Path, &str)) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            visit(&entry.unwrap().path(), found);
        }
    } else if path.extension().is_some_and(|e| e == "rs") {
        found(path, &fs::read_to_string(path).unwrap());
    }
}

/// The top-level modules of this crate that a text names.
fn named(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for rest in text.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            // `use crate::{a::b, c::{d, e}}`: the words at depth one.
            let (mut depth, mut word) = (1, String::new());
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                if depth == 1 && (c.is_alphanumeric() || c == '_') {
                    word.push(c);
                } else if !word.is_empty() {
                    names.push(std::mem::take(&mut word));
                    if c == ':' {
                        word = "::".into();
                    }
                }
                if depth == 0 {
                    break;
                }
            }
        } else {
            names.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    names
}

#[test]
fn a_module_names_only_modules_on_lower_floors() {
    let floors = floors();
    let floor = |module: &str| floors.iter().position(|names| names.iter().any(|name| name == module));
    assert!(floor("scope") < floor("server"), "the table of floors was not found");
    let mut breaches = Vec::new();
    visit(Path::new("src"), &mut |path, text| {
        let own = path.components().nth(1).unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs");
        if own == "lib" || own == "main" {
            return;
        }
        let Some(here) = floor(own) else { return breaches.push(format!("{own} stands on no floor")) };
        for used in named(text).iter().filter(|used| *used != own) {
            if floor(used).is_some_and(|there| there >= here) {
                breaches.push(format!("{} uses {used}", path.display()));
            }
        }
    });
    assert!(breaches.is_empty(), "{breaches:#?}");
}
