//! The numbers of the plans, each with what it is made of and what it rests on.

use maud::{Markup, html};

use crate::measure::{Answer, Each, Measure, Measured, Missing, Part, Subject, is_sticky, measure};
use crate::model::{Limit, Model, Plan};
use crate::numbers::exposure;
use crate::picture::{self, Curve, PlanPicture};
use crate::source::Span;

use super::Page;
use super::text::{place, prose, shown};

/// Sections with numbers: curves, then every measure.
pub(super) fn sections(page: &Page<'_>) -> Vec<(&'static str, &'static str, Markup)> {
    let plans: Vec<_> = page
        .plans
        .iter()
        .zip(&page.picture.plans)
        .enumerate()
        .filter(|(_, ((_, plan), _))| !plan.incomplete)
        .map(|(number, (&(model, plan), picture))| Told {
            number,
            model,
            plan,
            picture,
            answers: Measure::ALL
                .map(|wanted| (wanted, measure(Subject::new(model, plan), wanted)))
                .to_vec(),
        })
        .collect();
    let mut sections = Vec::new();
    let curves: Vec<Markup> = plans.iter().filter_map(|told| drawn(page, told)).collect();
    if !curves.is_empty() {
        let all = html! { @for curve in &curves { (curve) } };
        sections.push(("curves", "What the gates see, and who is exposed", all));
    }
    if !plans.is_empty() {
        sections.push(("numbers", "Every number", list(page, &plans)));
    }
    sections
}

/// A plan with its measures.
struct Told<'a> {
    number: usize,
    model: &'a Model,
    plan: &'a Plan,
    picture: &'a PlanPicture,
    answers: Vec<(Measure, Answer)>,
}

impl Told<'_> {
    fn known(&self, wanted: Measure) -> Option<&Measured> {
        let mut answers = self.answers.iter();
        answers.find(|(own, _)| *own == wanted)?.1.known()
    }

    /// The values of a measure leg by leg, a curve for each gate where gates are measured.
    fn curves(&self, wanted: Measure) -> Vec<Curve> {
        let mut curves: Vec<(Option<usize>, Curve)> = Vec::new();
        for Each {
            leg, gate, value, ..
        } in self.known(wanted).iter().flat_map(|known| &known.each)
        {
            let point = (*leg, value.number());
            if let Some((_, curve)) = curves.iter_mut().find(|(own, _)| own == gate) {
                curve.points.push(point);
                continue;
            }
            let gate_name = gate.and_then(|gate| self.model.gates.get(gate));
            let name = gate_name.map_or(wanted.word(), |gate| &gate.name.value);
            curves.push((
                *gate,
                Curve {
                    name: shown(name),
                    points: vec![point],
                },
            ));
        }
        let mut curves: Vec<Curve> = curves.into_iter().map(|(_, curve)| curve).collect();
        for curve in &mut curves {
            curve.points.sort_by_key(|(leg, _)| *leg);
        }
        curves
    }

    /// What a policy allows of a measure, where one says so for every leg.
    fn bound(&self, wanted: Measure) -> Option<(f64, String)> {
        let obeyed = self.plan.obeys.iter();
        let obeyed = obeyed.filter_map(|policy| self.model.policies.get(policy.value));
        let mut asked = obeyed.flat_map(|policy| {
            let requires = policy.requires.iter();
            requires.map(move |require| (policy, require))
        });
        asked.find_map(|(policy, require)| {
            if require.measure.value != wanted.word() || require.condition.is_some() {
                return None;
            }
            let (op, limit) = require.bound.as_ref()?;
            let Limit::Percent(share) = limit.value else {
                return None;
            };
            let text = format!("{} asks for {} {share}", policy.name.value, op.symbol());
            Some((share.fraction(), text))
        })
    }
}

