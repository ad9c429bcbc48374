//! The standard normal distribution.

use std::f64::consts::{PI, SQRT_2};

use statrs::function::erf::{erfc, erfc_inv};

use super::range::{Answer, inside};

/// The probability of a value of at most `z`.
pub fn at_most(z: f64) -> f64 {
    if z.is_nan() {
        0.5
    } else {
        0.5 * erfc(-z / SQRT_2)
    }
}

/// The probability of a value above `z`, exact far out too.
pub fn above(z: f64) -> f64 {
    at_most(-z)
}

/// The `z` above which a share `tail` lies: 1.645 for 5 %. `tail` is more than 0 and less than 1.
pub fn z_above(tail: f64) -> Answer<f64> {
    let tail = inside("tail", tail)?;
    let mut z = SQRT_2 * erfc_inv(2.0 * tail);
    // the inverse is good to ten digits; a step of Newton's method gives the rest
    let density = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
    let step = (above(z) - tail) / density;
    if step.is_finite() && step.abs() < 1e-3 {
        z += step;
    }
    Ok(z)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_values() {
        // tables of the normal distribution, to six digits
        for (tail, z) in [
            (0.05, 1.644854),
            (0.025, 1.959964),
            (0.001, 3.090232),
            (0.5, 0.0),
        ] {
            let found = z_above(tail).expect("in range");
            assert!((found - z).abs() < 1e-6, "{tail}: {found}");
            assert!((above(found) - tail).abs() < 1e-12, "{tail}");
        }
        assert!(z_above(0.0).is_err() && z_above(1.0).is_err());
        assert!(at_most(f64::INFINITY) >= 1.0 && above(f64::INFINITY) <= 0.0);
    }
}
