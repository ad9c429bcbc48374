//! Proxies: one folder of files for each leg, put into the place of the one before by `apply.sh`.
//!
//! What a proxy does is wholly in the files of the leg, the first and the last included, so that a
//! leg can be applied again, or from anywhere. Copies are a share of all requests that no route
//! sends to the new version.

use crate::model::{Action, CohortTest, Leg, Sticky};
use crate::source::{Span, Spanned};
use crate::units::Percent;

use super::names::{label, part};
use super::pipeline::{self, LegFile, Means};
use super::proxy_address::{Address, parse};
use super::runbook::{Act, command};
use super::stages::{self, Runner};
use super::yaml::one_line;
use super::{EmittedFile, Job};

/// Where a proxy says which leg it has taken over, unless the target says.
const ADMIN: &str = "127.0.0.1:9901";

/// One proxy program.
pub struct Engine {
    /// What people call it.
    pub title: &'static str,
    /// The folder of a service's files, unless the target says.
    pub folder: fn(&str) -> String,
    /// Whether it cannot do without `listen`.
    pub listens: bool,
    /// The files of a leg, by name.
    pub leg: fn(&Proxy, &LegText<'_>) -> Vec<(&'static str, String)>,
    /// The files that stay as they are.
    pub fixed: fn(&Proxy, Vec<String>, bool) -> Vec<EmittedFile>,
    /// What to know first.
    pub notes: fn(&Proxy, Uses) -> Vec<String>,
}

/// What a plan asks a proxy for.
#[derive(Clone, Copy, Debug)]
pub struct Uses {
    /// Copies of requests.
    pub copies: bool,
    /// Users who stay.
    pub sticky: bool,
}

/// What the files of one service have in common.
pub struct Proxy {
    /// The service.
    pub service: String,
    /// The plan: users that are first in one plan should not be first in the next.
    pub plan: String,
    /// The version before, as the proxy calls it.
    pub old: Version,
    /// The version after.
    pub new: Version,
    /// Where requests are taken.
    pub listen: Option<Address>,
    /// Where the proxy says which leg it has taken over.
    pub admin: Address,
    /// The folder that files are put into.
    pub folder: String,
}

/// Where one version answers.
pub struct Version {
    /// What the proxy calls it.
    pub name: String,
    /// Its servers.
    pub servers: Vec<Address>,
}

/// One leg, as text is made of it.
pub struct LegText<'a> {
    /// The leg's name: `basket-31/20-canary-1`. Letters, digits, `-`, `/`.
    pub id: String,
    /// Comments at the head of its files.
    pub head: Vec<String>,
    /// Where requests go.
    pub traffic: Traffic<'a>,
    /// Whether any leg of the plan copies requests.
    pub copies: bool,
}

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

