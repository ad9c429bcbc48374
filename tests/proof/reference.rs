//! The reference: small lanes whose reachable states are all enumerated, by the meaning of the
//! words and without a clock.

use std::collections::VecDeque;

use switchback::proof::{Event, LaneId, Lanes, Point, Wait};

/// A global state: how far each lane has come, zero for lanes that there are not.
pub type Cut = [u32; 4];

/// Lanes small enough to look at every state.
#[derive(Clone, Debug)]
pub struct Instance {
    pub last: Vec<u32>,
    pub waits: Vec<Wait>,
}

impl Instance {
    pub fn lanes(&self) -> Lanes {
        let mut lanes = Lanes::new();
        for last in &self.last {
            lanes.lane(*last).expect("a short lane");
        }
        for wait in &self.waits {
            lanes.wait(wait.event, wait.needs).expect("two events");
        }
        lanes
    }

    /// The state in which everything has happened.
    pub fn end(&self) -> Cut {
        let mut cut = [0; 4];
        cut[..self.last.len()].copy_from_slice(&self.last);
        cut
    }

    pub fn with(&self, wait: Wait) -> Instance {
        let mut more = self.clone();
        more.waits.push(wait);
        more
    }

    pub fn points(&self) -> Vec<Point> {
        let lanes = (0..).zip(&self.last);
        lanes
            .flat_map(|(lane, last)| {
                (0..=*last).map(move |state| Point {
                    lane: LaneId(lane),
                    state,
                })
            })
            .collect()
    }

    pub fn events(&self) -> Vec<Event> {
        let points = self.points().into_iter().filter(|point| point.state > 0);
        points
            .map(|Point { lane, state }| Event { lane, state })
            .collect()
    }

    /// Whether the event may happen when the lanes have come that far.
    pub fn allowed(&self, cut: &[u32], event: Event) -> bool {
        cut[event.lane.0 as usize] + 1 == event.state
            && event.state <= self.last[event.lane.0 as usize]
            && self
                .waits
                .iter()
                .filter(|wait| wait.event == event)
                .all(|wait| cut[wait.needs.lane.0 as usize] >= wait.needs.state)
    }

    fn number(&self, cut: &[u32]) -> usize {
        let digits = cut.iter().zip(&self.last);
        digits.fold(0, |number, (state, last)| {
            number * (*last as usize + 1) + *state as usize
        })
    }

    /// All states that can be reached, breadth first.
    pub fn reachable(&self) -> Vec<Cut> {
        let size = self.last.iter().map(|last| *last as usize + 1).product();
        let mut seen = vec![false; size];
        let start = [0; 4];
        seen[self.number(&start)] = true;
        let mut found = vec![start];
        let mut at = 0;
        while at < found.len() {
            for lane in 0..self.last.len() {
                let event = Event {
                    lane: LaneId(lane as u32),
                    state: found[at][lane] + 1,
                };
                if self.allowed(&found[at], event) {
                    let mut next = found[at];
                    next[lane] += 1;
                    if !std::mem::replace(&mut seen[self.number(&next)], true) {
                        found.push(next);
                    }
                }
            }
            at += 1;
        }
        found
    }

    /// All states in which `lane` was rolled back from some state, as how far the lanes have ever
    /// come and where `lane` is now: it goes back one state at a time, while the others go on, with
    /// conditions that stay met once they were.
    pub fn rolled_back(&self, reachable: &[Cut], lane: usize) -> Vec<(Cut, u32)> {
        let mut seen = std::collections::BTreeSet::new();
        let mut queue = VecDeque::new();
        for cut in reachable.iter().filter(|cut| cut[lane] > 0) {
            let first = (*cut, cut[lane] - 1);
            if seen.insert(first) {
                queue.push_back(first);
            }
        }
        while let Some((cut, now)) = queue.pop_front() {
            let mut next = Vec::new();
            if now > 0 {
                next.push((cut, now - 1));
            }
            for other in (0..self.last.len()).filter(|other| *other != lane) {
                let event = Event {
                    lane: LaneId(other as u32),
                    state: cut[other] + 1,
                };
                if self.allowed(&cut, event) {
                    let mut cut = cut;
                    cut[other] += 1;
                    next.push((cut, now));
                }
            }
            for state in next {
                if seen.insert(state) {
                    queue.push_back(state);
                }
            }
        }
        seen.into_iter().collect()
    }

    /// The fewest conditions in a cycle, if there is one: a walk from event to needed event, where
    /// to an earlier event of the same lane is free.
    pub fn shortest_cycle(&self) -> Option<usize> {
        let through = |first: &Wait| {
            // conditions used so far, by condition: the first leads to what it needs
            let mut cost: Vec<Option<usize>> = vec![None; self.waits.len()];
            let mut round = vec![*first];
            for used in 1..=self.waits.len() {
                let closes = |wait: &Wait| {
                    wait.needs.lane == first.event.lane && wait.needs.state >= first.event.state
                };
                if round.iter().any(closes) {
                    return Some(used);
                }
                let mut next = Vec::new();
                for (at, wait) in self.waits.iter().enumerate() {
                    let follows = |before: &Wait| {
                        before.needs.lane == wait.event.lane
                            && before.needs.state >= wait.event.state
                    };
                    if cost[at].is_none() && round.iter().any(follows) {
                        cost[at] = Some(used);
                        next.push(*wait);
                    }
                }
                round = next;
            }
            None
        };
        self.waits.iter().filter_map(through).min()
    }
}

/// Random numbers that are the same everywhere (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `0..end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.below(from.len())])
    }

    /// Up to four lanes of up to five states, mostly fewer. Three of four instances can have no
    /// cycle: their conditions point back in one random order of all events.
    pub fn instance(&mut self) -> Instance {
        let lanes = 1 + self.below(4);
        let last: Vec<u32> = (0..lanes)
            .map(|_| {
                let most = 1 + self.below(5);
                self.below(most) as u32 + u32::from(self.below(8) > 0)
            })
            .map(|last| last.min(4))
            .collect();
        let mut instance = Instance {
            last,
            waits: Vec::new(),
        };
        let mut events = Vec::new();
        let mut cut = [0; 4];
        while cut != instance.end() {
            let lane = self.below(lanes);
            if cut[lane] < instance.last[lane] {
                cut[lane] += 1;
                events.push(Event {
                    lane: LaneId(lane as u32),
                    state: cut[lane],
                });
            }
        }
        let cyclic = self.below(4) == 0;
        if !events.is_empty() {
            for _ in 0..self.below(2 * lanes + 2) {
                let (a, b) = (self.below(events.len()), self.below(events.len()));
                if a == b && (!cyclic || self.below(8) > 0) {
                    continue;
                }
                let (event, needs) = if cyclic {
                    (events[a], events[b])
                } else {
                    (events[a.max(b)], events[a.min(b)])
                };
                instance.waits.push(Wait { event, needs });
            }
        }
        instance
    }
}
