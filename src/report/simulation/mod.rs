//! Views of a simulation.

mod drawing;
mod json;

pub use drawing::{drawing, refusal};
pub use json::{json, json_schema, refusal_json};

use crate::simulate::Share;

/// The bound that holds with 95 % where nothing, or everything, was drawn: three in so many.
fn unseen(runs: u64) -> f64 {
    3.0 / runs.max(3) as f64
}

/// How many runs a share rests on, from its own error; for shares of all runs.
fn is_extreme(share: Share) -> bool {
    share.value <= 0.0 || share.value >= 1.0
}
