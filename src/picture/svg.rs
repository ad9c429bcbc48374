//! SVG that needs nothing beside itself: colours for light and dark paper, no script, no font.

use maud::{Markup, PreEscaped, html};

use super::text_width::{width, wrap};
use super::{End, LegPicture, Moves, Picture, PlanPicture};

/// The style of every drawing: classes below `.sb`.
pub const STYLE: &str = include_str!("style.css");

/// Where things stand, in pixels of the drawing. A card holds what a leg is; left of it is when it
/// starts, right of it the way back.
#[derive(Clone, Copy)]
struct Frame {
    /// The whole drawing.
    width: u32,
    /// The line that leads from leg to leg.
    spine: u32,
    /// Left and right edge of the cards.
    card: (u32, u32),
    /// The line that leads back.
    rail: u32,
}

const WIDE: Frame = Frame {
    width: 720,
    spine: 92,
    card: (112, 632),
    rail: 676,
};

const NARROW: Frame = Frame {
    width: 360,
    spine: 14,
    card: (28, 330),
    rail: 347,
};

/// Size of running text and of the name of a leg.
const SMALL: u32 = 12;
const LARGE: u32 = 14;
const ROW: u32 = 18;
const PAD: u32 = 12;

/// The picture as a document of its own, on its own paper.
pub fn svg(picture: &Picture) -> String {
    let mut out = draw(picture, WIDE, Some(STYLE), "").into_string();
    out.push('\n');
    out
}

/// The picture as a part of a page that has [`STYLE`]; `narrow` is for a phone. The ids in it begin
/// with `id`.
pub fn drawing(picture: &Picture, narrow: bool, id: &str) -> Markup {
    draw(picture, if narrow { NARROW } else { WIDE }, None, id)
}

/// What is drawn so far, and how far down.
struct Sheet {
    frame: Frame,
    /// Lines first, so that they lie below what follows.
    below: Vec<Markup>,
    above: Vec<Markup>,
    y: u32,
}

impl Sheet {
    fn text(&mut self, x: u32, y: u32, class: &str, text: &str) {
        self.above
            .push(html! { text x=(x) y=(y) class=(class) { (text) } });
    }

    fn text_end(&mut self, x: u32, y: u32, class: &str, text: &str) {
        self.above
            .push(html! { text x=(x) y=(y) class=(class) text-anchor="end" { (text) } });
    }

    fn path(&mut self, class: &str, d: String) {
        self.below.push(html! { path class=(class) d=(d) {} });
    }

    /// A small head of an arrow whose tip is there.
    fn arrow(&mut self, class: &str, (x, y): (u32, u32), way: Way) {
        let d = match way {
            Way::Down => format!("M{x} {y}l-4 -7h8z"),
            Way::Up => format!("M{x} {y}l-4 7h8z"),
            Way::Left => format!("M{x} {y}l7 -4v8z"),
            Way::Right => format!("M{x} {y}l-7 -4v8z"),
        };
        self.above.push(html! { path class=(class) d=(d) {} });
    }
}

enum Way {
    Down,
    Up,
    Left,
    Right,
}

/// Where a leg stands on the sheet, for the lines that lead to it and away from it.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Where the line from above meets what comes before the leg: an approval, or its card.
    entry: u32,
    /// The middle of the card's first line.
    head: u32,
    /// Where the line to the next leg begins.
    end: u32,
}

fn draw(picture: &Picture, frame: Frame, style: Option<&str>, id: &str) -> Markup {
    let mut sheet = Sheet {
        frame,
        below: Vec::new(),
        above: Vec::new(),
        y: 12,
    };
    let mut places: Vec<Vec<Place>> = Vec::new();
    for (number, plan) in picture.plans.iter().enumerate() {
        if number > 0 {
            sheet.y += 28;
        }
        places.push(plan_of(picture, number, plan, &mut sheet));
    }
    waits(picture, &places, &mut sheet);
    let height = sheet.y + 12;
    let title = format!("{}id-title", id);
    let box_of = format!("0 0 {} {height}", frame.width);
    html! {
        svg xmlns="http://www.w3.org/2000/svg" class="sb" role="img" width=(frame.width)
            height=(height) viewBox=(box_of) aria-labelledby=(title) {
            title id=(title) { (described(picture)) }
            @if let Some(style) = style {
                style { (PreEscaped(style)) }
                rect class="paper" width="100%" height="100%" {}
            }
            @for part in sheet.below.iter().chain(&sheet.above) { (part) }
        }
    }
}

