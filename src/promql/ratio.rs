//! Queries that are a share, `events / requests`: their two halves as counts, and the same query
//! over another window.
//!
//! A comparison of two samples needs counts. `increase(m[5m])` is one; `rate(m[5m])` is one divided
//! by the 300 seconds. Both are extrapolated by Prometheus to the ends of the window, so counts are
//! estimates, rounded to whole numbers by whoever uses them.

use std::ops::Range;

use promql_parser::parser::{Expr, LabelModifier};

use super::scan::{Kind, Scan, Token, scan};
use super::words::is_one_of;
use super::{MAX_DEPTH, facts, parse, plain};

/// The halves of a share.
#[derive(Clone, Debug, PartialEq)]
pub struct Ratio {
    /// The query that counts events; bytes of the whole.
    pub events: Range<usize>,
    /// The query that counts requests; bytes of the whole.
    pub requests: Range<usize>,
    /// What the value of `events` is multiplied by to be a count.
    pub events_scale: f64,
    /// The same of `requests`.
    pub requests_scale: f64,
}

/// The halves of `text`, where it is `events / requests` with sums of `rate` or `increase` on both
/// sides. `None` for any other query, for one that is beyond the limits of a query, and for one that
/// is no PromQL.
pub fn ratio(text: &str) -> Option<Ratio> {
    let scan = sound(text)?;
    let tokens = &scan.tokens;
    let (mut first, mut end) = (0, tokens.len());
    // `(a / b)`
    while is_open(text, tokens, first) && tokens.get(first)?.partner == Some(end.checked_sub(1)?) {
        (first, end) = (first + 1, end - 1);
    }
    let mut divides = None;
    let mut at = first;
    while at < end {
        let token = tokens.get(at)?;
        let word = text.get(token.range.clone())?;
        match token.kind {
            Kind::Open => at = token.partner?.max(at),
            Kind::Operator if word == "/" && divides.is_none() => divides = Some(at),
            Kind::Operator => return None,
            Kind::Word if is_one_of(word, &["or", "and", "unless", "atan2", "on", "ignoring"]) => {
                return None;
            }
            _ => {}
        }
        at += 1;
    }
    let divides = divides?;
    let events = part(tokens, first, divides)?;
    let requests = part(tokens, divides + 1, end)?;
    let plain = plain(text, tokens);
    let scale = |range: &Range<usize>| count(&parse(plain.get(range.clone())?).ok()?);
    Some(Ratio {
        events_scale: scale(&events)?,
        requests_scale: scale(&requests)?,
        events,
        requests,
    })
}

/// The query with every range in brackets replaced by `window`, as `5m`. `None` where it has none,
/// where one belongs to a subquery, and where it is no query.
pub fn over(text: &str, window: &str) -> Option<String> {
    let scan = sound(text)?;
    let mut out = String::with_capacity(text.len());
    let mut written = 0;
    for (at, token) in scan.tokens.iter().enumerate() {
        if token.kind != Kind::Open || text.get(token.range.clone()) != Some("[") {
            continue;
        }
        let close = token.partner?;
        // a subquery holds a colon
        if close != at + 2 {
            return None;
        }
        let from = token.range.end;
        let to = scan.tokens.get(close)?.range.start;
        out.push_str(text.get(written..from)?);
        out.push_str(window);
        written = to;
    }
    if written == 0 {
        return None;
    }
    out.push_str(text.get(written..)?);
    Some(out)
}

fn sound(text: &str) -> Option<Scan> {
    if text.len() > super::MAX_BYTES {
        return None;
    }
    let scan = scan(text, MAX_DEPTH);
    let fits = scan.faults.is_empty() && super::beyond_limits(text, &scan).is_none();
    fits.then_some(scan)
}

fn is_open(text: &str, tokens: &[Token], at: usize) -> bool {
    tokens
        .get(at)
        .is_some_and(|token| text.get(token.range.clone()) == Some("("))
}

