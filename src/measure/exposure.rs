//! Who meets a fault and what it costs, from its appearance at the first leg until the way back is
//! complete.
//!
//! The formulas of [`crate::numbers::exposure`] and [`crate::numbers::budget`], walked round by round:
//! while replicas start and people are waited for, what was exposed stays exposed and nobody judges;
//! each round of a hold catches the fault with the probability that [`super::gates`] knows, and going
//! back takes what [`super::time`] says.

use crate::model::{Action, Exposure, GateKind, Leg, Service};
use crate::numbers::budget::{self, Objective};
use crate::source::Span;
use crate::units::{Duration, Percent};

use super::gates::{self, Judges, Watch};
use super::{Answer, Measured, Missing, Part, Quantity, Subject, time};

/// What has been met, burnt or gone wrong by a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Met {
    /// Seconds, each weighted with the share of the requests on the new version.
    weighted: f64,
    /// The same of requests whose users are drawn anew for each.
    loose: f64,
    /// The largest share of users who stay on the new version.
    fixed: f64,
}

impl Met {
    /// So many seconds more with that exposure.
    fn stays(&mut self, stage: &Shares, seconds: f64) {
        self.weighted += stage.all * seconds;
        self.loose += stage.loose * seconds;
        if seconds > 0.0 {
            self.fixed = self.fixed.max(stage.fixed);
        }
    }
}

/// The shares of a service's requests that reach what is new.
#[derive(Clone, Copy, Debug, Default)]
struct Shares {
    /// All of them.
    all: f64,
    /// Those of users who are drawn anew for each request.
    loose: f64,
    /// Those of users who stay.
    fixed: f64,
}

/// What a fault does that one gate is there for.
#[derive(Clone, Debug)]
pub struct Harm<'a> {
    /// The gate and the fault's value.
    watch: Option<Watch<'a>>,
    fault: f64,
    /// By the way that a run ends: its probability, and what has been met by then.
    ends: Vec<(f64, Met)>,
    /// The expected weighted seconds of each leg, the way back from it included.
    by_leg: Vec<(usize, f64)>,
    /// What is met if no gate ever speaks.
    worst: Met,
}

impl Harm<'_> {
    /// The probability that nobody catches the fault before the plan ends.
    fn escapes(&self) -> f64 {
        self.ends
            .last()
            .map_or(1.0, |(probability, _)| *probability)
    }

    fn expected(&self) -> f64 {
        let ends = self.ends.iter();
        ends.map(|(probability, met)| probability * met.weighted)
            .sum()
    }
}

/// A leg as it is walked.
struct Stage<'a> {
    leg: usize,
    /// While its changes are carried out, and while its entry is waited for.
    entering: (Shares, f64),
    changing: (Shares, f64),
    /// Its own.
    shares: Shares,
    hold: f64,
    /// What comes between a verdict and the way back: the pause that an edge asks for, and what a
    /// `goto` walks again, each with its own share.
    lingers: Vec<(Shares, f64)>,
    /// The way back from it.
    back: f64,
    watches: Vec<Watch<'a>>,
}

