//! Taking over a snapshot: one pass that checks everything and adds up, one that writes.
//!
//! Entries come with the most worth keeping last, so what does not fit is a run at the start: each
//! entry that may live is left out while it and all that follow would not fit together beside what
//! is there. Nothing that is there is evicted for a snapshot, and the cache's own policy is never
//! asked to choose between entries that it has not seen used.

use super::format::Entry;
use super::parse::Parser;
use crate::cache::{Cache, Error};

/// What the entries of a snapshot that may live here would add.
#[derive(Clone, Copy, Default)]
struct Load {
    /// What they cost together.
    bytes: u64,
    count: u64,
    /// What is under their keys now, which they replace.
    old_bytes: u64,
    old_count: u64,
}

impl Load {
    /// What one entry would add, if it may live here at all.
    fn of(cache: &Cache, entry: &Entry, now: u64) -> Option<Self> {
        let bytes = cache.restorable_cost(entry, now)?;
        let old = cache.present_cost(entry.key, now);
        let (old_bytes, old_count) = (old.unwrap_or(0), u64::from(old.is_some()));
        Some(Self { bytes, count: 1, old_bytes, old_count })
    }

    /// The sum with another load, or what is left without it.
    const fn each(self, other: Self, without: bool) -> Self {
        const fn join(one: u64, other: u64, without: bool) -> u64 {
            if without { one.saturating_sub(other) } else { one.saturating_add(other) }
        }
        Self {
            bytes: join(self.bytes, other.bytes, without),
            count: join(self.count, other.count, without),
            old_bytes: join(self.old_bytes, other.old_bytes, without),
            old_count: join(self.old_count, other.old_count, without),
        }
    }

    fn fits(self, cache: &Cache) -> bool {
        let (bytes, entries) = cache.held();
        let options = cache.options();
        let then = |held: u64, added, replaced| held.saturating_add(added).saturating_sub(replaced);
        then(bytes, self.bytes, self.old_bytes) <= options.max_bytes
            && then(entries, self.count, self.old_count) <= options.max_entries.into()
    }
}

/// The first pass: fed with all pieces it says whether they are a snapshot. Changes nothing.
pub(crate) struct SnapshotCheck {
    parser: Parser,
    load: Load,
    now: u64,
}

impl SnapshotCheck {
    /// A check for a cache at `now`, milliseconds.
    pub(crate) fn new(cache: &Cache, now: u64) -> Self {
        Self { parser: Parser::new(), load: Load::default(), now: now.max(cache.now) }
    }

    /// The next piece, of any size. Fails with [`Error::SnapshotCorrupt`]. O(piece).
    pub(crate) fn feed(&mut self, cache: &mut Cache, piece: &[u8]) -> Result<(), Error> {
        let adding = &mut Visitor { cache, load: self.load, now: self.now, taken: None };
        self.parser.feed(piece, adding)?;
        self.load = adding.load;
        Ok(())
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(super) fn reserved(&self) -> usize {
        self.parser.reserved()
    }

    /// After the last piece: what takes the same pieces over. Expired entries go now.
    ///
    /// Fails with [`Error::SnapshotCorrupt`], and then nothing has changed.
    pub(crate) fn finish(self, cache: &mut Cache) -> Result<SnapshotReader, Error> {
        self.parser.finish()?;
        cache.purge_expired(usize::MAX, self.now);
        Ok(SnapshotReader { parser: Parser::new(), rest: self.load, taken: 0 })
    }
}

/// The second pass over the same pieces: takes the entries over.
pub(crate) struct SnapshotReader {
    parser: Parser,
    /// What has not come yet.
    rest: Load,
    taken: u64,
}

impl SnapshotReader {
    /// The next piece, of any size. It holds one value at a time, of an entry that fits. Fails only
    /// if the pieces are not those of the first pass; entries that came before stay.
    pub(crate) fn feed(&mut self, cache: &mut Cache, piece: &[u8]) -> Result<(), Error> {
        let now = cache.now;
        let taking = &mut Visitor { cache, load: self.rest, now, taken: Some(self.taken) };
        let result = self.parser.feed(piece, taking);
        (self.rest, self.taken) = (taking.load, taking.taken.unwrap_or(0));
        result
    }

    /// After the last piece: how many entries were taken over.
    pub(crate) fn finish(self) -> Result<u64, Error> {
        self.parser.finish()?;
        Ok(self.taken)
    }
}

/// Who is told of the entries. One for both passes, so that the parser is in the binary once.
pub(super) struct Visitor<'a> {
    cache: &'a mut Cache,
    /// In the first pass of all entries so far, in the second of those to come.
    load: Load,
    now: u64,
    /// In the second pass: how many were taken over.
    taken: Option<u64>,
}

impl Visitor<'_> {
    /// An entry comes: whether its value is to be collected.
    pub(super) fn meet(&mut self, entry: &Entry) -> bool {
        let Some(one) = Load::of(self.cache, entry, self.now) else { return false };
        let takes = self.taken.is_some() && self.load.fits(self.cache);
        self.load = self.load.each(one, self.taken.is_some());
        takes
    }

    /// An entry that was wanted, with the bytes of its value.
    pub(super) fn take(&mut self, entry: &Entry, bytes: &[u8]) {
        if self.cache.restore_entry(entry, entry.value(bytes)) {
            self.taken = self.taken.map(|taken| taken + 1);
        }
    }
}
