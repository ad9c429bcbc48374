//! Charts over the legs of a plan: the share of the traffic as a climb, and curves.

use maud::{Markup, html};

use super::text_width::wrap;
use super::{PlanPicture, words::shown};

/// A line of a chart: its name, and the legs at which it has a value from 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// What it shows.
    pub name: String,
    /// The leg, as an index, and the value there.
    pub points: Vec<(usize, f64)>,
}

/// Where the legs stand: each is drawn equally wide, whatever its time.
struct Frame {
    width: u32,
    left: u32,
    top: u32,
    /// Height of what is drawn.
    high: u32,
    legs: u32,
}

const LABEL: u32 = 12;

impl Frame {
    fn new(legs: usize, narrow: bool, high: u32) -> Frame {
        Frame {
            width: if narrow { 350 } else { 880 },
            left: 42,
            top: 40,
            high,
            legs: u32::try_from(legs).unwrap_or(u32::MAX).max(1),
        }
    }

    /// The left edge of a leg, in pixels.
    fn x(&self, leg: usize) -> u32 {
        let room = u64::from(self.width - self.left - 8);
        let at = room * leg as u64 / u64::from(self.legs);
        self.left + u32::try_from(at).unwrap_or(0)
    }

    fn middle(&self, leg: usize) -> u32 {
        u32::midpoint(self.x(leg), self.x(leg + 1))
    }

    /// The height of a share of `of`, the larger the higher.
    fn y(&self, share: f64, of: f64) -> u32 {
        let part = (share / of).clamp(0.0, 1.0);
        let high = f64::from(self.high);
        self.top + (high - (high * part)).round() as u32
    }

    fn floor(&self) -> u32 {
        self.top + self.high
    }

    /// Lines across, with their values.
    fn grid(&self, of: f64) -> Markup {
        let steps = [0.0, 0.25, 0.5, 0.75, 1.0];
        html! {
            @for step in steps {
                @let y = self.y(step, 1.0);
                line class="grid" x1=(self.left) x2=(self.width - 8) y1=(y) y2=(y) {}
                text class="m" x=(self.left - 6) y=(y + 4) text-anchor="end" font-size=(LABEL) { (percent(step * of)) }
            }
        }
    }

    /// The names of the legs below, as far as they find room, and when they start.
    fn names(&self, plan: &PlanPicture) -> (Markup, u32) {
        let column = self.x(1) - self.x(0);
        // every leg is named where there is room for six letters
        let every = 46_u32.div_ceil(column.max(1)).max(1);
        let mut lowest = self.floor();
        let names: Vec<Markup> = plan
            .legs
            .iter()
            .enumerate()
            .step_by(every as usize)
            .map(|(at, leg)| {
                let room = (column * every).saturating_sub(6).max(20);
                let mut lines = wrap(&leg.name, LABEL, room);
                if lines.len() > 2 {
                    lines.truncate(2);
                    if let Some(last) = lines.last_mut() {
                        last.pop();
                        last.push('…');
                    }
                }
                let x = self.middle(at);
                let y = self.floor() + 16;
                let count = u32::try_from(lines.len()).unwrap_or(2);
                lowest = lowest.max(y + 14 * count);
                html! {
                    @for (number, line) in (0_u32..).zip(&lines) {
                        text class="t" x=(x) y=(y + 14 * number) text-anchor="middle" font-size=(LABEL) { (line) }
                    }
                    text class="m" x=(x) y=(y + 14 * count) text-anchor="middle" font-size=(LABEL) { (leg.start) }
                }
            })
            .collect();
        (html! { @for name in &names { (name) } }, lowest + 6)
    }

    /// The line of no return, from top to bottom.
    fn no_return(&self, plan: &PlanPicture) -> Markup {
        let at = plan.no_return.as_ref().map(|line| self.x(line.above));
        html! {
            @if let Some(x) = at {
                line class="stop" x1=(x) x2=(x) y1=(self.top - 22) y2=(self.floor()) {}
                @let anchor = if x + 60 > self.width { "end" } else { "middle" };
                text class="stop-fill b" x=(x) y=(self.top - 27) text-anchor=(anchor) font-size=(LABEL) { "no return" }
            }
        }
    }

    fn sheet(&self, height: u32, described: &str, id: &str, content: &Markup) -> Markup {
        html! {
            svg xmlns="http://www.w3.org/2000/svg" class="sb" role="img" width=(self.width)
                height=(height) viewBox=(format!("0 0 {} {height}", self.width)) aria-labelledby=(id) {
                title id=(id) { (described) }
                (content)
            }
        }
    }
}

/// A share for an axis: at most three digits that count.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let digits = if percent >= 10.0 || percent == 0.0 {
        0
    } else {
        2
    };
    let text = format!("{percent:.digits$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text}%")
}

