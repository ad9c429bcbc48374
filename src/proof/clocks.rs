//! Vector clocks: how far every lane must have come once an event has happened.

use std::fmt;

use super::components::Components;
use super::deadlock;
use super::lanes::{Event, LaneId, Lanes, Point};
use super::order::Order;
use super::table::{self, Spot};

/// How large the clock tables may become unless told otherwise: one GiB.
pub const DEFAULT_LIMIT_BYTES: u64 = 1 << 30;

/// Why there are no clocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Events that wait for one another, so that none of them ever happens.
    Deadlock {
        /// Each event needs the next one, and the last needs the first: because a condition says
        /// so, or because it is an earlier (or the same) event of the same lane. See [`deadlocks`].
        ///
        /// [`deadlocks`]: super::deadlocks
        cycle: Vec<Event>,
    },
    /// The table would be larger than is allowed.
    TooLarge {
        /// Events of the component with which the limit is passed.
        events: u64,
        /// Lanes of that component; its table has an entry for each lane in each state.
        lanes: u64,
        /// What all tables together may take.
        limit_bytes: u64,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Deadlock { cycle } => {
                write!(f, "{} events wait for one another", cycle.len())
            }
            Fault::TooLarge {
                events,
                lanes,
                limit_bytes,
            } => write!(
                f,
                "{events} events in {lanes} lanes that depend on each other need clocks of more \
                 than {limit_bytes} bytes"
            ),
        }
    }
}

impl std::error::Error for Fault {}

/// The clocks of all states of all lanes, and the questions that they answer.
///
/// V(i, s)\[j\] is how many events of lane j must have happened once lane i has come to state s.
/// All questions about two states cost two look-ups, whatever the number of lanes.
#[derive(Debug)]
pub struct Clocks {
    pub(super) order: Order,
    pub(super) components: Components,
    pub(super) spots: Vec<Spot>,
    narrow: Vec<u8>,
    wide: Vec<u16>,
}

impl Clocks {
    /// The clocks, with tables of at most [`DEFAULT_LIMIT_BYTES`].
    ///
    /// One topological pass over the events. Time and memory are, for each connected component,
    /// its states times its lanes (one byte each when none of its lanes has more than 255 events,
    /// else two); the pass itself is linear in lanes and conditions after sorting them.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn new(lanes: &Lanes) -> Result<Self, Fault> {
        Clocks::with_limit(lanes, DEFAULT_LIMIT_BYTES)
    }

    /// The clocks, with tables of at most so many bytes.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn with_limit(lanes: &Lanes, limit_bytes: u64) -> Result<Self, Fault> {
        let order = Order::new(lanes);
        let reached = order.pass(order.last(), |_, _, _| {});
        if reached != order.last()
            && let Some(cycle) = deadlock::cycles(&order, &reached).into_iter().next()
        {
            return Err(Fault::Deadlock { cycle });
        }
        let components = Components::new(lanes);
        let (spots, [narrow, wide]) = lay_out(lanes, &components, limit_bytes)?;
        let mut clocks = Clocks {
            narrow: vec![0; narrow],
            wide: vec![0; wide],
            order,
            components,
            spots,
        };
        clocks.fill();
        Ok(clocks)
    }

    fn fill(&mut self) {
        let Clocks {
            order,
            spots,
            narrow,
            wide,
            ..
        } = self;
        let mut waiting = vec![0; spots.len()];
        order.pass(order.last(), |lane, from, to| {
            let at = (&spots[lane.index()], &mut waiting[lane.index()]);
            if at.0.wide {
                table::fill(wide, spots, order, at, (lane, from, to));
            } else {
                table::fill(narrow, spots, order, at, (lane, from, to));
            }
        });
        let (mut bytes, mut words) = (Vec::new(), Vec::new());
        for spot in spots.iter() {
            if spot.wide {
                table::turn(wide, spot, &mut words);
            } else {
                table::turn(narrow, spot, &mut bytes);
            }
        }
    }

    /// V(point)\[lane\]: how many events of `lane` must have happened once `point` is reached, which
    /// is zero for a lane that nothing joins to it. Nothing where one of them does not exist.
    pub fn clock(&self, point: Point, lane: LaneId) -> Option<u32> {
        let (from, to) = (self.spot(point)?, self.spots.get(lane.index())?);
        if from.component != to.component {
            return Some(0);
        }
        Some(self.entry(from, point.state, to))
    }

    /// Whether the two states can be live at the same time.
    ///
    /// Theorem 1: iff V(a)\[b's lane\] ≤ b and V(b)\[a's lane\] ≤ a. The least ideal that holds both is
    /// the join of their clocks, and it must not go past either. Two states of one lane are never
    /// together unless they are the same; states of different components always are.
    #[inline]
    pub fn together(&self, a: Point, b: Point) -> bool {
        let (Some(from), Some(to)) = (self.spot(a), self.spot(b)) else {
            return true;
        };
        from.component != to.component
            || (self.entry(from, a.state, to) <= b.state
                && self.entry(to, b.state, from) <= a.state)
    }

    /// Whether all these states can be live at the same time.
    ///
    /// Theorem 2: iff each two of them can, since the join of clocks is taken lane by lane.
    /// Quadratic in the number of points.
    pub fn all_together(&self, points: &[Point]) -> bool {
        points.iter().enumerate().all(|(at, a)| {
            let others = points.get(at + 1..).unwrap_or_default();
            others.iter().all(|b| self.together(*a, *b))
        })
    }

    /// Whether something written by event `f` can still be met by a lane that is now at `now`.
    ///
    /// Theorem 3: iff V(f)\[now's lane\] ≤ now. What is written outlives the state that wrote it, so
    /// the writer's lane may have gone on.
    pub fn after_event(&self, f: Event, now: Point) -> bool {
        self.clock(f.into(), now.lane)
            .is_none_or(|clock| clock <= now.state || self.spot(now).is_none())
    }

    /// Whether all these states can be live at the same time, some time after all these events.
    ///
    /// Theorems 2 and 3 together: the least ideal that holds all of them goes past none of the
    /// points. Quadratic in the number of points, times that of events.
    pub fn all_together_after(&self, happened: &[Event], now: &[Point]) -> bool {
        let met = |now: &Point| happened.iter().all(|f| self.after_event(*f, *now));
        self.all_together(now) && now.iter().all(met)
    }

    /// Whether a lane that came as far as `top` and was then rolled back from there, to whichever
    /// state, can meet `other`.
    ///
    /// Theorem 4: iff `top` and `other` can be together, since the other lanes only see how far the
    /// lane has ever come. A lane can meet each state that it goes back through itself.
    pub fn rolled_back(&self, top: Point, other: Point) -> bool {
        if top.lane == other.lane {
            return other.state <= top.state || self.spot(top).is_none();
        }
        self.together(top, other)
    }

    /// Whether `f` happens only after `e`; an event does not happen before itself.
    ///
    /// Nothing is before or after an event that does not exist.
    pub fn happens_before(&self, e: Event, f: Event) -> bool {
        e != f
            && e.state > 0
            && self.spot(e.into()).is_some()
            && self
                .clock(f.into(), e.lane)
                .is_some_and(|clock| clock >= e.state)
    }

    /// Bytes that the clock tables take.
    pub fn table_bytes(&self) -> u64 {
        (size_of_val(self.narrow.as_slice()) + size_of_val(self.wide.as_slice())) as u64
    }

    /// Whether some chain of conditions joins the two lanes; lanes that nothing joins meet in
    /// every pair of their states.
    pub fn joined(&self, a: LaneId, b: LaneId) -> bool {
        match (self.spots.get(a.index()), self.spots.get(b.index())) {
            (Some(a), Some(b)) => a.component == b.component,
            _ => false,
        }
    }

    /// The lanes that conditions join, each set in order, the one with the lowest lane first.
    /// Whoever asks about all pairs needs to ask only within each of them.
    pub fn components(&self) -> impl Iterator<Item = &[LaneId]> {
        (0..self.components.len()).map(|component| self.components.lanes(component))
    }

    /// Where the clocks of an existing point stand.
    #[inline]
    pub(super) fn spot(&self, point: Point) -> Option<&Spot> {
        let spot = self.spots.get(point.lane.index())?;
        (point.state < spot.states).then_some(spot)
    }

    /// V(from, state)\[to\] of two lanes of one component.
    #[inline]
    pub(super) fn entry(&self, from: &Spot, state: u32, to: &Spot) -> u32 {
        let at = from.at(state, to.local);
        if from.wide {
            self.wide[at].into()
        } else {
            self.narrow[at].into()
        }
    }
}

