//! The same questions where something is live over a range of states.

use std::ops::RangeInclusive;

use super::clocks::Clocks;
use super::lanes::{Event, LaneId, Point};

/// A lane in any of the states of a range. A range that goes past the last state ends there.
pub type Range = (LaneId, RangeInclusive<u32>);

impl Clocks {
    /// The first pair of states, one from each range, that can be live at the same time; nothing
    /// when there is none. A range that starts where its lane has no state is taken to meet
    /// everything.
    ///
    /// [`Clocks::all_ranges_together`] for two ranges, without any memory of its own.
    pub fn ranges_together(&self, a: Range, b: Range) -> Option<(Point, Point)> {
        let point = |range: &Range| Point {
            lane: range.0,
            state: *range.1.start(),
        };
        let (mut first, mut second) = (point(&a), point(&b));
        if a.1.is_empty() || b.1.is_empty() {
            return None;
        }
        let (Some(from), Some(to)) = (self.spot(first), self.spot(second)) else {
            return Some((first, second));
        };
        if from.component != to.component {
            return Some((first, second));
        }
        let last = (*a.1.end()).min(from.states - 1);
        let other = (*b.1.end()).min(to.states - 1);
        loop {
            second.state = self.entry(from, first.state, to).max(second.state);
            if second.state > other {
                return None;
            }
            let clock = self.entry(to, second.state, from);
            if clock <= first.state {
                return Some((first, second));
            }
            first.state = clock;
            if first.state > last {
                return None;
            }
        }
    }

    /// The first states, one from each range, that can be live at the same time after all these
    /// events have happened; nothing when there are none. A range that starts where its lane has no
    /// state is set aside, as though any of it could meet everything, and so is an event that does
    /// not exist.
    ///
    /// States of which one is beyond another's clock are lifted to it until nothing changes. Clocks
    /// only grow along a lane, so no pair is passed over, and what is found is the least in every
    /// lane at once: no other choice has a shorter run. At most as many steps as the ranges have
    /// states, each of one look-up for each other range; no pairs are enumerated.
    pub fn all_ranges_together(&self, happened: &[Event], ranges: &[Range]) -> Option<Vec<Point>> {
        let mut points = Vec::with_capacity(ranges.len());
        let mut last = Vec::with_capacity(ranges.len());
        // the ranges whose states have yet to lift the others to their clocks, lowest on top
        let mut changed = Vec::new();
        for (lane, range) in ranges {
            if range.is_empty() {
                return None;
            }
            let mut point = Point {
                lane: *lane,
                state: *range.start(),
            };
            last.push(*range.end());
            if let (Some(spot), at) = (self.spot(point), points.len()) {
                last[at] = last[at].min(spot.states - 1);
                changed.push(at);
                for event in happened {
                    let clock = self.clock((*event).into(), *lane).unwrap_or(0);
                    point.state = point.state.max(clock);
                }
            }
            points.push(point);
        }
        let known = changed.clone();
        changed.reverse();
        while let Some(at) = changed.pop() {
            let from = points[at];
            if from.state > last[at] {
                return None;
            }
            for other in &known {
                let clock = self.clock(from, points[*other].lane).unwrap_or(0);
                if clock > points[*other].state {
                    points[*other].state = clock;
                    if !changed.contains(other) {
                        changed.push(*other);
                    }
                }
            }
        }
        Some(points)
    }
}
