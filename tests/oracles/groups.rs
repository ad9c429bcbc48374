//! How each group of oracles is computed: from its inputs to the outputs of the same names. The
//! expected outputs are given too, for what a group takes over from them.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use switchback::numbers::budget::{self, Objective};
use switchback::numbers::exposure::{self, Leg};
use switchback::numbers::proportion::{self, Rates, Test};
use switchback::numbers::rolling::{self, Parts};
use switchback::numbers::sequential::{self, Sides};
use switchback::numbers::windows::{self, Sliding};
use switchback::numbers::{
    buckets, capacity, detection, normal, quantile, queue, rank, rounds, threshold,
};
use switchback::units::Percent;

type Compute = fn(&Value, &Value) -> Value;

pub const ALL: &[(&str, Compute)] = &[
    ("A1", a1),
    ("A2", a2),
    ("A3", a3),
    ("A4", a4),
    ("A5", a5),
    ("A6", a6),
    ("A7", a7),
    ("A8", a8),
    ("B1", b1),
    ("B2", b2),
    ("B3", b3),
    ("B4", b4),
    ("B5", b5),
    ("B6", b6),
    ("B7", b7),
    ("B8", b8),
    ("C1", c1),
    ("C2", c2),
    ("C3", c3),
    ("C4", c4),
    ("D1", d1),
    ("D2", d2),
    ("D3", d3),
    ("D4", d4),
    ("D5", d5),
    ("D6", d6),
    ("E1", e1),
    ("E2", e2),
    ("E3", e3),
    ("E4", e4),
    ("E5", e5),
    ("F1", f1),
    ("F2", f2),
    ("F3", f3),
    ("F4", f4),
    ("F5", f5),
    ("F6", f6),
    ("F7", f7),
    ("F8", f8),
    ("G1", g1),
    ("G2", g2),
    ("H1", h1),
    ("H2", h2),
    ("H3", h3),
    ("H4", h4),
    ("H5", h5),
    ("K1", k1),
    ("K2", k2),
];

fn f(given: &Value, name: &str) -> f64 {
    given[name]
        .as_f64()
        .unwrap_or_else(|| panic!("`{name}` is a number in {given}"))
}

fn u(given: &Value, name: &str) -> u64 {
    let value = f(given, name);
    assert!(
        value >= 0.0 && value.fract() == 0.0,
        "`{name}` is a count in {given}"
    );
    value as u64
}

fn list(given: &Value, name: &str) -> Vec<f64> {
    let list = given[name]
        .as_array()
        .unwrap_or_else(|| panic!("`{name}` is a list in {given}"));
    list.iter()
        .map(|value| value.as_f64().expect("a number"))
        .collect()
}

fn text<'a>(given: &'a Value, name: &str) -> &'a str {
    given[name]
        .as_str()
        .unwrap_or_else(|| panic!("`{name}` is a text in {given}"))
}

/// Every oracle is in range.
fn ok<T>(answer: switchback::numbers::Answer<T>) -> T {
    answer.unwrap_or_else(|refused| panic!("{refused}"))
}

fn a1(i: &Value, _: &Value) -> Value {
    let rates = Rates {
        healthy: f(i, "p0"),
        bad: f(i, "p1"),
        ratio: f(i, "ratio_baseline_to_canary"),
    };
    let (alpha, power) = (f(i, "alpha"), f(i, "power"));
    let pooled = ok(proportion::requests_pooled(rates, alpha, power));
    let arcsine = ok(proportion::requests_arcsine(rates, alpha, power));
    json!({
        "n_canary_pooled": pooled,
        "n_canary_pooled_ceil": pooled.ceil(),
        "n_canary_unpooled": ok(proportion::requests_unpooled(rates, alpha, power)),
        "n_canary_arcsine": arcsine,
        "statsmodels_arcsine": arcsine,
        "power_at_ceil": ok(proportion::power_normal(pooled.ceil(), rates, alpha)),
    })
}

fn a2(i: &Value, _: &Value) -> Value {
    let (weight, healthy) = (f(i, "weight"), f(i, "p0"));
    let all = f(i, "rps") * f(i, "seconds");
    let n = all * weight;
    let ratio = ok(proportion::ratio_of(weight));
    let bad = ok(proportion::smallest_bad_rate(
        n,
        healthy,
        ratio,
        f(i, "alpha"),
        f(i, "power"),
    ))
    .expect("some rate is detectable");
    json!({
        "n_canary": n,
        "n_baseline": n * ratio,
        "mde_p1": bad,
        "mde_ratio": bad / healthy,
        "normal_approx_valid": proportion::normal_is_valid(n, healthy),
    })
}

