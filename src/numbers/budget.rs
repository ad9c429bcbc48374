//! The error budget of an objective.

use super::range::{Answer, inside, not_negative, positive, share, some_share};

/// An objective: the share that must be good (more than 0, less than 1), and over how many seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// 0.999 for 99.9 %.
    pub share: f64,
    /// In seconds.
    pub window: f64,
}

impl Objective {
    fn spare(self) -> Answer<f64> {
        positive("window", self.window)?;
        Ok(1.0 - inside("objective", self.share)?)
    }
}

/// How many times faster than allowed the budget burns: `w·p/(1-SLO)`.
pub fn burn_rate(objective: Objective, weight: f64, rate: f64) -> Answer<f64> {
    let spare = objective.spare()?;
    Ok(share("weight", weight)? * share("error rate", rate)? / spare)
}

/// The share of the budget that a fault burns in `seconds`: `w·p·T/((1-SLO)·window)`; above 1 means
/// more than there is.
pub fn burned(objective: Objective, weight: f64, rate: f64, seconds: f64) -> Answer<f64> {
    let burning = burn_rate(objective, weight, rate)?;
    not_negative(
        "share of the budget",
        burning * not_negative("seconds", seconds)? / objective.window,
    )
}

/// Seconds until an alert over `window` seconds with the limit `burn` fires:
/// `(1-SLO)/err·window·burn`. `None` where it never does (SRE Workbook, chapter 5).
pub fn seconds_to_alert(
    objective: Objective,
    weight: f64,
    rate: f64,
    window: f64,
    burn: f64,
) -> Answer<Option<f64>> {
    let burning = burn_rate(objective, weight, rate)?;
    let window = positive("window", window)?;
    let burn = positive("burn rate", burn)?;
    Ok((burning > burn).then(|| window * (burn / burning)))
}

/// The burn rate that uses a share of the budget of `whole` within `window`, in the same unit.
pub fn burn_rate_for(budget: f64, window: f64, whole: f64) -> Answer<f64> {
    let budget = some_share("budget", budget)?;
    positive(
        "burn rate",
        budget * positive("objective's window", whole)? / positive("window", window)?,
    )
}

/// The product of weight and error rate below which an alert on the whole service is blind:
/// `burn·(1-SLO)`. Above 1 it sees nothing at all.
pub fn smallest_visible(objective_share: f64, burn: f64) -> Answer<f64> {
    Ok(positive("burn rate", burn)? * (1.0 - inside("objective", objective_share)?))
}

/// The largest weight at which a fault of `rate` for `seconds` burns at most the share `budget`; at
/// most 1.
pub fn largest_weight(objective: Objective, budget: f64, rate: f64, seconds: f64) -> Answer<f64> {
    let spare = objective.spare()?;
    let budget = some_share("budget", budget)?;
    let rate = some_share("error rate", rate)?;
    let seconds = positive("seconds", seconds)?;
    Ok((budget * spare * objective.window / (rate * seconds)).min(1.0))
}

/// The share of the budget that `failed` of `requests` in its whole window are.
pub fn share_of(failed: f64, requests: f64, objective_share: f64) -> Answer<f64> {
    let failed = not_negative("failed requests", failed)?;
    let requests = positive("requests", requests)?;
    let spare = 1.0 - inside("objective", objective_share)?;
    not_negative("share of the budget", failed / (requests * spare))
}
