//! Changing the bounds of a cache that is in use.

use super::cost::Shape;
use super::policy::Policy;
use super::{Cache, Error, Options};

impl Cache {
    /// Sets new bounds, in bytes and entries; None leaves one as it is. What no longer fits is evicted,
    /// expired entries first, and the arena gives back the memory that it may not hold any more.
    /// O(what is evicted and moved).
    ///
    /// Fails with [`Error::InvalidOption`].
    pub fn resize(
        &mut self,
        max_bytes: Option<u64>,
        max_entries: Option<u32>,
        now: u64,
    ) -> Result<(), Error> {
        let Options { max_bytes: bytes, max_entries: entries, .. } = self.options;
        let options = Options {
            max_bytes: max_bytes.unwrap_or(bytes),
            max_entries: max_entries.unwrap_or(entries),
            ..self.options
        };
        options.check()?;
        self.advance(now);
        self.options = options;
        self.policy.rebound(&self.options);
        let nothing = Shape { stream_len: 0, flags: 0, tags: 0 };
        self.make_room(0, 0, nothing, None);
        while self.records.arena.held() > self.most_segments() && self.compact() {}
        Ok(())
    }
}
