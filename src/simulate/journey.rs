//! A plan as stages: what each leg exposes, who looks at it when, and what follows.

use crate::measure::Subject;
use crate::measure::gates::{grouped, share_of, traffic};
use crate::model::{Action, Gate, Leg, Model, Outcome, Plan, Step, Target, TargetKind, Then};
use crate::platform::{self, looks};
use crate::source::Spanned;
use crate::units::{Duration, Percent};

use super::fault::Fault;
use super::look::Bound;
use super::meter::{Limits, Seen};
use super::stream::{Stream, streams};
use super::tape::{Cells, Flow};
use super::{Judge, Refused};

/// More looks than this of one walk are not simulated.
const MOST_LOOKS: u64 = 1_000_000;

/// The whole walk.
#[derive(Clone, Debug)]
pub(super) struct Journey {
    pub stages: Vec<Stage>,
    pub streams: Vec<Stream>,
    pub judge: Judge,
    /// Requests a second of the service.
    pub traffic: f64,
    /// Different users a day.
    pub users: Option<u64>,
    /// What the numbers rest on.
    pub assumptions: Vec<String>,
    /// Flagger's own: milliseconds between checks, and how many may fail before it goes back.
    pub interval: u64,
    pub threshold: u64,
}

/// One leg that exposes something.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    /// Its leg, as an index.
    pub leg: usize,
    /// The share of the requests that the new version gets.
    pub share: f64,
    /// The share of those whose answers users get.
    pub exposed: f64,
    /// The share of the users whom a failed request can meet.
    pub pool: f64,
    /// Milliseconds until the next stage.
    pub hold: u64,
    /// Milliseconds from the decision to go back until that is done.
    pub back: u64,
    /// The gates, each with the stream that it counts.
    pub gates: Vec<Watched>,
    /// The looks in the order of their times.
    pub looks: Vec<Look>,
    /// For each stream, its cells where a gate here looks at it.
    pub cells: Vec<Option<Cells>>,
    /// What follows: on failure, on inconclusive, on no data.
    pub then: [Course; 3],
}

/// A gate at a stage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched {
    /// The gate, as an index of the model.
    pub gate: usize,
    pub stream: usize,
    pub bound: Bound,
    pub limits: Limits,
    /// What a look between `expect` and `fail` counts as.
    pub between: Seen,
    /// What a look without data counts as.
    pub blind: Seen,
}

/// One look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// Milliseconds from the start of the stage.
    pub time: u64,
    /// The gate, as an index of the stage's.
    pub gate: u32,
    /// Whether a round begins with it.
    pub begins: bool,
    /// The edges of its window.
    pub window: (u32, u32),
}

impl Journey {
    /// How many looks one run takes at most, with all that `goto` walks again.
    pub(super) fn looks(&self) -> u64 {
        let taken = |stage: &Stage| match self.judge {
            Judge::Flagger => (stage.hold / self.interval)
                .max(1)
                .saturating_mul(stage.gates.len() as u64),
            Judge::Own | Judge::Argo => stage.looks.len() as u64,
        };
        let once = self.stages.iter().map(taken).fold(0, u64::saturating_add);
        let again = self.stages.iter().flat_map(|stage| {
            let mut most = 0;
            for course in stage.then {
                if let Course::Goto(_, times) = course {
                    most = times.max(most);
                }
            }
            (most > 0).then_some(most)
        });
        let walks = again.fold(1_u64, u64::saturating_add);
        once.saturating_mul(walks)
    }
}

/// What follows a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// Back, after staying for so many milliseconds.
    Back(u64),
    /// To an earlier stage, at most so often; then back.
    Goto(usize, u64),
    /// On.
    On,
}

/// Everything that building needs.
struct Builder<'a> {
    subject: Subject<'a>,
    judge: Judge,
    missing: Vec<String>,
    assumptions: Vec<String>,
}

pub(super) fn judge_of(target: Option<&Target>) -> Result<Judge, String> {
    let Some(target) = target else {
        return Ok(Judge::Own);
    };
    let by = |who: &str| target.gates_by.as_ref().is_some_and(|own| own.value == who);
    match target.kind {
        Some(Spanned {
            value: TargetKind::ArgoRollouts,
            ..
        }) => Ok(Judge::Argo),
        Some(Spanned {
            value: TargetKind::Flagger,
            ..
        }) => Ok(Judge::Flagger),
        Some(kind) if by("hand") || !(platform::platform(kind.value).judges || by("pipeline")) => {
            Err(format!(
                "`gates by pipeline` in target `{}`: where a person looks, nobody knows when",
                target.name.value
            ))
        }
        _ => Ok(Judge::Own),
    }
}

