//! Prometheus queries: the two substitutions, syntax with places, limits, and what a query says of
//! itself. Nothing is sent anywhere.

mod facts;
mod locate;
mod number;
mod part;
mod pattern;
mod ratio;
pub mod rules;
mod scan;
mod selectors;
mod value;
mod variables;
mod words;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use promql_parser::parser::Expr;

pub use facts::{Quantile, QueryKind};
pub use ratio::{Ratio, over, ratio};
pub use selectors::{Measured, Selector};
pub use value::{Counted, Value};

use crate::diagnostic::{Diagnostic, Findings, Rule};
use crate::source::Span;
use rules::{QUERY_NO_VALUE, QUERY_SYNTAX, QUERY_TOO_DEEP, QUERY_VARIABLE};
use scan::{Fault, Kind, Scan, Token};

/// The longest query in bytes (64 KiB).
pub const MAX_BYTES: usize = 64 * 1024;
/// The deepest nesting of brackets.
pub const MAX_DEPTH: usize = 64;
/// The most operators. Each may be a level of the tree, and the parser walks trees by recursion
/// and checks a chain in quadratic time.
pub const MAX_OPERATORS: usize = 500;
/// The most tokens.
pub const MAX_TOKENS: usize = 10_000;
/// So many faults of one query are reported.
const MAX_FAULTS: usize = 5;

/// A query that Prometheus would take.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Whether `$version` stands in it; without it all versions are measured together.
    pub uses_version: bool,
    /// Whether `$service` stands in it.
    pub uses_service: bool,
    /// What it gives.
    pub kind: QueryKind,
    /// The longest range in brackets in seconds; `None` when there is none.
    pub longest_range: Option<f64>,
    /// How far back it looks in seconds: along its parts, ranges, subqueries and offsets added up.
    /// An instant selector counts 0, though Prometheus may take a sample up to five minutes old.
    pub reach: f64,
    /// How many subqueries it holds.
    pub subqueries: usize,
    /// Whether a part is held at a fixed time by `@`, so that it does not follow the rollout.
    pub fixed_time: bool,
    /// The metrics that it names, each once, by name. A pattern for `__name__` names none.
    pub metrics: Vec<String>,
    /// Whether it may give nothing, as when no series matches. `or vector(0)` around the whole
    /// prevents that, around a numerator it does not. When unsure, true.
    pub can_be_empty: bool,
    /// The value that it gives when no series matches, where it surely gives one: that of
    /// `or vector(0)` around the whole.
    pub otherwise: Option<f64>,
    /// Whether it gives one value at most; false when that depends on the series there are.
    pub single: bool,
    /// Its selectors, in their order.
    pub selectors: Vec<Selector>,
    /// The shortest range in seconds of which two samples are taken, as by `rate`.
    pub shortest_slope: Option<f64>,
    /// Whether what it gives is a comparison: that gives the values that hold, or 0 and 1.
    pub compares: bool,
    /// The quantiles that it takes of histograms.
    pub quantiles: Vec<Quantile>,
    /// What becomes of what is measured before it is compared.
    pub value: Value,
}

impl Query {
    /// Which versions it measures: [`Measured::Some`] where its selectors differ in that.
    pub fn measured(&self) -> Measured {
        let mut all = self.selectors.iter().map(|selector| selector.measured);
        match all.next() {
            Some(first) if all.all(|other| other == first) => first,
            Some(_) => Measured::Some,
            None => Measured::Every,
        }
    }
}

