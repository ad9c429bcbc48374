//! The rules of platforms.

use crate::diagnostic::Rule;

/// A watched plan on a target that cannot judge, and nobody named who does.
pub static NO_JUDGE: Rule = Rule {
    name: "no-judge",
    code: "PL01",
    summary: "somebody judges the gates of a watched plan",
    why: "Cloud Run, the Gateway API, plain Deployments and proxies move traffic, but ask no \
          metric: a bad version stays where it is until a person notices. `gates by pipeline` lets \
          a pipeline judge between the legs and go back; `gates by hand` says that a person does.",
    failing: "service web {\n  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\ngate errors {\n  query \"sum(rate(errors[5m]))\"\n  expect value < 1\n  every 1m for 10m\n}\nplan web-2 {\n  roll web from 1 to 2\n  on target edge\n  step canary {\n    weight 5%\n    hold 30m\n    watch errors\n  }\n}\ntarget edge { kind envoy }\n",
    passing: "service web {\n  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\ngate errors {\n  query \"sum(rate(errors[5m]))\"\n  expect value < 1\n  every 1m for 10m\n}\nplan web-2 {\n  roll web from 1 to 2\n  on target edge\n  step canary {\n    weight 5%\n    hold 30m\n    watch errors\n  }\n}\ntarget edge { kind envoy; gates by pipeline; listen \"0.0.0.0:8080\"; upstream 1 \"web-1:8080\"; upstream 2 \"web-2:8080\" }\n",
    ..Rule::SHAPE
};

/// A share that the target cannot give.
pub static NO_WEIGHTS: Rule = Rule {
    name: "no-weights",
    code: "PL02",
    summary: "the target can give every share that the plan asks for",
    why: "A plain Service spreads requests over pods, and most routers count in whole percents. A \
          share that cannot be given becomes another one, and more users than planned meet the new \
          version.",
    failing: "service web {\n  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\nplan web-2 {\n  roll web from 1 to 2\n  on target run\n  step canary { weight 0.5%; hold 30m }\n}\ntarget run { kind cloud-run }\n",
    passing: "service web {\n  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\nplan web-2 {\n  roll web from 1 to 2\n  on target run\n  step canary { weight 1%; hold 30m }\n}\ntarget run { kind cloud-run }\n",
    ..Rule::SHAPE
};

/// A share that is no whole number of pods, where pods are what is counted.
pub static WEIGHT_UNREALISABLE: Rule = Rule {
    name: "weight-unrealisable",
    code: "TR05",
    summary: "the share that is written is the share that is given",
    why: "Without a router the share of the traffic is the share of the pods: with ten of them, 5% \
          is one pod and 10% of the users, and with one there is no canary at all. What the proofs \
          say of the written share does not hold for the one that is given, so this is an error.",
    failing: "service web {\n  replicas 10\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\nplan web-2 {\n  roll web from 1 to 2\n  on target prod\n  step canary { weight 5%; hold 30m; allow step-without-gate because \"an example\" }\n  step full { weight 100%; hold 30m }\n}\ntarget prod { kind argo-rollouts }\n",
    passing: "service web {\n  replicas 10\n  ready http \"/ready\"\n  live http \"/health\"\n  drain 20s\n  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\nplan web-2 {\n  roll web from 1 to 2\n  on target prod\n  step canary { weight 10%; hold 30m; allow step-without-gate because \"an example\" }\n  step full { weight 100%; hold 30m }\n}\ntarget prod { kind argo-rollouts }\n",
    ..Rule::SHAPE
};

/// A statement that the target cannot carry out.
pub static TARGET_CANNOT_CARRY: Rule = Rule {
    name: "target-cannot-carry",
    code: "PL04",
    summary: "the target can do what each statement of the plan asks for",
    why: "What a platform cannot do would be left out, or done in another way, by the configuration \
          that is built for it; the plan that was proved would not be the one that runs.",
    failing: "service web {\n  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\nplan web-2 {\n  roll web from 1 to 2\n  on target run\n  step shadow { mirror 10%; hold 30m }\n}\ntarget run { kind cloud-run }\n",
    passing: "service web {\n  version 1 { image \"registry.example.com/web@sha256:1111111111111111111111111111111111111111111111111111111111111111\" }\n  version 2 { image \"registry.example.com/web@sha256:2222222222222222222222222222222222222222222222222222222222222222\" }\n}\nplan web-2 {\n  roll web from 1 to 2\n  on target edge\n  step shadow { mirror 10%; hold 30m }\n}\ntarget edge { kind envoy; listen \"0.0.0.0:8080\"; upstream 1 \"web-1:8080\"; upstream 2 \"web-2:8080\" }\n",
    ..Rule::SHAPE
};

/// A way back whose revision is thrown away.
pub static REVISION_COLLECTED: Rule = Rule {
    name: "revision-collected",
    code: "RB05",
    summary: "the revision to go back to is kept",
    why: "A Deployment or a Rollout goes back to the pod template of an older ReplicaSet. With \
          `revisionHistoryLimit: 0` that ReplicaSet is deleted when it has no pods any more, and \
          `undo` finds nothing.",
    ..Rule::SHAPE
};

/// A target that `build` has no files for yet.
pub static TARGET_NOT_BUILT: Rule = Rule {
    name: "target-not-built",
    code: "PL05",
    summary: "`build` can write the files of the target",
    why: "The platform is known, and plans are checked against what it can do, but no files are \
          written for it yet.",
    ..Rule::SHAPE
};

/// All rules of this room.
pub static RULES: &[&Rule] = &[
    &NO_JUDGE,
    &NO_WEIGHTS,
    &WEIGHT_UNREALISABLE,
    &REVISION_COLLECTED,
    &TARGET_CANNOT_CARRY,
    &TARGET_NOT_BUILT,
];
