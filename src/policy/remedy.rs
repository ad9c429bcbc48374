//! What makes a plan keep a requirement that it breaks: the smallest change that does, found by asking
//! the plan that has it.

use crate::diagnostic::Edit;
use crate::measure::{Measure, Subject};
use crate::model::{Action, Plan, Requirement, Step};
use crate::source::{SourceMap, Span, Spanned};
use crate::units::{Duration, Percent};

use super::{Answer, State, answer, answers};

/// A change after which the plan keeps the requirement, and every other one that it kept before.
#[derive(Clone, Debug)]
pub struct Remedy {
    /// What to write, as an order: "write `hold 20m` in step `canary`".
    pub order: String,
    /// The edits that write it; empty where its place cannot be told.
    pub edits: Vec<Edit>,
}

/// The longest hold that is proposed: two weeks.
const LONGEST: Duration = Duration::from_secs(14 * 86_400);
/// Holds are proposed in whole minutes.
const MINUTE: u64 = 60_000;
/// Weights are proposed in whole tenths of a percent.
const TENTH: u64 = 1_000;
/// So many weights at most stand in a chain that is proposed.
const MAX_CHAIN: usize = 8;

/// The remedy of a requirement that `broken` breaks, if a hold, a weight or an approval is one.
pub fn remedy(subject: Subject<'_>, broken: &Answer<'_>, sources: &SourceMap) -> Option<Remedy> {
    if broken.state != State::Broken {
        return None;
    }
    // what a strategy says, it says to all of its users
    let step = broken.step.filter(|&step| {
        let step = subject.plan.steps.get(step);
        step.is_some_and(|step| step.origin.is_none())
    })?;
    let asked = broken.requirement;
    match asked.measure.value.as_str() {
        "approval" => approval(subject, broken, step, sources),
        "watch" => watch(subject, broken, step, sources),
        word => match Measure::of(word)? {
            Measure::Hold | Measure::Bake | Measure::Power => {
                longer(subject, broken, step, sources)
            }
            Measure::FirstWeight | Measure::WeightRatio | Measure::WeightStep => {
                steeper(subject, broken, sources)
            }
            Measure::UsersExposed | Measure::RequestsFailed | Measure::BudgetBurned => {
                smaller(subject, broken, sources)
            }
            _ => None,
        },
    }
}

/// Whether the plan with a change keeps the requirement, and whatever else it kept.
fn holds(subject: Subject<'_>, broken: &Answer<'_>, changed: &Plan) -> bool {
    let after = Subject {
        plan: changed,
        ..subject
    };
    if !keeps(after, broken) {
        return false;
    }
    let before: Vec<Span> = bad(subject).collect();
    bad(after).all(|span| before.contains(&span))
}

fn keeps(subject: Subject<'_>, broken: &Answer<'_>) -> bool {
    answer(subject, broken.policy, broken.requirement).state == State::Kept
}

/// The requirements that a plan does not keep.
fn bad<'a>(subject: Subject<'a>) -> impl Iterator<Item = Span> + 'a {
    let all = answers(subject).into_iter();
    all.filter(|answer| matches!(answer.state, State::Broken | State::Unknown(_)))
        .map(|answer| answer.requirement.span)
}

