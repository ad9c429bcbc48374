//! The time of a rolling replacement, and the pods that are there meanwhile.

use std::collections::VecDeque;

use super::range::{Answer, count, not_negative, positive};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Replaced {
    /// Starts of new pods at different times.
    pub waves: u64,
    /// Seconds until the last new pod is ready.
    pub seconds: f64,
    /// Ready pods at least.
    pub least_ready: u64,
    /// Pods at most, as the controller counts.
    pub most: u64,
    /// The same with those that are being terminated: they hold quota, addresses and connections.
    pub most_with_terminating: u64,
}

/// Plays the loop of the Deployment controller for pods that all take `ready` seconds to start and
/// `terminating` seconds to end. From 1 to 100,000 replicas; surge or unavailability is at least 1.
/// Takes a number of steps of the order of the waves.
pub fn replace(
    replicas: u64,
    surge: u64,
    unavailable: u64,
    ready: f64,
    terminating: f64,
) -> Answer<Replaced> {
    let all = count("replicas", replicas, 1, 100_000, "from 1 to 100,000")?;
    let surge = count("surge", surge, 0, 100_000, "at most 100,000")?;
    count(
        "surge and unavailable",
        surge + unavailable.min(all),
        1,
        200_000,
        "at least 1 together",
    )?;
    let ready = positive("seconds until ready", ready)?;
    let terminating = not_negative("seconds of termination", terminating)?;
    let least = all.saturating_sub(unavailable);
    let (mut old, mut new_ready, mut starting) = (all, 0, 0);
    // pods that are being terminated, with the time of their end
    let mut ending: VecDeque<(f64, u64)> = VecDeque::new();
    let mut found = Replaced {
        waves: 0,
        seconds: 0.0,
        least_ready: all,
        most: all,
        most_with_terminating: all,
    };
    let mut now = 0.0;
    loop {
        new_ready += starting;
        starting = 0;
        while ending.front().is_some_and(|&(end, _)| end <= now) {
            ending.pop_front();
        }
        let stop = (old + new_ready).saturating_sub(least).min(old);
        if stop > 0 {
            old -= stop;
            if terminating > 0.0 {
                ending.push_back((now + terminating, stop));
            }
        }
        let start = (all + surge)
            .saturating_sub(old + new_ready)
            .min(all - new_ready);
        starting += start;
        found.least_ready = found.least_ready.min(old + new_ready);
        found.most = found.most.max(old + new_ready + starting);
        let gone: u64 = ending.iter().map(|(_, pods)| pods).sum();
        let held = old + new_ready + starting + gone;
        found.most_with_terminating = found.most_with_terminating.max(held);
        if start == 0 {
            break;
        }
        found.waves += 1;
        now += ready;
    }
    found.seconds = now;
    Ok(found)
}

/// The parts of a wave, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parts {
    /// To fetch the image.
    pub pull: f64,
    /// To start.
    pub startup: f64,
    /// Until the first probe succeeds.
    pub readiness: f64,
    /// `minReadySeconds`
    pub stay_ready: f64,
    /// To end an old pod.
    pub drain: f64,
}

/// How long it all takes, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Takes {
    /// One wave.
    pub wave: f64,
    /// Until all traffic is on the new version.
    pub served: f64,
    /// Until the last old pod is gone.
    pub drained: f64,
}

/// `waves·(pull+start+ready+minReady)`, and the drain behind it. An upper bound where pods take
/// different times.
pub fn takes(waves: u64, parts: Parts) -> Answer<Takes> {
    count("waves", waves, 0, 1_000_000, "at most 1 million")?;
    let wave = not_negative("pull", parts.pull)?
        + not_negative("startup", parts.startup)?
        + not_negative("readiness", parts.readiness)?
        + not_negative("minReadySeconds", parts.stay_ready)?;
    let served = not_negative("time", wave * waves as f64)?;
    let drained = served + not_negative("drain", parts.drain)?;
    Ok(Takes {
        wave,
        served,
        drained,
    })
}

/// Requests that one pod loses because the load balancer goes on sending to it after it has
/// stopped: `rate·(propagation - preStop)`, 0 where preStop is long enough.
pub fn lost_requests(rate: f64, propagation: f64, pre_stop: f64) -> Answer<f64> {
    let rate = not_negative("requests of a pod", rate)?;
    let propagation = not_negative("propagation", propagation)?;
    let pre_stop = not_negative("preStop", pre_stop)?;
    Ok(rate * (propagation - pre_stop).max(0.0))
}
