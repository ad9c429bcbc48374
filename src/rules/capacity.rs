//! What the rules of capacity share: the run with the replicas in it, and edits that set a number.

use std::collections::BTreeSet;

use crate::diagnostic::{Edit, RunEvent};
use crate::measure::capacity::{Held, Part, Who};
use crate::model::Service;
use crate::proof::Point;
use crate::rollout::run_to;
use crate::source::{SourceMap, Span};

use super::{Context, Judged};

/// A run in which more plans take part is longer than anybody reads.
const MAX_PLANS: usize = 8;

/// The shortest run to these states of plans, with the replicas that are ready of those that the load
/// needs after each event; where a sum is asked for, with those that are scheduled.
pub(super) fn run(
    context: &Context<'_>,
    judged: Judged<'_>,
    cut: &[(usize, usize)],
    sums: bool,
) -> Vec<RunEvent> {
    let rollout = judged.rollout;
    let moved = cut.iter().filter(|(_, state)| *state > 0).count();
    if moved > MAX_PLANS {
        return Vec::new();
    }
    let points: Vec<Point> = cut
        .iter()
        .map(|(place, state)| rollout.plan_point(*place, *state))
        .collect();
    let mut run = run_to(rollout, &points);
    let events = rollout.clocks.shortest_run(&points).unwrap_or_default();
    let mut states = vec![0_usize; rollout.plans.len()];
    let parts = cut.iter().filter(|(_, state)| *state > 0);
    let parts: BTreeSet<usize> = parts.map(|(place, _)| *place).collect();
    for (number, told) in run.iter_mut().enumerate() {
        if let Some(event) = events.get(number)
            && let Some(state) = states.get_mut(event.lane.0 as usize)
        {
            *state = event.state as usize;
        }
        for place in &parts {
            for rolled in judged.capacity.rolled(*place) {
                let name = context.model.services.get(rolled.service);
                let name = name.map_or("", |service| &service.name.value);
                let Some(held) = rolled.states.get(states[*place]) else {
                    continue;
                };
                if sums {
                    let column = format!("{name} scheduled");
                    told.state.push((column, held.most.to_string()));
                    continue;
                }
                let demand = judged.capacity.fleet(rolled.service);
                let demand = demand.and_then(|fleet| fleet.demand.as_ref());
                let text = words(held, |part| match demand {
                    Some(demand) => format!("{}/{}", part.ready, demand.replicas_for(part.share)),
                    None => part.ready.to_string(),
                });
                told.state.push((format!("{name} ready/needed"), text));
            }
        }
    }
    run
}

/// A number of each version in a state, as `20 old, 1 new`: of what was and what will be, the one
/// that has less to spare.
fn words(held: &Held, number: impl Fn(&Part) -> String) -> String {
    let worst = |who: Who| {
        let own = held.parts.iter().filter(|part| part.who == who);
        own.max_by(|a, b| {
            let load = |part: &Part| part.share / part.ready.max(1) as f64;
            load(a).total_cmp(&load(b))
        })
    };
    if let Some(part) = worst(Who::Both) {
        return number(part);
    }
    let each = [(Who::Old, "old"), (Who::New, "new")];
    let told = each
        .iter()
        .filter_map(|(who, word)| Some(format!("{} {word}", number(worst(*who)?))));
    told.collect::<Vec<String>>().join(", ")
}

/// So many replicas, as a word says it.
pub(super) fn replicas(count: u64) -> String {
    match count {
        0 => "no replica".into(),
        1 => "1 replica".into(),
        count => format!("{count} replicas"),
    }
}

/// Edits that make a statement of a service say so: in the place where a number stands, else in a
/// line of its own behind `per replica`.
pub(super) fn set(
    sources: &SourceMap,
    service: &Service,
    word: &str,
    said: Option<Span>,
    value: u64,
) -> Option<Vec<Edit>> {
    if let Some(span) = said {
        let text = value.to_string();
        return Some(vec![Edit { span, text }]);
    }
    let capacity = service.capacity?;
    let text = &sources.file(capacity.span.file).text;
    let behind = capacity.span.end as usize;
    let rest = text.get(behind..)?;
    let words = "per replica";
    let at = behind + rest.find(words)? + words.len();
    let line = text.get(at..)?.split('\n').next().unwrap_or("");
    let start = text.get(..behind)?.rfind('\n').map_or(0, |at| at + 1);
    let indent: String = text
        .get(start..)?
        .chars()
        .take_while(|letter| matches!(letter, ' ' | '\t'))
        .collect();
    let alone = line.trim().is_empty() || line.trim_start().starts_with('#');
    let (at, text) = match alone {
        true => (at + line.len(), format!("\n{indent}{word} {value}")),
        false => (at, format!("; {word} {value}")),
    };
    let at = u32::try_from(at).ok()?;
    let span = Span {
        file: capacity.span.file,
        start: at,
        end: at,
    };
    Some(vec![Edit { span, text }])
}

/// Whether a number stands at a place, so that another can be written there.
pub(super) fn is_number(sources: &SourceMap, span: Span) -> bool {
    let text = &sources.file(span.file).text;
    let own = text.get(span.start as usize..span.end as usize);
    own.is_some_and(|own| !own.is_empty() && own.bytes().all(|byte| byte.is_ascii_digit()))
}

/// An edit that writes a statement above another one of its step.
pub(super) fn above(sources: &SourceMap, statement: Span, text: &str) -> Option<Edit> {
    let source = &sources.file(statement.file).text;
    let before = source.get(..statement.start as usize)?;
    let line = before.rsplit('\n').next().unwrap_or("");
    let text = match line.trim().is_empty() {
        true => format!("{text}\n{line}"),
        false => format!("{text}; "),
    };
    let span = Span {
        end: statement.start,
        ..statement
    };
    Some(Edit { span, text })
}
