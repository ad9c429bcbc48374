//! What the schemas of a database are on the way down: the downs that a way back runs, one after the
//! other, from each schema that it may begin at.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Action, Index, Model};
use crate::schema::Down;
use crate::schema::catalog::Catalog;
use crate::schema::postgres::replay_onto;
use crate::source::{SourceMap, Span};

use super::schemas::{History, Unknown};

/// So many statements of downs are run for one database: from each schema that a way back may begin
/// at, all downs below it.
const MAX_STATEMENTS: usize = 20_000;

/// One schema on the way down.
#[derive(Clone, Debug)]
pub struct DownState {
    /// The migration that is being taken back, as an index into the folder.
    pub migration: usize,
    /// The statement of its down that led here.
    pub statement: Span,
    /// Which of the schemas of this down it is, from 1, and how many there are.
    pub number: (usize, usize),
    /// What the schema holds.
    pub catalog: Arc<Catalog>,
}

/// The way down from one schema, as far as any plan goes.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    states: Vec<DownState>,
    /// What is not known of it.
    unknown: Option<Unknown>,
}

impl Chain {
    /// The schemas on the way to a migration, that one included.
    pub fn to(&self, target: usize) -> &[DownState] {
        let end = self
            .states
            .partition_point(|state| state.migration > target);
        &self.states[..end]
    }

    /// The fact without which nothing can be said of it.
    pub fn unknown(&self) -> Option<&Unknown> {
        self.unknown.as_ref()
    }
}

/// The ways down of a database: by migration, and by which of its visible schemas.
#[derive(Clone, Debug, Default)]
pub struct Downs(BTreeMap<(usize, usize), Chain>);

impl Downs {
    /// The way down from the schema that a migration leaves after so many of its commits.
    pub fn from(&self, migration: usize, visible: usize) -> Option<&Chain> {
        self.0.get(&(migration, visible))
    }

    /// The ways down that the plans of a model may take.
    pub(super) fn of(
        model: &Model,
        database: Index,
        history: &History,
        sources: &SourceMap,
    ) -> Downs {
        let lowest = model
            .plans
            .iter()
            .flat_map(|plan| plan.rollbacks.iter().flat_map(|rollback| &rollback.body))
            .filter_map(|action| target(&action.value, database, history))
            .min();
        let highest = model
            .plans
            .iter()
            .flat_map(|plan| plan.steps.iter().flat_map(|step| &step.actions))
            .filter_map(|action| target(&action.value, database, history))
            .max();
        let mut downs = Downs::default();
        let (Some(lowest), Some(highest)) = (lowest, highest) else {
            return downs;
        };
        let mut left = MAX_STATEMENTS;
        for migration in lowest + 1..=highest {
            for (visible, (_, catalog)) in history.visible(migration).iter().enumerate() {
                let start = Arc::clone(catalog);
                let chain = chain(history, sources, start, (migration, lowest), &mut left);
                downs.0.insert((migration, visible), chain);
            }
        }
        downs
    }
}

fn target(action: &Action, database: Index, history: &History) -> Option<usize> {
    match action {
        Action::Migrate(own, to) if *own == database => history.position(&to.value),
        _ => None,
    }
}

/// Runs the downs of `top` and of all below it but `lowest`.
fn chain(
    history: &History,
    sources: &SourceMap,
    start: Arc<Catalog>,
    (top, lowest): (usize, usize),
    left: &mut usize,
) -> Chain {
    let mut chain = Chain::default();
    let mut now = start;
    for position in (lowest + 1..=top).rev() {
        let Some(migration) = history.migration(position) else {
            break;
        };
        let script = match &migration.down {
            Down::Script(script) if migration.irreversible.is_none() => script,
            // what holds no statement succeeds, and changes nothing
            Down::Empty(_) | Down::Idle(_) if migration.irreversible.is_none() => continue,
            Down::Unknown => {
                let fact = format!("what the down of migration `{}` does", migration.id);
                chain.unknown = Some(Unknown::new(fact).at(migration.span));
                break;
            }
            // that there is no way down has a finding of its own
            _ => break,
        };
        if *left == 0 {
            let fact = "what the downs do: there are too many of them".to_string();
            chain.unknown = Some(Unknown::new(fact));
            break;
        }
        let known = now.unknown.len();
        let replayed = replay_onto(sources, Arc::clone(&now), script, history.server());
        *left = left.saturating_sub(replayed.steps.len().max(1));
        let visible = replayed.steps.iter().filter(|step| step.visible);
        let of = visible.clone().count();
        for (number, step) in visible.enumerate() {
            chain.states.push(DownState {
                migration: position,
                statement: step.span,
                number: (number + 1, of),
                catalog: Arc::clone(&step.after),
            });
        }
        now = replayed.last;
        if let Some(&place) = now.unknown.iter().nth(known) {
            let fact = format!("what the down of migration `{}` does", migration.id);
            chain.unknown = Some(Unknown::new(fact).at(place));
            break;
        }
    }
    chain
}
