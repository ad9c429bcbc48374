//! Strategies, plans and releases.

use super::super::{Entry, Place};

#[expect(
    clippy::declare_interior_mutable_const,
    reason = "each use is a row of its own"
)]
const STEP: Entry = Entry::new("step", &["<name:name>"])
    .block(Place::Step)
    .many()
    .doc(
        "One step: entry conditions, changes, runs, one hold with its gates, edges, in this order.",
    )
    .example("step canary { weight 1%; hold 1h; watch errors }");

pub(super) static STRATEGY: [Entry; 1] = [STEP];

pub(super) static PLAN: [Entry; 11] = [
    Entry::new("roll", &["<service:service> from <from:id> to <to:id>"])
        .many()
        .doc("The change of version that the plan makes.")
        .example("roll checkout from 41 to 42"),
    Entry::new("obeys", &["<policy:policy>..."])
        .doc("The policies that the plan must satisfy.")
        .example("obeys production"),
    Entry::new("on", &["target <target:target>..."])
        .doc("The platforms that carry the plan out.")
        .example("on target prod"),
    Entry::new("use", &["<strategy:call>"])
        .many()
        .doc("Takes over the steps of a strategy here.")
        .example("use cautious(gates = [errors, latency])"),
    STEP,
    Entry::new("no", &["return because <reason:text>"])
        .doc("Below this line lies what cannot be taken back. It stands directly above the first step that cannot be undone.")
        .example("no return because \"0043 drops orders.email, which 41 reads\""),
    Entry::new(
        "rollback",
        &["within <time:duration above 0s>", "from <step:id>... within <time:duration above 0s>"],
    )
    .may_block(Place::Rollback)
    .many()
    .doc("Promises how fast the way back is; a body replaces the derived way.")
    .example("rollback within 2m"),
    Entry::new("watch", &["<gate:gate>... throughout"])
        .many()
        .doc("Judges these gates from the first exposure to the end.")
        .example("watch errors throughout"),
    Entry::new("allow", &["<rule:id> because <reason:text> (until <date:date>)?"])
        .many()
        .aside()
        .doc("Accepts a hazard, with its reason.")
        .example("allow missing-pre-stop because \"the proxy drains for us\" until 2027-01-31"),
    Entry::new("after", &["<step:id>"])
        .many()
        .doc("Waits for a step of another plan of the release: its last hold and gates have passed.")
        .example("after web-10.full"),
    Entry::new("deadline", &["<time:duration above 0s>"])
        .doc("The longest that the whole plan may take.")
        .example("deadline 3d"),];

pub(super) static RELEASE: [Entry; 2] = [
    Entry::new("includes", &["<plan:plan> (after <step:id>...)?"])
        .many()
        .required()
        .doc("A plan of this release, and the steps of other plans that it waits for.")
        .example("includes web-10 after checkout-42.full"),
    Entry::new("obeys", &["<policy:policy>..."])
        .doc("Policies that all plans of the release must satisfy.")
        .example("obeys production"),
];
