//! `switchback show`

use std::fmt::Write;

use crate::check::Outcome;
use crate::diagnostic::{Class, Severity, nearest};
use crate::model::{Amount, Leg, Model, Plan, Step};
use crate::report;
use crate::source::{Span, Spanned};

use super::args::ShowArgs;
use super::{check, exit, find, output};

pub(super) fn run(args: &ShowArgs) -> Result<u8, String> {
    let paths: Vec<_> = args.path.iter().cloned().collect();
    let mut outcome = find::checked(&paths, &args.values)?;
    let Some((model, plan)) = outcome.plan(&args.plan) else {
        let names = outcome.plan_names();
        let meant = nearest(&args.plan, names.iter().copied());
        let known = match (meant, names.as_slice()) {
            (Some(meant), _) => format!("did you mean `{meant}`?"),
            (None, []) => "these files hold no plan".to_string(),
            (None, names) => format!("there is {}", names.join(", ")),
        };
        // a plan that could not be read is missing because of what is wrong with it
        if outcome
            .findings
            .iter()
            .any(|found| found.severity == Severity::Error)
        {
            print_findings(&mut outcome, args);
        }
        return Err(format!("there is no plan `{}`; {known}", args.plan));
    };
    let mut text = drawing(model, plan);
    if args.origin {
        text.push_str(&origins(model, plan, &outcome));
    }
    output::print(&text);
    let unreadable = outcome
        .findings
        .iter()
        .any(|found| found.rule.class == Class::Unreadable);
    if plan.incomplete || unreadable {
        output::note("this plan could not be read whole; `switchback check` says why");
        return Ok(exit::FINDINGS);
    }
    Ok(exit::CLEAN)
}

fn print_findings(outcome: &mut Outcome, args: &ShowArgs) {
    let mut text = String::new();
    check::render(outcome, report::FailOn::Error, |report| {
        report::full_findings(report, output::options(args.color), &mut text);
    });
    output::print(&text);
}

