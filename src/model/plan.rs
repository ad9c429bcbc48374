//! Plans, their steps, and releases.

use std::sync::Arc;

use crate::source::{Span, Spanned};
use crate::units::{Duration, Percent};
use crate::vocabulary::Date;

use super::{Amount, Index, Legs, Origin};

/// The steps of one change.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its name.
    pub name: Spanned<String>,
    /// The whole declaration.
    pub span: Span,
    /// The text of its `##` lines.
    pub doc: Option<Span>,
    /// Something in it could not be read, so nothing may be concluded from what is missing.
    pub incomplete: bool,
    /// The changes of version.
    pub rolls: Vec<Roll>,
    /// The policies that it obeys, `applies to all` included.
    pub obeys: Vec<Spanned<Index>>,
    /// The platforms that carry it out.
    pub targets: Vec<Spanned<Index>>,
    /// Its steps.
    pub steps: Vec<Step>,
    /// The line of no return: above which step it stands.
    pub no_return: Option<NoReturn>,
    /// `rollback`
    pub rollbacks: Vec<Rollback>,
    /// `watch ... throughout`
    pub throughout: Vec<Spanned<Index>>,
    /// `allow` of the plan itself.
    pub allows: Vec<Allow>,
    /// Steps of other plans that it waits for.
    pub after: Vec<StepRef>,
    /// The longest that it may take.
    pub deadline: Option<Spanned<Duration>>,
    /// Its steps as legs.
    pub legs: Legs,
    /// The services that its file can see.
    pub visible_services: Arc<[Index]>,
    /// The gates that its file can see.
    pub visible_gates: Arc<[Index]>,
}

impl Plan {
    /// The gates that judge a step, each once: its own, then those that watch throughout.
    pub fn watched(&self, step: &Step) -> Vec<Index> {
        let mut found: Vec<Index> = Vec::new();
        for gate in step.watch.iter().chain(&self.throughout) {
            if !found.contains(&gate.value) {
                found.push(gate.value);
            }
        }
        found
    }

    /// The way back that counts for a step: the one that names it, else the one for all.
    pub fn rollback_of(&self, step: usize) -> Option<&Rollback> {
        let name = &self.steps.get(step)?.name.value;
        let names = |rollback: &&Rollback| rollback.from.iter().any(|own| own.value == *name);
        let mut all = self.rollbacks.iter();
        self.rollbacks
            .iter()
            .find(names)
            .or_else(|| all.find(|rollback| rollback.from.is_empty()))
    }

    /// Works its legs out again after its steps were changed.
    pub(crate) fn walk_again(&mut self) {
        self.legs = super::legs::legs(&self.steps);
    }
}

/// `roll SERVICE from V to W`.
#[derive(Clone, Debug)]
pub struct Roll {
    /// The service.
    pub service: Index,
    /// The version that runs before, as an index into the service's versions.
    pub from: Option<Index>,
    /// Its id as written.
    pub from_id: Spanned<String>,
    /// The version that runs after.
    pub to: Option<Index>,
    /// Its id as written.
    pub to_id: Spanned<String>,
    /// The statement.
    pub span: Span,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its name.
    pub name: Spanned<String>,
    /// Head of the declaration.
    pub line: Span,
    /// The whole declaration.
    pub span: Span,
    /// The text of its `##` lines.
    pub doc: Option<Span>,
    /// The strategy that it was expanded from.
    pub origin: Option<Arc<Origin>>,
    /// The failure domains that are set, or turned off (empty).
    pub domains: Option<Vec<Spanned<String>>>,
    /// Steps of other plans that it waits for.
    pub after: Vec<StepRef>,
    /// The human who says yes.
    pub approval: Option<Approval>,
    /// The changes in their order.
    pub actions: Vec<Spanned<Action>>,
    /// Jobs that must succeed.
    pub runs: Vec<RunJob>,
    /// How long to stay.
    pub hold: Option<Spanned<Duration>>,
    /// The gates that judge the hold.
    pub watch: Vec<Spanned<Index>>,
    /// The statement that names them.
    pub watch_span: Option<Span>,
    /// What follows when a gate does not pass.
    pub edges: Vec<Edge>,
    /// The longest that it may take.
    pub deadline: Option<Spanned<Duration>>,
    /// Channels to tell.
    pub notify: Vec<Spanned<String>>,
    /// Hazards that are accepted.
    pub allows: Vec<Allow>,
}

impl Step {
    /// A step of that name that does nothing yet.
    pub(crate) fn empty(name: Spanned<String>, line: Span, span: Span) -> Step {
        Step {
            name,
            line,
            span,
            doc: None,
            origin: None,
            domains: None,
            after: Vec::new(),
            approval: None,
            actions: Vec::new(),
            runs: Vec::new(),
            hold: None,
            watch: Vec::new(),
            watch_span: None,
            edges: Vec::new(),
            deadline: None,
            notify: Vec::new(),
            allows: Vec::new(),
        }
    }
}

/// A step of another plan, as written: `PLAN.STEP`.
#[derive(Clone, Debug)]
pub struct StepRef {
    /// The plan, where it is known.
    pub plan: Option<String>,
    /// The step.
    pub step: String,
    /// Where it is written.
    pub span: Span,
}

