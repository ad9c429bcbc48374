//! `$version` and `$service`, and everything that looks like a variable and is none here.

use std::ops::Range;

use super::scan::{Fault, Kind, Token};
use crate::diagnostic::nearest;

/// The only substitutions.
const NAMES: [&str; 2] = ["version", "service"];

/// What a query leaves open.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    /// `$version` stands in it.
    pub version: bool,
    /// `$service` stands in it.
    pub service: bool,
    /// What is not substituted.
    pub faults: Vec<Fault>,
    /// Whether one of them stands outside of a text, so that the query cannot be parsed.
    pub outside: bool,
}

/// Looks through the tokens of `text`.
pub(super) fn variables(text: &str, tokens: &[Token]) -> Variables {
    let mut out = Variables::default();
    for token in tokens {
        let word = text.get(token.range.clone()).unwrap_or("");
        match token.kind {
            Kind::Text => in_text(word, token.range.start, &mut out),
            Kind::Variable => {
                out.outside = true;
                let name = word.trim_start_matches(['$', '{']).trim_end_matches('}');
                let fault = if NAMES.contains(&name) {
                    mark(name, &mut out);
                    let message = format!(
                        "`{word}` stands outside of quotes, where a version such as `1.2.3` would be no PromQL"
                    );
                    Fault::new(token.range.clone(), message).help(format!(
                        "write it as the value of a label: `{{{name}=\"${name}\"}}`"
                    ))
                } else {
                    unknown(token.range.clone(), word, name)
                };
                out.faults.push(fault);
            }
            _ => {}
        }
    }
    out
}

fn mark(name: &str, out: &mut Variables) {
    out.version |= name == "version";
    out.service |= name == "service";
}

fn in_text(word: &str, start: usize, out: &mut Variables) {
    let mut at = 0;
    while let Some(found) = word.get(at..).and_then(|rest| rest.find(['$', '{'])) {
        let here = at + found;
        let rest = word.get(here..).unwrap_or("");
        let (length, name) = if let Some(inner) = rest.strip_prefix("${") {
            let end = inner.find('}').unwrap_or(0);
            (end + 3, inner.get(..end).unwrap_or(""))
        } else if let Some(inner) = rest.strip_prefix("{{") {
            let end = inner.find("}}").unwrap_or(0);
            (end + 4, inner.get(..end).unwrap_or(""))
        } else if let Some(inner) = rest.strip_prefix('$') {
            let end = inner
                .bytes()
                .position(|b| !b.is_ascii_alphanumeric() && b != b'_');
            let name = inner.get(..end.unwrap_or(inner.len())).unwrap_or("");
            (name.len() + 1, name)
        } else {
            (1, "")
        };
        // `$1` and `${1}` stand for a group of `label_replace`, a lone `$` ends a pattern
        let named = name
            .trim()
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
        if !named {
            at = here + 1;
            continue;
        }
        let whole = rest.get(..length).unwrap_or(rest);
        if whole
            .strip_prefix('$')
            .is_some_and(|plain| NAMES.contains(&plain))
        {
            mark(name, out);
        } else {
            let range = start + here..start + here + whole.len();
            out.faults.push(unknown(range, whole, name.trim()));
        }
        at = here + whole.len().max(1);
    }
}

fn unknown(range: Range<usize>, whole: &str, name: &str) -> Fault {
    let fault = Fault::new(range, format!("`{whole}` is not substituted"));
    let last = name.rsplit('.').next().unwrap_or(name);
    let near = if NAMES.contains(&name) {
        Some(name)
    } else {
        nearest(last, NAMES)
    };
    if let Some(near) = near {
        return fault.help(format!("write `${near}`"));
    }
    if name.contains("interval") || name.contains("range") {
        return fault.help("write the window itself, such as `5m`: a gate's result depends on it");
    }
    fault.help("write the value itself; `$version` and `$service` are the only variables")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::scan::scan;

    fn look(text: &str) -> (bool, bool, Vec<(&str, Option<String>)>) {
        let found = variables(text, &scan(text, 64).tokens);
        let faults = found
            .faults
            .into_iter()
            .map(|f| (&text[f.range], f.help))
            .collect();
        (found.version, found.service, faults)
    }

    #[test]
    fn two_names_are_known() {
        assert_eq!(
            look("a{v=\"$version\", s=~'x-$service.*$'}"),
            (true, true, vec![])
        );
        assert_eq!(
            look("label_replace(a, \"b\", \"$1-${2}\", \"c\", \"(.*)-(.*)$\")"),
            (false, false, vec![])
        );
        let help = |text: &str| Some(text.to_string());
        assert_eq!(
            look("a{v=\"$versoin\"}"),
            (false, false, vec![("$versoin", help("write `$version`"))])
        );
        assert_eq!(
            look("a{v=\"${version}\"}"),
            (false, false, vec![("${version}", help("write `$version`"))])
        );
        assert_eq!(
            look("a{v=\"{{args.service}}\"}").2,
            [("{{args.service}}", help("write `$service`"))]
        );
        assert_eq!(look("rate(a[$__rate_interval])").2[0].0, "$__rate_interval");
        let (version, _, faults) = look("a_$version");
        assert!(version && faults[0].0 == "$version");
    }

    #[test]
    fn unclosed_forms_end_with_their_text() {
        for text in [
            "\"${\"",
            "\"${é\"",
            "\"{{\"",
            "\"{{é\"",
            "\"$\"",
            "$",
            "${",
            "\"${a\"",
            "\"$$version\"",
        ] {
            look(text);
        }
        assert!(look("\"$$version\"").0);
    }
}
