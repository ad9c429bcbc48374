//! Random small lanes, asked in both ways.

use switchback::proof::{Clocks, Effect, Event, Fault, LaneId, Point, Range, Wait, deadlocks};

use super::reference::{Cut, Instance, Random};

/// How many random instances the long test asks; `SWITCHBACK_PROOF_INSTANCES` overrides it.
const INSTANCES: u64 = 100_000;

/// How many the short one asks.
const FEW: u64 = 5_000;

#[test]
fn few_random_instances_agree() {
    agree(0, FEW);
}

#[test]
#[ignore = "takes a while; tests/run runs it"]
fn many_random_instances_agree() {
    let asked = std::env::var("SWITCHBACK_PROOF_INSTANCES");
    let instances = asked.ok().and_then(|n| n.parse().ok());
    agree(FEW, instances.unwrap_or(INSTANCES));
}

/// Instance by instance, on all cores; fails with the number of the first that differs.
fn agree(first: u64, instances: u64) {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get()) as u64;
    let counts: Vec<Counts> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                scope.spawn(move || {
                    let mut counts = Counts::default();
                    for number in (first + worker..first + instances).step_by(threads as usize) {
                        ask(number, &mut counts);
                    }
                    counts
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("an instance differs; see above"))
            .collect()
    });
    let sum = |of: fn(&Counts) -> u64| counts.iter().map(of).sum::<u64>();
    // a generator that stops making the interesting cases would make this test worth nothing
    for (what, count) in [
        ("pairs together", sum(|c| c.together)),
        ("pairs apart", sum(|c| c.apart)),
        ("triples", sum(|c| c.triples)),
        ("deadlocks", sum(|c| c.deadlocks)),
        ("events that were met", sum(|c| c.history)),
        ("rolled back", sum(|c| c.rolled_back)),
        ("sums", sum(|c| c.sums)),
        ("ranges together", sum(|c| c.ranges)),
        ("conditions that separate", sum(|c| c.separate)),
        ("conditions that close a cycle", sum(|c| c.closing)),
        ("conditions that change nothing", sum(|c| c.idle)),
    ] {
        println!("{what}: {count}");
        assert!(count > instances / 20, "{what}: only {count}");
    }
}

#[derive(Default)]
struct Counts {
    together: u64,
    apart: u64,
    triples: u64,
    deadlocks: u64,
    history: u64,
    rolled_back: u64,
    sums: u64,
    ranges: u64,
    separate: u64,
    closing: u64,
    idle: u64,
}

fn ask(number: u64, counts: &mut Counts) {
    let mut random = Random(number.wrapping_mul(0xd134_2543_de82_ef95));
    let instance = random.instance();
    let cuts = instance.reachable();
    let possible = cuts.contains(&instance.end());
    match Clocks::new(&instance.lanes()) {
        Ok(clocks) => {
            assert!(
                possible,
                "{number}: not all events can happen: {instance:?}"
            );
            assert_eq!(deadlocks(&instance.lanes()), Vec::<Vec<Event>>::new());
            let asked = Asked {
                number,
                instance,
                cuts,
                clocks,
            };
            asked.pairs(&mut random, counts);
            asked.triples(&mut random, counts);
            asked.history(counts);
            asked.rolled_back(&mut random, counts);
            asked.sums(&mut random, counts);
            asked.ranges(&mut random, counts);
            asked.effects(&mut random, counts);
        }
        Err(Fault::Deadlock { cycle }) => {
            counts.deadlocks += 1;
            assert!(!possible, "{number}: all events can happen: {instance:?}");
            check_cycle(number, &instance, &cycle);
            let fewest = deadlocks(&instance.lanes())
                .iter()
                .map(|cycle| conditions(number, &instance, cycle))
                .min();
            assert_eq!(fewest, instance.shortest_cycle(), "{number}: {instance:?}");
        }
        Err(fault) => panic!("{number}: {fault}"),
    }
}

fn check_cycle(number: u64, instance: &Instance, cycle: &[Event]) {
    conditions(number, instance, cycle);
    let mut once = cycle.to_vec();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), cycle.len(), "{number}: {cycle:?}");
    assert_eq!(once.first(), cycle.first(), "{number}: {cycle:?}");
}

