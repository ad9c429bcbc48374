//! The dense clock table of the components whose entries have one width.

use super::lanes::Event;
use super::order::Order;

/// An entry of the table: a state, as a small number.
pub(super) trait Entry: Copy + Ord + Default + Into<u32> {
    /// A state that is known to fit.
    fn state(state: u32) -> Self;
}

impl Entry for u8 {
    fn state(state: u32) -> Self {
        debug_assert!(state <= u32::from(u8::MAX));
        state as u8
    }
}

impl Entry for u16 {
    fn state(state: u32) -> Self {
        debug_assert!(state <= u32::from(u16::MAX));
        state as u16
    }
}

/// Where the clocks of one lane stand.
///
/// While the table is filled they stand state by state, since one state's clock is the maximum of
/// others; then they are turned to stand by the lane that they speak of, since questions come by
/// pairs of lanes, and all that two lanes know of each other is then two short pieces of memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) component: u32,
    /// The lane's number within its component.
    pub(super) local: u32,
    /// How many states the lane has, state zero included.
    pub(super) states: u32,
    /// Which of the two tables.
    pub(super) wide: bool,
    /// How many lanes the component has.
    pub(super) lanes: u32,
    /// Where the lane's clocks start.
    pub(super) base: usize,
}

impl Spot {
    fn row(&self, state: u32) -> usize {
        self.base + state as usize * self.lanes as usize
    }

    /// Where it stands how far lane `local` has come once this lane is in `state`.
    pub(super) fn at(&self, state: u32, local: u32) -> usize {
        self.base + local as usize * self.states as usize + state as usize
    }
}

/// Fills in the clocks of the states `from..=to` of one lane, by state.
pub(super) fn fill<T: Entry>(
    table: &mut [T],
    spots: &[Spot],
    order: &Order,
    (spot, waiting): (&Spot, &mut usize),
    moved: (super::LaneId, u32, u32),
) {
    let (lane, from, to) = moved;
    let width = spot.lanes as usize;
    for state in from..=to {
        let row = spot.row(state);
        table.copy_within(row - width..row, row);
        table[row + spot.local as usize] = T::state(state);
        let Some((_, needs)) = order
            .waiting_at(lane, *waiting)
            .filter(|(event, _)| event.state == state)
        else {
            continue;
        };
        *waiting += 1;
        for Event { lane, state } in needs {
            let other = spots[lane.index()].row(*state);
            let (low, high) = table.split_at_mut(row.max(other));
            let (into, from) = if other < row {
                (&mut high[..width], &low[other..other + width])
            } else {
                (&mut low[row..row + width], &high[..width])
            };
            for (into, from) in into.iter_mut().zip(from) {
                *into = (*into).max(*from);
            }
        }
    }
}

/// Turns the clocks of one lane from by-state to by-lane.
pub(super) fn turn<T: Entry>(table: &mut [T], spot: &Spot, scratch: &mut Vec<T>) {
    let (states, lanes) = (spot.states as usize, spot.lanes as usize);
    let block = &mut table[spot.base..spot.base + states * lanes];
    scratch.clear();
    scratch.extend_from_slice(block);
    for (state, row) in scratch.chunks_exact(lanes).enumerate() {
        for (lane, entry) in row.iter().enumerate() {
            block[lane * states + state] = *entry;
        }
    }
}