pub(super) fn journey(
    model: &Model,
    plan: &Plan,
    target: Option<&Target>,
    faults: &[Fault],
) -> Result<Journey, Refused> {
    let mut builder = Builder {
        subject: Subject::new(model, plan),
        judge: Judge::Own,
        missing: Vec::new(),
        assumptions: Vec::new(),
    };
    match judge_of(target) {
        Ok(judge) => builder.judge = judge,
        Err(fact) => builder.missing.push(fact),
    }
    builder.build(faults)
}

impl<'a> Builder<'a> {
    fn miss(&mut self, fact: String) {
        if !self.missing.contains(&fact) {
            self.missing.push(fact);
        }
    }

    fn assume(&mut self, text: String) {
        if !self.assumptions.contains(&text) {
            self.assumptions.push(text);
        }
    }

    /// The legs that expose something above the line of no return.
    fn legs(&self) -> Vec<(usize, &'a Leg)> {
        let walk = platform::walk(self.subject.plan);
        let legs = self.subject.plan.legs.iter().enumerate();
        let within = legs.filter(|(_, leg)| (walk.first..walk.end).contains(&leg.step));
        within
            .filter(|(_, leg)| leg.exposure.is_exposed() || leg.exposure.mirror > Percent::ZERO)
            .collect()
    }

    fn build(mut self, faults: &[Fault]) -> Result<Journey, Refused> {
        let Subject { model, plan } = self.subject;
        let legs = self.legs();
        if legs.is_empty() {
            return Err(Refused::Nothing(format!(
                "plan `{}` exposes nothing before its end or its line of no return",
                plan.name.value
            )));
        }
        let mut gates: Vec<usize> = Vec::new();
        for (_, leg) in &legs {
            for gate in plan.watched(&plan.steps[leg.step]) {
                if !gates.contains(&gate) {
                    gates.push(gate);
                }
            }
        }
        let traffic = traffic(model, plan).map_or_else(
            |fact| {
                self.miss(fact);
                0.0
            },
            |(rate, _)| rate,
        );
        let found = streams(model, &gates, faults, self.judge)?;
        found.missing.into_iter().for_each(|fact| self.miss(fact));
        found
            .assumptions
            .into_iter()
            .for_each(|text| self.assume(text));
        let users = self.users();
        let looks = legs
            .iter()
            .map(|(_, leg)| self.looks(leg))
            .fold(0_u64, u64::saturating_add);
        if looks > MOST_LOOKS {
            return Err(Refused::Nothing(format!(
                "one walk of `{}` has {} looks; a million can be simulated: let gates look less often (`every`), or hold for a shorter time",
                plan.name.value,
                grouped(looks as f64),
            )));
        }
        let mut stages = Vec::new();
        for &(number, leg) in &legs {
            if let Some(stage) = self.stage(number, leg, &found.gates, &found.streams, traffic) {
                stages.push((leg.step, stage));
            }
        }
        self.courses(&mut stages);
        if plan.steps.iter().any(|step| step.approval.is_some()) {
            self.assume(
                "approvals are given at once: while somebody waits, more requests meet the fault"
                    .into(),
            );
        }
        if !self.missing.is_empty() {
            return Err(Refused::Missing(self.missing));
        }
        let all = || {
            found
                .gates
                .iter()
                .filter_map(|(gate, ..)| model.gates.get(*gate))
        };
        let times = all().filter_map(|gate| Some(gate.interval?.value.millis()));
        let tolerated = all().map(|gate| gate.tolerate.map_or(0, |count| count.value));
        Ok(Journey {
            interval: times.min().unwrap_or(60_000).max(1),
            threshold: tolerated.min().unwrap_or(0) + 1,
            stages: stages.into_iter().map(|(_, stage)| stage).collect(),
            streams: found.streams,
            judge: self.judge,
            traffic,
            users,
            assumptions: self.assumptions,
        })
    }

    /// The users of the services that are rolled: the fewest, as for the traffic.
    fn users(&self) -> Option<u64> {
        let Subject { model, plan } = self.subject;
        let services = plan
            .rolls
            .iter()
            .filter_map(|roll| model.services.get(roll.service));
        let users = services.map(|service| service.users.map(|users| users.value));
        users.collect::<Option<Vec<u64>>>()?.into_iter().min()
    }

    /// The looks of a leg, counted before any is laid: at most, since what lies behind the hold is
    /// not taken.
    fn looks(&self, leg: &Leg) -> u64 {
        let Subject { model, plan } = self.subject;
        let watched = plan.watched(&plan.steps[leg.step]);
        let gates = watched.iter().filter_map(|&gate| model.gates.get(gate));
        let each = gates.filter_map(|gate| {
            let interval = gate.interval?.value.millis().max(1);
            // a round is begun at least once, however short the hold
            let held = leg.hold.millis().max(gate.round?.value.millis());
            Some(held / interval + 1)
        });
        each.fold(0, u64::saturating_add)
    }