/// The share of a day's users who meet the fault's version.
pub(super) fn users(subject: Subject<'_>) -> Answer {
    let stages = match stages(subject) {
        Ok(Some(stages)) => stages,
        Ok(None) => return Answer::Nothing,
        Err(missing) => return Answer::Missing(missing),
    };
    // requests that one user sends a second: of several services those of the busiest users
    let mut rate: Result<f64, Missing> = Ok(0.0);
    if stages.iter().any(|stage| stage.shares.loose > 0.0) {
        for service in services(subject) {
            match (service.traffic, service.users) {
                (Some(traffic), Some(users)) if users.value > 0 => {
                    let own = traffic.rate.value.value() / users.value as f64;
                    rate = rate.map(|known| known.max(own));
                }
                (Some(_), Some(_)) => {
                    let name = &service.name.value;
                    rate = Err(Missing::one(format!("`users` above 0 of service `{name}`")));
                    break;
                }
                (None, _) => {
                    rate = Err(Missing::one(fact(service, "traffic")));
                    break;
                }
                (_, None) => {
                    rate = Err(Missing::one(fact(service, "users")));
                    break;
                }
            }
        }
    }
    let rate = match rate {
        Ok(rate) => rate,
        Err(missing) => return Answer::Missing(missing),
    };
    let met = |met: &Met| {
        let loose = -(-rate * met.loose).exp_m1();
        1.0 - (1.0 - met.fixed.min(1.0)) * (1.0 - loose)
    };
    worst(subject, &stages, |harm| {
        let expected = harm.ends.iter().map(|(p, by)| p * met(by)).sum();
        Ok((expected, met(&harm.worst)))
    })
    .map_or_else(Answer::Missing, |(harm, expected, worst)| {
        let mut found = measured(subject, &harm, Quantity::Share(expected), Quantity::Share(worst));
        let sticky = stages.iter().any(|stage| stage.shares.fixed > 0.0);
        if sticky {
            found = found.assuming(["who is kept on a version stays there".to_string()]);
        }
        if rate > 0.0 {
            found = found.assuming([
                "users send their requests at random times, each as many as the others, and every request draws anew".to_string(),
            ]);
        }
        Answer::Known(found)
    })
}

/// The requests that fail.
pub(super) fn requests(subject: Subject<'_>) -> Answer {
    let stages = match stages(subject) {
        Ok(Some(stages)) => stages,
        Ok(None) => return Answer::Nothing,
        Err(missing) => return Answer::Missing(missing),
    };
    let mut busiest = 0.0_f64;
    for service in services(subject) {
        match service.traffic {
            Some(traffic) => busiest = busiest.max(traffic.rate.value.value()),
            None => return Answer::Missing(Missing::one(fact(service, "traffic"))),
        }
    }
    failing(subject, &stages, |seconds| {
        Ok(Quantity::Count(busiest * seconds))
    })
}

/// The share of the error budget that burns; of several services the smallest budget counts.
pub(super) fn budget(subject: Subject<'_>) -> Answer {
    let stages = match stages(subject) {
        Ok(Some(stages)) => stages,
        Ok(None) => return Answer::Nothing,
        Err(missing) => return Answer::Missing(missing),
    };
    let mut spare = f64::INFINITY;
    for service in services(subject) {
        match service.objective {
            Some(objective) => {
                let share = 1.0 - objective.share.value.fraction();
                spare = spare.min(share * objective.window.value.as_secs_f64());
            }
            None => return Answer::Missing(Missing::one(fact(service, "objective"))),
        }
    }
    failing(subject, &stages, |seconds| {
        if spare > 0.0 && spare.is_finite() {
            Ok(Quantity::Share(seconds / spare))
        } else {
            Err("an `objective` that leaves an error budget".into())
        }
    })
}