fn a3(i: &Value, _: &Value) -> Value {
    let weight = f(i, "weight");
    let ratio = ok(proportion::ratio_of(weight));
    let rates = Rates {
        healthy: f(i, "p0"),
        bad: f(i, "p1"),
        ratio,
    };
    let n = ok(proportion::requests_pooled(
        rates,
        f(i, "alpha"),
        f(i, "power"),
    ));
    json!({ "seconds": ok(proportion::seconds_for(n, f(i, "rps"), weight)) })
}

fn a4(i: &Value, _: &Value) -> Value {
    let (n1, n0) = (u(i, "n_canary"), u(i, "n_baseline"));
    let (p1, p0, alpha) = (f(i, "p1"), f(i, "p0"), f(i, "alpha"));
    let exact = |test| ok(proportion::power_exact(test, (n1, n0), (p1, p0), alpha));
    let rates = Rates {
        healthy: p0,
        bad: p1,
        ratio: n0 as f64 / n1 as f64,
    };
    json!({
        "normal_approx": ok(proportion::power_normal(n1 as f64, rates, alpha)),
        "z": exact(Test::PooledZ),
        "fisher": exact(Test::Fisher),
        "condbinom": exact(Test::Conditional),
    })
}

fn a5(i: &Value, _: &Value) -> Value {
    let canary = (u(i, "x_canary"), u(i, "n_canary"));
    let baseline = (u(i, "x_base"), u(i, "n_base"));
    let p = |test| ok(proportion::p_value(test, canary, baseline));
    json!({
        "fisher_one_sided": p(Test::Fisher),
        "hypergeom_check": p(Test::Fisher),
        "cond_binomial": p(Test::Conditional),
        "z": proportion::z_statistic(canary, baseline),
        "z_p": p(Test::PooledZ),
    })
}

fn a6(i: &Value, _: &Value) -> Value {
    json!({ "min_errors": ok(proportion::errors_to_reject(f(i, "weight"), f(i, "alpha"))) })
}

fn a7(i: &Value, _: &Value) -> Value {
    json!({ "prob": ok(proportion::sees_an_error(u(i, "n"), f(i, "p"))) })
}

fn a8(i: &Value, _: &Value) -> Value {
    let (canary, baseline) = (u(i, "n_canary"), u(i, "n_baseline"));
    let (healthy, alpha, power) = (f(i, "p0"), f(i, "alpha"), f(i, "power"));
    let found = ok(proportion::smallest_bad_rate_exact(
        canary, baseline, healthy, alpha, power,
    ));
    json!({ "exact_mde_p1": found })
}

fn b1(i: &Value, _: &Value) -> Value {
    let (x, n, confidence) = (u(i, "x"), u(i, "n"), f(i, "conf_two_sided"));
    let wilson = ok(threshold::wilson(x, n, confidence));
    let exact = ok(threshold::clopper_pearson(x, n, confidence));
    json!({
        "wilson_lo": wilson.low, "wilson_hi": wilson.high,
        "cp_lo": exact.low, "cp_hi": exact.high,
    })
}

fn b2(i: &Value, _: &Value) -> Value {
    let (limit, confidence) = (f(i, "threshold"), f(i, "conf"));
    json!({
        "n": ok(threshold::requests_without_error(limit, confidence)),
        "approx_minus_ln_over_thr": -(1.0 - confidence).ln() / limit,
    })
}

fn b3(i: &Value, _: &Value) -> Value {
    let (good, limit) = (f(i, "p_true"), f(i, "threshold"));
    let found = ok(threshold::sound_pass(
        good,
        limit,
        f(i, "alpha"),
        f(i, "power"),
    ))
    .expect("some sample does");
    json!({ "min_n": found.requests, "max_errors": found.most })
}

fn fraction(i: &Value) -> (u64, u64) {
    let parts = list(i, "threshold");
    (parts[0] as u64, parts[1] as u64)
}

