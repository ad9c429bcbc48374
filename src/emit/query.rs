//! Queries with their two substitutions, and how far back they look.

use crate::model::Gate;
use crate::promql::ratio;

/// The query with `$service` and `$version` replaced.
pub fn substitute(query: &str, service: &str, version: &str) -> String {
    let mut out = String::with_capacity(query.len());
    let mut rest = query;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let replaced = [("$service", service), ("$version", version)]
            .into_iter()
            .find(|(name, _)| {
                from.strip_prefix(name).is_some_and(|behind| {
                    !behind.starts_with(|c: char| c.is_alphanumeric() || c == '_')
                })
            });
        let taken = match replaced {
            Some((name, value)) => {
                out.push_str(value);
                name.len()
            }
            None => {
                out.push('$');
                1
            }
        };
        rest = from.get(taken..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

/// The query without the indentation of the plan file; texts in backticks, which may hold lines,
/// are left alone with all the rest.
pub fn dedent(query: &str) -> String {
    if query.contains('`') {
        return query.to_string();
    }
    let lines: Vec<&str> = query
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    let indent = lines
        .iter()
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    lines
        .iter()
        .map(|line| line.get(indent..).unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Whether a value can stand inside a quoted text of any query: it cannot end the text, and the
/// letters mean themselves.
pub fn fits(value: &str) -> bool {
    !value.is_empty()
        && value
            .chars()
            .all(|c| c.is_alphanumeric() || "-_./:@+%=".contains(c))
}

/// What has to be written before the gate's comparison with the baseline can be a test of two samples;
/// `None` where it is one, and where nothing is compared.
pub fn uncountable(gate: &Gate) -> Option<String> {
    let query = gate.query.as_ref()?;
    (gate.compares() && ratio(&query.value).is_none()).then(|| {
        format!(
            "a query of gate `{}` that is a share of counts, as `sum(rate(events[5m])) / sum(rate(requests[5m]))`: only counts say whether the new version is significantly worse than the baseline",
            gate.name.value
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_names_are_replaced() {
        let query =
            "sum(rate(a{app=\"$service\", v=\"$version\", x=\"$versions $ $$version\"}[2m]))";
        assert_eq!(
            substitute(query, "web", "7"),
            "sum(rate(a{app=\"web\", v=\"7\", x=\"$versions $ $7\"}[2m]))"
        );
        assert_eq!(dedent("\n    (a\n      / b)\n  "), "(a\n  / b)");
        assert!(fits("1.2.3") && fits("web-42") && !fits("a\"b") && !fits("a b") && !fits("{{x}}"));
    }
}
