//! What calls a function, and goes with it: defaults, checks, indexes, views.

use super::{Dropped, Refusal, column, constraint, drop, refuse, relation_mut};
use crate::schema::catalog::{Catalog, ConstraintKind, Name};

/// Something that calls a function.
enum Caller {
    Default(Name, String),
    Generated(Name, String),
    Constraint(Name, String),
    Index(Name, String),
    View(Name),
}

/// Whether a text calls one of the functions that are `meant`.
pub(super) fn calls(text: &str, meant: &dyn Fn(&str) -> bool) -> bool {
    let bytes = text.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..);
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            // a text in quotes names nothing
            b'\'' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'\'' {
                    at += 1;
                }
                at += 1;
            }
            byte if is_word(byte) => {
                let start = at;
                while at < bytes.len() && is_word(bytes[at]) {
                    at += 1;
                }
                let rest = text.get(at..).unwrap_or("").trim_start_matches('"');
                let word = text.get(start..at).unwrap_or("");
                if rest.trim_start().starts_with('(')
                    && (meant(word) || meant(&word.to_lowercase()))
                {
                    return true;
                }
            }
            _ => at += 1,
        }
    }
    false
}

/// Everything that calls one of the functions that are `meant`, in the order of the names.
fn callers(catalog: &Catalog, meant: &dyn Fn(&str) -> bool) -> Vec<Caller> {
    let mut found = Vec::new();
    for (name, own) in &catalog.relations {
        for column in &own.columns {
            let of = |text: &str| (name.clone(), text.to_string());
            if let Some(value) = &column.default
                && calls(&value.text, meant)
            {
                let (table, column_name) = of(&column.name);
                found.push(match column.generated {
                    Some(_) => Caller::Generated(table, column_name),
                    None => Caller::Default(table, column_name),
                });
            }
        }
        for constraint in &own.constraints {
            if let ConstraintKind::Check(condition) = &constraint.kind
                && calls(&condition.text, meant)
            {
                found.push(Caller::Constraint(name.clone(), constraint.name.clone()));
            }
        }
        for index in &own.indexes {
            let condition = index.predicate.as_deref().unwrap_or("");
            if index.constraint.is_none() && (calls(&index.text, meant) || calls(condition, meant))
            {
                found.push(Caller::Index(name.clone(), index.name.clone()));
            }
        }
        let reads = own.view.as_ref().map_or(&[][..], |view| &view.calls);
        if reads.iter().any(|called| meant(&called.name)) {
            found.push(Caller::View(name.clone()));
        }
    }
    found
}

/// Takes away what calls the functions that are `meant`; without `CASCADE` the server refuses.
/// `what` is what is dropped, for messages.
pub(super) fn take(
    catalog: &mut Catalog,
    what: &str,
    meant: &dyn Fn(&str) -> bool,
    cascade: bool,
    dropped: &mut Vec<Dropped>,
) -> Result<(), Refusal> {
    for caller in callers(catalog, meant) {
        let (kind, name) = match &caller {
            Caller::Default(table, column) => ("default", format!("{table}.{column}")),
            Caller::Generated(table, column) => ("column", format!("{table}.{column}")),
            Caller::Constraint(table, name) => ("constraint", format!("{table}.{name}")),
            Caller::Index(table, name) => {
                ("index", Name::folded(Some(&table.schema), name).to_string())
            }
            Caller::View(name) => ("view", name.to_string()),
        };
        if !cascade {
            return refuse(
                "2BP01",
                format!("{what} cannot be dropped: {kind} `{name}` depends on it"),
            );
        }
        match caller {
            Caller::Default(table, column) => {
                if let Some(found) = relation_mut(catalog, &table)?.column_mut(&column) {
                    found.default = None;
                }
            }
            Caller::Generated(table, column) => {
                column::drop(catalog, &table, &column, true, dropped)?;
            }
            Caller::Constraint(table, name) => {
                constraint::drop(catalog, &table, &name, true, true)?;
            }
            Caller::Index(table, name) => {
                super::index::drop(catalog, &Name::folded(Some(&table.schema), &name))?;
            }
            Caller::View(name) => {
                drop::view(catalog, &name, dropped);
                continue;
            }
        }
        dropped.push(Dropped { kind, name });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::calls;

    #[test]
    fn a_call_is_a_word_before_a_bracket() {
        let meant = |name: &str| name == "g";
        for (text, expected) in [
            ("g()", true),
            ("1 + public.G (2)", true),
            ("\"g\"(1)", true),
            ("gg()", false),
            ("g", false),
            ("'g()'", false),
            ("'it''s' || g()", true),
        ] {
            assert_eq!(calls(text, &meant), expected, "{text}");
        }
    }
}