/// Writes the files.
pub fn emit(job: &mut Job<'_>, engine: &Engine) {
    let Some(proxy) = proxy(job, engine) else {
        return;
    };
    let plan = job.plan;
    let walk = job.walk;
    for step in plan.steps.get(walk.first..walk.end).unwrap_or_default() {
        for action in &step.actions {
            if !moves_traffic(&action.value) {
                let what = format!("this statement on {}", engine.title);
                job.not_yet(action.span, &what);
            }
        }
    }
    for rollback in &plan.rollbacks {
        if !rollback.body.is_empty() {
            let what = format!("a body of `rollback` on {}", engine.title);
            job.not_yet(rollback.span, &what);
        }
    }
    stages::emit(job, "10-expand", 0, walk.first, Runner::Shell);
    let legs: Vec<(usize, &Leg)> = plan
        .legs
        .iter()
        .enumerate()
        .filter(|(_, leg)| leg.step >= walk.first && leg.step < walk.end)
        .collect();
    let copies = legs
        .iter()
        .any(|(_, leg)| leg.exposure.mirror > Percent::ZERO);
    let start = "20-rollout/10-start";
    let nobody = "the servers of both versions, of which nobody meets the new one";
    let span = job.roll.span;
    write(
        job,
        engine,
        &proxy,
        copies,
        start,
        nobody,
        span,
        Traffic::default(),
    );
    let digits = legs.len().saturating_sub(1).to_string().len();
    let mut traffic = Traffic::default();
    let mut files = Vec::new();
    let mut described = Vec::new();
    for (place, &(index, leg)) in legs.iter().enumerate() {
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
            // nothing is left that another version could answer
            now.routes.clear();
            now.mirror = Percent::ZERO;
            now.sticky = None;
        }
        let name = label([&*step.name.value, &(leg.number + 1).to_string()]);
        let path = format!("20-rollout/2{place:0digits$}-{}", part(&name));
        let what = format!(
            "step {}, leg {} of {}",
            step.name.value,
            leg.number + 1,
            leg.of
        );
        described.push(describe(job, &now));
        write(job, engine, &proxy, copies, &path, &what, leg.span, now);
        files.push(LegFile {
            number: index + 1,
            leg,
            path,
        });
    }
    let back = "the way back: all requests to the version before";
    write(
        job,
        engine,
        &proxy,
        copies,
        "back",
        back,
        plan.name.span,
        Traffic::default(),
    );
    let head = job.head("said once, the same for every leg");
    let fixed = (engine.fixed)(&proxy, head, copies);
    job.output.files.extend(fixed);
    acts(job, engine, &proxy, start, &files, &described);
    if job.target.is_judged_by_pipeline() {
        let means = Means {
            needs: "curl",
            apply: "sh \"$here/apply.sh\"".into(),
            ready: "sh \"$here/apply.sh\" --check".into(),
            not_ready: "the proxy is not ready; nothing was changed",
            start: start.into(),
            back: "back".into(),
            back_by_hand: "sh apply.sh back, in the folder of this program".into(),
        };
        pipeline::emit(job, &means, &files);
    }
    stages::emit(
        job,
        "90-contract",
        walk.end,
        plan.steps.len(),
        Runner::Shell,
    );
    let sticky = described.iter().any(|text| text.contains("sticky by"));
    for note in (engine.notes)(&proxy, Uses { copies, sticky }) {
        job.output.note(note);
    }
    if copies {
        job.output
            .note("copies are a share of all requests that no route sends to the new version");
    }
    if described.iter().any(|text| text.contains("by address")) {
        job.output.note(
            "a user's address is that of whoever connects to the proxy: behind another proxy it is that one's",
        );
    }
    job.output.note(format!(
        "servers are started and stopped by you: those of {} before the first leg, those of {} when nobody needs the way back any more",
        proxy.new.name, proxy.old.name,
    ));
}

#[expect(
    clippy::too_many_arguments,
    reason = "one call for each kind of folder"
)]
fn write(
    job: &mut Job<'_>,
    engine: &Engine,
    proxy: &Proxy,
    copies: bool,
    path: &str,
    what: &str,
    span: Span,
    traffic: Traffic<'_>,
) {
    let mut head = job.head(what);
    head.push(job.places.says(span));
    let name = path.strip_prefix("20-rollout/").unwrap_or(path);
    let leg = LegText {
        id: format!("{}/{name}", proxy.plan),
        head,
        traffic,
        copies,
    };
    for (file, text) in (engine.leg)(proxy, &leg) {
        job.output.add(format!("{path}/{file}"), text);
    }
}

