//! SC08, CM03, CM04, CM05 and RB03: whoever meets data that another version wrote can read it. The
//! kind of the format says which of them tells it, and so what can be done about it.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::model::FormatKind;
use crate::rollout::{Presence, Subject};

use super::proof::{finish, help as remedied, id, named, refutations};
use super::{Context, Found, Hazard};

const fn live(rule: &'static Rule, check: fn(&Context<'_>, &mut Vec<Found>)) -> Hazard {
    Hazard {
        rule,
        refutes: Some(Proof::Compatible),
        check,
    }
}

pub(super) const LIVE: Hazard = live(&UNREADABLE, |context, out| {
    check(context, out, Presence::Runs, &UNREADABLE);
});

pub(super) const MESSAGES: Hazard = live(&MESSAGE, |context, out| {
    check(context, out, Presence::Runs, &MESSAGE);
});

pub(super) const STORED: Hazard = live(&SESSION, |context, out| {
    check(context, out, Presence::Runs, &SESSION);
});

pub(super) const ASSETS: Hazard = live(&ASSET, |context, out| {
    check(context, out, Presence::Runs, &ASSET);
});

pub(super) const BACK: Hazard = Hazard {
    rule: &CROSSES,
    refutes: Some(Proof::Reversible),
    check: |context, out| check(context, out, Presence::ComesBack, &CROSSES),
};

/// The rule that tells of a format of that kind which a version meets that runs.
fn of_kind(kind: FormatKind) -> &'static Rule {
    match kind {
        FormatKind::Message => &MESSAGE,
        FormatKind::Session | FormatKind::Cache => &SESSION,
        FormatKind::Asset => &ASSET,
        FormatKind::Row => &UNREADABLE,
    }
}

static UNREADABLE: Rule = Rule {
    name: "format-unreadable-by-live-reader",
    code: "SC08",
    severity: Severity::Error,
    summary: "every version that runs can read what the others write",
    why: "Sessions, messages, cache entries and rows go from one version to the other while both run, and stay after the writer is gone. A version that meets a number of a format that it does not know fails on data that looks corrupt. Roll out in two: first a version that reads the new number, then one that writes it.",
    failing: project!(
        "format session { retention 1d }\n\nservice api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; reads session 1; writes session 1 }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; reads session 1, 2; writes session 2 }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "format session { retention 1d }\n\nservice api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; reads session 1, 2; writes session 1 }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; reads session 1, 2; writes session 2 }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

