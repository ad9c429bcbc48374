//! The rank test of Mann and Whitney, as Kayenta's judge uses it, and the shift that goes with it.

use super::normal::above;
use super::range::{Answer, OutOfRange, count};

/// So many points in an arm.
const MOST_POINTS: usize = 10_000;
/// Up to so many points in an arm the exact distribution is counted out.
const MOST_EXACT: usize = 50;

/// What two samples say of each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// Pairs in which the first is larger; ties count a half.
    pub u: f64,
    /// Two-sided, by the normal form with corrections for ties and for continuity.
    pub p_normal: f64,
    /// Two-sided, exact; `None` with ties, or above 50 points.
    pub p_exact: Option<f64>,
    /// The median of all differences (Hodges, Lehmann).
    pub shift: f64,
    /// The ratio of the means; `None` where the control's is 0.
    pub mean_ratio: Option<f64>,
}

/// Compares the points of the new version with those of the control, from 1 to 10,000 each. Takes
/// time and memory of the order of their product.
pub fn compare(experiment: &[f64], control: &[f64]) -> Answer<Ranked> {
    for (what, points) in [("experiment", experiment), ("control", control)] {
        let range = "from 1 to 10,000 points";
        count(what, points.len() as u64, 1, MOST_POINTS as u64, range)?;
        if let Some(&value) = points
            .iter()
            .find(|value| value.is_nan() || value.abs() > super::range::LARGEST)
        {
            let range = "a number of at most 10^15";
            return Err(OutOfRange { what, value, range });
        }
    }
    let (n, m) = (experiment.len() as f64, control.len() as f64);
    let mut u = 0.0;
    let mut differences = Vec::with_capacity(experiment.len() * control.len());
    for &e in experiment {
        for &c in control {
            u += match e.total_cmp(&c) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
            differences.push(e - c);
        }
    }
    differences.sort_by(f64::total_cmp);
    let middle = differences.len() / 2;
    let shift = if differences.len() % 2 == 1 {
        differences[middle]
    } else {
        0.5 * differences[middle - 1] + 0.5 * differences[middle]
    };
    let mut all: Vec<f64> = experiment.iter().chain(control).copied().collect();
    all.sort_by(f64::total_cmp);
    let ties: f64 = all
        .chunk_by(|a, b| a.total_cmp(b).is_eq())
        .map(|equal| (equal.len() as f64).powi(3) - equal.len() as f64)
        .sum();
    let whole = n + m;
    let variance = n * m / 12.0 * (whole + 1.0 - ties / (whole * (whole - 1.0)));
    let away = ((u - n * m / 2.0).abs() - 0.5).max(0.0);
    let p_normal = if variance > 0.0 {
        (2.0 * above(away / variance.sqrt())).min(1.0)
    } else {
        1.0
    };
    let few = experiment.len().max(control.len()) <= MOST_EXACT;
    let p_exact = (ties == 0.0 && few)
        .then(|| exact(experiment.len(), control.len(), u.max(n * m - u) as usize));
    let mean = |points: &[f64]| points.iter().sum::<f64>() / points.len() as f64;
    let (top, bottom) = (mean(experiment), mean(control));
    let ratio = top / bottom;
    Ok(Ranked {
        u,
        p_normal,
        p_exact,
        shift,
        mean_ratio: ratio.is_finite().then_some(ratio),
    })
}

/// Two-sided: twice the share of orders with at least `u` pairs.
fn exact(n: usize, m: usize, u: usize) -> f64 {
    // orders of i of the first and j of the second kind, by their number of pairs
    let mut counts = vec![vec![1.0]; m + 1];
    for i in 1..=n {
        let mut next = vec![vec![1.0]];
        for j in 1..=m {
            // the largest is of the second kind, or of the first and above all j
            let mut row = vec![0.0; i * j + 1];
            for (pairs, &orders) in next[j - 1].iter().enumerate() {
                row[pairs] += orders;
            }
            for (pairs, &orders) in counts[j].iter().enumerate() {
                row[pairs + j] += orders;
            }
            next.push(row);
        }
        counts = next;
    }
    let row = &counts[m];
    let all: f64 = row.iter().sum();
    let tail: f64 = row.iter().skip(u).sum();
    (2.0 * tail / all).min(1.0)
}

/// The smallest two-sided probability that `points` in each arm can give: `2/C(2n,n)`. With fewer
/// than 5 it is above 2 %, so that a judge of 98 % confidence never fails.
pub fn smallest_p(points: u64) -> Answer<f64> {
    count("points", points, 1, 500, "from 1 to 500")?;
    let mut choose = 1.0;
    for k in 1..=points {
        choose *= (points + k) as f64 / k as f64;
    }
    Ok((2.0 / choose).min(1.0))
}
