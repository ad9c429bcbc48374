//! A plan, or the plans of a release, as pictures: for a terminal, as SVG, Mermaid and DOT.
//!
//! [`Picture::of_plan`] and [`Picture::of_release`] say what there is to draw: legs, what follows
//! each of them, the line of no return, and who waits for whom. Each drawing is a view of that, so
//! that all of them show the same. Every text of the plan is already harmless for a terminal when it
//! arrives there; each view escapes for its own language besides.

mod chart;
mod dot;
mod mermaid;
mod svg;
mod terminal;
mod text_width;
mod words;

pub use chart::{Curve, climb, curves};
pub use dot::dot;
pub use mermaid::mermaid;
pub use svg::{STYLE, drawing, svg};
pub use terminal::terminal;
pub use words::{Change, Live, Moves};
pub(crate) use words::{Rounding, counted};

use crate::model::{Leg, Model, Outcome, Plan, Release, Step, StepRef, Then};
use crate::units::Percent;

use words::shown;

/// What there is to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The plan's name, or the release's.
    pub name: String,
    /// Whether it is a release.
    pub release: bool,
    /// The environment that it is drawn for, if it is not the base.
    pub environment: Option<String>,
    /// The plans, in the order in which they are declared.
    pub plans: Vec<PlanPicture>,
    /// Who waits for whom.
    pub waits: Vec<Wait>,
}

/// One plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanPicture {
    /// Its name.
    pub name: String,
    /// What changes: `checkout 41 → 42`.
    pub rolls: Vec<String>,
    /// The policies that it obeys.
    pub obeys: Vec<String>,
    /// The platforms that carry it out.
    pub targets: Vec<String>,
    /// Its legs, in their order.
    pub legs: Vec<LegPicture>,
    /// The line of no return.
    pub no_return: Option<NoReturn>,
    /// The time that is promised for the way back.
    pub back_within: Option<String>,
    /// Something in it could not be read, so that legs may be missing.
    pub incomplete: bool,
}

/// The line of no return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoReturn {
    /// The leg that it stands above; the number of legs when it stands last.
    pub above: usize,
    /// Why.
    pub reason: String,
}

/// One leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegPicture {
    /// Its step, with its number where the step has several legs: `ramp 1/2`.
    pub name: String,
    /// When it starts, counted in holds from the start of the plan.
    pub start: String,
    /// What meets the new version; empty before the first exposure.
    pub traffic: Vec<String>,
    /// The share of the requests that does, where it is a share.
    pub share: Option<Percent>,
    /// The share of the requests that is copied.
    pub mirror: Percent,
    /// The versions that run.
    pub live: Vec<Live>,
    /// What was migrated so far.
    pub schema: Vec<String>,
    /// Who says yes before it.
    pub approval: Option<String>,
    /// What it changes beside the traffic.
    pub changes: Vec<Change>,
    /// Jobs that must succeed.
    pub runs: Vec<String>,
    /// How long it stays.
    pub hold: Option<String>,
    /// The gates that judge that.
    pub gates: Vec<String>,
    /// What follows when it does not simply pass.
    pub edges: Vec<Edge>,
}

/// What follows a leg when it does not simply pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// When: `failure`, `inconclusive, no-data`.
    pub on: String,
    /// What then.
    pub to: End,
}

/// Where an edge leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// All the way back.
    Back,
    /// It stays, and goes back after the limit; without one, it stays.
    Pause(Option<String>),
    /// To an earlier leg, at most so often.
    Goto(usize, u64),
    /// On, as the text says.
    On(String),
    /// People decide: nothing can be taken back here.
    Stop,
}

impl Edge {
    /// What follows, in words; nothing for going back on a failure, which is what goes without saying.
    pub fn text(&self, legs: &[LegPicture]) -> Option<String> {
        let then = match &self.to {
            End::Back if self.on == "failure" => return None,
            End::Back => "back".to_string(),
            End::Pause(Some(limit)) => format!("pause within {limit}, then back"),
            End::Pause(None) => "pause without a limit".to_string(),
            End::Goto(target, times) => {
                let name = legs.get(*target).map_or("", |leg| leg.name.as_str());
                let word = if *times == 1 { "time" } else { "times" };
                format!("to `{name}`, at most {times} {word}")
            }
            End::On(text) => text.clone(),
            End::Stop => "no way back, people decide".to_string(),
        };
        Some(format!("on {}: {then}", self.on))
    }
}

