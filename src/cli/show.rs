//! `switchback show`

use std::fmt::Write;

use crate::check::Outcome;
use crate::model::{Amount, Model, Plan};
use crate::picture::{self, Rounding, counted};
use crate::report::visible;
use crate::source::{Span, Spanned};

use super::args::ShowArgs;
use super::{output, pictured};

pub(super) fn run(args: &ShowArgs) -> Result<u8, String> {
    let drawn = pictured::find(&args.plan, args.path.as_ref(), &args.values, args.color)?;
    let options = output::sized(args.color, args.width);
    let mut text = picture::terminal(&drawn.picture, options);
    if args.origin {
        for (model, plan) in drawn.plans() {
            text.push_str(&origins(model, plan, &drawn.outcome));
        }
    }
    output::print(&text);
    Ok(drawn.exit())
}

/// Where the values come from that the plan rests on.
fn origins(model: &Model, plan: &Plan, outcome: &Outcome) -> String {
    let mut rows: Vec<(String, String, String)> = Vec::new();
    // with the unit or magnitude that the reader chose
    let written = |span: Span| outcome.sources.text(span).to_string();
    for roll in &plan.rolls {
        let service = &model.services[roll.service];
        let name = &service.name.value;
        let mut add = |what: &str, value: Option<(String, Span)>| {
            if let Some((value, span)) = value {
                rows.push((format!("{name}.{what}"), value, place(outcome, span)));
            }
        };
        add(
            "replicas",
            service.replicas().map(|v| (v.value.to_string(), v.span)),
        );
        if let Some(whole) = service.replicas() {
            let sized = |size: Option<Spanned<Amount>>, rounding| {
                size.map(|size| (counted(size.value, whole.value, rounding), size.span))
            };
            add("max-surge", sized(service.surge(), Rounding::Up));
            add(
                "max-unavailable",
                sized(service.unavailable(), Rounding::Down),
            );
        }
        add(
            "traffic",
            service
                .traffic
                .map(|traffic| (written(traffic.rate.span), traffic.rate.span)),
        );
        add(
            "capacity",
            service.capacity.map(|c| (written(c.span), c.span)),
        );
        add("users", service.users.map(|u| (written(u.span), u.span)));
        for (version, is_target) in [
            (model.from_version(roll), false),
            (model.to_version(roll), true),
        ] {
            let Some(version) = version else { continue };
            let image = service.image_of(version, is_target);
            add(
                &format!("{}.image", version.id.value),
                image.map(|image| (image.value, image.span)),
            );
        }
    }
    for step in &plan.steps {
        for gate in step.watch.iter().chain(&plan.throughout) {
            let gate = &model.gates[gate.value];
            let label = format!("{}.expect", gate.name.value);
            if rows.iter().any(|(known, _, _)| *known == label) {
                continue;
            }
            if let Some(expect) = &gate.expect {
                let value = format!("value {} {}", expect.op.symbol(), expect.limit.value);
                rows.push((label, value, place(outcome, expect.span)));
            }
            if let (Some(interval), Some(round)) = (gate.interval, gate.round) {
                let value = format!("{} for {}", interval.value, round.value);
                rows.push((
                    format!("{}.every", gate.name.value),
                    value,
                    place(outcome, interval.span),
                ));
            }
        }
    }
    // what a plan or a manifest holds must not act on the terminal
    for (label, value, place) in &mut rows {
        for text in [label, value, place] {
            *text = visible::line(text, true);
        }
    }
    let mut out = String::from("\n  where values come from\n");
    let wide = |pick: fn(&(String, String, String)) -> &String| {
        rows.iter()
            .map(|row| pick(row).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (first, second) = (wide(|row| &row.0), wide(|row| &row.1).min(48));
    for (label, value, place) in &rows {
        let value: String = if value.chars().count() > 48 {
            value.chars().take(47).chain(['…']).collect()
        } else {
            value.clone()
        };
        let _ = writeln!(out, "  {label:<first$}  {value:<second$}  {place}");
    }
    out
}

/// File, line and column, and the environment that the place is in.
fn place(outcome: &Outcome, span: Span) -> String {
    let at = outcome.sources.start(span);
    let place = format!(
        "{}:{}:{}",
        outcome.sources.file(span.file).name,
        at.line,
        at.column
    );
    match outcome
        .projects
        .iter()
        .find_map(|project| project.environment_at(span))
    {
        Some(environment) => format!("{place} (environment {environment})"),
        None => place,
    }
}
