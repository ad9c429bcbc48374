//! What can follow each leg of a plan: the next one, a failure and what the plan says of it, the end.

use crate::model::{Outcome, Plan, Step, Then};
use crate::proof::{StateEdge, StateGraph, Way};

/// The legs of a plan with its edges forward and back.
///
/// Its nodes are the legs, for each leg the moment in which something in it has failed, and the two
/// ends: done, and rolled back. Of a failure below the line of no return about which the plan says
/// nothing, people decide, so that it is an end of its own; where the plan says that it goes back,
/// there is nothing to go back to.
#[derive(Clone, Debug)]
pub struct LegGraph {
    graph: StateGraph,
    legs: u32,
}

impl LegGraph {
    /// The graph of a plan; nothing where it has more legs than a lane has states.
    pub fn new(plan: &Plan) -> Option<LegGraph> {
        let legs = u32::try_from(plan.legs.len()).ok()?;
        let last = legs.checked_mul(2)?.checked_add(1)?;
        let mut made = LegGraph {
            graph: StateGraph::new(last)?,
            legs,
        };
        let (done, back) = (legs, legs + 1);
        for end in [done, back] {
            let _ = made.graph.terminal(end);
        }
        for (number, leg) in (0..legs).zip(&plan.legs) {
            let Some(step) = plan.steps.get(leg.step) else {
                continue;
            };
            if passes(step) && !is_too_late(plan, number + 1) {
                made.edge(number, number + 1, Way::Forward);
            }
            let failed = made.failed(number);
            made.edge(number, failed, Way::Failure);
            let line = plan.no_return.as_ref();
            if line.is_none_or(|line| leg.step < line.above) {
                made.edge(failed, back, Way::Rollback);
                for target in gotos(plan, step) {
                    made.edge(failed, target, Way::Goto);
                }
            } else if !step.edges.iter().any(|edge| goes_back(&edge.then)) {
                let _ = made.graph.terminal(failed);
            }
        }
        Some(made)
    }

    fn edge(&mut self, from: u32, to: u32, way: Way) {
        let _ = self.graph.edge(StateEdge { from, to, way });
    }

    fn failed(&self, leg: u32) -> u32 {
        self.legs + 2 + leg.min(self.legs.saturating_sub(1))
    }

    /// The legs that never begin, in their order.
    pub fn unreachable(&self) -> Vec<usize> {
        let all = self.graph.unreachable();
        all.into_iter()
            .filter(|&node| node < self.legs)
            .map(|leg| leg as usize)
            .collect()
    }

    /// The legs after whose failure the plan is neither done nor rolled back, in their order.
    pub fn dead_ends(&self) -> Vec<usize> {
        let all = self.graph.stuck();
        all.into_iter()
            .filter_map(|node| node.checked_sub(self.legs + 2))
            .map(|leg| leg as usize)
            .collect()
    }
}

/// Whether any outcome of a step leads on to the next.
pub fn passes(step: &Step) -> bool {
    let then = |outcome: Outcome| {
        let mut edges = step.edges.iter();
        edges
            .find(|edge| edge.outcome == outcome)
            .map(|edge| &edge.then)
    };
    let on = |then: Option<&Then>| matches!(then, Some(Then::Continue | Then::Weight(_)));
    !matches!(then(Outcome::Success), Some(Then::Rollback))
        || on(then(Outcome::Failure))
        || on(then(Outcome::Inconclusive))
        || on(then(Outcome::NoData))
}

/// Whether the holds before a leg take longer than the whole plan may.
pub fn is_too_late(plan: &Plan, leg: u32) -> bool {
    let starts = plan.legs.get(leg as usize).map(|leg| leg.start.after);
    let deadline = plan.deadline.map(|deadline| deadline.value);
    matches!((starts, deadline), (Some(starts), Some(deadline)) if starts >= deadline)
}

/// Whether what follows is a way back, at once or in the end.
pub fn goes_back(then: &Then) -> bool {
    matches!(then, Then::Rollback | Then::Pause(_) | Then::Goto(..))
}

/// The first legs of the steps that a step goes to.
fn gotos(plan: &Plan, step: &Step) -> Vec<u32> {
    let named = step.edges.iter().filter_map(|edge| match &edge.then {
        Then::Goto(name, _) => Some(&name.value),
        _ => None,
    });
    named
        .filter_map(|name| {
            let step = plan.steps.iter().position(|own| own.name.value == *name)?;
            let leg = plan.legs.iter().position(|leg| leg.step == step)?;
            u32::try_from(leg).ok()
        })
        .collect()
}
