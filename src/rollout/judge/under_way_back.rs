//! What runs on while a plan goes back meets the configuration that the way back leaves there: the
//! versions of the plan itself that its body has not yet sent home, and those of other plans that are
//! done, below their line, or carried out by a target that goes back by itself.

use crate::proof::{Event, Point};

use super::super::lanes::Rollout;
use super::super::plan_lane::{PlanLane, Running, What};
use super::super::settings::{Found, Out, TakenBack, found_again};
use super::presence::{Place, Presence};
use super::{Judgement, Step};

/// A version, and a value of a configuration that it does not work with.
pub(super) struct Question<'a, 'm> {
    pub rollout: &'a Rollout<'m>,
    pub what: What,
    pub running: Running,
    pub places: &'a [(Place, Presence)],
    /// All values that are out there in some state.
    pub outs: &'a [Out],
    pub value: &'a str,
}

/// Where a version meets the value on a way back.
#[derive(Clone, Debug)]
pub(super) struct Met {
    /// How many events the run has.
    pub rows: usize,
    /// What must have happened before.
    pub event: Option<Event>,
    /// The states of the plan that goes back and of whoever runs on.
    pub points: Vec<Point>,
    pub way: Step,
}

/// The answer for all plans of a unit.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    /// After the fewest events, above the line of no return.
    pub told: Option<Met>,
    /// For each plan that takes the value back, or puts it out on its way, the first state from which
    /// going back meets it, wherever the line stands.
    pub first: Vec<Met>,
}

impl Question<'_, '_> {
    /// Asks all states of all plans that move the configuration, forward or back. Takes a question for
    /// each of them and each place of the version.
    pub fn ask(&self, out: &mut Judgement) -> Answer {
        let mut answer = Answer::default();
        for (plan, lane) in self.rollout.plans.iter().enumerate() {
            if !self.moves(lane) {
                continue;
            }
            let mut first: Option<Met> = None;
            for (state, own) in lane.states.iter().enumerate().take(lane.passed).skip(1) {
                let mut all = self.rollback((plan, state), out);
                let best = all.iter().min_by_key(|met| met.rows).cloned();
                if first.is_none() {
                    first = best;
                }
                if !own.returnable {
                    continue;
                }
                all.extend(self.again((plan, state), out));
                for met in all {
                    let known = answer.told.as_ref();
                    if known.is_none_or(|known| met.rows < known.rows) {
                        answer.told = Some(met);
                    }
                }
            }
            answer.first.extend(first);
        }
        answer
    }

    /// Whether a plan puts the configuration out, on its way forward or back.
    fn moves(&self, lane: &PlanLane) -> bool {
        let ways = lane
            .states
            .iter()
            .filter_map(|state| state.way_back.as_ref());
        let mut back = ways.flat_map(|way| &way.changes);
        lane.puts.iter().any(|put| put.what == self.what)
            || back.any(|change| matches!(&change.puts, Some((what, _)) if *what == self.what))
    }

    /// Going back all the way, as the plan describes it or as it is derived.
    fn rollback(&self, (plan, state): (usize, usize), out: &mut Judgement) -> Vec<Met> {
        let mut met = Vec::new();
        let lane = &self.rollout.plans[plan];
        let here = self.rollout.plan_point(plan, state);
        let way = |change| Step {
            plan,
            state,
            change,
            again: false,
        };
        let Some(described) = &lane.states[state].way_back else {
            let back = Found::TakenBack(TakenBack { plan, from: 0 }, 0);
            self.others(way(None), &back, out, &mut met);
            return met;
        };
        let mut now: Option<Found> = None;
        for (number, change) in described.changes.iter().enumerate() {
            let before = now.clone();
            if let Some((_, value)) = change.puts.as_ref().filter(|(what, _)| *what == self.what) {
                now = Some(Found::Put(value.clone()));
            }
            for found in [before, now.clone()].into_iter().flatten() {
                if change.live.contains(&self.running) {
                    met.extend(self.meets(vec![here], way(Some(number)), &found, out));
                }
                self.others(way(Some(number)), &found, out, &mut met);
            }
        }
        met
    }

    /// Going to an earlier step, which waits for nobody.
    fn again(&self, (plan, state): (usize, usize), out: &mut Judgement) -> Vec<Met> {
        let mut met = Vec::new();
        let lane = &self.rollout.plans[plan];
        let Some(from) = lane.states[state].goes_to else {
            return met;
        };
        let way = Step {
            plan,
            state,
            change: None,
            again: true,
        };
        let back = Found::TakenBack(TakenBack { plan, from }, from);
        self.others(way, &back, out, &mut met);
        if lane.states[state].live.contains(&self.running) {
            let runs = |own: &super::super::plan_lane::PlanState| own.live.contains(&self.running);
            let here = self.rollout.plan_point(plan, state);
            if let Some(found) = found_again(lane, (plan, state), runs) {
                met.extend(self.meets(vec![here], way, &found, out));
            }
        }
        met
    }

    /// The version where another plan, or none, lets it run meanwhile.
    fn others(&self, way: Step, found: &Found, out: &mut Judgement, met: &mut Vec<Met>) {
        let rollout = self.rollout;
        let here = rollout.plan_point(way.plan, way.state);
        for (place, presence) in self.places {
            let gone = match place.state {
                Some((other, _)) if other == way.plan => true,
                // who has waited for the plan was taken back before it
                Some((other, state)) => {
                    !way.again && rollout.goes_back_first(other, state, way.plan)
                }
                None => false,
            };
            if gone || *presence != Presence::Runs || !place.meets(rollout, here) {
                continue;
            }
            let points = place.points(rollout).chain([here]).collect();
            met.extend(self.meets(points, way, found, out));
        }
    }

    /// Whether the value is found there, after the fewest events.
    fn meets(
        &self,
        points: Vec<Point>,
        way: Step,
        found: &Found,
        out: &mut Judgement,
    ) -> Option<Met> {
        let rollout = self.rollout;
        let rows = |event: &[Event]| {
            let run = rollout.run_length(event, &points);
            run.max(1) + way.change.map_or(1, |change| change + 1)
        };
        if let Found::Put(value) = found {
            out.questions += 1;
            return (value == self.value).then(|| Met {
                rows: rows(&[]),
                event: None,
                points: points.clone(),
                way,
            });
        }
        let outs = self.outs.iter();
        let outs = outs.filter(|own| own.value.as_deref() == Some(self.value));
        let met = outs.filter(|own| {
            out.questions += 1;
            found.shows(rollout, self.what, own) && own.meets(rollout, &points, found.taken_back())
        });
        let events = met.map(|own| own.event(rollout));
        let least = events.map(|event| (rows(event.as_slice()), event));
        let (rows, event) = least.min_by_key(|(rows, _)| *rows)?;
        Some(Met {
            rows,
            event,
            points,
            way,
        })
    }
}
