//! The legs as a table of a terminal, with the traffic of each as a bar.

use crate::report::Options;
use crate::report::paint::{Brush, Ink};
use crate::report::visible::{columns, pad, wrap};

use super::{LegPicture, Moves, Picture, PlanPicture};

/// The columns of the bar, and those that the last column needs at least.
const BAR: (usize, usize) = (8, 32);
const LAST: usize = 24;

/// The picture for a terminal: plan for plan, one row a leg. Where a row does not fit into the width,
/// what it says stands below its bar.
pub fn terminal(picture: &Picture, options: Options) -> String {
    let brush = Brush::new(options);
    let mut out = String::new();
    if picture.release {
        out.push_str(&format!(
            "{}\n\n",
            brush.paint(Ink::Strong, &format!("release {}", picture.name))
        ));
    }
    for (number, plan) in picture.plans.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        plan_of(picture, number, plan, brush, &mut out);
    }
    out
}

fn plan_of(picture: &Picture, number: usize, plan: &PlanPicture, brush: Brush, out: &mut String) {
    out.push_str(&format!("{}\n", brush.paint(Ink::Strong, &plan.name)));
    let environment: Vec<String> = picture.environment.iter().cloned().collect();
    for (word, values) in [
        ("rolls", &plan.rolls),
        ("obeys", &plan.obeys),
        ("target", &plan.targets),
        ("environment", &environment),
    ] {
        for (at, line) in wrap(&values.join(", "), brush.width - 14)
            .iter()
            .enumerate()
        {
            let word = if at == 0 { word } else { "" };
            if !line.is_empty() {
                let word = brush.paint(Ink::Faint, &format!("{word:<12}"));
                out.push_str(&format!("  {word}{line}\n"));
            }
        }
    }
    out.push('\n');
    let rows: Vec<Row> = (0..plan.legs.len())
        .map(|leg| Row::of(picture, number, leg))
        .collect();
    let layout = Layout::of(&rows, brush);
    layout.heads(brush, out);
    for (at, row) in rows.iter().enumerate() {
        no_return(plan, at, brush, out);
        layout.row(row, brush, out);
    }
    no_return(plan, rows.len(), brush, out);
    let mut notes = Vec::new();
    if let Some(within) = &plan.back_within {
        notes.push(format!("the way back is promised within {within}"));
    }
    if plan.legs.iter().any(|leg| leg.start.ends_with('+')) {
        notes.push(
            "`+` an approval without a limit stands before it: the start is open".to_string(),
        );
    }
    for note in notes {
        out.push('\n');
        for line in wrap(&note, brush.width - 2) {
            out.push_str(&format!("  {line}\n"));
        }
    }
}

/// The line of no return, if it stands above that leg.
fn no_return(plan: &PlanPicture, leg: usize, brush: Brush, out: &mut String) {
    let Some(line) = plan.no_return.as_ref().filter(|line| line.above == leg) else {
        return;
    };
    let dash = brush.sign("─", "-");
    let room = brush.width - 8;
    for (number, text) in wrap(&format!("no return: {}", line.reason), room)
        .iter()
        .enumerate()
    {
        let shown = if number == 0 {
            let rest = brush.width.saturating_sub(columns(text) + 6).max(2);
            format!("{} {text} {}", dash.repeat(2), dash.repeat(rest))
        } else {
            format!("   {text}")
        };
        out.push_str(&format!("  {}\n", brush.paint(Ink::Error, &shown)));
    }
}

/// What a row says.
struct Row<'a> {
    leg: &'a LegPicture,
    traffic: String,
    live: String,
    schema: String,
    /// What must hold before the next leg, and what follows if it does not.
    rest: Vec<String>,
}

impl Row<'_> {
    fn of(picture: &Picture, plan: usize, at: usize) -> Row<'_> {
        let legs = &picture.plans[plan].legs;
        let leg = &legs[at];
        let mut first: Vec<String> = Vec::new();
        first.extend(
            picture
                .waits_of(plan, at)
                .map(|wait| format!("after {}", wait.name)),
        );
        first.extend(leg.approval.clone());
        let shown_elsewhere = |text: &str| text.starts_with("migrate ");
        first.extend(
            leg.changes
                .iter()
                .filter(|change| change.moves == Moves::Other || !shown_elsewhere(&change.text))
                .map(|change| change.text.clone()),
        );
        first.extend(leg.runs.iter().map(|run| format!("runs {run}")));
        first.extend(leg.hold_text());
        let mut rest = vec![first.join(", ")];
        rest.extend(leg.edges.iter().filter_map(|edge| edge.text(legs)));
        let live: Vec<&str> = leg.live.iter().map(|live| live.name.as_str()).collect();
        Row {
            leg,
            traffic: leg.traffic_text(),
            live: live.join(", "),
            schema: leg.schema.join(", "),
            rest: rest.into_iter().filter(|text| !text.is_empty()).collect(),
        }
    }

    /// The cells of a table, the bar left out.
    fn cells(&self) -> [&str; 5] {
        [
            &self.leg.start,
            &self.leg.name,
            &self.traffic,
            &self.live,
            &self.schema,
        ]
    }
}

const HEADS: [&str; 5] = ["start", "step", "traffic", "live", "schema"];

/// How wide everything is.
struct Layout {
    widths: [usize; 5],
    bar: usize,
    /// The last column; `None` where rows are stacked.
    last: Option<usize>,
}

