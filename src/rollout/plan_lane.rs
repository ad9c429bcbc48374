//! A plan as a lane: one state for each action and each hold of each leg.

mod way_back;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use way_back::{Change, WayBack};

use crate::model::{Action, Exposure, Index, Model, Plan, Then};
use crate::source::Span;
use crate::units::Percent;

/// A version of a service, as indices into the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Running {
    /// The service.
    pub service: Index,
    /// The version.
    pub version: Index,
}

/// What the event that led to a state did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Nothing has happened yet.
    Start,
    /// This action of the step is being carried out; what was and what will be are both live.
    Action(usize),
    /// All changes of the leg have finished: its runs, its hold and its gates.
    Hold,
    /// The step's last leg, hold and gates have passed, and the next has not begun: a state of its
    /// own where another plan waits for the step.
    Passed,
    /// The plan has been walked to its end.
    Done,
}

/// One state of a plan's lane.
#[derive(Clone, Debug)]
pub struct PlanState {
    /// What led here.
    pub moment: Moment,
    /// The leg, as an index into [`Plan::legs`]; the last one once the plan is done.
    pub leg: usize,
    /// The step.
    pub step: usize,
    /// What happened, for a run: `step `canary`: weight 1%`.
    pub event: String,
    /// Where the plan says so.
    pub span: Span,
    /// The earliest time after the start of the plan, in seconds: the holds before it.
    pub at: u64,
    /// The versions that run: of the rolled services only.
    pub live: Arc<[Running]>,
    /// Those of them that get requests whose answers somebody sees.
    pub serving: Arc<[Running]>,
    /// Whether the plan can still go back from here: it stands above the line of no return.
    pub returnable: bool,
    /// The share of traffic on the new version.
    pub weight: Percent,
    /// For each version of `serving`, the failure domains in which it gets requests; `""` is
    /// everywhere.
    pub serving_in: Arc<BTreeMap<Running, BTreeSet<String>>>,
    /// The way back from here, where the plan describes one; without it, traffic and configuration
    /// go back to what they were and the schema stays.
    pub way_back: Option<WayBack>,
    /// The first state that a `goto` from here leads to.
    pub goes_to: Option<usize>,
}

/// What is put out beside versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// A version of a configuration.
    Config(Index),
    /// A flag, open for somebody (`on`) or for nobody (`off`).
    Flag(Index),
}

/// An action that puts out a version of a configuration, or opens or closes a flag.
#[derive(Clone, Debug)]
pub struct Put {
    /// The state of the plan's lane in which it is done.
    pub state: usize,
    /// What it is.
    pub what: What,
    /// The version, or `on` and `off`.
    pub value: String,
    /// The failure domains; empty is everywhere.
    pub domains: Vec<String>,
    /// The action.
    pub span: Span,
}

/// A migration that an action of a plan runs.
#[derive(Clone, Debug)]
pub struct Migrate {
    /// The state of the plan's lane in which it runs.
    pub state: usize,
    /// The database.
    pub database: Index,
    /// The migration that it moves to, as written.
    pub to: String,
    /// The action.
    pub span: Span,
}

/// A plan as a lane.
#[derive(Clone, Debug)]
pub struct PlanLane {
    /// The plan, as an index into the model.
    pub plan: Index,
    /// Its states; the first is before anything has happened.
    pub states: Vec<PlanState>,
    /// The first state below the line of no return; `None` when there is no line.
    pub no_return: Option<usize>,
    /// The versions that it rolls from, where they are known.
    pub from: Vec<Running>,
    /// The versions that it rolls to.
    pub to: Vec<Running>,
    /// The migrations that it runs, in order.
    pub migrates: Vec<Migrate>,
    /// What it puts out, in order.
    pub puts: Vec<Put>,
    /// For each step, the first state of it.
    pub step_starts: Vec<usize>,
    /// For each step, the state whose leaving says that its last leg, hold and gates have passed.
    pub step_ends: Vec<usize>,
}

impl PlanLane {
    /// Whether going back from a state brings a version, wherever the line of no return stands.
    pub fn brings_back(&self, state: usize, running: Running) -> bool {
        let Some(state) = self.states.get(state) else {
            return false;
        };
        match &state.way_back {
            Some(way) => way.runs(running).is_some(),
            None => self.from.contains(&running),
        }
    }

    /// The states that a `goto` from a state leads back through; none where there is no such edge.
    pub fn walked_again(&self, state: usize) -> std::ops::Range<usize> {
        let to = self.states.get(state).and_then(|own| own.goes_to);
        to.map_or(state..state, |to| to..state)
    }
}

/// Which versions of a roll run under an exposure.
#[derive(Clone)]
struct Rolled {
    from: Option<Running>,
    to: Option<Running>,
    /// The failure domains of the service; `""` alone where it has none.
    domains: Vec<String>,
}