/// Checks one query.
///
/// `text` is what stands between its quotes, as it is in the file, and begins at byte
/// `offset_of_contents` of the file of `query_span`, which is the whole query with its quotes.
/// What is wrong goes to `findings`, pointing into the text; `None` when the query cannot be used.
pub fn check(
    query_span: Span,
    text: &str,
    offset_of_contents: usize,
    findings: &mut Findings,
) -> Option<Query> {
    let mut report = Report {
        span: query_span,
        offset: offset_of_contents,
        findings,
    };
    if text.len() > MAX_BYTES {
        let message = format!(
            "the query holds {} bytes; the limit is {MAX_BYTES}",
            text.len()
        );
        report.whole(
            &QUERY_TOO_DEEP,
            message,
            "compute parts of it by recording rules",
        );
        return None;
    }
    let scan = scan::scan(text, MAX_DEPTH);
    if let Some(fault) = beyond_limits(text, &scan) {
        report.fault(&QUERY_TOO_DEEP, fault);
        return None;
    }
    if scan.tokens.is_empty() && scan.faults.is_empty() {
        report.whole(
            &QUERY_SYNTAX,
            "the query is empty",
            "write what is measured, in PromQL",
        );
        return None;
    }
    let variables = variables::variables(text, &scan.tokens);
    let whole = variables.faults.is_empty() && scan.faults.is_empty();
    let parsable = !variables.outside && scan.faults.is_empty();
    let faults = variables
        .faults
        .into_iter()
        .map(|fault| (&QUERY_VARIABLE, fault));
    let faults = faults.chain(
        scan.faults
            .iter()
            .map(|fault| (&QUERY_SYNTAX, fault.clone())),
    );
    for (rule, fault) in faults.take(MAX_FAULTS) {
        report.fault(rule, fault);
    }
    if !parsable {
        return None;
    }
    let plain = plain(text, &scan.tokens);
    let expr = match parse(&plain) {
        Ok(expr) => expr,
        Err(message) => {
            report.refused(text, &plain, &scan.tokens, &message);
            return None;
        }
    };
    let patterns = pattern::faults(text, &scan.tokens);
    let sound = patterns.is_empty();
    for fault in patterns.into_iter().take(MAX_FAULTS) {
        report.fault(&QUERY_SYNTAX, fault);
    }
    let kind = match facts::kind(&expr) {
        Ok(kind) => kind,
        Err(other) => {
            let (gives, help) = match other.to_string().as_str() {
                "matrix" => (
                    "a range of samples",
                    "take a value over it, as in `rate(...)` or `max_over_time(...)`",
                ),
                _ => ("a text", "write a metric or an expression without quotes"),
            };
            report.whole(
                &QUERY_NO_VALUE,
                format!("the query gives {gives}, not a value"),
                help,
            );
            return None;
        }
    };
    let shape = facts::shape(&expr);
    let mut metrics = quoted_metrics(text, &scan.tokens);
    facts::metrics(&expr, &mut metrics);
    metrics.sort();
    metrics.dedup();
    let mut values = facts::Values::default();
    facts::values(&expr, &mut values);
    let mut selectors = selectors::selectors(text, &scan.tokens);
    if selectors.len() != values.selectors {
        // what is not found in the text is not known to measure anything
        let unknown = selectors.iter_mut();
        unknown.for_each(|selector| selector.measured = Measured::Some);
    }
    (whole && sound).then_some(Query {
        uses_version: variables.version,
        uses_service: variables.service,
        kind,
        longest_range: (shape.range > 0.0).then_some(shape.range),
        reach: shape.reach,
        subqueries: shape.subqueries,
        fixed_time: shape.fixed,
        metrics,
        can_be_empty: shape.can_be_empty,
        single: shape.single,
        otherwise: facts::otherwise(&expr),
        value: value::value(&expr, &selectors),
        selectors,
        shortest_slope: values.slope,
        compares: facts::compares(&expr),
        quantiles: values.quantiles,
    })
}

fn beyond_limits(text: &str, scan: &Scan) -> Option<Fault> {
    if let Some(range) = &scan.too_deep {
        let fault = Fault::new(
            range.clone(),
            format!("the brackets are nested deeper than {MAX_DEPTH}"),
        );
        return Some(fault.help("remove brackets, or compute parts of it by recording rules"));
    }
    let operator = |token: &&Token| {
        let word = text.get(token.range.clone()).unwrap_or("");
        token.inside != b'{'
            && (token.kind == Kind::Operator
                || (token.kind == Kind::Word && words::is_one_of(word, &words::WORD_OPERATORS)))
    };
    let help = "compute parts of it by recording rules";
    if let Some(token) = scan.tokens.iter().filter(operator).nth(MAX_OPERATORS) {
        let message = format!("the query holds more than {MAX_OPERATORS} operators");
        return Some(Fault::new(token.range.clone(), message).help(help));
    }
    let token = scan.tokens.get(MAX_TOKENS)?;
    let message = format!("the query holds more than {MAX_TOKENS} words and signs");
    Some(Fault::new(token.range.clone(), message).help(help))
}

/// The query with the contents of its texts blanked and `=~` turned into `=`, byte for byte as
/// long. The parser compiles patterns at a cost that their length does not bound, reads escapes in
/// backticks where Prometheus does not, and need not see what `$version` will be.
fn plain(text: &str, tokens: &[Token]) -> String {
    let mut out = text.as_bytes().to_vec();
    for token in tokens {
        match (token.kind, out.get_mut(token.range.clone())) {
            (Kind::Text, Some([_, inner @ .., _])) => inner.fill(b'x'),
            (Kind::Operator, Some(operator)) if operator == b"=~" => {
                operator.copy_from_slice(b"= ")
            }
            (Kind::Operator, Some(operator)) if operator == b"!~" => {
                operator.copy_from_slice(b"!=")
            }
            _ => {}
        }
    }
    // whole texts were overwritten with ASCII, so this is UTF-8 still
    String::from_utf8(out).unwrap_or_default()
}

fn parse(plain: &str) -> Result<Expr, String> {
    // the known panics of the parser are ruled out by the scan; an unknown one must not end a check
    catch_unwind(AssertUnwindSafe(|| promql_parser::parser::parse(plain)))
        .unwrap_or_else(|_| Err("the parser failed at it".into()))
}

