//! Places in the order in which they were met, in copies that share what they have in common.

use super::map::Map;
use crate::source::Span;

/// A list of places. A copy costs nothing, a new place the logarithm of their number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places(Map<usize, Span>);

impl Places {
    /// Puts a place behind the others.
    pub fn push(&mut self, place: Span) {
        self.0.insert(self.0.len(), place);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps the first so many.
    pub fn truncate(&mut self, length: usize) {
        while self.0.len() > length {
            self.0.remove(&(self.0.len() - 1));
        }
    }

    /// All, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Span> {
        self.0.values()
    }

    /// Whether a place is among them; linear in their number.
    pub fn contains(&self, place: &Span) -> bool {
        self.iter().any(|own| own == place)
    }
}
