//! SC08 and RB03: whoever meets data that another version wrote can read it.

use crate::diagnostic::{Class, Diagnostic, Proof, Rule, Severity};
use crate::rollout::{Presence, Subject};

use super::proof::{finish, help as remedied, id, named, refutations};
use super::{Context, Found, Hazard};

pub(super) const LIVE: Hazard = Hazard {
    rule: &UNREADABLE,
    refutes: Some(Proof::Compatible),
    check: |context, out| check(context, out, Presence::Runs, &UNREADABLE),
};

pub(super) const BACK: Hazard = Hazard {
    rule: &CROSSES,
    refutes: Some(Proof::Reversible),
    check: |context, out| check(context, out, Presence::ComesBack, &CROSSES),
};

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
        let name = &declared.name.value;
        let (writes, reads) = (id(model, writer.0), id(model, reader.0));
        let message = match (presence, writer_runs) {
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
        let mut found = Diagnostic::new(rule, refutation.span, message)
            .also(writer.1, format!("{writes} writes {number}"))
            .also(reader.1, format!("{reads} reads only this"))
            .help(remedied(refutation, format!(
                "roll out a version that reads `{name} {number}` everywhere first, and let the next one write it"
            )));
        if let Some(Some(retention)) = declared.retention.map(|retention| {
            retention.map(|time| format!("what was written is met for {}", time.value))
        }) {
            found = found.note(retention);
        }
        out.push(finish(found, context, refutation));
    }
}
