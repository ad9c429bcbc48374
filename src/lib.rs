//! Switchback: a small declarative language for rollouts.
//!
//! Data flows one way, and a room uses only the rooms below it:
//!
//! ```text
//! cli → report, rules, emit → platform → model → vocabulary, syntax, schema, workload, promql → units → diagnostic → source
//! ```

pub mod diagnostic;
pub mod promql;
pub mod schema;
pub mod source;
