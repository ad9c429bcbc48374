//! Whether a share is above, or below, a multiple of another: the test that `n * baseline` in a gate
//! means (`language.md`: one-sided, 5 %).
//!
//! Each arm is (events, requests). Where an arm has no requests nothing is significant.

use super::distribution::binomial_above;

/// The false alarm of one comparison.
pub const ALPHA: f64 = 0.05;
/// The normal form's bound of the same.
const Z_ALPHA: f64 = 1.644_853_626_951_472_7;

/// The exact conditional test: of all events, those of the new version are binomial with the share
/// `f·n/(f·n+m)` if its rate is `f` times the old one's (rare events).
pub fn is_above(new: (u64, u64), old: (u64, u64), factor: f64) -> bool {
    if new.1 == 0 || old.1 == 0 {
        return false;
    }
    let (weight, rest) = (factor * new.1 as f64, old.1 as f64);
    let chance = weight / (weight + rest);
    let events = new.0.saturating_add(old.0);
    let mean = events as f64 * chance;
    // most looks are far from the border
    if new.0 as f64 <= mean {
        return false;
    }
    let spread = (mean * (1.0 - chance)).sqrt();
    if new.0 as f64 > mean + 8.0 * spread + 20.0 {
        return true;
    }
    let Some(below) = new.0.checked_sub(1) else {
        return false;
    };
    binomial_above(below, events, chance).is_ok_and(|tail| tail <= ALPHA)
}

/// The normal form for shares of successes.
pub fn is_below(new: (u64, u64), old: (u64, u64), factor: f64) -> bool {
    if new.1 == 0 || old.1 == 0 {
        return false;
    }
    let share = |arm: (u64, u64)| arm.0 as f64 / arm.1 as f64;
    let variance = |share: f64, all: u64| share * (1.0 - share) / all as f64;
    let border = (factor * share(old)).min(1.0);
    let spread = variance(border, new.1) + factor * factor * variance(share(old), old.1);
    spread > 0.0 && border - share(new) > Z_ALPHA * spread.sqrt()
}