/// Who has met the new version by the end of each leg: one curve for users whose requests each draw
/// anew, one for users who stay on a version. Nothing where the plan rolls several services, or
/// where traffic or users are not declared.
fn exposed(told: &Told<'_>) -> Vec<Curve> {
    let [roll] = told.plan.rolls.as_slice() else {
        return Vec::new();
    };
    let service = told.model.services.get(roll.service);
    let facts = service.and_then(|service| Some((service.traffic?, service.users?)));
    let Some((traffic, users)) = facts.filter(|(_, users)| users.value > 0) else {
        return Vec::new();
    };
    let rate = traffic.rate.value.value() / users.value as f64;
    let legs: Option<Vec<exposure::Leg>> = told
        .plan
        .legs
        .iter()
        .zip(&told.picture.legs)
        .map(|(leg, picture)| {
            Some(exposure::Leg {
                weight: picture.share?.fraction(),
                seconds: leg.hold.as_secs_f64(),
            })
        })
        .collect();
    let legs = legs.unwrap_or_default();
    let kinds = [
        ("every request draws anew", false),
        ("users stay on one version", true),
    ];
    kinds
        .map(|(name, sticky)| Curve {
            name: name.to_string(),
            points: (0..legs.len())
                .filter(|&leg| legs[leg].weight > 0.0)
                .filter_map(|leg| {
                    let met = exposure::users_over(&legs[..=leg], rate, sticky).ok()?;
                    Some((leg, met))
                })
                .collect(),
        })
        .to_vec()
}

/// Curves of a plan, with what they show.
fn drawn(page: &Page<'_>, told: &Told<'_>) -> Option<Markup> {
    let sticky = told
        .plan
        .legs
        .iter()
        .any(|leg| is_sticky(Subject::new(told.model, told.plan), leg));
    let applies = match sticky {
        true => "This plan keeps users on one version.",
        false => "In this plan every request draws anew.",
    };
    let kinds = [
        (
            "power",
            told.curves(Measure::Power),
            told.bound(Measure::Power),
            "The probability that a gate catches the fault it is there for, within the hold of each leg. A lower bound: more traffic or a longer hold only adds to it.".to_string(),
        ),
        (
            "exposed",
            exposed(told),
            None,
            format!(
                "The share of a day's users who have met the new version by the end of each leg, if nothing stops the rollout; users send their requests at random times, each as many as the others. {applies}"
            ),
        ),
    ];
    let figures: Vec<Markup> = kinds
        .iter()
        .filter(|(_, curves, ..)| curves.iter().any(|curve| !curve.points.is_empty()))
        .map(|(name, curves, bound, caption)| {
            let bound = bound.as_ref().map(|(bound, text)| (*bound, text.as_str()));
            let id = format!("{name}-{}", told.number);
            let (wide, narrow) = (format!("{id}-wide"), format!("{id}-narrow"));
            html! {
                figure {
                    div class="wide" { (picture::curves(told.picture, curves, bound, false, &wide)) }
                    div class="narrow" { (picture::curves(told.picture, curves, bound, true, &narrow)) }
                    @if curves.len() > 1 {
                        ul class="key" {
                            @for (number, curve) in curves.iter().enumerate() {
                                li {
                                    svg class="sb" width="22" height="10" viewBox="0 0 22 10" aria-hidden="true" {
                                        path class=(format!("curve c{}", number % 6 + 1)) d="M1 5H21" {}
                                    }
                                    (curve.name)
                                }
                            }
                        }
                    }
                    figcaption { (caption) }
                }
            }
        })
        .collect();
    if figures.is_empty() {
        return None;
    }
    Some(html! {
        @if page.picture.release { h3 { (told.picture.name) } }
        @for figure in &figures { (figure) }
    })
}

