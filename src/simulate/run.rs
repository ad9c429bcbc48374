//! One run: a walk through the plan's stages until somebody stops it, or nobody does.

use super::draw::{Arrivals, Source, different, part};
use super::journey::{Course, Journey, Stage, Watched};
use super::meter::{Ends, Meter, Seen};
use super::tape::{Counts, Tape};

/// How a run went. Times are in milliseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Ran {
    /// Where it was stopped, and by which of the stage's gates.
    pub stopped: Option<(usize, usize)>,
    /// From the first exposure to the verdict.
    pub verdict: f64,
    /// From the verdict until the old version has all requests.
    pub back: f64,
    /// Requests of the new version that failed from the fault's begin on.
    pub failed: u64,
    /// Users whom they met.
    pub users: Option<u64>,
    /// Looks that were taken.
    pub looks: u64,
}

/// What is kept from run to run, so that nothing is allocated anew.
#[derive(Debug)]
pub(super) struct Walker<'a> {
    journey: &'a Journey,
    /// When each fault begins, from the first exposure.
    onsets: Vec<f64>,
    /// The stream in which each fault is counted.
    main: Vec<Option<usize>>,
    tapes: Vec<Tape>,
    shifts: Vec<f64>,
    meters: Vec<Meter>,
    jumps: Vec<u64>,
    /// Failed requests of each stage.
    hits: Vec<u64>,
    /// The shares of users that stages differ in, rising.
    pools: Vec<f64>,
    /// The stages that this run came to.
    pub reached: Vec<bool>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(journey: &'a Journey, onsets: Vec<f64>) -> Walker<'a> {
        let main = (0..onsets.len()).map(|fault| {
            let mut streams = journey.streams.iter();
            streams.position(|stream| stream.fault == Some(fault) && stream.alone.is_none())
        });
        let mut pools: Vec<f64> = journey.stages.iter().map(|stage| stage.pool).collect();
        pools.sort_by(f64::total_cmp);
        pools.dedup();
        let gates = journey.stages.iter().map(|stage| stage.gates.len());
        Walker {
            main: main.collect(),
            onsets,
            tapes: vec![Tape::default(); journey.streams.len()],
            shifts: vec![0.0; journey.streams.len()],
            meters: vec![Meter::default(); gates.max().unwrap_or(0)],
            jumps: vec![0; journey.stages.len()],
            hits: vec![0; journey.stages.len()],
            reached: vec![false; journey.stages.len()],
            pools,
            journey,
        }
    }

    /// When the fault of a stream begins; never where it has none.
    pub(super) fn onset(&self, stream: usize) -> f64 {
        let fault = self.journey.streams[stream].fault;
        fault
            .and_then(|fault| self.onsets.get(fault).copied())
            .unwrap_or(f64::INFINITY)
    }

    /// Begins a run: collections of the provider fall at any time of their interval.
    fn begin(&mut self, source: &mut Source) {
        for (shift, stream) in self.shifts.iter_mut().zip(&self.journey.streams) {
            *shift = source.unit() * stream.scrape as f64;
        }
        self.jumps.fill(0);
        self.hits.fill(0);
        self.reached.fill(false);
    }

    /// Walks once by rounds of looks: Argo's runs, or those of our own judge.
    pub(super) fn rounds(&mut self, source: &mut Source) -> Ran {
        self.begin(source);
        let journey = self.journey;
        let (mut at, mut clock, mut ran) = (0usize, 0.0f64, Ran::default());
        while let Some(stage) = journey.stages.get(at) {
            self.reached[at] = true;
            for stream in 0..self.tapes.len() {
                let onset = self.onset(stream) - clock - self.shifts[stream];
                self.tapes[stream].begin(onset);
            }
            self.meters.fill(Meter::default());
            let Some((time, gate, course)) = self.judge(stage, source, &mut ran.looks) else {
                let hold = stage.hold as f64;
                self.leave(at, clock, hold, source);
                clock += hold;
                at += 1;
                continue;
            };
            if let Course::Goto(to, most) = course
                && self.jumps[at] < most
            {
                self.jumps[at] += 1;
                self.leave(at, clock, time, source);
                clock += time;
                at = to;
                continue;
            }
            let stay = match course {
                Course::Back(stay) => stay as f64,
                _ => 0.0,
            };
            ran.stopped = Some((at, gate));
            ran.verdict = clock + time;
            ran.back = stay + stage.back as f64;
            self.leave(at, clock, time + ran.back, source);
            break;
        }
        self.finish(&mut ran, source);
        ran
    }

    /// The first verdict of a stage that does not let it go on: when, by which gate, and what
    /// follows.
    fn judge(
        &mut self,
        stage: &Stage,
        source: &mut Source,
        looks: &mut u64,
    ) -> Option<(f64, usize, Course)> {
        for look in &stage.looks {
            let gate = look.gate as usize;
            let watched = &stage.gates[gate];
            let Some(cells) = &stage.cells[watched.stream] else {
                continue;
            };
            let (from, to) = look.window;
            let window = (from as usize, to as usize);
            let counts = self.tapes[watched.stream].between(cells, window, source);
            *looks += 1;
            if look.begins {
                self.meters[gate] = Meter::default();
            }
            let Some(ends) = self.meters[gate].look(seen(watched, counts), &watched.limits) else {
                continue;
            };
            let course = match ends {
                Ends::Passed => continue,
                Ends::Failed => stage.then[0],
                Ends::Open => stage.then[1],
                Ends::Blind => stage.then[2],
            };
            if course == Course::On {
                self.meters[gate] = Meter::default();
                continue;
            }
            return Some((look.time as f64, gate, course));
        }
        None
    }

    /// Counts what failed in a stage that began at `clock` and lasted for `time`.
    fn leave(&mut self, at: usize, clock: f64, time: f64, source: &mut Source) {
        let stage = &self.journey.stages[at];
        if stage.exposed <= 0.0 {
            return;
        }
        for fault in 0..self.onsets.len() {
            let Some(stream) = self.main[fault] else {
                continue;
            };
            let onset = self.onsets[fault] - clock;
            // the time with the fault between two moments
            let with = |from: f64, to: f64| (to - from.max(onset)).max(0.0);
            let rest = match &stage.cells[stream] {
                Some(cells) => {
                    let (counts, covered) = self.tapes[stream].drawn(cells);
                    self.hits[at] += self.bad(stream, counts);
                    let shift = self.shifts[stream];
                    if covered > 0.0 {
                        with(0.0, shift.min(time)) + with(shift + covered, time)
                    } else {
                        with(0.0, time)
                    }
                }
                None => with(0.0, time),
            };
            self.hits[at] += self.fresh(stream, stage, rest, source);
        }
    }

    /// Of what was counted, what failed.
    fn bad(&self, stream: usize, counts: Counts) -> u64 {
        if self.journey.streams[stream].counts_good {
            counts.new_all.saturating_sub(counts.new_events)
        } else {
            counts.new_events
        }
    }

    /// What fails in so many milliseconds of a stage with the fault.
    fn fresh(&self, stream: usize, stage: &Stage, time: f64, source: &mut Source) -> u64 {
        let own = &self.journey.streams[stream];
        let share = if own.counts_good {
            1.0 - own.rates[1]
        } else {
            own.rates[1]
        };
        let mean = self.journey.traffic * stage.exposed * share * time / 1000.0;
        Arrivals::new(mean).draw(source)
    }

    /// Adds up, and draws the users whom failed requests met.
    fn finish(&mut self, ran: &mut Ran, source: &mut Source) {
        ran.failed = self
            .hits
            .iter()
            .fold(0, |sum, own| sum.saturating_add(*own));
        let Some(users) = self.journey.users else {
            return;
        };
        // users on the new version stay there: those of a smaller share are among those of a larger
        let mut met = 0u64;
        let mut inner = 0.0;
        for at in 0..self.pools.len() {
            let outer = self.pools[at];
            let mut requests = 0u64;
            for (stage, hits) in self.journey.stages.iter().zip(&mut self.hits) {
                if *hits == 0 || stage.pool < outer {
                    continue;
                }
                // what is left of this stage falls on the users beyond `inner`
                let here = (outer - inner) / (stage.pool - inner);
                let own = part(*hits, here, source);
                *hits -= own;
                requests = requests.saturating_add(own);
            }
            let own = ((outer - inner) * users as f64).round() as u64;
            met += different(requests, own.max(u64::from(requests > 0)), source);
            inner = outer;
        }
        ran.users = Some(met.min(users).min(ran.failed));
    }

    /// Walks once as Flagger does: a check each interval, a step for each that passes, and back once
    /// `threshold` of them have failed, wherever that was.
    pub(super) fn checks(&mut self, plan: &super::flagger::Checks, source: &mut Source) -> Ran {
        self.begin(source);
        let journey = self.journey;
        let mut ran = Ran::default();
        for stream in 0..self.tapes.len() {
            let onset = self.onset(stream) - self.shifts[stream];
            self.tapes[stream].begin(onset);
        }
        let (mut failed, mut ticks) = (0u64, 0u64);
        for (at, stage) in journey.stages.iter().enumerate() {
            self.reached[at] = true;
            let started: Vec<Counts> = self.tapes.iter().map(Tape::faulty).collect();
            let mut passed = 0;
            while passed < plan.passes[at] && ticks < super::flagger::MOST_CHECKS {
                for (stream, cells) in plan.cells[at].iter().enumerate() {
                    self.tapes[stream].repeat(cells, ticks * journey.interval, source);
                }
                ticks += 1;
                let now = ticks * journey.interval;
                let mut gates = stage.gates.iter();
                let stops = gates.position(|watched| {
                    ran.looks += 1;
                    let window = plan.window(&journey.streams[watched.stream], watched.stream, now);
                    let counts = window.map_or_else(Counts::default, |(from, to)| {
                        self.tapes[watched.stream].known(from, to)
                    });
                    seen(watched, counts) != Seen::Pass
                });
                let Some(gate) = stops else {
                    passed += 1;
                    continue;
                };
                failed += 1;
                if failed >= journey.threshold {
                    ran.stopped = Some((at, gate));
                    ran.verdict = now as f64;
                    ran.back = stage.back as f64;
                    break;
                }
            }
            if stage.exposed > 0.0 {
                let now = (ticks * journey.interval) as f64;
                for fault in 0..self.onsets.len() {
                    let Some(stream) = self.main[fault] else {
                        continue;
                    };
                    let counts = self.tapes[stream].faulty().minus(started[stream]);
                    let after = now + ran.back - self.onsets[fault].max(now);
                    self.hits[at] += self.bad(stream, counts);
                    if ran.stopped.is_some() {
                        self.hits[at] += self.fresh(stream, stage, after.max(0.0), source);
                    }
                }
            }
            if ran.stopped.is_some() {
                break;
            }
        }
        self.finish(&mut ran, source);
        ran
    }
}

/// What a look counts as at this gate.
fn seen(watched: &Watched, counts: Counts) -> Seen {
    match watched.bound.judge(counts) {
        Seen::Between => watched.between,
        Seen::Nothing => watched.blind,
        seen => seen,
    }
}
