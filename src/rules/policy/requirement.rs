//! PR02, PR03 and PR08: a plan keeps what its policies require.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure;
use crate::policy::{Answer, Remedy, State, answer, policies, remedy};
use crate::source::SourceMap;

use super::super::{Context, Found, Hazard, insufficient_power, step_without_gate, with_origin};
use super::subject;

pub(super) const APPROVAL: Hazard = Hazard {
    rule: &APPROVAL_MISSING,
    refutes: None,
    check: |context, out| check(context, Part::Approvals, out),
};

pub(super) const BLAST_RADIUS: Hazard = Hazard {
    rule: &BLAST_RADIUS_OVER_POLICY,
    refutes: Some(Proof::Bounded),
    check: |context, out| check(context, Part::Harm, out),
};

pub(super) const REQUIREMENT: Hazard = Hazard {
    rule: &POLICY_REQUIREMENT,
    refutes: None,
    check: |context, out| check(context, Part::Steps, out),
};

pub(super) const TIMES: Hazard = Hazard {
    rule: &POLICY_REQUIREMENT,
    refutes: Some(Proof::Bounded),
    check: |context, out| check(context, Part::Times, out),
};

pub(super) const CAPACITY: Hazard = Hazard {
    rule: &POLICY_REQUIREMENT,
    refutes: Some(Proof::Sufficient),
    check: |context, out| check(context, Part::Capacity, out),
};

/// Measures that one rule tells of, and that bear on one proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Approvals,
    Harm,
    Times,
    Capacity,
    Steps,
}

impl Part {
    fn of(measure: &str) -> Part {
        match measure {
            "approval" => Part::Approvals,
            "users-exposed" | "requests-failed" | "budget-burned" => Part::Harm,
            "time-to-detect" | "rollback-time" | "duration" => Part::Times,
            "utilisation" | "peak-replicas" => Part::Capacity,
            _ => Part::Steps,
        }
    }

    fn rule(self) -> &'static Rule {
        match self {
            Part::Approvals => &APPROVAL_MISSING,
            Part::Harm => &BLAST_RADIUS_OVER_POLICY,
            Part::Times | Part::Capacity | Part::Steps => &POLICY_REQUIREMENT,
        }
    }
}

