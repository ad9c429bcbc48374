//! What holds of the numbers whatever is asked.

use proptest::prelude::*;
use switchback::numbers::exposure::{self, Leg};
use switchback::numbers::proportion::{self, Rates, Worse};
use switchback::numbers::rolling;
use switchback::numbers::windows::{self, Sliding};
use switchback::numbers::{
    budget, capacity, distribution, quantile, queue, rank, rounds, sequential, threshold,
};

/// Any number that can be written down, odd ones often.
fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        proptest::num::f64::ANY,
        proptest::sample::select(vec![
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            1e-300,
            1e300,
            1e15,
            f64::NAN,
            f64::INFINITY,
        ]),
        0.0..1.0f64,
        0.0..1e6f64,
    ]
}

fn any_count() -> impl Strategy<Value = u64> {
    prop_oneof![any::<u64>(), 0u64..50, 0u64..5000, Just(0), Just(u64::MAX)]
}

fn finite(answer: switchback::numbers::Answer<f64>) {
    if let Ok(value) = answer {
        assert!(value.is_finite(), "{value}");
    }
}

fn probability(answer: switchback::numbers::Answer<f64>) {
    if let Ok(value) = answer {
        assert!((0.0..=1.0).contains(&value), "{value}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_nan_or_infinite_and_nothing_panics(
        a in any_number(), b in any_number(), c in any_number(), d in any_number(),
        e in any_number(), n in any_count(), m in any_count(), k in any_count(),
        sticky in any::<bool>(),
    ) {
        let rates = Rates { healthy: a, bad: b, ratio: c };
        finite(proportion::requests_pooled(rates, d, e));
        finite(proportion::requests_unpooled(rates, d, e));
        finite(proportion::requests_arcsine(rates, d, e));
        probability(proportion::power_normal(d, rates, e));
        for worse in [Worse::Higher, Worse::Lower] {
            probability(proportion::power_against_multiple(d, (a, b), c, (e, worse), 0.05));
        }
        finite(proportion::seconds_for(a, b, c));
        finite(proportion::ratio_of(a));
        let _ = proportion::errors_to_reject(a, b);
        let _ = proportion::smallest_bad_rate(a, b, c, d, e);
        probability(proportion::sees_an_error(n, a));
        for test in [proportion::Test::PooledZ, proportion::Test::Fisher, proportion::Test::Conditional] {
            probability(proportion::p_value(test, (n % 100, m), (k % 100, n)));
        }
        probability(distribution::binomial(k, n, a));
        probability(distribution::binomial_above(k, n, a));
        probability(distribution::poisson_above(k, a));
        probability(distribution::hypergeometric_at_least(k, n, m, k));
        let few = n % 5000;
        if let Ok(found) = threshold::wilson(k, n, a) {
            prop_assert!(0.0 <= found.low && found.low <= found.high && found.high <= 1.0);
        }
        if let Ok(found) = threshold::clopper_pearson(k % 50, few, a) {
            prop_assert!(0.0 <= found.low && found.low <= found.high && found.high <= 1.0);
        }
        let _ = threshold::requests_without_error(a, b);
        finite(threshold::requests_normal(a, b, c, d));
        if let Ok(found) = quantile::ranks(few, a, b) {
            prop_assert!((0.0..=1.0).contains(&found.coverage));
        }
        let _ = quantile::samples_needed(a, b);
        if let Ok(found) = quantile::from_buckets(&[a, b], &[c, d], e, 0.5) {
            prop_assert!(found.reported.is_finite());
        }
        if let Ok(ends) = rounds::argo(a, few, k) {
            prop_assert!((0.0..=1.0).contains(&ends.passes) && ends.looks_until_abort.is_finite());
        }
        probability(rounds::argo_background(a, few, k));
        if let Ok(ends) = rounds::argo_in_a_row(a, n % 60, k, m % 20) {
            let sum = ends.success + ends.failed + ends.inconclusive;
            prop_assert!((sum - 1.0).abs() < 1e-9, "{sum}");
        }
        probability(rounds::errors_in_a_row(a, few, m % 30));
        probability(rounds::flagger(a, n, m));
        probability(rounds::judge(a, few, k, m));
        let _ = rounds::rounds_needed(a, few, k, b);
        probability(exposure::users(a, b, sticky));
        probability(exposure::users_with_error(a, b, c, sticky));
        let leg = Leg { weight: a, seconds: b };
        probability(exposure::users_over(&[leg], c, sticky));
        if let Ok(harm) = exposure::harm(&[(leg, c)], d, e, a, b) {
            prop_assert!(harm.expected.is_finite() && harm.worst.is_finite());
        }
        if let Ok(found) = exposure::redrawn(&[a, b, c]) {
            prop_assert!(found.ever.is_finite() && found.changes.is_finite());
        }
        let slo = budget::Objective { share: a, window: b };
        finite(budget::burn_rate(slo, c, d));
        finite(budget::burned(slo, c, d, e));
        if let Ok(Some(seconds)) = budget::seconds_to_alert(slo, c, d, e, a) {
            prop_assert!(seconds.is_finite());
        }
        finite(budget::burn_rate_for(a, b, c));
        finite(budget::smallest_visible(a, b));
        finite(budget::largest_weight(slo, c, d, e));
        finite(budget::share_of(a, b, c));
        let _ = capacity::fenceposts(n, m, k);
        finite(capacity::utilisation(a, b, n));
        let _ = capacity::after_zone_loss(n, m, k);
        let _ = capacity::canary(a, b, c, d);
        let _ = capacity::argo_split(n % 2_000_000, m % 110, k);
        if let Ok(found) = rolling::replace(n % 500, m % 40, k % 40, a, b) {
            prop_assert!(found.seconds.is_finite());
        }
        finite(rolling::lost_requests(a, b, c));
        if let Ok(found) = queue::erlang_c(a, b, few) {
            prop_assert!(found.waits.is_finite() && found.mean_wait.is_finite());
        }
        finite(sequential::independent_looks(a, n));
        finite(sequential::sidak(a, n));
        finite(sequential::bonferroni(a, n, sequential::Sides::Two));
        let both = [sequential::mixture(a, b, c, d), sequential::errors(n, m, a, (b, c))];
        for evidence in both.into_iter().flatten() {
            prop_assert!(evidence.value().is_finite() && evidence.p_value().is_finite());
        }
        if let Ok(found) = rank::compare(&[a, b, c], &[d, e]) {
            prop_assert!((0.0..=1.0).contains(&found.p_normal));
        }
        finite(windows::contamination(a, b));
        if let Ok(Some(seconds)) = windows::seconds_to_cross(a, b, c, d) {
            prop_assert!(seconds.is_finite());
        }
    }

    #[test]
    fn more_requests_a_larger_fault_and_a_larger_alarm_never_hide_it(
        healthy in 0.0005..0.02f64, times in 1.2..20.0f64, n in 50.0..1e6f64, ratio in 0.5..99.0f64,
        more in 1.0..5.0f64, alpha in 0.001..0.2f64,
    ) {
        let bad = (healthy * times).min(0.9);
        let rates = Rates { healthy, bad, ratio };
        let power = |n, rates| proportion::power_normal(n, rates, alpha).expect("in range");
        let here = power(n, rates);
        prop_assert!(power(n * more, rates) >= here - 1e-12 || bad <= healthy);
        let worse = Rates { bad: (bad * more).min(0.95), ..rates };
        prop_assert!(power(n, worse) >= here - 1e-9);
        let needed = |rates| proportion::requests_pooled(rates, alpha, 0.9).expect("in range");
        prop_assert!(needed(worse) <= needed(rates) * (1.0 + 1e-9));
        let border = (1.1, Worse::Higher);
        let against = |n, bad: f64| {
            proportion::power_against_multiple(n, (bad, healthy), ratio, border, alpha)
                .expect("in range")
        };
        // below the border more traffic rightly finds less
        if bad > 1.1 * healthy {
            prop_assert!(against(n * more, bad) >= against(n, bad) - 1e-12);
            prop_assert!(against(n, worse.bad) >= against(n, bad) - 1e-12);
        }
    }

    #[test]
    fn rounds_are_monotone(
        fails in 0.0..1.0f64, more in 0.0..0.3f64, looks in 1u64..30, tolerate in 0u64..5,
        rounds_held in 1u64..50,
    ) {
        let passes = |fails: f64, tolerate, held| {
            rounds::judge(fails.min(1.0), looks, tolerate, held).expect("in range")
        };
        let here = passes(fails, tolerate, rounds_held);
        prop_assert!(passes(fails + more, tolerate, rounds_held) <= here + 1e-12);
        prop_assert!(passes(fails, tolerate, rounds_held + 1) <= here + 1e-12);
        prop_assert!(passes(fails, tolerate + 1, rounds_held) >= here - 1e-12);
        if let Some(needed) = rounds::rounds_needed(fails, looks, tolerate, 0.8).expect("in range") {
            prop_assert!(1.0 - passes(fails, tolerate, needed) >= 0.8);
            prop_assert!(needed == 1 || 1.0 - passes(fails, tolerate, needed - 1) < 0.8);
        }
    }

    #[test]
    fn waves_are_those_of_the_controller(all in 1u64..61, surge in 0u64..20, missing in 0u64..20) {
        let posts = capacity::fenceposts(all, surge, missing).expect("in range");
        let played = rolling::replace(all, posts.surge, posts.unavailable, 40.0, 0.0)
            .expect("in range");
        prop_assert_eq!(played.waves, posts.waves);
        prop_assert!(played.least_ready >= posts.least_ready && played.most <= posts.most);
    }
}

#[test]
fn known_values_of_the_formulas() {
    // theory §2(b): 120 requests, 1 %, five measurements of which one may fail
    let fails = rounds::look_fails(12, 0.05, 0).expect("in range");
    let passes = rounds::argo(fails, 5, 1).expect("in range").passes;
    assert!((passes - 0.242).abs() < 0.001, "{passes}");
    // q = 30 %, ten steps, five failures: 58.4 %
    let promoted = rounds::flagger(0.3, 10, 5).expect("in range");
    assert!((promoted - 0.584).abs() < 0.0005, "{promoted}");
    // two errors, both of a canary of 5 %
    let evidence = sequential::errors(2, 0, 0.05, (1.0, 1.0)).expect("in range");
    assert!(
        (evidence.value() - 140.0).abs() < 1.0,
        "{}",
        evidence.value()
    );
    assert_eq!(sequential::errors_to_reject(0.05, 0.01), Ok(2));
    // 12 pods wait .266 of the time, 10 pods .669
    let waits = queue::erlang_c(900.0, 100.0, 10).expect("in range").waits;
    assert!((waits - 0.669).abs() < 0.001, "{waits}");
    // a terminated run without any measurement is successful
    assert_eq!(rounds::argo_background(1.0, 0, 0), Ok(1.0));
}

#[test]
fn the_sequential_gate_seldom_cries_wolf() {
    // 400 errors that fall on the canary by its weight alone, looked at after each
    let mut random = switchback::numbers::Random::new(11);
    let (runs, mut alarms) = (400, 0);
    for _ in 0..runs {
        let (mut canary, mut baseline) = (0, 0);
        for _ in 0..400 {
            if random.unit() < 0.05 {
                canary += 1;
            } else {
                baseline += 1;
            }
            let evidence =
                sequential::errors(canary, baseline, 0.05, (1.0, 1.0)).expect("in range");
            if evidence.rejects(0.05).expect("in range") {
                alarms += 1;
                break;
            }
        }
    }
    // at most 5 %, and four standard errors
    assert!(alarms <= 20 + 18, "{alarms} of {runs}");
}

#[test]
fn looks_that_do_not_overlap_are_a_lower_bound_of_what_is_seen() {
    for (window, rate) in [(2, 0.012), (5, 0.02), (3, 0.015), (10, 0.02)] {
        let sliding = Sliding {
            requests: 120,
            rate,
            window,
            threshold: (1, 100),
            looks: 10,
            tolerate: 1,
        };
        let simulated = windows::simulate(sliding, 20_000, 3).expect("in range");
        let most = rounds::most_errors(120 * window, 1, 100).expect("in range");
        let fails = rounds::look_fails(120 * window, rate, most).expect("in range");
        let apart = windows::independent(10, 60, 60 * window).expect("in range");
        let bound = rounds::argo(fails, apart, 1).expect("in range").passes;
        assert!(
            simulated.passes <= bound + 4.0 * simulated.error,
            "window {window}: {} and {bound}",
            simulated.passes
        );
    }
}