fn b4(i: &Value, _: &Value) -> Value {
    let (requests, (top, bottom)) = (u(i, "requests_per_measurement"), fraction(i));
    let most = ok(rounds::most_errors(requests, top, bottom));
    let fails = ok(rounds::look_fails(requests, f(i, "p"), most));
    let ends = ok(rounds::argo(fails, u(i, "count"), u(i, "failureLimit")));
    json!({
        "max_ok_errors": most,
        "q_measurement_fails": fails,
        "P_pass": ends.passes,
        "P_abort": ends.aborts,
        "E_measurements_until_abort": ends.looks_until_abort,
    })
}

fn b5(i: &Value, _: &Value) -> Value {
    let ends = ok(rounds::argo_in_a_row(
        f(i, "q"),
        u(i, "count"),
        u(i, "failureLimit"),
        u(i, "consecutiveSuccessLimit"),
    ));
    json!({
        "P_success": ends.success, "P_failed": ends.failed, "P_inconclusive": ends.inconclusive,
    })
}

fn b6(i: &Value, _: &Value) -> Value {
    json!({ "P": ok(rounds::errors_in_a_row(f(i, "e"), u(i, "k"), u(i, "L"))) })
}

fn b7(i: &Value, _: &Value) -> Value {
    let (steps, limit) = (u(i, "successes_needed"), u(i, "threshold"));
    let promotes = ok(rounds::flagger(f(i, "q"), steps, limit));
    let (promote, back) = ok(rounds::flagger_times(f(i, "interval_s"), steps, limit));
    json!({
        "P_promote": promotes, "check_nbinom": promotes,
        "min_promote_s": promote, "rollback_s": back,
    })
}

fn b8(i: &Value, _: &Value) -> Value {
    let (requests, window) = (u(i, "requests_per_interval"), u(i, "window_intervals"));
    let (looks, tolerate) = (u(i, "count"), u(i, "failureLimit"));
    let sliding = Sliding {
        requests,
        rate: f(i, "p"),
        window,
        threshold: fraction(i),
        looks,
        tolerate,
    };
    let found = ok(windows::simulate(sliding, 200_000, 20_261_121));
    let (top, bottom) = fraction(i);
    let most = ok(rounds::most_errors(requests * window, top, bottom));
    let fails = ok(rounds::look_fails(requests * window, f(i, "p"), most));
    assert!(
        (found.first_fails - fails).abs() < 0.004,
        "{} and {fails}",
        found.first_fails
    );
    json!({
        "P_pass_mc": found.passes,
        "marginal_q": fails,
        "P_pass_if_independent": ok(rounds::argo(fails, looks, tolerate)).passes,
    })
}

fn c1(i: &Value, _: &Value) -> Value {
    let found = ok(quantile::ranks(u(i, "n"), f(i, "quantile"), f(i, "conf")));
    json!({
        "lower_rank": found.lower,
        "upper_rank": found.upper,
        "coverage": found.coverage,
        "upper_exists": found.upper.is_some(),
    })
}

fn c2(i: &Value, _: &Value) -> Value {
    json!({ "n": ok(quantile::samples_needed(f(i, "quantile"), f(i, "conf"))) })
}

fn c3(i: &Value, _: &Value) -> Value {
    let (good, bad) = (f(i, "slow_share_ok"), f(i, "slow_share_bad"));
    let (alpha, power) = (f(i, "alpha"), f(i, "power"));
    let first = ok(threshold::first_test(good, bad, alpha, power)).expect("some sample does");
    let above = |rate| ok(rounds::look_fails(first.requests, rate, first.most));
    json!({
        "n_normal": ok(threshold::requests_normal(good, bad, alpha, power)),
        "n_exact_first": first.requests,
        "reject_if_slow_gt": first.most,
        "alpha_exact": above(good),
        "power_exact": above(bad),
    })
}

fn c4(i: &Value, _: &Value) -> Value {
    let all = i["bounds"].as_array().expect("bounds");
    let bounds: Vec<f64> = all.iter().filter_map(Value::as_f64).collect();
    assert_eq!(bounds.len() + 1, all.len(), "the last bound is infinite");
    let mut cumulative = list(i, "cumulative");
    let whole = cumulative.pop().expect("the whole");
    let more = whole - cumulative.last().expect("a bucket");
    let at = |q| ok(quantile::from_buckets(&bounds, &cumulative, more, q));
    let p99 = at(0.99);
    json!({
        "p99": p99.reported,
        "p95": at(0.95).reported,
        "true_p99_interval": [p99.low, p99.high],
    })
}