/// How many conditions a cycle has, each step of which must be one or lead to an earlier event.
fn conditions(number: u64, instance: &Instance, cycle: &[Event]) -> usize {
    assert!(!cycle.is_empty(), "{number}");
    let next = cycle.iter().cycle().skip(1);
    let by_condition = cycle.iter().zip(next).filter(|(event, needs)| {
        let wait = Wait {
            event: **event,
            needs: **needs,
        };
        let declared = instance.waits.contains(&wait);
        assert!(
            declared || (event.lane == needs.lane && event.state > needs.state),
            "{number}: {event:?} does not need {needs:?} in {instance:?}"
        );
        // an earlier event of the lane is needed anyway
        event.lane != needs.lane || event.state <= needs.state
    });
    by_condition.count()
}

struct Asked {
    number: u64,
    instance: Instance,
    cuts: Vec<Cut>,
    clocks: Clocks,
}

fn at(cut: &Cut, point: Point) -> bool {
    cut[point.lane.0 as usize] == point.state
}

fn within(cut: &Cut, range: &Range) -> bool {
    range.1.contains(&cut[range.0.0 as usize])
}

fn happened(cut: &Cut, event: Event) -> bool {
    cut[event.lane.0 as usize] >= event.state
}

fn size(cut: &Cut) -> u32 {
    cut.iter().sum()
}

impl Asked {
    /// The smallest reachable state of which that is true.
    fn least(&self, is: impl Fn(&Cut) -> bool) -> Option<&Cut> {
        self.cuts
            .iter()
            .filter(|cut| is(cut))
            .min_by_key(|cut| size(cut))
    }

    /// Replays a run by the meaning of the conditions, and gives where it ends.
    fn replay(&self, run: &[Event]) -> Cut {
        let mut cut = [0; 4];
        for event in run {
            assert!(
                self.instance.allowed(&cut, *event),
                "{}: {event:?} cannot happen in {run:?} of {:?}",
                self.number,
                self.instance
            );
            cut[event.lane.0 as usize] += 1;
        }
        cut
    }

    fn pairs(&self, random: &mut Random, counts: &mut Counts) {
        let points = self.instance.points();
        // the size of the smallest state that holds both
        let mut least = vec![u32::MAX; points.len() * points.len()];
        let firsts: Vec<usize> = (0..self.instance.last.len())
            .map(|lane| {
                points
                    .iter()
                    .position(|p| p.lane.0 as usize == lane)
                    .unwrap_or(0)
            })
            .collect();
        for cut in &self.cuts {
            for (a, i) in cut.iter().zip(&firsts) {
                for (b, j) in cut.iter().zip(&firsts) {
                    let entry = &mut least[(i + *a as usize) * points.len() + j + *b as usize];
                    *entry = size(cut).min(*entry);
                }
            }
        }
        for (a, least) in points.iter().zip(least.chunks(points.len())) {
            for (b, least) in points.iter().zip(least) {
                let together = *least != u32::MAX;
                assert_eq!(
                    self.clocks.together(*a, *b),
                    together,
                    "{}: {a:?} and {b:?} in {:?}",
                    self.number,
                    self.instance
                );
                if together {
                    counts.together += 1;
                } else {
                    counts.apart += 1;
                }
                if random.below(8) == 0 {
                    let run = self.clocks.shortest_run(&[*a, *b]);
                    assert_eq!(run.is_some(), together);
                    if let Some(run) = run {
                        assert_eq!(run.len() as u32, *least, "{}", self.number);
                        let end = self.replay(&run);
                        assert!(at(&end, *a) && at(&end, *b), "{}", self.number);
                    }
                }
            }
        }
    }

    /// Three or four states at once.
    fn triples(&self, random: &mut Random, counts: &mut Counts) {
        let points = self.instance.points();
        for _ in 0..4 {
            let some: Vec<Point> = (0..3 + random.below(2))
                .filter_map(|_| random.pick(&points))
                .collect();
            let least = self.least(|cut| some.iter().all(|p| at(cut, *p)));
            counts.triples += 1;
            assert_eq!(
                self.clocks.all_together(&some),
                least.is_some(),
                "{}: {some:?} in {:?}",
                self.number,
                self.instance
            );
            let run = self.clocks.shortest_run(&some);
            assert_eq!(run.map(|run| run.len() as u32), least.map(size));
        }
    }

