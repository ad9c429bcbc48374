//! PV01: what must be proved is proved, not just not refuted.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};

use crate::measure::{self, gates};
use crate::rollout::QUERY;
use crate::source::Span;

use super::unknown::{open, required};
use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None,
    check,
};

static RULE: Rule = Rule {
    name: "not-proved",
    code: "PV01",
    severity: Severity::Error,
    summary: "compatibility and the way back are proved for every plan",
    why: "Unknown is not safe: a verdict that rests on a fact that nobody declared is no verdict. `require proved compatible, reversible` is the default, so that a missing fact stops a check as a refuted proof does.",
    failing: migrated!(
        "DO $$ BEGIN EXECUTE 'ALTER TABLE users DROP COLUMN ' || 'email'; END $$;\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: migrated!(
        "ALTER TABLE users ADD COLUMN phone text;\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// So many places that are not understood are shown.
const MAX_PLACES: usize = 3;

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let Some(judged) = context.judged else { return };
    let mut facts: BTreeMap<&str, Vec<Proof>> = BTreeMap::new();
    let mut places = BTreeSet::new();
    // the first query that is not understood, where it stands in a file of its own
    let mut query: Option<Span> = None;
    for missing in &judged.judgement.missing {
        // what has a finding of its own is not told a second time
        if missing.plan == judged.place && !missing.told {
            facts.entry(&missing.fact).or_default().push(missing.proof);
            places.extend(missing.place);
            let apart = |place: &Span| place.file != context.plan.name.span.file;
            if missing.fact.starts_with(QUERY)
                && let Some(place) = missing.place.filter(apart)
            {
                query = Some(query.map_or(place, |known| known.min(place)));
            }
        }
    }
    // by default nobody requires more
    let mut more: Vec<(Proof, String)> = Vec::new();
    for proof in Proof::ALL {
        if required(context, proof).is_none() {
            continue;
        }
        let found = match proof {
            Proof::Observed => gates::missing(context.subject()),
            Proof::Compatible | Proof::Reversible => open(context, proof, &accepted(context)),
            Proof::Bounded => measure::bounded(context.subject()).missing.facts,
            Proof::Sufficient => judged.capacity.missing(judged.place),
        };
        more.extend(found.into_iter().map(|fact| (proof, fact)));
    }
    for (proof, fact) in &more {
        facts.entry(fact).or_default().push(*proof);
    }
    if facts.is_empty() {
        return;
    }
    let mut proofs: Vec<Proof> = facts.values().flatten().copied().collect();
    proofs.sort_unstable();
    proofs.dedup();
    let words: Vec<String> = proofs
        .iter()
        .map(|proof| format!("`{}`", proof.word()))
        .collect();
    let words = match words.as_slice() {
        [rest @ .., last] if rest.len() > 1 => format!("{} and {last}", rest.join(", ")),
        words => words.join(" and "),
    };
    let message = format!(
        "{words} cannot be proved for `{}`: {} {} missing",
        context.plan.name.value,
        facts.len(),
        if facts.len() == 1 {
            "fact is"
        } else {
            "facts are"
        }
    );
    let mut found = Diagnostic::new(&RULE, query.unwrap_or(context.plan.name.span), message);
    if let Some(query) = query {
        places.remove(&query);
        found = found
            .here("not understood")
            .also(context.plan.name.span, "the plan needs it");
    }
    let asked: BTreeSet<Span> = proofs
        .iter()
        .filter_map(|proof| required(context, *proof))
        .collect();
    for span in asked {
        found = found.also(span, "a policy requires it here");
    }
    for place in places.into_iter().take(MAX_PLACES) {
        found = found.also(place, "not understood");
    }
    // a query is not declared but written
    let written = |fact: &&str| query.is_some() && fact.starts_with(QUERY);
    let all = facts.keys().copied();
    let declared: Vec<&str> = all.filter(|fact| !written(fact)).collect();
    let queries = facts.keys().any(written);
    let mut help = String::new();
    if queries {
        help.push_str(
            "write SQL that PostgreSQL understands on the schema that the version was built \
             against, or declare `uses ...` in the version",
        );
    }
    if !declared.is_empty() {
        if !help.is_empty() {
            help.push_str("; ");
        }
        let list: Vec<&str> = declared.iter().copied().take(3).collect();
        help.push_str(&format!("declare {}", list.join("; ")));
        let more = declared.len() - list.len();
        if more > 0 {
            help.push_str(&format!("; and {more} more"));
        }
    }
    found = found.help(help);
    for fact in facts.keys() {
        found = found.missing(*fact);
    }
    out.push(Found {
        diagnostic: found,
        step: None,
    });
}

/// The rules that the plan accepts somewhere.
fn accepted(context: &Context<'_>) -> Vec<&'static Rule> {
    let steps = context.plan.steps.iter().flat_map(|step| &step.allows);
    let all = context.plan.allows.iter().chain(steps);
    all.filter_map(|allow| super::find(&allow.rule.value))
        .collect()
}