fn d1(i: &Value, _: &Value) -> Value {
    let users = |sticky| {
        ok(exposure::users(
            f(i, "weight"),
            f(i, "requests_per_user"),
            sticky,
        ))
    };
    json!({ "sticky_share": users(true), "per_request_share": users(false) })
}

fn d2(i: &Value, _: &Value) -> Value {
    let (weight, rate, requests) = (
        f(i, "weight"),
        f(i, "error_rate"),
        f(i, "requests_per_user"),
    );
    let users = |sticky| ok(exposure::users_with_error(weight, rate, requests, sticky));
    json!({
        "sticky_users_with_error": users(true), "per_request_users_with_error": users(false),
    })
}

fn steps(i: &Value) -> Vec<Leg> {
    let steps = i["steps"].as_array().expect("steps");
    let number = |value: &Value| value.as_f64().expect("a number");
    let leg = |step: &Value| Leg {
        weight: number(&step[0]),
        seconds: number(&step[1]),
    };
    steps.iter().map(leg).collect()
}

fn d3(i: &Value, _: &Value) -> Value {
    let users = |sticky| {
        ok(exposure::users_over(
            &steps(i),
            f(i, "per_user_rps"),
            sticky,
        ))
    };
    json!({ "sticky": users(true), "per_request": users(false) })
}

fn d4(i: &Value, _: &Value) -> Value {
    let legs: Vec<(Leg, f64)> = steps(i).into_iter().zip(list(i, "detect")).collect();
    let harm = ok(exposure::harm(
        &legs,
        f(i, "rps"),
        f(i, "p1"),
        f(i, "lag_s"),
        f(i, "rollback_s"),
    ));
    json!({
        "expected_bad": harm.expected,
        "escape_prob": harm.escapes,
        "worst_case_all_missed": harm.worst,
    })
}

fn d5(i: &Value, _: &Value) -> Value {
    let path = detection::Path {
        first_delay: f(i, "first_eval_delay_s"),
        scrape: f(i, "scrape_s"),
        ingest: f(i, "ingest_lag_s"),
        interval: f(i, "interval_s"),
        tolerate: u(i, "failureLimit"),
    };
    json!({ "worst_s": ok(detection::worst(path)) })
}

fn d6(i: &Value, _: &Value) -> Value {
    let (window, p0, p1) = (f(i, "window_s"), f(i, "p0"), f(i, "p1"));
    json!({ "t_cross_s": ok(windows::seconds_to_cross(window, p0, p1, f(i, "threshold"))) })
}

const DAY: f64 = 86_400.0;

fn objective(i: &Value) -> Objective {
    Objective {
        share: f(i, "slo"),
        window: f(i, "window_days") * DAY,
    }
}

fn e1(i: &Value, _: &Value) -> Value {
    let (slo, weight, rate) = (objective(i), f(i, "weight"), f(i, "error_rate"));
    let alert = |hours: f64, burn| {
        ok(budget::seconds_to_alert(
            slo,
            weight,
            rate,
            hours * 3600.0,
            burn,
        ))
    };
    json!({
        "service_error_ratio": weight * rate,
        "burn_rate": ok(budget::burn_rate(slo, weight, rate)),
        "budget_fraction": ok(budget::burned(slo, weight, rate, f(i, "seconds"))),
        "alert_1h_s": alert(1.0, 14.4),
        "alert_6h_s": alert(6.0, 6.0),
        "alert_3d_s": alert(72.0, 1.0),
    })
}

fn e2(i: &Value, _: &Value) -> Value {
    json!({ "burn_rate": ok(budget::burn_rate_for(f(i, "budget"), f(i, "window_h"), 720.0)) })
}

fn e3(i: &Value, _: &Value) -> Value {
    json!({ "min_w_times_p1": ok(budget::smallest_visible(f(i, "slo"), f(i, "burn"))) })
}

fn e4(i: &Value, _: &Value) -> Value {
    let (share, rate, seconds) = (f(i, "budget_share"), f(i, "p1"), f(i, "T_s"));
    json!({ "max_weight": ok(budget::largest_weight(objective(i), share, rate, seconds)) })
}

