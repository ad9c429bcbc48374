//! How long a plan takes, and how long its way back.

mod back;
mod forward;
mod stretch;

pub use back::{Cold, duration_back as rollback_time, is_cold, way_back};
pub use forward::{LegTime, duration, legs};
pub use stretch::Stretch;

use crate::model::{Service, TargetKind};
use crate::numbers::capacity::fenceposts;
use crate::platform::{Share, platform};
use crate::units::{Duration, Percent};

use super::{Quantity, Subject};

/// Surge and unavailability of a Deployment that names neither.
const USUAL_STEP: Percent = Percent::from_ppm(250_000);

/// Whether an instance without requests is ended on one of the plan's targets.
fn scales_to_zero(subject: Subject<'_>, service: &Service) -> bool {
    let kinds = [TargetKind::CloudRun, TargetKind::Knative];
    let serverless = subject.targets().any(|target| {
        let kind = target.kind.map(|kind| kind.value);
        kind.is_some_and(|kind| kinds.contains(&kind))
    });
    serverless && warm_instances(service) == 0
}

/// Instances that are kept though nobody asks for them.
fn warm_instances(service: &Service) -> u64 {
    let declared = service.min_instances.map(|count| count.value);
    let knative = service.facts().and_then(|facts| facts.knative.as_ref());
    // of the service all revisions get their share, of the revision each its own
    let kept = knative.and_then(|knative| knative.revision_min_scale.as_ref());
    declared.unwrap_or_else(|| kept.map_or(0, |count| u64::from(count.value)))
}

/// Whether weights are numbers of pods on one of the plan's targets, so that the old version shrinks
/// as the new one grows.
fn pods_give_weight(subject: Subject<'_>) -> bool {
    subject.targets().any(|target| {
        let share = target.kind.map(|kind| platform(kind.value).share);
        matches!(share, Some(Share::RouterOrPods(_))) && target.router.is_none()
    })
}

/// Rounds of a rolling replacement of `replicas`.
fn waves(service: &Service, replicas: u64) -> u64 {
    let full = service.replicas().map_or(replicas, |count| count.value);
    let usual = crate::model::Amount::Share(USUAL_STEP);
    let surge = service.surge().map_or(usual, |amount| amount.value);
    let missing = service.unavailable().map_or(usual, |amount| amount.value);
    let posts = fenceposts(
        full.max(1),
        surge.rounded_up(full).min(1_000_000),
        missing.rounded_down(full).min(1_000_000),
    );
    let each = posts.map_or(1, |posts| posts.surge + posts.unavailable);
    replicas.div_ceil(each.max(1)).max(1)
}

/// For how long replicas have to be ready before they count.
fn stays_ready(service: &Service) -> Duration {
    let seconds = service.facts().map_or(0, |facts| facts.min_ready());
    Duration::from_secs(u64::from(seconds))
}

fn time(time: Duration) -> Quantity {
    Quantity::Time(time)
}