/// The plan as a table, one row a leg.
fn drawing(model: &Model, plan: &Plan) -> String {
    let mut out = String::new();
    let rolls: Vec<String> = plan
        .rolls
        .iter()
        .map(|roll| {
            let service = &model.services[roll.service].name.value;
            format!("{service} {} → {}", roll.from_id.value, roll.to_id.value)
        })
        .collect();
    let _ = writeln!(out, "{}", plan.name.value);
    for (word, value) in [
        ("rolls", rolls.join(", ")),
        (
            "obeys",
            names(
                plan.obeys
                    .iter()
                    .map(|p| model.policies[p.value].name.value.as_str()),
            ),
        ),
        (
            "target",
            names(
                plan.targets
                    .iter()
                    .map(|t| model.targets[t.value].name.value.as_str()),
            ),
        ),
        ("environment", model.environment.clone().unwrap_or_default()),
    ] {
        if !value.is_empty() {
            let _ = writeln!(out, "  {word:<12}{value}");
        }
    }
    out.push('\n');
    let mut rows: Vec<[String; 6]> = vec![
        [
            "start",
            "step",
            "traffic",
            "live",
            "schema",
            "hold and gates",
        ]
        .map(str::to_string),
    ];
    for leg in &plan.legs {
        rows.push(row(model, plan, leg));
    }
    let widths: Vec<usize> = (0..6)
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let line: usize = widths.iter().sum::<usize>() + 2 * widths.len();
    let mut drawn = false;
    for (number, row) in rows.iter().enumerate() {
        if number > 0
            && let Some(line_of_no_return) = &plan.no_return
            && !drawn
            && plan.legs[number - 1].step >= line_of_no_return.above
        {
            drawn = true;
            let reason = format!(" no return: {} ", line_of_no_return.reason.value);
            let dashes = line.saturating_sub(reason.chars().count() + 2).max(2);
            let _ = writeln!(out, "  ──{reason}{}", "─".repeat(dashes));
        }
        let mut text = String::from("  ");
        for (column, cell) in row.iter().enumerate() {
            let pad = widths[column] - cell.chars().count();
            let _ = write!(text, "{cell}{}", " ".repeat(pad + 2));
        }
        let _ = writeln!(out, "{}", text.trim_end());
        if number == 0 {
            let _ = writeln!(out, "  {}", "─".repeat(line.saturating_sub(2)));
        }
    }
    let back = plan
        .rollbacks
        .iter()
        .find(|rollback| rollback.from.is_empty());
    if let Some(within) = back.and_then(|rollback| rollback.within) {
        let _ = writeln!(out, "\n  the way back is promised within {}", within.value);
    }
    if plan.legs.iter().any(|leg| leg.start.open) {
        let _ = writeln!(
            out,
            "\n  `+` an approval without a limit stands before it: the start is open"
        );
    }
    out
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn row(model: &Model, plan: &Plan, leg: &Leg) -> [String; 6] {
    let step = &plan.steps[leg.step];
    let start = format!(
        "{}{}",
        leg.start.after,
        if leg.start.open { "+" } else { "" }
    );
    let name = if leg.of > 1 {
        format!("{} {}/{}", step.name.value, leg.number + 1, leg.of)
    } else {
        step.name.value.clone()
    };
    [
        start,
        name,
        traffic(model, plan, leg),
        live(model, plan, leg),
        schema(model, leg),
        gates(model, plan, step, leg),
    ]
}

fn traffic(model: &Model, plan: &Plan, leg: &Leg) -> String {
    let exposure = &leg.exposure;
    let mut parts = Vec::new();
    for (domain, share) in &exposure.weights {
        match domain.as_str() {
            "" => parts.push(share.to_string()),
            domain => parts.push(format!("{share} in {domain}")),
        }
    }
    parts.extend(
        exposure
            .cohorts
            .iter()
            .map(|(cohort, domain)| located(model.cohorts[*cohort].name.value.clone(), domain)),
    );
    if !exposure.headers.is_empty() {
        parts.push("by header".to_string());
    }
    if exposure.mirror.ppm() > 0 {
        parts.push(format!("{} mirrored", exposure.mirror));
    }
    if exposure.preview {
        parts.push("preview".to_string());
    }
    for ((flag, domain), share) in &exposure.flags {
        let flag = &model.flags[*flag].name.value;
        parts.push(located(format!("{flag} {share}"), domain));
    }
    for ((config, domain), version) in &exposure.configs {
        let name = &model.configs[*config].name.value;
        match domain.as_str() {
            "" => parts.push(format!("{name} {version}")),
            domain => parts.push(format!("{name} {version} in {domain}")),
        }
    }
    if let Some(size) = exposure.replicas {
        let whole = plan
            .rolls
            .first()
            .and_then(|roll| model.services[roll.service].replicas());
        parts.push(match whole {
            Some(whole) => format!("on {}", counted(size, whole.value, Rounding::Up)),
            None => match size {
                Amount::Count(count) => format!("on {count} replicas"),
                Amount::Share(share) => format!("on {share} of the replicas"),
            },
        });
    }
    if parts.is_empty() {
        "–".to_string()
    } else {
        parts.join(", ")
    }
}

/// Says the failure domain, if it is not everywhere.
fn located(text: String, domain: &str) -> String {
    if domain.is_empty() {
        text
    } else {
        format!("{text} in {domain}")
    }
}

/// How a share of a count becomes a count.
#[derive(Clone, Copy)]
enum Rounding {
    Up,
    Down,
}

/// A size out of a whole; a percentage says what it comes to and how it was rounded.
fn counted(size: Amount, whole: u64, rounding: Rounding) -> String {
    let (count, word) = match rounding {
        Rounding::Up => (size.rounded_up(whole), "up"),
        Rounding::Down => (size.rounded_down(whole), "down"),
    };
    match size {
        Amount::Count(_) => format!("{count} of {whole}"),
        Amount::Share(share) => format!("{count} of {whole} ({share}, rounded {word})"),
    }
}

fn live(model: &Model, plan: &Plan, leg: &Leg) -> String {
    let exposure = &leg.exposure;
    let mut versions = Vec::new();
    for roll in &plan.rolls {
        let many = plan.rolls.len() > 1;
        let name = &model.services[roll.service].name.value;
        let named = |id: &str| {
            if many {
                format!("{name} {id}")
            } else {
                id.to_string()
            }
        };
        if !exposure.retired.contains(&roll.from_id.value) {
            versions.push(named(&roll.from_id.value));
        }
        let started = exposure.is_exposed() || exposure.preview || exposure.mirror.ppm() > 0;
        if started {
            versions.push(named(&roll.to_id.value));
        }
    }
    versions.join(", ")
}

fn schema(model: &Model, leg: &Leg) -> String {
    let moved = leg.exposure.schemas.iter();
    moved
        .map(|(&db, id)| format!("{} {id}", model.databases[db].name.value))
        .collect::<Vec<_>>()
        .join(", ")
}

fn gates(model: &Model, plan: &Plan, step: &Step, leg: &Leg) -> String {
    let mut parts = Vec::new();
    if let (Some(approval), 0) = (&step.approval, leg.number) {
        let limit = approval
            .limit
            .map_or(String::new(), |limit| format!(" within {}", limit.value));
        parts.push(format!("approved by {}{limit}", approval.team.value));
    }
    parts.extend(
        step.runs
            .iter()
            .map(|run| format!("runs {}", run.name.value)),
    );
    if leg.hold.millis() > 0 {
        let watched = step.watch.iter().chain(&plan.throughout);
        let watched = names(watched.map(|gate| model.gates[gate.value].name.value.as_str()));
        parts.push(if watched.is_empty() {
            leg.hold.to_string()
        } else {
            format!("{} · {watched}", leg.hold)
        });
    }
    parts.join(", ")
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
