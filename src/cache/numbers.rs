//! Counters.

use super::options::Ttl;
use super::policy::{Facts, Policy};
use super::{Cache, Error, Value};

/// The largest integer up to which every integer is a number: 2^53 - 1.
pub const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

impl Cache {
    /// Adds `by` to a number and gives the sum. An absent key counts as `initial` and is created
    /// with `ttl`; a present one keeps the expiry it has and nothing is allocated. Expected O(k).
    ///
    /// Fails with [`Error::NotANumber`] when the value is not a finite number,
    /// [`Error::OutOfRange`] when the sum lies outside ±[`MAX_SAFE_INTEGER`],
    /// [`Error::InvalidOption`] when `by` or `initial` is not finite, and as [`set`](Cache::set) does.
    pub fn increment(
        &mut self,
        key: &[u8],
        by: f64,
        initial: f64,
        ttl: Ttl,
        now: u64,
    ) -> Result<f64, Error> {
        check_operands(by, initial)?;
        let deadline = self.check_write(key, ttl, now)?;
        let (existing, hash) = self.find_for_write(key);
        let Some(id) = existing else {
            let sum = checked_sum(initial, by)?;
            self.write(None, hash, key, Value::Number(sum), deadline);
            return Ok(sum);
        };
        let Value::Number(old) = self.records.get(id).value() else {
            return Err(Error::NotANumber);
        };
        if !old.is_finite() {
            return Err(Error::NotANumber);
        }
        let sum = checked_sum(old, by)?;
        self.records.get_mut(id).set_number(sum);
        self.policy.hit(id, Facts::of(&self.records));
        self.stats.sets += 1;
        Ok(sum)
    }
}

fn check_operands(by: f64, initial: f64) -> Result<(), Error> {
    match (by.is_finite(), initial.is_finite()) {
        (true, true) => Ok(()),
        (false, _) => Err(Error::InvalidOption("by")),
        (true, false) => Err(Error::InvalidOption("initial")),
    }
}

fn checked_sum(number: f64, by: f64) -> Result<f64, Error> {
    let sum = number + by;
    if sum.abs() <= MAX_SAFE_INTEGER { Ok(sum) } else { Err(Error::OutOfRange) }
}
