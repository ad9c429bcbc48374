//! Users in buckets, so that they stay on one version while weights rise.
//!
//! A user's bucket is `hash(salt:user) mod M`; the new version has the buckets below `w·M`. Those of
//! a smaller weight are among those of a larger one, so nobody moves back while weights rise and the
//! salt stays.

use super::range::{Answer, count, share};

/// The bucket of a hash.
pub fn bucket(hash: u64, buckets: u64) -> Answer<u64> {
    count("buckets", buckets, 1, 1_000_000_000, "from 1 to 10^9")?;
    Ok(hash % buckets)
}

/// How many buckets the new version has: `floor(w·M)`, up to the last bit of the weight.
pub fn taken(weight: f64, buckets: u64) -> Answer<u64> {
    let weight = share("weight", weight)?;
    count("buckets", buckets, 1, 1_000_000_000, "from 1 to 10^9")?;
    Ok((weight * buckets as f64 + 1e-6) as u64)
}

/// Whether the user of this bucket meets the new version.
pub fn is_canary(bucket: u64, weight: f64, buckets: u64) -> Answer<bool> {
    Ok(bucket < taken(weight, buckets)?)
}

/// FNV-1a of 64 bits, which several routers hash with.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
