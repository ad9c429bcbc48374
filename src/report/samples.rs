//! Findings made by hand for the tests of all views: every shape that a rule can give.

use super::{Checked, FailOn, Obligation, Report};
use crate::diagnostic::{
    Class, Covered, Diagnostic, Edit, PlanVerdicts, Proof, Reason, Reasons, Rule, RunEvent,
    Severity, Verdict,
};
use crate::source::{FileId, SourceMap, Span};

const fn rule(name: &'static str, code: &'static str, severity: Severity, class: Class) -> Rule {
    Rule {
        name,
        code,
        severity,
        summary: "What holds when the rule is silent.",
        why: "Why it matters.",
        failing: "",
        passing: "",
        can_allow: true,
        class,
    }
}

pub(super) static TAG: Rule = rule("mutable-tag", "SU01", Severity::Warning, Class::Finding);
pub(super) static ORDER: Rule = rule("version-skew", "CO01", Severity::Error, Class::Finding);
pub(super) static WORD: Rule = rule("unknown-word", "SH02", Severity::Error, Class::Finding);
pub(super) static BRACE: Rule = rule("unclosed-block", "SH04", Severity::Error, Class::Unreadable);
pub(super) static DROP: Rule = rule("dropped-column", "SC03", Severity::Error, Class::Finding);
pub(super) static PROBE: Rule = rule("missing-probe", "PL00", Severity::Advice, Class::Finding);

/// Everything that a [`Report`] borrows.
pub(super) struct Sample {
    pub sources: SourceMap,
    pub findings: Vec<Diagnostic>,
    pub plans: Vec<PlanVerdicts>,
    pub obligations: Vec<Obligation>,
    pub checked: Checked,
}

impl Sample {
    pub(super) fn report(&self) -> Report<'_> {
        Report {
            sources: &self.sources,
            findings: &self.findings,
            accepted: &[],
            plans: &self.plans,
            obligations: &self.obligations,
            checked: self.checked,
            fail_on: FailOn::Error,
        }
    }
}

pub(super) const CHECKOUT: &str = r#"service checkout {
  version 42 {
    image "registry.example.com/shop/checkout:42"
    schema orders 0042
  }
}

