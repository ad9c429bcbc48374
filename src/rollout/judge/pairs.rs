//! Two versions that must not run together: they do different things where one flag is on, or one
//! of them is not tried beside the other.

use std::collections::BTreeMap;

use crate::model::Index;
use crate::source::{Span, Spanned};

use super::super::lanes::Rollout;
use super::super::plan_lane::Running;
use super::super::run;
use super::presence::{Place, Presence, Versions};
use super::{Judgement, Refutation, Subject};

pub(super) fn judge(rollout: &Rollout<'_>, versions: &Versions, out: &mut Judgement) {
    meanings(rollout, versions, out);
    platforms(rollout, versions, out);
}

/// A flag means one thing to all versions that run.
fn meanings(rollout: &Rollout<'_>, versions: &Versions, out: &mut Judgement) {
    let mut by_flag: BTreeMap<Index, Vec<(Running, &Spanned<String>)>> = BTreeMap::new();
    for (running, _) in versions.iter() {
        let version = &rollout.model.services[running.service].versions[running.version];
        for (flag, meaning) in &version.evaluates {
            if let Some(meaning) = meaning {
                by_flag
                    .entry(flag.value)
                    .or_default()
                    .push((running, meaning));
            }
        }
    }
    for (flag, meanings) in by_flag {
        for (number, one) in meanings.iter().enumerate() {
            for other in &meanings[number + 1..] {
                if one.0 == other.0 || one.1.value == other.1.value {
                    continue;
                }
                // going back closes the flag, and that both run going forward is told as that
                let met = meeting(rollout, versions, (one.0, other.0), Presence::Runs, out);
                let Some(met) = met else { continue };
                let subject = Subject::Meaning {
                    flag,
                    versions: [(one.0, one.1.clone()), (other.0, other.1.clone())],
                };
                refute(rollout, met, Presence::Runs, subject, out);
            }
        }
    }
}

/// Every version runs beside versions that it supports only.
fn platforms(rollout: &Rollout<'_>, versions: &Versions, out: &mut Judgement) {
    for (running, _) in versions.iter() {
        let version = &rollout.model.services[running.service].versions[running.version];
        let mut supported: BTreeMap<Index, (Span, Vec<&str>)> = BTreeMap::new();
        // several lines about one service add up
        for (service, ids) in &version.supports {
            let known = supported
                .entry(service.value)
                .or_insert((service.span, Vec::new()));
            known.1.extend(ids.iter().map(|id| id.value.as_str()));
        }
        for (service, (span, ids)) in supported {
            for (other, _) in versions.iter() {
                let id = &rollout.model.services[other.service].versions[other.version].id;
                if other.service != service || other == running || ids.contains(&id.value.as_str())
                {
                    continue;
                }
                for wanted in [Presence::Runs, Presence::ComesBack] {
                    let met = meeting(rollout, versions, (running, other), wanted, out);
                    let Some(met) = met else { continue };
                    let subject = Subject::Platform {
                        version: (running, span),
                        beside: other,
                        presence: wanted,
                    };
                    refute(rollout, met, wanted, subject, out);
                    break;
                }
            }
        }
    }
}

/// The places with the fewest events before them in which both can be met: where both run, or where
/// one of them could only come back.
fn meeting(
    rollout: &Rollout<'_>,
    versions: &Versions,
    (one, other): (Running, Running),
    wanted: Presence,
    out: &mut Judgement,
) -> Option<(Place, Place)> {
    let mut best: Option<(usize, (Place, Place))> = None;
    for (place, presence) in versions.places(one) {
        for (beside, theirs) in versions.places(other) {
            if (*presence).max(*theirs) != wanted {
                continue;
            }
            out.questions += 1;
            let points: Vec<_> = place
                .points(rollout)
                .chain(beside.points(rollout))
                .collect();
            if !rollout.clocks.all_together(&points) {
                continue;
            }
            let length = rollout.run_length(&[], &points);
            if best.is_none_or(|(known, _)| length < known) {
                best = Some((length, (*place, *beside)));
            }
        }
    }
    best.map(|(_, places)| places)
}

fn refute(
    rollout: &Rollout<'_>,
    (one, other): (Place, Place),
    presence: Presence,
    subject: Subject,
    out: &mut Judgement,
) {
    let mut points: Vec<_> = one.points(rollout).collect();
    for point in other.points(rollout) {
        if !points.contains(&point) {
            points.push(point);
        }
    }
    // what has always run is not what leads there
    let (plan, at) = match (one.state, other.state) {
        (Some(own), Some((_, 0)) | None) => own,
        (Some((_, 0)) | None, Some(other)) => other,
        (Some(own), Some(other)) if own.0 == other.0 => (own.0, own.1.max(other.1)),
        (Some(own), Some(_)) => own,
        (None, None) => (0, 0),
    };
    let state = &rollout.plans[plan].states[at];
    // the plan whose version is not there goes back
    let gone = |place: Place| {
        let (plan, state) = place.state?;
        let declared = &rollout.plans[plan].states[state];
        (!declared.live.iter().any(|running| runs(&subject, *running))).then_some((plan, state))
    };
    let back = match presence {
        Presence::Runs => None,
        Presence::ComesBack => gone(one)
            .or_else(|| gone(other))
            .or(one.state)
            .or(other.state),
    };
    let run = run::events(rollout, &points, back);
    out.refutations.push(Refutation {
        way: None,
        remedy: None,
        plan,
        step: state.step,
        span: state.span,
        subject,
        points,
        run,
    });
}

/// Whether it is about that version.
fn runs(subject: &Subject, running: Running) -> bool {
    match subject {
        Subject::Platform {
            version, beside, ..
        } => version.0 == running || *beside == running,
        Subject::Meaning { versions, .. } => versions.iter().any(|(own, _)| *own == running),
        _ => false,
    }
}
