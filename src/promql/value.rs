//! What a query does to the value that it measures, before anybody compares it: whether it is scaled,
//! shifted or cut off, and whether a ratio counts the requests that fail or those that succeed.

use promql_parser::parser::{BinaryExpr, Call, Expr};

use super::selectors::Selector;

/// What becomes of the measured value.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// What it is multiplied by: 100 in `100 * a / b`, 0.01 in `a / b / 100`.
    pub factor: f64,
    /// How it is changed beyond that, as written: `+ 0.005`, `sqrt`.
    pub altered: Option<String>,
    /// No answer is above this: the bound of `clamp_max`.
    pub at_most: Option<f64>,
    /// No answer is below this: the bound of `clamp_min`.
    pub at_least: Option<f64>,
    /// What a ratio counts, where its labels say it.
    pub counts: Option<Counted>,
    /// Whether it is a ratio that has no value without requests.
    pub needs_requests: bool,
}

/// Which requests a ratio counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Those that fail: `code=~"5.."`.
    Failing,
    /// Those that do not: `code!~"5.."`, or `1 -` the share of those that fail.
    Succeeding,
}

/// What `expr` does to what its selectors measure. The caller has bounded its depth, and `selectors`
/// are those of its text, in their order.
pub(super) fn value(expr: &Expr, selectors: &[Selector]) -> Value {
    let mut found = Walk {
        value: Value {
            factor: 1.0,
            altered: None,
            at_most: None,
            at_least: None,
            counts: None,
            needs_requests: false,
        },
        selectors,
        complement: false,
    };
    let mut first = 0;
    found.walk(expr, &mut first);
    if found.complement {
        found.value.counts = found.value.counts.map(|counts| match counts {
            Counted::Failing => Counted::Succeeding,
            Counted::Succeeding => Counted::Failing,
        });
    }
    found.value
}

struct Walk<'a> {
    value: Value,
    selectors: &'a [Selector],
    /// Whether the measured share is taken from 1.
    complement: bool,
}

