//! The table: a row for each platform.
//!
//! Read in the platforms' own source and documentation; a cell that is not sure says no.

use crate::model::TargetKind;

use Carry::{No, With, Yes};

/// Whether a platform does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carry {
    /// It does.
    Yes,
    /// It does behind one of these routers.
    With(&'static [&'static str]),
    /// It does not; the text says what would work, as an order: "write `rolling`".
    No(&'static str),
}

/// Who walks the legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walker {
    /// A controller of the platform, from one document.
    Engine,
    /// Whoever applies one leg's files after the other: a pipeline, or a person.
    Pipeline,
}

/// Which shares of the traffic it can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Multiples of so many parts in a million.
    Parts(u64),
    /// Multiples of so many parts in a million behind a router, else what the numbers of pods give.
    RouterOrPods(u64),
    /// Multiples of so many parts in a million behind a router, else none.
    Router(u64),
    /// None: all or nothing.
    None,
}

/// Which headers it can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderNames {
    /// All that HTTP allows.
    All,
    /// Those of letters, digits and `-`; others are dropped before anything sees them.
    Plain,
}

/// What it does with the statements that not every platform can carry.
#[derive(Clone, Copy, Debug)]
pub struct Features {
    /// A smaller weight after a larger one.
    pub falling: Carry,
    /// `replicas N`, and a size apart from the weight.
    pub replicas: Carry,
    /// `rolling`
    pub rolling: Carry,
    /// `rolling batches`, with or without holds.
    pub batches: Carry,
    /// `preview` and `switch`
    pub preview: Carry,
    /// `mirror`
    pub mirror: Carry,
    /// `route` by a header's value.
    pub header: Carry,
    /// `route` by one of several values of a header.
    pub pattern: Carry,
    /// `route` by a cookie's value.
    pub cookie: Carry,
    /// `sticky by cookie`
    pub sticky_cookie: Carry,
    /// `sticky by header`
    pub sticky_header: Carry,
    /// `sticky by ip`
    pub sticky_ip: Carry,
    /// `split`, and what follows when the experiment succeeds.
    pub split: Carry,
    /// `on ... weight` of any other outcome.
    pub choose: Carry,
    /// `flag`
    pub flag: Carry,
    /// `push`
    pub push: Carry,
    /// `in DOMAIN`
    pub domains: Carry,
    /// `approve`
    pub approve: Carry,
    /// `approve ... within`
    pub approve_limit: Carry,
    /// `run ... image`
    pub run_image: Carry,
    /// `run ... command`
    pub run_command: Carry,
    /// `migrate` and `backfill` between the first exposure and `no return`.
    pub stage_between: Carry,
    /// `after PLAN.STEP` once something is exposed.
    pub after: Carry,
    /// `on ... pause` without a limit.
    pub pause: Carry,
    /// `on ... pause within`
    pub pause_limit: Carry,
    /// `on failure pause`: staying though a gate has failed.
    pub pause_failed: Carry,
    /// `on ... goto`
    pub goto: Carry,
    /// `on no-data continue`
    pub continue_blind: Carry,
    /// `rollback { ... }`, changes in place of the derived way.
    pub rollback_body: Carry,
    /// `notify`
    pub notify: Carry,
}

/// One platform.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    /// Which.
    pub kind: TargetKind,
    /// What people call it.
    pub title: &'static str,
    /// Whether `build` writes files for it.
    pub built: bool,
    /// Who walks the legs.
    pub walker: Walker,
    /// Whether it judges gates by itself.
    pub judges: bool,
    /// The shares that it can give.
    pub share: Share,
    /// The most steps of one walk.
    pub max_steps: Option<usize>,
    /// Whether it goes to 100 % when its steps end, whatever the last one says.
    pub ends_full: bool,
    /// Which headers it can read.
    pub header_names: HeaderNames,
    /// What it does.
    pub features: Features,
}

const FLAG: Carry = No("give the flag a plan of its own, which names no target");
const PUSH: Carry = No("give the configuration a plan of its own, which names no target");
const DOMAINS: Carry = No("declare a target for each failure domain, and a plan for each of them");
const ROUTER: Carry = With(&["gateway-api", "istio", "nginx-ingress", "alb"]);
const PROXY: &str = "name a target with a proxy in front: envoy, istio or gateway-api";
const ROLLING: Carry = No("write `rolling` on a target of kind kubernetes");
const ENGINE_AFTER: Carry = No(
    "move `after` to the first step, or name a target that a pipeline walks: `gates by pipeline`",
);
const ENGINE_STAGE: Carry =
    No("move it above the first step that exposes something, or below `no return`");
const BODY: Carry = No("write `rollback within TIME` without a body: it goes back at once");
const NOTIFY: Carry = No("leave it out, and subscribe to the platform's own notifications");

