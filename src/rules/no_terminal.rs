//! GR03: whatever fails, the plan ends done or rolled back.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, RunEvent, Severity};
use crate::rollout::{LegGraph, Moment, goes_back, run_to};

use super::{Context, Found, Hazard, with_origin};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: Some(Proof::Reversible),
    check,
};

static RULE: Rule = Rule {
    name: "no-terminal",
    code: "GR03",
    severity: Severity::Error,
    summary: "every state leads to an end: done, or rolled back",
    why: "Nothing goes back from below `no return`. An edge there that says `rollback`, or `pause` and `goto` that end in one, leads nowhere: the gate fails at night, the plan stops between two versions, and what it promised is not there. Below the line a failure is for people to decide; the plan should not say otherwise.",
    failing: migrated!(
        "ALTER TABLE users DROP COLUMN email;\n",
        "",
        "    uses users.id, users.name\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n  no return because \"0002 drops users.email, which 1 reads\"\n  step contract {\n    retire 1\n    migrate shop to 0002\n    hold 30m\n    watch errors\n    on failure rollback\n  }\n}\n"
    ),
    passing: migrated!(
        "ALTER TABLE users DROP COLUMN email;\n",
        "",
        "    uses users.id, users.name\n",
        "plan web-2 {\n  roll web from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full {\n    weight 100%\n    hold 30m\n    watch errors\n    on failure rollback\n  }\n  no return because \"0002 drops users.email, which 1 reads\"\n  step contract {\n    retire 1\n    migrate shop to 0002\n    hold 30m\n    watch errors\n  }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let plan = context.plan;
    let (Some(graph), Some(line)) = (LegGraph::new(plan), &plan.no_return) else {
        return;
    };
    let mut told = None;
    for leg in graph.dead_ends() {
        let at = plan.legs[leg].step;
        // of the legs of a step, the first says it for all
        if told.replace(at) == Some(at) {
            continue;
        }
        let step = &plan.steps[at];
        let Some(edge) = step.edges.iter().find(|edge| goes_back(&edge.then)) else {
            continue;
        };
        let outcome = edge.outcome.word();
        let mut found = Diagnostic::new(
            &RULE,
            edge.span,
            format!(
                "`on {outcome}` in step `{}` goes back, and nothing goes back from here: the plan would end neither done nor rolled back",
                step.name.value
            ),
        )
        .here("leads nowhere")
        .also(line.span, "no way back crosses this line")
        .help(format!(
            "leave the edge out, so that people decide, or move step `{}` above the line if it can be taken back",
            step.name.value
        ));
        found.run = run(context, leg, outcome);
        out.push(Found {
            diagnostic: with_origin(found, step),
            step: Some(at),
        });
    }
}

/// The shortest run to the failure.
fn run(context: &Context<'_>, leg: usize, outcome: &str) -> Vec<RunEvent> {
    let Some(judged) = context.judged else {
        return Vec::new();
    };
    let lane = &judged.rollout.plans[judged.place];
    let holds = |state: &crate::rollout::PlanState| {
        state.leg == leg && matches!(state.moment, Moment::Hold)
    };
    let Some(state) = lane.states.iter().position(holds) else {
        return Vec::new();
    };
    let point = judged.rollout.plan_point(judged.place, state);
    let mut run = run_to(judged.rollout, &[point]);
    if let Some(last) = run.last().cloned() {
        run.push(RunEvent {
            event: format!("`{outcome}`: back, and there is no way"),
            span: None,
            ..last
        });
    }
    run
}
