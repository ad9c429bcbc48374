//! The steps of a canary, each below the statement that it comes from.

use crate::model::{Action, Amount, CohortTest, Leg, Outcome, Step, Then};
use crate::source::{Span, Spanned};
use crate::units::{Duration, Percent};

use super::Job;
use super::analysis::{Templates, background_gates, pause};
use super::names::label;
use super::setup::{Router, Setup};
use super::yaml::{Yaml, map};

/// A canary.
pub struct Canary {
    /// Its steps.
    pub steps: Vec<Yaml>,
    /// The names of header and mirror routes, the first one asked first.
    pub routes: Vec<String>,
    /// What is judged from the first exposure on, between the legs too.
    pub background: Option<Yaml>,
}

/// A header route that is set.
struct HeaderRoute {
    name: String,
    header: String,
    value: Yaml,
}

/// The walk so far.
#[derive(Default)]
struct Walked {
    steps: Vec<Yaml>,
    set: Vec<HeaderRoute>,
    headers: Vec<String>,
    mirror: Option<String>,
    mirrored: bool,
}

/// The steps of the walk.
pub fn canary(job: &mut Job<'_>, setup: &Setup, templates: &mut Templates) -> Canary {
    let plan = job.plan;
    let walk = job.walk;
    let mut walked = Walked::default();
    let mut starts = None;
    let within = |leg: &&Leg| leg.step >= walk.first && leg.step < walk.end;
    let last = plan.legs.iter().rfind(within).map(|leg| leg.step);
    for leg in plan.legs.iter().filter(within) {
        let Some(step) = plan.steps.get(leg.step) else {
            continue;
        };
        if leg.number == 0 {
            approval(job, step, leg.step > walk.first, &mut walked);
        }
        changes(job, setup, leg, step, last, &mut walked);
        sized(job, setup, leg, step);
        if starts.is_none() && leg.exposure.is_exposed() {
            starts = Some(walked.steps.len());
        }
        for run in &step.runs {
            if let Some(analysis) = templates.job(job, run) {
                let analysis = map([("analysis", analysis)]);
                walked.steps.push(analysis.noted(job.places.says(run.span)));
            }
        }
        hold(job, templates, leg, step, &mut walked.steps);
        if leg.number + 1 == leg.of {
            outcome(job, step, &mut walked.steps);
        }
    }
    let background = starts.and_then(|at| templates.background(job, at));
    let mut routes = walked.headers;
    // a request that a header sends is not copied
    routes.extend(walked.mirror);
    Canary {
        steps: walked.steps,
        routes,
        background,
    }
}

fn approval(job: &mut Job<'_>, step: &Step, waits: bool, walked: &mut Walked) {
    let Some(approval) = &step.approval else {
        return;
    };
    let told = "goes on with: kubectl argo rollouts promote";
    let comment = format!("{}; {told}", job.places.says(approval.span));
    let forever = map([("pause", Yaml::Map(Vec::new()))]);
    walked.steps.push(forever.noted(comment));
    if waits && background_gates(job).is_empty() {
        job.output.note(format!(
            "step {}: while its approval is waited for, Argo Rollouts asks no gate; the alerts of the service have to",
            step.name.value,
        ));
    }
}

