//! The view of statements that no plan runs: what each does to readers and writers, what it keeps
//! waiting, and whether it can be taken back.

mod drawing;
mod json;

use crate::schema::catalog::Catalog;
use crate::schema::postgres::{Direction, Phase, Reversible, Step};
use crate::source::SourceMap;

pub use drawing::drawing;
pub use json::{json, json_schema};

/// Statements that were replayed.
#[derive(Clone, Copy, Debug)]
pub struct Statements<'a> {
    /// The files that the spans point into.
    pub sources: &'a SourceMap,
    /// The statements, in the order in which they run.
    pub steps: &'a [Step],
    /// The schema before the first of them.
    pub before: &'a Catalog,
    /// The major version of the server.
    pub server: u32,
    /// Whether nothing is known of what was there before the first statement.
    pub alone: bool,
}

/// How much was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    statements: usize,
    /// Statements that go through a table that was there before, and keep reads or writes waiting.
    long: usize,
    /// Statements that cannot be taken back without loss.
    lossy: usize,
    refused: usize,
    unknown: usize,
}

impl Tally {
    fn of(view: &Statements<'_>) -> Tally {
        let mut tally = Tally::default();
        for (step, start) in with_start(view) {
            let changes = &step.changes;
            tally.statements += 1;
            tally.refused += usize::from(!step.errors.is_empty());
            tally.unknown += usize::from(changes.iter().any(|found| found.change.is_unknown()));
            tally.long += usize::from(changes.iter().any(|found| is_long(found, start)));
            let lossy = |back| matches!(back, Reversible::Lossy | Reversible::No);
            let mut backs = changes.iter().map(|found| found.effects.reversible);
            tally.lossy += usize::from(backs.any(lossy));
        }
        tally
    }
}

/// Each statement with the schema that others saw when its transaction began.
fn with_start<'a>(view: &Statements<'a>) -> Vec<(&'a Step, &'a Catalog)> {
    let mut start = view.before;
    let steps = view.steps.iter();
    steps
        .map(|step| {
            let found = (step, start);
            if step.visible {
                start = &step.after;
            }
            found
        })
        .collect()
}

/// The file that a statement stands in, as it is shown.
fn file<'a>(sources: &'a SourceMap, step: &Step) -> &'a str {
    let name = sources.file(step.span.file).name.as_str();
    name.strip_prefix("./").unwrap_or(name)
}

/// Whether others wait for as long as a table is large.
fn is_long(found: &crate::schema::postgres::ChangeStep, start: &Catalog) -> bool {
    let cost = &found.cost;
    let blocks = cost.locks.iter().any(|(name, mode)| {
        (mode.blocks_reads() || mode.blocks_writes()) && start.relation(name).is_some()
    });
    let goes_through = [&cost.rewrites, &cost.scans].into_iter().flatten();
    let builds = cost.builds.iter().filter(|_| blocks).count();
    blocks
        && (goes_through
            .into_iter()
            .any(|name| start.relation(name).is_some())
            || builds > 0)
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::ProvideMore => "provides-more",
        Direction::ProvideLess => "provides-less",
        Direction::AcceptMore => "accepts-more",
        Direction::AcceptLess => "accepts-less",
        Direction::None => "changes",
    }
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Expand => "expand",
        Phase::Contract => "contract",
        Phase::Any => "any",
        Phase::Never => "never",
        Phase::Backfill => "backfill",
        Phase::Unknown => "unknown",
    }
}

fn reversible(reversible: Reversible) -> &'static str {
    match reversible {
        Reversible::Yes => "yes",
        Reversible::Lossy => "lossy",
        Reversible::No => "no",
        Reversible::Unknown => "unknown",
    }
}
