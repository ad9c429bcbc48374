//! From a fault to its detection.

use super::range::{Answer, not_negative, positive};

/// The parts of the time until a gate speaks, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Path {
    /// Before the first look.
    pub first_delay: f64,
    /// Between two collections of the provider.
    pub scrape: f64,
    /// From a collection to the moment when a query sees it.
    pub ingest: f64,
    /// Between two looks.
    pub interval: f64,
    /// Looks that may fail without consequence.
    pub tolerate: u64,
}

/// Seconds until a fault that fails every look is detected, at the worst:
/// `first_delay + scrape + ingest + (tolerate+1)·interval`.
pub fn worst(path: Path) -> Answer<f64> {
    let parts = [
        not_negative("first delay", path.first_delay)?,
        not_negative("scrape interval", path.scrape)?,
        not_negative("ingest delay", path.ingest)?,
        positive("interval", path.interval)? * (path.tolerate as f64 + 1.0),
    ];
    not_negative("time to detect", parts.iter().sum())
}