/// The shortest hold that is long enough, in every step whose own is not.
fn longer(
    subject: Subject<'_>,
    broken: &Answer<'_>,
    step: usize,
    sources: &SourceMap,
) -> Option<Remedy> {
    let mut steps = broken.steps.clone();
    if !steps.contains(&step) {
        steps = vec![step];
    }
    let declared: Vec<&Step> = steps.iter().map(|&at| &subject.plan.steps[at]).collect();
    if declared.iter().any(|step| step.origin.is_some()) {
        return None;
    }
    let hold_of = |step: &Step| step.hold.map_or(Duration::ZERO, |hold| hold.value);
    let with = |minutes: u64| {
        let mut plan = subject.plan.clone();
        for &at in &steps {
            let step = &mut plan.steps[at];
            let span = step.hold.map_or(step.line, |hold| hold.span);
            let time = Duration::from_millis(minutes * MINUTE).max(hold_of(step));
            step.hold = Some(Spanned::new(time, span));
        }
        plan.walk_again();
        plan
    };
    let enough = |minutes: u64| {
        let plan = &with(minutes);
        keeps(Subject { plan, ..subject }, broken)
    };
    let now = declared.iter().map(|step| hold_of(step)).min();
    let now = now.unwrap_or(Duration::ZERO);
    let (mut low, mut high) = (now.millis() / MINUTE, LONGEST.millis() / MINUTE);
    if high <= low || !enough(high) {
        return None;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    if !holds(subject, broken, &with(high)) {
        return None;
    }
    let time = Duration::from_millis(high * MINUTE);
    let mut edits = Vec::new();
    let mut are_written = true;
    for step in declared.iter().filter(|step| hold_of(step) < time) {
        match step.hold {
            Some(hold) if sources.text(hold.span) == hold.value.to_string() => edits.push(Edit {
                span: hold.span,
                text: time.to_string(),
            }),
            _ => are_written = false,
        }
    }
    if !are_written {
        edits.clear();
    }
    let names: Vec<String> = declared
        .iter()
        .map(|step| format!("`{}`", step.name.value))
        .collect();
    let word = if names.len() == 1 { "step" } else { "steps" };
    Some(Remedy {
        order: format!("write `hold {time}` in {word} {}", names.join(", ")),
        edits,
    })
}

/// Weights in between, so that no growth is larger than the policy allows.
fn steeper(subject: Subject<'_>, broken: &Answer<'_>, sources: &SourceMap) -> Option<Remedy> {
    let mut plan = subject.plan.clone();
    let mut edits: Vec<Edit> = Vec::new();
    let mut orders: Vec<String> = Vec::new();
    let mut are_written = true;
    let mut at = broken.at;
    loop {
        let (step, value, shares) = spread(&mut plan, broken, at)?;
        let span = value.span;
        // one weight is taken apart once
        if edits.iter().any(|edit| edit.span == span) || orders.len() >= MAX_CHAIN {
            return None;
        }
        let text: Vec<String> = shares.iter().map(ToString::to_string).collect();
        let text = text.join(" -> ");
        let name = &plan.steps[step].name.value;
        orders.push(format!("`weight {text}` in step `{name}`"));
        are_written &= is_plain(&plan, step, value, sources);
        edits.push(Edit { span, text });
        let after = Subject {
            plan: &plan,
            ..subject
        };
        let answer = answer(after, broken.policy, broken.requirement);
        match answer.state {
            State::Kept => break,
            State::Broken => at = answer.at,
            State::Idle | State::Unknown(_) => return None,
        }
    }
    if !holds(subject, broken, &plan) {
        return None;
    }
    if !are_written {
        edits.clear();
    }
    Some(Remedy {
        order: format!(
            "write {}, so that each is held and watched",
            orders.join(" and ")
        ),
        edits,
    })
}

/// Takes the weight at `at` of a plan apart. Gives its step, what stood there, and what stands there now.
fn spread(
    plan: &mut Plan,
    broken: &Answer<'_>,
    at: Span,
) -> Option<(usize, Spanned<Percent>, Vec<Percent>)> {
    let index = plan.legs.iter().position(|leg| leg.span == at)?;
    let leg = &plan.legs[index];
    let before = index.checked_sub(1).and_then(|at| plan.legs.get(at));
    let before = before.map_or(Percent::ZERO, |leg| leg.exposure.weight());
    let (step, number) = (leg.step, leg.number);
    if plan.steps.get(step)?.origin.is_some() {
        return None;
    }
    let (action, chain) = chain_of(plan, step)?;
    let number = number.min(chain.len().checked_sub(1)?);
    let value = chain[number];
    let shares = between(broken, before, value.value)?;
    if let Action::Weight(chain) = &mut plan.steps[step].actions[action].value {
        let new = shares.iter().map(|share| Spanned::new(*share, value.span));
        chain.values.splice(number..=number, new);
    }
    plan.walk_again();
    Some((step, value, shares))
}

/// Whether a share stands in a chain as it is: `10% to 100% by 10%` has no place for single weights.
fn is_plain(plan: &Plan, step: usize, share: Spanned<Percent>, sources: &SourceMap) -> bool {
    let own = chain_of(plan, step).map(|(at, _)| plan.steps[step].actions[at].span);
    let listed = own.is_some_and(|span| !sources.text(span).contains(" by "));
    listed && sources.text(share.span) == share.value.to_string()
}

/// The only chain of a step that makes legs, where it is one of weights.
fn chain_of(plan: &Plan, step: usize) -> Option<(usize, &[Spanned<Percent>])> {
    let actions = &plan.steps.get(step)?.actions;
    let is_flag = |action: &Spanned<Action>| matches!(action.value, Action::Flag(..));
    if actions.iter().any(is_flag) {
        return None;
    }
    actions
        .iter()
        .enumerate()
        .find_map(|(at, action)| match &action.value {
            Action::Weight(chain) => Some((at, &chain.values[..])),
            _ => None,
        })
}

/// Weights from `before` up to `to`, each as large as the requirements of the policy allow. `None` when
/// they are too many.
fn between(broken: &Answer<'_>, before: Percent, to: Percent) -> Option<Vec<Percent>> {
    let bound = |word: &str| {
        let all = broken.policy.requires.iter();
        let own = all.filter(|asked| asked.measure.value == word && asked.condition.is_none());
        let bounds = own.filter_map(upper);
        bounds.fold(f64::INFINITY, f64::min)
    };
    let own = |word: &str| match broken.requirement.measure.value == word {
        true => upper(broken.requirement).unwrap_or(f64::INFINITY),
        false => f64::INFINITY,
    };
    let first = bound("first-weight").min(own("first-weight"));
    let ratio = bound("weight-ratio").min(own("weight-ratio"));
    let step = bound("weight-step").min(own("weight-step"));
    let mut shares = Vec::new();
    let mut last = before.fraction();
    while last < to.fraction() {
        let mut next = match last > 0.0 {
            true => (last * ratio).min(last + step),
            false => first.min(step),
        };
        next = next.min(to.fraction());
        // whole tenths are easier to read, and never above the bound
        let tenths = ((next * 1e6 + 0.5) as u64) / TENTH * TENTH;
        let next = match next >= to.fraction() {
            true => to,
            false => Percent::from_ppm(tenths),
        };
        if next.fraction() <= last || shares.len() >= MAX_CHAIN {
            return None;
        }
        last = next.fraction();
        shares.push(next);
    }
    (shares.len() > 1).then_some(shares)
}

/// The bound of a requirement that something must not be above.
fn upper(asked: &Requirement) -> Option<f64> {
    use crate::vocabulary::Compare::{Less, LessEqual};
    let (op, bound) = asked.bound?;
    let bound = bound.value.as_number()?;
    match op {
        LessEqual => Some(bound),
        // strictly below: one tenth of a percent, or a hundredth of the bound
        Less => Some(bound - (bound / 100.0).min(TENTH as f64 / 1e6)),
        _ => None,
    }
}

/// The largest first weight with which fewer are hurt than the policy allows.
fn smaller(subject: Subject<'_>, broken: &Answer<'_>, sources: &SourceMap) -> Option<Remedy> {
    let plan = subject.plan;
    let first = plan.legs.iter().find(|leg| leg.exposure.is_exposed())?;
    let declared = plan
        .steps
        .get(first.step)
        .filter(|step| step.origin.is_none())?;
    let (at, chain) = chain_of(plan, first.step)?;
    let now = *chain.first()?;
    let with = |tenths: u64| {
        let mut plan = plan.clone();
        if let Action::Weight(chain) = &mut plan.steps[first.step].actions[at].value {
            let share = Percent::from_ppm(tenths * TENTH);
            chain.values.insert(0, Spanned::new(share, now.span));
        }
        plan.walk_again();
        plan
    };
    let enough = |tenths: u64| {
        keeps(
            Subject {
                plan: &with(tenths),
                ..subject
            },
            broken,
        )
    };
    let (mut low, mut high) = (1, now.value.ppm() / TENTH);
    if high <= low || !enough(low) {
        return None;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if enough(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    if !holds(subject, broken, &with(low)) {
        return None;
    }
    let share = Percent::from_ppm(low * TENTH);
    let edits = match is_plain(plan, first.step, now, sources) {
        true => vec![Edit {
            span: now.span,
            text: format!("{share} -> {}", now.value),
        }],
        false => Vec::new(),
    };
    Some(Remedy {
        order: format!(
            "begin with less: `weight {share} -> {}` in step `{}`",
            now.value, declared.name.value
        ),
        edits,
    })
}

/// `approve` as the first statement of the step.
fn approval(
    subject: Subject<'_>,
    broken: &Answer<'_>,
    step: usize,
    sources: &SourceMap,
) -> Option<Remedy> {
    let known = subject.model.plans.iter().chain([subject.plan]);
    let mut known = known
        .flat_map(|plan| &plan.steps)
        .filter_map(|step| step.approval.as_ref());
    // who says yes is nobody's to guess
    let team = known.next().map(|approval| approval.team.value.clone());
    let declared = &subject.plan.steps[step];
    let mut changed = subject.plan.clone();
    let text = team.clone().unwrap_or_else(|| "team".into());
    changed.steps[step].approval = Some(crate::model::Approval {
        team: Spanned::new(text.clone(), declared.line),
        limit: Some(Spanned::new(Duration::from_secs(4 * 3600), declared.line)),
        span: declared.line,
    });
    changed.walk_again();
    if !holds(subject, broken, &changed) {
        return None;
    }
    let line = format!("approve by \"{}\" within 4h", text.replace(['"', '\\'], ""));
    let edits = match team {
        Some(_) => first_statement(declared.span, sources, &line),
        None => Vec::new(),
    };
    let name = &declared.name.value;
    Some(Remedy {
        order: format!("write `{line}` as the first line of step `{name}`"),
        edits,
    })
}

/// A statement in front of all others of the block that is declared at `span`.
fn first_statement(span: Span, sources: &SourceMap, line: &str) -> Vec<Edit> {
    let text = sources.text(span);
    // the name of a step holds no brace
    let Some(open) = text.find('{') else {
        return Vec::new();
    };
    let inside = &text[open + 1..];
    let start = span.start as usize + open + 1;
    let on_its_line = inside
        .find('\n')
        .is_some_and(|end| inside[..end].trim().is_empty());
    let text = if on_its_line {
        let next = inside.lines().nth(1).unwrap_or_default();
        let indent = &next[..next.len() - next.trim_start().len()];
        format!("\n{indent}{line}")
    } else {
        format!(" {line};")
    };
    vec![Edit {
        span: Span::new(span.file, start, start),
        text,
    }]
}

/// `watch` behind the step's hold, with a gate that the plan watches elsewhere.
fn watch(
    subject: Subject<'_>,
    broken: &Answer<'_>,
    step: usize,
    sources: &SourceMap,
) -> Option<Remedy> {
    let declared = &subject.plan.steps[step];
    let hold = declared.hold?;
    let gate = subject
        .plan
        .steps
        .iter()
        .flat_map(|step| &step.watch)
        .next()?;
    let name = &subject.model.gates.get(gate.value)?.name.value;
    let mut changed = subject.plan.clone();
    changed.steps[step].watch = vec![*gate];
    changed.steps[step].watch_span = Some(declared.line);
    if !holds(subject, broken, &changed) {
        return None;
    }
    let text = sources.text(declared.span);
    let lines = hold
        .span
        .start
        .checked_sub(declared.span.start)
        .map(|at| &text[..at as usize]);
    let indent = lines
        .and_then(|lines| lines.rsplit('\n').next())
        .filter(|line| {
            let word = line.trim_start();
            word.trim_end() == "hold"
        });
    let text = match indent {
        Some(line) => format!(
            "\n{}watch {name}",
            &line[..line.len() - line.trim_start().len()]
        ),
        None => format!("; watch {name}"),
    };
    Some(Remedy {
        order: format!(
            "write `watch {name}` below the `hold` of step `{}`",
            declared.name.value
        ),
        edits: vec![Edit {
            span: hold.span.after(),
            text,
        }],
    })
}