/// What a measure is.
fn says(wanted: Measure) -> &'static str {
    match wanted {
        Measure::FirstWeight => "The first share of the traffic on the new version",
        Measure::WeightRatio => "The largest factor between two weights that follow one another",
        Measure::WeightStep => "The largest difference between two weights that follow one another",
        Measure::Hold => "The shortest time that an exposure lasts before more is exposed",
        Measure::Bake => "The time that everything is exposed",
        Measure::RollbackTime => "The longest time until the old version has all traffic again",
        Measure::Duration => "The longest time from the start to the end",
        Measure::TimeToDetect => "The time until a gate speaks",
        Measure::UsersExposed => {
            "The share of a day's users who meet the fault until the way back is complete"
        }
        Measure::RequestsFailed => "The requests that fail until the way back is complete",
        Measure::BudgetBurned => {
            "The share of the error budget that burns until the way back is complete"
        }
        Measure::Power => {
            "The lowest probability that a gate catches its fault before more is exposed"
        }
        Measure::FalseAlarm => "The probability that a healthy rollout is rolled back somewhere",
        Measure::Utilisation => "The load of the ready replicas, at its highest",
        Measure::PeakReplicas => "The most replicas at any time",
    }
}

fn list(page: &Page<'_>, plans: &[Told<'_>]) -> Markup {
    html! {
        @for told in plans {
            @if page.picture.release { h3 { (told.picture.name) } }
            dl class="numbers" {
                @for (wanted, answer) in &told.answers {
                    div {
                        dt { span class="code" { (wanted.word()) } }
                        dd { (number(page, told, *wanted, answer)) }
                    }
                }
            }
        }
    }
}

fn number(page: &Page<'_>, told: &Told<'_>, wanted: Measure, answer: &Answer) -> Markup {
    html! {
        @match answer {
            Answer::Known(known) => {
                div class="value" {
                    @match (&known.least, &known.worst) {
                        (Some(least), _) if *least != known.value => { (least) " to " (known.value) }
                        (_, Some(worst)) if *worst != known.value => {
                            (known.value) span class="small muted" { " expected, " (worst) " at the worst" }
                        }
                        _ => { (known.value) }
                    }
                }
                p class="small" { (says(wanted)) (of_leg(page, told, known)) }
                (parts(page, &known.parts))
                (rests(&known.assumptions))
            }
            Answer::Missing(Missing { facts, .. }) => {
                div class="open" { "unknown" }
                p class="small" { (says(wanted)) "; what is missing:" }
                ul class="plain small" { @for fact in facts { li { (prose(fact)) } } }
            }
            Answer::Nothing => {
                div class="muted" { "nothing to measure" }
                p class="small" { (says(wanted)) }
            }
        }
    }
}

/// The leg and the gate that a value comes from, and its place.
fn of_leg(page: &Page<'_>, told: &Told<'_>, known: &Measured) -> Markup {
    let leg = known.leg.and_then(|leg| told.picture.legs.get(leg));
    let gate = known.gate.and_then(|gate| told.model.gates.get(gate));
    html! {
        @if let Some(leg) = leg { ", in " code { (leg.name) } }
        @if let Some(gate) = gate { ", by gate " code { (shown(&gate.name.value)) } }
        (at(page, known.at))
    }
}

fn at(page: &Page<'_>, span: Span) -> Markup {
    html! { span class="muted" { " (" (place(page.sources(), span)) ")" } }
}

fn parts(page: &Page<'_>, parts: &[Part]) -> Markup {
    html! {
        @if !parts.is_empty() {
            ul class="plain small" {
                @for part in parts {
                    li {
                        (prose(&part.what)) ": "
                        @if part.least == part.most { (part.most) } @else { (part.least) " to " (part.most) }
                        @if let Some(span) = part.at { (at(page, span)) }
                    }
                }
            }
        }
    }
}

fn rests(assumptions: &[String]) -> Markup {
    html! {
        @if !assumptions.is_empty() {
            p class="small muted" { "It rests on this:" }
            ul class="plain small muted" { @for text in assumptions { li { (prose(text)) } } }
        }
    }
}
