//! What the proof engine promises for 1,000 lanes of 20 events with 8,000 conditions, as a Markdown
//! table. Run by `benches/run`, on one core.

use std::hint::black_box;
use std::time::Instant;

use switchback::check::{Options, check};
use switchback::proof::{Clocks, Event, LaneId, Lanes, Point};

mod corpus;

use corpus::fleet::Random;

const LANES: u32 = 1_000;
const EVENTS: u32 = 20;
const WAITS: usize = 8_000;

/// A number of fleets that nothing joins; within each, the conditions join nearly all lanes. They
/// point back in one random order of all events, so that there is no cycle.
fn fleets(count: u32) -> Lanes {
    let mut lanes = Lanes::new();
    for fleet in 0..count {
        let mut random = Random(7);
        let first = fleet * LANES;
        let mut events = Vec::new();
        let mut state = vec![0; LANES as usize];
        for _ in 0..LANES {
            lanes.lane(EVENTS).expect("a short lane");
        }
        while events.len() < (LANES * EVENTS) as usize {
            let lane = random.below(u64::from(LANES)) as usize;
            if state[lane] < EVENTS {
                state[lane] += 1;
                events.push(Event {
                    lane: LaneId(first + lane as u32),
                    state: state[lane],
                });
            }
        }
        for _ in 0..WAITS {
            let mut pick = || random.below(events.len() as u64) as usize;
            let (a, b) = (pick(), pick());
            let (event, needs) = (events[a.max(b)], events[a.min(b)]);
            if event != needs {
                lanes.wait(event, needs).expect("two events");
            }
        }
    }
    lanes
}

fn point(lane: LaneId, state: u32) -> Point {
    Point { lane, state }
}

/// All pairs of states of two lanes: how many were asked about, how many can be together.
fn pair(clocks: &Clocks, a: LaneId, b: LaneId) -> (u64, u64) {
    let (mut asked, mut together) = (0, 0);
    for s in 0..=EVENTS {
        for t in 0..=EVENTS {
            asked += 1;
            together += u64::from(clocks.together(point(a, s), point(b, t)));
        }
    }
    (asked, together)
}

/// All pairs of states of all lanes that anything joins.
fn all_pairs(clocks: &Clocks) -> (u64, u64) {
    let (mut asked, mut together) = (0, 0);
    for lanes in clocks.components() {
        for (at, a) in lanes.iter().enumerate() {
            for b in &lanes[at + 1..] {
                let (more, met) = pair(clocks, *a, *b);
                asked += more;
                together += met;
            }
        }
    }
    (asked, together)
}

/// The same as ranges: the second half of one lane with the first half of the other.
fn all_ranges(clocks: &Clocks) -> (u64, u64) {
    let (mut asked, mut together) = (0, 0);
    for lanes in clocks.components() {
        for (at, a) in lanes.iter().enumerate() {
            for b in &lanes[at + 1..] {
                let (late, early) = (EVENTS / 2..=EVENTS, 0..=EVENTS / 2);
                asked += 1;
                let first = clocks.ranges_together((*a, late), (*b, early));
                together += u64::from(first.is_some());
            }
        }
    }
    (asked, together)
}

/// Seconds of the fastest of some runs, and the result.
fn best<T>(runs: usize, mut run: impl FnMut() -> T) -> (f64, T) {
    let mut time = f64::INFINITY;
    let mut timed = || {
        let start = Instant::now();
        let result = black_box(run());
        time = time.min(start.elapsed().as_secs_f64());
        result
    };
    for _ in 1..runs {
        timed();
    }
    let result = timed();
    (time, result)
}

/// Forgets the most memory that this process has had, where the system can.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that this process has had, where the system says so.
fn peak_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}

fn row(what: &str, measured: String, promised: &str, kept: Option<bool>) {
    let kept = match kept {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    };
    println!("| {what} | {measured} | {promised} | {kept} |");
}

