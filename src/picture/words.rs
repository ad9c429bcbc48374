//! What a leg is, in the words that every picture shows.

use crate::model::{Action, Amount, Leg, Model, Plan, Step};
use crate::report::visible;
use crate::units::{Duration, Percent};

/// The longest text of a plan in a picture, in characters; what is longer is cut and says so.
const LONGEST: usize = 240;

/// A text of the plan as one line in which nothing acts on a terminal or reorders what is read.
pub(super) fn shown(text: &str) -> String {
    let line = visible::line(text, true);
    // no XML may hold these two
    let line = line.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    if line.chars().count() <= LONGEST {
        return line;
    }
    line.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// How a share of a count becomes a count.
#[derive(Clone, Copy)]
pub(crate) enum Rounding {
    Up,
    Down,
}

/// A size out of a whole; a percentage says what it comes to and how it was rounded.
pub(crate) fn counted(size: Amount, whole: u64, rounding: Rounding) -> String {
    let (count, word) = match rounding {
        Rounding::Up => (size.rounded_up(whole), "up"),
        Rounding::Down => (size.rounded_down(whole), "down"),
    };
    match size {
        Amount::Count(_) => format!("{count} of {whole}"),
        Amount::Share(share) => format!("{count} of {whole} ({share}, rounded {word})"),
    }
}

/// Says the failure domain, if it is not everywhere.
fn located(text: String, domain: &str) -> String {
    if domain.is_empty() {
        text
    } else {
        format!("{text} in {domain}")
    }
}

/// What is exposed in a leg: `5%`, `staff in seoul`, `10% mirrored`. Empty before the first
/// exposure.
pub(super) fn traffic(model: &Model, plan: &Plan, leg: &Leg) -> Vec<String> {
    let exposure = &leg.exposure;
    let mut parts = Vec::new();
    for (domain, share) in &exposure.weights {
        parts.push(located(share.to_string(), domain));
    }
    parts.extend(
        exposure
            .cohorts
            .iter()
            .map(|(cohort, domain)| located(model.cohorts[*cohort].name.value.clone(), domain)),
    );
    if !exposure.headers.is_empty() {
        parts.push("by header".to_string());
    }
    if exposure.mirror.ppm() > 0 {
        parts.push(format!("{} mirrored", exposure.mirror));
    }
    if exposure.preview {
        parts.push("preview".to_string());
    }
    for ((flag, domain), share) in &exposure.flags {
        let flag = &model.flags[*flag].name.value;
        parts.push(located(format!("{flag} {share}"), domain));
    }
    for ((config, domain), version) in &exposure.configs {
        let name = &model.configs[*config].name.value;
        parts.push(located(format!("{name} {version}"), domain));
    }
    if let Some(size) = exposure.replicas {
        let whole = plan
            .rolls
            .first()
            .and_then(|roll| model.services[roll.service].replicas());
        parts.push(match whole {
            Some(whole) => format!("on {}", counted(size, whole.value, Rounding::Up)),
            None => match size {
                Amount::Count(count) => format!("on {count} replicas"),
                Amount::Share(share) => format!("on {share} of the replicas"),
            },
        });
    }
    parts.iter().map(|part| shown(part)).collect()
}

/// The share of requests, or of users behind a flag, that meets what is new: over all failure
/// domains where their shares are declared, else the largest of any. `None` where a leg exposes to
/// something that is no share: a cohort, a header, a configuration.
pub(super) fn share(model: &Model, plan: &Plan, leg: &Leg) -> Option<Percent> {
    let exposure = &leg.exposure;
    if exposure.weights.is_empty() {
        let flags = exposure.flags.values().copied().max();
        let other = !exposure.cohorts.is_empty()
            || !exposure.headers.is_empty()
            || !exposure.configs.is_empty();
        return flags.or(if other { None } else { Some(Percent::ZERO) });
    }
    let domains = plan
        .rolls
        .first()
        .map(|roll| model.services[roll.service].domains.as_slice())
        .unwrap_or_default();
    let everywhere = exposure.weights.get("").copied();
    let known = |name: &str| domains.iter().any(|(domain, _)| domain.value == name);
    if domains.is_empty()
        || !exposure
            .weights
            .keys()
            .all(|name| name.is_empty() || known(name))
    {
        return Some(exposure.weight());
    }
    let parts = domains.iter().map(|(domain, share)| {
        let own = exposure.weights.get(&domain.value).copied();
        let own = own.or(everywhere).unwrap_or(Percent::ZERO);
        u128::from(own.ppm()) * u128::from(share.value.ppm())
    });
    let ppm = parts.sum::<u128>() / 1_000_000;
    Some(Percent::from_ppm(u64::try_from(ppm).unwrap_or(1_000_000)))
}

/// A version that runs in a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// Its id, with the service where several are rolled.
    pub name: String,
    /// Whether it is the one that is rolled to.
    pub new: bool,
}