/// A platform without a walk of its own: whoever applies the legs does what lies between them.
const PIPELINE: Features = Features {
    falling: Yes,
    replicas: No("set the size in the manifest"),
    rolling: ROLLING,
    batches: ROLLING,
    preview: Yes,
    mirror: No(PROXY),
    header: No(PROXY),
    pattern: No(PROXY),
    cookie: No(PROXY),
    sticky_cookie: No(PROXY),
    sticky_header: No(PROXY),
    sticky_ip: No(PROXY),
    split: Yes,
    choose: Yes,
    flag: FLAG,
    push: PUSH,
    domains: DOMAINS,
    approve: Yes,
    approve_limit: Yes,
    run_image: Yes,
    run_command: Yes,
    stage_between: Yes,
    after: Yes,
    pause: Yes,
    pause_limit: Yes,
    pause_failed: Yes,
    goto: Yes,
    continue_blind: Yes,
    rollback_body: Yes,
    notify: No("leave it out, and let the pipeline tell whom it should"),
};

/// A proxy that can match everything in a request.
const PROXIED: Features = Features {
    mirror: Yes,
    header: Yes,
    pattern: Yes,
    cookie: Yes,
    sticky_cookie: Yes,
    sticky_header: Yes,
    sticky_ip: Yes,
    ..PIPELINE
};

/// A controller that walks its own steps.
const ENGINE: Features = Features {
    falling: Yes,
    replicas: Yes,
    choose: No("write `rollback`: this platform chooses no weight by an outcome but success"),
    approve_limit: No("write `approve by` without `within`: a pause of this platform has no limit"),
    run_command: No("name an image instead: `run NAME image IMAGE`"),
    stage_between: ENGINE_STAGE,
    after: ENGINE_AFTER,
    pause_limit: No(
        "leave `within` out, or write `rollback`: a pause of this platform has no limit",
    ),
    pause_failed: No("write `rollback`: this platform goes back when a gate has failed"),
    goto: No("write `rollback`: this platform cannot go to an earlier step"),
    continue_blind: No("write `rollback`: a gate without data must not pass"),
    rollback_body: BODY,
    notify: NOTIFY,
    ..PIPELINE
};

