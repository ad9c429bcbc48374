//! The checks of Flagger: one each interval for all gates together, and windows that reach back over
//! changes of weight.

use super::journey::Journey;
use super::stream::Stream;
use super::tape::Cells;

/// A walk that is not over after so many checks never is.
pub(super) const MOST_CHECKS: u64 = 1_000_000;

/// What the checks of a plan count.
#[derive(Clone, Debug)]
pub(super) struct Checks {
    /// Checks that have to pass in each stage.
    pub passes: Vec<u64>,
    /// The cells of one interval, for each stage and stream.
    pub cells: Vec<Vec<Cells>>,
    interval: u64,
    /// For each stream, its first cells: edges are the same in all stages.
    first: Vec<Cells>,
}

impl Checks {
    pub(super) fn new(journey: &Journey) -> Checks {
        let interval = journey.interval;
        let edges = |stream: &Stream| {
            // as far before a multiple of the interval as the ends of windows are
            let before = |back: u64| (interval - back % interval) % interval;
            let ends = [
                before(stream.lag),
                before(stream.lag + stream.window),
                interval,
            ];
            ends.to_vec()
        };
        let of = |share: f64| {
            let streams = journey.streams.iter();
            streams
                .map(|stream| Cells::new(stream.flow(journey.traffic, share), edges(stream)))
                .collect::<Vec<Cells>>()
        };
        Checks {
            passes: (journey.stages.iter())
                .map(|stage| (stage.hold / interval).max(1))
                .collect(),
            cells: journey.stages.iter().map(|stage| of(stage.share)).collect(),
            interval,
            first: of(1.0),
        }
    }

    /// The edges of a stream's window at that time; `None` where all of it lies before the first
    /// exposure.
    pub(super) fn window(
        &self,
        stream: &Stream,
        number: usize,
        now: u64,
    ) -> Option<(usize, usize)> {
        let cells = &self.first[number];
        let edge = |time: u64| {
            let whole = (time / self.interval) as usize * cells.len();
            whole + cells.edge(time % self.interval)
        };
        let end = now.checked_sub(stream.lag)?;
        Some((edge(end.saturating_sub(stream.window)), edge(end)))
    }
}
