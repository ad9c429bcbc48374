//! Which states of a rollout can be met together, without enumerating them.
//!
//! A rollout is a set of lanes, each a chain of states, and of conditions "this event happens only
//! after that one". With such AND-conditions only, the global states that can be reached are the
//! order ideals of the events (consistent cuts; Garg and Waldecker 1994, Chase and Garg 1998), and
//! an ideal is known by its clock: how far each lane has come. So one topological pass answers
//! every question about two states with two comparisons.
//!
//! This room knows nothing of plans: a lane is a number, and so is a state.
//!
//! | Question | Where | Source |
//! | --- | --- | --- |
//! | can these states be live together | [`Clocks::together`], [`Clocks::all_together`] | Theorems 1 and 2 |
//! | what was written then, can it be met now | [`Clocks::after_event`] | Theorem 3 |
//! | how long ago was it at least | [`Clocks::elapsed`] | longest path |
//! | a lane has gone back, what can it meet | [`Clocks::rolled_back`] | Theorem 4 |
//! | the worst sum over all reachable states | [`Clocks::greatest_sum`] | Theorem 5, Picard 1976 |
//! | can everything happen at all | [`Fault::Deadlock`], [`deadlocks`] | strong components |
//! | the shortest way there | [`Clocks::shortest_run`] | the least ideal |
//! | what would prevent it | [`Clocks::orders_apart`], [`Clocks::effect`] | the least ideal with one more condition |
//! | inside one lane: ways back, dead ends | [`StateGraph`] | graph search |
//!
//! A condition that does not fit (OR, mutual exclusion) has to be left out by the caller. Fewer
//! conditions mean more states, so what is proved stays proved, and what is refuted may be refuted
//! in vain.
//!
//! A state or an event that the lanes do not have is never reported as safe: such a question is
//! answered as though the states could meet.

mod clocks;
mod components;
mod deadlock;
mod elapsed;
mod graph;
mod lanes;
mod order;
mod ordering;
mod ranges;
mod run;
mod sums;
mod table;

pub use clocks::{Clocks, DEFAULT_LIMIT_BYTES, Fault};
pub use deadlock::deadlocks;
pub use elapsed::Elapsed;
pub use graph::{StateEdge, StateGraph, Way};
pub use lanes::{Event, LaneId, Lanes, MAX_STATE, Point, Reference, Wait};
pub use ordering::Effect;
pub use ranges::Range;
pub use sums::Sum;