impl Layout {
    fn of(rows: &[Row<'_>], brush: Brush) -> Layout {
        let mut widths = [0; 5];
        for (column, width) in widths.iter_mut().enumerate() {
            let cells = rows.iter().map(|row| columns(row.cells()[column]));
            let widest = cells.max().unwrap_or(0);
            // a column of which no row says anything is left out
            *width = if widest == 0 {
                0
            } else {
                widest.max(HEADS[column].len())
            };
        }
        let fixed: usize = widths
            .iter()
            .filter(|&&width| width > 0)
            .map(|width| width + 2)
            .sum();
        let wanted = rows
            .iter()
            .flat_map(|row| row.rest.iter().map(|text| columns(text)));
        let wanted = wanted.max().unwrap_or(0).max("hold and gates".len());
        // two columns of indent, two behind the bar
        let free = brush.width.saturating_sub(fixed + 4);
        // a word is never cut
        let words = rows.iter().flat_map(|row| &row.rest);
        let words = words.flat_map(|text| text.split(' ')).map(columns);
        let least = LAST.min(wanted).max(words.max().unwrap_or(0));
        if free >= BAR.0 + least {
            let last = wanted.min(free - BAR.0);
            let bar = (free - last).clamp(BAR.0, BAR.1);
            return Layout {
                widths,
                bar,
                last: Some(last),
            };
        }
        widths[1] = widths[1].min((brush.width / 3).max(10));
        let beside = 2 + widths[0] + 2 + widths[1] + 2 + 2 + widths[2].min(brush.width / 4);
        Layout {
            widths,
            bar: brush.width.saturating_sub(beside).clamp(BAR.0, BAR.1),
            last: None,
        }
    }

    fn heads(&self, brush: Brush, out: &mut String) {
        let Some(last) = self.last else {
            return;
        };
        let mut head = String::from("  ");
        let mut total = 0;
        for (column, text) in HEADS.iter().enumerate() {
            let mut width = self.widths[column];
            if width == 0 {
                continue;
            }
            if column == 2 {
                width += self.bar + 2;
            }
            head.push_str(&pad(text, width + 2));
            total += width + 2;
        }
        head.push_str("hold and gates");
        out.push_str(&format!("{}\n", brush.paint(Ink::Faint, &head)));
        let rule = brush.sign("─", "-").repeat(total + last);
        out.push_str(&format!("  {}\n", brush.paint(Ink::Faint, &rule)));
    }

    fn row(&self, row: &Row<'_>, brush: Brush, out: &mut String) {
        match self.last {
            Some(last) => self.wide(row, last, brush, out),
            None => self.stacked(row, brush, out),
        }
    }

    fn wide(&self, row: &Row<'_>, last: usize, brush: Brush, out: &mut String) {
        let mut line = String::from("  ");
        let mut indent = 2;
        for (column, cell) in row.cells().iter().enumerate() {
            let width = self.widths[column];
            if width == 0 {
                continue;
            }
            if column == 2 {
                line.push_str(&bar(row.leg, self.bar, brush));
                line.push_str("  ");
                indent += self.bar + 2;
            }
            let ink = (column == 1).then_some(Ink::Strong);
            let text = ink.map_or_else(|| cell.to_string(), |ink| brush.paint(ink, cell));
            let fill = width.saturating_sub(columns(cell)) + 2;
            line.push_str(&text);
            line.push_str(&" ".repeat(fill));
            indent += width + 2;
        }
        let texts = row.rest.iter().flat_map(|text| wrap(text, last));
        for (number, text) in texts.enumerate() {
            if number > 0 {
                out.push_str(line.trim_end());
                out.push('\n');
                line = " ".repeat(indent);
            }
            line.push_str(&text);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }

    fn stacked(&self, row: &Row<'_>, brush: Brush, out: &mut String) {
        let start = pad(&row.leg.start, self.widths[0]);
        let name = pad(&row.leg.name, self.widths[1]);
        let fill = bar(row.leg, self.bar, brush);
        let name = brush.paint(Ink::Strong, &name);
        let lead = 2 + self.widths[0] + 2;
        let mut line = format!("  {start}  {name}  {fill}");
        let used = lead + columns(&pad(&row.leg.name, self.widths[1])) + 2 + self.bar;
        let mut below: Vec<String> = Vec::new();
        if used + 2 + columns(&row.traffic) <= brush.width {
            line.push_str(&format!("  {}", row.traffic));
        } else {
            below.push(row.traffic.clone());
        }
        out.push_str(line.trim_end());
        out.push('\n');
        let live = [row.live.as_str(), row.schema.as_str()];
        let live: Vec<&str> = live.into_iter().filter(|text| !text.is_empty()).collect();
        below.push(live.join(" · "));
        below.extend(row.rest.iter().cloned());
        for text in below.iter().filter(|text| !text.is_empty()) {
            for part in wrap(text, brush.width.saturating_sub(lead)) {
                out.push_str(&format!(
                    "{}{}\n",
                    " ".repeat(lead),
                    brush.paint(Ink::Faint, &part)
                ));
            }
        }
    }
}

/// The share of the traffic as a bar. What is exposed and is no share, a cohort or a configuration,
/// has no bar: a length would claim what nobody knows.
fn bar(leg: &LegPicture, width: usize, brush: Brush) -> String {
    let Some(share) = leg.share else {
        return " ".repeat(width);
    };
    let eighths = (share.ppm().min(1_000_000) * 8 * width as u64).div_ceil(1_000_000);
    let (whole, part) = ((eighths / 8) as usize, (eighths % 8) as usize);
    let (full, track) = (brush.sign("█", "#"), brush.sign("░", "."));
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let part = match (part, brush.unicode) {
        (0, _) => "",
        (part, true) => parts[part],
        (_, false) => "#",
    };
    let filled = format!("{}{part}", full.repeat(whole));
    let left = width.saturating_sub(whole + usize::from(!part.is_empty()));
    format!(
        "{}{}",
        brush.paint(Ink::Advice, &filled),
        brush.paint(Ink::Faint, &track.repeat(left))
    )
}