/// The drawing in a sentence, for those who cannot see it.
fn described(picture: &Picture) -> String {
    let plans: Vec<String> = picture
        .plans
        .iter()
        .map(|plan| {
            let legs: Vec<String> = plan
                .legs
                .iter()
                .map(|leg| match leg.traffic.is_empty() {
                    true => leg.name.clone(),
                    false => format!("{} {}", leg.name, leg.traffic.join(", ")),
                })
                .collect();
            format!("{}: {}", plan.name, legs.join("; "))
        })
        .collect();
    format!("The legs of {}", plans.join(". "))
}

fn plan_of(picture: &Picture, number: usize, plan: &PlanPicture, sheet: &mut Sheet) -> Vec<Place> {
    let frame = sheet.frame;
    let left = if frame.width < 500 { 4 } else { 24 };
    let room = frame.width - left - 8;
    for line in wrap(&plan.name, 18, room) {
        sheet.y += 20;
        sheet.text(left, sheet.y, "t h", &line);
    }
    let mut about = plan.rolls.clone();
    if !plan.obeys.is_empty() {
        about.push(format!("obeys {}", plan.obeys.join(", ")));
    }
    if !plan.targets.is_empty() {
        about.push(format!("on {}", plan.targets.join(", ")));
    }
    if let Some(environment) = &picture.environment {
        about.push(format!("in {environment}"));
    }
    for line in wrap(&about.join("  ·  "), SMALL, room) {
        sheet.y += ROW;
        sheet.text(left, sheet.y, "m", &line);
    }
    sheet.y += 12;
    let goes_back = |leg: &LegPicture| {
        let mut edges = leg.edges.iter();
        edges.any(|edge| matches!(edge.to, End::Back | End::Pause(_)))
    };
    let last_back = plan.legs.iter().rposition(goes_back);
    if last_back.is_some() {
        let within = plan.back_within.as_ref();
        let within = within.map_or(String::new(), |time| format!(" within {time}"));
        let text = format!("on failure: back{within}");
        let wide = width(&text, SMALL) + 2 * PAD;
        let right = frame.width - 4;
        sheet.above.push(html! {
            rect class="back" x=(right - wide) y=(sheet.y) width=(wide) height="24" rx="12" {}
        });
        let (x, y) = (right - wide / 2, sheet.y + 16);
        sheet.above.push(html! {
            text class="back-fill" x=(x) y=(y) text-anchor="middle" { (text) }
        });
        sheet.y += 24;
    }
    let rail_top = sheet.y;
    sheet.y += 10;
    let mut places = Vec::new();
    let mut lowest_rail = None;
    let mut before = None;
    for (at, leg) in plan.legs.iter().enumerate() {
        if let Some(line) = plan.no_return.as_ref().filter(|line| line.above == at) {
            no_return(&line.reason, sheet);
        }
        let place = leg_of(picture, (number, at), leg, sheet);
        if let Some(from) = before {
            let spine = frame.spine;
            sheet.path("line", format!("M{spine} {from}V{}", place.entry));
            sheet.arrow("arrow", (spine, place.entry), Way::Down);
        }
        if goes_back(leg) {
            let (right, y, rail) = (frame.card.1, place.head, frame.rail);
            sheet.path("back", format!("M{right} {y}H{rail}"));
            lowest_rail = Some(y);
        }
        before = Some(place.end);
        places.push(place);
        sheet.y += 22;
    }
    if let Some(line) = plan
        .no_return
        .as_ref()
        .filter(|line| line.above == plan.legs.len())
    {
        no_return(&line.reason, sheet);
    }
    if let Some(y) = lowest_rail {
        let rail = frame.rail;
        sheet.path("back", format!("M{rail} {y}V{}", rail_top + 6));
        sheet.arrow("back-fill", (rail, rail_top + 1), Way::Up);
    }
    gotos(plan, &places, sheet);
    if let Some(from) = before {
        let (spine, y) = (frame.spine, sheet.y + 6);
        sheet.path("line", format!("M{spine} {from}V{}", y - 8));
        sheet
            .above
            .push(html! { circle class="good" cx=(spine) cy=(y) r="7" {} });
        sheet.text(frame.card.0, y + 4, "t", "done");
        sheet.y = y + 12;
    }
    places
}