    fn history(&self, counts: &mut Counts) {
        for f in self.instance.events() {
            let after: Vec<&Cut> = self.cuts.iter().filter(|cut| happened(cut, f)).collect();
            for now in self.instance.points() {
                let met = after.iter().any(|cut| at(cut, now));
                counts.history += u64::from(met);
                assert_eq!(
                    self.clocks.after_event(f, now),
                    met,
                    "{}: {now:?} after {f:?} in {:?}",
                    self.number,
                    self.instance
                );
            }
            for e in self.instance.events() {
                let before = e != f && after.iter().all(|cut| happened(cut, e));
                assert_eq!(
                    self.clocks.happens_before(e, f),
                    before,
                    "{}: {e:?} before {f:?} in {:?}",
                    self.number,
                    self.instance
                );
            }
        }
    }

    fn rolled_back(&self, random: &mut Random, counts: &mut Counts) {
        let lane = random.below(self.instance.last.len());
        let states = self.instance.rolled_back(&self.cuts, lane);
        for top in 1..=self.instance.last[lane] {
            let from_top: Vec<_> = states.iter().filter(|(cut, _)| cut[lane] == top).collect();
            let point = Point {
                lane: LaneId(lane as u32),
                state: top,
            };
            for other in self.instance.points() {
                let met = if other.lane == point.lane {
                    // where it is now, on its way back or before it went back
                    other.state == top || from_top.iter().any(|(_, now)| *now == other.state)
                } else {
                    from_top.iter().any(|(cut, _)| at(cut, other))
                };
                counts.rolled_back += 1;
                assert_eq!(
                    self.clocks.rolled_back(point, other),
                    met,
                    "{}: {other:?} with {point:?} rolled back in {:?}",
                    self.number,
                    self.instance
                );
            }
        }
    }

    fn sums(&self, random: &mut Random, counts: &mut Counts) {
        let all: Vec<LaneId> = (0..self.instance.last.len() as u32).map(LaneId).collect();
        let lanes: Vec<LaneId> = all.into_iter().filter(|_| random.below(4) > 0).collect();
        let salt = random.next();
        let weight = |point: Point| {
            let seed = u64::from(point.lane.0) << 32 | u64::from(point.state);
            Random(salt ^ seed.wrapping_mul(0x9e37)).below(13) as i64 - 6
        };
        let total = |cut: &Cut| {
            let of = |lane: &LaneId| {
                let state = cut[lane.0 as usize];
                i128::from(weight(Point { lane: *lane, state }))
            };
            lanes.iter().map(of).sum::<i128>()
        };
        let totals = self.cuts.iter().map(total);
        let (greatest, least) = (totals.clone().max(), totals.min());
        for (sum, wanted) in [
            (self.clocks.greatest_sum(&lanes, weight), greatest),
            (self.clocks.least_sum(&lanes, weight), least),
        ] {
            let sum = sum.expect("lanes that exist");
            counts.sums += 1;
            assert_eq!(
                Some(sum.total),
                wanted,
                "{}: {:?}",
                self.number,
                self.instance
            );
            let run = self
                .clocks
                .shortest_run(&sum.cut)
                .expect("a reachable state");
            let first = self.least(|cut| total(cut) == sum.total);
            assert_eq!(Some(run.len() as u32), first.map(size), "{}", self.number);
            assert_eq!(total(&self.replay(&run)), sum.total);
        }
    }

    fn range(&self, random: &mut Random) -> Range {
        let lane = random.below(self.instance.last.len());
        let low = random.below(self.instance.last[lane] as usize + 1) as u32;
        (LaneId(lane as u32), low..=low + random.below(3) as u32)
    }

