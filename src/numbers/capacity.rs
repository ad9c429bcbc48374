//! Replicas: how many are there during a rolling replacement, and whether they carry the load.

use super::range::{
    Answer, OutOfRange, count, not_negative, positive, rounded_up, share, some_share,
};

/// So many replicas.
const MOST: u64 = 1_000_000;

fn replicas(value: u64) -> Answer<u64> {
    count("replicas", value, 0, MOST, "at most 1 million")
}

/// What surge and unavailability come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fenceposts {
    /// Pods above the number of replicas.
    pub surge: u64,
    /// Pods that may be missing.
    pub unavailable: u64,
    /// Ready pods at least.
    pub least_ready: u64,
    /// Pods at most, those that are being terminated not counted.
    pub most: u64,
    /// Rounds of replacement where all pods take the same time to start.
    pub waves: u64,
}

/// Kubernetes' `ResolveFenceposts`: `surge` and `unavailable` are counts that are already rounded
/// (surge up, unavailability down: [`crate::units::Percent`]); where both are 0, one pod may be
/// missing.
pub fn fenceposts(replicas_wanted: u64, surge: u64, unavailable: u64) -> Answer<Fenceposts> {
    let all = replicas(replicas_wanted)?;
    let surge = replicas(surge)?;
    let unavailable = if surge == 0 && unavailable == 0 {
        1
    } else {
        unavailable.min(all)
    };
    Ok(Fenceposts {
        surge,
        unavailable,
        least_ready: all.saturating_sub(unavailable),
        most: all + surge,
        waves: all.div_ceil((surge + unavailable).max(1)),
    })
}

/// The load of the ready pods as a share of what they carry; above 1 is too much. `traffic` and
/// `capacity` (of one pod) are requests a second.
pub fn utilisation(traffic: f64, capacity: f64, ready: u64) -> Answer<f64> {
    let traffic = not_negative("traffic", traffic)?;
    let capacity = positive("capacity", capacity)?;
    count("ready replicas", ready, 1, MOST, "from 1 to 1 million")?;
    not_negative("utilisation", traffic / (capacity * ready as f64))
}

/// Ready pods after the loss of the largest of `zones`: less `ceil(R/Z)`.
pub fn after_zone_loss(replicas_wanted: u64, ready: u64, zones: u64) -> Answer<u64> {
    replicas(replicas_wanted)?;
    count("zones", zones, 1, 1000, "from 1 to 1000")?;
    Ok(ready.saturating_sub(replicas_wanted.div_ceil(zones)))
}

/// Replicas that a load needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    /// At rest, at the utilisation that is aimed at.
    pub at_rest: u64,
    /// While a rolling replacement goes on, too.
    pub rolling: u64,
    /// And, at full load of each pod, when the largest zone is lost meanwhile.
    pub rolling_and_zone: u64,
}

/// Replicas for a load: `traffic` a second, `capacity` of one pod, the utilisation aimed at, the
/// share that may be missing (rounded down), and the number of zones.
pub fn needed(
    traffic: f64,
    capacity: f64,
    target: f64,
    unavailable: f64,
    zones: u64,
) -> Answer<Needed> {
    let traffic = positive("traffic", traffic)?;
    let capacity = positive("capacity", capacity)?;
    let target = some_share("utilisation", target)?;
    let unavailable = share("unavailable", unavailable)?;
    count("zones", zones, 1, 1000, "from 1 to 1000")?;
    let at_target = rounded_up("replicas", traffic / (capacity * target))?;
    let at_full = rounded_up("replicas", traffic / capacity)?;
    replicas(at_target)?;
    let missing = |all: u64| (all as f64 * unavailable + 1e-9) as u64;
    let first = |holds: &dyn Fn(u64) -> bool| -> Answer<u64> {
        (at_target..=MOST)
            .find(|&all| holds(all))
            .ok_or(OutOfRange {
                what: "unavailable",
                value: unavailable,
                range: "small enough that a million replicas carry the load",
            })
    };
    let rolls = |all: u64| all - missing(all) >= at_target;
    let survives = |all: u64| {
        let ready = (all - missing(all)).saturating_sub(all.div_ceil(zones));
        rolls(all) && ready >= at_full
    };
    let rolling = first(&rolls)?;
    let rolling_and_zone = first(&survives).unwrap_or(u64::MAX);
    if rolling_and_zone == u64::MAX {
        let (what, value) = ("zones", zones as f64);
        let range = "enough that a million replicas survive the loss of one";
        return Err(OutOfRange { what, value, range });
    }
    Ok(Needed {
        at_rest: at_target,
        rolling,
        rolling_and_zone,
    })
}

/// Pods that a canary of this weight needs: `ceil(λw/(c·target))`.
pub fn canary(traffic: f64, weight: f64, capacity: f64, target: f64) -> Answer<u64> {
    let traffic = not_negative("traffic", traffic)?;
    let weight = share("weight", weight)?;
    let capacity = positive("capacity", capacity)?;
    let target = some_share("utilisation", target)?;
    rounded_up("replicas", traffic * weight / (capacity * target))
}

/// Pods of both versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// Of the new version.
    pub canary: u64,
    /// Of the old one.
    pub stable: u64,
}

impl Split {
    /// The share of the traffic that the new version then gets; 0 where there are no pods.
    pub fn weight(self) -> f64 {
        let all = self.canary + self.stable;
        if all == 0 {
            0.0
        } else {
            self.canary as f64 / all as f64
        }
    }
}

/// How Argo Rollouts divides pods where nothing splits the traffic
/// (`approximateWeightedCanaryStableReplicaCounts` in `canary.go`): of rounding up and down, with
/// one pod more where a surge is allowed, what comes nearest; never none for a weight between 1 and
/// 99. `weight` is in whole percents, at most 100.
pub fn argo_split(replicas_wanted: u64, weight: u64, max_surge: u64) -> Answer<Split> {
    let all = replicas(replicas_wanted)?;
    count("weight", weight, 0, 100, "from 0 to 100 whole percents")?;
    if all == 0 {
        return Ok(Split {
            canary: 0,
            stable: 0,
        });
    }
    let up = (all * weight).div_ceil(100);
    let down = all * weight / 100;
    let tied = |total: u64| (total * weight) % 100 == 50;
    let none_allowed = weight == 100 || weight == 0 || (all == 1 && max_surge == 0);
    let mut options = Vec::new();
    if up < all || none_allowed {
        options.push((up, all));
    }
    if !tied(all) && (down != 0 || none_allowed) {
        options.push((down, all));
    }
    if max_surge > 0 {
        options.push((up, all + 1));
        if !tied(all + 1) && (down != 0 || none_allowed) {
            options.push((down, all + 1));
        }
    }
    // |100·canary/total - weight|, as a fraction
    let off = |(canary, total): (u64, u64)| ((100 * canary).abs_diff(weight * total), total);
    let mut best = None;
    for option in options {
        let nearer = best.is_none_or(|known| {
            let ((a, b), (c, d)) = (off(option), off(known));
            u128::from(a) * u128::from(d) < u128::from(c) * u128::from(b)
        });
        if nearer {
            best = Some(option);
        }
    }
    let (canary, total) = best.unwrap_or((0, all));
    Ok(Split {
        canary,
        stable: total - canary,
    })
}
