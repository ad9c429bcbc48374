//! What each platform can carry of the language: one table, and the check that reads it.
//!
//! The check, the emitters and the documentation ask the same rows, so that a plan is told at its
//! own statement what a platform cannot do, and nothing is dropped on the way.

mod argo_traps;
mod check;
pub mod looks;
mod matrix;
mod requests;
pub(crate) mod rules;
mod table;

pub use argo_traps::{Handled, TRAPS, Trap, argo_traps};
pub use check::{Walk, check, limits_approvals, walk};
pub use matrix::matrix;
pub use rules::{
    NO_JUDGE, NO_WEIGHTS, RULES, TARGET_CANNOT_CARRY, TARGET_NOT_BUILT, WEIGHT_UNREALISABLE,
};
pub use table::{Carry, Features, Platform, Share, Walker, platform};
