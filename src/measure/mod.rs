//! What a plan measures.

pub mod capacity;
