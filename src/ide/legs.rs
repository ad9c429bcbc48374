//! What a plan's values come to: when a leg starts, and how many replicas a share is.

use crate::diagnostic::PlanVerdicts;
use crate::model::{Action, Amount, Leg, Plan, Service};
use crate::source::{FileId, Span, Spanned};

use super::{View, numbers};

/// A text that is shown behind a place, and is not part of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The byte behind which it is shown.
    pub offset: usize,
    /// The text.
    pub text: String,
    /// What it says at length.
    pub tooltip: String,
}

/// The hints of a plan file, in the order of its text: when each step starts, counted from the start
/// of its plan, the replicas behind percentages, who meets a fault, and what gates catch.
pub fn hints(view: &View, file: FileId) -> Vec<Hint> {
    let mut hints = Vec::new();
    for plan in own_plans(view, file) {
        for leg in &plan.legs {
            let Some(step) = plan.steps.get(leg.step) else {
                continue;
            };
            if step.origin.is_some() {
                continue;
            }
            if leg.number == 0 && step.name.span.file == file {
                hints.push(Hint {
                    offset: step.name.span.end as usize,
                    text: start(leg),
                    tooltip: start_at_length(plan, leg),
                });
            }
            if let Some(text) = share_of_replicas(view, plan, leg)
                && leg.span.file == file
            {
                hints.push(Hint {
                    offset: leg.span.end as usize,
                    tooltip: format!(
                        "{text} carry that share, rounded up; the platform may do it by traffic alone"
                    ),
                    text,
                });
            }
        }
    }
    for plan in own_plans(view, file) {
        numbers::hints(view, plan, file, &mut hints);
    }
    for service in &view.model.services {
        sized(service, file, &mut hints);
    }
    hints.sort_by(|one, other| (one.offset, &one.text).cmp(&(other.offset, &other.text)));
    hints.dedup();
    hints
}

/// The computed point of no return, behind the step that begins it.
pub fn line_hint(plan: &PlanVerdicts) -> Option<Hint> {
    let line = plan.no_way_back.as_ref()?;
    Some(Hint {
        offset: line.step.end as usize,
        text: "no way back from here".to_string(),
        tooltip: format!("computed: {}", line.why),
    })
}

/// The plans that a file declares.
pub(super) fn own_plans(view: &View, file: FileId) -> impl Iterator<Item = &Plan> {
    let plans = view.model.plans.iter();
    plans.filter(move |plan| plan.name.span.file == file)
}

/// When a leg starts: `3h+`.
pub(super) fn start(leg: &Leg) -> String {
    let open = if leg.start.open { "+" } else { "" };
    format!("at {}{open}", leg.start.after)
}

fn start_at_length(plan: &Plan, leg: &Leg) -> String {
    let open = match leg.start.open {
        true => "; an approval without a limit stands before it, so it may be later",
        false => "",
    };
    format!(
        "starts {} after the start of `{}`, holds counted and nothing else{open}",
        leg.start.after, plan.name.value
    )
}

/// The service that a plan rolls, where it is one.
fn rolled<'a>(view: &'a View, plan: &Plan) -> Option<&'a Service> {
    match plan.rolls.as_slice() {
        [roll] => view.model.services.get(roll.service),
        _ => None,
    }
}

/// `2 of 24 replicas`, for a leg whose own value is a share of the traffic.
fn share_of_replicas(view: &View, plan: &Plan, leg: &Leg) -> Option<String> {
    let step = plan.steps.get(leg.step)?;
    let share = step.actions.iter().find_map(|action| match &action.value {
        Action::Weight(chain) => {
            let mut values = chain.values.iter();
            values.find(|share| share.span == leg.span || action.span == leg.span)
        }
        _ => None,
    })?;
    // a size of its own counts, not the share
    if leg.exposure.replicas.is_some() {
        return None;
    }
    let whole = rolled(view, plan)?.replicas()?.value;
    let count = share.value.of_rounded_up(whole);
    Some(of(count, whole, "replica"))
}

fn of(count: u64, whole: u64, noun: &str) -> String {
    let plural = if whole == 1 { "" } else { "s" };
    format!("{count} of {whole} {noun}{plural}")
}

/// How many replicas the shares of a service come to.
fn sized(service: &Service, file: FileId, hints: &mut Vec<Hint>) {
    let Some(whole) = service.replicas() else {
        return;
    };
    let mut size = |size: Option<Spanned<Amount>>, up: bool| {
        let Some(size) = size.filter(|size| size.span.file == file) else {
            return;
        };
        let Amount::Share(_) = size.value else { return };
        let (count, word) = match up {
            true => (size.value.rounded_up(whole.value), "up"),
            false => (size.value.rounded_down(whole.value), "down"),
        };
        hints.push(Hint {
            offset: size.span.end as usize,
            text: of(count, whole.value, "replica"),
            tooltip: format!("rounded {word}"),
        });
    };
    size(service.max_surge, true);
    size(service.max_unavailable, false);
}

/// What is known of a value that a leg begins with, in Markdown.
pub(super) fn leg_at(view: &View, file: FileId, offset: usize) -> Option<(Span, String)> {
    let holds = |span: Span| {
        span.file == file && (span.start as usize) <= offset && offset <= span.end as usize
    };
    for plan in own_plans(view, file) {
        let found = plan
            .legs
            .iter()
            .enumerate()
            .find(|(_, leg)| holds(leg.span));
        if let Some((number, leg)) = found {
            let step = plan.steps.get(leg.step)?;
            let mut text = format!("**`{}`", step.name.value);
            if leg.of > 1 {
                text.push_str(&format!(", leg {} of {}", leg.number + 1, leg.of));
            }
            text.push_str("**, ");
            text.push_str(&start_at_length(plan, leg));
            if let Some(replicas) = share_of_replicas(view, plan, leg) {
                text.push_str(&format!("\n\n{replicas}, rounded up"));
            }
            if leg.hold.millis() > 0 {
                text.push_str(&format!("\n\nholds for {}", leg.hold));
            }
            text.push_str(&numbers::of_leg(view, plan, number));
            return Some((leg.span, text));
        }
    }
    None
}