impl Walk<'_> {
    /// Follows what is measured; `first` is the number of the first selector of `expr`.
    fn walk(&mut self, expr: &Expr, first: &mut usize) {
        match expr {
            Expr::Paren(paren) => self.walk(&paren.expr, first),
            Expr::Unary(unary) => {
                self.value.factor = -self.value.factor;
                self.walk(&unary.expr, first);
            }
            Expr::Aggregate(aggregate) => self.walk(&aggregate.expr, first),
            Expr::Subquery(sub) => self.walk(&sub.expr, first),
            Expr::Call(call) => self.call(call, first),
            Expr::Binary(binary) => self.binary(binary, first),
            _ => {}
        }
    }

    fn call(&mut self, call: &Call, first: &mut usize) {
        let args = &call.args.args;
        let number = |at: usize| args.get(at).and_then(|arg| constant(arg));
        match call.func.name {
            "clamp_max" => self.cut(None, number(1)),
            "clamp_min" => self.cut(number(1), None),
            "clamp" => self.cut(number(1), number(2)),
            "round" if args.len() > 1 => {}
            name @ ("round" | "ceil" | "floor" | "sgn" | "sqrt" | "exp" | "ln" | "log2"
            | "log10") => self.altered(format!("`{name}`")),
            _ => {}
        }
        // what a quantile is of is not its value
        if let Some(of) = args.first().filter(|_| !is_measured_by(call.func.name)) {
            self.walk(of, first);
        }
    }

    fn binary(&mut self, binary: &BinaryExpr, first: &mut usize) {
        let (left, right) = (constant(&binary.lhs), constant(&binary.rhs));
        let op = binary.op.to_string();
        match (op.as_str(), left, right) {
            ("*", Some(times), _) => self.times(times, &binary.rhs, first),
            ("*", _, Some(times)) => self.times(times, &binary.lhs, first),
            ("/", _, Some(by)) if by != 0.0 => self.times(1.0 / by, &binary.lhs, first),
            ("/", Some(_), _) => self.altered("a reciprocal".into()),
            ("/", None, None) => self.ratio(binary, first),
            ("-", Some(whole), _) if (whole - 1.0).abs() < 1e-9 => {
                self.complement = !self.complement;
                self.walk(&binary.rhs, first);
            }
            ("+" | "-", _, Some(by)) => {
                if by != 0.0 {
                    self.altered(format!("`{op} {by}`"));
                }
                self.walk(&binary.lhs, first);
            }
            ("+" | "-", Some(by), _) => {
                if by != 0.0 {
                    self.altered(format!("`{by} {op}`"));
                }
                self.walk(&binary.rhs, first);
            }
            ("^" | "%" | "atan2", ..) => self.altered(format!("`{op}`")),
            _ => self.walk(&binary.lhs, first),
        }
    }

    fn times(&mut self, factor: f64, of: &Expr, first: &mut usize) {
        self.value.factor *= factor;
        self.walk(of, first);
    }

    /// One measured value divided by another.
    fn ratio(&mut self, binary: &BinaryExpr, first: &mut usize) {
        let counter = *first;
        let numerator = count(&binary.lhs);
        self.value.counts = counted(self.selectors.get(counter..counter + numerator));
        self.value.needs_requests = !is_guarded(&binary.rhs);
        self.walk(&binary.lhs, first);
        // what scales the denominator scales the other way; what guards it against nothing is fine
        let mut below = Walk {
            value: Value {
                factor: 1.0,
                altered: None,
                at_most: None,
                at_least: None,
                counts: None,
                needs_requests: false,
            },
            selectors: self.selectors,
            complement: false,
        };
        *first = counter + numerator;
        below.walk(&binary.rhs, first);
        if below.value.factor != 0.0 {
            self.value.factor /= below.value.factor;
        }
        // `increase` is what `rate` is, times its range
        if let (Some(over), Some(under)) = (seconds(&binary.lhs), seconds(&binary.rhs)) {
            self.value.factor *= over / under;
        }
    }

    fn altered(&mut self, how: String) {
        self.value.altered.get_or_insert(how);
    }

    /// Cuts answers off; bounds stand in the unit of what is inside, and what is outside scales them.
    fn cut(&mut self, least: Option<f64>, most: Option<f64>) {
        let factor = self.value.factor;
        let (mut least, mut most) = (
            least.map(|bound| bound * factor),
            most.map(|bound| bound * factor),
        );
        if factor < 0.0 {
            std::mem::swap(&mut least, &mut most);
        }
        if self.complement {
            let other = |bound: Option<f64>| bound.map(|bound| 1.0 - bound);
            (least, most) = (other(most), other(least));
        }
        if let Some(bound) = most {
            let known = self.value.at_most.unwrap_or(f64::INFINITY);
            self.value.at_most = Some(known.min(bound));
        }
        if let Some(bound) = least {
            let known = self.value.at_least.unwrap_or(f64::NEG_INFINITY);
            self.value.at_least = Some(known.max(bound));
        }
    }
}

/// Whether a call measures, so that what stands in it has another unit.
fn is_measured_by(name: &str) -> bool {
    const MEASURING: [&str; 12] = [
        "rate",
        "increase",
        "irate",
        "delta",
        "idelta",
        "deriv",
        "histogram_quantile",
        "quantile_over_time",
        "count_over_time",
        "changes",
        "resets",
        "absent",
    ];
    MEASURING.contains(&name)
}

/// The number that an expression is, where it measures nothing.
fn constant(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::NumberLiteral(number) => Some(number.val),
        Expr::Paren(paren) => constant(&paren.expr),
        Expr::Unary(unary) => constant(&unary.expr).map(|value| -value),
        Expr::Call(call) if ["vector", "scalar"].contains(&call.func.name) => {
            call.args.args.first().and_then(|arg| constant(arg))
        }
        Expr::Binary(binary) => {
            let (left, right) = (constant(&binary.lhs)?, constant(&binary.rhs)?);
            match binary.op.to_string().as_str() {
                "+" => Some(left + right),
                "-" => Some(left - right),
                "*" => Some(left * right),
                "/" if right != 0.0 => Some(left / right),
                _ => None,
            }
        }
        _ => None,
    }
}