/// The metrics in `{"name"}` and `{__name__="name"}`.
fn quoted_metrics(text: &str, tokens: &[Token]) -> Vec<String> {
    let word = |token: &Token| text.get(token.range.clone()).unwrap_or("");
    let mut names = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.kind != Kind::Text || token.inside != b'{' || index == 0 {
            continue;
        }
        let before = tokens.get(index - 1).map_or("", word);
        let label = index
            .checked_sub(2)
            .and_then(|at| tokens.get(at))
            .map_or("", word);
        let compared = tokens
            .get(index + 1)
            .is_some_and(|next| next.kind == Kind::Operator);
        let bare = matches!(before, "{" | ",") && !compared;
        if bare || (before == "=" && label.trim_matches(['"', '\'', '`']) == "__name__") {
            let inner = word(token);
            names.extend(
                inner
                    .get(1..inner.len().saturating_sub(1))
                    .map(str::to_string),
            );
        }
    }
    names
}

struct Report<'a> {
    span: Span,
    offset: usize,
    findings: &'a mut Findings,
}

impl Report<'_> {
    fn place(&self, range: &Range<usize>) -> Span {
        let last = self.span.end as usize;
        let start = (self.offset + range.start).min(last);
        Span::new(self.span.file, start, (self.offset + range.end).min(last))
    }

    fn whole(&mut self, rule: &'static Rule, message: impl Into<String>, help: &str) {
        self.findings
            .push(Diagnostic::new(rule, self.span, message).help(help));
    }

    fn fault(&mut self, rule: &'static Rule, fault: Fault) {
        let mut finding = Diagnostic::new(rule, self.place(&fault.range), fault.message);
        if let Some(help) = fault.help {
            finding = finding.help(help);
        }
        if let Some((range, text)) = fault.also {
            finding = finding.also(self.place(&range), text);
        }
        self.findings.push(finding);
    }

    /// The parser refused the query with `message`, which has no place.
    fn refused(&mut self, text: &str, plain: &str, tokens: &[Token], message: &str) {
        if let Some(fault) = locate::locate(text, tokens) {
            self.fault(&QUERY_SYNTAX, fault);
            return;
        }
        // the smallest part that is refused alone for the same reason is to blame
        let groups = part::groups(text, tokens);
        let small = groups.iter().take(MAX_DEPTH).find(|(whole, _)| {
            plain
                .get(whole.clone())
                .is_some_and(|part| parse(part).is_err_and(|e| e == message))
        });
        let help = help_for(
            message,
            "see the reference of PromQL for what may stand here",
        );
        let said = say(message);
        let refuses = |part: Range<usize>| {
            plain
                .get(part)
                .is_some_and(|part| parse(part).is_err_and(|e| e == message))
        };
        // what cannot be combined is the fault of the operator between
        let combines = ["binary", "set operator", "BOOL modifier", "comparison"];
        let combines = combines.iter().any(|word| message.contains(word));
        let range = message
            .contains("ranges only allowed")
            .then(|| part::range_behind_call(text, tokens))
            .flatten();
        let whole = 0..text.len();
        let group = small.map(|(whole, _)| whole).unwrap_or(&whole);
        let operator = combines
            .then(|| part::operator(text, tokens, group, refuses))
            .flatten();
        match range.or(operator).or(small.map(|(_, at)| at.clone())) {
            Some(at) => self.fault(&QUERY_SYNTAX, Fault::new(at, said).help(help)),
            None => self.whole(&QUERY_SYNTAX, said, help),
        }
    }
}

/// The parser's words, as a message of ours.
fn say(message: &str) -> String {
    if message == "invalid promql query" {
        return "this is no PromQL".into();
    }
    if message.contains("at least one non-empty matcher") {
        return "this selects every metric there is".into();
    }
    let message = message.trim_end_matches('.');
    message
        .replace('\'', "`")
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn help_for(message: &str, default: &'static str) -> &'static str {
    if message.contains("must contain only scalar and instant vector types") {
        return "write a number or a metric on both sides; of a range take a value, as in `rate(metric[5m])`";
    }
    if message.contains("set operator") {
        return "write metrics on both sides of `and`, `or` and `unless`; a number becomes one by `vector(1)`";
    }
    if message.contains("expected type matrix") {
        "write a range behind the metric, as in `rate(metric[5m])`"
    } else if message.contains("got matrix") || message.contains("instant vector types") {
        "take a value over the range, as in `rate(metric[5m])`"
    } else if message.contains("ranges only allowed") {
        "write a subquery, as in `[5m:]`, or move the range behind the metric"
    } else if message.contains("BOOL modifier") {
        "write `bool` behind the operator"
    } else if message.contains("non-empty matcher") {
        "name the metric, or a label with a value that is not empty"
    } else if message.contains("argument(s)") {
        "write as many arguments as the function takes"
    } else {
        default
    }
}

#[cfg(test)]
mod tests;
