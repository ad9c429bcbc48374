//! What constraints prove of rows, so that the server need not read them. Less is proved here than
//! the server can; what is not proved counts as a scan.

use crate::schema::catalog::{ConstraintKind, Relation};
use crate::schema::postgres::change::PartitionBound;

/// The conditions that a valid `CHECK` joins with `AND`, folded, without white space and brackets.
fn conditions(relation: &Relation) -> Vec<String> {
    let mut found = Vec::new();
    for constraint in &relation.constraints {
        let ConstraintKind::Check(condition) = &constraint.kind else {
            continue;
        };
        let text = condition.text.to_lowercase();
        // only what is joined by `AND` alone proves each of its parts
        let others = text.replace(" is not null", "");
        let joined = !others
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .any(|word| matches!(word, "or" | "not" | "case" | "between"));
        if constraint.validated && constraint.enforced && joined {
            for part in text.split(" and ") {
                found.push(squeezed(part));
            }
        }
    }
    found
}

fn squeezed(text: &str) -> String {
    let text: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '"'))
        .collect();
    // a literal's type follows from the column
    match text.split_once("::") {
        Some((value, _)) => value.to_string(),
        None => text,
    }
}

/// Whether a column is known to hold no `NULL`.
pub(super) fn not_null(relation: &Relation, column: &str) -> bool {
    relation.column(column).is_some_and(|found| found.not_null)
        || conditions(relation).contains(&squeezed(&format!("{column} is not null")))
}

/// Whether all rows are known to lie within the bound of a partition (`PartConstraintImpliedByRelConstraint`).
pub(super) fn within(relation: &Relation, key: &[String], bound: &PartitionBound) -> bool {
    let [column] = key else { return false };
    if !not_null(relation, column) {
        return false;
    }
    let proved = conditions(relation);
    let has = |sign: &str, value: &str| {
        proved.contains(&squeezed(&format!(
            "{column} {sign} {}",
            value.to_lowercase()
        )))
    };
    match bound {
        PartitionBound::Range(from, to) => {
            let open =
                |value: &str| matches!(value.to_lowercase().as_str(), "minvalue" | "maxvalue");
            match (from.as_slice(), to.as_slice()) {
                ([from], [to]) => (open(from) || has(">=", from)) && (open(to) || has("<", to)),
                _ => false,
            }
        }
        PartitionBound::List(values) => match values.as_slice() {
            [only] => has("=", only),
            _ => false,
        },
        PartitionBound::Default | PartitionBound::Hash => false,
    }
}