/// Where the old versions are no more.
#[derive(Clone, Default)]
struct Gone {
    /// Failure domains in which they were replaced in place; `""` is everywhere.
    replaced: BTreeSet<String>,
    /// Versions that were scaled away, with the failure domains.
    retired: BTreeSet<(String, String)>,
}

/// What is so in a state.
#[derive(Clone, Debug, Default)]
struct Now {
    live: Vec<Running>,
    serving: Vec<Running>,
    serving_in: BTreeMap<Running, BTreeSet<String>>,
}

impl Now {
    /// While something changes, what was and what will be are both there.
    fn join(mut self, other: Now) -> Now {
        for (own, more) in [
            (&mut self.live, other.live),
            (&mut self.serving, other.serving),
        ] {
            own.extend(more);
            own.sort_unstable();
            own.dedup();
        }
        for (running, domains) in other.serving_in {
            self.serving_in.entry(running).or_default().extend(domains);
        }
        self
    }
}

impl Rolled {
    /// The share of the new version in a failure domain.
    fn share(exposure: &Exposure, domain: &str) -> Percent {
        let own = exposure.weights.get(domain);
        own.or_else(|| exposure.weights.get(""))
            .copied()
            .unwrap_or(Percent::ZERO)
    }

    /// Whether all traffic is on the new version, in every failure domain.
    fn is_full(&self, exposure: &Exposure) -> bool {
        self.domains
            .iter()
            .all(|domain| Self::share(exposure, domain) == Percent::FULL)
    }

    /// The failure domains in which the old version is still there.
    fn old_in<'a>(&'a self, plan: &'a Plan, roll: usize, gone: &'a Gone) -> Vec<&'a str> {
        let id = plan.rolls.get(roll).map(|roll| &roll.from_id.value);
        self.domains
            .iter()
            .map(String::as_str)
            .filter(|domain| {
                let replaced = [domain, ""].iter().any(|own| gone.replaced.contains(*own));
                let retired = gone
                    .retired
                    .iter()
                    .any(|(version, own)| Some(version) == id && (own == domain || own.is_empty()));
                !replaced && !retired
            })
            .collect()
    }

    fn serving(&self, exposure: &Exposure, old_in: &[&str]) -> Vec<Running> {
        let mut serving = Vec::new();
        // one failure domain that is not there yet is enough
        if old_in
            .iter()
            .any(|domain| Self::share(exposure, domain) < Percent::FULL)
        {
            serving.extend(self.from);
        }
        if exposure.weight() > Percent::ZERO
            || !exposure.cohorts.is_empty()
            || !exposure.headers.is_empty()
            || exposure.split
        {
            serving.extend(self.to);
        }
        serving
    }

    /// The failure domains in which a version gets requests, of one that gets any.
    fn serving_in(&self, exposure: &Exposure, old_in: &[&str], running: Running) -> Vec<String> {
        let chosen = !exposure.cohorts.is_empty() || !exposure.headers.is_empty();
        self.domains
            .iter()
            .filter(|domain| {
                let share = Self::share(exposure, domain);
                let old = old_in.contains(&domain.as_str()) && share < Percent::FULL;
                let new = share > Percent::ZERO || chosen || exposure.split;
                (self.from == Some(running) && old) || (self.to == Some(running) && new)
            })
            .cloned()
            .collect()
    }

    fn live(&self, exposure: &Exposure, old_in: &[&str]) -> Vec<Running> {
        let mut live = Vec::new();
        if !old_in.is_empty() {
            live.extend(self.from);
        }
        // a preview, a mirror and replicas without weight have no users, but they run and write
        let runs = exposure.weight() > Percent::ZERO
            || !exposure.cohorts.is_empty()
            || !exposure.headers.is_empty()
            || exposure.preview
            || exposure.mirror > Percent::ZERO
            || exposure.split
            || exposure.replicas.is_some();
        if runs {
            live.extend(self.to);
        }
        live
    }
}

/// The lane of a plan. That a step of `awaited` has passed is a state of its own: who waits for it
/// does not wait for what the plan does next.
pub(super) fn lane(
    model: &Model,
    index: Index,
    plan: &Plan,
    awaited: &BTreeSet<usize>,
) -> PlanLane {
    let rolled: Vec<Rolled> = plan
        .rolls
        .iter()
        .map(|roll| {
            let running = |version: Option<Index>| {
                version.map(|version| Running {
                    service: roll.service,
                    version,
                })
            };
            Rolled {
                from: running(roll.from),
                to: running(roll.to),
                domains: domains(model, roll.service),
            }
        })
        .collect();
    let mut walk = Walk {
        model,
        plan,
        awaited,
        rolled,
        gone: Gone::default(),
        exposure: Exposure::default(),
        lane: PlanLane {
            plan: index,
            states: Vec::new(),
            no_return: None,
            from: Vec::new(),
            to: Vec::new(),
            migrates: Vec::new(),
            puts: Vec::new(),
            step_starts: vec![0; plan.steps.len()],
            step_ends: vec![0; plan.steps.len()],
        },
    };
    walk.lane.from = walk
        .rolled
        .iter()
        .filter_map(|rolled| rolled.from)
        .collect();
    walk.lane.to = walk.rolled.iter().filter_map(|rolled| rolled.to).collect();
    walk.walk();
    walk.lane
}

