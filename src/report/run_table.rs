//! A run that breaks a plan, as a table: one row for each event, one column for each thing that
//! has a state.

use super::paint::{Brush, Ink};
use super::place::Places;
use super::visible::{self, columns, pad, wrap};
use crate::diagnostic::{Diagnostic, RunEvent};

/// Appends the run of `finding`; nothing when it has none.
///
/// ```text
///   run that breaks it, 2 events:
///       time  event                 payments  checkout
///    1  0s    both rollouts start   10%       10%
///    2  5m    checkout step `full`  10%       100%      ← breaks here
/// ```
pub(super) fn run_table(finding: &Diagnostic, places: &mut Places, brush: Brush, out: &mut String) {
    if finding.run.is_empty() {
        return;
    }
    let count = finding.run.len();
    let events = if count == 1 {
        "1 event".to_string()
    } else {
        format!("{count} events")
    };
    out.push_str(&format!(
        "  {}\n",
        brush.paint(Ink::Strong, &format!("run that breaks it, {events}:"))
    ));

    let mut names: Vec<&str> = Vec::new();
    for (name, _) in finding.run.iter().flat_map(|event| &event.state) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let mut before = None;
    let mut rows = Vec::with_capacity(count);
    for event in &finding.run {
        rows.push(row(event, before, finding, &names, places, brush));
        before = Some(event);
    }
    let mut heads = vec!["time".to_string(), "event".to_string()];
    heads.extend(names.iter().map(|name| visible::line(name, brush.unicode)));
    let widths: Vec<usize> = heads
        .iter()
        .enumerate()
        .map(|(column, head)| {
            let cells = rows
                .iter()
                .filter_map(|row| row.cells.get(column))
                .map(|cell| columns(cell));
            cells.chain([columns(head)]).max().unwrap_or(0)
        })
        .collect();
    let digits = count.to_string().len();
    let mark = brush.sign("← breaks here", "<- breaks here");
    let total = 4 + digits + widths.iter().map(|width| width + 2).sum::<usize>() + columns(mark);
    if total <= brush.width {
        table(&rows, &heads, &widths, digits, mark, brush, out);
    } else {
        list(&rows, &heads, digits, mark, brush, out);
    }
}

/// One event, ready to be shown: time, event and one cell for each name.
struct Row {
    cells: Vec<String>,
    changed: Vec<bool>,
}

fn row(
    event: &RunEvent,
    before: Option<&RunEvent>,
    finding: &Diagnostic,
    names: &[&str],
    places: &mut Places,
    brush: Brush,
) -> Row {
    let mut text = visible::line(&event.event, brush.unicode);
    // an event that a label points at has its number there; others say where they stand
    if let Some(span) = event.span
        && !finding.labels.iter().any(|label| label.span == span)
    {
        let (file, point) = (places.file(span), places.start(span));
        let same = span.file == finding.span().file;
        let name = if same {
            "line ".into()
        } else {
            format!("{}:", visible::line(&file.name, brush.unicode))
        };
        text.push_str(&format!(" ({name}{})", point.line));
    }
    let time = event
        .at
        .map_or_else(|| brush.sign("–", "-").to_string(), duration);
    let value = |of: &RunEvent, name: &str| {
        let found = of.state.iter().find(|(other, _)| other == name);
        found.map_or(String::new(), |(_, value)| {
            visible::line(value, brush.unicode)
        })
    };
    let mut cells = vec![time, text];
    let mut changed = vec![false, false];
    for name in names {
        let now = value(event, name);
        changed.push(before.is_some_and(|before| value(before, name) != now));
        cells.push(now);
    }
    Row { cells, changed }
}

fn table(
    rows: &[Row],
    heads: &[String],
    widths: &[usize],
    digits: usize,
    mark: &str,
    brush: Brush,
    out: &mut String,
) {
    let mut head = " ".repeat(4 + digits);
    for (text, &width) in heads.iter().zip(widths) {
        head.push_str("  ");
        head.push_str(&pad(text, width));
    }
    out.push_str(&brush.paint(Ink::Faint, head.trim_end()));
    out.push('\n');
    for (index, row) in rows.iter().enumerate() {
        let mut line = format!("    {:>digits$}", index + 1);
        for ((cell, &width), &changed) in row.cells.iter().zip(widths).zip(&row.changed) {
            line.push_str("  ");
            let padded = pad(cell, width);
            line.push_str(&if changed {
                brush.paint(Ink::Strong, &padded)
            } else {
                padded
            });
        }
        if index + 1 == rows.len() {
            line.push_str("  ");
            line.push_str(&brush.paint(Ink::Error, mark));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// The same for narrow terminals: what has changed stands below its event.
fn list(rows: &[Row], heads: &[String], digits: usize, mark: &str, brush: Brush, out: &mut String) {
    let time = rows
        .iter()
        .filter_map(|row| row.cells.first())
        .map(|cell| columns(cell))
        .max()
        .unwrap_or(0);
    let indent = " ".repeat(4 + digits + 2 + time + 2);
    let room = brush.width.saturating_sub(indent.len()).max(20);
    for (index, row) in rows.iter().enumerate() {
        let first = format!("    {:>digits$}  ", index + 1);
        let mut cells = row.cells.iter();
        out.push_str(&first);
        out.push_str(&pad(cells.next().map_or("", String::as_str), time));
        let event = cells.next().map_or("", String::as_str);
        for (number, line) in wrap(event, room).iter().enumerate() {
            out.push_str(if number == 0 { "  " } else { &indent });
            out.push_str(line);
            out.push('\n');
        }
        let states: Vec<String> = row
            .cells
            .iter()
            .zip(heads)
            .zip(&row.changed)
            .skip(2)
            .filter(|((cell, _), changed)| !cell.is_empty() && (index == 0 || **changed))
            .map(|((cell, head), _)| format!("{head} {cell}"))
            .collect();
        if !states.is_empty() {
            for line in wrap(&states.join(", "), room) {
                out.push_str(&format!("{indent}{}\n", brush.paint(Ink::Faint, &line)));
            }
        }
    }
    out.push_str(&format!("{indent}{}\n", brush.paint(Ink::Error, mark)));
}

/// Seconds as the language writes them: `45s`, `5m`, `1h30m`, `2d`.
pub(super) fn duration(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let mut rest = seconds;
    let mut text = String::new();
    for (size, unit) in units {
        if rest >= size {
            text.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    if text.is_empty() { "0s".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_written_as_in_plans() {
        let written: Vec<String> = [0, 45, 300, 5400, 86_400, 90_061].map(duration).to_vec();
        assert_eq!(written, ["0s", "45s", "5m", "1h30m", "1d", "1d1h1m1s"]);
    }
}
