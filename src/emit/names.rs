//! Names that Kubernetes and Cloud Run accept, made from names of the language.

/// The longest label of DNS.
const MAX_LABEL: usize = 63;

/// The parts joined by `-` as a DNS-1035 label: lower-case letters, digits and `-`, a letter first,
/// at most 63 characters. A name that had to be changed ends in a sum of what it was, so that two
/// names never become one.
pub fn label<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let whole = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    if is_label(&whole) {
        return whole;
    }
    let mut name = String::new();
    for c in whole.chars().take(MAX_LABEL - 9) {
        match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() => name.push(c),
            _ if name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        name.insert(0, 'x');
    }
    format!("{}-{:08x}", name.trim_end_matches('-'), sum(&whole))
}

/// Whether it is a DNS-1035 label.
pub fn is_label(name: &str) -> bool {
    name.len() <= MAX_LABEL
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The path part of a file name: what a label allows, without its limit on the first letter.
pub fn part(text: &str) -> String {
    let plain = !text.is_empty()
        && text.len() <= MAX_LABEL
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if plain {
        text.to_string()
    } else {
        label([text])
    }
}

/// FNV-1a: stable across runs and machines.
fn sum(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |sum, byte| {
        (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_labels_and_stay_apart() {
        assert_eq!(label(["checkout-42", "errors"]), "checkout-42-errors");
        let hostile = [
            "",
            "42",
            "1.0",
            "1-0",
            "Ähre",
            "a b",
            "../x",
            "x\n",
            "A",
            "$(id)",
            &"n".repeat(99),
        ];
        let mut seen = Vec::new();
        for name in hostile {
            let label = label([name]);
            assert!(is_label(&label), "{name} {label}");
            assert!(!seen.contains(&label), "{name} {label}");
            seen.push(label);
        }
        assert_eq!(part("0042"), "0042");
    }
}
