//! Whether a check lets through all that another lets through: a wider limit, a longer list.

use std::collections::BTreeSet;

/// A condition on one column.
#[derive(Debug, PartialEq)]
enum Atom {
    /// One of these constants.
    In(String, BTreeSet<String>),
    /// Below a number; `true` where it may be equal.
    Below(String, f64, bool),
    /// Above a number; `true` where it may be equal.
    Above(String, f64, bool),
}

/// Whether each row that `old` lets through `new` lets through too, as far as both are a comparison
/// of a column with a number, or a list of constants, joined by `AND`.
pub(super) fn implies(old: &str, new: &str) -> bool {
    let (Some(old), Some(new)) = (atoms(old), atoms(new)) else {
        return false;
    };
    new.iter()
        .all(|new| old.iter().any(|old| new.holds_where(old)))
}

impl Atom {
    fn holds_where(&self, old: &Atom) -> bool {
        match (old, self) {
            (Atom::In(column, few), Atom::In(own, many)) => column == own && few.is_subset(many),
            (Atom::Below(column, old, equal), Atom::Below(own, limit, may_equal)) => {
                column == own && (old < limit || (old == limit && (*may_equal || !equal)))
            }
            (Atom::Above(column, old, equal), Atom::Above(own, limit, may_equal)) => {
                column == own && (old > limit || (old == limit && (*may_equal || !equal)))
            }
            _ => false,
        }
    }
}

/// The conditions that are joined; `None` where one is of another kind.
fn atoms(text: &str) -> Option<Vec<Atom>> {
    let text = bare(text);
    let lower = text.to_ascii_lowercase();
    if lower.contains("between") {
        return None;
    }
    let mut found = Vec::new();
    let (mut depth, mut quoted, mut start) = (0usize, false, 0);
    for (at, byte) in lower.bytes().enumerate() {
        match byte {
            b'\'' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth = depth.checked_sub(1)?,
            b' ' if !quoted && depth == 0 => {
                let rest = lower.get(at..)?;
                if rest.starts_with(" or ") {
                    return None;
                }
                if rest.starts_with(" and ") {
                    found.push(atom(text.get(start..at)?)?);
                    start = at + 5;
                }
            }
            _ => {}
        }
    }
    found.push(atom(text.get(start..)?)?);
    Some(found)
}

fn atom(text: &str) -> Option<Atom> {
    let text = bare(text);
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    let (column, rest) = text.split_at_checked(end)?;
    let starts = |c: char| c.is_ascii_lowercase() || c == '_';
    if !column.starts_with(starts) || column.chars().any(|c| c.is_ascii_uppercase()) {
        return None;
    }
    let rest = rest.trim();
    let number = |text: &str| {
        let number: f64 = text.trim().parse().ok()?;
        number.is_finite().then_some(number)
    };
    let column = column.to_string();
    if let Some(limit) = rest.strip_prefix("<=") {
        return Some(Atom::Below(column, number(limit)?, true));
    }
    if let Some(limit) = rest.strip_prefix(">=") {
        return Some(Atom::Above(column, number(limit)?, true));
    }
    if let Some(limit) = rest.strip_prefix('<') {
        return Some(Atom::Below(column, number(limit)?, false));
    }
    if let Some(limit) = rest.strip_prefix('>') {
        return Some(Atom::Above(column, number(limit)?, false));
    }
    let (word, list) = rest.split_at_checked(2)?;
    let inner = list.trim().strip_prefix('(')?.strip_suffix(')')?;
    word.eq_ignore_ascii_case("in")
        .then(|| constants(inner))?
        .map(|list| Atom::In(column, list))
}

/// Quoted constants and whole numbers with commas between them.
fn constants(list: &str) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut rest = list.trim();
    loop {
        let end = match rest.strip_prefix('\'') {
            Some(inner) => inner.find('\'')? + 2,
            None => rest.find(',').unwrap_or(rest.len()),
        };
        let (constant, behind) = rest.split_at_checked(end)?;
        let constant = constant.trim();
        let is_number = constant.parse::<i64>().is_ok();
        if !is_number && !constant.starts_with('\'') {
            return None;
        }
        found.insert(constant.to_string());
        let behind = behind.trim_start();
        if behind.is_empty() {
            return Some(found);
        }
        rest = behind.strip_prefix(',')?.trim_start();
    }
}

/// A text without the brackets around the whole of it.
fn bare(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(inner) = text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        let mut depth = 0i32;
        let whole = inner.bytes().all(|byte| {
            depth += i32::from(byte == b'(') - i32::from(byte == b')');
            depth >= 0
        });
        if !whole || depth != 0 || inner.contains('\'') {
            return text;
        }
        text = inner.trim();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::implies;

    #[test]
    fn a_wider_limit_and_a_longer_list_follow_from_the_old_one() {
        for (old, new, follows) in [
            ("total < 100", "total < 1000", true),
            ("total < 100", "total <= 100", true),
            ("total <= 100", "total < 100", false),
            ("total > 0 AND total < 10", "total < 20", true),
            ("total < 20", "total > 0 AND total < 20", false),
            ("s IN ('a','x')", "s in ('a', 'x', 'c')", true),
            ("s IN ('a','b')", "s IN ('a')", false),
            ("s IN ('a')", "t IN ('a')", false),
            ("a < 1 OR b < 1", "a < 2", false),
            ("lower(s) IN ('a')", "lower(s) IN ('a', 'b')", false),
            ("s IN ('a, b')", "s IN ('a', 'b')", false),
        ] {
            assert_eq!(implies(old, new), follows, "{old} / {new}");
        }
    }
}
