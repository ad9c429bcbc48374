//! What a platform makes of one look after the other.
//!
//! The rules of an Argo AnalysisRun (`analysis.go`, `assessMetricStatus`), of which the rounds of our
//! own judge are the plainest case: a count, and a limit of failures.

/// What one look says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It passes.
    Pass,
    /// It fails.
    Fail,
    /// Neither: between `expect` and `fail`.
    Between,
    /// No answer.
    Nothing,
}

/// How a run of looks ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// It passes.
    Passed,
    /// It fails.
    Failed,
    /// It cannot decide.
    Open,
    /// The provider did not answer.
    Blind,
}

/// The limits of a run of looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Looks in all; `None` goes on until it is stopped.
    pub count: Option<u64>,
    /// Looks that may fail; `None` never fails by them (Argo's `failureLimit: -1`).
    pub failures: Option<u64>,
    /// Looks that may be undecided.
    pub undecided: u64,
    /// Looks in a row that may have no answer (Argo's `consecutiveErrorLimit`, 4).
    pub blind_in_a_row: u64,
    /// So many passes in a row are enough (Argo's `consecutiveSuccessLimit`); 0 asks for none.
    pub passes_in_a_row: u64,
}

impl Limits {
    /// A round of `count` looks of which `failures` may fail.
    pub const fn round(count: u64, failures: u64) -> Limits {
        Limits {
            count: Some(count),
            failures: Some(failures),
            undecided: failures,
            blind_in_a_row: 4,
            passes_in_a_row: 0,
        }
    }
}

/// A run of looks as it goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    taken: u64,
    failed: u64,
    undecided: u64,
    blind: u64,
    passes: u64,
}

impl Meter {
    /// Takes a look in; `Some` once the run has ended.
    #[inline]
    pub fn look(&mut self, seen: Seen, limits: &Limits) -> Option<Ends> {
        self.taken += 1;
        self.passes = if seen == Seen::Pass {
            self.passes + 1
        } else {
            0
        };
        self.blind = if seen == Seen::Nothing {
            self.blind + 1
        } else {
            0
        };
        match seen {
            Seen::Pass => {}
            Seen::Fail => self.failed += 1,
            Seen::Between => self.undecided += 1,
            Seen::Nothing => {}
        }
        if limits.failures.is_some_and(|most| self.failed > most) {
            return Some(Ends::Failed);
        }
        if self.undecided > limits.undecided {
            return Some(Ends::Open);
        }
        if self.blind > limits.blind_in_a_row {
            return Some(Ends::Blind);
        }
        if limits.passes_in_a_row > 0 && self.passes >= limits.passes_in_a_row {
            return Some(Ends::Passed);
        }
        match limits.count {
            // passes in a row were asked for and never came
            Some(count) if self.taken >= count && limits.passes_in_a_row > 0 => Some(Ends::Open),
            Some(count) if self.taken >= count => Some(Ends::Passed),
            _ => None,
        }
    }

    /// Stops a run that has not ended: Argo takes that for success, even without any look.
    pub const fn stopped(self) -> Ends {
        Ends::Passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::{Random, rounds};

    /// The shares of runs that end in each way when looks fail with probability `fails`.
    fn shares(limits: Limits, fails: f64, stop_after: u64, blind: bool) -> [f64; 4] {
        let mut random = Random::new(11);
        let runs = 40_000;
        let mut found = [0.0; 4];
        for _ in 0..runs {
            let mut meter = Meter::default();
            let mut ends = None;
            for _ in 0..stop_after {
                let seen = match (random.unit() < fails, blind) {
                    (true, true) => Seen::Nothing,
                    (true, false) => Seen::Fail,
                    (false, _) => Seen::Pass,
                };
                ends = meter.look(seen, &limits);
                if ends.is_some() {
                    break;
                }
            }
            let ends = ends.unwrap_or_else(|| meter.stopped());
            found[ends as usize] += 1.0 / f64::from(runs);
        }
        found
    }

    fn close(drawn: f64, exact: f64) {
        let error = (exact * (1.0 - exact) / 40_000.0).sqrt();
        assert!(
            (drawn - exact).abs() <= 4.0 * error + 1e-9,
            "{drawn} is not {exact}"
        );
    }

    #[test]
    fn a_count_with_a_limit_of_failures_is_argos_binomial() {
        for (fails, count, limit) in [(0.3, 5, 1), (0.05, 10, 0), (0.6, 10, 5)] {
            let [passed, failed, ..] = shares(Limits::round(count, limit), fails, u64::MAX, false);
            let exact = rounds::argo(fails, count, limit).expect("in range");
            close(passed, exact.passes);
            close(failed, exact.aborts);
        }
    }

    #[test]
    fn a_run_that_is_stopped_is_successful_even_without_a_look() {
        let limits = Limits {
            count: None,
            ..Limits::round(0, 1)
        };
        for taken in [0, 1, 7] {
            let [passed, ..] = shares(limits, 0.4, taken, false);
            let exact = rounds::argo_background(0.4, taken, 1).expect("in range");
            close(passed, exact);
        }
        // a disabled limit never fails
        let never = Limits {
            failures: None,
            ..limits
        };
        close(shares(never, 0.9, 50, false)[0], 1.0);
    }

    #[test]
    fn passes_in_a_row_and_errors_in_a_row_are_those_of_the_closed_form() {
        let limits = Limits {
            passes_in_a_row: 4,
            ..Limits::round(10, 2)
        };
        let [passed, failed, open, _] = shares(limits, 0.3, u64::MAX, false);
        let exact = rounds::argo_in_a_row(0.3, 10, 2, 4).expect("in range");
        close(passed, exact.success);
        close(failed, exact.failed);
        close(open, exact.inconclusive);
        let blind = shares(Limits::round(30, 0), 0.2, u64::MAX, true)[3];
        close(
            blind,
            rounds::errors_in_a_row(0.2, 30, 5).expect("in range"),
        );
    }

    #[test]
    fn what_lies_between_is_open_once_there_is_too_much_of_it() {
        let limits = Limits {
            undecided: 0,
            ..Limits::round(5, 2)
        };
        let mut meter = Meter::default();
        assert_eq!(meter.look(Seen::Fail, &limits), None);
        assert_eq!(meter.look(Seen::Between, &limits), Some(Ends::Open));
    }
}