/// How many selectors stand in an expression.
fn count(expr: &Expr) -> usize {
    match expr {
        Expr::VectorSelector(_) | Expr::MatrixSelector(_) => 1,
        _ => super::facts::children(expr).into_iter().map(count).sum(),
    }
}

/// What a counter is multiplied by before it is divided: 1 for `rate`, the range for `increase`.
/// `None` where neither stands there, or both.
fn seconds(expr: &Expr) -> Option<f64> {
    let mut found: Vec<f64> = Vec::new();
    slopes(expr, &mut found);
    let first = *found.first()?;
    let alike = found.iter().all(|other| (other - first).abs() < 1e-9);
    alike.then_some(first)
}

fn slopes(expr: &Expr, found: &mut Vec<f64>) {
    if let Expr::Call(call) = expr
        && let Some(Expr::MatrixSelector(matrix)) = call.args.args.first().map(|arg| &**arg)
    {
        match call.func.name {
            "rate" | "irate" => found.push(1.0),
            "increase" => found.push(matrix.range.as_secs_f64()),
            _ => {}
        }
    }
    for child in super::facts::children(expr) {
        slopes(child, found);
    }
}

/// Whether a denominator has a value above 0 without requests: `clamp_min(..., 1)`, `... or vector(1)`.
fn is_guarded(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(paren) => is_guarded(&paren.expr),
        Expr::Call(call) => ["clamp_min", "clamp"].contains(&call.func.name),
        Expr::Binary(binary) => {
            let op = binary.op.to_string();
            let added = |side: &Expr| constant(side).is_some_and(|by| by > 0.0);
            // a series that is there and stands still is 0, whatever stands behind `or`
            (op == "+" && (added(&binary.lhs) || added(&binary.rhs))) || is_kept(binary, &op)
        }
        _ => false,
    }
}

/// `... > 0 or vector(1)`: what is nothing is replaced.
fn is_kept(binary: &BinaryExpr, op: &str) -> bool {
    let mut left = &*binary.lhs;
    while let Expr::Paren(paren) = left {
        left = &paren.expr;
    }
    let compared =
        matches!(left, Expr::Binary(own) if [">", "!="].contains(&own.op.to_string().as_str()));
    op == "or" && compared && constant(&binary.rhs).is_some_and(|value| value > 0.0)
}

/// Labels in which the outcome of a request stands.
const CODES: [&str; 8] = [
    "code",
    "status",
    "status_code",
    "http_status",
    "http_status_code",
    "response_code",
    "http_response_status_code",
    "response_status",
];

/// What the selectors of a numerator count, where all say the same.
fn counted(selectors: Option<&[Selector]>) -> Option<Counted> {
    let mut all = selectors?.iter().map(|selector| counted_by(&selector.text));
    let first = all.next()??;
    all.all(|other| other == Some(first)).then_some(first)
}

fn counted_by(text: &str) -> Option<Counted> {
    let inside = text.get(text.find('{')? + 1..)?;
    for (at, _) in inside.match_indices(['=', '!']) {
        let label = inside.get(..at)?.trim_end();
        let begin = label
            .rfind(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
            .map_or(0, |at| at + 1);
        if !CODES.contains(&label.get(begin..)?) {
            continue;
        }
        let rest = inside.get(at..)?;
        let (op, rest) = ["=~", "!~", "!=", "="]
            .into_iter()
            .find_map(|op| Some((op, rest.strip_prefix(op)?)))?;
        let value = rest.trim_start().trim_start_matches(['"', '\'', '`', '(']);
        let own = match value.chars().next()? {
            '5' => Counted::Failing,
            '1' | '2' | '3' => Counted::Succeeding,
            _ => return None,
        };
        return match (op, own) {
            ("=" | "=~", own) => Some(own),
            (_, Counted::Failing) => Some(Counted::Succeeding),
            (_, Counted::Succeeding) => Some(Counted::Failing),
        };
    }
    None
}
