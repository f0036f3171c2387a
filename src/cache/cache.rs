//! The cache: what can be done with one key.

use super::deadlines::Deadlines;
use super::find::Found;
use super::index::Index;
use super::journal::{Journal, Reason};
use super::layout;
use super::options::NO_DEADLINE;
use super::policies::Policies;
use super::policy::{Facts, Policy};
use super::random::Random;
use super::records::Records;
use super::tags::Tags;
use super::{Error, Options, Stats, Value};

/// Keys to values, bounded by bytes and by entries, evicted in the order of a policy.
///
/// Every call takes `now`, in milliseconds since any fixed moment. The cache keeps the latest it has
/// seen: time that runs backwards stands still. An entry is gone at its deadline (`now >= deadline`).
///
/// Costs are for n entries and a key of k bytes; hashing a key is O(k). Setting or dropping a
/// deadline is O(log n) on top.
pub struct Cache {
    pub(super) options: Options,
    pub(super) records: Records,
    pub(super) index: Index,
    pub(super) policy: Policies,
    /// When entries expire if nobody uses them.
    pub(super) deadlines: Deadlines,
    /// Until when entries are held whose deadline has come.
    pub(super) held: Deadlines,
    pub(super) tags: Tags,
    pub(super) random: Random,
    pub(super) stats: Stats,
    pub(super) journal: Journal,
    /// What the entries cost together.
    pub(super) bytes: u64,
    pub(super) now: u64,
    /// A value that lies in several pieces, put together.
    gathered: Vec<u8>,
}

/// What [`Cache`] keeps no longer than a call of it.
const KEPT: usize = 64 << 10;

impl Cache {
    /// An empty cache. `seed` protects against keys chosen to collide: draw it at random.
    ///
    /// Fails with [`Error::InvalidOption`] or [`Error::InvalidTtl`].
    pub fn new(options: Options, seed: u64) -> Result<Self, Error> {
        options.check()?;
        Ok(Self {
            policy: Policies::new(&options),
            records: Records::new(options.max_bytes, seed, options.bare),
            options,
            index: Index::new(),
            deadlines: Deadlines::new(),
            held: Deadlines::new(),
            tags: Tags::new(seed),
            random: Random::new(seed),
            stats: Stats::default(),
            journal: Journal::default(),
            bytes: 0,
            now: 0,
            gathered: Vec::new(),
        })
    }

