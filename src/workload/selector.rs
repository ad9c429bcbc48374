//! Label selectors.

use super::fields::{At, Reader};
use super::pod::Pairs;
use crate::source::{Span, Spanned};

/// Which pods are meant.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    /// Its whole map.
    pub span: Option<Span>,
    /// Labels that must have these values.
    pub labels: Pairs,
    /// Further conditions.
    pub expressions: Vec<Expression>,
}

/// One of `matchExpressions`.
#[derive(Clone, Debug)]
pub struct Expression {
    /// The label.
    pub key: Spanned<String>,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: Spanned<String>,
    /// What it is compared with.
    pub values: Vec<Spanned<String>>,
}

impl Selector {
    /// Whether it selects everything.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.expressions.is_empty()
    }

    /// Whether pods with `labels` are selected. An empty selector selects all, and an operator that
    /// is unknown selects none.
    pub fn matches(&self, labels: &Pairs) -> bool {
        let value = |key: &str| {
            labels
                .iter()
                .find(|(name, _)| name.value == key)
                .map(|(_, value)| value.value.as_str())
        };
        self.labels
            .iter()
            .all(|(key, wanted)| value(&key.value) == Some(&wanted.value))
            && self.expressions.iter().all(|expression| {
                let value = value(&expression.key.value);
                let listed =
                    value.is_some_and(|value| expression.values.iter().any(|v| v.value == value));
                match expression.operator.value.as_str() {
                    "In" => listed,
                    "NotIn" => !listed,
                    "Exists" => value.is_some(),
                    "DoesNotExist" => value.is_none(),
                    _ => false,
                }
            })
    }
}

/// A selector with `matchLabels` and `matchExpressions`.
pub(super) fn read(reader: &mut Reader<'_>, parent: &At<'_>, key: &str) -> Option<Selector> {
    let at = reader.map(parent, key)?;
    Some(Selector {
        span: Some(at.node.span),
        labels: reader.texts(&at, "matchLabels"),
        expressions: reader.each(&at, "matchExpressions", |reader, at| {
            let values = match reader.list(at, "values") {
                Some(list) => {
                    let items: Vec<At<'_>> = list.items().collect();
                    items
                        .iter()
                        .filter_map(|item| reader.text_of(item))
                        .collect()
                }
                None => Vec::new(),
            };
            Some(Expression {
                key: reader.text(at, "key")?,
                operator: reader.text(at, "operator")?,
                values,
            })
        }),
    })
}
