//! What a parsed query says of itself, as far as its shape tells.

use promql_parser::label::Labels;
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{
    AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, Offset, VectorSelector,
};

/// What a query gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryKind {
    /// One number without labels.
    Scalar,
    /// Any number of values, each with labels; also none.
    Vector,
}

/// The shape of one expression.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shape {
    /// Seconds that it looks back.
    pub reach: f64,
    /// Longest single range in seconds, 0 for none.
    pub range: f64,
    /// How many subqueries it holds.
    pub subqueries: usize,
    /// Whether some part is held at a fixed time.
    pub fixed: bool,
    /// Whether it may give nothing.
    pub can_be_empty: bool,
    /// Whether it gives one value at most.
    pub single: bool,
}

/// A quantile that is taken of a histogram.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    /// Which one, where it is a number; 0.99 for the 99th percentile.
    pub share: Option<f64>,
    /// Whether the bounds of classic buckets, `le`, are added up before.
    pub without_bounds: bool,
}

/// What the calls and selectors of an expression say.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    /// The shortest range of which a call needs two samples.
    pub slope: Option<f64>,
    /// Quantiles of histograms.
    pub quantiles: Vec<Quantile>,
    /// How many selectors there are.
    pub selectors: usize,
}

/// Gathers what the calls and selectors of `expr` say. The caller has bounded its depth.
pub(super) fn values(expr: &Expr, found: &mut Values) {
    const SLOPES: [&str; 8] = [
        "rate",
        "increase",
        "delta",
        "deriv",
        "irate",
        "idelta",
        "predict_linear",
        "double_exponential_smoothing",
    ];
    match expr {
        Expr::VectorSelector(_) | Expr::MatrixSelector(_) => found.selectors += 1,
        Expr::Call(call) => {
            let args = &call.args.args;
            if SLOPES.contains(&call.func.name)
                && let Some(Expr::MatrixSelector(matrix)) = args.first().map(|arg| &**arg)
            {
                let range = matrix.range.as_secs_f64();
                found.slope = Some(found.slope.map_or(range, |least| least.min(range)));
            }
            if call.func.name == "histogram_quantile"
                && let [share, of] = args.as_slice()
            {
                found.quantiles.push(Quantile {
                    share: otherwise(share),
                    without_bounds: without_bounds(of),
                });
            }
        }
        _ => {}
    }
    for child in children(expr) {
        values(child, found);
    }
}

/// Whether classic buckets are added up without their bounds. A native histogram, whose metric has
/// no `_bucket`, has none.
fn without_bounds(expr: &Expr) -> bool {
    let Expr::Aggregate(aggregate) = expr else {
        return matches!(expr, Expr::Paren(paren) if without_bounds(&paren.expr));
    };
    let lost = match &aggregate.modifier {
        None => true,
        Some(LabelModifier::Include(labels)) => !labels.labels.iter().any(|label| label == "le"),
        Some(LabelModifier::Exclude(labels)) => labels.labels.iter().any(|label| label == "le"),
    };
    let mut names = Vec::new();
    metrics(&aggregate.expr, &mut names);
    let classic = names.is_empty() || names.iter().any(|name| name.ends_with("_bucket"));
    classic && (lost || without_bounds(&aggregate.expr))
}

/// Whether what `expr` gives is a comparison. A stand-in for what does not hold, as in
/// `... > 0.01 or vector(0)`, makes a value of it; so does one in a denominator, which is there
/// against dividing by nothing.
pub(super) fn compares(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(paren) => compares(&paren.expr),
        Expr::Unary(unary) => compares(&unary.expr),
        Expr::Aggregate(aggregate) => compares(&aggregate.expr),
        Expr::Binary(binary) => match binary.op.to_string().as_str() {
            "==" | "!=" | "<" | "<=" | ">" | ">=" => true,
            "or" => compares(&binary.lhs) && (is_bool(&binary.lhs) || otherwise(expr).is_none()),
            _ => compares(&binary.lhs),
        },
        _ => false,
    }
}

/// Whether `expr` is a comparison that gives 0 and 1.
fn is_bool(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(paren) => is_bool(&paren.expr),
        Expr::Binary(binary) => binary.return_bool(),
        _ => false,
    }
}