    fn ranges(&self, random: &mut Random, counts: &mut Counts) {
        for _ in 0..4 {
            let (a, b, c) = (self.range(random), self.range(random), self.range(random));
            let both = |cut: &Cut| within(cut, &a) && within(cut, &b);
            let first = self.least(both);
            let wanted = first.map(|cut| {
                let point = |range: &Range| Point {
                    lane: range.0,
                    state: cut[range.0.0 as usize],
                };
                (point(&a), point(&b))
            });
            counts.ranges += u64::from(wanted.is_some());
            assert_eq!(
                self.clocks.ranges_together(a.clone(), b.clone()),
                wanted,
                "{}: {a:?} and {b:?} in {:?}",
                self.number,
                self.instance
            );
            let event = random.pick(&self.instance.events());
            let events = event.as_slice();
            let three = [a.clone(), b.clone(), c];
            let least = self.least(|cut| {
                three.iter().all(|range| within(cut, range))
                    && events.iter().all(|event| happened(cut, *event))
            });
            let found = self.clocks.all_ranges_together(events, &three);
            assert_eq!(found.is_some(), least.is_some(), "{}", self.number);
            if let Some(points) = found {
                let run = self.clocks.shortest_run_after(events, &points);
                assert_eq!(run.map(|run| run.len() as u32), least.map(size));
            }
        }
        let (a, b) = (self.range(random), self.range(random));
        self.orders_apart(&a, &b);
    }

    /// Each condition that is offered keeps the ranges apart, and no other of that kind would.
    fn orders_apart(&self, a: &Range, b: &Range) {
        let offered = self.clocks.orders_apart(a, b);
        for wait in &offered {
            let more = self.instance.with(*wait);
            let cuts = more.reachable();
            assert!(cuts.contains(&more.end()), "{}: {wait:?}", self.number);
            let met = cuts.iter().any(|cut| within(cut, a) && within(cut, b));
            assert!(!met, "{}: {wait:?} for {a:?} and {b:?}", self.number);
        }
        for (entered, left) in [(a, b), (b, a)] {
            let event = Event {
                lane: entered.0,
                state: *entered.1.start(),
            };
            let needs = Event {
                lane: left.0,
                state: left.1.end() + 1,
            };
            let exist = event.state > 0 && needs.state <= self.instance.last[needs.lane.0 as usize];
            let wait = Wait { event, needs };
            if a.0 != b.0 && exist && !offered.contains(&wait) {
                let more = self.instance.with(wait);
                assert!(!more.reachable().contains(&more.end()), "{}", self.number);
            }
        }
    }

    fn effects(&self, random: &mut Random, counts: &mut Counts) {
        let (points, events) = (self.instance.points(), self.instance.events());
        for _ in 0..2 {
            let (Some(mut event), Some(mut needs)) = (random.pick(&events), random.pick(&events))
            else {
                return;
            };
            let written = random.pick(&events).filter(|_| random.below(4) == 0);
            let now: Vec<Point> = (0..2).filter_map(|_| random.pick(&points)).collect();
            // mostly what a fix looks like: one of them only after the other was left
            let fix = Event {
                lane: now[1].lane,
                state: now[1].state + 1,
            };
            if random.below(4) > 0 && now[0].state > 0 && events.contains(&fix) {
                (event.lane, event.state) = (now[0].lane, now[0].state);
                needs = fix;
            }
            let wait = Wait { event, needs };
            let more = self.instance.with(wait);
            let cuts = more.reachable();
            let closes = !cuts.contains(&more.end());
            assert_eq!(self.clocks.would_deadlock(wait), closes, "{}", self.number);
            let holds = |cut: &Cut| {
                now.iter().all(|p| at(cut, *p)) && written.iter().all(|f| happened(cut, *f))
            };
            let wanted = if closes {
                counts.closing += 1;
                Effect::Deadlock
            } else if cuts.iter().any(holds) {
                counts.idle += 1;
                Effect::Together
            } else {
                counts.separate += u64::from(self.cuts.iter().any(holds));
                Effect::Apart
            };
            assert_eq!(
                self.clocks.effect(wait, written.as_slice(), &now),
                wanted,
                "{}: {wait:?} for {now:?} after {written:?} in {:?}",
                self.number,
                self.instance
            );
        }
    }
}
