//! Seeded random numbers: the same seed gives the same numbers on every machine.

/// SplitMix64 (Steele, Lea, Flood 2014): a full period of 2^64, enough for simulations.
#[derive(Clone, Copy, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// Numbers that follow from the seed.
    pub const fn new(seed: u64) -> Self {
        Random { state: seed }
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to but without 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A number that is drawn from a table of a distribution by halving.
#[derive(Clone, Debug)]
pub struct Table {
    /// The probability of at most so many, for 0, 1, 2, ...
    at_most: Vec<f64>,
    first: u64,
}

impl Table {
    /// The errors of `requests` that fail with probability `rate`; what is rarer than 1e-16 is left
    /// out. At most 10^9 requests.
    pub fn binomial(requests: u64, rate: f64) -> super::range::Answer<Table> {
        super::range::count("requests", requests, 0, 1_000_000_000, "at most 10^9")?;
        super::range::share("rate", rate)?;
        let mean = requests as f64 * rate;
        let wide = 9.0 * (mean * (1.0 - rate)).sqrt() + 40.0;
        let first = (mean - wide).max(0.0) as u64;
        let last = ((mean + wide) as u64).min(requests);
        let mut at_most = Vec::with_capacity((last - first) as usize + 1);
        let mut sum = 0.0;
        for errors in first..=last {
            sum += super::distribution::binomial(errors, requests, rate)?;
            at_most.push(sum);
        }
        Ok(Table { at_most, first })
    }

    /// Draws one.
    pub fn draw(&self, random: &mut Random) -> u64 {
        let at = random.unit();
        let index = self.at_most.partition_point(|&below| below <= at);
        self.first + index.min(self.at_most.len().saturating_sub(1)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_published_generator() {
        // the reference implementation with seed 1234567
        let mut random = Random::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.bits()).collect();
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn draws_have_the_mean_of_their_distribution() {
        let table = Table::binomial(1000, 0.02).expect("in range");
        let mut random = Random::new(7);
        let runs = 100_000;
        let sum: u64 = (0..runs).map(|_| table.draw(&mut random)).sum();
        let mean = sum as f64 / f64::from(runs);
        // four standard errors of sqrt(19.6/100000)
        assert!((mean - 20.0).abs() < 0.056, "{mean}");
    }
}