/// The kind of `expr`, or what it gives instead: `matrix` or `string`.
pub(super) fn kind(expr: &Expr) -> Result<QueryKind, ValueType> {
    match expr.value_type() {
        ValueType::Scalar => Ok(QueryKind::Scalar),
        ValueType::Vector => Ok(QueryKind::Vector),
        other => Err(other),
    }
}

/// What the expression gives when no selector finds a series: a number that stands in for absent
/// data (`... or vector(0)`), or nothing. When unsure, nothing.
pub(super) fn otherwise(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::NumberLiteral(number) => Some(number.val),
        Expr::Paren(paren) => otherwise(&paren.expr),
        Expr::Unary(unary) => otherwise(&unary.expr).map(|value| -value),
        Expr::Aggregate(aggregate) if aggregate.param.is_none() => {
            let value = otherwise(&aggregate.expr)?;
            match aggregate.op.to_string().as_str() {
                "sum" | "avg" | "min" | "max" => Some(value),
                "count" => Some(1.0),
                _ => None,
            }
        }
        Expr::Call(call) => match (call.func.name, call.args.args.as_slice()) {
            (
                "vector" | "scalar" | "sort" | "sort_desc" | "clamp" | "label_replace",
                [first, ..],
            ) => otherwise(first),
            ("abs", [only]) => otherwise(only).map(f64::abs),
            ("ceil", [only]) => otherwise(only).map(f64::ceil),
            ("floor" | "round", [first, ..]) => otherwise(first).map(f64::round),
            ("clamp_min", [value, least]) => Some(otherwise(value)?.max(otherwise(least)?)),
            ("clamp_max", [value, most]) => Some(otherwise(value)?.min(otherwise(most)?)),
            _ => None,
        },
        Expr::Binary(binary) => {
            let (left, right) = (otherwise(&binary.lhs), otherwise(&binary.rhs));
            match binary.op.to_string().as_str() {
                "or" => left.or(right),
                "+" => Some(left? + right?),
                "-" => Some(left? - right?),
                "*" => Some(left? * right?),
                "/" => Some(left? / right?),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The names of the metrics that stand before `{`.
pub(super) fn metrics(expr: &Expr, names: &mut Vec<String>) {
    match expr {
        Expr::VectorSelector(selector) => names.extend(selector.name.clone()),
        Expr::MatrixSelector(matrix) => names.extend(matrix.vs.name.clone()),
        _ => children(expr)
            .into_iter()
            .for_each(|child| metrics(child, names)),
    }
}

/// The expressions directly within one, in the order of the text.
pub(super) fn children(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Aggregate(a) => a.param.iter().map(|p| &**p).chain([&*a.expr]).collect(),
        Expr::Unary(u) => vec![&*u.expr],
        Expr::Binary(b) => vec![&*b.lhs, &*b.rhs],
        Expr::Paren(p) => vec![&*p.expr],
        Expr::Subquery(s) => vec![&*s.expr],
        Expr::Call(c) => c.args.args.iter().map(|arg| &**arg).collect(),
        _ => Vec::new(),
    }
}

/// The shape of `expr`. The caller has bounded its depth.
pub(super) fn shape(expr: &Expr) -> Shape {
    match expr {
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => Shape {
            single: true,
            ..Shape::default()
        },
        Expr::Paren(paren) => shape(&paren.expr),
        Expr::Unary(unary) => shape(&unary.expr),
        Expr::VectorSelector(selector) => of_selector(selector, 0.0),
        Expr::MatrixSelector(matrix) => of_selector(&matrix.vs, matrix.range.as_secs_f64()),
        Expr::Subquery(sub) => {
            let inner = shape(&sub.expr);
            let range = sub.range.as_secs_f64();
            Shape {
                reach: inner.reach + range + back(sub.offset.as_ref()),
                range: inner.range.max(range),
                subqueries: inner.subqueries + 1,
                fixed: inner.fixed || sub.at.is_some(),
                ..inner
            }
        }
        Expr::Aggregate(aggregate) => of_aggregate(aggregate),
        Expr::Binary(binary) => of_binary(binary),
        Expr::Call(call) => of_call(call),
        Expr::Extension(_) => Shape {
            can_be_empty: true,
            ..Shape::default()
        },
    }
}

fn of_selector(selector: &VectorSelector, range: f64) -> Shape {
    Shape {
        reach: range + back(selector.offset.as_ref()),
        range,
        fixed: selector.at.is_some(),
        can_be_empty: true,
        ..Shape::default()
    }
}

fn back(offset: Option<&Offset>) -> f64 {
    match offset {
        Some(Offset::Pos(time)) => time.as_secs_f64(),
        _ => 0.0,
    }
}

/// Both looked at: the times are the larger, the counts add up.
fn both(a: Shape, b: Shape) -> Shape {
    Shape {
        reach: a.reach.max(b.reach),
        range: a.range.max(b.range),
        subqueries: a.subqueries + b.subqueries,
        fixed: a.fixed || b.fixed,
        can_be_empty: a.can_be_empty || b.can_be_empty,
        single: a.single && b.single,
    }
}

fn of_aggregate(aggregate: &AggregateExpr) -> Shape {
    let inner = shape(&aggregate.expr);
    let op = aggregate.op.to_string();
    let picks = ["topk", "bottomk", "limitk", "limit_ratio", "count_values"].contains(&op.as_str());
    let grouped = match &aggregate.modifier {
        None => false,
        Some(LabelModifier::Include(labels)) => labels.labels != Labels::new(vec![]).labels,
        Some(LabelModifier::Exclude(_)) => true,
    };
    let times = aggregate.param.as_deref().map_or(Shape::default(), shape);
    let out = both(
        inner,
        Shape {
            can_be_empty: false,
            single: true,
            ..times
        },
    );
    // `topk(0, x)` and its like may pick nothing
    Shape {
        can_be_empty: inner.can_be_empty || picks,
        single: inner.single || !(picks || grouped),
        ..out
    }
}

fn of_binary(binary: &BinaryExpr) -> Shape {
    let (left, right) = (shape(&binary.lhs), shape(&binary.rhs));
    let op = binary.op.to_string();
    let out = both(left, right);
    let fill = binary.modifier.as_ref().map(|m| &m.fill_values);
    let filled = |side: Option<f64>, shape: Shape| shape.can_be_empty && side.is_none();
    match op.as_str() {
        "or" => Shape {
            can_be_empty: left.can_be_empty && right.can_be_empty,
            ..out
        },
        "and" | "unless" => Shape {
            can_be_empty: true,
            single: left.single,
            ..out
        },
        "==" | "!=" | "<" | "<=" | ">" | ">=" if !binary.return_bool() => Shape {
            can_be_empty: true,
            ..out
        },
        _ => {
            let empty = match fill {
                Some(fill) if fill.lhs.is_some() && fill.rhs.is_some() => {
                    left.can_be_empty && right.can_be_empty
                }
                Some(fill) => filled(fill.lhs, left) || filled(fill.rhs, right),
                None => out.can_be_empty,
            };
            Shape {
                can_be_empty: empty,
                ..out
            }
        }
    }
}

fn of_call(call: &Call) -> Shape {
    let name = call.func.name;
    let all = call.args.args.iter().map(|arg| shape(arg));
    let out = all.fold(
        Shape {
            single: true,
            ..Shape::default()
        },
        both,
    );
    match name {
        // gives `NaN` where there is nothing
        "scalar" => Shape {
            can_be_empty: false,
            single: true,
            ..out
        },
        "absent" | "absent_over_time" => Shape {
            can_be_empty: true,
            single: true,
            ..out
        },
        "histogram_quantile" => {
            let by_le = call.args.args.get(1).is_some_and(|arg| only_by_le(arg));
            Shape {
                single: out.single || by_le,
                ..out
            }
        }
        _ => out,
    }
}

/// Whether the buckets of one histogram are all that is left: `sum by (le) (...)`.
fn only_by_le(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(paren) => only_by_le(&paren.expr),
        Expr::Aggregate(aggregate) => match &aggregate.modifier {
            Some(LabelModifier::Include(labels)) => labels.labels.iter().all(|label| label == "le"),
            _ => false,
        },
        _ => false,
    }
}
