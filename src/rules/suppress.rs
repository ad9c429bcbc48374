//! `allow RULE because "..."`: what is accepted, and what accepts nothing.

use crate::diagnostic::{Accepted, Class, Diagnostic, Edit, Findings, Rule, Severity};
use crate::model::{Allow, Model, Plan, Policy};
use crate::source::SourceMap;

use super::{Found, Hazard, find, suggest};

static UNKNOWN_RULE: Rule = Rule {
    name: "unknown-rule",
    code: "AL01",
    severity: Severity::Error,
    summary: "every rule that is accepted, forbidden or protected exists",
    why: "An `allow` with a misspelt rule accepts nothing, and a `forbid` with one forbids nothing.",
    failing: project!("policy strict { forbid mutable-tags }\n"),
    passing: project!("policy strict { forbid mutable-tag }\n"),
    can_allow: false,
    class: Class::Finding,
};

static UNUSED_ALLOW: Rule = Rule {
    name: "unused-allow",
    code: "AL02",
    severity: Severity::Warning,
    summary: "every `allow` accepts a finding",
    why: "An `allow` that accepts nothing today will hide something tomorrow.",
    failing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  allow mutable-tag because \"built once\"\n  step all {\n    rolling\n    hold 30m\n    watch errors\n  }\n}\n"
    ),
    passing: project!(
        "plan web-2 {\n  roll web from 1 to 2\n  step all {\n    rolling\n    hold 30m\n    watch errors\n  }\n}\n"
    ),
    can_allow: false,
    class: Class::Finding,
};

