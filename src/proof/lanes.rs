//! Lanes, events and conditions, as they are declared.

use std::fmt;

/// The highest state that a lane may have: what an entry of the wide clock table can hold.
pub const MAX_STATE: u32 = u16::MAX as u32;

/// A lane, numbered from zero in the order of [`Lanes::lane`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId(pub u32);

impl LaneId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The event that moves a lane from the state before `state` to `state`, which is at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Event {
    /// The lane that moves.
    pub lane: LaneId,
    /// The state that it enters.
    pub state: u32,
}

/// A lane in one of its states; every lane starts in state zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    /// The lane.
    pub lane: LaneId,
    /// The state that it is in.
    pub state: u32,
}

/// The condition that `event` happens only after `needs` has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wait {
    /// The event that waits.
    pub event: Event,
    /// The event that it waits for.
    pub needs: Event,
}

/// A reference to something that is not there, or more than can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// No such lane.
    Lane {
        /// The lane that was named.
        lane: LaneId,
        /// How many lanes there are.
        lanes: usize,
    },
    /// The lane has no such state.
    State {
        /// The state that was named.
        point: Point,
        /// The last state of the lane.
        last: u32,
    },
    /// State zero holds from the start, so no event enters it.
    Start {
        /// The lane of the event.
        lane: LaneId,
    },
    /// A lane with more states than [`MAX_STATE`].
    TooManyStates {
        /// The last state that was asked for.
        last: u32,
    },
    /// More lanes than a [`LaneId`] can number.
    TooManyLanes,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Lane { lane, lanes } => {
                write!(f, "lane {} is not one of the {lanes} lanes", lane.0)
            }
            Reference::State { point, last } => write!(
                f,
                "lane {} has the states 0 to {last}, not {}",
                point.lane.0, point.state
            ),
            Reference::Start { lane } => write!(
                f,
                "lane {} starts in state 0, so no event enters it; events are numbered from 1",
                lane.0
            ),
            Reference::TooManyStates { last } => {
                write!(f, "a lane has at most {MAX_STATE} events, not {last}")
            }
            Reference::TooManyLanes => f.write_str("there are more lanes than can be numbered"),
        }
    }
}

impl std::error::Error for Reference {}

/// Lanes and the conditions between their events.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    last: Vec<u32>,
    waits: Vec<Wait>,
}

impl Lanes {
    /// No lanes.
    pub fn new() -> Self {
        Lanes::default()
    }

    /// Adds a lane with the states `0..=last`.
    ///
    /// # Errors
    /// [`Reference::TooManyStates`] above [`MAX_STATE`], [`Reference::TooManyLanes`] above 2³².
    pub fn lane(&mut self, last: u32) -> Result<LaneId, Reference> {
        if last > MAX_STATE {
            return Err(Reference::TooManyStates { last });
        }
        let lane = u32::try_from(self.last.len()).map_err(|_| Reference::TooManyLanes)?;
        self.last.push(last);
        Ok(LaneId(lane))
    }

    /// Adds the condition that `event` happens only after `needs` has happened.
    ///
    /// All conditions of an event must hold together. A condition on an earlier event of the same
    /// lane says nothing new; one on the same or a later event is a deadlock.
    ///
    /// # Errors
    /// When either of them is not an event of these lanes.
    pub fn wait(&mut self, event: Event, needs: Event) -> Result<(), Reference> {
        self.check_event(event)?;
        self.check_event(needs)?;
        self.waits.push(Wait { event, needs });
        Ok(())
    }

    /// How many lanes there are.
    pub fn len(&self) -> usize {
        self.last.len()
    }

    /// Whether there is no lane.
    pub fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    /// The last state of a lane.
    pub fn last(&self, lane: LaneId) -> Option<u32> {
        self.last.get(lane.index()).copied()
    }

    /// The conditions, in the order in which they were added.
    pub fn waits(&self) -> &[Wait] {
        &self.waits
    }

    pub(super) fn lasts(&self) -> &[u32] {
        &self.last
    }

    fn check_event(&self, event: Event) -> Result<(), Reference> {
        let Event { lane, state } = event;
        let last = self.last(lane).ok_or(Reference::Lane {
            lane,
            lanes: self.last.len(),
        })?;
        if state > last {
            let point = Point { lane, state };
            return Err(Reference::State { point, last });
        }
        if state == 0 {
            return Err(Reference::Start { lane });
        }
        Ok(())
    }
}
