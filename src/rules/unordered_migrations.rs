//! GR08: two plans that move one database do so one after the other.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Compatible),
    check,
};

const PROJECT: &str = "";

static RULE: Rule = Rule {
    name: "unordered-migrations",
    code: "GR08",
    severity: Severity::Error,
    summary: "plans of a release that move one database have an order",
    why: "A migration tool runs what its folder holds in the order of the versions. Two plans that start it at the same time run each other's migrations, at a moment that neither of them has planned.",
    failing: PROJECT,
    passing: PROJECT,
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let Some(judged) = context.judged else { return };
    for pair in &judged.rollout.unordered {
        let [(one, first), (other, second)] = pair.actions;
        if other != judged.place {
            continue;
        }
        let model = context.model;
        let name = |place: usize| {
            let plan = judged.rollout.plans[place].plan;
            model.plans[plan].name.value.as_str()
        };
        let database = &model.databases[pair.database].name.value;
        let found = Diagnostic::new(
            &RULE,
            second,
            format!(
                "`{}` and `{}` both move `{database}`, and nothing puts them in order",
                name(one),
                name(other)
            ),
        )
        .here("may run while the other does")
        .also(first, format!("`{}` moves it here", name(one)))
        .help(format!(
            "let one wait for the other in the release: `includes {} after {}.STEP`",
            name(other),
            name(one)
        ));
        out.push(Found {
            diagnostic: found,
            step: None,
        });
    }
}
