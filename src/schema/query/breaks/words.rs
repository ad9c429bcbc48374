//! The names in the text of a program.

use crate::schema::catalog::Name;

/// A name in the text of a program, and the name before its dot.
pub(super) struct Word {
    pub of: Option<String>,
    pub text: String,
}

impl Word {
    /// The object that it names if what stands before its dot is a schema, as in a call.
    pub(super) fn object(&self) -> Name {
        Name::folded(self.of.as_deref(), &self.text)
    }
}

/// The names in a text, folded, comments left out. Linear in the text.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let mut rest = text;
    // what stands before the dot that was just met
    let mut of: Option<String> = None;
    let mut joined = false;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'));
            let written = rest.get(..end.unwrap_or(rest.len())).unwrap_or("");
            let text = Name::fold(written);
            let of = of.take().filter(|_| joined);
            found.push(Word { of, text });
            joined = false;
            rest = rest.get(written.len()..).unwrap_or("");
            continue;
        } else if first == '"' {
            let inner = rest.get(1..).unwrap_or("");
            let end = inner.find('"').unwrap_or(inner.len());
            let text = inner.get(..end).unwrap_or("").to_string();
            let of = of.take().filter(|_| joined);
            found.push(Word { of, text });
            joined = false;
            rest = inner.get(end + 1..).unwrap_or("");
            continue;
        } else {
            if first == '.' {
                of = found.last().map(|word| word.text.clone());
            }
            joined = first == '.';
            first.len_utf8()
        };
        rest = rest.get(skipped..).unwrap_or("");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_a_text_are_its_words_outside_of_comments() {
        let text = "BEGIN -- not this\n NEW.\"Mail\" := lower(t.email) /* nor this */; END";
        let found: Vec<String> = words(text)
            .iter()
            .map(|word| match &word.of {
                Some(of) => format!("{of}.{}", word.text),
                None => word.text.clone(),
            })
            .collect();
        assert_eq!(
            found,
            ["begin", "new", "new.Mail", "lower", "t", "t.email", "end"]
        );
    }
}