static MESSAGE: Rule = Rule {
    name: "message-format-skew",
    code: "CM03",
    severity: Severity::Error,
    summary: "every version that runs can read the messages that are still in the queue",
    why: "A message outlives the version that wrote it: whoever takes it from the queue a day later must still know its form, or it is lost, or comes back for ever. So a form is dropped only once the last writer of it has gone and `retention` has passed since: then nothing of it is left.",
    failing: project!(
        "format orders-queue { kind message; retention 7d }\n\nservice worker {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; reads orders-queue 1; writes orders-queue 1 }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; reads orders-queue 1, 2; writes orders-queue 1 }\n  version 3 { image \"r/a@sha256:3333333333333333333333333333333333333333333333333333333333333333\"; reads orders-queue 1, 2; writes orders-queue 2 }\n  version 4 { image \"r/a@sha256:4444444444444444444444444444444444444444444444444444444444444444\"; reads orders-queue 2; writes orders-queue 2 }\n}\n\nplan worker-3 {\n  roll worker from 2 to 3\n  step all { rolling; hold 30m; watch errors }\n  step settle { hold 1d; watch errors }\n}\nplan worker-4 {\n  roll worker from 3 to 4\n  step all { rolling; hold 30m; watch errors }\n}\nrelease orders {\n  includes worker-3\n  includes worker-4 after worker-3.settle\n}\n"
    ),
    passing: project!(
        "format orders-queue { kind message; retention 7d }\n\nservice worker {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; reads orders-queue 1; writes orders-queue 1 }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; reads orders-queue 1, 2; writes orders-queue 1 }\n  version 3 { image \"r/a@sha256:3333333333333333333333333333333333333333333333333333333333333333\"; reads orders-queue 1, 2; writes orders-queue 2 }\n  version 4 { image \"r/a@sha256:4444444444444444444444444444444444444444444444444444444444444444\"; reads orders-queue 2; writes orders-queue 2 }\n}\n\nplan worker-3 {\n  roll worker from 2 to 3\n  step all { rolling; hold 30m; watch errors }\n  step settle { hold 7d; watch errors }\n}\nplan worker-4 {\n  roll worker from 3 to 4\n  step all { rolling; hold 30m; watch errors }\n}\nrelease orders {\n  includes worker-3\n  includes worker-4 after worker-3.settle\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

static SESSION: Rule = Rule {
    name: "session-cache-format",
    code: "CM04",
    severity: Severity::Error,
    summary: "every version that runs can read the sessions and cache entries that the others leave",
    why: "A cookie or a cache entry is read by whichever version gets the next request. A version that cannot read it logs the user out, or takes the entry for damaged and asks the origin for everything at once. Roll out a version that reads the new form first, or write it under a new key, which is a format of its own.",
    failing: project!(
        "format session { kind session; retention 1d }\n\nservice api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; reads session 1; writes session 1 }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; reads session 1, 2; writes session 2 }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "format session { kind session; retention 1d }\n\nservice api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; reads session 1, 2; writes session 1 }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; reads session 1, 2; writes session 2 }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

static ASSET: Rule = Rule {
    name: "asset-skew",
    code: "CM05",
    severity: Severity::Error,
    summary: "every version that runs serves the assets that the pages of the others ask for",
    why: "While two versions run, the page comes from one of them and the script that it names from the other, which answers that there is no such file: the page stays blank. Publish the new assets where both versions serve them before the first page names them, and keep the old ones for as long as a page stays open.",
    failing: project!(
        "format bundle { kind asset; retention 1d }\n\nservice api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; reads bundle 1; writes bundle 1 }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; reads bundle 1, 2; writes bundle 2 }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    passing: project!(
        "format bundle { kind asset; retention 1d }\n\nservice api {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; reads bundle 1, 2; writes bundle 1 }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; reads bundle 1, 2; writes bundle 2 }\n}\n\nplan api-2 {\n  roll api from 1 to 2\n  step canary { weight 5%; hold 30m; watch errors }\n  step full { weight 100%; hold 30m; watch errors }\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

static CROSSES: Rule = Rule {
    name: "rollback-crosses-irreversible",
    code: "RB03",
    severity: Severity::Error,
    summary: "what was written stays readable for the version that a rollback brings back",
    why: "A rollback takes back traffic and configuration, not what the new version has written. If the old version cannot read it, going back breaks every user who was served by the new one.",
    failing: project!(
        "format events { retention 7d }\n\nservice reader {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; reads events 1 }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; reads events 1, 2 }\n}\nservice writer {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 7 { image \"r/b@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; writes events 1 }\n  version 8 { image \"r/b@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; writes events 2 }\n}\n\nplan reader-2 {\n  roll reader from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n  step settle { hold 1d; watch errors }\n}\nplan writer-8 {\n  roll writer from 7 to 8\n  step all { rolling; hold 30m; watch errors }\n}\nrelease events {\n  includes reader-2\n  includes writer-8 after reader-2.all\n}\n"
    ),
    passing: project!(
        "format events { retention 7d }\n\nservice reader {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"r/a@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; reads events 1 }\n  version 2 { image \"r/a@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; reads events 1, 2 }\n}\nservice writer {\n  replicas 4\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 7 { image \"r/b@sha256:1111111111111111111111111111111111111111111111111111111111111111\"; writes events 1 }\n  version 8 { image \"r/b@sha256:2222222222222222222222222222222222222222222222222222222222222222\"; writes events 2 }\n}\n\nplan reader-2 {\n  roll reader from 1 to 2\n  step all { rolling; hold 30m; watch errors }\n  step settle { hold 1d; watch errors }\n}\nplan writer-8 {\n  roll writer from 7 to 8\n  step all { rolling; hold 30m; watch errors }\n}\nrelease events {\n  includes reader-2\n  includes writer-8 after reader-2.settle\n}\n"
    ),
    can_allow: true,
    class: Class::Finding,
};

fn check(context: &Context<'_>, out: &mut Vec<Found>, wanted: Presence, rule: &'static Rule) {
    for refutation in refutations(context) {
        let Subject::Format {
            format,
            number,
            writer,
            reader,
            presence,
            writer_runs,
        } = &refutation.subject
        else {
            continue;
        };
        if *presence != wanted {
            continue;
        }
        let model = context.model;
        let declared = &model.formats[*format];
        let live = of_kind(declared.kind());
        if wanted == Presence::Runs && !std::ptr::eq(live, rule) {
            continue;
        }
        let name = &declared.name.value;
        let (writes, reads) = (id(model, writer.0), id(model, reader.0));
        let message = match (presence, writer_runs) {
            (Presence::Runs, _) if declared.kind() == FormatKind::Asset => format!(
                "{} is asked for `{name} {number}`, which a page of {} names and it does not serve",
                named(model, reader.0),
                named(model, writer.0)
            ),
            (Presence::Runs, true) => format!(
                "{} meets `{name} {number}`, which {} writes and it cannot read",
                named(model, reader.0),
                named(model, writer.0)
            ),
            (Presence::Runs, false) => format!(
                "{} meets `{name} {number}`, which {} has written and it cannot read",
                named(model, reader.0),
                named(model, writer.0)
            ),
            (Presence::ComesBack, _) => format!(
                "a rollback brings {} back to `{name} {number}`, which {} has written and it cannot read",
                named(model, reader.0),
                named(model, writer.0)
            ),
        };
        let (gives, verb) = match declared.kind() {
            FormatKind::Asset => ("names", "serves"),
            _ => ("writes", "reads"),
        };
        let otherwise = match (presence, writer_runs, declared.kept()) {
            (Presence::Runs, false, Some(time)) => format!(
                "let {time} pass between the end of {writes} and the start of {reads}, or let {reads} read `{name} {number}` too"
            ),
            _ if declared.kind() == FormatKind::Asset => format!(
                "publish `{name} {number}` with a version that serves it everywhere first, and let the next one name it"
            ),
            _ => format!(
                "roll out a version that reads `{name} {number}` everywhere first, and let the next one write it"
            ),
        };
        let mut found = Diagnostic::new(rule, refutation.span, message)
            .also(writer.1, format!("{writes} {gives} {number}"))
            .also(reader.1, format!("{reads} {verb} only this"))
            .help(remedied(refutation, otherwise));
        let note = match (declared.kept(), declared.retention) {
            (Some(time), _) => Some(format!("what was written is met for {time}")),
            (None, None) if !writer_runs => Some(format!(
                "`format {name}` does not say its `retention`, so what was written is met for ever"
            )),
            _ => None,
        };
        if let Some(note) = note {
            found = found.note(note);
        }
        out.push(finish(found, context, refutation));
    }
}
