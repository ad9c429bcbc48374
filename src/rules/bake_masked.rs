//! GA15: the last hold outlives what hides a fault.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::measure::{Answer, Measure, measure};
use crate::model::FormatKind;
use crate::units::Duration;

use super::{Context, Found, Hazard};

pub(super) const HAZARD: Hazard = Hazard {
    rule: &RULE,
    refutes: None::<Proof>,
    check,
};

static RULE: Rule = Rule {
    name: "bake-shorter-than-masking",
    code: "GA15",
    severity: Severity::Warning,
    summary: "everything is exposed for longer than caches keep the old answers",
    why: "As long as entries that the old version has written are served from a cache, the new version's own work is not met: a fault in it shows when they expire, and by then nobody looks any more. The hold at 100 % has to last longer than `retention` of the caches that the new version reads.",
    failing: cached_hold!("30m"),
    passing: cached_hold!("2h"),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>) {
    let Answer::Known(bake) = measure(context.subject(), Measure::Bake) else {
        return;
    };
    let held = Duration::from_secs(bake.value.number() as u64);
    // a plan that is not watched at its end is told so by others
    if held == Duration::ZERO {
        return;
    }
    let versions = context
        .plan
        .rolls
        .iter()
        .filter_map(|roll| context.model.to_version(roll));
    let formats = versions.flat_map(|version| &version.reads);
    let longest = formats
        .filter_map(|(format, _)| {
            let declared = context.model.formats.get(format.value)?;
            let kind = declared.kind?.value;
            let kept = declared.retention.flatten()?;
            let kept = (kind == FormatKind::Cache).then_some(kept)?;
            (kept.value > held).then_some((declared, kept, format.span))
        })
        .max_by_key(|(_, kept, _)| kept.value);
    let Some((format, kept, read)) = longest else {
        return;
    };
    let found = Diagnostic::new(
        &RULE,
        bake.at,
        format!(
            "the new version has everything for {held}, and entries of cache `{}` hide its own work for {}",
            format.name.value, kept.value
        ),
    )
    .here(format!("{} or longer are needed", kept.value))
    .also(kept.span, "kept for so long")
    .also(read, "read by the new version")
    .help(format!("write `hold {}` or longer", kept.value));
    out.push(Found {
        diagnostic: found,
        step: bake
            .leg
            .and_then(|leg| context.plan.legs.get(leg))
            .map(|leg| leg.step),
    });
}
