//! The legs of a plan, walked one after another.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Action, Exposure, Model, Outcome, Plan, Step, Then};
use crate::source::Span;
use crate::units::Percent;

use super::rolled::{Gone, Now, Rolled};
use super::{Migrate, Moment, PlanLane, PlanState, Put, What};

/// Walks the legs and writes the states down.
pub(super) struct Walk<'m> {
    pub model: &'m Model,
    pub plan: &'m Plan,
    pub awaited: &'m BTreeSet<usize>,
    pub rolled: Vec<Rolled>,
    pub gone: Gone,
    /// What is new is exposed to at most this.
    pub exposure: Exposure,
    /// And to at least this: behind an experiment, each outcome that goes on is possible.
    pub least: Exposure,
    pub lane: PlanLane,
}

impl Walk<'_> {
    pub fn walk(&mut self) {
        let plan = self.plan;
        let start = plan.name.span;
        let event = format!("`{}` starts", plan.name.value);
        let now = self.now();
        self.push(Moment::Start, 0, event, start, now, 0);
        let mut entered = vec![false; plan.steps.len()];
        for (number, leg) in plan.legs.iter().enumerate() {
            let Some(step) = plan.steps.get(leg.step) else {
                continue;
            };
            if !std::mem::replace(&mut entered[leg.step], true) {
                self.lane.step_starts[leg.step] = self.lane.states.len();
                let line = plan.no_return.as_ref();
                if line.is_some_and(|line| line.above <= leg.step) && self.lane.no_return.is_none()
                {
                    self.lane.no_return = Some(self.lane.states.len());
                }
                if let Some(domains) = &step.domains {
                    let names: Vec<String> =
                        domains.iter().map(|domain| domain.value.clone()).collect();
                    self.least.domains.clone_from(&names);
                    self.exposure.domains = names;
                }
            }
            let at = leg.start.after.secs();
            for (position, action) in step.actions.iter().enumerate().skip(leg.first_change) {
                self.change(number, position, &action.value, action.span, at);
            }
            let event = match leg.of {
                1 => format!("step `{}` holds", step.name.value),
                of => format!(
                    "step `{}` holds, leg {} of {of}",
                    step.name.value,
                    leg.number + 1
                ),
            };
            let now = self.now();
            self.push(Moment::Hold, number, event, leg.span, now, at);
            self.lane.step_ends[leg.step] = self.lane.states.len() - 1;
            let next = plan.legs.get(number + 1).map(|next| next.step);
            if next == Some(leg.step) {
                continue;
            }
            self.outcome(step);
            // what the last step has left running is scaled away when the plan is done
            if next.is_none() {
                self.lane.passed = self.lane.states.len();
            }
            if self.awaited.contains(&leg.step) {
                let event = format!("step `{}` has passed", step.name.value);
                let at = at.saturating_add(leg.hold.secs());
                let now = self.now();
                self.push(Moment::Passed, number, event, leg.span, now, at);
            }
        }
        let last = plan.legs.len().saturating_sub(1);
        let at = plan.legs.last().map_or(0, |leg| {
            leg.start.after.secs().saturating_add(leg.hold.secs())
        });
        let event = format!("`{}` is done", plan.name.value);
        // a rollout that has reached its end leaves no old version behind
        if !self.rolled.is_empty() && self.rolled.iter().all(|rolled| rolled.is_full(&self.least)) {
            self.gone.replaced.insert(String::new());
        }
        if self.lane.passed == 0 {
            self.lane.passed = self.lane.states.len();
        }
        let now = self.now();
        self.push(Moment::Done, last, event, start, now, at);
        self.lane.states.shrink_to_fit();
        self.gotos();
    }

    /// What follows from an experiment: of the outcomes that go on, any.
    fn outcome(&mut self, step: &Step) {
        let then = |outcome: Outcome| {
            let mut edges = step.edges.iter();
            edges
                .find(|edge| edge.outcome == outcome)
                .map(|edge| &edge.then)
        };
        let shares = Outcome::ALL.into_iter().filter_map(then);
        let shares: Vec<Percent> = shares
            .filter_map(|then| match then {
                Then::Weight(share) => Some(share.value),
                _ => None,
            })
            .collect();
        let (Some(&least), Some(&most)) = (shares.iter().min(), shares.iter().max()) else {
            return;
        };
        // an outcome that just goes on leaves the experiment as it is
        let stays = matches!(then(Outcome::Success), None | Some(Then::Continue))
            || [Outcome::Failure, Outcome::Inconclusive, Outcome::NoData]
                .into_iter()
                .any(|outcome| matches!(then(outcome), Some(Then::Continue)));
        if stays {
            let now = self.exposure.weight();
            self.exposure.decide(most.max(now));
            self.exposure.split = true;
            self.least.decide(least.min(now));
        } else {
            self.exposure.decide(most);
            self.least.decide(least);
        }
        let places = self.places();
        self.starts_again(&places);
    }

    /// Where the edges of each step go to, once all states are known.
    fn gotos(&mut self) {
        for (number, step) in self.plan.steps.iter().enumerate() {
            let named = step.edges.iter().filter_map(|edge| match &edge.then {
                Then::Goto(name, _) => Some(&name.value),
                _ => None,
            });
            let starts = named.filter_map(|name| {
                let steps = &self.plan.steps;
                let to = steps.iter().position(|own| own.name.value == *name)?;
                (to <= number).then(|| self.lane.step_starts[to])
            });
            let Some(first) = starts.min() else { continue };
            for state in &mut self.lane.states {
                if state.step == number && state.returnable && state.moment != Moment::Start {
                    state.goes_to = Some(first);
                }
            }
        }
    }

    /// One action: while it runs, what was and what will be are both live.
    fn change(&mut self, leg: usize, position: usize, action: &Action, span: Span, at: u64) {
        let plan = self.plan;
        let number = plan.legs[leg].number;
        let mut now = self.now();
        let places = self.places();
        self.exposure.apply(action, number);
        self.least.apply(action, number);
        match action {
            Action::Rolling { .. } => {
                // both run side by side until the last batch
                let new = self.rolled.iter().filter_map(|rolled| rolled.to);
                now.live.extend(new.clone());
                for running in new {
                    now.serving.push(running);
                    let here = now.serving_in.entry(running).or_default();
                    here.extend(places.iter().cloned());
                }
                self.gone.replaced.extend(places);
            }
            Action::Weight(_) | Action::Split(_) => self.starts_again(&places),
            Action::Retire(version, _) => {
                let version = &version.value;
                let gone = places.into_iter().map(|domain| (version.clone(), domain));
                self.gone.retired.extend(gone);
            }
            Action::Push(config, version) => {
                self.put(What::Config(*config), version.value.clone(), span);
            }
            Action::Flag(flag, chain) => {
                let share = chain.values.get(number).or(chain.values.last());
                let open = share.is_some_and(|share| share.value > Percent::ZERO);
                let value = if open { "on" } else { "off" };
                self.put(What::Flag(*flag), value.to_string(), span);
            }
            _ => {}
        }
        now = now.join(self.now());
        if let Action::Migrate(database, to) = action {
            self.lane.migrates.push(Migrate {
                state: self.lane.states.len(),
                database: *database,
                to: to.value.clone(),
                span,
            });
        }
        let step = &plan.steps[plan.legs[leg].step];
        let text = self.words(action, number);
        let event = format!("step `{}`: {text}", step.name.value);
        self.push(Moment::Action(position), leg, event, span, now, at);
    }

    /// The failure domains that a change counts for; `""` is everywhere.
    fn places(&self) -> Vec<String> {
        match self.exposure.domains.as_slice() {
            [] => vec![String::new()],
            domains => domains.to_vec(),
        }
    }

    /// The action of the state that comes next puts something out.
    fn put(&mut self, what: What, value: String, span: Span) {
        self.lane.puts.push(Put {
            state: self.lane.states.len(),
            what,
            value,
            domains: self.exposure.domains.clone(),
            span,
        });
    }

    /// Whoever carries a part of the traffic runs, though it was replaced or scaled away before.
    fn starts_again(&mut self, places: &[String]) {
        let domains = self.rolled.iter().flat_map(|rolled| &rolled.domains);
        let all: BTreeSet<String> = domains.cloned().collect();
        let each = |domain: &String| match domain.is_empty() {
            true => all.clone(),
            false => BTreeSet::from([domain.clone()]),
        };
        let exposure = &self.least;
        let still = |own: &String| {
            let moved = places.iter().any(|place| place.is_empty() || place == own);
            !moved || Rolled::share(exposure, own) == Percent::FULL
        };
        let retired = self.gone.retired.iter();
        let retired = retired.flat_map(|(version, domain)| {
            let here = each(domain).into_iter().filter(still);
            here.map(|own| (version.clone(), own))
        });
        let retired = retired.collect();
        let replaced = self.gone.replaced.iter().flat_map(each);
        let replaced = replaced.filter(still).collect();
        self.gone = Gone { replaced, retired };
    }

    /// What runs and what serves between two changes.
    fn now(&self) -> Now {
        let now = self.now_of(&self.exposure, &self.gone);
        match self.least == self.exposure {
            true => now,
            false => now.join(self.now_of(&self.least, &self.gone)),
        }
    }

    pub fn now_of(&self, exposure: &Exposure, gone: &Gone) -> Now {
        let mut now = Now::default();
        for (roll, rolled) in self.rolled.iter().enumerate() {
            let old_in = rolled.old_in(self.plan, roll, gone);
            let live = rolled.live(exposure, &old_in);
            let serving = rolled.serving(exposure, &old_in);
            let serving = serving.into_iter().filter(|running| live.contains(running));
            for running in serving {
                let domains = rolled.serving_in(exposure, &old_in, running);
                now.serving_in.entry(running).or_default().extend(domains);
                now.serving.push(running);
            }
            now.live.extend(live);
        }
        now.join(Now::default())
    }

    fn push(&mut self, moment: Moment, leg: usize, event: String, span: Span, now: Now, at: u64) {
        let step = self.plan.legs.get(leg).map_or(0, |leg| leg.step);
        // nothing is left that could fail
        let over = moment == Moment::Done
            || (moment == Moment::Passed && self.lane.passed == self.lane.states.len());
        let way_back = match moment {
            Moment::Start => None,
            _ if over => None,
            _ => self.way_back(step, &now),
        };
        // most changes leave what runs as it was: a fleet has many states
        let last = self.lane.states.last();
        let (live, serving, serving_in) = match last {
            Some(last) if *last.live == now.live && *last.serving == now.serving => {
                let same = *last.serving_in == now.serving_in;
                let serving_in = match same {
                    true => Arc::clone(&last.serving_in),
                    false => Arc::new(now.serving_in),
                };
                (
                    Arc::clone(&last.live),
                    Arc::clone(&last.serving),
                    serving_in,
                )
            }
            _ => (
                now.live.into(),
                now.serving.into(),
                Arc::new(now.serving_in),
            ),
        };
        self.lane.states.push(PlanState {
            way_back,
            goes_to: None,
            moment,
            leg,
            step,
            event,
            span,
            at,
            live,
            serving,
            returnable: self.lane.no_return.is_none() && !over,
            weight: self.exposure.weight(),
            serving_in,
        });
    }
}
