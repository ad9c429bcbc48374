//! How much time has passed at least between an event and a state that needs it.

use super::clocks::Clocks;
use super::lanes::{Event, Point};

/// The least time from one event to each state that needs it.
#[derive(Clone, Debug)]
pub struct Elapsed {
    /// For each lane and state; `None` where the state does not need the event.
    least: Vec<Vec<Option<u64>>>,
}

impl Elapsed {
    /// The least time between the event and the moment in which the lane enters the state; `None`
    /// where it may enter it before the event, or does not exist.
    pub fn at(&self, point: Point) -> Option<u64> {
        let lane = self.least.get(point.lane.index())?;
        lane.get(point.state as usize).copied().flatten()
    }
}

impl Clocks {
    /// The least time from `since` to every state that needs it, if a lane stays at least `stays` in
    /// a state before it goes on. A lane of which `stays` gives nothing is left out, and what waits
    /// for it too: less time is then known to pass than does.
    ///
    /// The longest path through lanes and conditions: an event happens once the last of what it
    /// needs has. `O(lanes + conditions + events)` of the component.
    pub fn elapsed(&self, since: Event, stays: impl Fn(Point) -> Option<u64>) -> Elapsed {
        let mut limit = vec![0; self.spots.len()];
        if let Some(from) = self.spot(since.into()) {
            for lane in self.components.lanes(from.component as usize) {
                limit[lane.index()] = self.order.last()[lane.index()];
            }
        }
        let mut least: Vec<Vec<Option<u64>>> = limit
            .iter()
            .map(|last| vec![None; *last as usize + 1])
            .collect();
        // the next event of each lane that waits
        let mut waiting = vec![0_usize; limit.len()];
        self.order.pass(&limit, |lane, from, to| {
            for state in from..=to {
                let event = Event { lane, state };
                let before = Point {
                    lane,
                    state: state - 1,
                };
                let mut time = stays(before).and_then(|stays| {
                    let before = least[lane.index()][before.state as usize]?;
                    Some(before.saturating_add(stays))
                });
                if let Some((waits, needs)) = self.order.waiting_at(lane, waiting[lane.index()])
                    && waits == event
                {
                    waiting[lane.index()] += 1;
                    for needs in needs {
                        time = time.max(least[needs.lane.index()][needs.state as usize]);
                    }
                }
                if event == since {
                    time = Some(0);
                }
                if stays(event.into()).is_some() {
                    least[lane.index()][state as usize] = time;
                }
            }
        });
        Elapsed { least }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Clocks, Event, LaneId, Lanes, Point};

    fn event(lane: u32, state: u32) -> Event {
        Event {
            lane: LaneId(lane),
            state,
        }
    }

    #[test]
    fn the_longest_way_counts() {
        let mut lanes = Lanes::new();
        for last in [3, 3, 1] {
            lanes.lane(last).expect("a lane");
        }
        lanes.wait(event(1, 2), event(0, 2)).expect("a condition");
        lanes.wait(event(1, 3), event(0, 3)).expect("a condition");
        let clocks = Clocks::new(&lanes).expect("no knot");
        let of = |stays: [u64; 2]| {
            let all = clocks.elapsed(event(0, 1), |point| stays.get(point.lane.index()).copied());
            [(0, 1), (0, 3), (1, 1), (1, 2), (1, 3), (2, 1)].map(|(lane, state)| {
                let lane = LaneId(lane);
                all.at(Point { lane, state })
            })
        };
        assert_eq!(
            of([10, 1]),
            [Some(0), Some(20), None, Some(10), Some(20), None]
        );
        assert_eq!(
            of([10, 50]),
            [Some(0), Some(20), None, Some(10), Some(60), None]
        );
    }

    #[test]
    fn what_waits_for_a_lane_without_time_has_none() {
        let mut lanes = Lanes::new();
        for last in [2, 2, 2] {
            lanes.lane(last).expect("a lane");
        }
        lanes.wait(event(1, 1), event(0, 1)).expect("a condition");
        lanes.wait(event(2, 1), event(1, 1)).expect("a condition");
        let clocks = Clocks::new(&lanes).expect("no knot");
        let all = clocks.elapsed(event(0, 1), |point| (point.lane.0 != 1).then_some(5));
        let at = |lane, state| {
            all.at(Point {
                lane: LaneId(lane),
                state,
            })
        };
        assert_eq!(at(0, 2), Some(5));
        assert_eq!([at(1, 1), at(2, 1)], [None, None]);
    }
}
