//! RB01: the way back that a plan describes leads back.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::{Action, Database, Plan, Rollback};
use crate::rollout::{WayBack, run_back};
use crate::schema::catalog::differences;
use crate::schema::{Down, Migration};
use crate::source::Span;

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Reversible),
    check,
};

static RULE: Rule = Rule {
    name: "no-rollback-path",
    code: "RB01",
    severity: Severity::Error,
    summary: "the way back ends with the old version, the flags closed and every down run",
    why: "A body of `rollback` replaces the derived way back: what it does not take back stays. A body that leaves traffic on the new version, a flag open, or that needs a down which does not exist or holds nothing, ends at night in a state that nobody planned, with the fault still there.",
    failing: migrated!(
        "ALTER TABLE users ADD COLUMN phone text;\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  rollback within 5m {\n    weight 0%\n    migrate shop to 0001\n  }\n}\n"
    ),
    passing: migrated!(
        "ALTER TABLE users ADD COLUMN phone text;\n",
        "",
        "",
        "plan web-2 {\n  roll web from 1 to 2\n  step expand { migrate shop to 0002 }\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  rollback within 5m { weight 0% }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    for rollback in plan.rollbacks.iter().filter(|own| !own.body.is_empty()) {
        ends(context, rollback, out);
    }
    let mut told: Vec<Span> = Vec::new();
    each_taken_back(plan, |action, rollback| {
        let Action::Migrate(index, to) = action else {
            return;
        };
        let Some(database) = context.model.databases.get(*index) else {
            return;
        };
        let missing = taken_back(plan, database, *index, &to.value)
            .into_iter()
            .find_map(|migration| Some((migration, no_way(context, *index, migration)?)));
        let Some((migration, why)) = missing else {
            return;
        };
        let span = rollback
            .body
            .iter()
            .find(|own| std::ptr::eq(&own.value, action))
            .map_or(rollback.span, |own| own.span);
        if told.contains(&span) {
            return;
        }
        told.push(span);
        let found = Diagnostic::new(
            &RULE,
            span,
            format!(
                "this way back ends at migration `{}`, which {why}",
                migration.full_name.escape_debug()
            ),
        )
        .here("runs its down")
        .also(migration.span, "this one")
        .help("write the down, or leave the schema where it is: the old version has to work with it then");
        out.push(Found {
            diagnostic: found,
            step: None,
        });
    });
}

/// What a body leaves as it is, though the way back should end with it taken back.
fn ends(context: &Context<'_>, rollback: &Rollback, out: &mut Vec<Found>) {
    let (plan, Some(judged)) = (context.plan, context.judged) else {
        return;
    };
    let lane = &judged.rollout.plans[judged.place];
    let counts = |step: usize| {
        plan.rollback_of(step)
            .is_some_and(|own| std::ptr::eq(own, rollback))
    };
    let left = |way: &WayBack| {
        let version = way.serving.iter().find(|running| lane.to.contains(running));
        match (version, way.flags) {
            (Some(running), _) => {
                let service = &context.model.services[running.service];
                let id = &service.versions[running.version].id.value;
                Some((
                    format!("`{id}` of `{}` still gets traffic", service.name.value),
                    "add `weight 0%` to the body",
                ))
            }
            (None, true) => Some((
                "a flag that the plan opens is still open".to_string(),
                "add `flag NAME off` to the body",
            )),
            (None, false) => None,
        }
    };
    let found = lane.states.iter().enumerate().find_map(|(number, state)| {
        let way = state.way_back.as_ref()?;
        let counts = state.returnable && counts(state.step);
        Some((number, state, way, left(way).filter(|_| counts)?))
    });
    let Some((number, state, way, (what, help))) = found else {
        return;
    };
    let step = &plan.steps[state.step];
    let mut found = Diagnostic::new(
        &RULE,
        rollback.span,
        format!("this way back does not lead back: at its end {what}"),
    )
    .here("a body replaces the derived way back")
    .also(
        step.name.span,
        format!("for instance from step `{}`", step.name.value),
    )
    .help(format!(
        "{help}, or leave the body out: the derived way takes traffic, flags and configuration back"
    ));
    found.run = run_back(
        judged.rollout,
        (judged.place, number),
        way.changes.len().saturating_sub(1),
    );
    out.push(Found {
        diagnostic: found,
        step: Some(state.step),
    });
}

fn each_taken_back(plan: &Plan, mut visit: impl FnMut(&Action, &Rollback)) {
    for rollback in &plan.rollbacks {
        for action in &rollback.body {
            visit(&action.value, rollback);
        }
    }
}

/// The migrations that a way back to `to` takes back, the last one first.
fn taken_back<'m>(
    plan: &Plan,
    database: &'m Database,
    index: usize,
    to: &str,
) -> Vec<&'m Migration> {
    let Some((_, folder)) = &database.migrations else {
        return Vec::new();
    };
    let Some(target) = folder.find(to) else {
        return Vec::new();
    };
    // nothing goes back from below the line
    let line = plan.no_return.as_ref().map(|line| line.above);
    let above = plan.steps.iter().take(line.unwrap_or(plan.steps.len()));
    let reached = above
        .flat_map(|step| &step.actions)
        .filter_map(|action| match &action.value {
            Action::Migrate(own, id) if *own == index => folder.find(&id.value),
            _ => None,
        })
        .max();
    let Some(reached) = reached else {
        return Vec::new();
    };
    let all = folder.migrations.iter().take(reached + 1).skip(target + 1);
    all.rev().collect()
}

/// Why a migration cannot be taken back.
fn no_way(context: &Context<'_>, database: usize, migration: &Migration) -> Option<String> {
    if let Some(reason) = &migration.irreversible {
        return Some(format!("says that it is irreversible: {reason}"));
    }
    match migration.down {
        Down::Script(_) | Down::Unknown => None,
        // what only fills rows needs none
        Down::Empty(_) | Down::Idle(_) if !moves_schema(context, database, migration) => None,
        Down::Empty(_) => Some("has a down without a statement".into()),
        Down::Idle(_) => Some("has a down that changes nothing".into()),
        Down::Missing => Some("has no down".into()),
        Down::NotOffered => Some("cannot have a down in this layout".into()),
    }
}

/// Whether a migration leaves another schema behind than it has found, as far as that is known.
fn moves_schema(context: &Context<'_>, database: usize, migration: &Migration) -> bool {
    let Ok(history) = context.schemas.of(database) else {
        return true;
    };
    let Some(position) = history.position(&migration.id) else {
        return true;
    };
    let after = history.after(position);
    !after.unknown.is_empty() || !differences(&history.before(position), &after).is_empty()
}

/// Whether a way back of the plan runs the down of a migration: that there is none is then told of
/// the way back.
pub(super) fn needs_down(context: &Context<'_>, migration: &Migration) -> bool {
    let mut needed = false;
    each_taken_back(context.plan, |action, _| {
        if let Action::Migrate(index, to) = action
            && let Some(database) = context.model.databases.get(*index)
        {
            let all = taken_back(context.plan, database, *index, &to.value);
            let same = |own: &&Migration| own.span == migration.span && own.id == migration.id;
            let missing = no_way(context, *index, migration).is_some();
            needed |= missing && all.iter().any(same);
        }
    });
    needed
}
