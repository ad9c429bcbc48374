//! The way forward, leg by leg.

use crate::model::{Action, Index, Leg, Plan, Service, Step, StepRef, Then};
use crate::units::Duration;

use super::super::{Answer, Measured, Subject};
use super::{Stretch, stays_ready, waves};

/// The times of one leg, in their order.
#[derive(Clone, Debug)]
pub struct LegTime {
    /// The leg, as an index.
    pub leg: usize,
    /// Waiting for other plans and for a human; what was exposed before stays exposed.
    pub entry: Stretch,
    /// The changes and the jobs behind them.
    pub changes: Stretch,
    /// The holds, of batches too.
    pub hold: Duration,
    /// Pauses of the hold, and ways back to an earlier step.
    pub pauses: Stretch,
    /// Of that the pauses alone.
    pub pause: Stretch,
    /// Of that what is walked again: from which leg to this one, and how many times at most.
    pub again: Vec<(usize, u64)>,
}

impl LegTime {
    /// All of it.
    fn whole(&self, subject: Subject<'_>) -> Stretch {
        let mut whole = self.entry.clone();
        whole.add(self.changes.clone());
        if let Some(step) = subject
            .plan
            .legs
            .get(self.leg)
            .and_then(|leg| subject.step(leg))
        {
            let at = step.hold.map_or(step.line, |hold| hold.span);
            let what = format!("`hold` of step `{}`", step.name.value);
            whole.part(what, (self.hold, self.hold), Some(at));
        }
        whole.add(self.pauses.clone());
        whole
    }
}

/// So many plans are walked for the one that waits for them, each as often as it is met; what is more
/// is left open, because without a limit the walks double with each plan between.
const MOST_WAITS: usize = 16;

/// The plans that are waited for.
struct Waits<'a> {
    /// Those that wait for one another now.
    path: Vec<&'a str>,
    /// How many may still be walked.
    left: usize,
}

/// The times of all legs.
pub fn legs(subject: Subject<'_>) -> Vec<LegTime> {
    let mut waits = Waits {
        path: Vec::new(),
        left: MOST_WAITS,
    };
    timed(subject, &mut waits)
}

fn timed<'a>(subject: Subject<'a>, waits: &mut Waits<'a>) -> Vec<LegTime> {
    let mut all: Vec<LegTime> = Vec::new();
    for (number, leg) in subject.plan.legs.iter().enumerate() {
        let Some(step) = subject.step(leg) else {
            continue;
        };
        let first = leg.number == 0;
        let entry = match first {
            true => entry(subject, step, waits),
            false => Stretch::default(),
        };
        let mut changes = changes(subject, number, leg, step);
        if leg.number + 1 == leg.of || step.runs.is_empty() {
            runs(step, &mut changes);
        }
        if let Some(limit) = step.deadline {
            let what = format!("`deadline` of step `{}`", step.name.value);
            changes.end_at(limit.value, what, limit.span);
        }
        all.push(LegTime {
            leg: number,
            entry,
            changes,
            hold: leg.hold,
            pauses: Stretch::default(),
            pause: Stretch::default(),
            again: Vec::new(),
        });
        // edges are those of the step's last leg, and each of its legs is judged
        let pause = pauses(subject, step);
        let (repeats, again) = repeats(subject, step, &all);
        if let Some(last) = all.last_mut() {
            last.pauses = repeats;
            last.pauses.add(pause.clone());
            (last.pause, last.again) = (pause, again);
        }
    }
    all
}

/// From the start of the plan to its end, as an interval.
pub fn duration(subject: Subject<'_>) -> Answer {
    let plan = subject.plan;
    let mut whole = Stretch::default();
    for leg in legs(subject) {
        whole.add(leg.whole(subject));
    }
    if let Some(limit) = plan.deadline {
        let what = format!("`deadline` of plan `{}`", plan.name.value);
        whole.end_at(limit.value, what, limit.span);
    }
    if !whole.missing.is_empty() {
        return Answer::Missing(whole.missing);
    }
    let mut found = Measured::new(super::time(whole.most), plan.name.span);
    found.least = Some(super::time(whole.least));
    found.parts = whole.parts;
    if !plan.after.is_empty() || is_included_after(subject) {
        found = found.assuming([
            "it is counted from the moment when what the plan waits for is done".to_string(),
        ]);
    }
    let actions = plan.steps.iter().flat_map(|step| &step.actions);
    let at_once = |action: &Action| matches!(action, Action::Flag(..) | Action::Push(..));
    if actions.into_iter().any(|action| at_once(&action.value)) {
        found = found.assuming(["flags and configuration take effect at once".to_string()]);
    }
    Answer::Known(found)
}

