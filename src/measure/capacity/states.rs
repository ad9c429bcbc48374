//! How many replicas of each version are ready in each state of a plan, how many are scheduled, and
//! what share of the load they get.

use crate::model::{
    Action, Amount, Exposure, Model, Outcome, Plan, Service, Step, TargetKind, Then,
};
use crate::numbers::capacity::argo_split;
use crate::rollout::{Moment, PlanLane, PlanState};
use crate::source::Span;
use crate::units::Percent;

use super::fleet::{Fleet, Size};

/// So many outcomes of experiments are followed apart.
const MAX_OUTCOMES: usize = 8;

/// Who shares a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// The replicas of the version before.
    Old,
    /// Those of the version after.
    New,
    /// All of them together: requests go to whichever is ready.
    Both,
}

/// Replicas that are ready, and the share of the load that they get.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Whose.
    pub who: Who,
    /// At least so many are ready.
    pub ready: u64,
    /// The largest share of the load; copies of requests make it more than 1.
    pub share: f64,
    /// Whether nobody knows the share, so that the largest possible one stands there.
    pub open: bool,
    /// The `replicas` that says how many there are.
    pub sized_by: Option<Span>,
}

/// One service in one state of a plan that rolls it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Held {
    /// What carries the load: before the state's change, and after it.
    pub parts: Vec<Part>,
    /// Replicas that are scheduled at most, on the way back from here too.
    pub most: u64,
}

/// How a target sizes the new version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sizing {
    /// No target: as the share of the requests that it gets, copies and cohorts included.
    Requests,
    /// Argo Rollouts behind a router: as `weight`, whatever else leads to it.
    Weight,
    /// Argo Rollouts without a router: both versions share the replicas, and surge and unavailability
    /// bound each change.
    Pods,
    /// As the version before, beside it.
    Full,
    /// By rules that are not known here.
    Unknown,
}

impl Sizing {
    /// How a platform sizes what it rolls out.
    pub fn of(kind: TargetKind, routed: bool) -> Sizing {
        match kind {
            TargetKind::ArgoRollouts if routed => Sizing::Weight,
            TargetKind::ArgoRollouts => Sizing::Pods,
            TargetKind::CloudDeploy | TargetKind::KruiseRollouts => Sizing::Unknown,
            // these start instances by load, or replace in place
            TargetKind::CloudRun | TargetKind::Knative | TargetKind::Kubernetes => Sizing::Requests,
            TargetKind::Flagger
            | TargetKind::GatewayApi
            | TargetKind::Envoy
            | TargetKind::Nginx
            | TargetKind::Istio
            | TargetKind::Haproxy
            | TargetKind::Traefik => Sizing::Full,
        }
    }

    /// How the targets of a plan size what it rolls out, each way once, with a target of that way.
    pub fn all(model: &Model, plan: &Plan) -> Vec<(Sizing, Option<usize>)> {
        let mut ways: Vec<(Sizing, Option<usize>)> = Vec::new();
        for index in &plan.targets {
            let Some(target) = model.targets.get(index.value) else {
                continue;
            };
            let Some(kind) = target.kind else { continue };
            let way = Sizing::of(kind.value, target.router.is_some());
            if ways.iter().all(|(known, _)| *known != way) {
                ways.push((way, Some(index.value)));
            }
        }
        if ways.is_empty() {
            ways.push((Sizing::Requests, None));
        }
        ways.sort_unstable();
        ways
    }
}

/// What a walk over the states of a plan found of one service that it rolls.
#[derive(Clone, Debug, Default)]
pub struct Walked {
    /// One for each state of the lane.
    pub states: Vec<Held>,
    /// Facts without which the size of the new version is not known.
    pub missing: Vec<String>,
}

/// Walks the states of a plan for the roll of that number. The states of several targets are joined:
/// what holds has to hold on each.
pub fn walk(model: &Model, lane: &PlanLane, roll: usize, fleet: &Fleet) -> Walked {
    let mut walked = Walked {
        states: vec![Held::default(); lane.states.len()],
        missing: Vec::new(),
    };
    let Some(plan) = model.plans.get(lane.plan) else {
        return walked;
    };
    let (Some(rolled), Some(size)) = (plan.rolls.get(roll), &fleet.size) else {
        return walked;
    };
    let Some(service) = model.services.get(rolled.service) else {
        return walked;
    };
    for (sizing, target) in Sizing::all(model, plan) {
        let mut walk = Walk {
            model,
            plan,
            service,
            roll,
            size,
            fleet,
            sizing,
            target,
            variants: vec![Exposure::default()],
            step: 0,
            sized_by: None,
            rolled_in_place: false,
            missing: &mut walked.missing,
        };
        for (state, held) in lane.states.iter().zip(&mut walked.states) {
            let own = walk.state(state);
            held.most = held.most.max(own.most);
            for part in own.parts {
                if !held.parts.contains(&part) {
                    held.parts.push(part);
                }
            }
        }
    }
    walked
}