/// The worst over the gates of what their faults do to requests, `seconds` of whole failure being
/// turned into a quantity.
fn failing(
    subject: Subject<'_>,
    stages: &[Stage<'_>],
    quantity: impl Fn(f64) -> Result<Quantity, String>,
) -> Answer {
    let found = worst(subject, stages, |harm| {
        let share = failing_share(harm).ok_or_else(|| NO_SHARE.to_string())?;
        Ok((share * harm.expected(), share * harm.worst.weighted))
    });
    let (harm, expected, worst) = match found {
        Ok(found) => found,
        Err(missing) => return Answer::Missing(missing),
    };
    let both = quantity(expected).and_then(|value| Ok((value, quantity(worst)?)));
    let (value, most) = match both {
        Ok(both) => both,
        Err(fact) => return Answer::Missing(Missing::one(fact)),
    };
    let mut found = measured(subject, &harm, value, most);
    let share = failing_share(&harm).unwrap_or(0.0);
    for &(leg, seconds) in &harm.by_leg {
        let (Ok(part), Some(leg)) = (quantity(share * seconds), subject.plan.legs.get(leg)) else {
            continue;
        };
        let step = subject.step(leg).map_or("", |step| &step.name.value);
        found.parts.push(Part {
            what: match leg.of {
                1 => format!("expected in step `{step}`"),
                of => format!(
                    "expected in leg {} of {of} of step `{step}`",
                    leg.number + 1
                ),
            },
            least: part,
            most: part,
            at: Some(leg.span),
        });
    }
    Answer::Known(found)
}

const NO_SHARE: &str =
    "`detect` of a watched gate of `kind proportion`: the share of the requests that fails";

/// The share of the new version's requests that fail; `None` where the gate measures something else.
fn failing_share(harm: &Harm<'_>) -> Option<f64> {
    let gate = harm.watch.as_ref()?.gate;
    if gate.kind?.value != GateKind::Proportion {
        return None;
    }
    let upper = gates::passes(gate, 0.0).unwrap_or(true);
    let share = if upper { harm.fault } else { 1.0 - harm.fault };
    (0.0..=1.0).contains(&share).then_some(share)
}

fn measured(subject: Subject<'_>, harm: &Harm<'_>, value: Quantity, most: Quantity) -> Measured {
    let first = subject.plan.legs.iter().find(|leg| exposes(&leg.exposure));
    let at: Span = first.map_or(subject.plan.name.span, |leg| leg.span);
    let mut found = Measured::new(value, at);
    found.worst = Some(most);
    let mut assumptions = vec!["the fault is there from the first exposure on".to_string()];
    if let Some(watch) = &harm.watch {
        found.gate = Some(watch.index);
        let (gate, escapes) = (&watch.gate.name.value, Quantity::Share(harm.escapes()));
        assumptions.push(format!(
            "it is the fault that gate `{gate}` detects, no other gate sees it, and with a probability of {escapes} none of its looks does"
        ));
        assumptions.extend(gates::assumptions());
    } else {
        assumptions.push("nobody looks".into());
    }
    found.assuming(assumptions)
}

/// The fault of the gates that does the most by `measure` (expected, worst), which may refuse faults
/// that it cannot tell of.
fn worst<'a>(
    subject: Subject<'a>,
    stages: &[Stage<'a>],
    measure: impl Fn(&Harm<'a>) -> Result<(f64, f64), String>,
) -> Result<(Harm<'a>, f64, f64), Missing> {
    let mut missing = Missing::default();
    let mut most: Option<(Harm<'a>, f64, f64)> = None;
    let mut refused: Option<String> = None;
    let mut seen: Vec<usize> = Vec::new();
    for watch in stages.iter().flat_map(|stage| &stage.watches) {
        if seen.contains(&watch.index) {
            continue;
        }
        seen.push(watch.index);
        let harm = match harm(stages, Some(watch)) {
            Ok(harm) => harm,
            Err(fact) => {
                missing.add(fact);
                continue;
            }
        };
        match measure(&harm) {
            Ok((expected, worst)) => {
                if most.as_ref().is_none_or(|(_, known, _)| expected > *known) {
                    most = Some((harm, expected, worst));
                }
            }
            Err(fact) => refused = refused.or(Some(fact)),
        }
    }
    if !missing.is_empty() {
        return Err(missing);
    }
    if let Some(most) = most {
        return Ok(most);
    }
    if let Some(fact) = refused {
        return Err(Missing::one(fact));
    }
    // nobody looks: the whole walk is met
    let harm = harm(stages, None).map_err(Missing::one)?;
    let _ = subject;
    let (expected, worst) = measure(&harm).map_err(Missing::one)?;
    Ok((harm, expected, worst))
}

/// Walks the legs with a fault that one gate is there for.
fn harm<'a>(stages: &[Stage<'a>], seeks: Option<&Watch<'a>>) -> Result<Harm<'a>, String> {
    let fault = match seeks {
        Some(watch) => gates::fault(watch.gate)?,
        None => 0.0,
    };
    let mut found = Harm {
        watch: seeks.copied(),
        fault,
        ends: Vec::new(),
        by_leg: Vec::new(),
        worst: Met::default(),
    };
    let mut reach = 1.0;
    let mut met = Met::default();
    for stage in stages {
        let before = met.weighted;
        let mut expected = 0.0;
        for (shares, seconds) in [&stage.entering, &stage.changing] {
            met.stays(shares, *seconds);
        }
        expected += reach * (met.weighted - before);
        let own = seeks.and_then(|seeks| {
            let mut watches = stage.watches.iter();
            watches.find(|own| own.index == seeks.index)
        });
        let hold = stage.hold;
        match own {
            Some(watch) => {
                let caught = gates::caught(watch, fault, watch.share)?;
                let rounds = caught.apart_rounds.max(1);
                let settle = watch.settle.as_secs_f64().min(hold);
                // a round is judged when it ends, however long the hold goes on behind the last one;
                // of single checks nobody knows when they have failed often enough
                let each = match watch.judges.flagger {
                    true => (hold - settle) / rounds as f64,
                    false => {
                        let length = watch.window.max(watch.round).as_secs_f64();
                        length.min((hold - settle) / rounds as f64)
                    }
                };
                let mut left = hold;
                for round in 0..rounds {
                    let seconds = if round == 0 { settle + each } else { each };
                    met.stays(&stage.shares, seconds);
                    left -= seconds;
                    expected += reach * stage.shares.all * seconds;
                    let stops = reach * caught.round;
                    let mut back = met;
                    for (shares, seconds) in &stage.lingers {
                        back.stays(shares, *seconds);
                    }
                    back.stays(&stage.shares, stage.back);
                    expected += stops * (back.weighted - met.weighted);
                    if stops > 0.0 {
                        found.ends.push((stops, back));
                    }
                    reach -= stops;
                    if reach < 1e-12 || caught.round <= 0.0 {
                        break;
                    }
                }
                // whoever slipped through stays until the hold ends
                let left = left.max(0.0);
                met.stays(&stage.shares, left);
                expected += reach * stage.shares.all * left;
            }
            None => {
                met.stays(&stage.shares, hold);
                expected += reach * stage.shares.all * hold;
            }
        }
        found.by_leg.push((stage.leg, expected));
    }
    found.ends.push((reach.max(0.0), met));
    found.worst = met;
    Ok(found)
}

/// The legs from the first that exposes, or `None` where none does.
fn stages<'a>(subject: Subject<'a>) -> Result<Option<Vec<Stage<'a>>>, Missing> {
    let plan = subject.plan;
    let Some(first) = plan.legs.iter().position(|leg| exposes(&leg.exposure)) else {
        return Ok(None);
    };
    let mut missing = Missing::default();
    let watches = gates::all_watches(subject);
    watches
        .missing
        .iter()
        .for_each(|fact| missing.add(fact.clone()));
    if !watches.known.is_empty()
        && let Some(fact) = Judges::missing(subject)
    {
        missing.add(fact);
    }
    let times = time::legs(subject);
    let line = plan.no_return.as_ref().map(|line| line.above);
    let limit = plan.deadline.map(|limit| limit.value);
    let mut seconds = |stretch: &time::Stretch| {
        // what is open ends with the plan
        let most = stretch.upper().or_else(|facts| limit.ok_or(facts));
        match most {
            Ok(most) => limit.map_or(most, |limit| most.min(limit)).as_secs_f64(),
            Err(facts) => {
                facts
                    .facts
                    .iter()
                    .for_each(|fact| missing.add(fact.clone()));
                0.0
            }
        }
    };
    let mut stages: Vec<Stage<'a>> = Vec::new();
    let mut before = Shares::default();
    let mut back = Duration::ZERO;
    let mut later = Missing::default();
    for (number, leg) in plan.legs.iter().enumerate().skip(first) {
        let Some(times) = times.iter().find(|times| times.leg == number) else {
            continue;
        };
        let shares = match shares(subject, leg) {
            Some(shares) => shares,
            None => {
                let name = subject.step(leg).map_or("", |step| &step.name.value);
                later.add(format!(
                    "the share of the traffic that step `{name}` exposes: that of a `weight`, or of a `cohort` with a `share`"
                ));
                Shares::default()
            }
        };
        // nothing goes back from below the line, and nobody is exposed to more there
        let below = line.is_some_and(|line| leg.step >= line);
        if below && !leg.grows {
            break;
        }
        let mut way = Duration::ZERO;
        if !below {
            match time::way_back(subject, leg).upper() {
                Ok(most) => way = most,
                Err(facts) => facts.facts.iter().for_each(|fact| later.add(fact.clone())),
            }
        }
        back = back.max(way);
        let larger = Shares {
            all: before.all.max(shares.all),
            loose: before.loose.max(shares.loose),
            fixed: before.fixed.max(shares.fixed),
        };
        let entering = (
            before,
            if number == first {
                0.0
            } else {
                seconds(&times.entry)
            },
        );
        let changing = (larger, seconds(&times.changes));
        let hold = times.hold.as_secs_f64();
        let mut lingers = Vec::new();
        for &(from, repeats) in &times.again {
            // a platform that walks so often is stopped by its plan's deadline, if by anything
            let repeats = repeats as f64;
            let earlier = stages.iter().filter(|stage| stage.leg >= from);
            let own = [entering, changing, (shares, hold)];
            let walked = earlier.flat_map(|stage| {
                let hold = (stage.shares, stage.hold);
                [stage.entering, stage.changing, hold]
            });
            let again = walked.chain(own);
            lingers.extend(again.map(|(shares, seconds)| (shares, seconds * repeats)));
        }
        lingers.push((shares, seconds(&times.pause)));
        if let Some(limit) = limit {
            bounded_by(&mut lingers, limit.as_secs_f64());
        }
        stages.push(Stage {
            leg: number,
            entering,
            changing,
            shares,
            hold,
            lingers,
            back: back.as_secs_f64(),
            watches: watches
                .known
                .iter()
                .filter(|watch| watch.number == number)
                .copied()
                .collect(),
        });
        before = shares;
    }
    later.facts.into_iter().for_each(|fact| missing.add(fact));
    match missing.is_empty() {
        true => Ok(Some(stages)),
        false => Err(missing),
    }
}

