//! Switchback: a small declarative language for rollouts.
//!
//! Data flows one way, and a room uses only the rooms below it:
//!
//! ```text
//! cli, ide, judge → page → picture → report, rules, emit → simulate, policy → measure → proof, platform, numbers → model → vocabulary, syntax, schema, workload, promql → units → diagnostic → source
//! ```

pub mod bare;
pub mod baseline;
pub mod check;
pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod emit;
pub mod fix;
pub mod ide;
pub mod judge;
pub mod measure;
pub mod model;
pub mod numbers;
pub mod page;
pub mod picture;
pub mod platform;
pub mod policy;
pub mod promql;
pub mod proof;
pub mod report;
pub mod rollout;
pub mod rules;
pub mod schema;
pub mod simulate;
pub mod source;
pub mod syntax;
pub mod units;
pub mod vocabulary;
pub mod workload;
