//! The conditions, sorted, and the one topological pass over them.

use std::collections::VecDeque;

use super::lanes::{Event, LaneId, Lanes};

/// An event that waits: its conditions stand side by side in [`Order::needs`].
#[derive(Debug)]
struct Group {
    event: Event,
    first: usize,
    end: usize,
}

/// The conditions, found from either end. Memory is linear in lanes and conditions, not in events.
#[derive(Debug)]
pub(super) struct Order {
    last: Vec<u32>,
    /// The events that wait, in order.
    groups: Vec<Group>,
    /// Where the groups of each lane start, and the end.
    lane_groups: Vec<usize>,
    /// What they wait for.
    needs: Vec<Event>,
    /// What is waited for, in order, with the group that waits for it.
    wakes: Vec<(Event, usize)>,
    /// Where the wakes of each lane start, and the end.
    lane_wakes: Vec<usize>,
}

impl Order {
    /// `O(n log n)` in the number of conditions.
    pub(super) fn new(lanes: &Lanes) -> Self {
        let mut waits = lanes.waits().to_vec();
        waits.sort_unstable();
        waits.dedup();
        let mut groups: Vec<Group> = Vec::new();
        let mut wakes = Vec::with_capacity(waits.len());
        for (at, wait) in waits.iter().enumerate() {
            match groups.last_mut() {
                Some(group) if group.event == wait.event => group.end = at + 1,
                _ => groups.push(Group {
                    event: wait.event,
                    first: at,
                    end: at + 1,
                }),
            }
            wakes.push((wait.needs, groups.len() - 1));
        }
        wakes.sort_unstable();
        Order {
            lane_groups: starts(lanes.len(), groups.iter().map(|group| group.event.lane)),
            lane_wakes: starts(lanes.len(), wakes.iter().map(|(event, _)| event.lane)),
            last: lanes.lasts().to_vec(),
            needs: waits.into_iter().map(|wait| wait.needs).collect(),
            groups,
            wakes,
        }
    }

    /// The last state of each lane.
    pub(super) fn last(&self) -> &[u32] {
        &self.last
    }

    /// The `nth` event of a lane that waits, with what it waits for.
    pub(super) fn waiting_at(&self, lane: LaneId, nth: usize) -> Option<(Event, &[Event])> {
        let at = self.lane_groups[lane.index()] + nth;
        let group = self.groups[..self.lane_groups[lane.index() + 1]].get(at)?;
        Some((group.event, &self.needs[group.first..group.end]))
    }

    /// All conditions: an event, what it waits for.
    pub(super) fn waits(&self) -> impl Iterator<Item = (Event, Event)> {
        self.groups.iter().flat_map(|group| {
            let needs = &self.needs[group.first..group.end];
            needs.iter().map(|needs| (group.event, *needs))
        })
    }

    /// Lets every lane come as far as its conditions allow, at most to `limit`, and calls `moved`
    /// with a lane, the first and the last state that it enters, in an order that keeps all
    /// conditions. Gives how far each lane came.
    ///
    /// Each lane goes on for as long as it can, lowest lanes first, so that a run reads lane by
    /// lane. `O(lanes + conditions)` and the calls.
    pub(super) fn pass(&self, limit: &[u32], mut moved: impl FnMut(LaneId, u32, u32)) -> Vec<u32> {
        let lanes = self.last.len();
        let mut missing: Vec<usize> = self.groups.iter().map(|g| g.end - g.first).collect();
        let mut reached = vec![0; lanes];
        let mut group = self.lane_groups[..lanes].to_vec();
        let mut wake = self.lane_wakes[..lanes].to_vec();
        let mut queue: VecDeque<u32> = (0..lanes as u32)
            .filter(|lane| limit[*lane as usize] > 0)
            .collect();
        while let Some(lane) = queue.pop_front() {
            let index = lane as usize;
            let from = reached[index];
            let mut to = limit[index];
            while group[index] < self.lane_groups[index + 1] {
                let state = self.groups[group[index]].event.state;
                if state > to {
                    break;
                }
                if missing[group[index]] > 0 {
                    to = state - 1;
                    break;
                }
                group[index] += 1;
            }
            if to <= from {
                continue;
            }
            moved(LaneId(lane), from + 1, to);
            reached[index] = to;
            while wake[index] < self.lane_wakes[index + 1] {
                let (needs, waiting) = self.wakes[wake[index]];
                if needs.state > to {
                    break;
                }
                wake[index] += 1;
                missing[waiting] -= 1;
                let event = self.groups[waiting].event;
                let other = event.lane.index();
                // a lane that has not come to this condition yet finds it met later
                if missing[waiting] == 0
                    && group[other] == waiting
                    && reached[other] + 1 == event.state
                {
                    queue.push_back(event.lane.0);
                }
            }
        }
        reached
    }
}

/// Where each lane starts in a list that is sorted by lane, and the end.
fn starts(lanes: usize, sorted: impl Iterator<Item = LaneId>) -> Vec<usize> {
    let mut starts = vec![0; lanes + 1];
    for lane in sorted {
        starts[lane.index() + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    starts
}