/// Cuts stretches off where they last longer than the plan may, the largest shares last.
fn bounded_by(lingers: &mut [(Shares, f64)], limit: f64) {
    lingers.sort_by(|one, other| other.0.all.total_cmp(&one.0.all));
    let mut left = limit;
    for (_, seconds) in lingers {
        *seconds = seconds.min(left);
        left -= *seconds;
    }
}

/// Whether anybody gets an answer of what is new. Copies of requests have none.
fn exposes(exposure: &Exposure) -> bool {
    exposure.is_exposed()
}

/// The shares that reach what is new in a leg; `None` where a part is unknown.
fn shares(subject: Subject<'_>, leg: &Leg) -> Option<Shares> {
    let live = &leg.exposure;
    if !exposes(live) {
        return Some(Shares::default());
    }
    if !live.headers.is_empty() {
        return None;
    }
    let mut cohorts = 0.0_f64;
    for (cohort, domain) in &live.cohorts {
        let share = subject.model.cohorts.get(*cohort)?.share?;
        if !domain.is_empty() {
            return None;
        }
        cohorts = (cohorts + share.value.fraction()).min(1.0);
    }
    let flags = live.flags.values().copied().max().unwrap_or(Percent::ZERO);
    let weight = match live.weights.is_empty() {
        true => 0.0,
        false => gates::weight_of(subject, leg)?,
    };
    // pushed configuration is met by everybody in its failure domains
    let configs = if live.configs.is_empty() {
        0.0
    } else {
        pushed(subject, live)?
    };
    let fixed = (cohorts + flags.fraction()).min(1.0).max(configs);
    let sticky = is_sticky(subject, leg);
    let (loose, kept) = if sticky { (0.0, weight) } else { (weight, 0.0) };
    Some(Shares {
        all: (fixed + weight).min(1.0),
        loose,
        fixed: (fixed + kept).min(1.0),
    })
}