fn part(tokens: &[Token], from: usize, to: usize) -> Option<Range<usize>> {
    let start = tokens.get(from)?.range.start;
    let end = tokens.get(to.checked_sub(1)?)?.range.end;
    (from < to).then_some(start..end)
}

/// What the value of a sum of `rate` or `increase` is multiplied by to be a count; the caller has
/// bounded its depth.
fn count(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Paren(paren) => count(&paren.expr),
        Expr::Aggregate(aggregate) if aggregate.op.to_string() == "sum" => {
            let whole = match &aggregate.modifier {
                None => true,
                Some(LabelModifier::Include(labels)) => labels.labels.is_empty(),
                Some(LabelModifier::Exclude(_)) => false,
            };
            whole.then(|| count(&aggregate.expr)).flatten()
        }
        Expr::Call(call) => {
            let [range] = call.args.args.as_slice() else {
                return None;
            };
            let Expr::MatrixSelector(matrix) = &**range else {
                return None;
            };
            match call.func.name {
                "increase" => Some(1.0),
                "rate" => Some(matrix.range.as_secs_f64()),
                _ => None,
            }
        }
        Expr::Binary(binary) => match binary.op.to_string().as_str() {
            // nothing where there is nothing
            "or" => (facts::otherwise(&binary.rhs) == Some(0.0)).then(|| count(&binary.lhs))?,
            "+" => {
                let (left, right) = (count(&binary.lhs)?, count(&binary.rhs)?);
                (left == right).then_some(left)
            }
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_two_sums_has_counts() {
        let query = "((sum(rate(h{v=\"1\", code=~\"5..\"}[2m])) or vector(0))\n / sum(increase(h{v=\"1\"}[2m])))";
        let found = ratio(query).expect("a share");
        assert_eq!(
            &query[found.events.clone()],
            "(sum(rate(h{v=\"1\", code=~\"5..\"}[2m])) or vector(0))"
        );
        assert_eq!(
            &query[found.requests.clone()],
            "sum(increase(h{v=\"1\"}[2m]))"
        );
        assert_eq!((found.events_scale, found.requests_scale), (120.0, 1.0));
        let sum = "(sum(rate(a[1m])) + sum(rate(b[1m]))) / sum(rate(c[1m]))";
        assert_eq!(ratio(sum).map(|found| found.events_scale), Some(60.0));
    }

    #[test]
    fn what_is_no_share_of_counts_has_none() {
        for query in [
            "sum(rate(a[1m]))",
            "a / b",
            "sum(rate(a[1m])) / sum(rate(b[1m])) * 100",
            "sum(rate(a[1m])) / on (x) sum(rate(b[1m]))",
            "avg(rate(a[1m])) / sum(rate(b[1m]))",
            "sum by (x) (rate(a[1m])) / sum(rate(b[1m]))",
            "sum(rate(a[1m]) / rate(b[1m]))",
            "sum(rate(a[1m])) / (sum(rate(b[1m])) or vector(1))",
            "(sum(rate(a[1m])) / sum(rate(b[1m]))) or vector(0)",
            "sum(irate(a[1m])) / sum(rate(b[1m]))",
            "histogram_quantile(0.9, sum by (le) (rate(a[1m])))",
            "sum(rate(a[1m]) / ",
            "",
        ] {
            assert_eq!(ratio(query), None, "{query}");
        }
    }

    #[test]
    fn another_window_changes_ranges_and_nothing_else() {
        assert_eq!(
            over("sum(rate(a{x=\"[2m]\"}[ 2m ])) / sum(rate(b[1h]))", "6h").as_deref(),
            Some("sum(rate(a{x=\"[2m]\"}[6h])) / sum(rate(b[6h]))")
        );
        assert_eq!(over("max_over_time(rate(a[2m])[1h:1m])", "6h"), None);
        assert_eq!(over("a", "6h"), None);
    }
}