struct Walk<'a> {
    model: &'a Model,
    plan: &'a Plan,
    service: &'a Service,
    roll: usize,
    size: &'a Size,
    fleet: &'a Fleet,
    sizing: Sizing,
    target: Option<usize>,
    /// What is exposed now: behind an experiment, each outcome that goes on is possible.
    variants: Vec<Exposure>,
    /// The step that was entered last.
    step: usize,
    sized_by: Option<Span>,
    rolled_in_place: bool,
    missing: &'a mut Vec<String>,
}

/// What the new version is asked for.
#[derive(Clone, Copy, Debug)]
struct Asked {
    /// Its share of the traffic by weight.
    weight: f64,
    /// Its share of all requests, copies included.
    gets: f64,
    /// Whether somebody leads requests to it of which nobody says how many they are.
    open: bool,
}

impl Walk<'_> {
    fn state(&mut self, state: &PlanState) -> Held {
        let mut held = Held::default();
        let step = self.plan.steps.get(state.step);
        // what an experiment has decided counts once the next step begins
        if state.step > self.step {
            if let Some(before) = self.plan.steps.get(self.step) {
                self.outcome(before);
            }
            self.step = state.step;
        }
        match state.moment {
            Moment::Start | Moment::Hold => self.now(state, &mut held),
            Moment::Action(position) => {
                let action = step.and_then(|step| step.actions.get(position));
                // while it is changed, what was and what will be are both there
                self.now(state, &mut held);
                if let Some(action) = action {
                    self.change(state, &action.value, action.span, &mut held);
                }
            }
            Moment::Passed | Moment::Done => {
                if let Some(step) = step {
                    self.outcome(step);
                }
                self.now(state, &mut held);
            }
        }
        self.back(state, &mut held);
        held
    }

    fn change(&mut self, state: &PlanState, action: &Action, span: Span, held: &mut Held) {
        let leg = self.plan.legs.get(state.leg);
        let number = leg.map_or(0, |leg| leg.number);
        for exposure in &mut self.variants {
            if let Some(leg) = leg {
                exposure.domains.clone_from(&leg.exposure.domains);
            }
            exposure.apply(action, number);
        }
        self.variants.dedup();
        match action {
            Action::Replicas(size) => self.sized_by = size.map(|_| span),
            Action::Rolling { .. } => {
                self.rolled_in_place = true;
                let Some(rolling) = self.size.rolling else {
                    let fact = format!(
                        "`max-surge` and `max-unavailable` of service `{}`, whose manifest leaves \
                         it to somebody's hand how replicas are replaced",
                        self.service.name.value
                    );
                    self.miss(fact);
                    return;
                };
                held.most = held.most.max(rolling.most);
                held.parts.push(Part {
                    who: Who::Both,
                    ready: self.size.replicas.saturating_sub(rolling.unavailable),
                    share: 1.0,
                    open: false,
                    sized_by: None,
                });
            }
            _ => {}
        }
        self.now(state, held);
    }

    /// What follows from the experiment of a step, where it is one.
    fn outcome(&mut self, step: &Step) {
        if !self.variants.iter().any(|exposure| exposure.split) {
            return;
        }
        let edges = step.edges.iter().filter_map(|edge| match &edge.then {
            Then::Weight(share) => Some((edge.outcome, share.value)),
            _ => None,
        });
        let edges: Vec<(Outcome, Percent)> = edges.collect();
        if edges.is_empty() {
            return;
        }
        let goes_on = |outcome: Outcome| {
            let then = step.edges.iter().find(|edge| edge.outcome == outcome);
            match then.map(|edge| &edge.then) {
                None => outcome == Outcome::Success,
                Some(then) => *then == Then::Continue,
            }
        };
        let stays = Outcome::ALL.into_iter().any(goes_on);
        let mut variants: Vec<Exposure> = Vec::new();
        for exposure in &self.variants {
            for (_, share) in &edges {
                let mut decided = exposure.clone();
                decided.decide(*share);
                variants.push(decided);
            }
            if stays {
                variants.push(exposure.clone());
            }
        }
        variants.dedup();
        variants.truncate(MAX_OUTCOMES);
        self.variants = variants;
    }

    /// What carries the load between two changes.
    fn now(&mut self, state: &PlanState, held: &mut Held) {
        let Some(rolled) = self.plan.rolls.get(self.roll) else {
            return;
        };
        let runs = |version: usize| {
            let mut live = state.live.iter();
            live.any(|own| own.service == rolled.service && own.version == version)
        };
        let is_over = matches!(state.moment, Moment::Done);
        let old = rolled.from.is_none_or(runs);
        let new = rolled.to.is_some_and(runs);
        let all = self.size.replicas;
        for exposure in std::mem::take(&mut self.variants) {
            let asked = self.asked(&exposure);
            // before a change, what it starts is not there yet
            let new = new && (self.rolled_in_place || is_asked(&exposure));
            // replaced in place in some of the failure domains only
            let shared = self.rolled_in_place && old && new;
            if shared || (self.rolled_in_place && new) {
                push(held, part(if old { Who::Both } else { Who::New }, all, 1.0));
                held.most = held.most.max(all);
            } else if self.sizing == Sizing::Pods && new && self.size.instances.is_none() {
                self.pods(state, &exposure, held);
            } else {
                let old_count = match self.size.instances {
                    Some(_) if old => self.instances(1.0 - asked.weight),
                    _ if old => all,
                    _ => 0,
                };
                if old {
                    push(held, part(Who::Old, old_count, 1.0 - asked.weight));
                }
                let mut new_count = 0;
                if new && let Some(count) = self.new_count(&exposure, asked, is_over) {
                    new_count = count;
                    let demand = self.fleet.demand.as_ref();
                    let carries = demand.is_none_or(|demand| demand.carries(asked.gets, count));
                    if asked.open && !carries {
                        self.miss(open_fact(self.model, &exposure));
                    }
                    push(
                        held,
                        Part {
                            who: Who::New,
                            ready: count,
                            share: asked.gets,
                            open: asked.open,
                            sized_by: self.sized_by.filter(|_| exposure.replicas.is_some()),
                        },
                    );
                }
                held.most = held.most.max(old_count.saturating_add(new_count));
            }
            self.variants.push(exposure);
        }
    }

    /// Both versions share the replicas: what Argo Rollouts does where nothing splits the traffic.
    fn pods(&mut self, state: &PlanState, exposure: &Exposure, held: &mut Held) {
        let all = self.size.replicas;
        let Some(rolling) = self.size.rolling else {
            return;
        };
        let weight = exposure.weight().ppm().div_ceil(10_000).min(100);
        let total = argo_split(all, weight, rolling.surge).map(|split| split.canary + split.stable);
        let holds = matches!(state.moment, Moment::Hold | Moment::Passed | Moment::Done);
        let ready = match total {
            Ok(total) if holds => total.max(all),
            _ => all.saturating_sub(rolling.unavailable),
        };
        push(held, part(Who::Both, ready, 1.0));
        let most = if holds { ready } else { rolling.most };
        held.most = held.most.max(most);
    }

    /// Instances that a platform starts for a share of the load.
    fn instances(&self, share: f64) -> u64 {
        let (least, most) = self.size.instances.unwrap_or((0, 0));
        let wanted = self
            .fleet
            .demand
            .as_ref()
            .map_or(most, |demand| demand.replicas_for(share));
        wanted.max(least).min(most)
    }

    /// How many replicas the new version has; `None` where nobody knows.
    fn new_count(&mut self, exposure: &Exposure, asked: Asked, is_over: bool) -> Option<u64> {
        let all = self.size.replicas;
        if self.size.instances.is_some() {
            return Some(self.instances(asked.gets));
        }
        // at the end of its walk, an engine brings the new version to full size
        if is_over && self.sizing == Sizing::Weight && asked.weight >= 1.0 {
            return Some(all);
        }
        if let Some(size) = exposure.replicas {
            return Some(sized(size, all));
        }
        if exposure.preview {
            return Some(all);
        }
        match self.sizing {
            Sizing::Full | Sizing::Pods => Some(all),
            Sizing::Weight => Some(of(all, asked.weight)),
            Sizing::Requests if asked.open => {
                self.miss(open_fact(self.model, exposure));
                None
            }
            Sizing::Requests => Some(of(all, asked.gets.min(1.0)).max(1.min(all))),
            Sizing::Unknown => {
                let target = self.target.and_then(|own| self.model.targets.get(own));
                let target = target.map_or("", |target| target.name.value.as_str());
                self.miss(format!(
                    "`replicas` in the steps of `{}`: how target `{target}` sizes the new version \
                     is not known",
                    self.plan.name.value
                ));
                None
            }
        }
    }

    /// What the new version is asked for.
    fn asked(&self, exposure: &Exposure) -> Asked {
        let domains = &self.service.domains;
        let of_domain = |name: &str| {
            let own = exposure.weights.get(name);
            let own = own.or_else(|| exposure.weights.get(""));
            own.copied().unwrap_or(Percent::ZERO).fraction()
        };
        let share_of = |name: &str| match name {
            "" => 1.0,
            name => domains
                .iter()
                .find(|(own, _)| own.value == name)
                .map_or(1.0, |(_, share)| share.value.fraction()),
        };
        let weight = match domains.is_empty() {
            true => exposure.weight().fraction(),
            false => domains
                .iter()
                .map(|(name, share)| share.value.fraction() * of_domain(&name.value))
                .sum::<f64>()
                .min(1.0),
        };
        let mut open = !exposure.headers.is_empty();
        let mut chosen = 0.0;
        for (cohort, domain) in &exposure.cohorts {
            let cohort = self.model.cohorts.get(*cohort);
            match cohort.and_then(|cohort| cohort.share) {
                Some(share) => chosen += share.value.fraction() * share_of(domain),
                None => open = true,
            }
        }
        let chosen: f64 = if open { 1.0 } else { f64::min(chosen, 1.0) };
        let own = chosen + (1.0 - chosen) * weight;
        Asked {
            weight,
            gets: own + exposure.mirror.fraction(),
            // who gets everything is led nobody else's requests
            open: open && weight < 1.0,
        }
    }

    /// Going back from a state starts what is not there any more.
    fn back(&self, state: &PlanState, held: &mut Held) {
        let Some(rolled) = self.plan.rolls.get(self.roll) else {
            return;
        };
        let old = |live: &[crate::rollout::Running]| {
            live.iter().any(|running| {
                running.service == rolled.service && Some(running.version) == rolled.from
            })
        };
        if !state.returnable || rolled.from.is_none() || old(&state.live) {
            return;
        }
        let all = self.size.replicas;
        held.most = match (self.rolled_in_place, self.size.rolling, self.size.instances) {
            (true, Some(rolling), _) => held.most.max(rolling.most),
            (_, _, Some(_)) => held.most.saturating_add(self.instances(1.0)),
            _ => held.most.saturating_add(all),
        };
    }

    fn miss(&mut self, fact: String) {
        if !self.missing.contains(&fact) {
            self.missing.push(fact);
        }
    }
}

