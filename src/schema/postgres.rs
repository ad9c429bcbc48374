use super::Migration;
use super::catalog::Catalog;
use crate::source::{SourceMap, Span};
use std::sync::Arc;
pub struct Step {
    pub migration: usize,
    pub span: Span,
    pub visible: bool,
    pub after: Arc<Catalog>,
}
pub struct Replay {
    pub steps: Vec<Step>,
}
pub fn replay(_: &SourceMap, _: &[&Migration], _: u32) -> Replay {
    Replay { steps: vec![] }
}
