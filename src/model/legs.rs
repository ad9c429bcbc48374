//! Steps as legs: one for each value of a chain, with what is live after its changes.

use std::collections::BTreeMap;

use crate::source::{Span, Spanned};
use crate::units::{Duration, Percent};

use super::{Action, Amount, Index, Outcome, Step, Then};

/// The legs of a plan in their order.
pub type Legs = Vec<Leg>;

/// One leg: changes, then a hold.
#[derive(Clone, Debug)]
pub struct Leg {
    /// The step, as an index.
    pub step: usize,
    /// Which leg of the step, from 0.
    pub number: usize,
    /// How many legs the step has.
    pub of: usize,
    /// Where the leg's own value stands, else the step's line.
    pub span: Span,
    /// What is live when its changes have finished.
    pub exposure: Exposure,
    /// The smallest share of any failure domain on the new version then, whatever came out of the
    /// experiments before.
    pub least: Percent,
    /// The first of the step's changes that this leg carries out: a chain repeats everything from
    /// itself on, what stands above it happens in the first leg only.
    pub first_change: usize,
    /// Whether more is exposed than before.
    pub grows: bool,
    /// Whether something was exposed before.
    pub exposed_before: bool,
    /// The hold behind the changes, the holds between batches included.
    pub hold: Duration,
    /// When it starts.
    pub start: Start,
}

/// When a leg starts, counted from the start of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The holds before it. Changes, runs and approvals come on top.
    pub after: Duration,
    /// An approval without a limit stands before it, so no upper bound exists.
    pub open: bool,
}

/// What the new version, configuration and flags are exposed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// The share of the traffic on the new version, for each failure domain; `""` is everywhere.
    pub weights: BTreeMap<String, Percent>,
    /// Cohorts that are sent to the new version, each with its failure domain.
    pub cohorts: Vec<(Index, String)>,
    /// Headers and values that send to the new version, each with its failure domain.
    pub headers: Vec<(String, String, String)>,
    /// Shares of mirrored requests, whose answers nobody sees.
    pub mirror: Percent,
    /// Whether a second stack stands without traffic.
    pub preview: bool,
    /// Shares of users for whom a flag is on, for each failure domain.
    pub flags: BTreeMap<(Index, String), Percent>,
    /// Versions of configurations that were pushed, for each failure domain.
    pub configs: BTreeMap<(Index, String), String>,
    /// Whether the traffic is split for an experiment.
    pub split: bool,
    /// The size of the new version where it does not follow the weight.
    pub replicas: Option<Amount>,
    /// Migrations that schemas were moved to.
    pub schemas: BTreeMap<Index, String>,
    /// Versions that were scaled away.
    pub retired: Vec<String>,
    /// The failure domains that changes are limited to; empty means all.
    pub domains: Vec<String>,
}

impl Exposure {
    /// The largest share of any domain.
    pub fn weight(&self) -> Percent {
        self.weights
            .values()
            .copied()
            .max()
            .unwrap_or(Percent::ZERO)
    }

    /// Whether anybody meets what is new.
    pub fn is_exposed(&self) -> bool {
        self.weight() > Percent::ZERO
            || !self.cohorts.is_empty()
            || !self.headers.is_empty()
            || self.flags.values().any(|share| *share > Percent::ZERO)
            || !self.configs.is_empty()
    }

    /// Whether something is exposed to more than in `before`.
    pub fn exceeds(&self, before: &Exposure) -> bool {
        let weight = |exposure: &Exposure, domain: &str| {
            let own = exposure.weights.get(domain).copied();
            own.or_else(|| exposure.weights.get("").copied())
                .unwrap_or(Percent::ZERO)
        };
        self.weights
            .iter()
            .any(|(domain, &share)| share > weight(before, domain))
            || self
                .cohorts
                .iter()
                .any(|cohort| !before.cohorts.contains(cohort))
            || self
                .headers
                .iter()
                .any(|header| !before.headers.contains(header))
            || self.flags.iter().any(|((flag, domain), &share)| {
                let everywhere = || before.flags.get(&(*flag, String::new()));
                let known = before
                    .flags
                    .get(&(*flag, domain.clone()))
                    .or_else(everywhere);
                share > known.copied().unwrap_or(Percent::ZERO)
            })
            || self
                .configs
                .iter()
                .any(|(place, version)| before.configs.get(place) != Some(version))
    }

    /// The failure domains that a change counts for; `""` is everywhere.
    fn places(&self) -> Vec<String> {
        if self.domains.is_empty() {
            vec![String::new()]
        } else {
            self.domains.clone()
        }
    }

    fn set_weight(&mut self, share: Percent) {
        if self.domains.is_empty() {
            self.weights.clear();
            self.weights.insert(String::new(), share);
        } else {
            for domain in &self.domains {
                self.weights.insert(domain.clone(), share);
            }
        }
    }

    /// Takes everything that is sent to the new version away from it: the shares of `weight` in a
    /// way back fall to zero, and groups, copies and a second stack go with them.
    pub(crate) fn take_back(&mut self) {
        self.weights.clear();
        self.cohorts.clear();
        self.headers.clear();
        self.mirror = Percent::ZERO;
        self.preview = false;
        self.split = false;
        self.replicas = None;
    }

    /// What an experiment has decided: that share, and no experiment any more.
    pub(crate) fn decide(&mut self, share: Percent) {
        self.split = false;
        self.set_weight(share);
    }

