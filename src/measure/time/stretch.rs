//! A time between two ends.

use crate::source::Span;
use crate::units::Duration;

use super::super::{Missing, Part};

/// A time of which the least and the most are known, or what has to be declared for the most.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stretch {
    /// It takes at least this.
    pub least: Duration,
    /// It takes at most this, where nothing is missing.
    pub most: Duration,
    /// What it is made of.
    pub parts: Vec<Part>,
    /// What is not known of the most.
    pub missing: Missing,
}

impl Stretch {
    /// Adds a part; one that takes no time is left out.
    pub(super) fn part(
        &mut self,
        what: String,
        (least, most): (Duration, Duration),
        at: Option<Span>,
    ) {
        self.least = self.least.plus(least);
        self.most = self.most.plus(most);
        if most > Duration::ZERO {
            self.parts.push(Part {
                what,
                least: super::time(least),
                most: super::time(most),
                at,
            });
        }
    }

    /// Adds what another stretch holds.
    pub(super) fn add(&mut self, other: Stretch) {
        self.least = self.least.plus(other.least);
        self.most = self.most.plus(other.most);
        self.parts.extend(other.parts);
        for fact in other.missing.facts {
            self.missing.add(fact);
        }
    }

    /// The most that it takes.
    ///
    /// # Errors
    ///
    /// The facts that are missing.
    pub fn upper(&self) -> Result<Duration, &Missing> {
        match self.missing.is_empty() {
            true => Ok(self.most),
            false => Err(&self.missing),
        }
    }

    /// Ends at a limit: what is longer, or open, is a failure then.
    pub(super) fn end_at(&mut self, limit: Duration, what: String, at: Span) {
        if !self.missing.is_empty() || self.most > limit {
            self.missing.facts.clear();
            self.most = limit.max(self.least);
            self.parts.push(Part {
                what,
                least: super::time(Duration::ZERO),
                most: super::time(limit),
                at: Some(at),
            });
        }
    }
}