fn changes(
    job: &mut Job<'_>,
    setup: &Setup,
    leg: &Leg,
    step: &Step,
    last: Option<usize>,
    walked: &mut Walked,
) {
    for action in step.actions.iter().skip(leg.first_change) {
        let says = job.places.says(action.span);
        let mut push = |step: Yaml| walked.steps.push(step.noted(&*says));
        match &action.value {
            Action::Weight(chain) => {
                let share = chain.values.get(leg.number).or(chain.values.last());
                let share = share.map_or(Percent::ZERO, |share| share.value);
                let comment = match chain.values.len() {
                    1 => says,
                    of => format!("{says}, {} of {of}", leg.number + 1),
                };
                walked.steps.push(weight(share).noted(comment));
            }
            Action::Split(share) => push(weight(share.value)),
            Action::Switch => push(weight(Percent::FULL)),
            Action::Preview(true) => push(scale("weight", Yaml::Int(100))),
            Action::Preview(false) => push(scale("matchTrafficWeight", Yaml::Bool(true))),
            Action::Replicas(None) => push(scale("matchTrafficWeight", Yaml::Bool(true))),
            Action::Replicas(Some(Amount::Count(count))) => {
                push(scale("replicas", Yaml::count(*count)));
            }
            Action::Replicas(Some(Amount::Share(share))) => match share.whole() {
                Some(whole) => push(scale("weight", Yaml::count(whole))),
                None => job.refuse(
                    action.span,
                    "Argo Rollouts sizes in whole percents",
                    "write a whole percentage",
                ),
            },
            Action::Mirror(share) => mirror(job, action.span, share.as_ref(), walked),
            Action::RouteHeader(header, value) => {
                let test = (header.value.to_ascii_lowercase(), exact(&value.value));
                let name = label(["switchback-header", &header.value, &value.value]);
                header_route(job, setup, leg, action.span, (name, test), walked);
            }
            Action::RouteCohorts(cohorts) => {
                for cohort in cohorts {
                    let Some(found) = job.model.cohorts.get(cohort.value) else {
                        continue;
                    };
                    let test = match &found.test {
                        Some(CohortTest::Header(name, value)) => {
                            (name.value.to_ascii_lowercase(), exact(&value.value))
                        }
                        Some(CohortTest::Country(codes, name)) => {
                            let codes: Vec<&str> =
                                codes.iter().map(|code| code.value.as_str()).collect();
                            (name.value.to_ascii_lowercase(), one_of(&codes))
                        }
                        // a cookie was refused before
                        Some(CohortTest::Cookie(..)) | None => continue,
                    };
                    let name = label(["switchback", &found.name.value]);
                    header_route(job, setup, leg, action.span, (name, test), walked);
                }
            }
            Action::RouteOff => {
                for route in walked.set.drain(..) {
                    let gone = map([("setHeaderRoute", map([("name", Yaml::text(route.name))]))]);
                    walked.steps.push(gone.noted(&*says));
                }
            }
            Action::Retire(..) => retire(job, setup, action.span, leg, last),
            // what no Rollout carries was refused before
            _ => {}
        }
    }
}

fn weight(share: Percent) -> Yaml {
    map([("setWeight", Yaml::count(super::percents(share)))])
}

fn scale(how: &str, size: Yaml) -> Yaml {
    map([("setCanaryScale", map([(how, size)]))])
}

fn exact(value: &str) -> Yaml {
    map([("exact", Yaml::text(value))])
}

/// One of several values: the whole of the header, letter for letter.
fn one_of(values: &[&str]) -> Yaml {
    match values {
        [only] => exact(only),
        several => {
            let several: Vec<String> = several.iter().map(|value| escaped(value)).collect();
            map([("regex", Yaml::text(format!("^({})$", several.join("|"))))])
        }
    }
}

/// The text as a pattern that matches nothing else.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn header_route(
    job: &mut Job<'_>,
    setup: &Setup,
    leg: &Leg,
    span: Span,
    (name, (header, value)): (String, (String, Yaml)),
    walked: &mut Walked,
) {
    if matches!(setup.router, Some(Router::Gateway(_))) && leg.exposure.weight() == Percent::ZERO {
        job.refuse(
            span,
            "the Gateway API plugin of Argo Rollouts answers errors on a header route while the weight is 0",
            "give the version a weight first: `weight 1%`, or name a target with `router istio \"NAME\"`",
        );
        return;
    }
    let same = |route: &HeaderRoute| route.header == header && route.value == value;
    if walked.set.iter().any(same) {
        return;
    }
    let matches = map([
        ("headerName", Yaml::text(&*header)),
        ("headerValue", value.clone()),
    ]);
    let route = map([
        ("name", Yaml::text(&*name)),
        ("match", Yaml::Seq(vec![matches])),
    ]);
    let step = map([("setHeaderRoute", route)]);
    walked.steps.push(step.noted(job.places.says(span)));
    if !walked.headers.contains(&name) {
        walked.headers.push(name.clone());
    }
    walked.set.push(HeaderRoute {
        name,
        header,
        value,
    });
}