impl From<Event> for Point {
    /// The state that the event enters.
    fn from(event: Event) -> Self {
        Point {
            lane: event.lane,
            state: event.state,
        }
    }
}

/// Where each lane's clocks stand, and how many entries the narrow and the wide table have.
fn lay_out(
    lanes: &Lanes,
    components: &Components,
    limit_bytes: u64,
) -> Result<(Vec<Spot>, [usize; 2]), Fault> {
    let last = lanes.lasts();
    let mut spots = vec![None; lanes.len()];
    let mut sizes = [0usize; 2];
    let mut bytes = 0u64;
    for component in 0..components.len() {
        let members = components.lanes(component);
        let width = members.len() as u64;
        let (mut events, mut highest) = (0u64, 0);
        for lane in members {
            events += u64::from(last[lane.index()]);
            highest = highest.max(last[lane.index()]);
        }
        let wide = highest > u32::from(u8::MAX);
        let entry = if wide {
            size_of::<u16>()
        } else {
            size_of::<u8>()
        };
        // at most 2⁶⁴ by the widths of the numbers, and checked all the same
        let table = (events + width).checked_mul(width * entry as u64);
        bytes = match table.and_then(|table| bytes.checked_add(table)) {
            Some(bytes) if bytes <= limit_bytes && usize::try_from(bytes).is_ok() => bytes,
            _ => {
                return Err(Fault::TooLarge {
                    events,
                    lanes: width,
                    limit_bytes,
                });
            }
        };
        let size = &mut sizes[usize::from(wide)];
        for lane in members {
            let states = last[lane.index()] + 1;
            let (component, local) = components.place(*lane);
            spots[lane.index()] = Some(Spot {
                component,
                local,
                states,
                wide,
                lanes: width as u32,
                base: *size,
            });
            *size += states as usize * width as usize;
        }
    }
    // each lane belongs to one component, so none is left out
    Ok((spots.into_iter().flatten().collect(), sizes))
}
