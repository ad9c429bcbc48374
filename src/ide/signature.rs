//! The forms of the statement that is being written, and where in them the cursor stands.

use crate::source::Span;
use crate::vocabulary::Expected;

use super::cursor::Cursor;

/// One form of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The form as it is written, values in capitals.
    pub label: String,
    /// What the statement means.
    pub doc: &'static str,
    /// The values of the form: their places in the label, and what each may be.
    pub parameters: Vec<(std::ops::Range<usize>, String)>,
    /// The value that is written next, as an index into them.
    pub active: Option<usize>,
    /// Whether what is written so far fits this form.
    pub fits: bool,
}

/// The forms of the statement at the cursor; empty outside of statements with values.
pub fn signatures(cursor: &Cursor<'_>) -> Vec<Signature> {
    let Some(entry) = cursor.entry().filter(|_| !cursor.in_head()) else {
        return Vec::new();
    };
    let text = |span: Span| cursor.slice(span);
    let following = entry.following(cursor.args_before(), &text);
    let values = entry.values();
    let mut all = Vec::new();
    for (form, label) in entry.usages().into_iter().enumerate() {
        let mut parameters: Vec<(std::ops::Range<usize>, String)> = Vec::new();
        for (name, wanted) in &values {
            for (at, _) in label.match_indices(name.as_str()) {
                let bounded = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '-');
                let (before, after) = (
                    label.get(..at).and_then(|text| text.chars().next_back()),
                    label.get(at + name.len()..).and_then(|t| t.chars().next()),
                );
                if bounded(before) && bounded(after) {
                    parameters.push((at..at + name.len(), wanted.clone()));
                }
            }
        }
        parameters.sort_by_key(|(range, _)| range.start);
        let here = following.iter().find(|following| following.form == form);
        let next = here.and_then(|following| {
            following.next.iter().find_map(|next| match next {
                Expected::Value(name, _) => Some(name.to_uppercase()),
                _ => None,
            })
        });
        let active = next.and_then(|next| {
            let named = |(range, _): &(std::ops::Range<usize>, String)| {
                label.get(range.clone()) == Some(next.as_str())
            };
            // the value of a part that may be repeated is the last of its name
            parameters.iter().rposition(named)
        });
        all.push(Signature {
            label,
            doc: entry.doc,
            parameters,
            active,
            fits: here.is_some(),
        });
    }
    all
}
