//! What a trigger puts into the columns of a row before it is written, as far as its text says it.

/// An assignment to a column of the new row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The column.
    pub column: String,
    /// The columns of the new row that the value is made of; empty where it is made of none.
    pub from: Vec<String>,
}

/// What a body may hold beside assignments and their conditions.
const KNOWN: [&str; 24] = [
    "begin", "end", "if", "then", "elsif", "elseif", "else", "return", "new", "old", "is", "not",
    "null", "and", "or", "coalesce", "distinct", "from", "tg_op", "lower", "upper", "trim", "true",
    "false",
];

/// The assignments of a body of PL/pgSQL; `None` where it does anything else than to assign columns of
/// the new row. Linear in the text.
pub fn filled(body: &str) -> Option<Vec<Filled>> {
    let words = words(body)?;
    let column = |word: &str| word.strip_prefix("new.").map(str::to_string);
    let mut all = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        if words.get(at).map(String::as_str) != Some(":=") {
            let plain = word.starts_with("new.") || word.starts_with("old.");
            let sign = !word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
            if !(plain || sign || KNOWN.contains(&word.as_str())) {
                return None;
            }
            continue;
        }
        let target = column(word)?;
        let rest = words.get(at + 1..)?;
        let end = rest.iter().position(|word| word == ";")?;
        let value = rest.get(..end)?;
        let from = value.iter().filter_map(|word| column(word));
        let from = from.filter(|name| *name != target).collect();
        all.push(Filled {
            column: target,
            from,
        });
        at += 1 + end;
    }
    Some(all)
}

/// Words and signs in small letters, texts as `'`; `None` where a name stands in quotes.
fn words(body: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = body;
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("--") {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/")?.1;
        } else if let Some(text) = rest.strip_prefix('\'') {
            rest = text.split_once('\'')?.1;
            words.push("'".to_string());
        } else if first == '"' {
            return None;
        } else if rest.starts_with(":=") {
            rest = &rest[2..];
            words.push(":=".to_string());
        } else if first.is_alphanumeric() || first == '_' {
            let part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
            let end = rest.find(|c: char| !part(c)).unwrap_or(rest.len());
            words.push(rest[..end].to_lowercase());
            rest = &rest[end..];
        } else {
            if !first.is_whitespace() {
                words.push(first.to_string());
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::{Filled, filled};

    fn of(column: &str, from: &[&str]) -> Filled {
        Filled {
            column: column.to_string(),
            from: from.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn assignments_are_found_and_everything_else_is_not_understood() {
        let both = "BEGIN IF NEW.mail IS NULL THEN NEW.mail := NEW.email; ELSIF NEW.email IS NULL THEN \
                    NEW.email := NEW.mail; END IF; RETURN NEW; END";
        let found = filled(both);
        assert_eq!(
            found,
            Some(vec![of("mail", &["email"]), of("email", &["mail"])])
        );
        let made = "begin new.mail := coalesce(new.mail, lower(new.email)); return new; end";
        assert_eq!(filled(made), Some(vec![of("mail", &["email"])]));
        assert_eq!(
            filled("begin new.kind := 'x'; return new; end"),
            Some(vec![of("kind", &[])])
        );
        for more in [
            "begin insert into log values (new.id); return new; end",
            "begin perform f(new.id); return new; end",
            "begin new.mail := (select email from users); return new; end; perform x",
            "begin \"NEW\".mail := 1; end",
            "begin new.mail := ",
        ] {
            assert_eq!(filled(more), None, "{more}");
        }
    }
}
