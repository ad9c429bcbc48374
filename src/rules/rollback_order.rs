//! RB07: what was done last is taken back first.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Action, Model, Plan, Rollback};
use crate::source::Span;

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "rollback-order-inverted",
    code: "RB07",
    severity: Severity::Warning,
    summary: "a way back takes back first what was done last",
    why: "Each change of a plan was made on top of those before it. A way back that takes them back in the order in which they were made goes through states that going forward never had: the old code with the flag open that only the new code knows, the new code without the configuration that it was given first.",
    failing: project!(
        "flag express { service web }\n\nplan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  step open { flag express 5% -> 100%; hold 30m; watch errors }\n  rollback within 5m {\n    weight 0%\n    flag express off\n  }\n}\n"
    ),
    passing: project!(
        "flag express { service web }\n\nplan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  step open { flag express 5% -> 100%; hold 30m; watch errors }\n  rollback within 5m {\n    flag express off\n    weight 0%\n  }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

/// What an action moves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moved {
    Traffic,
    Flag(usize),
    Config(usize),
    Schema(usize),
}

impl Moved {
    fn of(action: &Action) -> Option<Moved> {
        Some(match action {
            Action::Weight(_)
            | Action::Rolling { .. }
            | Action::Switch
            | Action::Split(_)
            | Action::RouteCohorts(_)
            | Action::RouteHeader(..) => Moved::Traffic,
            Action::Flag(flag, _) => Moved::Flag(*flag),
            Action::Push(config, _) => Moved::Config(*config),
            Action::Migrate(database, _) => Moved::Schema(*database),
            _ => return None,
        })
    }

    fn words(self, model: &Model) -> String {
        let name = |name: Option<&str>| name.unwrap_or_default().to_string();
        match self {
            Moved::Traffic => "the traffic".into(),
            Moved::Flag(flag) => format!(
                "flag `{}`",
                name(model.flags.get(flag).map(|flag| flag.name.value.as_str()))
            ),
            Moved::Config(config) => format!(
                "`{}`",
                name(model.configs.get(config).map(|own| own.name.value.as_str()))
            ),
            Moved::Schema(database) => format!(
                "the schema of `{}`",
                name(
                    model
                        .databases
                        .get(database)
                        .map(|own| own.name.value.as_str())
                )
            ),
        }
    }
}

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    // what is broken on the way back has been told, with a run
    let broken = context.judged.is_some_and(|judged| {
        let mut refutations = judged.judgement.refutations.iter();
        refutations.any(|found| found.way.is_some_and(|way| way.plan == judged.place))
    });
    if broken {
        return;
    }
    for rollback in &context.plan.rollbacks {
        let Some([(first, at, done), (second, later, since)]) = inverted(context.plan, rollback)
        else {
            continue;
        };
        let (first, second) = (first.words(context.model), second.words(context.model));
        let found = Diagnostic::new(
            &RULE,
            at,
            format!("this way back takes {first} back before {second}, which came later"),
        )
        .here("goes back first")
        .also(later, "goes back behind it")
        .also(done, "came first")
        .also(since, "came later")
        .help(format!("take {second} back above {first}"));
        out.push(Found {
            diagnostic: found,
            step: None,
        });
    }
}

/// What is taken back first though it came first, and what is taken back behind it: each with its
/// place on the way back and on the way forward.
fn inverted(plan: &Plan, rollback: &Rollback) -> Option<[(Moved, Span, Span); 2]> {
    let forward: Vec<(Moved, Span)> = plan
        .steps
        .iter()
        .flat_map(|step| &step.actions)
        .filter_map(|action| Some((Moved::of(&action.value)?, action.span)))
        .collect();
    let back: Vec<(Moved, Span, usize)> = rollback
        .body
        .iter()
        .filter_map(|action| {
            let moved = Moved::of(&action.value)?;
            let first = forward.iter().position(|(own, _)| *own == moved)?;
            Some((moved, action.span, first))
        })
        .collect();
    back.windows(2).find_map(|pair| {
        let [one, other] = pair else { return None };
        (one.2 < other.2).then(|| {
            [
                (one.0, one.1, forward[one.2].1),
                (other.0, other.1, forward[other.2].1),
            ]
        })
    })
}
