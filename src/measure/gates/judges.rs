//! Who judges the gates of a plan, and by what rules.

use crate::model::{Target, TargetKind};
use crate::platform::platform;

use super::super::Subject;

/// The rules by which gates are judged: those of every target of the plan. What is measured counts
/// under each of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judges {
    /// `switchback judge`: every round of a hold has to pass, and against the baseline samples are
    /// compared. Also what counts where a plan names no target.
    pub own: bool,
    /// Argo Rollouts: rounds are laid side by side for all gates of a hold, and against the baseline
    /// points are compared.
    pub argo: bool,
    /// Flagger: one check for each leg, which is taken again until it passes or too many have failed.
    pub flagger: bool,
}

impl Judges {
    /// The judges of a plan.
    pub fn of(subject: Subject<'_>) -> Judges {
        let mut found = Judges::default();
        for target in subject.targets() {
            match target.kind.map(|kind| kind.value) {
                _ if target.is_judged_by_pipeline() => found.own = true,
                Some(TargetKind::ArgoRollouts) => found.argo = true,
                Some(TargetKind::Flagger) => found.flagger = true,
                _ => found.own = true,
            }
        }
        if found == Judges::default() {
            found.own = true;
        }
        found
    }

    /// What has to be declared before anybody knows when a gate is asked.
    pub fn missing(subject: Subject<'_>) -> Option<String> {
        let by_nobody = |target: &&Target| {
            let judges = target.kind.is_none_or(|kind| platform(kind.value).judges);
            !judges && !target.is_judged_by_pipeline()
        };
        let target = subject.targets().find(by_nobody)?;
        Some(format!(
            "`gates by pipeline` in target `{}`: nobody knows when a person looks",
            target.name.value
        ))
    }
}
