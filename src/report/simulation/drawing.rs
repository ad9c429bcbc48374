//! The table for people.

use std::fmt::Write;

use super::super::Options;
use super::super::paint::{Brush, Ink};
use super::super::visible::{columns, line, wrap};
use super::{is_extreme, unseen};
use crate::simulate::{LegOf, Refused, Share, Simulation, Spread};
use crate::units::Duration;

/// The widest bar.
const BAR: usize = 16;

/// Appends what was found, leg by leg and over all runs.
pub fn drawing(found: &Simulation, options: Options, out: &mut String) {
    let brush = Brush::new(options);
    head(found, brush, out);
    legs(found, brush, out);
    out.push('\n');
    outcome(found, brush, out);
    harm(found, brush, out);
    let _ = writeln!(out, "\n  {}", brush.paint(Ink::Strong, "rests on"));
    for text in &found.assumptions {
        bullet(text, brush, out);
    }
}

/// Appends why nothing was simulated.
pub fn refusal(plan: &str, why: &Refused, options: Options, out: &mut String) {
    let brush = Brush::new(options);
    match why {
        Refused::Unmeasured(text) | Refused::Nothing(text) => {
            out.push_str(&line(text, brush.unicode));
            out.push('\n');
        }
        Refused::Missing(facts) => {
            let title = format!("`{plan}` cannot be simulated until you declare:");
            let _ = writeln!(
                out,
                "{}",
                brush.paint(Ink::Strong, &line(&title, brush.unicode))
            );
            for fact in facts {
                item(&brush.paint(Ink::Warning, "?"), fact, brush, out);
            }
        }
    }
}

fn head(found: &Simulation, brush: Brush, out: &mut String) {
    let plan = line(&found.plan, brush.unicode);
    let faults: Vec<String> = found
        .faults
        .iter()
        .map(|fault| format!("`{fault}`"))
        .collect();
    let what = match faults.as_slice() {
        [] => "and a healthy version".to_string(),
        faults => format!("with {}", line(&faults.join(" and "), brush.unicode)),
    };
    let _ = writeln!(out, "{} {what}", brush.paint(Ink::Strong, &plan));
    let runs = counted(found.runs as f64);
    let how = format!(
        "{runs} {} by the rules of {}, seed {}",
        if found.runs == 1 { "run" } else { "runs" },
        found.judge.title(),
        found.seed
    );
    let _ = writeln!(out, "{}\n", brush.paint(Ink::Faint, &how));
}

