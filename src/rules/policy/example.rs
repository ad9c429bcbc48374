//! PR10: a policy does with its own examples what it says.

use crate::diagnostic::{Class, Diagnostic, Findings, Rule, Severity};
use crate::measure::Subject;
use crate::model::{Model, PolicyExample};
use crate::policy::{State, answers, strategies};
use crate::rollout::Schemas;
use crate::source::{SourceMap, Span};

use super::super::{Context, judge};
use super::requirement::{what_breaks, words};
use super::strategy;

pub(super) static RULE: Rule = Rule {
    name: "policy-example",
    code: "PR10",
    severity: Severity::Error,
    summary: "a policy accepts what it says it accepts, and rejects what it says it rejects",
    why: "A policy is changed by few and felt by many. Its examples say what it is for: whoever loosens or tightens a line sees at once which steps that lets through or stops. What only the facts of a service decide is asked of an example with a `roll`; `require proved` is asked of none.",
    failing: project!(
        "policy production {\n  require first-weight <= 50%\n  rejects \"half at once\" { step a { weight 50%; hold 1h; watch errors } }\n}\n"
    ),
    passing: project!(
        "policy production {\n  require first-weight <= 5%\n  accepts \"a slow start\" { step a { weight 1%; hold 1h; watch errors } }\n  rejects \"half at once\" { step a { weight 50%; hold 1h; watch errors } }\n}\n"
    ),
    can_allow: false,
    class: Class::Finding,
};

/// What breaks an example, each in words with its place and that of the policy's line.
struct Broken {
    what: String,
    at: Span,
    by: Span,
}

/// The examples of policies that the policies do not treat as they say.
pub(crate) fn policy_examples(model: &Model, schemas: &Schemas, sources: &SourceMap) -> Findings {
    let mut findings = Findings::new();
    for policy in model.policies.iter().filter(|policy| !policy.incomplete) {
        for example in policy
            .examples
            .iter()
            .filter(|example| !example.plan.incomplete)
        {
            let broken = broken(model, schemas, sources, example);
            let (name, of) = (&example.name.value, &policy.name.value);
            if example.is_accepted {
                if let Some(first) = broken.first() {
                    let message = format!(
                        "policy `{of}` does not accept its example \"{name}\": {}",
                        first.what
                    );
                    findings.push(
                        Diagnostic::new(&RULE, first.at, message)
                            .here("in the example")
                            .also(first.by, "this line stops it")
                            .also(example.name.span, "the policy says that it accepts this")
                            .help("loosen the line, or change the example"),
                    );
                }
            } else if broken.is_empty() {
                findings.push(let_through(model, sources, example, of));
            }
        }
    }
    findings
}

fn let_through(
    model: &Model,
    sources: &SourceMap,
    example: &PolicyExample,
    policy: &str,
) -> Diagnostic {
    let message = format!(
        "policy `{policy}` does not reject its example \"{}\": it keeps every line",
        example.name.value
    );
    let found = Diagnostic::new(&RULE, example.name.span, message);
    let all = answers(Subject::new(model, &example.plan));
    let open: Vec<String> = all
        .iter()
        .filter(|answer| matches!(answer.state, State::Unknown(_)))
        .map(|answer| format!("`{}`", words(sources, answer)))
        .collect();
    if open.is_empty() {
        return found.help("tighten the line that should stop it, or say `accepts`");
    }
    let rolled = match example.plan.rolls.is_empty() {
        true => "a `roll` in the example says of which service",
        false => "the service does not declare what they need",
    };
    found
        .note(format!("not known of these steps alone: {}; {rolled}", open.join(", ")))
        .help("add `roll SERVICE from VERSION to VERSION` to the example, or tighten the line that should stop it")
}

fn broken(
    model: &Model,
    schemas: &Schemas,
    sources: &SourceMap,
    example: &PolicyExample,
) -> Vec<Broken> {
    let plan = &example.plan;
    let subject = Subject::new(model, plan);
    let mut found = Vec::new();
    for answer in answers(subject) {
        if answer.state == State::Broken {
            let what = what_breaks(sources, &example.name.value, &answer);
            // the policy is named already
            let what = what
                .split(", and policy")
                .next()
                .map_or(what.clone(), str::to_string);
            found.push(Broken {
                what,
                at: answer.at,
                by: answer.requirement.span,
            });
        }
    }
    for unallowed in strategies(subject) {
        let what = strategy::what(&unallowed);
        found.push(Broken {
            what,
            at: unallowed.at,
            by: unallowed.by,
        });
    }
    let forbids = crate::policy::policies(model, plan).flat_map(|policy| &policy.forbids);
    let forbids: Vec<_> = forbids
        .filter_map(|name| Some((super::super::find(&name.value)?, name.span)))
        .collect();
    if !forbids.is_empty() {
        let context = Context {
            model,
            plan,
            sources,
            schemas,
            judged: None,
            start: None,
        };
        for (hazard, told) in judge(&context) {
            let by = forbids.iter().find(|(rule, _)| *rule == hazard.rule);
            if let Some((_, by)) = by {
                let what = format!("{} ({})", told.diagnostic.message, hazard.rule.name);
                found.push(Broken {
                    what,
                    at: told.diagnostic.span(),
                    by: *by,
                });
            }
        }
    }
    found
}
