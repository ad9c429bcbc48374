//! The language reference in Markdown, written from the table.

use std::fmt::Write;

use super::{Place, SlotKind, pattern::Node};

/// The text of `docs/reference.md`.
pub fn reference() -> String {
    let mut out = String::from(HEAD);
    for place in Place::ALL {
        let _ = writeln!(out, "\n## {}\n", title(place));
        for entry in place.entries() {
            let _ = writeln!(out, "### `{}` {}\n", entry.word, place.phrase());
            out.push_str("```\n");
            for form in entry.forms {
                let block = match (entry.block, entry.block_required) {
                    (Some(_), true) => " { ... }",
                    (Some(_), false) => " [{ ... }]",
                    (None, _) => "",
                };
                let gap = if form.is_empty() { "" } else { " " };
                let _ = writeln!(out, "{}{gap}{form}{block}", entry.word);
            }
            out.push_str("```\n\n");
            let _ = writeln!(out, "{}", entry.doc);
            let often = match (entry.required, entry.many) {
                (true, true) => "At least once.",
                (true, false) => "Exactly once.",
                (false, true) => "Any number of times.",
                (false, false) => "At most once.",
            };
            let _ = writeln!(
                out,
                "\n{often} Example: `{}`\n",
                entry.example.replace('`', "'")
            );
        }
    }
    out.push_str(&values());
    out
}

const HEAD: &str = "# Language reference

This page is written by `switchback explain --reference` from the table that the compiler itself reads; a test fails when it is stale.

Forms: `<name:kind>` is a value, `<name:kind from 1 to 100>` one in that range, `(...)?` may be left out, `(...)*` may be repeated, `...` behind a value means one or more separated by `,` (a list `[a, b]` is as good), `a|b` is a choice of words. A statement ends with its line or with `;`; a line carries on after `,`, `->`, another operator or an opening bracket. `#` begins a comment, `##` documents the statement below it.

Paths are seen from the file that names them and stay below the project root: the nearest folder upwards that holds `switchback.toml` or a repository. An `import` makes the declarations of that one file visible, not those that it imports in turn. Percentages of counts state how they are rounded: a surge and a canary's size up, unavailability down. A block that was written on one line stays on one line when it is formatted, if it fits.
";

fn title(place: Place) -> String {
    let phrase = place.phrase();
    let mut chars = phrase.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + chars.as_str())
        .unwrap_or_default()
}

/// The kinds of values with an example each, as far as the table uses them.
fn values() -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut visit = |kind: SlotKind| {
        let name = match kind {
            SlotKind::Choice(_) | SlotKind::Ref(_) => return,
            SlotKind::AnyText => "any-text".to_string(),
            other => format!("{other:?}").to_lowercase(),
        };
        let wanted = match kind {
            SlotKind::Name => {
                "a name: at most 63 letters (a to z), digits, `-` and `_`, the first a letter or digit"
                    .to_string()
            }
            other => other.wanted(),
        };
        let row = (name, wanted);
        if !rows.contains(&row) {
            rows.push(row);
        }
    };
    for place in Place::ALL {
        for entry in place.entries() {
            for form in entry.compiled() {
                slots(form, &mut visit);
            }
        }
    }
    rows.sort();
    let mut out = String::from("\n## Values\n\n| kind | what to write |\n| --- | --- |\n");
    for (name, wanted) in rows {
        let _ = writeln!(out, "| {name} | {} |", wanted.replace('|', "\\|"));
    }
    out
}

fn slots(nodes: &[Node], visit: &mut dyn FnMut(SlotKind)) {
    for node in nodes {
        match node {
            Node::Slot(_, kind, _) | Node::Many(_, kind) => visit(*kind),
            Node::ManyOf(inner) | Node::Optional(inner) | Node::Repeat(inner) => {
                slots(inner, visit)
            }
            Node::Word(_) | Node::Op(_) => {}
        }
    }
}
