//! What Argo Rollouts accepts and then does in another way than one thinks, and what becomes of it.

use std::fmt::Write as _;

/// One trap.
#[derive(Clone, Copy, Debug)]
pub struct Trap {
    /// Its number.
    pub code: &'static str,
    /// What happens.
    pub what: &'static str,
    /// What becomes of it here.
    pub handled: Handled,
}

/// What becomes of a trap.
#[derive(Clone, Copy, Debug)]
pub enum Handled {
    /// What is emitted cannot fall into it: how, and the test that shows it.
    Avoided(&'static str, &'static str),
    /// Only two builds together show it: how, and the test over both.
    TwoRevisions(&'static str, &'static str),
    /// No field turns it off: what the runbook says of it.
    Inherent(&'static str),
}

use Handled::{Avoided, Inherent, TwoRevisions};

const RANDOM: &str = "random_plans_are_valid_and_walk_as_they_say";

/// All traps.
pub const TRAPS: [Trap; 22] = [
    trap(
        "AS1",
        "a metric that never took a measurement passes when its run is ended",
        Avoided(
            "every run of a leg ends by its own looks; a run beside the steps only looks in addition",
            RANDOM,
        ),
    ),
    trap(
        "AS2",
        "of several fields in one step the first alone decides when it is done",
        Avoided("one field in each step", RANDOM),
    ),
    trap(
        "AS3",
        "`setCanaryScale` stays until `matchTrafficWeight`",
        Avoided(
            "`replicas` stays in the plan too, and the proofs count with it",
            RANDOM,
        ),
    ),
    trap(
        "AS4",
        "behind a router the stable version stays at full size",
        Inherent("stays at full size until the last step has passed"),
    ),
    trap(
        "AS5",
        "`dynamicStableScale` has to scale up before it can go back",
        Avoided("never written: the way back has to be warm", RANDOM),
    ),
    trap(
        "AS6",
        "an edit of the steps while they run starts them from the first",
        TwoRevisions(
            "the steps of two builds are the same unless the plan's legs changed",
            "an_edit_of_the_steps_is_seen_and_a_moved_line_is_none",
        ),
    ),
    trap(
        "AS7",
        "the first deploy skips all steps",
        Avoided(
            "what brings the new version stands in a folder of its own, and the runbook waits before it",
            "applying_the_folder_of_the_rollout_moves_nothing",
        ),
    ),
    trap(
        "AS8",
        "`rollbackWindow` skips steps and gates, and needs old revisions that may be gone",
        Avoided(
            "never written, and refused in a given Rollout",
            "what_cannot_be_carried_is_said_at_its_statement",
        ),
    ),
    trap(
        "AS9",
        "going back behind the walk runs all steps again",
        Inherent("is a walk of its own"),
    ),
    trap(
        "AS10",
        "a canary that never becomes ready keeps its weight",
        Avoided("`progressDeadlineAbort: true`", RANDOM),
    ),
    trap(
        "AS11",
        "steps that end below 100 jump to 100",
        Avoided(
            "a plan whose last leg is below 100 % is refused",
            "what_a_target_cannot_do_is_said_at_the_statement",
        ),
    ),
    trap(
        "AS12",
        "`pause: {duration: 0}` does not wait, `pause: {}` waits for ever",
        Avoided(
            "a hold of nothing is no step, and a pause without end stands for `approve` alone",
            RANDOM,
        ),
    ),
    trap(
        "AS13",
        "`managedRoutes` are taken away, a hand-made one too",
        Avoided(
            "they are named `switchback-...`, and a route of the manifest is never listed",
            RANDOM,
        ),
    ),
    trap(
        "AS14",
        "without a router the weight is the share of the pods, rounded",
        Avoided(
            "a share that is no whole number of pods is refused (TR05)",
            "without_a_router_only_shares_of_pods_are_given",
        ),
    ),
    trap(
        "AS15",
        "the Service of the new version leads to pods before they are ready",
        Inherent("leads to the new pods before they are ready"),
    ),
    trap(
        "AS16",
        "a look that neither passes nor fails stops the rollout until somebody acts",
        Avoided(
            "what does not pass fails, unless the plan says `pause`",
            "a_look_without_exactly_one_number_never_passes",
        ),
    ),
    trap(
        "AS17",
        "`replicaProgressThreshold` as a step is pruned, and the step is empty then",
        Avoided("never written; empty steps are looked for", RANDOM),
    ),
    trap(
        "AS18",
        "unknown fields are pruned without a word",
        Avoided(
            "documents are valid with unknown fields refused",
            "every_example_is_valid_and_walks_its_plan",
        ),
    ),
    trap(
        "AS19",
        "a judgement behind the switch is cut short when the old stack goes",
        Avoided(
            "the old stack stays for the hold and for what `retire ... after` adds",
            RANDOM,
        ),
    ),
    trap(
        "AS20",
        "blue-green behind an AWS load balancer loses requests",
        Avoided(
            "behind a router the switch is a weight of 100 %",
            "behind_a_load_balancer_a_switch_is_a_weight",
        ),
    ),
    trap(
        "AS21",
        "ConfigMaps and Secrets do not go back",
        Inherent("what ConfigMaps and Secrets hold does not go back"),
    ),
    trap(
        "AS22",
        "a Rollout knows nothing of another one",
        Inherent("a Rollout knows nothing of another one"),
    ),
];

const fn trap(code: &'static str, what: &'static str, handled: Handled) -> Trap {
    Trap {
        code,
        what,
        handled,
    }
}

/// The table as `docs/argo.md` has it.
pub fn argo_traps() -> String {
    let mut out = String::from(
        "# Argo Rollouts: what is accepted and dangerous\n\n\
         Written from the table in `src/platform/argo_traps.rs`; change that, not this file. A trap is \
         avoided by what `build` writes, or seen only across two builds, or cannot be turned off and is \
         said in the runbook. Tests are in `tests/argo.rs`, `tests/argo/` and `tests/emit.rs`.\n\n\
         | | what happens | what becomes of it | shown by |\n| --- | --- | --- | --- |\n",
    );
    for trap in TRAPS {
        let (how, shown) = match trap.handled {
            Avoided(how, test) => (format!("avoided: {how}"), format!("`{test}`")),
            TwoRevisions(how, test) => (format!("across two builds: {how}"), format!("`{test}`")),
            Inherent(said) => (
                format!("inherent: the runbook says \"{said}\""),
                "`the_runbook_says_what_no_field_turns_off`".to_string(),
            ),
        };
        let _ = writeln!(out, "| {} | {} | {how} | {shown} |", trap.code, trap.what);
    }
    out
}