fn e5(i: &Value, _: &Value) -> Value {
    let (hourly, slo, failed) = (f(i, "req_per_hour"), f(i, "slo"), f(i, "failed"));
    let whole = hourly * 24.0 * f(i, "days");
    let hour = Objective {
        share: slo,
        window: 3600.0,
    };
    json!({
        "budget_fraction": ok(budget::share_of(failed, whole, slo)),
        "hourly_burn_rate": ok(budget::burn_rate(hour, 1.0, failed / hourly)),
    })
}

/// A count, or a share that is rounded as Kubernetes does.
fn amount(i: &Value, name: &str, all: u64, up: bool) -> u64 {
    match i[name].as_str() {
        None => u(i, name),
        Some(share) => {
            let share = Percent::parse(share).expect("a share");
            if up {
                share.of_rounded_up(all)
            } else {
                share.of_rounded_down(all)
            }
        }
    }
}

fn f1(i: &Value, _: &Value) -> Value {
    let all = u(i, "replicas");
    let surge = amount(i, "maxSurge", all, true);
    let unavailable = amount(i, "maxUnavailable", all, false);
    let found = ok(capacity::fenceposts(all, surge, unavailable));
    json!({
        "surge": found.surge,
        "unavailable": found.unavailable,
        "min_available": found.least_ready,
        "max_pods": found.most,
        "waves": found.waves,
    })
}

fn f2(i: &Value, _: &Value) -> Value {
    let found = ok(rolling::replace(
        u(i, "replicas"),
        u(i, "surge"),
        u(i, "unavailable"),
        f(i, "t_ready_s"),
        f(i, "t_term_s"),
    ));
    json!({
        "waves": found.waves,
        "makespan_s": found.seconds,
        "min_available": found.least_ready,
        "max_pods": found.most,
        "peak_incl_terminating": found.most_with_terminating,
    })
}

fn f3(i: &Value, _: &Value) -> Value {
    let posts = ok(capacity::fenceposts(
        u(i, "replicas"),
        u(i, "surge"),
        u(i, "unavailable"),
    ));
    let parts = Parts {
        pull: f(i, "image_pull_s"),
        startup: f(i, "startup_s"),
        readiness: f(i, "readiness_s"),
        stay_ready: f(i, "minReadySeconds"),
        drain: f(i, "drain_s"),
    };
    let takes = ok(rolling::takes(posts.waves, parts));
    json!({
        "waves": posts.waves,
        "per_wave_s": takes.wave,
        "serve_complete_s": takes.served,
        "fully_drained_s": takes.drained,
    })
}

fn f4(i: &Value, _: &Value) -> Value {
    let all = u(i, "replicas");
    let ready = all - u(i, "unavailable");
    let after = ok(capacity::after_zone_loss(all, ready, u(i, "zones")));
    let load = |pods| {
        ok(capacity::utilisation(
            f(i, "rps"),
            f(i, "pod_capacity_rps"),
            pods,
        ))
    };
    json!({
        "min_available": ready,
        "util_min_available": load(ready),
        "after_zone_loss": after,
        "util_zone_loss": load(after),
        "ok_step": load(ready) < 1.0,
        "ok_zone": load(after) < 1.0,
    })
}

fn f5(i: &Value, _: &Value) -> Value {
    let unavailable = f(i, "maxUnavailable_pct") / 100.0;
    let (target, zones) = (f(i, "target_util"), u(i, "zones"));
    let found = ok(capacity::needed(
        f(i, "rps"),
        f(i, "pod_rps"),
        target,
        unavailable,
        zones,
    ));
    json!({
        "R_static": found.at_rest,
        "R_roll": found.rolling,
        "R_roll_and_zone": found.rolling_and_zone,
    })
}

fn f6(i: &Value, _: &Value) -> Value {
    let weight = f(i, "weight");
    let canary = ok(capacity::canary(
        f(i, "rps"),
        weight,
        f(i, "pod_rps"),
        f(i, "target"),
    ));
    let share = Percent::from_ppm((weight * 1e6).round() as u64);
    json!({
        "canary_pods_needed": canary,
        "replica_proportional": share.of_rounded_up(u(i, "replicas")),
    })
}

