//! The keys of a configuration file, as versions name what they need: `per-client.burst`.

use crate::diagnostic::Findings;
use crate::source::{FileId, Spanned};

use super::node::{Kind, Node};
use super::tree;

/// The most keys that are taken from one file.
const MAX_KEYS: usize = 10_000;

/// The dotted paths of all keys of a YAML or JSON text, at every depth, with where each key stands;
/// keys inside lists have no path. `None` when a part of the text could not be read, or there are
/// more than 10,000 keys: what is missing may then be there.
pub fn keys(file: FileId, text: &str) -> Option<Vec<Spanned<String>>> {
    let trees = tree::read(file, text, &mut Findings::new());
    if trees.broken {
        return None;
    }
    let mut found = Vec::new();
    let mut open: Vec<(String, &Node)> = trees
        .roots
        .iter()
        .rev()
        .map(|root| (String::new(), root))
        .collect();
    while let Some((path, node)) = open.pop() {
        let Kind::Map(entries) = &node.kind else {
            continue;
        };
        for entry in entries.iter() {
            if found.len() == MAX_KEYS {
                return None;
            }
            let path = match path.as_str() {
                "" => entry.key.to_string(),
                path => format!("{path}.{}", entry.key),
            };
            found.push(Spanned::new(path.clone(), entry.key_span));
            open.push((path, &entry.value));
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::keys;
    use crate::source::FileId;

    fn of(text: &str) -> Option<Vec<String>> {
        let found = keys(FileId(0), text)?;
        Some(found.into_iter().map(|key| key.value).collect())
    }

    #[test]
    fn keys_are_paths() {
        let text = "per-client:\n  burst: 1\nexempt:\n  - a: 1\n";
        let found = of(text).expect("readable");
        assert_eq!(found, ["per-client", "exempt", "per-client.burst"]);
        assert_eq!(
            of("{\"a\": {\"b\": 1}}"),
            Some(vec!["a".into(), "a.b".into()])
        );
    }

    #[test]
    fn what_cannot_be_read_has_no_keys() {
        assert_eq!(of("a: [1"), None);
        assert_eq!(of(""), Some(Vec::new()));
    }
}