/// The line of no return, across the sheet.
fn no_return(reason: &str, sheet: &mut Sheet) {
    let frame = sheet.frame;
    let left = frame.card.0;
    let text = format!("no return: {reason}");
    sheet.y += 6;
    let y = sheet.y;
    sheet.path("stop", format!("M4 {y}H{}", frame.width - 4));
    for line in wrap(&text, SMALL, frame.width - left - 8) {
        sheet.y += ROW;
        sheet.text(left, sheet.y - 2, "stop-fill b", &line);
    }
    sheet.y += 14;
}

fn leg_of(
    picture: &Picture,
    (plan, at): (usize, usize),
    leg: &LegPicture,
    sheet: &mut Sheet,
) -> Place {
    let frame = sheet.frame;
    let (left, right) = frame.card;
    let narrow = frame.width < 500;
    let mut entry = None;
    let before = picture
        .waits_of(plan, at)
        .map(|wait| format!("after {}", wait.name))
        .chain(leg.approval.clone());
    for text in before {
        let y = sheet.y + 10;
        let spine = frame.spine;
        if let Some(from) = entry.map(|y: u32| y + 22) {
            sheet.path("line", format!("M{spine} {}V{y}", from - 12));
        }
        entry = entry.or(Some(sheet.y));
        let d = format!("M{spine} {}l9 10l-9 10l-9 -10z", y - 10);
        sheet.above.push(html! { path class="ask" d=(d) {} });
        for line in wrap(&text, SMALL, right - left) {
            sheet.text(left, sheet.y + 14, "t", &line);
            sheet.y += ROW;
        }
        sheet.y += 12;
        let from = y + 10;
        sheet.path("line", format!("M{spine} {from}V{}", sheet.y + 20));
    }
    let top = sheet.y;
    let inner = (left + PAD, right - PAD);
    let room = inner.1 - inner.0;
    let mut y = top + 6;
    // name, and what runs
    let versions = pills(&leg.live, inner.1, y + 3);
    let starts = match narrow {
        true => format!("{} · ", leg.start),
        false => String::new(),
    };
    let taken = versions.1 + 12;
    for line in wrap(
        &format!("{starts}{}", leg.name),
        LARGE + 1,
        room.saturating_sub(taken).max(80),
    ) {
        y += ROW;
        sheet.text(inner.0, y - 2, "t n", &line);
    }
    sheet.above.push(versions.0);
    let head = top + 17;
    if !narrow {
        sheet.text_end(frame.spine - 16, head + 4, "m", &leg.start);
    }
    // the bar
    y += 8;
    let bar = bar(leg, (inner.0, y), room);
    sheet.above.push(bar);
    y += 8;
    for line in wrap(&shares(leg), SMALL, room) {
        y += ROW - 2;
        sheet.text(inner.0, y, "t", &line);
    }
    y += 2;
    for change in &leg.changes {
        let data = change.moves == Moves::Data;
        for (number, line) in wrap(&change.text, SMALL, room - 18).iter().enumerate() {
            y += ROW;
            if data && number == 0 {
                let (x, top) = (inner.0, y - 10);
                sheet.above.push(html! {
                    path class="data-line" d=(format!("M{x} {}a5 2.5 0 0 1 10 0v7a5 2.5 0 0 1 -10 0zm0 0a5 2.5 0 0 0 10 0", top + 2)) {}
                });
            }
            let x = if data { inner.0 + 18 } else { inner.0 };
            sheet.text(x, y, if data { "data b" } else { "t" }, line);
        }
    }
    for run in &leg.runs {
        for line in wrap(&format!("runs {run}"), SMALL, room) {
            y += ROW;
            sheet.text(inner.0, y, "t", &line);
        }
    }
    if let Some(hold) = &leg.hold {
        let text = match leg.gates.as_slice() {
            [] => format!("holds {hold}, unwatched"),
            gates => format!("holds {hold}, watched by {}", gates.join(", ")),
        };
        for line in wrap(&text, SMALL, room) {
            y += ROW;
            sheet.text(inner.0, y, "m", &line);
        }
    }
    let legs = &picture.plans[plan].legs;
    for edge in &leg.edges {
        let class = match edge.to {
            End::On(_) => "m",
            End::Stop => "stop-fill",
            _ => "back-fill",
        };
        let Some(text) = edge.text(legs) else {
            continue;
        };
        for line in wrap(&text, SMALL, room) {
            y += ROW;
            sheet.text(inner.0, y, class, &line);
        }
    }
    let end = y + 11;
    let spine = frame.spine;
    sheet.below.push(html! {
        rect class="card" x=(left) y=(top) width=(right - left) height=(end - top) rx="8" {}
    });
    sheet.path("line", format!("M{spine} {head}H{left}"));
    let class = if leg.live.iter().any(|live| live.new) {
        "new"
    } else {
        "arrow"
    };
    sheet
        .above
        .push(html! { circle class=(class) cx=(spine) cy=(head) r="5" {} });
    sheet.y = end;
    Place {
        entry: entry.unwrap_or(head - 7),
        head,
        end: head + 5,
    }
}