static FORBIDDEN_ALLOW: Rule = Rule {
    name: "forbidden-allow",
    code: "AL03",
    severity: Severity::Error,
    summary: "nothing is accepted that a policy says is never to be accepted",
    why: "The platform team has decided that this hazard is not a service team's to accept.",
    failing: project!(
        "policy strict { never-allow non-monotone }\n\nplan web-2 {\n  roll web from 1 to 2\n  obeys strict\n  allow non-monotone because \"we know\"\n  step up { weight 20%; hold 30m; watch errors }\n  step down { weight 10%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "policy strict { never-allow mutable-tag }\n\nplan web-2 {\n  roll web from 1 to 2\n  obeys strict\n  allow non-monotone because \"a second look at a smaller share\"\n  step up { weight 20%; hold 30m; watch errors }\n  step down { weight 10%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: false,
    class: Class::Finding,
};

/// Whether this is the finding that an `allow` accepts nothing. What is accepted in one environment
/// may not be there in another, so it counts only when it is so in all of them.
pub fn is_unused_allow(found: &Diagnostic) -> bool {
    found.rule == &UNUSED_ALLOW
}

/// The rules of acceptance.
pub static RULES: &[&Rule] = &[&UNKNOWN_RULE, &UNUSED_ALLOW, &FORBIDDEN_ALLOW];

/// What `allow`s and policies make of a plan's findings.
#[derive(Debug, Default)]
pub struct Applied {
    /// What is left, with what is wrong with the `allow`s themselves.
    pub left: Vec<(Option<&'static Hazard>, Diagnostic)>,
    /// What an `allow` accepts, with what found it.
    pub accepted: Vec<(&'static Hazard, Accepted)>,
}

/// Applies the `allow`s of a plan and its policies to its findings.
pub fn apply(
    model: &Model,
    plan: &Plan,
    sources: &SourceMap,
    found: Vec<(&'static Hazard, Found)>,
) -> Applied {
    let policies: Vec<&Policy> = plan
        .obeys
        .iter()
        .filter_map(|policy| model.policies.get(policy.value))
        .collect();
    let mut used =
        vec![false; plan.allows.len() + plan.steps.iter().map(|s| s.allows.len()).sum::<usize>()];
    let allows: Vec<(&Allow, Option<usize>)> = plan
        .allows
        .iter()
        .map(|allow| (allow, None))
        .chain(
            plan.steps
                .iter()
                .enumerate()
                .flat_map(|(step, s)| s.allows.iter().map(move |a| (a, Some(step)))),
        )
        .collect();
    let mut left = Vec::new();
    let mut accepted = Vec::new();
    for (hazard, mut found) in found {
        if policies
            .iter()
            .any(|policy| names(&policy.forbids, hazard.rule).is_some())
        {
            found.diagnostic.severity = Severity::Error;
        }
        let accepts = |(allow, step): &(&Allow, Option<usize>), own: bool| {
            find(&allow.rule.value).is_some_and(|rule| rule == hazard.rule)
                && if own {
                    step.is_some() && *step == found.step
                } else {
                    step.is_none()
                }
        };
        // the step's own `allow` counts before that of the plan
        let by = allows
            .iter()
            .position(|allow| accepts(allow, true))
            .or_else(|| allows.iter().position(|allow| accepts(allow, false)));
        match by {
            Some(by) => {
                used[by] = true;
                if let Some(never) = never_allowed(&policies, hazard.rule) {
                    let (allow, _) = allows[by];
                    left.push((
                        None,
                        Diagnostic::new(
                            &FORBIDDEN_ALLOW,
                            allow.span,
                            format!("`{}` cannot be accepted here", hazard.rule.name),
                        )
                        .also(never, "this policy never allows it")
                        .help("remove the hazard, or ask the owners of the policy"),
                    ));
                    left.push((Some(hazard), found.diagnostic));
                } else {
                    let own = Accepted {
                        finding: found.diagnostic,
                        reason: allows[by].0.reason.value.clone(),
                        in_source: true,
                    };
                    accepted.push((hazard, own));
                }
            }
            None => left.push((Some(hazard), found.diagnostic)),
        }
    }
    for (number, (allow, _)) in allows.iter().enumerate() {
        // a plan that cannot be read whole may still hold what is accepted; a name is a name
        if used[number] || (plan.incomplete && find(&allow.rule.value).is_some()) {
            continue;
        }
        left.push((None, wrong_allow(allow, sources)));
    }
    Applied { left, accepted }
}

fn names(list: &[crate::source::Spanned<String>], rule: &Rule) -> Option<crate::source::Span> {
    list.iter()
        .find(|name| find(&name.value).is_some_and(|found| found == rule))
        .map(|name| name.span)
}

fn never_allowed(policies: &[&Policy], rule: &Rule) -> Option<crate::source::Span> {
    policies
        .iter()
        .find_map(|policy| names(&policy.never_allows, rule))
}

fn wrong_allow(allow: &Allow, sources: &SourceMap) -> Diagnostic {
    let name = &allow.rule.value;
    match find(name) {
        None => unknown_rule(name, allow.rule.span),
        Some(rule) if !rule.can_allow => Diagnostic::new(
            &UNUSED_ALLOW,
            allow.span,
            format!(
                "`{}` cannot be accepted: what it reports could not be read",
                rule.name
            ),
        )
        .help("remove this line and put the mistake right"),
        Some(rule) => Diagnostic::new(
            &UNUSED_ALLOW,
            allow.span,
            format!(
                "nothing here is `{}`, so this `allow` accepts nothing",
                rule.name
            ),
        )
        .help("remove this line")
        .fix(
            "remove the `allow`",
            vec![Edit {
                span: whole_line(sources, allow.span),
                text: String::new(),
            }],
        ),
    }
}

/// The line of a statement that stands alone on it, line end included; else the statement.
fn whole_line(sources: &SourceMap, span: crate::source::Span) -> crate::source::Span {
    let text = &sources.file(span.file).text;
    let start = text[..span.start as usize]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    let end = text[span.end as usize..]
        .find('\n')
        .map_or(text.len(), |at| span.end as usize + at + 1);
    let alone = text[start..span.start as usize].trim().is_empty()
        && text[span.end as usize..end].trim().is_empty();
    if alone {
        crate::source::Span::new(span.file, start, end)
    } else {
        span
    }
}

fn unknown_rule(name: &str, span: crate::source::Span) -> Diagnostic {
    let found = Diagnostic::new(&UNKNOWN_RULE, span, format!("there is no rule `{name}`"));
    match suggest(name) {
        Some(meant) => found.meant(span, meant),
        None => found.help("`switchback explain` lists all rules"),
    }
}

/// The rules that policies name and that do not exist.
pub fn policy_names(model: &Model) -> Findings {
    let mut findings = Findings::new();
    for policy in &model.policies {
        for name in policy.forbids.iter().chain(&policy.never_allows) {
            if find(&name.value).is_none() {
                findings.push(unknown_rule(&name.value, name.span));
            }
        }
    }
    findings
}
