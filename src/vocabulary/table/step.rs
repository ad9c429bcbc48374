//! What stands in a step.

use super::super::{Entry, Phase, Place};

#[expect(
    clippy::declare_interior_mutable_const,
    reason = "each use is a row of its own"
)]
const WEIGHT: Entry = Entry::new(
    "weight",
    &["<share:percent> (-> <share:percent>)*", "<from:percent> to <to:percent> by <by:percent>"],
)
.many()
.phase(Phase::Change)
.doc("The share of the service's traffic on the new version. A chain makes one leg for each value, and repeats everything behind it in the step.")
.example("weight 5% -> 25%");

#[expect(
    clippy::declare_interior_mutable_const,
    reason = "each use is a row of its own"
)]
const RUN: Entry = Entry::new(
    "run",
    &[
        "<name:text> image <image:text> (retries <retries:integer from 0 to 100>)?",
        "<name:text> command <command:text> (retries <retries:integer from 0 to 100>)?",
    ],
)
.many()
.phase(Phase::Run)
.doc("A job that must succeed. `retries` is the only retry; in a preview the job gets its address.")
.example("run \"smoke\" image \"registry.example.com/shop/smoke@sha256:...\" retries 2");

#[expect(
    clippy::declare_interior_mutable_const,
    reason = "each use is a row of its own"
)]
const HOLD: Entry = Entry::new("hold", &["<time:duration above 0s>"])
    .phase(Phase::Hold)
    .doc("Stays here that long, and judges the gates of `watch`.")
    .example("hold 1h");

#[expect(
    clippy::declare_interior_mutable_const,
    reason = "each use is a row of its own"
)]
const NOTIFY: Entry = Entry::new("notify", &["<channel:text>"])
    .many()
    .aside()
    .doc("Tells a channel.")
    .example("notify \"#deploys\"");

#[expect(
    clippy::declare_interior_mutable_const,
    reason = "each use is a row of its own"
)]
const FLAG: Entry = Entry::new("flag", &["<flag:flag> <share:percent> (-> <share:percent>)*", "<flag:flag> off"])
    .many()
    .phase(Phase::Change)
    .doc("Opens a feature flag for that share of the users, with the same legs, holds and gates as a weight.")
    .example("flag express-pay 5% -> 20%");

#[expect(
    clippy::declare_interior_mutable_const,
    reason = "each use is a row of its own"
)]
const PUSH: Entry = Entry::new("push", &["<config:config> to <version:id>"])
    .many()
    .phase(Phase::Change)
    .doc("Moves configuration to a version, in the failure domains that `in` names.")
    .example("push rate-limits to 9");

#[expect(
    clippy::declare_interior_mutable_const,
    reason = "each use is a row of its own"
)]
const MIGRATE: Entry = Entry::new("migrate", &["<database:database> to <id:id>"])
    .many()
    .phase(Phase::Change)
    .doc("Moves the schema, one migration after the other; in a `rollback` body backwards, by their downs.")
    .example("migrate orders to 0042");

