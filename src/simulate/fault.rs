//! Faults as they are written: `errors 5%`, `p99 x2`, `errors 2% after 20m`.

use std::fmt;

use crate::model::Limit;
use crate::units::{Duration, Percent, Rate};

/// What the new version does wrong, and from when on.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What it shows in: the name of a gate, `errors`, or a quantile as `p99`.
    pub subject: String,
    /// How much.
    pub size: Size,
    /// Counted from the first exposure.
    pub after: Duration,
    /// As it was written.
    pub text: String,
}

/// How large a fault is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Size {
    /// What the gate then measures.
    Value(Limit),
    /// That much more than what is healthy.
    Added(Limit),
    /// The healthy value times this, more than 0.
    Multiple(f64),
}

impl Fault {
    /// Reads one fault.
    ///
    /// # Errors
    ///
    /// What is wrong and what would be right, as one line.
    pub fn parse(text: &str) -> Result<Fault, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (subject, size, after) = match words.as_slice() {
            [subject, size] => (*subject, *size, Duration::ZERO),
            [subject, size, "after", time] => {
                let time = Duration::parse(time).map_err(|_| {
                    format!("`{time}` is no time: write when the fault begins as `after 20m`")
                })?;
                (*subject, *size, time)
            }
            _ => {
                return Err(format!(
                    "`{text}` is no fault: write what it shows in and how much, `errors 5%`, `p99 x2`, or `errors 2% after 20m`"
                ));
            }
        };
        Ok(Fault {
            subject: subject.to_string(),
            size: Size::parse(size)?,
            after,
            text: words.join(" "),
        })
    }

    /// The quantile that `p99` or `p99.9` stands for, as a share.
    pub(super) fn quantile(&self) -> Option<f64> {
        let digits = self.subject.strip_prefix('p')?;
        let quantile: f64 = digits.parse().ok()?;
        (quantile > 0.0 && quantile < 100.0).then_some(quantile / 100.0)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Size {
    fn parse(text: &str) -> Result<Size, String> {
        let wrong = || {
            format!(
                "`{text}` is no size of a fault: write the value that the gate then measures (`5%`, `600ms`, `40`), `+0.5%` for so much more than normally, or `x2` for a multiple of it"
            )
        };
        if let Some(factor) = text.strip_prefix('x') {
            let factor: f64 = factor.parse().map_err(|_| wrong())?;
            // 10^6 times what is normal says no more than that
            if !(factor > 0.0 && factor <= 1e6) {
                return Err(format!(
                    "`{text}` is no multiple: write one above 0 and up to a million, `x2`"
                ));
            }
            return Ok(Size::Multiple(factor));
        }
        if let Some(added) = text.strip_prefix('+') {
            return Ok(Size::Added(limit(added).ok_or_else(wrong)?));
        }
        if let Some(share) = text.strip_suffix('%')
            && share.parse::<f64>().is_ok_and(|share| share > 100.0)
        {
            return Err(format!(
                "`{text}` is more than all requests: a share is at most 100%"
            ));
        }
        limit(text).map(Size::Value).ok_or_else(wrong)
    }
}

fn limit(text: &str) -> Option<Limit> {
    if let Ok(share) = Percent::parse(text) {
        return Some(Limit::Percent(share));
    }
    if let Ok(time) = Duration::parse(text) {
        return Some(Limit::Duration(time));
    }
    if let Ok(rate) = Rate::parse(text) {
        return Some(Limit::Rate(rate));
    }
    let number: f64 = text.parse().ok()?;
    (0.0..=1e15)
        .contains(&number)
        .then_some(Limit::Number(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_as_they_are_said() {
        let fault = Fault::parse("errors 5%").expect("a fault");
        assert_eq!(fault.subject, "errors");
        assert_eq!(
            fault.size,
            Size::Value(Limit::Percent(Percent::from_ppm(50_000)))
        );
        assert_eq!(fault.after, Duration::ZERO);
        let fault = Fault::parse("  p99.9   x2 after 20m").expect("a fault");
        assert!(
            fault
                .quantile()
                .is_some_and(|share| (share - 0.999).abs() < 1e-12)
        );
        assert_eq!(fault.size, Size::Multiple(2.0));
        assert_eq!(fault.after, Duration::from_secs(1200));
        assert_eq!(fault.to_string(), "p99.9 x2 after 20m");
        let added = Fault::parse("latency +50ms").expect("a fault").size;
        assert_eq!(
            added,
            Size::Added(Limit::Duration(Duration::from_millis(50)))
        );
        let count = Fault::parse("panics 40").expect("a fault").size;
        assert_eq!(count, Size::Value(Limit::Number(40.0)));
    }

    #[test]
    fn what_is_no_fault_is_answered_with_one() {
        for (text, says) in [
            ("", "write what it shows in"),
            ("errors", "write what it shows in"),
            ("errors 5% until 3m", "write what it shows in"),
            ("errors 5% after soon", "`soon` is no time"),
            ("errors 120%", "at most 100%"),
            ("errors x0", "above 0"),
            ("errors xNaN", "above 0"),
            ("errors inf", "no size"),
            ("errors -1", "no size"),
            ("errors many", "no size"),
        ] {
            let message = Fault::parse(text).expect_err(text);
            assert!(message.contains(says), "{text}: {message}");
        }
    }
}
