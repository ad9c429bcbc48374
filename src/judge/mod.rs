//! Judging the gates of one leg: what is asked of the provider, which look is due when, and what the
//! answers come to. Pure: whoever calls it has the clock and the network (`switchback-judge`).
//!
//! 1. [`assignment`] reads the plan: the questions of each gate, and its rounds.
//! 2. [`Judging`] gives the next look and takes its [`Sample`] in, until the leg is decided.
//! 3. [`read_answer`] reads what the provider said; [`Verdict`] is the result as JSON.
//!
//! Rounds are counted by the same [`crate::simulate::Meter`] as in a simulation, and samples are
//! compared by the same test, so what is proved of a gate is what judges it.

mod answer;
mod assignment;
mod course;
mod leg;
mod sample;
mod verdict;

pub use crate::emit::github::variable_of;

pub use answer::{Answer, MAX_ANSWER, read_answer};
pub use assignment::{Assignment, Provider, Questions, Watched, assignment};
pub use course::{Due, Judging, Outcome};
pub use leg::find_leg;
pub use sample::{Arm, Sample, judge_sample};
pub use verdict::{GateVerdict, LookTaken, Verdict, json, json_schema};