fn legs(found: &Simulation, brush: Brush, out: &mut String) {
    let healthy = found.faults.is_empty();
    let title = if healthy {
        "rolled back here"
    } else {
        "caught here"
    };
    let mut rows: Vec<[String; 6]> =
        vec![["step", "traffic", "hold", "reached", title, "by"].map(str::to_string)];
    rows.extend(found.legs.iter().map(|leg| row(leg, found, brush)));
    let bars = brush.width >= 80;
    let widths: Vec<usize> = (0..6)
        .map(|column| {
            rows.iter()
                .map(|row| columns(&row[column]))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let bar = if bars { BAR + 2 } else { 0 };
    let whole = widths.iter().sum::<usize>() + 2 * 5 + bar;
    let rule = brush.sign("─", "-").repeat(whole.min(brush.width - 2));
    for (number, row) in rows.iter().enumerate() {
        let mut text = String::from("  ");
        for (column, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[column] - columns(cell));
            // numbers end below one another
            let aligned = match column {
                0 | 5 => format!("{cell}{pad}"),
                _ => format!("{pad}{cell}"),
            };
            if column == 4 && bars {
                let leg = number.checked_sub(1).and_then(|at| found.legs.get(at));
                let drawn = leg.map_or_else(|| " ".repeat(BAR), |leg| gauge(leg, healthy, brush));
                text.push_str(&format!("{aligned}  {drawn}  "));
            } else {
                text.push_str(&aligned);
                text.push_str("  ");
            }
        }
        let text = text.trim_end();
        if number == 0 {
            let _ = writeln!(out, "{}", brush.paint(Ink::Faint, text));
            let _ = writeln!(out, "  {}", brush.paint(Ink::Faint, &rule));
        } else {
            let _ = writeln!(out, "{text}");
        }
    }
}

fn row(leg: &LegOf, found: &Simulation, brush: Brush) -> [String; 6] {
    let step = line(&leg.step, brush.unicode);
    let name = match leg.number {
        (number, of) if of > 1 => format!("{step} {}/{of}", number + 1),
        _ => step,
    };
    let weight = share(leg.weight);
    let reached = (leg.reached.value * found.runs as f64).round();
    let caught = match leg.by.is_empty() {
        true if reached <= 0.0 => "–".to_string(),
        true => "0%".to_string(),
        false if is_extreme(leg.caught) => percent(leg.caught.value),
        false => format!(
            "{} ± {}",
            percent(leg.caught.value),
            margin(leg.caught.error)
        ),
    };
    let by: Vec<String> = leg
        .by
        .iter()
        .take(3)
        .map(|(gate, part)| {
            let gate = line(gate, brush.unicode);
            if *part >= 1.0 {
                gate
            } else {
                format!("{gate} {}", percent(*part))
            }
        })
        .collect();
    [
        name,
        if leg.mirrored {
            format!("{weight} mirrored")
        } else {
            weight
        },
        time(leg.hold),
        percent(leg.reached.value),
        caught,
        by.join(", "),
    ]
}

/// The probability of being caught as a bar.
fn gauge(leg: &LegOf, healthy: bool, brush: Brush) -> String {
    if leg.reached.value <= 0.0 {
        return " ".repeat(BAR);
    }
    let eighths = (leg.caught.value * (BAR * 8) as f64).round() as usize;
    let (whole, rest) = (eighths / 8, eighths % 8);
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let mut full = brush.sign("█", "#").repeat(whole);
    if brush.unicode {
        full.push_str(parts[rest]);
    }
    let ink = if healthy { Ink::Warning } else { Ink::Good };
    let left = BAR - columns(&full);
    let empty = brush.sign("·", ".").repeat(left);
    format!(
        "{}{}",
        brush.paint(ink, &full),
        brush.paint(Ink::Faint, &empty)
    )
}

fn outcome(found: &Simulation, brush: Brush, out: &mut String) {
    let runs = found.runs;
    let mut say = |word: &str, own: Share, ink: Ink| {
        let count = counted((own.value * runs as f64).round());
        let value = format!("{:>7}", percent(own.value));
        let behind = if is_extreme(own) {
            format!(
                "{count} of {} runs, so {} {} with 95% confidence",
                counted(runs as f64),
                if own.value > 0.5 {
                    "more than"
                } else {
                    "less than"
                },
                percent(if own.value > 0.5 {
                    1.0 - unseen(runs)
                } else {
                    unseen(runs)
                }),
            )
        } else {
            format!(
                "± {}, {count} of {} runs",
                margin(own.error),
                counted(runs as f64)
            )
        };
        let _ = writeln!(
            out,
            "  {word:<16}{}  {}",
            brush.paint(ink, &value),
            brush.paint(Ink::Faint, &behind)
        );
    };
    if found.faults.is_empty() {
        say(
            "rolled back",
            found.caught,
            ink_of(found.caught.value, true),
        );
        say("goes through", found.slips, Ink::Strong);
        return;
    }
    say("caught", found.caught, Ink::Strong);
    say(
        "slips through",
        found.slips,
        ink_of(found.slips.value, false),
    );
    if found.early.value > 0.0 {
        say("before it began", found.early, Ink::Strong);
    }
}

fn ink_of(share: f64, healthy: bool) -> Ink {
    match (share, healthy) {
        (share, _) if share <= 0.01 => Ink::Good,
        (share, false) if share > 0.2 => Ink::Error,
        _ => Ink::Warning,
    }
}

fn harm(found: &Simulation, brush: Brush, out: &mut String) {
    let mut rows: Vec<(String, String, String)> = Vec::new();
    let mut add = |word: String, spread: Option<Spread>, show: &dyn Fn(f64) -> String| {
        if let Some(spread) = spread {
            rows.push((word, show(spread.median), show(spread.p95)));
        }
    };
    if !found.faults.is_empty() {
        let requests = format!("{} requests", found.harm.unwrap_or("failed"));
        add(requests, found.failed, &counted);
        let of = found.of_users.unwrap_or(0).max(1) as f64;
        add("users hurt".into(), found.users, &|users| {
            format!("{} ({})", counted(users), percent(users / of))
        });
        add("time to detect".into(), found.detect, &time);
    }
    add("time to go back".into(), found.back, &time);
    if rows.is_empty() {
        return;
    }
    let first = rows
        .iter()
        .map(|row| columns(&row.0))
        .max()
        .unwrap_or(0)
        .max(16)
        + 2;
    let wide = |pick: fn(&(String, String, String)) -> &String, title: &str| {
        let cells = rows.iter().map(|row| columns(pick(row)));
        cells.max().unwrap_or(0).max(columns(title))
    };
    let titles = ["half of the runs", "95% of the runs"];
    let (second, third) = (wide(|row| &row.1, titles[0]), wide(|row| &row.2, titles[1]));
    let titles = format!(
        "  {:first$}{:>second$}  {:>third$}",
        "", titles[0], titles[1]
    );
    let _ = writeln!(out, "\n{}", brush.paint(Ink::Faint, &titles));
    for (word, median, p95) in rows {
        let _ = writeln!(out, "  {word:<first$}{median:>second$}  {p95:>third$}");
    }
    if found.of_users.is_none() && found.failed.is_some_and(|failed| failed.p95 > 0.0) {
        let text = "how many users that hurts is unknown until you declare `users` of the service";
        let _ = writeln!(out, "  {}", brush.paint(Ink::Faint, text));
    }
}

fn bullet(text: &str, brush: Brush, out: &mut String) {
    item(
        &brush.paint(Ink::Faint, brush.sign("•", "*")),
        text,
        brush,
        out,
    );
}

fn item(sign: &str, text: &str, brush: Brush, out: &mut String) {
    let text = line(text, brush.unicode);
    for (number, part) in wrap(&text, brush.width - 4).into_iter().enumerate() {
        let lead = if number == 0 { sign } else { " " };
        let _ = writeln!(out, "  {lead} {part}");
    }
}

/// A probability: as many digits as say something, and never 0 % or 100 % for what is neither.
fn percent(share: f64) -> String {
    let value = share * 100.0;
    if share <= 0.0 {
        "0%".into()
    } else if share >= 1.0 {
        "100%".into()
    } else if value < 0.001 {
        "<0.001%".into()
    } else if value > 99.99 {
        ">99.99%".into()
    } else if !(1.0..=99.0).contains(&value) {
        let text = format!("{value:.3}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        format!("{text}%")
    } else {
        format!("{value:.1}%")
    }
}

/// A standard error.
fn margin(error: f64) -> String {
    let value = error * 100.0;
    if value < 0.1 {
        format!("{value:.2}%")
    } else {
        format!("{value:.1}%")
    }
}

/// A share that was declared.
fn share(value: f64) -> String {
    let text = format!("{:.4}", value * 100.0);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}%")
}

/// A count with separators.
fn counted(count: f64) -> String {
    crate::measure::gates::grouped(count)
}

/// Seconds as a time: whole seconds, and of long times the large units.
fn time(seconds: f64) -> String {
    let whole = seconds.round().clamp(0.0, 1e9) as u64;
    let whole = match whole {
        ..3_600 => whole,
        3_600..86_400 => whole / 60 * 60,
        _ => whole / 3_600 * 3_600,
    };
    Duration::from_secs(whole).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_not_certain_reads_as_certain() {
        for (value, text) in [
            (0.0, "0%"),
            (1e-7, "<0.001%"),
            (0.00013, "0.013%"),
            (0.5, "50.0%"),
            (0.9991, "99.91%"),
            (0.999_99, ">99.99%"),
            (1.0, "100%"),
        ] {
            assert_eq!(percent(value), text);
        }
        assert_eq!(time(225.4), "3m45s");
        assert_eq!(time(5_430.0), "1h30m");
        assert_eq!(time(0.0), "0s");
    }
}