    /// Carries an action out; `leg` picks the value of a chain.
    pub(crate) fn apply(&mut self, action: &Action, leg: usize) {
        let pick = |values: &[Spanned<Percent>]| {
            values
                .get(leg)
                .or(values.last())
                .map_or(Percent::ZERO, |share| share.value)
        };
        match action {
            Action::Weight(chain) => {
                self.split = false;
                self.set_weight(pick(&chain.values));
            }
            Action::Rolling { .. } => self.set_weight(Percent::FULL),
            Action::Preview(on) => self.preview = *on,
            Action::Switch => {
                self.preview = false;
                self.set_weight(Percent::FULL);
            }
            Action::Mirror(share) => self.mirror = share.map_or(Percent::ZERO, |share| share.value),
            Action::RouteCohorts(cohorts) => {
                for cohort in cohorts {
                    for domain in self.places() {
                        let place = (cohort.value, domain);
                        if !self.cohorts.contains(&place) {
                            self.cohorts.push(place);
                        }
                    }
                }
            }
            Action::RouteHeader(name, value) => {
                for domain in self.places() {
                    let place = (name.value.clone(), value.value.clone(), domain);
                    if !self.headers.contains(&place) {
                        self.headers.push(place);
                    }
                }
            }
            Action::RouteOff => {
                self.cohorts.clear();
                self.headers.clear();
            }
            Action::Split(share) => {
                self.split = true;
                self.set_weight(share.value);
            }
            Action::Flag(flag, chain) => {
                if self.domains.is_empty() {
                    self.flags.retain(|(known, _), _| known != flag);
                }
                for domain in self.places() {
                    self.flags.insert((*flag, domain), pick(&chain.values));
                }
            }
            Action::Push(config, version) => {
                for domain in self.places() {
                    self.configs
                        .insert((*config, domain), version.value.clone());
                }
            }
            Action::Migrate(database, id) => {
                self.schemas.insert(*database, id.value.clone());
            }
            Action::Retire(version, _) => self.retired.push(version.value.clone()),
            Action::Replicas(size) => self.replicas = *size,
            Action::Sticky(_) | Action::Backfill(..) => {}
        }
    }
}

/// The chain of a step: its action, if it has more than one value.
fn chain(action: &Action) -> Option<&[Spanned<Percent>]> {
    match action {
        Action::Weight(chain) | Action::Flag(_, chain) if chain.values.len() > 1 => {
            Some(&chain.values)
        }
        _ => None,
    }
}

/// How many legs a step has: as many as its longest chain has values.
pub(super) fn count(step: &Step) -> usize {
    step.actions
        .iter()
        .filter_map(|action| chain(&action.value))
        .map(<[_]>::len)
        .max()
        .unwrap_or(1)
}

/// The legs of a plan's steps.
pub(in crate::model) fn legs(steps: &[Step]) -> Legs {
    let mut legs: Legs = Vec::new();
    let nothing = Exposure::default();
    let mut now = Exposure::default();
    // as `now`, with the smallest share that an outcome of an experiment leads on with
    let mut low = Exposure::default();
    // what the leg before left behind, where an experiment's outcome has moved it since
    let mut outcome: Option<Exposure> = None;
    let mut start = Start {
        after: Duration::ZERO,
        open: false,
    };
    for (index, step) in steps.iter().enumerate() {
        if let Some(domains) = &step.domains {
            now.domains = domains.iter().map(|domain| domain.value.clone()).collect();
            low.domains.clone_from(&now.domains);
        }
        if step
            .approval
            .as_ref()
            .is_some_and(|approval| approval.limit.is_none())
        {
            start.open = true;
        }
        let of = count(step);
        let first_chain = step
            .actions
            .iter()
            .position(|action| chain(&action.value).is_some())
            .unwrap_or(0);
        for number in 0..of {
            let mut span = step.line;
            let mut batches = Duration::ZERO;
            for (position, action) in step.actions.iter().enumerate() {
                // a chain repeats everything from the change on
                if number > 0 && position < first_chain {
                    continue;
                }
                if let Some(values) = chain(&action.value) {
                    span = values.get(number).map_or(span, |share| share.span);
                } else if span == step.line {
                    span = action.span;
                }
                if let Action::Rolling {
                    batches: count,
                    hold: Some(hold),
                } = &action.value
                {
                    let count = count.map_or(1, |count| count.value);
                    batches = batches.plus(hold.value.times(count.saturating_sub(1)));
                }
                now.apply(&action.value, number);
                low.apply(&action.value, number);
            }
            let hold = step
                .hold
                .map_or(Duration::ZERO, |hold| hold.value)
                .plus(batches);
            let before = outcome.take();
            let before = before
                .as_ref()
                .or_else(|| legs.last().map(|leg| &leg.exposure))
                .unwrap_or(&nothing);
            let (grows, exposed_before) = (now.exceeds(before), before.is_exposed());
            legs.push(Leg {
                step: index,
                number,
                of,
                span,
                first_change: if number > 0 { first_chain } else { 0 },
                grows,
                exposed_before,
                exposure: now.clone(),
                least: low.weights.values().copied().min().unwrap_or(Percent::ZERO),
                hold,
                start,
            });
            start.after = start.after.plus(hold);
        }
        // what follows from an experiment that succeeded is where the plan goes on
        for edge in &step.edges {
            if let (Outcome::Success, Then::Weight(share)) = (edge.outcome, &edge.then) {
                now.decide(share.value);
                outcome = Some(now.clone());
            }
        }
        let shares = step.edges.iter().filter_map(|edge| match &edge.then {
            Then::Weight(share) => Some(share.value),
            _ => None,
        });
        if let Some(least) = shares.min() {
            low.decide(least);
        }
    }
    legs.shrink_to_fit();
    legs
}