fn f7(i: &Value, _: &Value) -> Value {
    let found = ok(queue::erlang_c(
        f(i, "lambda_"),
        f(i, "mu"),
        u(i, "servers"),
    ));
    json!({
        "offered": found.offered,
        "util": found.utilisation,
        "P_wait": found.waits,
        "mean_wait_s": found.mean_wait,
    })
}

fn f8(i: &Value, _: &Value) -> Value {
    let split = ok(capacity::argo_split(
        u(i, "replicas"),
        u(i, "setWeight"),
        u(i, "maxSurge"),
    ));
    json!({
        "canary": split.canary, "stable": split.stable, "actual_weight": split.weight(),
    })
}

fn g1(i: &Value, o: &Value) -> Value {
    let input = format!("{}:{}", text(i, "salt"), text(i, "user"));
    assert_eq!(input, text(i, "input"));
    let digest = Sha256::digest(input.as_bytes());
    let hash = u64::from_be_bytes(digest[..8].try_into().expect("eight bytes"));
    let fnv = buckets::fnv1a(input.as_bytes());
    // compared as numbers with 53 bits elsewhere
    assert_eq!(Some(fnv), o["fnv1a64"].as_u64());
    json!({ "sha256_be64_mod_10000": ok(buckets::bucket(hash, 10_000)), "fnv1a64": fnv })
}

fn g2(i: &Value, _: &Value) -> Value {
    let found = ok(exposure::redrawn(&list(i, "weights")));
    json!({
        "flip_back_formula": found.fall_back,
        "conditional_flip_back": found.of_those_on_it,
        "ever_exposed_independent": found.ever,
        "ever_exposed_monotone": found.ever_sticky,
        "expected_flips_per_user": found.changes,
    })
}

fn h1(i: &Value, _: &Value) -> Value {
    let looks = u(i, "looks");
    json!({
        "independent": ok(sequential::independent_looks(0.05, looks)),
        "two_sided_cumulative": ok(sequential::peeking(0.05, looks, Sides::Two)),
        "one_sided_cumulative": ok(sequential::peeking(0.05, looks, Sides::One)),
    })
}

fn h2(i: &Value, _: &Value) -> Value {
    let looks = u(i, "looks");
    json!({
        "pocock_c_two_sided": ok(sequential::pocock(0.05, looks, Sides::Two)),
        "pocock_c_one_sided": ok(sequential::pocock(0.05, looks, Sides::One)),
        "bonferroni_two_sided": ok(sequential::bonferroni(0.05, looks, Sides::Two)),
        "sidak_alpha": ok(sequential::sidak(0.05, looks)),
    })
}

fn h3(i: &Value, _: &Value) -> Value {
    let limits = ok(sequential::obrien_fleming(0.05, u(i, "looks"), Sides::Two));
    json!({ "c_final_two_sided": limits.last(), "boundaries": limits })
}

fn h4(i: &Value, _: &Value) -> Value {
    let (samples, difference) = (f(i, "n_per_arm"), f(i, "mean_diff"));
    let found = ok(sequential::mixture(
        samples,
        difference,
        f(i, "sigma2"),
        f(i, "tau2"),
    ));
    json!({ "Lambda": found.value(), "p_always_valid": found.p_value() })
}

fn h5(i: &Value, _: &Value) -> Value {
    let prior = list(i, "prior");
    let found = ok(sequential::errors(
        u(i, "canary_errors"),
        u(i, "baseline_errors"),
        f(i, "weight"),
        (prior[0], prior[1]),
    ));
    json!({
        "e_value": found.value(),
        "reject_at_alpha_01": ok(found.rejects(0.01)),
        "reject_at_alpha_05": ok(found.rejects(0.05)),
    })
}

fn k1(i: &Value, _: &Value) -> Value {
    let found = ok(rank::compare(&list(i, "experiment"), &list(i, "control")));
    json!({
        "U": found.u,
        "p_asymptotic_cc": found.p_normal,
        "p_exact": found.p_exact,
        "hodges_lehmann_shift": found.shift,
        "mean_ratio": found.mean_ratio,
    })
}

fn k2(i: &Value, _: &Value) -> Value {
    json!({ "min_two_sided_p": ok(rank::smallest_p(u(i, "points_per_arm"))) })
}

/// The tail of the normal distribution is what the levels are made of.
#[test]
fn levels_are_those_of_the_normal_distribution() {
    assert!((normal::above(ok(normal::z_above(0.05))) - 0.05).abs() < 1e-12);
}