/// Something that waits for a step of another plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// What it waits for, as written: `orders-6.full`.
    pub name: String,
    /// Where that is in the picture: the plan, and the last leg of the step.
    pub from: Option<(usize, usize)>,
    /// What waits: the plan and its leg.
    pub to: (usize, usize),
}

impl Picture {
    /// The picture of one plan. What it waits for outside of it is named and not drawn.
    pub fn of_plan(model: &Model, plan: &Plan) -> Picture {
        let mut after = Vec::new();
        for release in &model.releases {
            let own = release.plans.iter().filter(|included| {
                let known = model.plans.get(included.plan.value);
                known.is_some_and(|known| known.name.span == plan.name.span)
            });
            after.extend(own.flat_map(|included| included.after.iter()));
        }
        let name = shown(&plan.name.value);
        Picture::of(name, false, model, &[(plan, after)])
    }

    /// The picture of all plans of a release.
    pub fn of_release(model: &Model, release: &Release) -> Picture {
        let mut plans: Vec<(&Plan, Vec<&StepRef>)> = Vec::new();
        for included in &release.plans {
            let Some(plan) = model.plans.get(included.plan.value) else {
                continue;
            };
            let known = plans
                .iter_mut()
                .find(|(known, _)| known.name.span == plan.name.span);
            match known {
                // a plan that is included twice is one plan that waits for both
                Some((_, after)) => after.extend(&included.after),
                None => plans.push((plan, included.after.iter().collect())),
            }
        }
        Picture::of(shown(&release.name.value), true, model, &plans)
    }

    fn of(name: String, release: bool, model: &Model, plans: &[(&Plan, Vec<&StepRef>)]) -> Picture {
        let mut waits: Vec<Wait> = Vec::new();
        for (at, (plan, after)) in plans.iter().enumerate() {
            let mut wait = |reference: &StepRef, leg: usize| {
                let target = reference.plan.as_ref().unwrap_or(&plan.name.value);
                let from = plans.iter().position(|(own, _)| own.name.value == *target);
                let from = from.and_then(|number| {
                    let own = plans[number].0;
                    let last = own.legs.iter().rposition(|leg| {
                        let step = own.steps.get(leg.step);
                        step.is_some_and(|step| step.name.value == reference.step)
                    })?;
                    Some((number, last))
                });
                let wait = Wait {
                    name: shown(&format!("{target}.{}", reference.step)),
                    from,
                    to: (at, leg),
                };
                if !waits.contains(&wait) {
                    waits.push(wait);
                }
            };
            for reference in plan.after.iter().chain(after.iter().copied()) {
                wait(reference, 0);
            }
            for (number, leg) in plan.legs.iter().enumerate() {
                let step = plan.steps.get(leg.step).filter(|_| leg.number == 0);
                for reference in step.iter().flat_map(|step| &step.after) {
                    wait(reference, number);
                }
            }
        }
        Picture {
            name,
            release,
            environment: model.environment.as_deref().map(shown),
            plans: plans
                .iter()
                .map(|(plan, _)| PlanPicture::of(model, plan))
                .collect(),
            waits,
        }
    }

    /// What a leg of a plan waits for, as written.
    pub fn waits_of(&self, plan: usize, leg: usize) -> impl Iterator<Item = &Wait> {
        let own = move |wait: &&Wait| wait.to == (plan, leg);
        self.waits.iter().filter(own)
    }
}

impl PlanPicture {
    fn of(model: &Model, plan: &Plan) -> PlanPicture {
        let rolls = plan.rolls.iter().map(|roll| {
            let service = &model.services[roll.service].name.value;
            shown(&format!(
                "{service} {} → {}",
                roll.from_id.value, roll.to_id.value
            ))
        });
        let obeys = plan.obeys.iter();
        let obeys = obeys.map(|policy| shown(&model.policies[policy.value].name.value));
        let targets = plan.targets.iter();
        let targets = targets.map(|target| shown(&model.targets[target.value].name.value));
        let back = plan.rollbacks.iter().find(|back| back.from.is_empty());
        let legs = plan.legs.iter().filter_map(|leg| {
            let step = plan.steps.get(leg.step)?;
            Some(LegPicture::of(model, plan, step, leg))
        });
        let no_return = plan.no_return.as_ref().map(|line| NoReturn {
            above: plan
                .legs
                .iter()
                .position(|leg| leg.step >= line.above)
                .unwrap_or(plan.legs.len()),
            reason: shown(&line.reason.value),
        });
        PlanPicture {
            name: shown(&plan.name.value),
            rolls: rolls.collect(),
            obeys: obeys.collect(),
            targets: targets.collect(),
            legs: legs.collect(),
            no_return,
            back_within: back.and_then(|back| Some(back.within?.value.to_string())),
            incomplete: plan.incomplete,
        }
    }