/// Walks the legs and writes the states down.
struct Walk<'m> {
    model: &'m Model,
    plan: &'m Plan,
    awaited: &'m BTreeSet<usize>,
    rolled: Vec<Rolled>,
    gone: Gone,
    exposure: Exposure,
    lane: PlanLane,
}

impl Walk<'_> {
    fn walk(&mut self) {
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
                    self.exposure.domains =
                        domains.iter().map(|domain| domain.value.clone()).collect();
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
            // the end of the last step is the end of the plan
            let next = plan.legs.get(number + 1);
            if next.is_some_and(|next| next.step != leg.step) && self.awaited.contains(&leg.step) {
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
        if !self.rolled.is_empty()
            && self
                .rolled
                .iter()
                .all(|rolled| rolled.is_full(&self.exposure))
        {
            self.gone.replaced.insert(String::new());
        }
        let now = self.now();
        self.push(Moment::Done, last, event, start, now, at);
        self.lane.states.shrink_to_fit();
        self.gotos();
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
        let places = match self.exposure.domains.as_slice() {
            [] => vec![String::new()],
            domains => domains.to_vec(),
        };
        self.exposure.apply(action, number);
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
        let exposure = &self.exposure;
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
        self.now_of(&self.exposure, &self.gone)
    }

    fn now_of(&self, exposure: &Exposure, gone: &Gone) -> Now {
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
        let way_back = match moment {
            Moment::Start | Moment::Done => None,
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
            returnable: self.lane.no_return.is_none() && moment != Moment::Done,
            weight: self.exposure.weight(),
            serving_in,
        });
    }

    /// An action as an operator would say it.
    fn words(&self, action: &Action, leg: usize) -> String {
        let name = |text: &str| format!("`{text}`");
        let share = |values: &[crate::source::Spanned<Percent>]| {
            values
                .get(leg)
                .or(values.last())
                .map_or_else(String::new, |share| share.value.to_string())
        };
        match action {
            Action::Weight(chain) => format!("weight {}", share(&chain.values)),
            Action::Replicas(_) => "replicas of the new version".into(),
            Action::Rolling { .. } => "replaces in place".into(),
            Action::Preview(true) => "a preview starts".into(),
            Action::Preview(false) => "the preview ends".into(),
            Action::Switch => "all traffic switches".into(),
            Action::Mirror(Some(share)) => format!("mirrors {}", share.value),
            Action::Mirror(None) => "the mirror ends".into(),
            Action::RouteCohorts(cohorts) => {
                let names: Vec<String> = cohorts
                    .iter()
                    .filter_map(|cohort| self.model.cohorts.get(cohort.value))
                    .map(|cohort| name(&cohort.name.value))
                    .collect();
                format!("routes {}", names.join(", "))
            }
            Action::RouteHeader(header, value) => {
                format!("routes `{}` = `{}`", header.value, value.value)
            }
            Action::RouteOff => "routes end".into(),
            Action::Sticky(_) => "stickiness changes".into(),
            Action::Split(share) => format!("splits {}", share.value),
            Action::Flag(flag, chain) => {
                let flag = self.model.flags.get(*flag);
                let flag = flag.map_or("flag", |flag| &flag.name.value);
                format!("flag `{flag}` {}", share(&chain.values))
            }
            Action::Push(config, to) => {
                let config = self.model.configs.get(*config);
                let config = config.map_or("config", |config| &config.name.value);
                format!("push `{config}` to `{}`", to.value)
            }
            Action::Migrate(database, to) => {
                let database = self.model.databases.get(*database);
                let database = database.map_or("database", |database| &database.name.value);
                format!("migrate `{database}` to `{}`", to.value)
            }
            Action::Backfill(database, job, _) => {
                let database = self.model.databases.get(*database);
                let database = database.map_or("database", |database| &database.name.value);
                format!("backfill `{database}` `{}`", job.value)
            }
            Action::Retire(version, _) => format!("retire `{}`", version.value),
        }
    }
}

/// The failure domains of a service; `""` alone where it has none.
fn domains(model: &Model, service: Index) -> Vec<String> {
    let declared = model.services.get(service);
    let names: Vec<String> = declared
        .iter()
        .flat_map(|service| &service.domains)
        .map(|(domain, _)| domain.value.clone())
        .collect();
    match names.is_empty() {
        true => vec![String::new()],
        false => names,
    }
}