    /// The value, or None; uses the entry and counts a hit or a miss. Expected O(k), and O(value)
    /// where it is longer than a piece of the arena.
    pub fn get(&mut self, key: &[u8], now: u64) -> Option<Value<'_>> {
        let Found { id, .. } = self.look_up(key, now)?;
        self.gather(id);
        Some(self.gathered_value(id))
    }

    /// The value, or None; neither uses the entry nor counts. Expected as [`get`](Self::get).
    pub fn peek(&mut self, key: &[u8], now: u64) -> Option<Value<'_>> {
        self.advance(now);
        let id = self.find_live(key)?;
        self.journal.last = id;
        self.gather(id);
        Some(self.gathered_value(id))
    }

    /// A key's live entry; neither uses it nor counts.
    #[cfg(all(target_arch = "wasm32", feature = "npm"))]
    pub(crate) fn peek_entry(&mut self, key: &[u8], now: u64) -> Option<Found> {
        self.advance(now);
        self.find(key).0.filter(|found| found.live)
    }

    /// A key's live entry; uses it and counts a hit or a miss.
    pub(crate) fn look_up(&mut self, key: &[u8], now: u64) -> Option<Found> {
        self.look_up_hot(key, now)
    }

    /// As [`look_up`](Self::look_up), for the one caller that most calls come through.
    #[inline(always)]
    pub(crate) fn look_up_hot(&mut self, key: &[u8], now: u64) -> Option<Found> {
        self.advance(now);
        let Some(found) = self.find_hot(key).filter(|found| found.live) else {
            self.stats.misses += 1;
            return None;
        };
        self.stats.hits += 1;
        self.touch(found.id);
        self.journal.last = found.id;
        Some(found)
    }

    /// Whether the caller keeps the value of the entry that begins there.
    #[cfg(all(target_arch = "wasm32", feature = "npm"))]
    pub(crate) fn is_reference(&self, place: u32) -> bool {
        self.records.head_hot(place).has(layout::REFERENCE)
    }

    /// The value of an entry where it lies; where it lies in several pieces, its kind and length.
    #[cfg(all(target_arch = "wasm32", feature = "npm"))]
    pub(crate) fn value_in_place(&self, found: Found) -> Result<Value<'_>, (u8, usize)> {
        let head = self.records.head_at(found.place);
        if !head.has(layout::CHAINED) {
            return Ok(head.value_of(&head.stream()[head.key_len()..]));
        }
        if head.flags() & (layout::NUMBER | layout::REFERENCE) != 0 {
            return Ok(self.records.word(found.id));
        }
        Err((head.kind(), head.value_len()))
    }

    /// The value of an entry, piece by piece.
    #[cfg(all(target_arch = "wasm32", feature = "npm"))]
    pub(crate) fn value_pieces(&self, id: u32) -> impl Iterator<Item = &[u8]> {
        let mut skip = self.records.head(id).key_len();
        let pieces = self.records.stream(self.records.place(id)).map(move |piece| {
            let skipped = skip.min(piece.len());
            skip -= skipped;
            &piece[skipped..]
        });
        pieces.filter(|piece| !piece.is_empty())
    }

    /// Puts a value that lies in several pieces together.
    pub(super) fn gather(&mut self, id: u32) {
        if self.gathered.capacity() > KEPT {
            self.gathered = Vec::new();
        }
        self.records.gather(id, &mut self.gathered);
    }

    /// The value of the entry that was [gathered](Self::gather) last.
    pub(super) fn gathered_value(&self, id: u32) -> Value<'_> {
        self.records.value(id, &self.gathered)
    }

    /// Uses an entry.
    pub(super) fn touch(&mut self, id: u32) {
        self.policy.hit(id, Facts::of(&self.records));
        if self.options.max_idle_ms.is_some() {
            layout::set_used(self.records.head_mut(id), self.now);
            self.deadlines.set(id, self.expiry(id));
        }
    }

    /// Whether the key is present; neither uses the entry nor counts. Expected O(k).
    pub fn has(&mut self, key: &[u8], now: u64) -> bool {
        self.advance(now);
        self.find_live(key).is_some()
    }

    /// Removes an entry: whether there was one. Expected O(k).
    pub fn delete(&mut self, key: &[u8], now: u64) -> bool {
        self.advance(now);
        let (Some(Found { id, live, .. }), _) = self.find(key) else { return false };
        self.remove(id, if live { Reason::Delete } else { Reason::Expire });
        self.stats.deletes += u64::from(live);
        live
    }

    /// What the cache has done and what it holds. O(1).
    pub fn stats(&self) -> Stats {
        Stats { entries: u64::from(self.records.len()), bytes: self.bytes, ..self.stats }
    }

    /// Sets all counts to zero; what is held stays. O(1).
    pub fn reset_stats(&mut self) {
        self.stats = Stats::default();
    }

    /// The bounds in force.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Whether any entry may expire: if none can, reads need no clock. O(1).
    pub fn has_deadlines(&self) -> bool {
        !self.deadlines.is_empty() || !self.held.is_empty()
    }

    /// What one entry may cost at most, in bytes.
    pub fn max_entry_bytes(&self) -> u64 {
        self.options.entry_bound()
    }

    /// The name of the policy.
    pub fn policy(&self) -> &'static str {
        self.options.policy.name()
    }

    pub(super) fn advance(&mut self, now: u64) {
        self.now = self.now.max(now.min(NO_DEADLINE - 1));
    }
}
