//! What statements of PostgreSQL do: typed changes, replayed over a catalog, with what they lock,
//! rewrite and scan on each version of the server, and what they mean for the versions of a
//! service that are live.
//!
//! ```text
//! SQL --lower--> Change --apply--> Catalog'
//!                   |---cost-----> locks, rewrites, scans
//!                   '---effect---> provide and accept, more or less; way back; phase
//! ```

mod apply;
pub mod change;
pub mod cost;
pub mod effect;
pub mod lock;
mod lower;
mod replay;
mod types;
mod version;

pub use apply::{Applied, Dropped, ReplayError, apply};
pub use change::Change;
pub use cost::{Context, Cost, InTransaction, cost};
pub use effect::{Direction, Effect, Effects, Element, Phase, Reversible, effects};
pub use lock::LockMode;
pub(in crate::schema) use lower::{TriggerStep, trigger_steps};
pub use lower::{lower, parsed_together};
pub use replay::{ChangeStep, Declared, Replay, Step, replay, replay_declared, replay_onto};
pub use types::{Conversion, conversion};
