//! Who meets the new version, and how many requests fail.

use super::range::{Answer, not_negative, positive, share};

/// The share of users who have met the new version after `requests` each. With stickiness it is the
/// weight; without, `1-(1-w)^k`.
pub fn users(weight: f64, requests: f64, sticky: bool) -> Answer<f64> {
    let w = share("weight", weight)?;
    let k = not_negative("requests of a user", requests)?;
    if sticky {
        return Ok(if k > 0.0 { w } else { 0.0 });
    }
    Ok(ever(w, k))
}

/// `1-(1-p)^k`, with all digits where `p` is small.
fn ever(p: f64, k: f64) -> f64 {
    if k <= 0.0 {
        0.0
    } else if p >= 1.0 {
        1.0
    } else {
        -(k * (-p).ln_1p()).exp_m1()
    }
}

/// The share of users who have seen an error of the new version: with stickiness `w(1-(1-p)^k)`,
/// without `1-(1-wp)^k`.
pub fn users_with_error(weight: f64, rate: f64, requests: f64, sticky: bool) -> Answer<f64> {
    let w = share("weight", weight)?;
    let p = share("error rate", rate)?;
    let k = not_negative("requests of a user", requests)?;
    Ok(if sticky {
        w * ever(p, k)
    } else {
        ever(w * p, k)
    })
}

/// A leg: its weight, and how long it lasts in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leg {
    /// From 0 to 1.
    pub weight: f64,
    /// In seconds.
    pub seconds: f64,
}

impl Leg {
    fn checked(self) -> Answer<Leg> {
        share("weight", self.weight)?;
        not_negative("seconds", self.seconds)?;
        Ok(self)
    }
}

/// The share of users who have met the new version over several legs, where each sends `rate`
/// requests a second at random times: the largest weight, or `1-exp(-mu·sum w·d)`.
pub fn users_over(legs: &[Leg], rate: f64, sticky: bool) -> Answer<f64> {
    let rate = not_negative("requests of a user a second", rate)?;
    let (mut largest, mut sum) = (0.0_f64, 0.0);
    for leg in legs {
        let leg = leg.checked()?;
        largest = largest.max(leg.weight);
        sum += leg.weight * leg.seconds;
    }
    Ok(if sticky {
        largest
    } else {
        -(-rate * sum).exp_m1()
    })
}

/// What a fault does that is there from the first leg on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Harm {
    /// Requests that fail, on average.
    pub expected: f64,
    /// Requests that fail if no leg detects anything.
    pub worst: f64,
    /// The probability that no leg detects it.
    pub escapes: f64,
}

/// Failed requests over the legs, each with the probability that its gates detect the fault at its
/// end: `sum reach·L·w·p·(d+lag) + reach·D·L·w·p·T`. `traffic` is the service's a second, `rate` the
/// share that fails, `lag` the seconds until a gate speaks, `back` those until the old version has
/// all traffic again.
pub fn harm(legs: &[(Leg, f64)], traffic: f64, rate: f64, lag: f64, back: f64) -> Answer<Harm> {
    let traffic = positive("traffic", traffic)?;
    let rate = share("error rate", rate)?;
    let lag = not_negative("lag", lag)?;
    let back = not_negative("time to go back", back)?;
    let (mut reach, mut expected, mut worst) = (1.0, 0.0, 0.0);
    for &(leg, detects) in legs {
        let leg = leg.checked()?;
        let detects = share("probability", detects)?;
        let flow = traffic * leg.weight * rate;
        expected += reach * flow * (leg.seconds + lag) + reach * detects * flow * back;
        worst += flow * (leg.seconds + lag);
        reach *= 1.0 - detects;
    }
    not_negative("failed requests", worst)?;
    Ok(Harm {
        expected,
        worst,
        escapes: reach,
    })
}

/// What drawing all users anew at each step does.
#[derive(Clone, Debug, PartialEq)]
pub struct Redrawn {
    /// At each change of weight, the share of users who fall back to the old version.
    pub fall_back: Vec<f64>,
    /// The share of the users on the new version who do.
    pub of_those_on_it: Vec<f64>,
    /// The share of users who ever meet the new version.
    pub ever: f64,
    /// The share with stickiness: the largest weight.
    pub ever_sticky: f64,
    /// How often a user changes version, on average, the first draw not counted.
    pub changes: f64,
}

/// What happens without stickiness when each step draws anew: `w(1-w')` fall back.
pub fn redrawn(weights: &[f64]) -> Answer<Redrawn> {
    let mut found = Redrawn {
        fall_back: Vec::new(),
        of_those_on_it: Vec::new(),
        ever: 0.0,
        ever_sticky: 0.0,
        changes: 0.0,
    };
    let mut never = 1.0;
    for &weight in weights {
        never *= 1.0 - share("weight", weight)?;
        found.ever_sticky = found.ever_sticky.max(weight);
    }
    found.ever = 1.0 - never;
    for pair in weights.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        found.fall_back.push(before * (1.0 - after));
        found.of_those_on_it.push(1.0 - after);
        found.changes += before * (1.0 - after) + (1.0 - before) * after;
    }
    Ok(found)
}
