//! Small values of Kubernetes: amounts, ports, quantities.

/// A count, or a percentage of a count (`IntOrString` with `%`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many.
    Count(u32),
    /// So many of a hundred; may be above 100.
    Percent(u32),
}

impl Amount {
    /// The amount of `total`, a percentage rounded up, as for `maxSurge` and a disruption budget.
    pub fn rounded_up(self, total: u32) -> u32 {
        match self {
            Amount::Count(count) => count,
            Amount::Percent(percent) => {
                u32::try_from((u64::from(percent) * u64::from(total)).div_ceil(100))
                    .unwrap_or(u32::MAX)
            }
        }
    }

    /// The amount of `total`, a percentage rounded down, as for `maxUnavailable` of a Deployment.
    pub fn rounded_down(self, total: u32) -> u32 {
        match self {
            Amount::Count(count) => count,
            Amount::Percent(percent) => {
                u32::try_from(u64::from(percent) * u64::from(total) / 100).unwrap_or(u32::MAX)
            }
        }
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Amount::Count(count) => write!(f, "{count}"),
            Amount::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// A port, by number or by the name that a container gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortRef {
    /// `1..=65535`.
    Number(u16),
    /// A name to be found among the container's ports.
    Name(String),
}

impl std::fmt::Display for PortRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PortRef::Number(number) => write!(f, "{number}"),
            PortRef::Name(name) => f.write_str(name),
        }
    }
}

/// An amount of a resource in thousandths: millicores for `cpu`, thousandths of a byte for `memory`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    /// Thousandths, rounded up as Kubernetes does.
    pub milli: u128,
}

impl Quantity {
    /// Reads `500m`, `1.5`, `2Gi`, `1e3`; `None` for anything else, negative amounts included.
    pub fn parse(text: &str) -> Option<Quantity> {
        if text.len() > 40 {
            return None;
        }
        let text = text.strip_prefix('+').unwrap_or(text);
        let split = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, suffix) = text.split_at_checked(split)?;
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && part.is_empty()) || part.contains('.') {
            return None;
        }
        // value = digits / 10^places
        let digits: u128 = format!("{whole}{part}").parse().ok()?;
        let places = u32::try_from(part.len()).ok()?;
        let (factor, exponent): (u128, i32) = match suffix {
            "" => (1, 0),
            "n" => (1, -9),
            "u" => (1, -6),
            "m" => (1, -3),
            "k" => (1, 3),
            "M" => (1, 6),
            "G" => (1, 9),
            "T" => (1, 12),
            "P" => (1, 15),
            "E" => (1, 18),
            "Ki" => (1 << 10, 0),
            "Mi" => (1 << 20, 0),
            "Gi" => (1 << 30, 0),
            "Ti" => (1 << 40, 0),
            "Pi" => (1 << 50, 0),
            "Ei" => (1 << 60, 0),
            _ => (
                1,
                suffix
                    .strip_prefix(['e', 'E'])?
                    .parse()
                    .ok()
                    .filter(|e| (-18..=18).contains(e))?,
            ),
        };
        let up = 10u128.checked_pow((exponent + 3).max(0).unsigned_abs())?;
        let down = 10u128.checked_pow((exponent + 3).min(0).unsigned_abs() + places)?;
        let milli = digits.checked_mul(factor)?.checked_mul(up)?.div_ceil(down);
        Some(Quantity { milli })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_counted_in_thousandths() {
        for (text, milli) in [
            ("500m", Some(500)),
            ("2", Some(2000)),
            ("1.5", Some(1500)),
            (".5", Some(500)),
            ("1Ki", Some(1024 * 1000)),
            ("1.5Gi", Some(1_610_612_736_000)),
            ("1e3", Some(1_000_000)),
            ("100n", Some(1)),
            ("1G", Some(1_000_000_000_000)),
            ("-1", None),
            ("", None),
            (".", None),
            ("1.2.3", None),
            ("12 Mi", None),
            ("12MB", None),
            ("1e99999", None),
        ] {
            assert_eq!(Quantity::parse(text).map(|q| q.milli), milli, "{text}");
        }
    }

    #[test]
    fn percentages_round_as_the_deployment_controller_does() {
        assert_eq!(Amount::Percent(25).rounded_up(10), 3);
        assert_eq!(Amount::Percent(25).rounded_down(10), 2);
        assert_eq!(Amount::Count(4).rounded_up(10), 4);
        assert_eq!(Amount::Percent(u32::MAX).rounded_up(u32::MAX), u32::MAX);
    }
}
