//! Where requests go in each leg of a walk, whatever moves them.

use crate::model::{Action, CohortTest, Leg, Plan, Step, Sticky};
use crate::source::Span;
use crate::units::Percent;

use super::Job;
use super::names::{label, part};

/// Where requests go.
#[derive(Clone, Debug, Default)]
pub struct Traffic<'a> {
    /// The share of the new version, of the requests that no route sends.
    pub share: Percent,
    /// Requests that are sent to the new version whatever the share.
    pub routes: Vec<Route>,
    /// The share of requests that are copied.
    pub mirror: Percent,
    /// What a user is told by.
    pub sticky: Option<&'a Sticky>,
}

/// Requests that are sent to the new version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Where the plan says so.
    pub says: String,
    /// How they are told.
    pub test: Test,
}

/// How a request is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// The header, in lower case, has one of these values.
    Header(String, Vec<String>),
    /// The cookie has this value.
    Cookie(String, String),
}

/// One leg of the walk: where requests go in it.
pub struct Walked<'a> {
    /// Which leg of the plan, from 0.
    pub index: usize,
    /// The leg.
    pub leg: &'a Leg,
    /// Its step.
    pub step: &'a Step,
    /// Where requests go.
    pub traffic: Traffic<'a>,
}

/// The legs of the walk, in order. At 100 % nothing is left of routes, copies and stickiness: no
/// other version is there that could answer.
pub fn walked<'a>(job: &Job<'a>) -> Vec<Walked<'a>> {
    let plan = job.plan;
    let mut traffic = Traffic::default();
    let mut all = Vec::new();
    for (index, leg) in plan.legs.iter().enumerate() {
        if leg.step < job.walk.first || leg.step >= job.walk.end {
            continue;
        }
        let Some(step) = plan.steps.get(leg.step) else {
            continue;
        };
        for action in step.actions.get(leg.first_change..).unwrap_or_default() {
            change(job, &mut traffic, &action.value, action.span);
        }
        traffic.share = leg.exposure.weight();
        traffic.mirror = leg.exposure.mirror;
        let mut now = traffic.clone();
        if now.share >= Percent::FULL {
            now.routes.clear();
            now.mirror = Percent::ZERO;
            now.sticky = None;
        }
        all.push(Walked {
            index,
            leg,
            step,
            traffic: now,
        });
    }
    all
}

/// The folder of a leg below `20-rollout`, the `place`th of `of`: their names are in order.
pub fn folder(walked: &Walked<'_>, place: usize, of: usize) -> String {
    let digits = of.saturating_sub(1).to_string().len();
    let name = label([
        &*walked.step.name.value,
        &(walked.leg.number + 1).to_string(),
    ]);
    format!("20-rollout/2{place:0digits$}-{}", part(&name))
}

/// Reports the statements of the walk that a leg cannot hold yet.
pub fn refuse_others(job: &mut Job<'_>, title: &str) {
    let plan = job.plan;
    let walk = job.walk;
    for step in plan.steps.get(walk.first..walk.end).unwrap_or_default() {
        for action in &step.actions {
            if !moves_traffic(&action.value) {
                job.not_yet(action.span, &format!("this statement on {title}"));
            }
        }
    }
    for rollback in &plan.rollbacks {
        if !rollback.body.is_empty() {
            job.not_yet(rollback.span, &format!("a body of `rollback` on {title}"));
        }
    }
}

/// What a leg is, for the head of its files.
pub fn title(walked: &Walked<'_>) -> String {
    format!(
        "step {}, leg {} of {}",
        walked.step.name.value,
        walked.leg.number + 1,
        walked.leg.of
    )
}

/// Where requests go, for a person.
pub fn describe(job: &Job<'_>, traffic: &Traffic<'_>) -> String {
    let new = &job.roll.to_id.value;
    let mut text = format!("{} on {new}", traffic.share);
    if !traffic.routes.is_empty() {
        let count = traffic.routes.len();
        let word = if count == 1 { "group" } else { "groups" };
        text.push_str(&format!(", {count} chosen {word}"));
    }
    if traffic.mirror > Percent::ZERO {
        text.push_str(&format!(", {} copied", traffic.mirror));
    }
    match traffic.sticky {
        Some(Sticky::Cookie(name)) => text.push_str(&format!(", sticky by cookie {name}")),
        Some(Sticky::Header(name)) => text.push_str(&format!(", sticky by header {name}")),
        Some(Sticky::Ip) => text.push_str(", sticky by address"),
        None => {}
    }
    text
}

/// What an action does to where requests go; shares are the leg's own.
fn change<'a>(job: &Job<'a>, traffic: &mut Traffic<'a>, action: &'a Action, span: Span) {
    let mut add = |test: Test, says: String| {
        if traffic.routes.iter().all(|known| known.test != test) {
            traffic.routes.push(Route { says, test });
        }
    };
    match action {
        Action::RouteCohorts(cohorts) => {
            for cohort in cohorts {
                let Some(found) = job.model.cohorts.get(cohort.value) else {
                    continue;
                };
                let says = format!("{}, cohort {}", job.places.says(span), found.name.value);
                match &found.test {
                    Some(CohortTest::Header(name, value)) => {
                        let values = vec![value.value.clone()];
                        add(Test::Header(name.value.to_ascii_lowercase(), values), says);
                    }
                    Some(CohortTest::Cookie(name, value)) => {
                        add(Test::Cookie(name.value.clone(), value.value.clone()), says);
                    }
                    Some(CohortTest::Country(codes, name)) => {
                        let codes = codes.iter().map(|code| code.value.clone()).collect();
                        add(Test::Header(name.value.to_ascii_lowercase(), codes), says);
                    }
                    None => {}
                }
            }
        }
        Action::RouteHeader(name, value) => {
            let test = Test::Header(name.value.to_ascii_lowercase(), vec![value.value.clone()]);
            add(test, job.places.says(span));
        }
        Action::RouteOff => traffic.routes.clear(),
        Action::Sticky(sticky) => traffic.sticky = sticky.as_ref(),
        _ => {}
    }
}

/// Whether it is about who meets the new version; anything else has no place in a leg yet.
fn moves_traffic(action: &Action) -> bool {
    matches!(
        action,
        Action::Weight(_)
            | Action::Split(_)
            | Action::Preview(_)
            | Action::Switch
            | Action::Mirror(_)
            | Action::RouteHeader(..)
            | Action::RouteCohorts(_)
            | Action::RouteOff
            | Action::Sticky(_)
    )
}

/// Where the plan first chooses somebody.
pub fn first_route(plan: &Plan) -> Option<Span> {
    let actions = plan.steps.iter().flat_map(|step| &step.actions);
    actions
        .filter(|action| {
            matches!(
                action.value,
                Action::RouteHeader(..) | Action::RouteCohorts(_)
            )
        })
        .map(|action| action.span)
        .next()
}
