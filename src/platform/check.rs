//! What a plan asks for and its target cannot do, each at the statement that asks.

use crate::diagnostic::{Diagnostic, Findings, Rule};
use crate::model::{
    Action, Chain, CohortTest, Model, Outcome, Plan, ProviderKind, Step, Sticky, Target,
    TargetKind, Then,
};
use crate::source::{Span, Spanned};
use crate::units::Percent;

use super::requests;
use super::rules::{
    NO_JUDGE, NO_WEIGHTS, REVISION_COLLECTED, TARGET_CANNOT_CARRY, WEIGHT_UNREALISABLE,
};
use super::table::{Carry, Platform, Share, Walker, platform};

/// The steps of a plan in three parts: what stands before the walk, the walk, and what stands below
/// `no return`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk {
    /// The first step that shows the new version to anybody or anything, or starts its pods; the
    /// number of steps when none does.
    pub first: usize,
    /// One past the last step of the walk: the one above `no return`.
    pub end: usize,
}

/// Where the walk of a plan begins and ends.
pub fn walk(plan: &Plan) -> Walk {
    let end = plan
        .no_return
        .as_ref()
        .map_or(plan.steps.len(), |line| line.above.min(plan.steps.len()));
    let first = plan
        .legs
        .iter()
        .find(|leg| {
            let live = &leg.exposure;
            live.is_exposed()
                || live.mirror > Percent::ZERO
                || live.preview
                || live.replicas.is_some()
        })
        .map_or(end, |leg| leg.step.min(end));
    Walk { first, end }
}

/// Whether the target can end a wait for the approval of a step.
pub fn limits_approvals(plan: &Plan, target: &Target, step: usize) -> bool {
    let walk = walk(plan);
    let outside = step < walk.first || step >= walk.end;
    let carries = |kind: TargetKind| platform(kind).features.approve_limit == Carry::Yes;
    outside || target.kind.is_none_or(|kind| carries(kind.value))
}

/// What `target` cannot carry of `plan`. Empty where either could not be read: that was reported.
pub fn check(model: &Model, plan: &Plan, target: &Target) -> Findings {
    let Some(kind) = target.kind else {
        return Findings::new();
    };
    if plan.incomplete || target.incomplete {
        return Findings::new();
    }
    let mut check = Check {
        model,
        plan,
        target,
        kind_span: kind.span,
        row: platform(kind.value),
        walk: walk(plan),
        findings: Findings::new(),
        unrealisable: Vec::new(),
    };
    check.router();
    check.judge();
    let mut last = Percent::ZERO;
    for (index, step) in plan.steps.iter().enumerate() {
        check.step(index, step, &mut last);
    }
    check.whole();
    check.findings
}

struct Check<'a> {
    model: &'a Model,
    plan: &'a Plan,
    target: &'a Target,
    kind_span: Span,
    row: &'static Platform,
    walk: Walk,
    findings: Findings,
    /// Shares that the numbers of pods cannot give.
    unrealisable: Vec<Spanned<Percent>>,
}

