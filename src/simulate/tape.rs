//! What a query counts, cell by cell in time, drawn only as far as somebody looks.

use super::draw::{Arrivals, Source};

/// Counts within a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Events of the new version: errors, slow requests.
    pub new_events: u64,
    /// Its requests.
    pub new_all: u64,
    /// Events of the old version.
    pub old_events: u64,
    /// Its requests.
    pub old_all: u64,
}

impl Counts {
    pub(super) fn plus(self, other: Counts) -> Counts {
        Counts {
            new_events: self.new_events.saturating_add(other.new_events),
            new_all: self.new_all.saturating_add(other.new_all),
            old_events: self.old_events.saturating_add(other.old_events),
            old_all: self.old_all.saturating_add(other.old_all),
        }
    }

    pub(super) fn minus(self, other: Counts) -> Counts {
        Counts {
            new_events: self.new_events.saturating_sub(other.new_events),
            new_all: self.new_all.saturating_sub(other.new_all),
            old_events: self.old_events.saturating_sub(other.old_events),
            old_all: self.old_all.saturating_sub(other.old_all),
        }
    }
}

/// What arrives a second at a query, on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Flow {
    /// Requests to the new version.
    pub new: f64,
    /// Requests to the old version; 0 where nobody counts them.
    pub old: f64,
    /// Events that are no share of the requests, while healthy and with the fault.
    pub alone: Option<[f64; 2]>,
    /// The share of the new version's requests that are events, while healthy and with the fault.
    pub share: [f64; 2],
}

/// Draws of one length of time, healthy and with the fault.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    length: u64,
    new: [[Arrivals; 2]; 2],
    old: [Arrivals; 2],
}

impl Cell {
    fn new(flow: &Flow, length: u64) -> Cell {
        let seconds = length as f64 / 1000.0;
        let new = |at: usize| {
            let (events, rest) = match flow.alone {
                Some(rates) => (rates[at], 0.0),
                None => (flow.new * flow.share[at], flow.new * (1.0 - flow.share[at])),
            };
            [
                Arrivals::new(events * seconds),
                Arrivals::new(rest * seconds),
            ]
        };
        let old = flow.old * seconds;
        let healthy = flow.share[0];
        Cell {
            length,
            new: [new(0), new(1)],
            old: [
                Arrivals::new(old * healthy),
                Arrivals::new(old * (1.0 - healthy)),
            ],
        }
    }

    fn draw(&self, faulty: bool, source: &mut Source) -> Counts {
        let [events, rest] = self.new[usize::from(faulty)];
        let new_events = events.draw(source);
        let old_events = self.old[0].draw(source);
        Counts {
            new_events,
            new_all: new_events + rest.draw(source),
            old_events,
            old_all: old_events + self.old[1].draw(source),
        }
    }
}

/// The cells of a leg, in milliseconds from its start: all times between which somebody counts.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    pub flow: Flow,
    edges: Vec<u64>,
    kinds: Vec<u32>,
    cells: Vec<Cell>,
}

impl Cells {
    /// Cells between `edges`; 0 is one of them.
    pub(super) fn new(flow: Flow, mut edges: Vec<u64>) -> Cells {
        edges.push(0);
        edges.sort_unstable();
        edges.dedup();
        let mut cells: Vec<Cell> = Vec::new();
        let mut kinds = Vec::with_capacity(edges.len().saturating_sub(1));
        for pair in edges.windows(2) {
            let length = pair[1] - pair[0];
            // a hold has a handful of lengths
            let known = cells.iter().rposition(|cell| cell.length == length);
            let kind = known.unwrap_or_else(|| {
                cells.push(Cell::new(&flow, length));
                cells.len() - 1
            });
            kinds.push(kind as u32);
        }
        Cells {
            flow,
            edges,
            kinds,
            cells,
        }
    }

    /// Which edge that time is.
    pub(super) fn edge(&self, time: u64) -> usize {
        self.edges.partition_point(|&edge| edge < time)
    }

    /// How many cells there are.
    pub(super) fn len(&self) -> usize {
        self.kinds.len()
    }
}

/// The draws of one leg of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Tape {
    /// The counts up to each edge.
    sums: Vec<Counts>,
    /// When the fault begins, in milliseconds from the leg's start; negative where it was there
    /// before.
    onset: f64,
    /// What was counted of the new version before the fault began.
    before: Counts,
}

impl Tape {
    /// Begins a leg.
    pub(super) fn begin(&mut self, onset: f64) {
        self.sums.clear();
        self.sums.push(Counts::default());
        self.onset = onset;
        self.before = Counts::default();
    }

    /// The counts between two edges.
    pub(super) fn between(
        &mut self,
        cells: &Cells,
        (from, to): (usize, usize),
        source: &mut Source,
    ) -> Counts {
        while self.sums.len() <= to {
            self.next(cells, source);
        }
        self.sums[to].minus(self.sums[from])
    }

    fn next(&mut self, cells: &Cells, source: &mut Source) {
        self.append(cells, self.sums.len() - 1, 0, source);
    }

    /// Draws the cells of `cells` once more, which begin at `base` milliseconds.
    pub(super) fn repeat(&mut self, cells: &Cells, base: u64, source: &mut Source) {
        for at in 0..cells.kinds.len() {
            self.append(cells, at, base, source);
        }
    }

    fn append(&mut self, cells: &Cells, at: usize, base: u64, source: &mut Source) {
        let sum = self.sums.last().copied().unwrap_or_default();
        let cell = &cells.cells[cells.kinds[at] as usize];
        let start = (base + cells.edges[at]) as f64;
        let end = (base + cells.edges[at + 1]) as f64;
        let drawn = if start >= self.onset {
            cell.draw(true, source)
        } else if end <= self.onset {
            let drawn = cell.draw(false, source);
            self.before = sum.plus(drawn);
            drawn
        } else {
            let healthy = Cell::new(&cells.flow, (self.onset - start) as u64);
            let healthy = healthy.draw(false, source);
            self.before = sum.plus(healthy);
            let rest = Cell::new(&cells.flow, (end - self.onset) as u64);
            healthy.plus(rest.draw(true, source))
        };
        self.sums.push(sum.plus(drawn));
    }

    /// The counts between two edges that are drawn already; nothing where one is not.
    pub(super) fn known(&self, from: usize, to: usize) -> Counts {
        let at = |index: usize| self.sums.get(index).copied();
        at(to)
            .zip(at(from))
            .map_or_else(Counts::default, |(to, from)| to.minus(from))
    }

    /// All that was drawn with the fault.
    pub(super) fn faulty(&self) -> Counts {
        let all = self.sums.last().copied().unwrap_or_default();
        all.minus(self.before)
    }

    /// What was drawn of the time with the fault, and the edge up to which there are draws, in
    /// milliseconds.
    pub(super) fn drawn(&self, cells: &Cells) -> (Counts, f64) {
        let at = self.sums.len().saturating_sub(1);
        (self.faulty(), cells.edges[at] as f64)
    }
}
