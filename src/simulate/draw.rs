//! Draws: numbers of requests, of events among them, and of users whom they meet.

use std::convert::Infallible;

use rand_core::TryRng;
use rand_distr::{Binomial, Distribution, Normal, Poisson};

use crate::numbers::Random;

/// The seeded numbers that everything is drawn with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source(Random);

impl Source {
    /// Numbers of their own for each run, so that one run's length changes no other.
    pub(super) fn of_run(seed: u64, run: u64) -> Source {
        let mut mixed = Random::new(seed);
        let mixed = mixed.bits() ^ run.wrapping_mul(0x2545_f491_4f6c_dd1d);
        Source(Random::new(mixed))
    }

    /// A number from 0 up to but without 1.
    pub(super) fn unit(&mut self) -> f64 {
        self.0.unit()
    }
}

impl TryRng for Source {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.0.bits() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.bits())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.0.bits().to_le_bytes();
            chunk.copy_from_slice(&drawn[..chunk.len()]);
        }
        Ok(())
    }
}

/// How many arrive in a time, when they arrive independently of one another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrivals(Option<Poisson<f64>>);

impl Arrivals {
    /// `mean` on average; what is not positive never arrives.
    pub(super) fn new(mean: f64) -> Arrivals {
        // so many requests are more than any plan has
        let mean = Some(mean).filter(|mean| *mean > 0.0);
        Arrivals(mean.and_then(|mean| Poisson::new(mean.min(1e15)).ok()))
    }

    #[inline]
    pub(super) fn draw(&self, source: &mut Source) -> u64 {
        self.0.map_or(0, |poisson| poisson.sample(source) as u64)
    }
}

/// How many of `all` have what one has with probability `share`.
pub(super) fn part(all: u64, share: f64, source: &mut Source) -> u64 {
    if share >= 1.0 {
        return all;
    }
    Binomial::new(all, share.max(0.0)).map_or(0, |binomial| binomial.sample(source))
}

/// So few are thrown one by one.
const ONE_BY_ONE: u64 = 64;

/// How many different users `requests` meet that fall on any of `users` alike.
///
/// Exact for few requests; for many, the normal form of the occupancy number, whose mean is
/// `N(1-(1-1/N)^F)` and whose variance `N(N-1)(1-2/N)^F + N(1-1/N)^F - N²(1-1/N)^2F`.
pub(super) fn different(requests: u64, users: u64, source: &mut Source) -> u64 {
    if users == 0 || requests == 0 {
        return 0;
    }
    let all = users as f64;
    if requests <= ONE_BY_ONE {
        let mut met = 0u64;
        for _ in 0..requests {
            // a request meets somebody new with the share of those who are left
            if source.unit() * all >= met as f64 {
                met += 1;
            }
        }
        return met;
    }
    let thrown = requests as f64;
    let none = (thrown * (-1.0 / all).ln_1p()).exp();
    let neither = if users > 2 {
        (thrown * (-2.0 / all).ln_1p()).exp()
    } else {
        0.0
    };
    let mean = all * (1.0 - none);
    let variance = (all * (all - 1.0) * neither + all * none - all * all * none * none).max(0.0);
    let drawn = Normal::new(mean, variance.sqrt()).map_or(mean, |normal| normal.sample(source));
    let most = requests.min(users);
    (drawn.round().max(1.0) as u64).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_mean_of_their_distribution() {
        let mut source = Source::of_run(1, 0);
        for mean in [0.3, 5.0, 40.0, 10_000.0] {
            let arrivals = Arrivals::new(mean);
            let runs = 20_000;
            let sum: u64 = (0..runs).map(|_| arrivals.draw(&mut source)).sum();
            let drawn = sum as f64 / f64::from(runs);
            let error = (mean / f64::from(runs)).sqrt();
            assert!((drawn - mean).abs() < 4.0 * error, "{mean}: {drawn}");
        }
        assert_eq!(Arrivals::new(0.0).draw(&mut source), 0);
        assert_eq!(Arrivals::new(f64::NAN).draw(&mut source), 0);
    }

    #[test]
    fn users_are_met_as_often_as_throwing_one_by_one_says() {
        let mut source = Source::of_run(2, 0);
        let (requests, users, runs) = (500u64, 300u64, 2_000u32);
        let mut slow = 0u64;
        let mut fast = 0u64;
        for _ in 0..runs {
            let mut met = vec![false; users as usize];
            for _ in 0..requests {
                met[(source.unit() * users as f64) as usize] = true;
            }
            slow += met.iter().filter(|met| **met).count() as u64;
            fast += different(requests, users, &mut source);
        }
        let (slow, fast) = (slow as f64 / f64::from(runs), fast as f64 / f64::from(runs));
        // a standard deviation of about 6 users, over 2,000 runs
        assert!(
            (slow - fast).abs() < 4.0 * 6.0 * (2.0 / f64::from(runs)).sqrt(),
            "{slow} {fast}"
        );
        for (requests, users) in [
            (0, 5),
            (5, 0),
            (1, 1),
            (40, 3),
            (1_000_000, 2),
            (100, u64::MAX),
        ] {
            let met = different(requests, users, &mut source);
            assert!(met <= requests.min(users), "{requests} on {users}: {met}");
        }
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let draws = |seed| {
            let mut source = Source::of_run(seed, 3);
            let arrivals = Arrivals::new(80.0);
            (0..5)
                .map(|_| arrivals.draw(&mut source))
                .collect::<Vec<_>>()
        };
        assert_eq!(draws(9), draws(9));
        assert_ne!(draws(9), draws(10));
    }
}