    fn stage(
        &mut self,
        number: usize,
        leg: &Leg,
        known: &[(usize, usize, Bound)],
        streams: &[Stream],
        traffic: f64,
    ) -> Option<Stage> {
        let Subject { model, plan } = self.subject;
        let step = &plan.steps[leg.step];
        let mirrored = leg.exposure.mirror.fraction();
        let exposed = if leg.exposure.is_exposed() {
            let Some(share) = share_of(self.subject, leg) else {
                self.miss(format!(
                    "the share of the traffic that step `{}` exposes: that of a `weight`, or of a `cohort` with a `share`",
                    step.name.value
                ));
                return None;
            };
            share
        } else {
            0.0
        };
        let share = if exposed > 0.0 { exposed } else { mirrored };
        let back = self.back(leg.step);
        let gates: Vec<Watched> = plan
            .watched(step)
            .into_iter()
            .filter_map(|gate| known.iter().find(|(own, ..)| *own == gate))
            .filter_map(|&(gate, stream, bound)| {
                Some(self.watch(model.gates.get(gate)?, gate, stream, bound, step))
            })
            .collect();
        let mut stage = Stage {
            leg: number,
            share,
            exposed,
            pool: self.pool(leg, exposed),
            hold: leg.hold.millis(),
            back,
            gates,
            looks: Vec::new(),
            cells: Vec::new(),
            then: [Course::Back(0); 3],
        };
        stage.lay(model, self.judge, streams, traffic);
        Some(stage)
    }

    fn watch(
        &self,
        gate: &Gate,
        index: usize,
        stream: usize,
        bound: Bound,
        step: &Step,
    ) -> Watched {
        let tolerate = gate.tolerate.map_or(0, |count| count.value);
        let edge = |outcome: Outcome| {
            let edge = step.edges.iter().find(|edge| edge.outcome == outcome);
            edge.map(|edge| &edge.then)
        };
        let (mut limits, argo) = (Limits::round(0, tolerate), self.judge == Judge::Argo);
        limits.count = None;
        let between = match edge(Outcome::Inconclusive) {
            Some(Then::Continue) => Seen::Pass,
            Some(Then::Pause(_)) if argo => {
                limits.undecided = 0;
                Seen::Between
            }
            // Argo goes back from what is not a success, unless it was asked to stop there
            _ if self.judge != Judge::Own => Seen::Fail,
            _ => Seen::Between,
        };
        let blind = match edge(Outcome::NoData) {
            Some(Then::Continue) => Seen::Pass,
            Some(Then::Pause(_) | Then::Goto(..)) if self.judge != Judge::Flagger => {
                limits.blind_in_a_row = if argo { 0 } else { tolerate };
                Seen::Nothing
            }
            _ => Seen::Fail,
        };
        Watched {
            gate: index,
            stream,
            bound,
            limits,
            between,
            blind,
        }
    }

    /// Whom a failed request of this leg can meet: the users who stay on the new version, else any.
    fn pool(&self, leg: &Leg, exposed: f64) -> f64 {
        let steps = &self.subject.plan.steps[..=leg.step];
        let actions = steps.iter().flat_map(|step| &step.actions);
        let sticky = actions.fold(false, |sticky, action| match &action.value {
            Action::Sticky(how) => how.is_some(),
            _ => sticky,
        });
        let chosen = leg.exposure.weight() == Percent::ZERO && !leg.exposure.cohorts.is_empty();
        if sticky || chosen { exposed } else { 1.0 }
    }

    /// Milliseconds that going back takes.
    fn back(&mut self, step: usize) -> u64 {
        let promised = self
            .subject
            .plan
            .rollback_of(step)
            .and_then(|own| own.within);
        match promised {
            Some(within) => {
                self.assume(format!(
                    "going back takes the {} that `rollback within` promises",
                    within.value
                ));
                within.value.millis()
            }
            None => {
                self.miss("`rollback within TIME`: how long going back takes".into());
                0
            }
        }
    }