fn is_included_after(subject: Subject<'_>) -> bool {
    let plans = subject
        .model
        .releases
        .iter()
        .flat_map(|release| &release.plans);
    plans
        .filter(|included| !included.after.is_empty())
        .filter_map(|included| subject.model.plans.get(included.plan.value))
        .any(|plan| plan.name.span == subject.plan.name.span)
}

/// Waiting for a human and for other plans.
fn entry<'a>(subject: Subject<'a>, step: &'a Step, waits: &mut Waits<'a>) -> Stretch {
    let mut found = Stretch::default();
    for after in &step.after {
        found.add(wait(subject, after, waits));
    }
    if let Some(approval) = &step.approval {
        let (team, name) = (&approval.team.value, &step.name.value);
        match approval.limit {
            Some(limit) => found.part(
                format!("`approve by \"{team}\"` in step `{name}`"),
                (Duration::ZERO, limit.value),
                Some(limit.span),
            ),
            None => found.missing.add(format!(
                "a limit of `approve by \"{team}\"` in step `{name}`: `within 4h`, or where the platform knows none a `deadline` of plan `{}`",
                subject.plan.name.value
            )),
        }
    }
    found
}

/// Waiting for the end of a step of another plan: at most until that is done, if both begin together.
fn wait<'a>(subject: Subject<'a>, after: &'a StepRef, waits: &mut Waits<'a>) -> Stretch {
    let mut found = Stretch::default();
    let name = after.plan.as_deref().unwrap_or(&subject.plan.name.value);
    let other = after
        .plan
        .as_deref()
        .and_then(|name| subject.model.plan(name));
    let Some(other) = other.filter(|other| !other.incomplete) else {
        return found;
    };
    let mut whole = Stretch::default();
    if waits.path.contains(&name) || waits.left == 0 {
        whole.missing.add(format!(
            "a `deadline` of plan `{name}`, for which others wait"
        ));
    } else {
        waits.left -= 1;
        waits.path.push(name);
        let theirs = Subject::new(subject.model, other);
        let mut steps = other.steps.iter();
        let last = steps.position(|step| step.name.value == after.step);
        for leg in timed(theirs, waits) {
            let step = other.legs.get(leg.leg).map_or(0, |leg| leg.step);
            if last.is_none_or(|last| step <= last) {
                whole.add(leg.whole(theirs));
            }
        }
        waits.path.pop();
    }
    if let Some(limit) = other.deadline {
        whole.end_at(limit.value, String::new(), limit.span);
    }
    for fact in whole.missing.facts {
        found.missing.add(fact);
    }
    found.part(
        format!("waiting for step `{}` of plan `{name}`", after.step),
        (Duration::ZERO, whole.most),
        Some(after.span),
    );
    found
}