/// The share of the traffic on the new version, leg by leg, as a climb. `narrow` is for a phone.
pub fn climb(plan: &PlanPicture, narrow: bool, id: &str) -> Markup {
    let frame = Frame::new(plan.legs.len(), narrow, if narrow { 120 } else { 170 });
    let share = |leg: usize| plan.legs[leg].share.map(|share| share.fraction());
    let mut area = format!("M{} {}", frame.x(0), frame.floor());
    let mut edge = String::new();
    for (at, leg) in plan.legs.iter().enumerate() {
        let y = frame.y(share(at).unwrap_or(0.0), 1.0);
        area.push_str(&format!("V{y}H{}", frame.x(at + 1)));
        let known = leg.share.is_some();
        let start = if edge.is_empty() || !known || at == 0 || share(at - 1).is_none() {
            format!("M{} {y}", frame.x(at))
        } else {
            format!("V{y}")
        };
        edge.push_str(&start);
        if known {
            edge.push_str(&format!("H{}", frame.x(at + 1)));
        }
    }
    area.push_str(&format!("V{}z", frame.floor()));
    let column = frame.x(1) - frame.x(0);
    let every = (36_u32.div_ceil(column.max(1))).max(1) as usize;
    let (names, height) = frame.names(plan);
    let described = described(plan);
    let content = html! {
        (frame.grid(1.0))
        path class="area" d=(area) {}
        path class="edge" d=(edge) {}
        @for (at, leg) in plan.legs.iter().enumerate() {
            @let x = frame.middle(at);
            @let y = frame.y(share(at).unwrap_or(0.0), 1.0);
            @let text = match leg.share { Some(share) if share.ppm() > 0 => share.to_string(), _ => leg.traffic.first().cloned().unwrap_or_default() };
            @if !text.is_empty() && at % every == 0 && (text.chars().count() as u32) * 8 <= column * every as u32 {
                text class="t b" x=(x) y=(y - 6) text-anchor="middle" font-size="12" { (text) }
            }
            @if leg.changes.iter().any(|change| change.moves == super::Moves::Data) {
                @let (x, y) = (frame.x(at) + 3, frame.floor() - 17);
                path class="data-line" d=(format!("M{x} {y}a6 3 0 0 1 12 0v9a6 3 0 0 1 -12 0zm0 0a6 3 0 0 0 12 0")) {
                    title { (leg.changes.iter().map(|change| change.text.as_str()).collect::<Vec<_>>().join(", ")) }
                }
            }
            @if let Some(approval) = &leg.approval {
                @let (x, y) = (frame.x(at), frame.floor());
                path class="ask" d=(format!("M{x} {}l6 7l-6 7l-6 -7z", y - 7)) { title { (approval) } }
            }
        }
        (frame.no_return(plan))
        (names)
    };
    frame.sheet(height, &described, id, &content)
}

fn described(plan: &PlanPicture) -> String {
    let legs: Vec<String> = plan
        .legs
        .iter()
        .map(|leg| format!("{} {}", leg.name, leg.traffic_text()))
        .collect();
    format!(
        "Traffic on the new version in {}: {}",
        plan.name,
        legs.join("; ")
    )
}

/// Curves over the legs, from nothing to `top`, each with a bound that it is compared with, if there
/// is one. `narrow` is for a phone.
pub fn curves(
    plan: &PlanPicture,
    curves: &[Curve],
    bound: Option<(f64, &str)>,
    narrow: bool,
    id: &str,
) -> Markup {
    let highest = curves
        .iter()
        .flat_map(|curve| &curve.points)
        .map(|(_, value)| *value)
        .chain(bound.map(|(bound, _)| bound))
        .fold(0.0, f64::max);
    let top = ceiling(highest);
    let frame = Frame::new(plan.legs.len(), narrow, if narrow { 120 } else { 150 });
    let (names, height) = frame.names(plan);
    let content = html! {
        (frame.grid(top))
        @if let Some((bound, text)) = bound {
            @let y = frame.y(bound, top);
            line class="stop" x1=(frame.left) x2=(frame.width - 8) y1=(y) y2=(y) {}
            text class="stop-fill" x=(frame.left + 4) y=(if y > frame.top + 12 { y - 4 } else { y + 13 }) font-size=(LABEL) { (shown(text)) }
        }
        @for (number, curve) in curves.iter().enumerate() {
            @let ink = format!("c{}", number % 6 + 1);
            @let points: Vec<String> = curve.points.iter()
                .map(|(leg, value)| format!("{},{}", frame.middle(*leg), frame.y(*value, top))).collect();
            polyline class=(format!("curve {ink}")) points=(points.join(" ")) {}
            @for (leg, value) in &curve.points {
                circle class=(format!("curve paper {ink}")) cx=(frame.middle(*leg)) cy=(frame.y(*value, top)) r="3.5" {
                    title { (curve.name) ", " (plan.legs.get(*leg).map_or("", |leg| leg.name.as_str())) ": " (percent(*value)) }
                }
            }
        }
        (frame.no_return(plan))
        (names)
    };
    let described: Vec<String> = curves
        .iter()
        .map(|curve| {
            let points: Vec<String> = curve
                .points
                .iter()
                .map(|(leg, value)| {
                    let name = plan.legs.get(*leg).map_or("", |leg| leg.name.as_str());
                    format!("{name} {}", percent(*value))
                })
                .collect();
            format!("{}: {}", curve.name, points.join(", "))
        })
        .collect();
    frame.sheet(height, &described.join("; "), id, &content)
}

/// A round number that nothing is above.
fn ceiling(highest: f64) -> f64 {
    const ROUND: [f64; 12] = [
        0.0001, 0.0004, 0.001, 0.004, 0.01, 0.02, 0.04, 0.1, 0.2, 0.4, 0.8, 1.0,
    ];
    let fits = ROUND.iter().find(|round| highest <= **round);
    fits.copied().unwrap_or_else(|| highest.ceil())
}