/// `approve by "team" within 4h`.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Who.
    pub team: Spanned<String>,
    /// Silence after this is a failure.
    pub limit: Option<Spanned<Duration>>,
    /// The statement.
    pub span: Span,
}

/// The values of a chain, one for each leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// At least one share.
    pub values: Vec<Spanned<Percent>>,
}

/// Who stays on one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sticky {
    /// By the value of a cookie.
    Cookie(String),
    /// By the value of a header.
    Header(String),
    /// By the client's address.
    Ip,
}

/// What a step changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The share of the traffic on the new version.
    Weight(Chain),
    /// The size of the new version; `None` means that it follows the weight.
    Replicas(Option<Amount>),
    /// Replaced in place, in so many batches, with a hold after each.
    Rolling {
        /// The number of batches, where it is said.
        batches: Option<Spanned<u64>>,
        /// The hold after each.
        hold: Option<Spanned<Duration>>,
    },
    /// A full second stack without traffic, or its end.
    Preview(bool),
    /// All traffic at once onto the previewed stack.
    Switch,
    /// Copies of requests; `None` ends it.
    Mirror(Option<Spanned<Percent>>),
    /// Cohorts that go to the new version.
    RouteCohorts(Vec<Spanned<Index>>),
    /// A header that sends to the new version.
    RouteHeader(Spanned<String>, Spanned<String>),
    /// No chosen group any more.
    RouteOff,
    /// Who stays on one version; `None` ends it.
    Sticky(Option<Sticky>),
    /// An experiment with that share on the new version.
    Split(Spanned<Percent>),
    /// A flag opened for a share of the users; no value closes it.
    Flag(Index, Chain),
    /// Configuration moved to a version.
    Push(Index, Spanned<String>),
    /// A schema moved to a migration.
    Migrate(Index, Spanned<String>),
    /// A job that fills data, and its image.
    Backfill(Index, Spanned<String>, Option<Spanned<String>>),
    /// The old version scaled away.
    Retire(Spanned<String>, Option<Spanned<Duration>>),
}

/// A job that must succeed.
#[derive(Clone, Debug)]
pub struct RunJob {
    /// Its name.
    pub name: Spanned<String>,
    /// Its image.
    pub image: Option<Spanned<String>>,
    /// Its command.
    pub command: Option<Spanned<String>>,
    /// The only retry.
    pub retries: Option<Spanned<u64>>,
    /// The statement.
    pub span: Span,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A gate failed.
    Failure,
    /// A gate could not decide.
    Inconclusive,
    /// A gate had no data.
    NoData,
    /// An experiment succeeded.
    Success,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Outcome; 4] = [
        Outcome::Failure,
        Outcome::Inconclusive,
        Outcome::NoData,
        Outcome::Success,
    ];

    /// The word behind `on`.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Failure => "failure",
            Outcome::Inconclusive => "inconclusive",
            Outcome::NoData => "no-data",
            Outcome::Success => "success",
        }
    }
}

/// What follows.
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    /// All the way back.
    Rollback,
    /// Stay, and go back after the limit.
    Pause(Option<Spanned<Duration>>),
    /// Back to an earlier step, at most so often.
    Goto(Spanned<String>, Spanned<u64>),
    /// On as if nothing had been asked.
    Continue,
    /// On with this weight.
    Weight(Spanned<Percent>),
}

/// An edge of a step.
#[derive(Clone, Debug)]
pub struct Edge {
    /// When.
    pub outcome: Outcome,
    /// What then.
    pub then: Then,
    /// The statement.
    pub span: Span,
}

/// The line of no return.
#[derive(Clone, Debug)]
pub struct NoReturn {
    /// The step that it stands above, as an index; the number of steps when it stands last.
    pub above: usize,
    /// Why.
    pub reason: Spanned<String>,
    /// The statement.
    pub span: Span,
}

/// `rollback within 2m`, or with steps and a body.
#[derive(Clone, Debug)]
pub struct Rollback {
    /// The steps that it counts for; empty means all.
    pub from: Vec<Spanned<String>>,
    /// The time that is promised.
    pub within: Option<Spanned<Duration>>,
    /// The changes that replace the derived way; where there are none, the derived way is taken.
    pub body: Vec<Spanned<Action>>,
    /// Jobs that are part of it.
    pub runs: Vec<RunJob>,
    /// The holds of the body.
    pub holds: Vec<Spanned<Duration>>,
    /// The statement.
    pub span: Span,
}

/// A hazard that is accepted.
#[derive(Clone, Debug)]
pub struct Allow {
    /// The rule, as written.
    pub rule: Spanned<String>,
    /// Why.
    pub reason: Spanned<String>,
    /// Until when.
    pub until: Option<Spanned<Date>>,
    /// Where it counts: the block that it stands in.
    pub scope: Span,
    /// The statement.
    pub span: Span,
}

/// Plans that run together.
#[derive(Clone, Debug)]
pub struct Release {
    /// Its name.
    pub name: Spanned<String>,
    /// Something in it could not be read.
    pub incomplete: bool,
    /// Its plans.
    pub plans: Vec<ReleasePlan>,
}

/// A plan of a release.
#[derive(Clone, Debug)]
pub struct ReleasePlan {
    /// The plan.
    pub plan: Spanned<Index>,
    /// Steps of other plans that it waits for.
    pub after: Vec<StepRef>,
}
