//! The language server as a process, spoken to over its pipes.

mod client;
mod diagnostics;
mod edits;
mod life;
mod navigate;
mod shape;
mod write;
