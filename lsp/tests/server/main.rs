//! The language server as a process, spoken to over its pipes.

mod answers;
mod client;
mod diagnostics;
mod edits;
mod life;
mod navigate;
mod refactor;
mod shape;
mod write;
