//! The view for programs: JSON with a version, a published schema and every part of a finding.
//!
//! The types below are the format. A field may be added without a new version; one that changes
//! its meaning or goes away makes version 2.

use schemars::JsonSchema;
use serde::Serialize;

use super::place::Places;
use super::{Report, Tally, exit_code};
use crate::diagnostic::{self, Diagnostic, PlanVerdicts};
use crate::source::Span;

/// Appends the report as one JSON document, indented, with a line end behind it.
pub fn json(report: &Report, out: &mut String) {
    let mut places = Places::new(report.sources);
    let document = Document {
        version: 1,
        findings: report
            .findings
            .iter()
            .map(|finding| Finding::of(finding, &mut places))
            .collect(),
        plans: report
            .plans
            .iter()
            .map(|plan| Plan::of(plan, &mut places))
            .collect(),
        obligations: report
            .obligations
            .iter()
            .map(|obligation| Obligation {
                text: obligation.text.clone(),
                place: Place::of(obligation.span, &mut places),
            })
            .collect(),
        summary: Summary::of(report),
    };
    // strings, numbers and lists only: there is no map key or number that JSON cannot hold
    out.push_str(&serde_json::to_string_pretty(&document).unwrap_or_default());
    out.push('\n');
}

/// Appends one JSON object a line: each finding, each plan, each obligation, and the summary as the
/// last. Each has a `type`; the rest is as in [`json`].
pub fn jsonl(report: &Report, out: &mut String) {
    let mut places = Places::new(report.sources);
    let mut line = |line: Line| {
        out.push_str(&serde_json::to_string(&line).unwrap_or_default());
        out.push('\n');
    };
    for finding in report.findings {
        line(Line::Finding(Finding::of(finding, &mut places)));
    }
    for plan in report.plans {
        line(Line::Plan(Plan::of(plan, &mut places)));
    }
    for obligation in report.obligations {
        line(Line::Obligation(Obligation {
            text: obligation.text.clone(),
            place: Place::of(obligation.span, &mut places),
        }));
    }
    line(Line::Summary(Summary::of(report)));
}

/// One line of [`jsonl`].
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Line {
    Finding(Finding),
    Plan(Plan),
    Obligation(Obligation),
    Summary(Summary),
}