plan checkout-42 {
  roll checkout from 41 to 42

  step canary {
    wieght 1%
    hold 1h
  }
  step full {
    weight 100%
    hold 24h
    watch errors
  }
  step contract {
    retire 41
    migrate orders to 0043
  }
"#;

const DROPPING: &str = "-- the last reader is gone\nALTER TABLE orders DROP COLUMN email;\n";

/// The bytes of the first `what` in the file.
pub(super) fn at(sources: &SourceMap, file: FileId, what: &str) -> Span {
    let start = sources
        .file(file)
        .text
        .find(what)
        .expect("the sample holds it");
    Span::new(file, start, start + what.len())
}

fn event(at: Option<u64>, event: &str, state: [&str; 2], span: Option<Span>) -> RunEvent {
    let names = ["payments", "checkout"];
    RunEvent {
        at,
        event: event.into(),
        state: names
            .iter()
            .zip(state)
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
        span,
    }
}

/// A project with one finding of each ordinary shape.
pub(super) fn ordinary() -> Sample {
    let mut sources = SourceMap::new();
    let plan = sources.add("plans/checkout.swb", "plans/checkout.swb", CHECKOUT.into());
    let sql = sources.add(
        "db/0043 drop.up.sql",
        "db/0043 drop.up.sql",
        DROPPING.into(),
    );
    let place = |what: &str| at(&sources, plan, what);
    let (canary, full) = (place("step canary"), place("weight 100%"));
    let end = Span::new(plan, CHECKOUT.len(), CHECKOUT.len());
    let tag = place("checkout:42\"");
    let tag = Span::new(plan, tag.start as usize + 8, tag.end as usize - 1);

    let mut run = Diagnostic::new(
        &ORDER,
        full,
        "checkout can serve 100% while payments is still at version 1",
    )
    .here("sets 100% here")
    .also(canary, "payments is held here")
    .help("add `after payments.done` to step `full`");
    run.run = vec![
        event(Some(0), "both rollouts start", ["10%", "10%"], Some(canary)),
        event(
            Some(300),
            "checkout step `full`",
            ["10%", "100%"],
            Some(full),
        ),
        event(
            None,
            "payments rolls back",
            ["0%", "100%"],
            Some(place("retire 41")),
        ),
    ];
    let findings = vec![
        Diagnostic::new(&TAG, tag, "the tag `42` can be moved to another image while the plan runs")
            .here("a tag, not a digest")
            .help("write the digest: `image \"registry.example.com/shop/checkout@sha256:...\"`")
            .fix("pin the digest that the manifest names", vec![Edit { span: tag, text: "@sha256:00".into() }]),
        Diagnostic::new(&WORD, place("wieght"), "`wieght` is no statement of a step")
            .help("did you mean `weight`?"),
        run,
        Diagnostic::new(&DROP, place("migrate orders to 0043"), "`orders.email` is dropped while version 42 still reads it")
            .here("this step drops the column")
            .also(place("schema orders 0042"), "42 is built against 0042, which has the column")
            .also(at(&sources, sql, "DROP COLUMN email"), "dropped here")
            .note("no `queries` say what version 42 reads, so all of its schema counts")
            .missing("what version 42 reads: `queries \"sql/42/*.sql\"` or `uses orders.id`"),
        Diagnostic::new(&PROBE, place("version 42 {\n    image \"registry.example.com/shop/checkout:42\"\n    schema orders 0042\n  }"), "version 42 has no readiness probe")
            .severity(Severity::Advice)
            .here("traffic reaches it before it can answer"),
        Diagnostic::new(&BRACE, end, "the block of plan `checkout-42` is never closed")
            .here("`}` is missing here")
            .also(place("plan checkout-42 {"), "opened here")
            .help("write `}` at the end of the plan"),
    ];
    let plans = vec![PlanVerdicts {
        plan: "checkout-42".into(),
        span: place("checkout-42"),
        environment: None,
        verdicts: vec![
            (Proof::Compatible, Verdict::Refuted),
            (Proof::Reversible, Verdict::Proved),
            (Proof::Observed, Verdict::Proved),
            (
                Proof::Sufficient,
                Verdict::Unknown(Reasons::one(Reason::Missing(
                    "`capacity` of service `checkout`".into(),
                ))),
            ),
            (Proof::Bounded, Verdict::NotChecked),
        ],
        covered: Some(Covered {
            lanes: 2,
            states: 19,
            questions: 41,
        }),
        no_way_back: None,
    }];
    let obligations = vec![Obligation {
        text: "the freeze of policy `production` needs a start: `check --start TIME`".into(),
        span: place("plan checkout-42"),
    }];
    let mut sample = Sample {
        sources,
        findings,
        plans,
        obligations,
        checked: Checked { files: 2, plans: 1 },
    };
    super::sort(&mut sample.findings, &sample.sources);
    sample
}

/// Text that is hard to draw: tabs, CRLF, a byte order mark, wide characters, escapes.
pub(super) fn difficult() -> Sample {
    let mut sources = SourceMap::new();
    let text = "\u{feff}plan a {\r\n\t\tstep \"😀 결제\" { wieght\t1% }\r\n  note \"\u{1b}[2J\u{202e}x\" hodl\r\n}\r\n";
    let file = sources.add("odd\u{1b}[31m.swb", "odd.swb", text.into());
    let empty = sources.add("empty.swb", "empty.swb", String::new());
    let place = |what: &str| at(&sources, file, what);
    let findings = vec![
        Diagnostic::new(&WORD, place("wieght"), "`wieght` is no statement")
            .here("here")
            .help("did you mean `weight`?"),
        Diagnostic::new(
            &WORD,
            place("hodl"),
            "`\u{1b}[2J\u{202e}x` stands\nbefore `hodl`",
        )
        .here("\u{1b}[31mred"),
        Diagnostic::new(&WORD, place("결제"), "a wide word"),
        Diagnostic::new(
            &WORD,
            place(" {\r\n\t\tstep").after(),
            "an empty place inside a word",
        )
        .here("between"),
        Diagnostic::new(
            &WORD,
            place("\r\n}"),
            "a span that begins at the end of a line",
        )
        .here("over the line end"),
        Diagnostic::new(
            &BRACE,
            Span::new(file, text.len(), text.len()),
            "the end of a CRLF file",
        ),
        Diagnostic::new(&BRACE, Span::new(empty, 0, 0), "an empty file").here("nothing here"),
        Diagnostic::new(&BRACE, Span::new(empty, 7, 9), "a span outside of the file"),
    ];
    let checked = Checked { files: 2, plans: 0 };
    Sample {
        sources,
        findings,
        plans: Vec::new(),
        obligations: Vec::new(),
        checked,
    }
}

/// One finding at `span` of a text.
pub(super) fn one(text: &str, start: usize, end: usize) -> Sample {
    let mut sources = SourceMap::new();
    let file = sources.add("a.swb", "a.swb", text.into());
    let finding =
        Diagnostic::new(&WORD, Span::new(file, start, end), "something is wrong").here("here");
    let checked = Checked { files: 1, plans: 0 };
    Sample {
        sources,
        findings: vec![finding],
        plans: Vec::new(),
        obligations: Vec::new(),
        checked,
    }
}