    /// What follows a verdict in each stage.
    fn courses(&mut self, stages: &mut [(usize, Stage)]) {
        let firsts: Vec<(String, usize)> = (stages.iter().enumerate())
            .map(|(at, (step, _))| (self.subject.plan.steps[*step].name.value.clone(), at))
            .collect();
        for (step, stage) in stages {
            let step = &self.subject.plan.steps[*step];
            let outcomes = [Outcome::Failure, Outcome::Inconclusive, Outcome::NoData];
            for (course, outcome) in stage.then.iter_mut().zip(outcomes) {
                let edge = step.edges.iter().find(|edge| edge.outcome == outcome);
                *course = match edge.map(|edge| &edge.then) {
                    None | Some(Then::Rollback) => Course::Back(0),
                    Some(Then::Continue) => Course::On,
                    Some(Then::Pause(Some(limit))) => Course::Back(limit.value.millis()),
                    Some(Then::Pause(None)) => {
                        let fact = format!(
                            "a limit of `on {} pause` in step `{}`: without one, nobody knows when the way back begins",
                            outcome.word(),
                            step.name.value
                        );
                        if stage.gates.is_empty() {
                            Course::Back(0)
                        } else {
                            if !self.missing.contains(&fact) {
                                self.missing.push(fact);
                            }
                            Course::Back(0)
                        }
                    }
                    Some(Then::Goto(name, times)) => {
                        match firsts.iter().find(|(own, _)| *own == name.value) {
                            Some(&(_, at)) => Course::Goto(at, times.value),
                            // before anything was exposed: that is back
                            None => Course::Back(0),
                        }
                    }
                    Some(Then::Weight(_)) => {
                        let fact = format!(
                            "what an undecided experiment goes on to in step `{}`, as `rollback`: another weight is not simulated",
                            step.name.value
                        );
                        if !self.missing.contains(&fact) {
                            self.missing.push(fact);
                        }
                        Course::Back(0)
                    }
                };
            }
        }
    }
}

impl Stage {
    /// Lays the looks into the hold, and the cells between them.
    fn lay(&mut self, model: &Model, judge: Judge, streams: &[Stream], traffic: f64) {
        let gates: Vec<(&Gate, Duration)> = (self.gates.iter())
            .filter_map(|own| model.gates.get(own.gate))
            .map(|gate| {
                let provider = gate.provider.and_then(|index| model.providers.get(index));
                (gate, looks::settle(gate, provider))
            })
            .collect();
        // (time, gate, begins)
        let mut times: Vec<(u64, usize, bool)> = Vec::new();
        let mut push = |start: u64, (delay, interval, count): (u64, u64, u64), gate, begins| {
            for look in 0..count.min(MOST_LOOKS + 1) {
                let time = start + delay + look * interval;
                times.push((time, gate, begins && look == 0));
            }
        };
        match judge {
            Judge::Flagger => {}
            Judge::Argo => {
                let hold = Duration::from_millis(self.hold);
                let mut start = 0;
                for run in &looks::schedule(hold, &gates).runs {
                    let mut length = 0;
                    for (gate, look) in run.iter().enumerate() {
                        let (delay, interval) = (look.delay.millis(), look.interval.millis());
                        push(start, (delay, interval, look.count), gate, true);
                        let own = delay + interval * look.count.saturating_sub(1);
                        length = length.max(own);
                    }
                    start += length;
                }
                self.hold = self.hold.max(start);
            }
            Judge::Own => {
                for (index, (gate, settle)) in gates.iter().enumerate() {
                    let (Some(interval), Some(round)) = (gate.interval, gate.round) else {
                        continue;
                    };
                    let (interval, round) = (interval.value.millis(), round.value.millis());
                    let within = self.hold.saturating_sub(settle.millis());
                    let rounds = within.checked_div(round).unwrap_or(0);
                    for number in 0..rounds.min(MOST_LOOKS) {
                        let start = settle.millis() + number * round;
                        push(start, (0, interval, gate.looks()), index, true);
                    }
                }
            }
        }
        times.sort_unstable();
        let mut edges: Vec<Vec<u64>> = vec![Vec::new(); streams.len()];
        let window = |time: u64, gate: usize| {
            let stream = &streams[self.gates[gate].stream];
            let end = time.saturating_sub(stream.lag);
            (end.saturating_sub(stream.window), end)
        };
        for &(time, gate, _) in &times {
            let (from, to) = window(time, gate);
            edges[self.gates[gate].stream].extend([from, to]);
        }
        self.cells = (edges.into_iter().zip(streams))
            .map(|(edges, stream)| {
                let flow = stream.flow(traffic, self.share);
                (!edges.is_empty()).then(|| Cells::new(flow, edges))
            })
            .collect();
        self.looks = (times.iter())
            .filter_map(|&(time, gate, begins)| {
                let (from, to) = window(time, gate);
                let cells = self.cells[self.gates[gate].stream].as_ref()?;
                Some(Look {
                    time,
                    gate: gate as u32,
                    begins,
                    window: (cells.edge(from) as u32, cells.edge(to) as u32),
                })
            })
            .collect();
    }
}

impl Stream {
    /// What arrives a second when the new version has that share of the traffic.
    pub(super) fn flow(&self, traffic: f64, share: f64) -> Flow {
        Flow {
            new: traffic * share,
            old: if self.counts_old {
                traffic * (1.0 - share)
            } else {
                0.0
            },
            alone: self.alone,
            share: self.rates,
        }
    }
}