pub(super) static STEP: [Entry; 24] = [
    Entry::new("in", &["<domain:id>..."])
        .phase(Phase::Entry)
        .doc("Only these failure domains, until it is changed or turned `off`.")
        .example("in seoul"),
    Entry::new("after", &["<step:id>..."])
        .many()
        .phase(Phase::Entry)
        .doc("Waits for a step of another plan: its last hold and gates have passed.")
        .example("after orders-6.full"),
    Entry::new("approve", &["by <team:text> (within <limit:duration above 0s>)?"])
        .phase(Phase::Entry)
        .doc("A human says yes; silence after the limit is a failure, and without a limit the duration is open. The gates of the leg before go on being judged.")
        .example("approve by \"sre\" within 4h"),
    WEIGHT,
    Entry::new("replicas", &["match weight", "<amount:amount>"])
        .many()
        .phase(Phase::Change)
        .doc("The size of the new version; a percentage of the full size is rounded up.")
        .example("replicas 10%"),
    Entry::new("rolling", &["(batches <batches:integer above 0>)? (hold <hold:duration above 0s>)?"])
        .phase(Phase::Change)
        .doc("Replaces in place, in the batches that surge and unavailability allow. Each batch is a leg, judged by readiness and by the gates if there are any.")
        .example("rolling batches 3 hold 5m"),
    Entry::new("preview", &["", "<off:off>"])
        .phase(Phase::Change)
        .doc("A full second stack without traffic.")
        .example("preview"),
    Entry::new("switch", &[""])
        .phase(Phase::Change)
        .doc("All traffic at once onto the stack of `preview`.")
        .example("switch"),
    Entry::new("mirror", &["<share:percent above 0%>", "<off:off>"])
        .many()
        .phase(Phase::Change)
        .doc("Copies that share of the requests to the new version and drops its answers.")
        .example("mirror 10%"),
    Entry::new("route", &["cohort <cohort:cohort>...", "header <name:text> = <value:text>", "<off:off>"])
        .many()
        .phase(Phase::Change)
        .doc("Sends a chosen group to the new version, whatever the weight.")
        .example("route cohort staff"),
    Entry::new("sticky", &["by cookie <name:text>", "by header <name:text>", "by <key:ip>", "<off:off>"])
        .phase(Phase::Change)
        .doc("A user stays on one version. Buckets are monotone: nobody goes back while weights rise.")
        .example("sticky by cookie \"uid\""),
    Entry::new("split", &["<share:percent above 0% and below 100%>"])
        .may_block(Place::Split)
        .phase(Phase::Change)
        .doc("An A/B experiment: gates judge both arms at the end of the hold, and edges say what follows from each outcome.")
        .example("split 50%"),
    FLAG,
    PUSH,
    MIGRATE,
    Entry::new("backfill", &["<database:database> <job:text> (image <image:text>)?"])
        .many()
        .phase(Phase::Change)
        .doc("A job that fills data.")
        .example("backfill orders \"fill-email\""),
    Entry::new("retire", &["<version:id> (after <time:duration>)?"])
        .many()
        .phase(Phase::Change)
        .doc("Scales the old version away: from here on, going back is a cold start.")
        .example("retire 41 after 30m"),
    RUN,
    HOLD,
    Entry::new("watch", &["<gate:gate>..."])
        .phase(Phase::Watch)
        .doc("The gates that judge the hold. A leg needs at least one whole round of each.")
        .example("watch errors, latency"),
    Entry::new("deadline", &["<time:duration above 0s>"])
        .doc("Longer is a failure (default: the workload's progress deadline).")
        .example("deadline 10m"),
    NOTIFY,
    Entry::new(
        "on",
        &[
            "<outcome:failure|inconclusive|no-data|success> <then:rollback>",
            "<outcome:failure|inconclusive|no-data> <then:pause> (within <limit:duration above 0s>)?",
            "<outcome:failure|inconclusive|no-data> <then:goto> <step:id> at most <times:integer from 1 to 100> times",
            "<outcome:inconclusive|no-data> <then:continue>",
            "<outcome:success|inconclusive> <then:weight> <share:percent>",
        ],
    )
    .many()
    .phase(Phase::Edge)
    .doc("What follows when a gate fails, cannot decide, or has no data; for an experiment, also when it succeeds. The default is `rollback`.")
    .example("on inconclusive pause within 4h"),
    Entry::new("allow", &["<rule:id> because <reason:text> (until <date:date>)?"])
        .many()
        .aside()
        .doc("Accepts a hazard of this step, with its reason.")
        .example("allow step-without-gate because \"an internal tool\""),];

pub(super) static ROLLBACK: [Entry; 7] = [WEIGHT, FLAG, PUSH, MIGRATE, RUN, HOLD, NOTIFY];

pub(super) static SPLIT: [Entry; 1] = [Entry::new(
    "on",
    &[
        "<outcome:success|failure|inconclusive> <then:weight> <share:percent>",
        "<outcome:success|failure|inconclusive> <then:rollback>",
    ],
)
.many()
.doc("The weight that follows an outcome.")
.example("on success weight 100%")];