/// What is exposed, in words.
fn shares(leg: &LegPicture) -> String {
    if leg.traffic.is_empty() {
        "nothing exposed".to_string()
    } else {
        leg.traffic.join(", ")
    }
}

/// The traffic as a bar: what meets the new version out of all.
fn bar(leg: &LegPicture, (x, y): (u32, u32), wide: u32) -> Markup {
    let of = |ppm: u64| (u64::from(wide) * ppm.min(1_000_000)).div_ceil(1_000_000);
    let new = leg.share.map_or(0, |share| of(share.ppm()));
    let copied = of(leg.mirror.ppm());
    html! {
        rect class="old" x=(x) y=(y) width=(wide) height="8" rx="4" {}
        @if new > 0 {
            rect class="new" x=(x) y=(y) width=(new.max(3)) height="8" rx=(new.clamp(3, 8) / 2) {}
        }
        @if copied > 0 {
            rect class="copy" x=(x) y=(y) width=(copied.max(3)) height="8" rx="2" {}
        }
    }
}

/// The versions that run, as pills that end at `right`; and how wide they are together.
fn pills(live: &[super::Live], right: u32, y: u32) -> (Markup, u32) {
    let mut x = right;
    let mut parts = Vec::new();
    for version in live.iter().rev() {
        let name: String = match version.name.chars().count() {
            0..=18 => version.name.clone(),
            _ => version.name.chars().take(17).chain(['…']).collect(),
        };
        let wide = width(&name, SMALL) + 14;
        x = x.saturating_sub(wide);
        let class = if version.new { "new" } else { "pill" };
        let ink = if version.new { "on-new b" } else { "t" };
        parts.push(html! {
            rect class=(class) x=(x) y=(y) width=(wide) height="18" rx="9" { title { (version.name) } }
            text class=(ink) x=(x + wide / 2) y=(y + 13) text-anchor="middle" { (name) }
        });
        x = x.saturating_sub(6);
    }
    (html! { @for part in &parts { (part) } }, right - x)
}

/// Lines to earlier legs, between the cards and the line back.
fn gotos(plan: &PlanPicture, places: &[Place], sheet: &mut Sheet) {
    let right = sheet.frame.card.1;
    let lane = right + (sheet.frame.rail - right) / 2;
    for (at, leg) in plan.legs.iter().enumerate() {
        for edge in &leg.edges {
            let End::Goto(target, _) = edge.to else {
                continue;
            };
            let (Some(from), Some(to)) = (places.get(at), places.get(target)) else {
                continue;
            };
            let (from, to) = (from.head + 8, to.head + 8);
            sheet.path("back", format!("M{right} {from}H{lane}V{to}H{right}"));
            sheet.arrow("back-fill", (right, to), Way::Left);
        }
    }
}

/// Lines from plan to plan, at the left edge.
fn waits(picture: &Picture, places: &[Vec<Place>], sheet: &mut Sheet) {
    let spine = sheet.frame.spine;
    let mut lane = 6;
    for wait in &picture.waits {
        let Some((plan, leg)) = wait.from else {
            continue;
        };
        let from = places.get(plan).and_then(|own| own.get(leg));
        let to = places.get(wait.to.0).and_then(|own| own.get(wait.to.1));
        let (Some(from), Some(to)) = (from, to) else {
            continue;
        };
        let (a, b) = (from.end + 6, to.entry + 10);
        let x = lane.min(spine - 12);
        sheet.path("line", format!("M{spine} {a}H{x}V{b}H{}", spine - 12));
        sheet.arrow("arrow", (spine - 9, b), Way::Right);
        lane += 6;
    }
}