/// Where requests go, for a person.
fn describe(job: &Job<'_>, traffic: &Traffic<'_>) -> String {
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

fn proxy(job: &mut Job<'_>, engine: &Engine) -> Option<Proxy> {
    let service = job.service.name.value.clone();
    let (old_id, new_id) = (&job.roll.from_id.value, &job.roll.to_id.value);
    let old = servers(job, &service, old_id, job.roll.from_id.span);
    let new = servers(job, &service, new_id, job.roll.to_id.span);
    let target = job.target;
    if engine.listens && target.listen.is_none() {
        job.refuse(
            target.name.span,
            "the target does not say where it takes requests",
            "write `listen \"0.0.0.0:8080\"` in it",
        );
    }
    let listen = match &target.listen {
        Some(listen) => Some(place(job, listen)?),
        None => None,
    };
    let admin = match &target.admin {
        Some(admin) => place(job, admin)?,
        None => parse(ADMIN)?,
    };
    let service = label([&*service]);
    let folder = match &target.folder {
        Some(folder) => {
            let path = folder.value.trim_end_matches('/');
            let plain = path.starts_with('/')
                && path.len() > 1
                && !path.chars().any(char::is_control)
                && !path.split('/').any(|part| part == "..");
            if !plain {
                let message = format!("`{}` is no folder of the proxy", one_line(&folder.value));
                let help = "write the whole path, from `/` on: `folder \"/etc/nginx/conf.d\"`";
                job.refuse(folder.span, message, help);
            }
            path.to_string()
        }
        None => (engine.folder)(&service),
    };
    Some(Proxy {
        plan: label([&*job.plan.name.value]),
        old: old?,
        new: new?,
        listen,
        admin,
        folder,
        service,
    })
}

fn place(job: &mut Job<'_>, address: &Spanned<String>) -> Option<Address> {
    let found = parse(&address.value);
    if found.is_none() {
        let message = format!("`{}` is no address with a port", one_line(&address.value));
        job.refuse(
            address.span,
            message,
            "write `10.0.0.5:8080` or `name:8080`",
        );
    }
    found
}

fn servers(job: &mut Job<'_>, service: &str, version: &str, span: Span) -> Option<Version> {
    let target = job.target;
    let addresses: Vec<&Spanned<String>> = target
        .upstreams
        .iter()
        .filter(|upstream| upstream.version.value == version)
        .flat_map(|upstream| &upstream.addresses)
        .collect();
    if addresses.is_empty() {
        let message = format!(
            "target `{}` does not say where version `{version}` answers",
            target.name.value
        );
        let help = format!("write `upstream {version} \"{service}-{version}:8080\"` in the target");
        job.refuse(span, message, &help);
        return None;
    }
    let mut servers = Vec::new();
    for address in addresses {
        servers.push(place(job, address)?);
    }
    Some(Version {
        name: label([service, version]),
        servers,
    })
}

fn acts(
    job: &mut Job<'_>,
    engine: &Engine,
    proxy: &Proxy,
    start: &str,
    legs: &[LegFile<'_>],
    described: &[String],
) {
    let apply = |path: &str| command(["sh", "apply.sh", path]);
    let back = apply("back");
    let mut notes = stages::before_walk(job);
    notes.push(format!(
        "the servers of {} have to answer by now",
        proxy.new.name
    ));
    notes.push(format!(
        "commands are given in this folder, on the machine of {}, whose files are in {}",
        engine.title, proxy.folder
    ));
    job.acts.push(Act {
        title: format!("20-rollout: {} takes part, without traffic", proxy.new.name),
        place: job.places.at(job.roll.span),
        forward: vec![apply(start)],
        backward: vec![back.clone()],
        notes,
        ..Act::default()
    });
    for (leg, described) in legs.iter().zip(described) {
        let Some(step) = job.plan.steps.get(leg.leg.step) else {
            continue;
        };
        let mut notes = stages::around(job, leg.leg, step);
        let mut forward = vec![apply(&leg.path)];
        for run in &step.runs {
            match &run.command {
                Some(line) => forward.push(command(["sh", "-c", &line.value])),
                None => notes.push(format!(
                    "{}: start the job {} and wait for it",
                    job.places.says(run.span),
                    run.name.value
                )),
            }
        }
        job.acts.push(Act {
            title: format!("{}: {described}", step.name.value),
            place: job.places.at(leg.leg.span),
            forward,
            backward: vec![back.clone()],
            notes,
            ..Act::default()
        });
    }
}
