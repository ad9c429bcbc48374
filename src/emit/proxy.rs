//! Proxies: one folder of files for each leg, put into the place of the one before by `apply.sh`.
//!
//! What a proxy does is wholly in the files of the leg, the first and the last included, so that a
//! leg can be applied again, or from anywhere. Copies are a share of all requests that no route
//! sends to the new version.

use crate::source::{Span, Spanned};
use crate::units::Percent;

use super::applied;
use super::names::label;
use super::pipeline::{self, LegFile, Means};
use super::proxy_address::{Address, parse};
use super::stages::{self, Runner};
use super::traffic::{self, Traffic};
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

/// Writes the files.
pub fn emit(job: &mut Job<'_>, engine: &Engine) {
    let Some(proxy) = proxy(job, engine) else {
        return;
    };
    let plan = job.plan;
    let walk = job.walk;
    traffic::refuse_others(job, engine.title);
    stages::emit(job, "10-expand", 0, walk.first, Runner::Shell);
    let walked = traffic::walked(job);
    let copies = walked
        .iter()
        .any(|walked| walked.leg.exposure.mirror > Percent::ZERO);
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
    let mut files = Vec::new();
    let mut described = Vec::new();
    for (place, now) in walked.iter().enumerate() {
        let path = traffic::folder(now, place, walked.len());
        let what = traffic::title(now);
        described.push(traffic::describe(job, &now.traffic));
        let traffic = now.traffic.clone();
        write(
            job,
            engine,
            &proxy,
            copies,
            &path,
            &what,
            now.leg.span,
            traffic,
        );
        files.push(LegFile {
            number: now.index + 1,
            leg: now.leg,
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
    let mut notes = stages::before_walk(job);
    notes.push(format!(
        "the servers of {} have to answer by now",
        proxy.new.name
    ));
    notes.push(format!(
        "commands are given in this folder, on the machine of {}, whose files are in {}",
        engine.title, proxy.folder
    ));
    applied::acts(job, &proxy.new.name, start, notes, &files, &described);
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
