//! Counters.

use super::layout::{NUMBER, set_modified};
use super::options::{SetOptions, Ttl};
use super::write::Given;
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
        let (found, hash) = self.find(key);
        let Some(id) = found.filter(|found| found.live).map(|found| found.id) else {
            let sum = checked_sum(initial, by)?;
            let deadline = self.jittered(deadline);
            let given = Given { key, value: Value::Number(sum), unfilled: 0 };
            self.write(found, hash, given, &SetOptions { ttl, ..SetOptions::default() }, deadline);
            return Ok(sum);
        };
        let sum = checked_sum(self.finite_number(id).ok_or(Error::NotANumber)?, by)?;
        self.change_number(id, sum);
        Ok(sum)
    }

    /// What [`increment`](Self::increment) would give; changes nothing.
    ///
    /// Fails with [`Error::NotANumber`], [`Error::OutOfRange`] and [`Error::InvalidOption`].
    pub fn sum(&mut self, key: &[u8], by: f64, initial: f64, now: u64) -> Result<f64, Error> {
        check_operands(by, initial)?;
        self.advance(now);
        let number = match self.find_live(key) {
            Some(id) => self.finite_number(id).ok_or(Error::NotANumber)?,
            None => initial,
        };
        checked_sum(number, by)
    }

    /// Makes a number what [`sum`](Self::sum) gave: a present one keeps its expiry, an absent one is
    /// created with `ttl`.
    ///
    /// Fails as [`set`](Cache::set) does.
    pub fn set_sum(&mut self, key: &[u8], sum: f64, ttl: Ttl, now: u64) -> Result<(), Error> {
        let deadline = self.check_write(key, ttl, now)?;
        let (found, hash) = self.find(key);
        match found.filter(|found| found.live && self.finite_number(found.id).is_some()) {
            Some(found) => self.change_number(found.id, sum),
            None => {
                let deadline = self.jittered(deadline);
                let given = Given { key, value: Value::Number(sum), unfilled: 0 };
                let options = SetOptions { ttl, ..SetOptions::default() };
                self.write(found, hash, given, &options, deadline);
            }
        }
        Ok(())
    }

    fn change_number(&mut self, id: u32, number: f64) {
        self.note_replacement(id);
        self.records.set_number(id, number);
        set_modified(self.records.head_mut(id), self.now);
        self.touch(id);
        self.stats.sets += 1;
        self.note_write(id);
    }

    /// The value of an entry, if it is a finite number.
    pub(super) fn finite_number(&self, id: u32) -> Option<f64> {
        if !self.records.head(id).has(NUMBER) {
            return None;
        }
        match self.records.word(id) {
            Value::Number(number) if number.is_finite() => Some(number),
            _ => None,
        }
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