    /// Whether a leg stands below the line of no return.
    pub fn is_below(&self, leg: usize) -> bool {
        let line = self.no_return.as_ref();
        line.is_some_and(|line| leg >= line.above)
    }
}

impl LegPicture {
    fn of(model: &Model, plan: &Plan, step: &Step, leg: &Leg) -> LegPicture {
        let gates = words::gates(model, plan, step, leg);
        LegPicture {
            name: words::name(step, leg),
            start: words::start(leg),
            traffic: words::traffic(model, plan, leg),
            share: words::share(model, plan, leg),
            mirror: leg.exposure.mirror,
            live: words::live(model, plan, leg),
            schema: words::schema(model, leg),
            approval: words::approval(step, leg),
            changes: words::changes(model, step, leg),
            runs: step.runs.iter().map(|run| shown(&run.name.value)).collect(),
            hold: (leg.hold.millis() > 0).then(|| leg.hold.to_string()),
            edges: edges(plan, step, leg, !gates.is_empty()),
            gates,
        }
    }

    /// The traffic in one text; a dash before the first exposure.
    pub fn traffic_text(&self) -> String {
        if self.traffic.is_empty() {
            "–".to_string()
        } else {
            self.traffic.join(", ")
        }
    }

    /// How long it stays and what judges that: `1h · errors, latency`.
    pub fn hold_text(&self) -> Option<String> {
        let hold = self.hold.as_ref()?;
        Some(if self.gates.is_empty() {
            hold.clone()
        } else {
            format!("{hold} · {}", self.gates.join(", "))
        })
    }
}

/// What follows a leg when it does not simply pass. What the plan says nothing of goes back, and
/// below the line of no return people decide.
fn edges(plan: &Plan, step: &Step, leg: &Leg, judged: bool) -> Vec<Edge> {
    let below = plan
        .no_return
        .as_ref()
        .is_some_and(|line| leg.step >= line.above);
    let outcomes: &[Outcome] = if judged {
        &[Outcome::Failure, Outcome::Inconclusive, Outcome::NoData]
    } else {
        &[Outcome::Failure]
    };
    let mut grouped: Vec<(End, Vec<&str>)> = Vec::new();
    let explicit = |outcome: Outcome| step.edges.iter().find(|edge| edge.outcome == outcome);
    let success = explicit(Outcome::Success).map(|_| Outcome::Success);
    for outcome in outcomes.iter().copied().chain(success) {
        let to = match explicit(outcome).map(|edge| &edge.then) {
            None | Some(Then::Rollback) if below => End::Stop,
            None | Some(Then::Rollback) => End::Back,
            Some(Then::Pause(limit)) => End::Pause(limit.map(|limit| limit.value.to_string())),
            Some(Then::Goto(name, times)) => {
                let target = plan.legs.iter().position(|leg| {
                    let step = plan.steps.get(leg.step);
                    step.is_some_and(|step| step.name.value == name.value)
                });
                match target {
                    Some(target) => End::Goto(target, times.value),
                    None => continue,
                }
            }
            Some(Then::Continue) => End::On("on".to_string()),
            Some(Then::Weight(share)) => End::On(format!("on with {}", share.value)),
        };
        match grouped.iter_mut().find(|(known, _)| *known == to) {
            Some((_, words)) => words.push(outcome.word()),
            None => grouped.push((to, vec![outcome.word()])),
        }
    }
    // "failure" stands for all that is not passing, unless they differ
    let one = grouped.len() == 1;
    grouped
        .into_iter()
        .map(|(to, words)| Edge {
            on: if one {
                "failure".to_string()
            } else {
                words.join(", ")
            },
            to,
        })
        .collect()
}
