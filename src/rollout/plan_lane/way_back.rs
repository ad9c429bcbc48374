//! The way back that a plan describes itself, from each of its states: a body of `rollback`.

use crate::model::{Action, Index};
use crate::source::Span;
use crate::units::Percent;

use super::rolled::{Gone, Now};
use super::walk::Walk;
use super::{Running, What};

/// A way back that a body describes, from one state of a lane.
#[derive(Clone, Debug)]
pub struct WayBack {
    /// One for each change of the body, in its order.
    pub changes: Vec<Change>,
    /// The versions that get requests once it has been walked.
    pub serving: Vec<Running>,
    /// Whether a flag that the plan opens is still open then.
    pub flags: bool,
    /// The configurations that it pushes.
    pub pushes: Vec<Index>,
}

/// One change of a way back. While it is made, what was and what will be are both live.
#[derive(Clone, Debug)]
pub struct Change {
    /// What happens, for a run.
    pub event: String,
    /// Where the body says so.
    pub span: Span,
    /// The versions that run meanwhile: of the rolled services only.
    pub live: Vec<Running>,
    /// Those of them that get requests.
    pub serving: Vec<Running>,
    /// The share of traffic on the new version afterwards.
    pub weight: Percent,
    /// The database whose migrations are taken back, and the one that it goes back to.
    pub migrate: Option<(Index, String)>,
    /// The configuration or flag that it puts out, and what is out there afterwards.
    pub puts: Option<(What, String)>,
}

impl WayBack {
    /// The first change in which a version runs.
    pub fn runs(&self, running: Running) -> Option<usize> {
        let mut changes = self.changes.iter();
        changes.position(|change| change.live.contains(&running))
    }

    /// The change that takes migrations of a database back, and where to.
    pub fn migrates(&self, database: Index) -> Option<(usize, &str)> {
        let mut changes = self.changes.iter().enumerate();
        changes.find_map(|(number, change)| match &change.migrate {
            Some((own, to)) if *own == database => Some((number, to.as_str())),
            _ => None,
        })
    }
}

impl Walk<'_> {
    /// The way back from here, where the plan describes one: `step` is where the plan stands, `now`
    /// what is live there, in the middle of an action too.
    pub(super) fn way_back(&self, step: usize, now: &Now) -> Option<WayBack> {
        let rollback = self.plan.rollback_of(step)?;
        if rollback.body.is_empty() {
            return None;
        }
        let mut exposure = self.exposure.clone();
        exposure.domains.clear();
        let mut now = now.clone();
        let mut pushes = Vec::new();
        let mut changes = Vec::with_capacity(rollback.body.len());
        for action in &rollback.body {
            let mut after = now.clone();
            let mut migrate = None;
            let mut puts = None;
            match &action.value {
                Action::Weight(_) => {
                    exposure.take_back();
                    after = self.now_of(&exposure, &Gone::default());
                }
                Action::Push(config, version) => {
                    pushes.push(*config);
                    puts = Some((What::Config(*config), version.value.clone()));
                }
                Action::Migrate(database, to) => migrate = Some((*database, to.value.clone())),
                other => {
                    if let Action::Flag(flag, chain) = other {
                        let off = chain
                            .values
                            .last()
                            .is_none_or(|last| last.value == Percent::ZERO);
                        let value = if off { "off" } else { "on" };
                        puts = Some((What::Flag(*flag), value.to_string()));
                    }
                    exposure.apply(other, usize::MAX);
                }
            }
            let during = now.join(after.clone());
            let last = match &action.value {
                Action::Weight(chain) | Action::Flag(_, chain) => chain.values.len(),
                _ => 1,
            };
            changes.push(Change {
                event: self.words(&action.value, last.saturating_sub(1)),
                span: action.span,
                live: during.live,
                serving: during.serving,
                weight: exposure.weight(),
                migrate,
                puts,
            });
            now = after;
        }
        Some(WayBack {
            changes,
            serving: now.serving,
            flags: exposure.flags.values().any(|share| *share > Percent::ZERO),
            pushes,
        })
    }
}