/// Whether an exposure needs replicas of the new version.
fn is_asked(exposure: &Exposure) -> bool {
    exposure.weight() > Percent::ZERO
        || !exposure.cohorts.is_empty()
        || !exposure.headers.is_empty()
        || exposure.preview
        || exposure.mirror > Percent::ZERO
        || exposure.split
        || exposure.replicas.is_some()
}

/// The fact that would say how many requests the chosen groups of an exposure are.
pub(super) fn open_fact(model: &Model, exposure: &Exposure) -> String {
    let unknown = exposure.cohorts.iter().find_map(|(cohort, _)| {
        let cohort = model.cohorts.get(*cohort)?;
        cohort.share.is_none().then_some(cohort)
    });
    match (unknown, exposure.headers.first()) {
        (Some(cohort), _) => format!("`share` of cohort `{}`", cohort.name.value),
        (None, Some((name, value, _))) => {
            format!("`share` of a cohort in place of `route header \"{name}\" = \"{value}\"`")
        }
        (None, None) => "`share` of the cohorts".into(),
    }
}

/// So many of the whole, a share rounded up as Kubernetes and Argo Rollouts do.
fn sized(size: Amount, all: u64) -> u64 {
    size.rounded_up(all).min(1_000_000)
}

/// A share of the replicas, rounded up. What differs by less than a billionth is the same.
fn of(all: u64, share: f64) -> u64 {
    let count = all as f64 * share;
    (count - count * 1e-9).ceil().clamp(0.0, 1e15) as u64
}

fn part(who: Who, ready: u64, share: f64) -> Part {
    Part {
        who,
        ready,
        share,
        open: false,
        sized_by: None,
    }
}

fn push(held: &mut Held, part: Part) {
    if part.share > 0.0 && !held.parts.contains(&part) {
        held.parts.push(part);
    }
}