/// The JSON Schema (draft 2020-12) of what [`json`] writes, indented, with a line end behind it.
pub fn json_schema() -> String {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<Document>();
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// The report of one check.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Switchback report")]
struct Document {
    /// The version of this format.
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// What was found, by file, then by place.
    findings: Vec<Finding>,
    /// What is proved of each plan.
    plans: Vec<Plan>,
    /// What no check can do: it is left to a person or to the time of the start.
    obligations: Vec<Obligation>,
    /// How much was found, and what follows from it.
    summary: Summary,
}

/// A range of text. Lines and columns start at 1, and a column counts Unicode scalar values;
/// bytes count from 0 from the start of the file as it was read. Ends lie behind the last
/// character; an empty range stands between two.
#[derive(Serialize, JsonSchema)]
struct Place {
    /// The file, relative to where the command was started, with `/`.
    file: String,
    /// The line of the first character, from 1.
    line: u32,
    /// The column of the first character, from 1, in Unicode scalar values.
    column: u32,
    /// The line in which the range ends.
    end_line: u32,
    /// The column behind the last character.
    end_column: u32,
    /// The first byte, from 0.
    start_byte: u32,
    /// The byte behind the last one.
    end_byte: u32,
}

impl Place {
    fn of(span: Span, places: &mut Places) -> Self {
        let (start, end) = (places.start(span), places.end(span));
        Place {
            file: places.file(span).name.clone(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            start_byte: span.start,
            end_byte: span.end,
        }
    }
}

/// One finding. Its own place is the primary one.
#[derive(Serialize, JsonSchema)]
struct Finding {
    /// The rule's name, in kebab-case: what `allow` and `explain` take.
    rule: String,
    /// The rule's short code.
    code: String,
    severity: Severity,
    /// What is wrong.
    message: String,
    #[serde(flatten)]
    place: Place,
    /// What to write instead.
    help: Option<String>,
    /// Why it matters here, or what it rests on.
    note: Option<String>,
    /// All places that it is about; the first is the primary one.
    labels: Vec<Label>,
    /// The shortest run that shows it; empty when there is none to show.
    run: Vec<Event>,
    /// Edits that remove it.
    fix: Option<Fix>,
    /// Facts that were missing for a verdict.
    missing: Vec<String>,
}

impl Finding {
    fn of(finding: &Diagnostic, places: &mut Places) -> Self {
        Finding {
            rule: finding.rule.name.to_string(),
            code: finding.rule.code.to_string(),
            severity: finding.severity.into(),
            message: finding.message.clone(),
            place: Place::of(finding.span(), places),
            help: finding.help.clone(),
            note: finding.note.clone(),
            labels: finding
                .labels
                .iter()
                .map(|label| Label {
                    text: label.text.clone(),
                    place: Place::of(label.span, places),
                })
                .collect(),
            run: finding
                .run
                .iter()
                .map(|event| Event {
                    at: event.at,
                    event: event.event.clone(),
                    state: event
                        .state
                        .iter()
                        .map(|(name, value)| State {
                            name: name.clone(),
                            value: value.clone(),
                        })
                        .collect(),
                    place: event.span.map(|span| Place::of(span, places)),
                })
                .collect(),
            fix: finding.fix.as_ref().map(|fix| Fix {
                title: fix.title.clone(),
                safe: fix.safe,
                edits: fix
                    .edits
                    .iter()
                    .map(|edit| Edit {
                        text: edit.text.clone(),
                        place: Place::of(edit.span, places),
                    })
                    .collect(),
            }),
            missing: finding.missing.clone(),
        }
    }
}

/// How much a finding weighs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Severity {
    Advice,
    Warning,
    Error,
}

impl From<diagnostic::Severity> for Severity {
    fn from(severity: diagnostic::Severity) -> Self {
        match severity {
            diagnostic::Severity::Advice => Severity::Advice,
            diagnostic::Severity::Warning => Severity::Warning,
            diagnostic::Severity::Error => Severity::Error,
        }
    }
}

/// A place and what it has to do with the finding.
#[derive(Serialize, JsonSchema)]
struct Label {
    /// What is to be said there; may be empty.
    text: String,
    #[serde(flatten)]
    place: Place,
}

/// One event of a run.
#[derive(Serialize, JsonSchema)]
struct Event {
    /// Seconds since the start of the plan, if known.
    at: Option<u64>,
    /// What happens.
    event: String,
    /// What is so afterwards.
    state: Vec<State>,
    /// Where the plan says so.
    place: Option<Place>,
}

/// The state of one thing after an event.
#[derive(Serialize, JsonSchema)]
struct State {
    name: String,
    value: String,
}

/// Edits that remove a finding.
#[derive(Serialize, JsonSchema)]
struct Fix {
    /// What the fix does, as an order.
    title: String,
    /// Whether it changes nothing of the plan's meaning beyond removing the finding.
    safe: bool,
    /// The edits; they do not overlap, and all places are those before any of them is made.
    edits: Vec<Edit>,
}

/// A replacement of text; an empty place inserts.
#[derive(Serialize, JsonSchema)]
struct Edit {
    /// The new text.
    text: String,
    #[serde(flatten)]
    place: Place,
}

/// What is proved of one plan.
#[derive(Serialize, JsonSchema)]
struct Plan {
    /// The plan's name.
    plan: String,
    /// The environment that was checked, or null for the base.
    environment: Option<String>,
    /// All five proofs, in a fixed order.
    proofs: Vec<Proof>,
    /// What the proofs of compatibility and of the way back have looked at; null where the plan
    /// could not be judged.
    covered: Option<Covered>,
    #[serde(flatten)]
    place: Place,
}

impl Plan {
    fn of(plan: &PlanVerdicts, places: &mut Places) -> Self {
        Plan {
            plan: plan.plan.clone(),
            environment: plan.environment.clone(),
            proofs: diagnostic::Proof::ALL
                .iter()
                .map(|&proof| Proof::of(plan, proof))
                .collect(),
            covered: plan.covered.map(|covered| Covered {
                lanes: covered.lanes,
                states: covered.states,
                questions: covered.questions,
            }),
            place: Place::of(plan.span, places),
        }
    }
}

/// How much a proof has looked at.
#[derive(Serialize, JsonSchema)]
struct Covered {
    /// Plans and databases that move together.
    lanes: usize,
    /// Their states.
    states: usize,
    /// Pairs of states that were asked about.
    questions: usize,
}

/// What is known of one proof.
#[derive(Serialize, JsonSchema)]
struct Proof {
    proof: ProofName,
    verdict: Verdict,
    /// The facts to declare when the verdict is `unknown`.
    missing: Vec<String>,
    /// What an `allow` accepts when the verdict is `unknown`: the rule, and why.
    accepted: Vec<String>,
}

impl Proof {
    fn of(plan: &PlanVerdicts, proof: diagnostic::Proof) -> Self {
        use crate::diagnostic::{Proof as P, Verdict as V};
        let name = match proof {
            P::Compatible => ProofName::Compatible,
            P::Reversible => ProofName::Reversible,
            P::Observed => ProofName::Observed,
            P::Sufficient => ProofName::Sufficient,
            P::Bounded => ProofName::Bounded,
        };
        let found = plan.verdicts.iter().find(|(other, _)| *other == proof);
        let (mut missing, mut accepted) = (Vec::new(), Vec::new());
        let verdict = match found.map(|(_, verdict)| verdict) {
            Some(V::Proved) => Verdict::Proved,
            Some(V::Refuted) => Verdict::Refuted,
            Some(V::Unknown(reasons)) => {
                missing.extend(reasons.missing().map(str::to_string));
                accepted.extend(reasons.accepted().map(str::to_string));
                Verdict::Unknown
            }
            Some(V::NotChecked) | None => Verdict::NotChecked,
        };
        Proof {
            proof: name,
            verdict,
            missing,
            accepted,
        }
    }
}

/// The five proofs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum ProofName {
    /// Every live version works with what it meets, in every reachable state.
    Compatible,
    /// From every state above `no return` there is a way back.
    Reversible,
    /// No exposure grows unless a gate judged the one before.
    Observed,
    /// The ready capacity carries the load at every state.
    Sufficient,
    /// Exposure, budget and time stay within the policies.
    Bounded,
}

