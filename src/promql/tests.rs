use proptest::prelude::*;

use super::*;
use crate::source::{FileId, SourceMap};

struct Checked {
    query: Option<Query>,
    /// Rule, text pointed at, message, help.
    found: Vec<(&'static str, String, String, String)>,
}

fn run(text: &str) -> Checked {
    let mut sources = SourceMap::new();
    let file = sources.add("a.swb", "a.swb", format!("query \"{text}\"\n"));
    let mut findings = Findings::new();
    let span = Span::new(file, 6, text.len() + 8);
    let query = check(span, text, 7, &mut findings);
    let found = findings
        .into_iter()
        .map(|f| {
            (
                f.rule.name,
                sources.text(f.span()).to_string(),
                f.message,
                f.help.unwrap_or_default(),
            )
        })
        .collect();
    Checked { query, found }
}

fn good(text: &str) -> Query {
    let checked = run(text);
    assert_eq!(checked.found, [], "{text}");
    checked.query.expect(text)
}

/// The one finding: rule, text pointed at, and message with help.
fn bad(text: &str) -> (&'static str, String, String) {
    let checked = run(text);
    assert_eq!(checked.query, None, "{text}");
    let [(rule, at, message, help)] = &checked.found[..] else {
        panic!("{text}: {:?}", checked.found)
    };
    (rule, at.clone(), format!("{message} | {help}"))
}

const ERRORS: &str = r#"
    (sum(rate(http_requests_total{app="$service", version="$version", code=~"5.."}[2m])) or vector(0))
      / sum(rate(http_requests_total{app="$service", version="$version"}[2m]))
"#;
const LATENCY: &str = r#"histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{app="$service", version="$version"}[5m])))"#;

#[test]
fn real_queries_are_read() {
    let query = good(ERRORS);
    assert!(query.uses_version && query.uses_service && query.single && query.can_be_empty);
    assert_eq!(query.kind, QueryKind::Vector);
    assert_eq!((query.longest_range, query.reach), (Some(120.0), 120.0));
    assert_eq!(query.metrics, ["http_requests_total"]);
    let query = good(LATENCY);
    assert!(query.single && query.can_be_empty);
    assert_eq!(query.reach, 300.0);
    good("sum without (pod) (a) * on (app) group_left (team) b{c!~`\\d+\\.x`} # why");
    good("{\"http.requests\", code=~\"(4|5)\\\\d{2}\"} > bool 0");
    good("-a ^ 2 + sum(b offset 5m) by (c) == 1e-3 and on () absent(d)");
    good("a @ start() - a @ 1700000000.5 + b offset -1h30m");
    good("topk(3, a) or bottomk(1, {__name__=\"x\"})");
    good("sum(a) / ignoring (b) group_right sum by (b) (c)");
    good(
        "foo:bar:rate5m[5m:1m] == foo or a"
            .replace("[5m:1m]", "")
            .as_str(),
    );
    good("rate(a[300])");
}

#[test]
fn windows_add_up_along_the_query() {
    let query = good("max_over_time(rate(a[5m])[1h:1m] offset 10m) + rate(b[30m] offset 1d)");
    assert_eq!(query.longest_range, Some(3600.0));
    assert_eq!(query.reach, 87_600.0 + 600.0);
    assert_eq!(query.subqueries, 1);
    assert_eq!(
        good("max_over_time(rate(a[5m])[1h:1m] offset 10m)").reach,
        300.0 + 3600.0 + 600.0
    );
    assert_eq!(good("a").longest_range, None);
    assert!(good("a @ end()").fixed_time);
}

#[test]
fn what_may_be_empty_is_told() {
    let empty = |text: &str| good(text).can_be_empty;
    assert!(
        empty("a")
            && empty("sum(a)")
            && empty("a or b")
            && empty("vector(1) > 0")
            && empty("absent(a)")
    );
    assert!(empty("(a or vector(0)) / b") && empty("vector(1) and a"));
    assert!(!empty("sum(a) or vector(0)") && !empty("scalar(a)") && !empty("1 + time()"));
    assert!(!empty("clamp_max(sum(a) or vector(0), 1)") && !empty("(vector(0) or a) > bool 1"));
}

#[test]
fn what_gives_one_value_is_told() {
    let single = |text: &str| good(text).single;
    assert!(
        single("sum(a)")
            && single("sum by () (a)")
            && single("1 - avg(a) / avg(b)")
            && single("scalar(a)")
    );
    assert!(single("sum(a) or vector(0)") && single("max_over_time(sum(a)[5m:])"));
    assert!(
        !single("a")
            && !single("sum by (pod) (a)")
            && !single("topk(1, a)")
            && !single("sum without (b) (a)")
    );
    assert!(!single("histogram_quantile(0.9, sum by (le, pod) (a))"));
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let cases = [
        ("sum(rate(a[5m])", "(", "`(` is never closed"),
        ("sum(a))", ")", "`)` closes nothing"),
        ("sum(a]", "]", "`]` stands where `)` is missing"),
        ("a{b=\"c}", "\"", "this text is never closed"),
        ("rte(a[5m])", "rte", "did you mean `rate`?"),
        ("Rate(a[5m])", "Rate", "did you mean `rate`?"),
        ("rate(a[5min])", "5min", "write `5m`"),
        ("rate(a[1.5h])", "1.5h", "neither a number nor a duration"),
        ("rate(a[1e30])", "1e30", "no length of time"),
        ("a offset 1e300", "1e300", "no length of time"),
        ("a offset Inf", "Inf", "no length of time"),
        ("rate(a[999999y])", "999999y", "longer than 100 years"),
        ("rate(a[])", "[]", "a duration is missing"),
        ("rate(a)", "rate", "write a range behind the metric"),
        ("rate(a[5m]) + sum(rate(b))", "rate", "expected type matrix"),
        ("sum(a[5m])", "sum", "take a value over the range"),
        (
            "a +",
            "+",
            "the query ends where an operand of `+` is wanted",
        ),
        ("a * / b", "/", "an operand is missing between `*` and `/`"),
        ("a and and b", "and", "missing between `and` and `and`"),
        ("(a + ) / b", "+", "the bracket closes where an operand"),
        ("a b", "b", "an operator is missing between `a` and `b`"),
        ("sum(a) 5", "5", "an operator is missing"),
        ("/ a", "/", "has nothing before it"),
        ("a{b=c}", "c", "write `\"c\"`"),
        ("a{b}", "b", "write `b=\"value\"`"),
        ("a{b=\"c\" d=\"e\"}", "d", "a comma is missing"),
        ("sum(a) by b", "b", "write `by (b)`"),
        ("sum by job (a)", "job", "write `by (job)`"),
        ("rate(a{b=\"c\"[5m])", "[", "`}` is missing before this `[`"),
        (
            "sum(rate(a[5m)) / 2",
            ")",
            "`)` stands where `]` is missing",
        ),
        ("sum(a{b='c\"})", "'", "this text is never closed"),
        ("a{b==\"c\"}", "==", "write `=` once"),
        ("rate(sum(a)[5m])", "[5m]", "ranges only allowed"),
        (
            "sum(a) unless on(b) group_left c",
            "group_left",
            "cannot stand behind `unless`",
        ),
        ("a > on(b) bool c", "bool", "directly behind its operator"),
        (
            "rate(a[5m]) + 1 > \"5\"",
            ">",
            "a number or a metric on both sides",
        ),
        (
            "sum(a + (b > \"5\"))",
            ">",
            "a number or a metric on both sides",
        ),
        ("1 and a", "and", "becomes one by `vector(1)`"),
        ("a && b", "&&", "write `and`"),
        ("a = 1", "=", "write `==`"),
        ("a{b=\"\\d\"}", "\\d", "write `\\\\d`"),
        ("a{b=~\"(c\"}", "\"(c\"", "no regular expression"),
        ("sum()", "sum", "lacks its expression"),
        ("()", "()", "hold nothing"),
        ("clamp_max(a,)", ",", "no argument follows"),
        ("clamp_max(a)", "clamp_max", "expected 2 argument(s)"),
        ("rate(a[5m], 3)", "rate", "expected 1 argument(s)"),
        ("1 > 2", ">", "write `bool`"),
        ("{}", "\"{}\"", "selects every metric"),
        ("“a”", "“a”", "straight quotes"),
    ];
    for (text, at, part) in cases {
        let checked = run(text);
        assert_eq!(checked.query, None, "{text}");
        let Some((rule, place, message, help)) = checked.found.first() else {
            panic!("{text}: nothing")
        };
        let said = format!("{message} | {help}");
        assert_eq!(*rule, "query-syntax", "{text}: {said}");
        assert_eq!(place, at, "{text}: {said}");
        assert!(said.contains(part), "{text}: {said}");
    }
    assert_eq!(bad("").1, "\"\"");
    assert_eq!(bad("sum(a{b=“$version”})").1, "“$version”");
    assert!(bad("sum(rat(a[2m]))").2.contains("`rate`"));
    assert_eq!(bad("# only words").0, "query-syntax");
}

#[test]
fn the_call_to_blame_is_the_one_that_fails() {
    let mut findings = Findings::new();
    let text = "rate(a[5m]) / rate(b)";
    assert_eq!(
        check(Span::new(FileId(0), 0, text.len()), text, 0, &mut findings),
        None
    );
    assert_eq!(findings[0].span().range(), 14..18);
}

#[test]
fn variables_are_only_two() {
    let (rule, at, said) = bad("a{b=\"$versoin\"}");
    assert_eq!((rule, at.as_str()), ("query-variable", "$versoin"));
    assert!(said.ends_with("write `$version`"), "{said}");
    assert_eq!(bad("a{b=\"${version}\"}").1, "${version}");
    assert_eq!(bad("rate(a[$__rate_interval])").0, "query-variable");
    assert_eq!(bad("a_$version").1, "$version");
    // a wrong variable does not hide a wrong query
    assert_eq!(run("rte(a{b=\"$x\"}[5m])").found.len(), 2);
    assert!(!good("a{b=\"c\"}").uses_version);
}

#[test]
fn a_gate_needs_a_value() {
    assert_eq!(bad("a[5m]").0, "query-no-value");
    assert_eq!(bad("'a'").0, "query-no-value");
    assert_eq!(good("1 + 1").kind, QueryKind::Scalar);
}

#[test]
fn limits_hold_before_the_parser_sees_it() {
    assert_eq!(bad(&"(".repeat(200_000)).0, "query-too-deep");
    assert_eq!(bad(&"(".repeat(60_000)).1, "(");
    assert_eq!(bad(&("-".repeat(30_000) + "1")).0, "query-too-deep");
    assert_eq!(bad(&vec!["1"; 30_000].join("+")).0, "query-too-deep");
    assert_eq!(bad(&vec!["a"; 30_000].join("^")).0, "query-too-deep");
    assert_eq!(bad(&vec!["a"; 10_000].join(" or ")).0, "query-too-deep");
    assert_eq!(bad(&vec!["a"; 20_000].join(" ")).0, "query-too-deep");
    // at the limits a small stack is enough
    let widest = [
        vec!["a"; 500].join(" + "),
        vec!["a"; 500].join(" ^ "),
        "-".repeat(500) + "a",
        "sum(".repeat(64) + "a" + &")".repeat(64),
        format!(
            "{}{}{}",
            "sum(".repeat(64),
            vec!["a"; 500].join("*"),
            ")".repeat(64)
        ),
        format!("label_join(a, \"b\", \"c\"{})", ", \"d\"".repeat(4_900)),
        format!("a{{{}}}", vec!["b=\"c\""; 2_400].join(",")),
        format!("sum by ({}) (a)", vec!["b"; 4_900].join(",")),
        format!("a{{b=~\"{}\"}}", "\\\\w{900}".repeat(900)),
    ];
    let small = std::thread::Builder::new()
        .stack_size(1024 * 1024)
        .spawn(move || {
            for text in &widest {
                good(text);
            }
        });
    small.expect("a thread").join().expect("no overflow");
}

#[test]
fn the_word_lists_are_those_of_the_parser() {
    for name in words::FUNCTIONS {
        let message = parse(&format!(
            "{name}(\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\")"
        ))
        .expect_err("wrong arguments");
        assert!(!message.contains("unknown function"), "{name}: {message}");
    }
    for name in words::AGGREGATIONS {
        let forms = ["a", "1, a", "\"b\", a"];
        let fits = |args: &&str| parse(&format!("{name}({args})")).is_ok();
        assert!(forms.iter().any(fits), "{name}");
    }
    assert!(
        parse("other(a)")
            .expect_err("unknown")
            .contains("unknown function")
    );
}

/// Queries that are right, of any shape.
fn valid() -> impl Strategy<Value = String> {
    let selector = prop_oneof![
        Just("a".to_string()),
        Just("sum".to_string()),
        Just("a:b{c=\"d\", e!~'f|g',}".to_string()),
        Just("{c=~`h.+`}".to_string()),
        Just("a offset 5m".to_string()),
        Just("a @ start() offset -1h".to_string()),
        Just("a @ -5".to_string()),
    ];
    let leaf = prop_oneof![
        selector,
        "[0-9]{1,3}(\\.[0-9])?(e[+-]?[0-9])?".prop_map(|n| format!("vector({n})")),
        Just("time() * vector(0x1F)".to_string()),
        Just("vector(-Inf) + vector(5m)".to_string()),
    ];
    leaf.prop_recursive(5, 24, 3, |inner| {
        let op = prop::sample::select(vec![
            "+",
            "-",
            "*",
            "/",
            "%",
            "^",
            "==",
            "!=",
            ">",
            ">=",
            "<",
            "<=",
            "and",
            "or",
            "unless",
            "atan2",
            "> bool",
            "/ on (x)",
            "* ignoring (x, y) group_left (z)",
            "AND on ()",
            "- on (x) group_right",
            "+ fill (0)",
            "unless ignoring (\"x\")",
        ]);
        let call = prop::sample::select(vec![
            "abs(@)",
            "-@",
            "+@",
            "(@)",
            "sum(@)",
            "sum by (x, on) (@)",
            "avg without () (@)",
            "max(@) by (x,)",
            "topk(3, @)",
            "count_values(\"x\", @)",
            "quantile(0.9, @) without (le)",
            "rate((@)[5m:1m])",
            "max_over_time((@)[1h:] offset 5m)",
            "scalar(@) + @",
            "round(@, 2)",
            "histogram_quantile(0.9, @)",
            "label_replace(@, \"x\", \"$1\", \"y\", \"(.*)\")",
            "clamp(@, 0, 1) # c\n",
            "absent(@)",
            "sort(@)",
        ]);
        prop_oneof![
            (inner.clone(), op, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            (call, inner).prop_map(|(call, a)| call.replace('@', &a)),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_answered_within_itself(
        text in "(\\PC|[(){}\\[\\]\"'`$+*/^<>=!~,:@# \n-]|[0-9]{1,3}[smhdwy]?|1e[0-9]{1,3}|0x[0-9a-f]{1,16}|offset |Inf|NaN|sum|rate|by|on|bool|or |and |a|\\$version|\\{\\{|\\}\\}|\\\\[a-z0-9]){0,24}"
    ) {
        let mut findings = Findings::new();
        let span = Span::new(FileId(0), 6, text.len() + 8);
        let query = check(span, &text, 7, &mut findings);
        prop_assert_eq!(query.is_some(), findings.is_empty());
        for finding in &findings {
            for label in &finding.labels {
                prop_assert!(label.span.start >= 6 && label.span.end <= span.end);
                let range = label.span.range();
                let inner = range.start.saturating_sub(7)..range.end.saturating_sub(7).min(text.len());
                prop_assert!(text.get(inner).is_some(), "{:?}", label);
            }
            prop_assert!(!finding.message.is_empty() && finding.help.is_some(), "{}", finding.message);
            prop_assert!(!finding.message.contains("parser failed"), "{}", text);
        }
    }

    #[test]
    fn nothing_that_the_parser_takes_is_refused(text in valid()) {
        prop_assume!(promql_parser::parser::parse(&text).is_ok());
        let checked = run(&text);
        prop_assert!(checked.query.is_some(), "{}: {:?}", text, checked.found);
    }

    #[test]
    fn what_the_parser_refuses_is_refused(text in valid(), at in any::<prop::sample::Index>(), put in "[(){},a\"+@5 \\[\\]]?") {
        // one sign changed
        let place = at.index(text.len());
        let changed = format!("{}{put}{}", &text[..place], &text[place + 1..]);
        let refused = promql_parser::parser::parse(&changed).is_err();
        prop_assert!(!refused || run(&changed).query.is_none(), "{}", changed);
    }
}
