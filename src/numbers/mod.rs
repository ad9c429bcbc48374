//! Numbers: what a gate can see, who is exposed, what burns, what fits, and how long it takes.
//!
//! Pure functions of plain numbers; nothing of a plan is known here. Shares and probabilities are
//! fractions from 0 to 1, times are seconds, rates are a second. What a formula is not defined for
//! is refused with [`OutOfRange`], which names the value and the range: no function answers with NaN
//! or an infinity, and none panics.

pub mod buckets;
pub mod budget;
pub mod capacity;
pub mod detection;
pub mod distribution;
pub mod events;
pub mod exposure;
pub mod mean;
pub mod multiple;
pub mod normal;
pub mod proportion;
pub mod quantile;
pub mod queue;
mod random;
mod range;
pub mod rank;
pub mod rolling;
pub mod rounds;
pub mod sequential;
pub mod threshold;
pub mod windows;

pub use random::{Random, Table};
pub use range::{Answer, LARGEST, OutOfRange};
