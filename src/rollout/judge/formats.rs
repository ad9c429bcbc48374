//! Whoever reads what another version has written knows that number of the format. What was written
//! outlives the version that wrote it (Theorem 3 of [`crate::proof`]).

use std::collections::BTreeMap;

use crate::model::{Index, Version};
use crate::proof::Event;
use crate::source::{Span, Spanned};
use crate::units::Duration;

use super::super::lanes::Rollout;
use super::super::plan_lane::{PlanLane, Running};
use super::super::run;
use super::presence::{Place, Presence, Versions};
use super::retention::{Kept, event};
use super::{Judgement, Refutation, Subject};

/// Who writes or reads which numbers of a format.
struct Use<'m> {
    running: Running,
    numbers: &'m [Spanned<String>],
    span: Span,
}

pub(super) fn judge(
    rollout: &Rollout<'_>,
    versions: &Versions,
    memory: &Kept<'_, '_>,
    out: &mut Judgement,
) {
    let mut writers: BTreeMap<Index, Vec<Use<'_>>> = BTreeMap::new();
    let mut readers: BTreeMap<Index, Vec<Use<'_>>> = BTreeMap::new();
    for (running, _) in versions.iter() {
        let version: &Version = &rollout.model.services[running.service].versions[running.version];
        for (list, uses) in [
            (&version.writes, &mut writers),
            (&version.reads, &mut readers),
        ] {
            for (format, numbers) in list {
                uses.entry(format.value).or_default().push(Use {
                    running,
                    numbers,
                    span: numbers.first().map_or(format.span, |number| number.span),
                });
            }
        }
    }
    for (format, writers) in &writers {
        for reader in readers.get(format).map_or(&[][..], Vec::as_slice) {
            for writer in writers {
                for number in writer.numbers {
                    let known = reader.numbers.iter().any(|own| own.value == number.value);
                    if !known {
                        ask(memory, versions, *format, writer, number, reader, out);
                    }
                }
            }
        }
    }
}

/// What the writer has written, met by the reader in the first state in which it can be.
fn ask(
    memory: &Kept<'_, '_>,
    versions: &Versions,
    format: Index,
    writer: &Use<'_>,
    number: &Spanned<String>,
    reader: &Use<'_>,
    out: &mut Judgement,
) {
    let rollout = memory.rollout;
    // several `reads` lines of one version add up
    let version = &rollout.model.services[reader.running.service].versions[reader.running.version];
    let reads = version
        .reads
        .iter()
        .filter(|(own, _)| own.value == format)
        .flat_map(|(_, numbers)| numbers);
    if reads.into_iter().any(|own| own.value == number.value) {
        return;
    }
    let kept = rollout.model.formats[format].kept();
    let written = writes(versions, writer.running, kept);
    for wanted in [Presence::Runs, Presence::ComesBack] {
        let mut best: Option<(usize, Place, Place)> = None;
        for (met, own) in versions.places(reader.running) {
            if *own != wanted {
                continue;
            }
            let points: Vec<_> = met.points(rollout).collect();
            let first = written.iter().find(|place| {
                out.questions += 1;
                memory.meets(**place, &points, kept)
            });
            let Some((first, _)) = first else { continue };
            let events: Vec<Event> = event(rollout, *first).into_iter().collect();
            let length = rollout.run_length(&events, &points);
            if best.is_none_or(|(known, ..)| length < known) {
                best = Some((length, *first, *met));
            }
            // without an end of it, the first state is the one with the fewest events
            if kept.is_none() {
                break;
            }
        }
        let Some((_, writes, met)) = best else {
            continue;
        };
        let written: Vec<Event> = event(rollout, writes).into_iter().collect();
        let points: Vec<_> = met.points(rollout).collect();
        let told = later(writes, met);
        let (plan, at) = told.unwrap_or((0, 0));
        let state = &rollout.plans[plan].states[at];
        // whether the writer still runs at the end of the run that is shown
        let writer_runs = versions.places(writer.running).iter().any(|(place, own)| {
            let all: Vec<_> = points
                .iter()
                .copied()
                .chain(place.points(rollout))
                .collect();
            *own == Presence::Runs && rollout.clocks.all_together(&all)
        });
        out.refutations.push(Refutation {
            remedy: None,
            way: None,
            plan,
            step: state.step,
            span: state.span,
            subject: Subject::Format {
                format,
                number: number.value.clone(),
                writer: (writer.running, number.span),
                reader: (reader.running, reader.span),
                presence: wanted,
                writer_runs,
            },
            run: run::events_after(
                rollout,
                &written,
                &points,
                met.state.filter(|_| wanted == Presence::ComesBack),
            ),
            points,
        });
        return;
    }
}

/// Where a version writes. What is kept for ever is there from its first state on; else the last
/// one counts, too, and one to which a plan may go back.
fn writes(versions: &Versions, running: Running, kept: Option<Duration>) -> Vec<(Place, Presence)> {
    let places = versions.places(running).iter().copied();
    match kept {
        None => places
            .filter(|(_, presence)| *presence == Presence::Runs)
            .take(1)
            .collect(),
        Some(_) => places.collect(),
    }
}

/// The first state of a plan from which going back brings a version to data that it cannot read,
/// wherever the line of no return stands: the state, and why as half a sentence.
pub(super) fn first_unreadable(
    rollout: &Rollout<'_>,
    versions: &Versions,
    memory: &Kept<'_, '_>,
    plan: usize,
) -> Option<(usize, String)> {
    let model = rollout.model;
    let lane = &rollout.plans[plan];
    let mut first: Option<(usize, String)> = None;
    for reader in &lane.from {
        // before it begins, the plan that rolled this version says whether it runs
        let rolled = |(other, lane): (usize, &PlanLane)| other != plan && lane.to.contains(reader);
        let begins = usize::from(rollout.plans.iter().enumerate().any(rolled));
        let reads = &model.services[reader.service].versions[reader.version];
        for (writer, places) in versions.iter() {
            if places.is_empty() {
                continue;
            }
            let written = &model.services[writer.service].versions[writer.version].writes;
            for (format, numbers) in written {
                let known: Vec<&str> = reads
                    .reads
                    .iter()
                    .filter(|(own, _)| own.value == format.value)
                    .flat_map(|(_, numbers)| numbers.iter().map(|number| number.value.as_str()))
                    .collect();
                // who reads nothing of a format has nothing to do with it
                let strange = numbers
                    .iter()
                    .find(|number| !known.is_empty() && !known.contains(&number.value.as_str()));
                let Some(strange) = strange else { continue };
                let kept = model.formats[format.value].kept();
                let places = writes(versions, writer, kept);
                // a plan that is done goes back no more
                let state = (begins..lane.passed).find(|&state| {
                    let here = [rollout.plan_point(plan, state)];
                    places.iter().any(|place| memory.meets(*place, &here, kept))
                });
                let Some(state) = state else { continue };
                if first.as_ref().is_none_or(|(known, _)| state < *known) {
                    let why = format!(
                        "`{}` cannot read `{} {}`",
                        reads.id.value, model.formats[format.value].name.value, strange.value
                    );
                    first = Some((state, why));
                }
            }
        }
    }
    first
}

/// The place that lies later: where the plan leads into the state.
fn later(one: Place, other: Place) -> Option<(usize, usize)> {
    match (one.state, other.state) {
        (Some((p, s)), Some((q, t))) if p == q => Some((p, s.max(t))),
        // a version that has run since the start is not what leads there
        (Some(one), Some(other)) if other.1 == 0 => Some(one),
        (Some(_), Some(other)) => Some(other),
        (one, other) => one.or(other),
    }
}