/// The largest share of the traffic of any visible service in the failure domains of a push.
fn pushed(subject: Subject<'_>, live: &Exposure) -> Option<f64> {
    let domains: Vec<&str> = live
        .configs
        .keys()
        .map(|(_, domain)| domain.as_str())
        .collect();
    if domains.contains(&"") {
        return Some(1.0);
    }
    let visible = subject.plan.visible_services.iter();
    let shares = visible
        .filter_map(|&service| subject.model.services.get(service))
        .map(|service| {
            let own = service.domains.iter();
            own.filter(|(name, _)| domains.contains(&name.value.as_str()))
                .map(|(_, share)| share.value.fraction())
                .sum::<f64>()
        });
    let most = shares.fold(0.0_f64, f64::max);
    (most > 0.0).then_some(most.min(1.0))
}

/// Whether users stay on a version in a leg: the last `sticky` up to there says so.
pub fn is_sticky(subject: Subject<'_>, leg: &Leg) -> bool {
    let steps = subject.plan.steps.iter().take(leg.step + 1);
    let mut actions = steps.flat_map(|step| &step.actions).rev();
    actions
        .find_map(|action| match &action.value {
            Action::Sticky(by) => Some(by.is_some()),
            _ => None,
        })
        .unwrap_or(false)
}