fn mirror(job: &mut Job<'_>, span: Span, share: Option<&Spanned<Percent>>, walked: &mut Walked) {
    let name = "switchback-mirror";
    let says = job.places.says(span);
    let Some(share) = share else {
        if walked.mirrored {
            let gone = map([("setMirrorRoute", map([("name", Yaml::text(name))]))]);
            walked.steps.push(gone.noted(says));
        }
        walked.mirrored = false;
        return;
    };
    let Some(percent) = share.value.whole() else {
        let message = format!(
            "Argo Rollouts cannot mirror {}: it counts in whole percents",
            share.value
        );
        job.refuse(share.span, message, "write a whole percentage: `mirror 1%`");
        return;
    };
    // without a match the step would take the route away
    let everything = map([("path", map([("prefix", Yaml::text("/"))]))]);
    let route = map([
        ("name", Yaml::text(name)),
        ("match", Yaml::Seq(vec![everything])),
        ("percentage", Yaml::count(percent)),
    ]);
    walked
        .steps
        .push(map([("setMirrorRoute", route)]).noted(says));
    walked.mirror = Some(name.to_string());
    walked.mirrored = true;
}

/// Routes and copies need somebody to answer: without a weight there are pods only where they are
/// asked for, and Argo takes the routes away when there are none.
fn sized(job: &mut Job<'_>, setup: &Setup, leg: &Leg, step: &Step) {
    let live = &leg.exposure;
    let sent = !live.cohorts.is_empty() || !live.headers.is_empty() || live.mirror > Percent::ZERO;
    let none = match live.replicas {
        None => live.weight() == Percent::ZERO && !live.preview,
        Some(Amount::Count(count)) => count == 0,
        Some(Amount::Share(share)) => share == Percent::ZERO,
    };
    if setup.router.is_none() || !sent || !none {
        return;
    }
    let sends = |action: &&Spanned<Action>| {
        matches!(
            action.value,
            Action::RouteCohorts(_) | Action::RouteHeader(..) | Action::Mirror(Some(_))
        )
    };
    let at = step
        .actions
        .iter()
        .find(sends)
        .map_or(leg.span, |action| action.span);
    job.refuse(
        at,
        format!(
            "requests are sent to `{}` while it has no pods",
            job.roll.to_id.value
        ),
        "say how many above it: `replicas 2`",
    );
}

/// `retire` as the last thing of the walk is what Argo does when the steps end.
fn retire(job: &mut Job<'_>, setup: &Setup, span: Span, leg: &Leg, last: Option<usize>) {
    let ends = Some(leg.step) == last
        && leg.number + 1 == leg.of
        && leg.hold == Duration::ZERO
        && leg.exposure.weight() == Percent::FULL;
    if !ends || setup.router.is_none() {
        job.refuse(
            span,
            "Argo Rollouts scales the old version away when its steps end, and not before",
            "put `retire` below `no return`, or make it the last step of the plan",
        );
    }
}

/// What an experiment that succeeded goes on with.
fn outcome(job: &mut Job<'_>, step: &Step, steps: &mut Vec<Yaml>) {
    for edge in &step.edges {
        if let (Outcome::Success, Then::Weight(share)) = (edge.outcome, &edge.then) {
            steps.push(weight(share.value).noted(job.places.says(edge.span)));
        }
    }
}

/// The hold of a leg: judged, where anything is watched.
fn hold(job: &mut Job<'_>, templates: &mut Templates, leg: &Leg, step: &Step, all: &mut Vec<Yaml>) {
    if leg.hold == Duration::ZERO {
        return;
    }
    let comment = hold_says(job, leg, step);
    let exposed = leg.exposure.is_exposed();
    if step.watch.is_empty() && (job.plan.throughout.is_empty() || !exposed) {
        all.push(pause(leg.hold).noted(comment));
        return;
    }
    let Some(judged) = templates.judged_hold(job, step, leg.hold, exposed) else {
        return;
    };
    all.push(map([("analysis", judged.analysis)]).noted(&*comment));
    if judged.rest.secs() > 0 {
        all.push(pause(judged.rest).noted("the rest of the hold"));
    }
}

/// Where the plan says how long to stay, and who judges.
pub fn hold_says(job: &Job<'_>, leg: &Leg, step: &Step) -> String {
    match (step.watch_span, step.hold) {
        (Some(watch), _) => format!("hold {}, {}", leg.hold, job.places.says(watch)),
        (None, Some(hold)) => job.places.says(hold.span),
        (None, None) => String::new(),
    }
}
