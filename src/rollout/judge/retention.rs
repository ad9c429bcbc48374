//! What was written can be met until its retention has passed since the last version that writes it
//! has gone.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::model::Then;
use crate::proof::{Elapsed, Event, Point};
use crate::units::Duration;

use super::super::lanes::Rollout;
use super::super::plan_lane::Moment;
use super::presence::{Place, Presence};

/// How long ago events were, asked for one after another.
pub(super) struct Kept<'r, 'm> {
    pub rollout: &'r Rollout<'m>,
    known: RefCell<BTreeMap<Event, Rc<Elapsed>>>,
}

impl<'r, 'm> Kept<'r, 'm> {
    pub fn new(rollout: &'r Rollout<'m>) -> Kept<'r, 'm> {
        Kept {
            rollout,
            known: RefCell::default(),
        }
    }

    /// Whether what a version writes in one place can still be there in these states: they do not
    /// lie before it, and not so long behind it that it is gone. Steps take at least their holds,
    /// and nothing else is counted.
    pub fn meets(
        &self,
        (writes, presence): (Place, Presence),
        points: &[Point],
        kept: Option<Duration>,
    ) -> bool {
        let rollout = self.rollout;
        let written: Vec<Event> = event(rollout, writes).into_iter().collect();
        if !rollout.clocks.all_together_after(&written, points) {
            return false;
        }
        let Some(kept) = kept else { return true };
        let mut all: Vec<Point> = writes.points(rollout).collect();
        all.extend_from_slice(points);
        if rollout.clocks.all_together(&all) {
            return true;
        }
        // a plan that goes back does not go on, and nothing starts that waits for it
        if presence == Presence::ComesBack {
            return false;
        }
        let Some(gone) = self.gone(writes) else {
            return true;
        };
        let since = self.since(gone);
        let passed = points.iter().filter_map(|point| since.at(*point)).max();
        // what is kept for a time is gone once that time has passed
        passed.is_none_or(|passed| passed < kept.secs())
    }

    /// The event with which the place is left; `None` where it never is, or may be entered again.
    fn gone(&self, writes: Place) -> Option<Event> {
        let (plan, state) = writes.until.or(writes.state)?;
        let lane = &self.rollout.plans[plan];
        let declared = &self.rollout.model.plans[lane.plan];
        let edges = declared.steps.iter().flat_map(|step| &step.edges);
        let again = edges
            .into_iter()
            .any(|edge| matches!(edge.then, Then::Goto(..)));
        if again || state + 1 >= lane.states.len() {
            return None;
        }
        let point = self.rollout.plan_point(plan, state + 1);
        Some(Event {
            lane: point.lane,
            state: point.state,
        })
    }

    fn since(&self, event: Event) -> Rc<Elapsed> {
        if let Some(known) = self.known.borrow().get(&event) {
            return Rc::clone(known);
        }
        let rollout = self.rollout;
        let found = rollout.clocks.elapsed(event, |point| {
            let lane = rollout.plans.get(point.lane.0 as usize)?;
            let state = lane.states.get(point.state as usize)?;
            let step = rollout.model.plans[lane.plan].steps.get(state.step);
            let hold = step.and_then(|step| step.hold);
            Some(match state.moment {
                Moment::Hold => hold.map_or(0, |hold| hold.value.secs()),
                _ => 0,
            })
        });
        let found = Rc::new(found);
        self.known.borrow_mut().insert(event, Rc::clone(&found));
        found
    }
}

/// The event that brought a writer; `None` for one that has run since the start.
pub(super) fn event(rollout: &Rollout<'_>, writes: Place) -> Option<Event> {
    let (plan, state) = writes.state.filter(|(_, state)| *state > 0)?;
    let point = rollout.plan_point(plan, state);
    Some(Event {
        lane: point.lane,
        state: point.state,
    })
}
