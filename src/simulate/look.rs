//! One look: what a platform makes of the counts in a window.

use crate::numbers::multiple::{is_above, is_below};
use crate::vocabulary::Compare;

use super::meter::Seen;
use super::tape::Counts;

/// What a look measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Of {
    /// The share of the new version's requests that are events.
    New,
    /// The same of all versions together.
    All,
    /// Events, divided by this: 1 for a count, the seconds of the window for a rate.
    Events(f64),
}

/// When a look passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bound {
    /// A fixed limit, and the one that fails where there is another.
    Fixed {
        of: Of,
        expect: (Compare, f64),
        fail: Option<(Compare, f64)>,
    },
    /// A quantile below a limit: at most this many of a million requests are beyond it.
    Beyond { parts: u64 },
    /// Not above (or below) a multiple of the baseline, point against point.
    Points { factor: f64, upper: bool },
    /// Not significantly above (or below) a multiple of the baseline.
    Significant { factor: f64, upper: bool },
}

impl Bound {
    /// What the counts of a window say.
    #[inline]
    pub(super) fn judge(&self, counts: Counts) -> Seen {
        match *self {
            Bound::Fixed { of, expect, fail } => {
                let value = match of {
                    Of::New if counts.new_all == 0 => return Seen::Nothing,
                    Of::New => counts.new_events as f64 / counts.new_all as f64,
                    Of::All => {
                        let all = counts.new_all + counts.old_all;
                        if all == 0 {
                            return Seen::Nothing;
                        }
                        (counts.new_events + counts.old_events) as f64 / all as f64
                    }
                    Of::Events(scale) => counts.new_events as f64 / scale,
                };
                let fails = |(op, limit): (Compare, f64)| op.holds(value, limit);
                match fail {
                    _ if expect.0.holds(value, expect.1) && !fail.is_some_and(fails) => Seen::Pass,
                    Some(fail) if !fails(fail) => Seen::Between,
                    _ => Seen::Fail,
                }
            }
            Bound::Beyond { parts } => {
                if counts.new_all == 0 {
                    return Seen::Nothing;
                }
                let beyond = u128::from(counts.new_events) * 1_000_000;
                pass(beyond <= u128::from(parts) * u128::from(counts.new_all))
            }
            Bound::Points { factor, upper } => {
                let Some((new, old)) = shares(counts) else {
                    return Seen::Nothing;
                };
                let above = new - factor * old;
                pass(if upper { above <= 0.0 } else { above >= 0.0 })
            }
            Bound::Significant { factor, upper } => {
                if shares(counts).is_none() {
                    return Seen::Nothing;
                }
                let (new, old) = arms(counts);
                pass(!if upper {
                    is_above(new, old, factor)
                } else {
                    is_below(new, old, factor)
                })
            }
        }
    }
}

fn pass(passes: bool) -> Seen {
    if passes { Seen::Pass } else { Seen::Fail }
}

/// The shares of events of the new and of the old version, where both have requests.
fn shares(counts: Counts) -> Option<(f64, f64)> {
    (counts.new_all > 0 && counts.old_all > 0).then(|| {
        (
            counts.new_events as f64 / counts.new_all as f64,
            counts.old_events as f64 / counts.old_all as f64,
        )
    })
}

/// The arms of a comparison, each as events and requests.
fn arms(counts: Counts) -> ((u64, u64), (u64, u64)) {
    (
        (counts.new_events, counts.new_all),
        (counts.old_events, counts.old_all),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(new: (u64, u64), old: (u64, u64)) -> Counts {
        Counts {
            new_events: new.0,
            new_all: new.1,
            old_events: old.0,
            old_all: old.1,
        }
    }

    #[test]
    fn limits_hold_as_they_are_written() {
        let fixed = |op, fail| Bound::Fixed {
            of: Of::New,
            expect: (op, 0.01),
            fail,
        };
        let one_percent = counts((1, 100), (0, 0));
        assert_eq!(fixed(Compare::Less, None).judge(one_percent), Seen::Fail);
        assert_eq!(
            fixed(Compare::LessEqual, None).judge(one_percent),
            Seen::Pass
        );
        let fail = Some((Compare::Greater, 0.05));
        assert_eq!(fixed(Compare::Less, fail).judge(one_percent), Seen::Between);
        let many = counts((6, 100), (0, 0));
        assert_eq!(fixed(Compare::Less, fail).judge(many), Seen::Fail);
        assert_eq!(
            fixed(Compare::Less, None).judge(Counts::default()),
            Seen::Nothing
        );
    }

    #[test]
    fn a_quantile_is_as_many_requests_beyond_the_limit() {
        let bound = Bound::Beyond { parts: 10_000 };
        assert_eq!(bound.judge(counts((10, 1000), (0, 0))), Seen::Pass);
        assert_eq!(bound.judge(counts((11, 1000), (0, 0))), Seen::Fail);
    }

    #[test]
    fn a_point_is_above_where_a_sample_is_not() {
        // three errors in 500 beside four in 9,500: twice the rate is far exceeded
        let found = counts((3, 500), (4, 9500));
        let points = Bound::Points {
            factor: 2.0,
            upper: true,
        };
        let sample = Bound::Significant {
            factor: 2.0,
            upper: true,
        };
        assert_eq!(
            (points.judge(found), sample.judge(found)),
            (Seen::Fail, Seen::Fail)
        );
        // one error says nothing
        let found = counts((1, 500), (4, 9500));
        assert_eq!(
            (points.judge(found), sample.judge(found)),
            (Seen::Fail, Seen::Pass)
        );
        let nobody = counts((1, 500), (0, 0));
        assert_eq!(sample.judge(nobody), Seen::Nothing);
    }
}
