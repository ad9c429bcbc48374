//! The shortest run to a state: the least ideal that holds it.

use super::clocks::Clocks;
use super::lanes::{Event, LaneId, Point};

impl Clocks {
    /// The fewest events that lead to all these states at once, in an order in which they can
    /// happen; nothing when the states cannot be together or do not exist.
    ///
    /// Only events that one of the points needs are in it (the cone of the witnesses). Each lane
    /// goes on for as long as it can, lowest lanes first. `O(lanes + conditions + events)`.
    pub fn shortest_run(&self, now: &[Point]) -> Option<Vec<Event>> {
        self.shortest_run_after(&[], now)
    }

    /// The fewest events that lead to all these states at once, with all of `happened` among them:
    /// the run that shows what [`Clocks::all_together_after`] found.
    pub fn shortest_run_after(&self, happened: &[Event], now: &[Point]) -> Option<Vec<Event>> {
        let cut = self.join(happened, now)?;
        if !self.all_together_after(happened, now) {
            return None;
        }
        let mut run = Vec::with_capacity(cut.iter().map(|state| *state as usize).sum());
        self.order.pass(&cut, |lane, from, to| {
            run.extend((from..=to).map(|state| Event { lane, state }));
        });
        Some(run)
    }

    /// Where every lane that has moved stands at the end of [`Clocks::shortest_run_after`].
    pub fn least_cut(&self, happened: &[Event], now: &[Point]) -> Option<Vec<Point>> {
        let cut = self.join(happened, now)?;
        self.all_together_after(happened, now).then(|| {
            (0..)
                .zip(cut)
                .filter(|(_, state)| *state > 0)
                .map(|(lane, state)| Point {
                    lane: LaneId(lane),
                    state,
                })
                .collect()
        })
    }

    /// How far each lane must have come: the join of the clocks.
    fn join(&self, happened: &[Event], now: &[Point]) -> Option<Vec<u32>> {
        let mut cut = vec![0; self.spots.len()];
        for point in happened
            .iter()
            .map(|f| (*f).into())
            .chain(now.iter().copied())
        {
            let from = self.spot(point)?;
            for lane in self.components.lanes(from.component as usize) {
                let index = lane.index();
                cut[index] = self
                    .entry(from, point.state, &self.spots[index])
                    .max(cut[index]);
            }
        }
        Some(cut)
    }
}