/// The services whose users and requests the plan exposes: those that it rolls, else all that it can
/// see.
fn services<'a>(subject: Subject<'a>) -> Vec<&'a Service> {
    let model = subject.model;
    let rolled: Vec<usize> = subject.plan.rolls.iter().map(|roll| roll.service).collect();
    let all = match rolled.is_empty() {
        true => subject.plan.visible_services.to_vec(),
        false => rolled,
    };
    all.into_iter()
        .filter_map(|service| model.services.get(service))
        .collect()
}

fn fact(service: &Service, word: &str) -> String {
    format!("`{word}` of service `{}`", service.name.value)
}

/// The weight below which an alert on the error rate of the whole service, at the usual page of 14.4
/// times the budget's burn rate, does not see the fault that the gates detect: `14.4·(1-SLO)/p`. Above
/// 100 % it never does.
pub fn blind_below(subject: Subject<'_>) -> Answer {
    let mut largest: Option<(f64, Span)> = None;
    for service in services(subject) {
        let Some(objective) = service.objective else {
            return Answer::Missing(Missing::one(fact(service, "objective")));
        };
        let spare = Objective {
            share: objective.share.value.fraction(),
            window: objective.window.value.as_secs_f64(),
        };
        if let Ok(visible) = budget::smallest_visible(spare.share, USUAL_PAGE)
            && largest.is_none_or(|(known, _)| visible > known)
        {
            largest = Some((visible, objective.share.span));
        }
    }
    let Some((visible, at)) = largest else {
        return Answer::Nothing;
    };
    let watches = gates::all_watches(subject);
    let shares = watches.known.iter().filter_map(|watch| {
        let harm = Harm {
            watch: Some(*watch),
            fault: gates::fault(watch.gate).ok()?,
            ends: Vec::new(),
            by_leg: Vec::new(),
            worst: Met::default(),
        };
        failing_share(&harm).filter(|share| *share > 0.0)
    });
    let smallest = shares.fold(f64::INFINITY, f64::min);
    if !smallest.is_finite() {
        return Answer::Missing(Missing::one(NO_SHARE));
    }
    let found = Measured::new(Quantity::Share(visible / smallest), at);
    Answer::Known(found.assuming([format!(
        "the alert pages at a burn rate of {USUAL_PAGE}, and sees all requests of the service"
    )]))
}

/// The burn rate of the usual page: 2 % of a month's budget within an hour (SRE Workbook, chapter 5).
const USUAL_PAGE: f64 = 14.4;