/// What is known of a proof. Only `proved` may be read as safe.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    /// It holds in every reachable state.
    Proved,
    /// A finding shows what breaks it.
    Refuted,
    /// Facts are missing, or what refutes it is accepted.
    Unknown,
    /// The program did not try.
    NotChecked,
}

/// Something left to a person or to the time of the start.
#[derive(Serialize, JsonSchema)]
struct Obligation {
    /// What is to be done.
    text: String,
    #[serde(flatten)]
    place: Place,
}

/// How much was found, and what follows from it.
#[derive(Serialize, JsonSchema)]
struct Summary {
    errors: usize,
    warnings: usize,
    advice: usize,
    /// Files read.
    files: usize,
    /// Plans checked.
    plans: usize,
    /// The weight from which on a finding fails the check: `error`, `warning`, `advice`, `never`.
    fail_on: String,
    /// Findings that do not fail the check.
    below_fail_on: usize,
    /// The exit code that follows: 0 clean, 1 findings, 2 input that could not be read.
    exit_code: u8,
}

impl Summary {
    fn of(report: &Report) -> Self {
        let tally = Tally::of(report);
        Summary {
            errors: tally.errors,
            warnings: tally.warnings,
            advice: tally.advice,
            files: report.checked.files,
            plans: report.checked.plans,
            fail_on: report.fail_on.word().to_string(),
            below_fail_on: tally.below,
            exit_code: exit_code(report),
        }
    }
}