impl Check<'_> {
    fn report(
        &mut self,
        rule: &'static Rule,
        at: Span,
        message: String,
        help: &str,
        step: Option<&Step>,
    ) {
        let kind = self.row.kind.word();
        let mut found = Diagnostic::new(rule, at, message)
            .also(
                self.kind_span,
                format!("target `{}` is of kind `{kind}`", self.target.name.value),
            )
            .help(help);
        if let Some(origin) = step.and_then(|step| step.origin.as_ref()) {
            found = found.also(
                origin.used,
                format!("taken over from `{}` here", origin.strategy),
            );
        }
        self.findings.push(found);
    }

    /// Reports `what` unless the platform does it.
    fn need(&mut self, cell: Carry, what: &str, at: Span, step: Option<&Step>) {
        let title = self.row.title;
        match cell {
            Carry::Yes => {}
            Carry::With(routers) => {
                let router = self.target.router.as_ref();
                if router.is_some_and(|(kind, _)| routers.contains(&kind.value.as_str())) {
                    return;
                }
                let list: Vec<String> = routers.iter().map(|name| format!("`{name}`")).collect();
                let message = match router {
                    Some((kind, _)) => {
                        format!("{title} cannot {what} with the router `{}`", kind.value)
                    }
                    None => format!("{title} cannot {what} without a router"),
                };
                let help = format!(
                    "name one of these routers in the target: {}; for example `router {} \"NAME\"`",
                    list.join(", "),
                    routers.first().copied().unwrap_or_default(),
                );
                self.report(&TARGET_CANNOT_CARRY, at, message, &help, step);
            }
            Carry::No(instead) => {
                self.report(
                    &TARGET_CANNOT_CARRY,
                    at,
                    format!("{title} cannot {what}"),
                    instead,
                    step,
                );
            }
        }
    }

    /// Subsets are something of Istio.
    fn router(&mut self) {
        let (Some(rule), Some((router, _))) = (&self.target.destination_rule, &self.target.router)
        else {
            return;
        };
        if router.value != "istio" {
            let message = format!("the router `{}` has no DestinationRule", router.value);
            let help = "leave `destination-rule` out, or write `router istio`";
            self.report(&TARGET_CANNOT_CARRY, rule.span, message, help, None);
        }
    }

    /// Somebody has to judge what is watched, and be able to ask.
    fn judge(&mut self) {
        let plan = self.plan;
        let step = plan.steps.iter().find(|step| !step.watch.is_empty());
        let at = step
            .and_then(|step| step.watch_span)
            .or_else(|| plan.throughout.first().map(|gate| gate.span));
        let Some(at) = at else {
            return;
        };
        if !self.row.judges {
            if self.target.gates_by.is_none() {
                let message = format!(
                    "nobody judges these gates: {} asks no metric",
                    self.row.title
                );
                self.report(
                    &NO_JUDGE,
                    at,
                    message,
                    "write `gates by pipeline` in the target, or `gates by hand` if a person looks",
                    step,
                );
            }
            return;
        }
        let mut seen = Vec::new();
        let watched = plan
            .steps
            .iter()
            .flat_map(|step| step.watch.iter().map(move |gate| (gate, Some(step))));
        for (gate, step) in watched.chain(plan.throughout.iter().map(|gate| (gate, None))) {
            if seen.contains(&gate.value) {
                continue;
            }
            seen.push(gate.value);
            let provider = self
                .model
                .gates
                .get(gate.value)
                .and_then(|gate| self.model.providers.get(gate.provider?));
            if let Some(provider) = provider
                && provider.kind == Some(ProviderKind::CloudMonitoring)
                && self.row.walker == Walker::Engine
            {
                let message = format!("{} cannot ask Cloud Monitoring", self.row.title);
                let help = "declare the Prometheus frontend of Cloud Monitoring: \
                            `provider prometheus { address \"http://frontend:9090\" }`";
                self.report(&TARGET_CANNOT_CARRY, gate.span, message, help, step);
            }
        }
    }

    fn step(&mut self, index: usize, step: &Step, last: &mut Percent) {
        let can = self.row.features;
        let owner = Some(step);
        if let Some(domain) = step.domains.as_ref().and_then(|domains| domains.first()) {
            let what = format!("limit a step to `{}`", domain.value);
            self.need(can.domains, &what, domain.span, owner);
        }
        if let Some(after) = step.after.first()
            && index > self.walk.first
            && index < self.walk.end
        {
            self.need(
                can.after,
                "wait for a step of another plan",
                after.span,
                owner,
            );
        }
        if let Some(approval) = &step.approval {
            self.need(can.approve, "wait for an approval", approval.span, owner);
            if let Some(limit) = &approval.limit
                && index >= self.walk.first
                && index < self.walk.end
            {
                self.need(
                    can.approve_limit,
                    "end a wait for an approval",
                    limit.span,
                    owner,
                );
            }
        }
        for action in &step.actions {
            self.action(index, action, last, step);
            for (at, message, help) in requests::faults(self.model, self.row, action) {
                self.report(&TARGET_CANNOT_CARRY, at, message, help, owner);
            }
        }
        let walked = index >= self.walk.first && index < self.walk.end;
        for job in step.runs.iter().filter(|_| walked) {
            let (cell, what) = match job.image {
                Some(_) => (can.run_image, "run a job between its steps"),
                None => (can.run_command, "run a command between its steps"),
            };
            self.need(cell, what, job.span, owner);
        }
        for edge in step.edges.iter().filter(|_| walked) {
            match (&edge.then, edge.outcome) {
                (Then::Goto(..), _) => {
                    self.need(can.goto, "go to an earlier step", edge.span, owner)
                }
                (Then::Pause(_), Outcome::Failure) => {
                    self.need(
                        can.pause_failed,
                        "stay when a gate has failed",
                        edge.span,
                        owner,
                    );
                }
                (Then::Pause(Some(_)), _) => {
                    self.need(can.pause_limit, "go back after a pause", edge.span, owner);
                }
                (Then::Pause(None), _) => self.need(can.pause, "pause", edge.span, owner),
                (Then::Continue, Outcome::NoData) => {
                    self.need(can.continue_blind, "go on without data", edge.span, owner);
                }
                (Then::Weight(share), Outcome::Success) => {
                    self.need(
                        can.split,
                        "go on with a weight of its own",
                        edge.span,
                        owner,
                    );
                    self.share(*share, step);
                }
                (Then::Weight(_), _) => {
                    self.need(
                        can.choose,
                        "choose a weight by an outcome",
                        edge.span,
                        owner,
                    );
                }
                (Then::Rollback | Then::Continue, _) => {}
            }
        }
        if let Some(channel) = step.notify.first() {
            self.need(can.notify, "tell a channel", channel.span, owner);
        }
    }

    fn action(&mut self, index: usize, action: &Spanned<Action>, last: &mut Percent, step: &Step) {
        let can = self.row.features;
        let at = action.span;
        let owner = Some(step);
        match &action.value {
            Action::Weight(chain) => self.weights(chain, last, step),
            Action::Split(share) => {
                self.need(can.split, "run an experiment", at, owner);
                self.share(*share, step);
                *last = share.value;
            }
            Action::Replicas(_) => self.need(
                can.replicas,
                "size the new version apart from its weight",
                at,
                owner,
            ),
            Action::Rolling { batches, hold } => {
                self.need(can.rolling, "replace in place", at, owner);
                if (batches.is_some() || hold.is_some()) && can.rolling == Carry::Yes {
                    self.need(can.batches, "hold between batches", at, owner);
                }
            }
            Action::Preview(true) => self.need(
                can.preview,
                "keep a second stack without traffic",
                at,
                owner,
            ),
            Action::Switch => self.need(can.preview, "switch between two stacks", at, owner),
            Action::Mirror(Some(_)) => self.need(can.mirror, "mirror requests", at, owner),
            Action::RouteHeader(..) => self.need(can.header, "route by a header", at, owner),
            Action::RouteCohorts(cohorts) => {
                for cohort in cohorts {
                    let test = self
                        .model
                        .cohorts
                        .get(cohort.value)
                        .and_then(|cohort| cohort.test.as_ref());
                    let (cell, what) = match test {
                        Some(CohortTest::Cookie(..)) => (can.cookie, "route by a cookie"),
                        Some(CohortTest::Country(codes, _)) if codes.len() > 1 => {
                            (can.pattern, "route by several values of a header")
                        }
                        _ => (can.header, "route by a header"),
                    };
                    self.need(cell, what, cohort.span, owner);
                }
            }
            Action::Sticky(Some(Sticky::Cookie(_))) => {
                self.need(
                    can.sticky_cookie,
                    "keep a user by a cookie of yours",
                    at,
                    owner,
                );
            }
            Action::Sticky(Some(Sticky::Header(_))) => {
                self.need(can.sticky_header, "keep a user by a header", at, owner);
            }
            Action::Sticky(Some(Sticky::Ip)) => {
                self.need(can.sticky_ip, "keep a user by address", at, owner)
            }
            Action::Flag(..) => self.need(can.flag, "open a flag", at, owner),
            Action::Push(..) => self.need(can.push, "push configuration", at, owner),
            Action::Migrate(..) | Action::Backfill(..) => {
                if index >= self.walk.first && index < self.walk.end {
                    self.need(
                        can.stage_between,
                        "change a database between its steps",
                        at,
                        owner,
                    );
                }
            }
            Action::Retire(..)
            | Action::Preview(false)
            | Action::Mirror(None)
            | Action::RouteOff
            | Action::Sticky(None) => {}
        }
    }

    fn weights(&mut self, chain: &Chain, last: &mut Percent, step: &Step) {
        for share in &chain.values {
            self.share(*share, step);
            if share.value < *last {
                let what = format!("go down from {last} to {}", share.value);
                self.need(self.row.features.falling, &what, share.span, Some(step));
            }
            *last = share.value;
        }
    }

    /// Whether the platform can give that share.
    fn share(&mut self, share: Spanned<Percent>, step: &Step) {
        let router = self.target.router.is_some();
        let title = self.row.title;
        let parts = match self.row.share {
            Share::Parts(parts) => parts,
            Share::RouterOrPods(parts) | Share::Router(parts) if router => parts,
            Share::RouterOrPods(_) => return self.share_of_pods(share, step),
            Share::Router(_) | Share::None => {
                let message = match self.row.share {
                    Share::None => format!("{title} cannot split traffic by weight"),
                    _ => format!("{title} cannot split traffic without a router"),
                };
                let help = match self.row.share {
                    Share::None => {
                        "write `rolling`, or name a target with a router, such as gateway-api or istio"
                    }
                    _ => "name its router in the target: `router istio \"NAME\"`",
                };
                return self.report(&NO_WEIGHTS, share.span, message, help, Some(step));
            }
        };
        if !share.value.ppm().is_multiple_of(parts) {
            let unit = Percent::from_ppm(parts);
            let below = share.value.ppm() / parts * parts;
            let nearest = Percent::from_ppm(below.max(parts));
            let message = format!(
                "{title} cannot give {}: it counts in steps of {unit}",
                share.value
            );
            let help =
                format!("write `{nearest}`, or name a target of kind envoy, istio or gateway-api");
            self.report(&NO_WEIGHTS, share.span, message, &help, Some(step));
        }
    }

    /// Without a router the share is that of the pods.
    fn share_of_pods(&mut self, share: Spanned<Percent>, step: &Step) {
        let title = self.row.title;
        let replicas = self
            .plan
            .rolls
            .first()
            .and_then(|roll| self.model.services.get(roll.service)?.replicas());
        if share.value == Percent::ZERO || share.value == Percent::FULL {
            return;
        }
        let router = "name a router in the target: `router gateway-api \"NAME\"`";
        match replicas {
            Some(count)
                if (u128::from(share.value.ppm()) * u128::from(count.value))
                    .is_multiple_of(1_000_000) => {}
            Some(_) => self.unrealisable.push(share),
            None => {
                let message = format!(
                    "{title} splits by pods without a router, and their number is not known"
                );
                self.report(&NO_WEIGHTS, share.span, message, router, Some(step));
            }
        }
    }

    /// One finding for all shares that are no whole number of pods, with what they would be.
    fn pods(&mut self) {
        let replicas = self
            .plan
            .rolls
            .first()
            .and_then(|roll| self.model.services.get(roll.service)?.replicas());
        let (Some(first), Some(replicas)) = (self.unrealisable.first().copied(), replicas) else {
            return;
        };
        let count = replicas.value;
        let row = |share: Percent| {
            let pods = pods_of(share, count);
            let actual = pods.saturating_mul(1_000_000).checked_div(count);
            let actual = Percent::from_ppm(actual.unwrap_or(0));
            format!("{share} asked for: {pods} of {count} pods, {actual}")
        };
        let title = self.row.title;
        let message = match count {
            0 | 1 => format!(
                "{title} cannot give {} of {count} pod: without a router the share is that of the pods",
                first.value
            ),
            _ => format!(
                "{title} cannot give {} of {count} pods: without a router the share is that of the pods",
                first.value
            ),
        };
        let unit = 100u64.checked_div(count).unwrap_or(100).max(1);
        let mut found = Diagnostic::new(&WEIGHT_UNREALISABLE, first.span, message)
            .also(replicas.span, format!("{count} replicas"))
            .also(
                self.kind_span,
                format!("target `{}` has no router", self.target.name.value),
            )
            .help(format!(
                "name a router in the target: `router gateway-api \"NAME\"`, or write shares that {count} pods can give, such as {}",
                match count {
                    0 | 1 => "100%, or more replicas".to_string(),
                    _ => format!("about {unit}% for each pod"),
                },
            ));
        found = found.here(row(first.value));
        for share in self.unrealisable.iter().skip(1) {
            found = found.also(share.span, row(share.value));
        }
        self.findings.push(found);
    }

    /// The way back of a controller of ReplicaSets is a revision that it keeps.
    fn collected(&mut self) {
        let keeps = matches!(
            self.row.kind,
            TargetKind::ArgoRollouts | TargetKind::Kubernetes | TargetKind::KruiseRollouts
        );
        for roll in self.plan.rolls.iter().filter(|_| keeps) {
            let service = self.model.services.get(roll.service);
            let limit = service.and_then(|service| service.facts()?.revision_history_limit);
            let Some(limit) = limit.filter(|limit| limit.value == 0) else {
                continue;
            };
            let message = format!(
                "version `{}` is thrown away as soon as it has no pods: there is no revision to go back to",
                roll.from_id.value
            );
            let found = Diagnostic::new(&REVISION_COLLECTED, limit.span, message)
                .here("keeps none")
                .also(roll.span, "this plan goes back to it")
                .help(
                    "write at least `revisionHistoryLimit: 1`, or leave it out: 10 are kept then",
                );
            self.findings.push(found);
        }
    }

    /// What only the plan as a whole shows.
    fn whole(&mut self) {
        self.pods();
        self.collected();
        for rollback in &self.plan.rollbacks {
            if let Some(action) = rollback.body.first() {
                self.need(
                    self.row.features.rollback_body,
                    "go back in steps of its own",
                    action.span,
                    None,
                );
            }
        }
        let legs: Vec<_> = self
            .plan
            .legs
            .iter()
            .filter(|leg| leg.step >= self.walk.first && leg.step < self.walk.end)
            .collect();
        let Some(last) = legs.last() else {
            return;
        };
        if self.row.ends_full
            && !self.plan.rolls.is_empty()
            && last.exposure.weight() != Percent::FULL
        {
            let message = format!(
                "{} goes on to 100% when its steps end, and this one ends at {}",
                self.row.title,
                last.exposure.weight(),
            );
            let step = self.plan.steps.get(last.step);
            let help = "add a last step: `step full { weight 100%; hold 1h; watch errors }`";
            self.report(&TARGET_CANNOT_CARRY, last.span, message, help, step);
        }
        if let Some(most) = self.row.max_steps
            && let Some(leg) = legs.get(most)
        {
            let message = format!(
                "{} takes {most} steps at most, and this is one more",
                self.row.title
            );
            let step = self.plan.steps.get(leg.step);
            self.report(
                &TARGET_CANNOT_CARRY,
                leg.span,
                message,
                "write fewer legs",
                step,
            );
        }
    }
}

/// The pods that are nearest to a share of `count`: at least one, and not all of them where there is
/// more than one, as Argo Rollouts rounds them.
pub fn pods_of(share: Percent, count: u64) -> u64 {
    let exact = u128::from(share.ppm()) * u128::from(count);
    let nearest = u64::try_from((exact + 500_000) / 1_000_000).unwrap_or(count);
    nearest.clamp(1, count.saturating_sub(1).max(1))
}