/// All platforms, in the order of [`TargetKind::ALL`].
static PLATFORMS: [Platform; 13] = [
    Platform {
        kind: TargetKind::ArgoRollouts,
        title: "Argo Rollouts",
        built: true,
        walker: Walker::Engine,
        judges: true,
        share: Share::RouterOrPods(10_000),
        max_steps: None,
        ends_full: true,
        header_names: HeaderNames::All,
        features: Features {
            replicas: ROUTER,
            mirror: With(&["istio"]),
            header: With(&["istio", "alb", "gateway-api"]),
            pattern: With(&["istio", "gateway-api"]),
            sticky_cookie: No(
                "name a target of kind envoy or nginx: a Rollout keeps nobody by a cookie",
            ),
            sticky_header: No("name a target of kind envoy or nginx"),
            sticky_ip: No("name a target of kind envoy or nginx"),
            split: ROUTER,
            ..ENGINE
        },
    },
    Platform {
        kind: TargetKind::CloudRun,
        title: "Cloud Run",
        built: true,
        walker: Walker::Pipeline,
        judges: false,
        share: Share::Parts(10_000),
        max_steps: None,
        ends_full: false,
        header_names: HeaderNames::All,
        features: Features {
            sticky_cookie: No(
                "set `run.googleapis.com/sessionAffinity` in the manifest: Cloud Run uses a cookie of its own",
            ),
            replicas: No("set minimum instances in the manifest"),
            rolling: No("write `weight`: Cloud Run replaces whole revisions"),
            batches: No("write `weight`: Cloud Run replaces whole revisions"),
            ..PIPELINE
        },
    },
    Platform {
        kind: TargetKind::GatewayApi,
        title: "the Gateway API",
        built: true,
        walker: Walker::Pipeline,
        judges: false,
        share: Share::Parts(1),
        max_steps: None,
        ends_full: false,
        header_names: HeaderNames::All,
        features: Features {
            mirror: Yes,
            header: Yes,
            pattern: Yes,
            ..PIPELINE
        },
    },
    Platform {
        kind: TargetKind::Envoy,
        title: "Envoy",
        built: true,
        walker: Walker::Pipeline,
        judges: false,
        share: Share::Parts(1),
        max_steps: None,
        ends_full: false,
        header_names: HeaderNames::All,
        features: PROXIED,
    },
    Platform {
        kind: TargetKind::Nginx,
        title: "NGINX",
        built: true,
        walker: Walker::Pipeline,
        judges: false,
        share: Share::Parts(100),
        max_steps: None,
        ends_full: false,
        header_names: HeaderNames::Plain,
        features: PROXIED,
    },
    Platform {
        kind: TargetKind::Flagger,
        title: "Flagger",
        built: false,
        walker: Walker::Engine,
        judges: true,
        share: Share::Router(10_000),
        max_steps: None,
        ends_full: true,
        header_names: HeaderNames::All,
        features: Features {
            falling: No("let the weights rise: Flagger stops for ever at one that falls"),
            replicas: No("leave it out: Flagger runs the canary at full size"),
            mirror: With(&["istio", "gateway-api"]),
            header: With(&["istio", "gateway-api", "nginx-ingress"]),
            pattern: With(&["istio", "gateway-api"]),
            cookie: With(&["istio", "nginx-ingress"]),
            sticky_cookie: With(&["istio", "gateway-api"]),
            split: With(&["istio", "gateway-api", "nginx-ingress"]),
            pause: No("write `rollback`: Flagger has no pause"),
            ..ENGINE
        },
    },
    Platform {
        kind: TargetKind::Istio,
        title: "Istio",
        built: false,
        walker: Walker::Pipeline,
        judges: false,
        share: Share::Parts(1),
        max_steps: None,
        ends_full: false,
        header_names: HeaderNames::All,
        features: Features {
            mirror: Yes,
            header: Yes,
            pattern: Yes,
            cookie: Yes,
            sticky_cookie: No("name a target of kind envoy: its hash keeps a user across subsets"),
            sticky_header: No("name a target of kind envoy"),
            sticky_ip: No("name a target of kind envoy"),
            ..PIPELINE
        },
    },
    Platform {
        kind: TargetKind::Kubernetes,
        title: "a Kubernetes Deployment",
        built: false,
        walker: Walker::Pipeline,
        judges: false,
        share: Share::None,
        max_steps: None,
        ends_full: false,
        header_names: HeaderNames::All,
        features: Features {
            replicas: Yes,
            rolling: Yes,
            batches: No("write `rolling` alone: a Deployment does not stop between its batches"),
            split: No("name a target with a router"),
            ..PIPELINE
        },
    },
    Platform {
        kind: TargetKind::CloudDeploy,
        title: "Cloud Deploy",
        built: false,
        walker: Walker::Engine,
        judges: true,
        share: Share::Parts(10_000),
        max_steps: None,
        ends_full: true,
        header_names: HeaderNames::All,
        features: Features {
            falling: No("let the weights rise: percentages of phases do"),
            replicas: No("set the size in the manifest"),
            preview: No("name a target of kind cloud-run"),
            split: No("name a target that a pipeline walks: `gates by pipeline`"),
            pause: No("write `rollback`"),
            ..ENGINE
        },
    },
    Platform {
        kind: TargetKind::Haproxy,
        title: "HAProxy",
        built: false,
        walker: Walker::Pipeline,
        judges: false,
        share: Share::Parts(10_000),
        max_steps: None,
        ends_full: false,
        header_names: HeaderNames::All,
        features: Features {
            mirror: No(
                "name a target of kind envoy or nginx: HAProxy needs an agent of its own for copies",
            ),
            ..PROXIED
        },
    },
    Platform {
        kind: TargetKind::Traefik,
        title: "Traefik",
        built: false,
        walker: Walker::Pipeline,
        judges: false,
        share: Share::Parts(1),
        max_steps: None,
        ends_full: false,
        header_names: HeaderNames::All,
        features: Features {
            sticky_header: No("write `sticky by cookie`"),
            sticky_ip: No("write `sticky by cookie`"),
            ..PROXIED
        },
    },
    Platform {
        kind: TargetKind::KruiseRollouts,
        title: "Kruise Rollouts",
        built: false,
        walker: Walker::Engine,
        judges: false,
        share: Share::RouterOrPods(10_000),
        max_steps: Some(50),
        ends_full: true,
        header_names: HeaderNames::All,
        features: Features {
            falling: No("let the weights rise: the replicas of the steps do"),
            header: With(&["gateway-api", "nginx-ingress", "istio"]),
            pattern: With(&["gateway-api", "istio"]),
            split: No("name a target that a pipeline walks: `gates by pipeline`"),
            ..ENGINE
        },
    },
    Platform {
        kind: TargetKind::Knative,
        title: "Knative",
        built: false,
        walker: Walker::Pipeline,
        judges: false,
        share: Share::Parts(10_000),
        max_steps: None,
        ends_full: false,
        header_names: HeaderNames::All,
        features: PIPELINE,
    },
];

/// The row of a platform.
pub fn platform(kind: TargetKind) -> &'static Platform {
    // every kind has a row, as a test shows; the first row keeps this total
    PLATFORMS
        .iter()
        .find(|row| row.kind == kind)
        .unwrap_or(&PLATFORMS[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_row() {
        for (kind, word) in TargetKind::ALL {
            assert_eq!(platform(kind).kind, kind, "{word}");
        }
        let built: Vec<_> = PLATFORMS
            .iter()
            .filter(|row| row.built)
            .map(|row| row.kind.word())
            .collect();
        assert_eq!(
            built,
            [
                "argo-rollouts",
                "cloud-run",
                "gateway-api",
                "envoy",
                "nginx"
            ]
        );
    }
}