/// The versions that run in a leg.
pub(super) fn live(model: &Model, plan: &Plan, leg: &Leg) -> Vec<Live> {
    let exposure = &leg.exposure;
    let many = plan.rolls.len() > 1;
    let mut versions = Vec::new();
    for roll in &plan.rolls {
        let service = &model.services[roll.service].name.value;
        let mut add = |id: &str, new: bool| {
            let name = if many {
                format!("{service} {id}")
            } else {
                id.to_string()
            };
            versions.push(Live {
                name: shown(&name),
                new,
            });
        };
        if !exposure.retired.contains(&roll.from_id.value) {
            add(&roll.from_id.value, false);
        }
        if exposure.is_exposed() || exposure.preview || exposure.mirror.ppm() > 0 {
            add(&roll.to_id.value, true);
        }
    }
    versions
}

/// The migrations that schemas stand at in a leg, as far as the plan has moved them.
pub(super) fn schema(model: &Model, leg: &Leg) -> Vec<String> {
    let moved = leg.exposure.schemas.iter();
    moved
        .map(|(&db, id)| shown(&format!("{} {id}", model.databases[db].name.value)))
        .collect()
}

/// The name of a leg: its step, and which of its legs where it has several.
pub(super) fn name(step: &Step, leg: &Leg) -> String {
    let name = shown(&step.name.value);
    if leg.of > 1 {
        format!("{name} {}/{}", leg.number + 1, leg.of)
    } else {
        name
    }
}

/// When a leg starts: `3h`, `3h+` behind an approval without a limit.
pub(super) fn start(leg: &Leg) -> String {
    let open = if leg.start.open { "+" } else { "" };
    format!("{}{open}", leg.start.after)
}

/// Who has to say yes before a leg.
pub(super) fn approval(step: &Step, leg: &Leg) -> Option<String> {
    if leg.number > 0 {
        return None;
    }
    let approval = step.approval.as_ref()?;
    let limit = approval
        .limit
        .map_or(String::new(), |limit| format!(" within {}", limit.value));
    let team = &approval.team.value;
    Some(shown(&format!("approved by {team}{limit}")))
}

/// The gates that judge the hold of a leg; none where nothing is held.
pub(super) fn gates(model: &Model, plan: &Plan, step: &Step, leg: &Leg) -> Vec<String> {
    if leg.hold == Duration::ZERO {
        return Vec::new();
    }
    let watched = step.watch.iter().chain(&plan.throughout);
    let mut names: Vec<String> = Vec::new();
    for gate in watched {
        let name = shown(&model.gates[gate.value].name.value);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// What a change moves that is no share of the traffic: a schema, data, configuration, a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// A migration or a backfill of a database.
    Data,
    /// Anything else.
    Other,
}

/// A change of a leg that is no share of the traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it moves.
    pub moves: Moves,
    /// What it does: `orders to 0042`, `retire 41`.
    pub text: String,
}

/// The changes that a leg itself carries out, shares of the traffic apart.
pub(super) fn changes(model: &Model, step: &Step, leg: &Leg) -> Vec<Change> {
    let own = step.actions.get(leg.first_change..).unwrap_or_default();
    own.iter()
        .filter_map(|action| {
            let (moves, text) = match &action.value {
                Action::Migrate(db, id) => (
                    Moves::Data,
                    format!(
                        "migrate {} to {}",
                        model.databases[*db].name.value, id.value
                    ),
                ),
                Action::Backfill(db, job, _) => (
                    Moves::Data,
                    format!("backfill {} {}", model.databases[*db].name.value, job.value),
                ),
                Action::Retire(version, None) => {
                    (Moves::Other, format!("retire {}", version.value))
                }
                Action::Retire(version, Some(after)) => (
                    Moves::Other,
                    format!("retire {} after {}", version.value, after.value),
                ),
                Action::Push(config, to) => (
                    Moves::Other,
                    format!("push {} to {}", model.configs[*config].name.value, to.value),
                ),
                Action::Switch => (Moves::Other, "switch".to_string()),
                Action::Rolling { .. } => (Moves::Other, "replaced in place".to_string()),
                Action::Split(_) => (Moves::Other, "experiment".to_string()),
                Action::Sticky(Some(_)) => (Moves::Other, "users stay on one version".to_string()),
                Action::RouteOff => (Moves::Other, "no chosen group any more".to_string()),
                Action::Mirror(None) => (Moves::Other, "no copies any more".to_string()),
                Action::Sticky(None) => (Moves::Other, "users may change version".to_string()),
                _ => return None,
            };
            Some(Change {
                moves,
                text: shown(&text),
            })
        })
        .collect()
}