/// The same as plans: texts read, built, and every verdict of every plan made.
fn whole_check() {
    let (loader, entries) = corpus::fleet::release(LANES as usize, EVENTS as usize, WAITS);
    forget_peak();
    let (time, plans) = best(3, || {
        let options = Options::default();
        let found = check(&loader, corpus::base(), &entries, &options).expect("a project");
        found.plans.len()
    });
    assert_eq!(plans, LANES as usize);
    row(
        &format!("the whole check of {plans} plans of {EVENTS} steps, from their text"),
        format!("{time:.2} s"),
        "",
        None,
    );
    if let Some(peak) = peak_megabytes() {
        row(
            "its memory, texts and findings included",
            format!("{peak:.0} MB"),
            "< 200 MB",
            Some(peak < 200.0),
        );
    }
}

fn main() {
    println!(
        "| Proof, {LANES} lanes, {EVENTS} events each, {WAITS} conditions | Best | Promised | Kept |"
    );
    println!("| --- | ---: | ---: | :---: |");
    whole_check();
    forget_peak();
    let lanes = fleets(1);
    let (build, clocks) = best(20, || Clocks::new(&lanes).expect("no cycle"));
    row("clocks", format!("{:.1} ms", build * 1e3), "", None);

    let (pairs, (asked, together)) = best(5, || all_pairs(&clocks));
    let rate = asked as f64 / pairs / 1e6;
    row(
        &format!("all {asked} pairs of states, {together} of them together"),
        format!("{rate:.0} million/s"),
        "≥ 30 million/s",
        Some(rate >= 30.0),
    );

    let (dependent, (asked, _)) = best(20, || {
        lanes
            .waits()
            .iter()
            .fold((0, 0), |(asked, together), wait| {
                let (more, met) = pair(&clocks, wait.event.lane, wait.needs.lane);
                (asked + more, together + met)
            })
    });
    row(
        &format!("the {asked} pairs of states of lanes that a condition joins"),
        format!("{:.1} ms", dependent * 1e3),
        "",
        None,
    );

    let (ranges, (asked, _)) = best(5, || all_ranges(&clocks));
    row(
        &format!("{asked} pairs of ranges of states"),
        format!("{:.1} million/s", asked as f64 / ranges / 1e6),
        "",
        None,
    );

    let all: Vec<LaneId> = (0..LANES).map(LaneId).collect();
    let end = [point(LaneId(LANES / 2), EVENTS)];
    let (run, events) = best(20, || clocks.shortest_run(&end).expect("a run").len());
    row(
        &format!("a shortest run, {events} events"),
        format!("{:.2} ms", run * 1e3),
        "",
        None,
    );

    // pods while a lane rolls: up by one for each event of the first half, then down again
    let pods = |p: Point| i64::from(p.state.min(EVENTS - p.state) * (1 + p.lane.0 % 7));
    let (sum, worst) = best(3, || clocks.greatest_sum(&all, pods).expect("all lanes"));
    row(
        &format!("the largest sum over all lanes, {}", worst.total),
        format!("{:.1} ms", sum * 1e3),
        "",
        None,
    );

    if let Some(peak) = peak_megabytes() {
        let table = clocks.table_bytes() as f64 / 1e6;
        row(
            &format!("memory of all the above, tables of {table:.0} MB included"),
            format!("{peak:.0} MB"),
            "< 200 MB",
            Some(peak < 200.0),
        );
    }

    let ten = fleets(10);
    // in turn, so that a slow minute hits both
    let (mut one_time, mut ten_time) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..3 {
        let whole = |lanes: &Lanes| all_pairs(&Clocks::new(lanes).expect("no cycle"));
        one_time = best(1, || whole(&lanes)).0.min(one_time);
        ten_time = best(1, || whole(&ten)).0.min(ten_time);
    }
    let times = ten_time / one_time;
    row(
        "ten such fleets that nothing joins: clocks and all pairs, in times of one",
        format!("{times:.1}"),
        "≤ 12",
        Some(times <= 12.0),
    );
}