/// The changes of a leg, one after the other.
fn changes(subject: Subject<'_>, number: usize, leg: &Leg, step: &Step) -> Stretch {
    let mut found = Stretch::default();
    let rolled = || {
        let rolls = subject.plan.rolls.iter();
        rolls.filter_map(|roll| subject.model.services.get(roll.service))
    };
    let mut started = false;
    for action in step.actions.iter().skip(leg.first_change) {
        let place = Some(action.span);
        match &action.value {
            Action::Weight(_)
            | Action::Split(_)
            | Action::Replicas(_)
            | Action::Preview(true)
            | Action::Mirror(Some(_))
            | Action::RouteCohorts(_)
            | Action::RouteHeader(..) => {
                // what starts side by side is waited for once
                if std::mem::replace(&mut started, true) || !starts(subject, number, leg) {
                    continue;
                }
                for service in rolled() {
                    found.add(start(service, step, 1));
                }
            }
            Action::Rolling { .. } => {
                for service in rolled() {
                    let all = service.replicas().map_or(1, |count| count.value);
                    let said = match action.value {
                        Action::Rolling { batches, .. } => batches.map(|count| count.value),
                        _ => None,
                    };
                    found.add(start(
                        service,
                        step,
                        said.unwrap_or_else(|| waves(service, all)),
                    ));
                    drain(service, &mut found);
                }
            }
            Action::Switch => {
                for service in rolled() {
                    let name = &service.name.value;
                    let what = format!("deregistration at the load balancer of `{name}`");
                    let at = service.deregistration.map(|time| time.span);
                    found.part(what, (Duration::ZERO, service.deregistration()), at);
                }
            }
            Action::Retire(version, after) => {
                let kept = after.map_or(Duration::ZERO, |time| time.value);
                let what = format!("`retire {} after {kept}`", version.value);
                found.part(what, (kept, kept), place);
                for service in rolled() {
                    drain(service, &mut found);
                }
            }
            Action::Migrate(database, to) => {
                found.add(migrate(subject, leg, (*database, &to.value), place));
            }
            Action::Backfill(database, job, _) => {
                let database = subject.model.databases.get(*database);
                let database = database.map_or("", |database| &database.name.value);
                found.missing.add(format!(
                    "a `deadline` of step `{}`, within which `backfill {database} \"{}\"` ends",
                    step.name.value, job.value
                ));
            }
            Action::Preview(false)
            | Action::Mirror(None)
            | Action::RouteOff
            | Action::Sticky(_)
            | Action::Flag(..)
            | Action::Push(..) => {}
        }
    }
    found
}

/// Whether a leg starts replicas: where more of the service's traffic, or a first group, goes to what
/// is new.
fn starts(subject: Subject<'_>, number: usize, leg: &Leg) -> bool {
    let before = number
        .checked_sub(1)
        .and_then(|at| subject.plan.legs.get(at));
    let Some(before) = before else {
        return true;
    };
    let (now, then) = (&leg.exposure, &before.exposure);
    let idle = !then.is_exposed() && !then.preview && then.mirror.ppm() == 0;
    idle || now.weight() > then.weight()
        || now.replicas != then.replicas
        || now.mirror > then.mirror
        || (now.preview && !then.preview)
}

/// So many rounds of replicas start, one after the other.
fn start(service: &Service, step: &Step, rounds: u64) -> Stretch {
    let mut found = Stretch::default();
    let name = &service.name.value;
    let each = match service.startup_at_worst() {
        Some((startup, at)) => Some((startup.plus(stays_ready(service)), Some(at), "startup")),
        None => service
            .facts()
            .and_then(|facts| facts.progress_deadline())
            .map(|seconds| {
                (
                    Duration::from_secs(u64::from(seconds)),
                    None,
                    "progress deadline",
                )
            }),
    };
    match each {
        Some((each, at, what)) => {
            let what = match rounds {
                1 => format!("{what} of `{name}`"),
                _ => format!("{what} of `{name}`, {rounds} times"),
            };
            found.part(what, (Duration::ZERO, each.times(rounds)), at);
        }
        None if step.deadline.is_some() => {}
        None => found.missing.add(format!("`startup` of service `{name}`")),
    }
    found
}

fn drain(service: &Service, found: &mut Stretch) {
    let (time, at) = match service.drain() {
        Some((time, at)) => (time, Some(at)),
        None => (Duration::ZERO, None),
    };
    let what = format!("drain of `{}`", service.name.value);
    found.part(what, (Duration::ZERO, time), at);
}

/// The migrations of a step, each within the database's deadline.
fn migrate(
    subject: Subject<'_>,
    leg: &Leg,
    (index, to): (Index, &str),
    at: Option<crate::source::Span>,
) -> Stretch {
    let mut found = Stretch::default();
    let Some(database) = subject.model.databases.get(index) else {
        return found;
    };
    let count = migrations_up_to(subject, leg, index, to);
    if count == 0 {
        return found;
    }
    let name = &database.name.value;
    match database.deadline {
        Some(limit) => found.part(
            match count {
                1 => format!("`deadline` of the migration of `{name}`"),
                _ => format!("`deadline` of {count} migrations of `{name}`"),
            },
            (Duration::ZERO, limit.value.times(count)),
            at,
        ),
        None => found
            .missing
            .add(format!("`deadline` of database `{name}`")),
    }
    found
}