static APPROVAL_MISSING: Rule = Rule {
    name: "approval-missing",
    code: "PR02",
    severity: Severity::Error,
    summary: "a human says yes wherever a policy asks for one",
    why: "A policy that asks for an approval wants somebody to look at what the gates cannot see, before the step and not after it. `require approval` asks for one anywhere in the plan, `before weight 50%` for one that has been given when that weight is set, and `when weight >= 50%` for one in each step that exposes more from there on.",
    failing: project!(
        "policy production { require approval before weight 50% }\n\nplan web-2 {\n  roll web from 1 to 2\n  obeys production\n  step canary { weight 5%; hold 30m; watch errors }\n  step half { weight 50%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "policy production { require approval before weight 50% }\n\nplan web-2 {\n  roll web from 1 to 2\n  obeys production\n  step canary { weight 5%; hold 30m; watch errors }\n  step half { approve by \"sre\" within 4h; weight 50%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

static BLAST_RADIUS_OVER_POLICY: Rule = Rule {
    name: "blast-radius-over-policy",
    code: "PR03",
    severity: Severity::Error,
    summary: "a fault that the gates detect hurts no more than a policy allows",
    why: "How many meet a fault before it is found and taken back is decided by the plan: by the weight of its first leg, by how fast its gates speak, and by how fast the way back is. `users-exposed`, `requests-failed` and `budget-burned` are expected values, for the fault that the gates `detect`, from the first leg until the way back is complete. Where a fact is missing nobody knows whether the policy is kept: that is a warning, which names the statement to declare.",
    failing: measured!(
        "900/s; users 2M per day; startup 10s",
        "  expect value < 1%\n  normally 0.1%\n  detect 5%\n",
        "policy production { require users-exposed <= 0.5% }\n\nplan web-2 {\n  roll web from 1 to 2\n  obeys production\n  step canary { weight 10%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: measured!(
        "900/s; users 2M per day; startup 10s",
        "  expect value < 1%\n  normally 0.1%\n  detect 5%\n",
        "policy production { require users-exposed <= 0.5% }\n\nplan web-2 {\n  roll web from 1 to 2\n  obeys production\n  step canary { weight 1% -> 10%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

static POLICY_REQUIREMENT: Rule = Rule {
    name: "policy-requirement",
    code: "PR08",
    severity: Severity::Error,
    summary: "a plan keeps every requirement of the policies that it obeys",
    why: "A policy is what many plans have in common: how small the first exposure is, how long each leg is held, how fast the way back is. What is measured leg by leg has to keep the bound at each leg, with `when weight >= 50%` at each leg from there on. Where a fact is missing nobody knows whether the policy is kept: that is a warning, which names the statement to declare. An owner of a policy who wants no plan with open questions writes `forbid policy-requirement` beside it, which makes it an error, and `never-allow policy-requirement` where nobody may accept it.",
    failing: project!(
        "policy production { require hold >= 30m }\n\nplan web-2 {\n  roll web from 1 to 2\n  obeys production\n  step canary { weight 5%; hold 20m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "policy production { require hold >= 30m }\n\nplan web-2 {\n  roll web from 1 to 2\n  obeys production\n  step canary { weight 5%; hold 30m; watch errors }\n  step all { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, part: Part, out: &mut Vec<Found>) {
    let rule = part.rule();
    let subject = subject(context);
    for policy in policies(context.model, context.plan) {
        let asked = policy
            .requires
            .iter()
            .filter(|asked| asked.proofs.is_empty());
        for asked in asked.filter(|asked| Part::of(&asked.measure.value) == part) {
            let answer = answer(subject, policy, asked);
            if is_told(context, &answer) {
                continue;
            }
            let found = match &answer.state {
                State::Kept | State::Idle => continue,
                State::Broken => {
                    let remedy = remedy(subject, &answer, context.sources);
                    broken(context, rule, &answer, remedy)
                }
                State::Unknown(facts) => unknown(context, rule, &answer, facts),
            };
            let step = answer.step.and_then(|step| context.plan.steps.get(step));
            out.push(Found {
                diagnostic: match step {
                    Some(step) => with_origin(found, step),
                    None => found,
                },
                step: answer.step,
            });
        }
    }
}

/// Whether a rule of gates tells the same of the same place: it knows more about it.
fn is_told(context: &Context<'_>, answer: &Answer<'_>) -> bool {
    let of_gates = match answer.requirement.measure.value.as_str() {
        "watch" => &step_without_gate::HAZARD,
        "power" => &insufficient_power::HAZARD,
        _ => return false,
    };
    if answer.state != State::Broken {
        return false;
    }
    let mut told = Vec::new();
    (of_gates.check)(context, &mut told);
    told.iter().any(|found| found.step == answer.step)
}

/// The text of a requirement, in one line: `hold >= 30m when weight >= 50%`.
pub(super) fn words(sources: &SourceMap, answer: &Answer<'_>) -> String {
    let text = sources.text(answer.requirement.span);
    let text = text.trim_start_matches("require");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What breaks a requirement, in words.
pub(super) fn what_breaks(sources: &SourceMap, plan: &str, answer: &Answer<'_>) -> String {
    let measure = &answer.requirement.measure.value;
    let (policy, words) = (&answer.policy.name.value, words(sources, answer));
    match answer.value {
        Some(value) => {
            format!("`{measure}` of `{plan}` is {value}, and policy `{policy}` requires `{words}`")
        }
        None => {
            let lacks = match measure.as_str() {
                "approval" => "asks nobody",
                "run" => "runs no job",
                _ => "watches nothing",
            };
            format!("`{plan}` {lacks} where policy `{policy}` requires `{words}`")
        }
    }
}

fn broken(
    context: &Context<'_>,
    rule: &'static Rule,
    answer: &Answer<'_>,
    remedy: Option<Remedy>,
) -> Diagnostic {
    let message = what_breaks(context.sources, &context.plan.name.value, answer);
    let here = match (&answer.value, answer.here.as_str()) {
        (Some(value), "") => format!("{value} here"),
        (_, here) => here.to_string(),
    };
    let mut found = Diagnostic::new(rule, answer.at, message)
        .here(here)
        .also(answer.requirement.span, "required here");
    if let Some(note) = note(answer) {
        found = found.note(note);
    }
    match remedy {
        Some(remedy) => {
            found = found.help(format!(
                "{}; checked: the policy is kept then",
                remedy.order
            ));
            if !remedy.edits.is_empty() {
                found = found.fix(remedy.order, remedy.edits);
                // a plan that is held longer, or takes other weights, is another plan
                if let Some(fix) = &mut found.fix {
                    fix.safe = false;
                }
            }
            found
        }
        None => found.help(advice(answer)),
    }
}

/// What the value is made of, and what it rests on.
fn note(answer: &Answer<'_>) -> Option<String> {
    let mut told: Vec<String> = Vec::new();
    let mut parts: Vec<&measure::Part> = answer
        .parts
        .iter()
        .filter(|part| part.most.number() > 0.0)
        .collect();
    parts.sort_by(|one, other| other.most.number().total_cmp(&one.most.number()));
    if !parts.is_empty() {
        let more = parts.len().saturating_sub(4);
        let list = parts
            .iter()
            .take(4)
            .map(|part| format!("{} {}", part.what, part.most));
        let mut list = list.collect::<Vec<_>>().join(", ");
        if more > 0 {
            list.push_str(&format!(", and {more} smaller"));
        }
        told.push(format!("made of {list}"));
    }
    if !answer.rests_on.is_empty() {
        told.push(format!("rests on this: {}", answer.rests_on.join("; ")));
    }
    (!told.is_empty()).then(|| told.join("; "))
}

/// What helps where no single change was found that does.
fn advice(answer: &Answer<'_>) -> String {
    let bound = answer.requirement.bound.as_ref();
    let bound = bound.and_then(|(_, bound)| bound.value.as_number().map(|_| bound));
    let limit = bound.map_or(String::new(), |bound| match bound.value {
        crate::model::Limit::Percent(share) => share.to_string(),
        crate::model::Limit::Duration(time) => time.to_string(),
        crate::model::Limit::Number(number) => number.to_string(),
        _ => String::new(),
    });
    match answer.requirement.measure.value.as_str() {
        "first-weight" => format!("begin with a `weight` of at most {limit}"),
        "weight-ratio" => format!("put weights in between: each at most {limit} times the one before"),
        "weight-step" => format!("put weights in between: each at most {limit} more than the one before"),
        "hold" | "bake" => format!("hold for {limit}"),
        "power" => "hold longer, give the leg more weight, or detect a larger fault".into(),
        "false-alarm" => "let the gates `tolerate` more looks, or move `expect` further from `normally`".into(),
        "time-to-detect" => "look more often, with a shorter window, or give the leg more weight".into(),
        "users-exposed" | "requests-failed" | "budget-burned" => {
            "begin with a smaller weight, keep users on one version with `sticky`, or let the gates speak sooner".into()
        }
        "rollback-time" => "shorten the longest part of the way back: the drain, the start of the old version, or the holds of `rollback`".into(),
        "duration" => "shorten the longest part: a hold, or the limit of an approval".into(),
        "utilisation" => "run more replicas, or let them surge".into(),
        "peak-replicas" => "replace fewer replicas at a time, or do without a full second stack".into(),
        "retire-after" => format!("write `retire VERSION after {limit}`, or hold the last weight longer"),
        "domains-at-once" => "change one failure domain in each step: `in DOMAIN`, watch, and then the next".into(),
        "approval" => "write `approve by \"TEAM\" within 4h` in the step".into(),
        "run" => "write `run \"NAME\" image \"...\"` behind the changes of the step".into(),
        _ => "write `hold 30m` and `watch GATE` in the step".into(),
    }
}

fn unknown(
    context: &Context<'_>,
    rule: &'static Rule,
    answer: &Answer<'_>,
    facts: &[String],
) -> Diagnostic {
    let words = words(context.sources, answer);
    let count = match facts.len() {
        1 => "a fact is missing".to_string(),
        count => format!("{count} facts are missing"),
    };
    let message = format!(
        "nobody knows whether `{}` keeps `{words}` of policy `{}`: {count}",
        context.plan.name.value, answer.policy.name.value
    );
    let mut list: Vec<&str> = facts.iter().map(String::as_str).take(3).collect();
    let more = facts.len() - list.len();
    let rest = format!("{more} more");
    if more > 0 {
        list.push(&rest);
    }
    let mut found = Diagnostic::new(rule, answer.at, message)
        .here("not known of this plan")
        .also(answer.requirement.span, "required here")
        .help(format!("declare {}", list.join("; ")));
    for fact in facts {
        found = found.missing(fact.as_str());
    }
    // what nobody knows is not broken; `forbid policy-requirement` makes it an error
    found.severity(Severity::Warning)
}