/// How many migrations lie between where a database stands when a leg begins and `to`.
fn migrations_up_to(subject: Subject<'_>, leg: &Leg, index: Index, to: &str) -> u64 {
    let Some(database) = subject.model.databases.get(index) else {
        return 0;
    };
    let Some((_, folder)) = &database.migrations else {
        return 1;
    };
    let Some(last) = folder.find(to) else {
        return 1;
    };
    let plan: &Plan = subject.plan;
    let earlier = plan.steps.iter().take(leg.step).rev();
    let moved = earlier
        .flat_map(|step| step.actions.iter().rev())
        .find_map(|action| match &action.value {
            Action::Migrate(own, id) if *own == index => Some(id.value.as_str()),
            _ => None,
        });
    let declared = database.at.as_ref().map(|at| at.value.as_str());
    let built = || {
        let rolls = plan.rolls.iter();
        rolls
            .filter_map(|roll| subject.model.from_version(roll))
            .flat_map(|version| &version.schemas)
            .find(|(own, _)| own.value == index)
            .map(|(_, id)| id.value.as_str())
    };
    let before = moved
        .or(declared)
        .or_else(built)
        .and_then(|id| folder.find(id));
    // where nobody knows where it stands, all of them
    let first = before.map_or(0, |before| before + 1);
    (last + 1).saturating_sub(first) as u64
}

/// Jobs end within the step's deadline, else nobody knows when.
fn runs(step: &Step, found: &mut Stretch) {
    if step.deadline.is_some() {
        return;
    }
    for run in &step.runs {
        found.missing.add(format!(
            "a `deadline` of step `{}`, within which `run \"{}\"` ends",
            step.name.value, run.name.value
        ));
    }
}

/// The longest pause that a hold may take.
fn pauses(subject: Subject<'_>, step: &Step) -> Stretch {
    let mut found = Stretch::default();
    let name = &step.name.value;
    let mut longest: Option<(Duration, crate::source::Span)> = None;
    for edge in &step.edges {
        match &edge.then {
            Then::Pause(Some(limit)) => {
                if longest.is_none_or(|(known, _)| limit.value > known) {
                    longest = Some((limit.value, edge.span));
                }
            }
            Then::Pause(None) => found.missing.add(format!(
                "a limit of `pause` in step `{name}`: `within 4h`, or where the platform knows none a `deadline` of plan `{}`",
                subject.plan.name.value
            )),
            Then::Goto(..) | Then::Rollback | Then::Continue | Then::Weight(_) => {}
        }
    }
    if let Some((limit, at)) = longest {
        let what = format!("`pause` of step `{name}`");
        found.part(what, (Duration::ZERO, limit), Some(at));
    }
    found
}

/// Ways back to an earlier step with all that is walked again, as a time, and as the leg that each
/// begins with and how often it is taken.
fn repeats(subject: Subject<'_>, step: &Step, so_far: &[LegTime]) -> (Stretch, Vec<(usize, u64)>) {
    let (mut found, mut legs) = (Stretch::default(), Vec::new());
    let name = &step.name.value;
    for edge in &step.edges {
        let Then::Goto(to, times) = &edge.then else {
            continue;
        };
        let mut steps = subject.plan.steps.iter();
        let Some(first) = steps.position(|own| own.name.value == to.value) else {
            continue;
        };
        let mut again = Stretch::default();
        let step_of = |leg: &LegTime| subject.plan.legs.get(leg.leg).map_or(0, |leg| leg.step);
        let walked = so_far.iter().filter(|leg| step_of(leg) >= first);
        for (number, leg) in walked.enumerate() {
            if number == 0 {
                legs.push((leg.leg, times.value));
            }
            again.add(leg.whole(subject));
        }
        for fact in again.missing.facts {
            found.missing.add(fact);
        }
        found.part(
            format!(
                "`goto {}` at most {} times in step `{name}`",
                to.value, times.value
            ),
            (Duration::ZERO, again.most.times(times.value)),
            Some(edge.span),
        );
    }
    (found, legs)
}
