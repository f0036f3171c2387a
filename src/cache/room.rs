//! Making room: what has expired or was invalidated goes first, then the policy's victims.

use super::Cache;
use super::cost::Shape;
use super::deadlines::Deadlines;
use super::find::State;
use super::journal::Reason;
use super::options::{NO_DEADLINE, Options};
use super::policies::Policies;
use super::policy::{Bound, Facts, Policy};

/// How many dead entries a write takes away beyond those it must: keeps dead bytes few under a
/// steady stream of writes, at a bounded price for each.
const EXPIRE_PER_WRITE: usize = 2;

/// Segments beyond the bound that every cache may have: what new entries and survivors fill just now.
const SPARE_SEGMENTS: u64 = 4;

/// What tables may take beyond the bound: a policy has some that a small cache does not fill.
const SPARE_TABLES: u64 = 96 << 10;

impl Cache {
    /// Makes room as [`evict_until_fits`](Self::evict_until_fits) does, then in the arena. `keep` is
    /// not evicted, as it is about to be written anew, but keeps no more than its first piece: where the
    /// policy would have it go, it leaves the policy's lists and comes back as a new one.
    pub(super) fn make_room(&mut self, bytes: u64, entries: u32, shape: Shape, keep: Option<u32>) {
        let mut parted = self.evict_until_fits(bytes, entries, keep);
        if let Some(id) = keep {
            self.records.release_rest(id);
        }
        if !self.records.fits(shape, 0) {
            parted = self.find_space(shape, keep.filter(|_| parted.is_none())).or(parted);
        }
        if let Some(id) = parted {
            self.policy
                .prepare(self.records.hash_at(self.records.place(id)), self.records.cost(id));
            self.policy.insert(id, Facts::of(&self.records));
        }
    }

    /// Removes entries until `bytes` and `entries` more fit. The caller has checked that `bytes` is
    /// within the bound for one entry, so this ends. Amortised O(log n) for each entry removed.
    /// Gives `keep` if the policy no longer knows it.
    fn evict_until_fits(&mut self, bytes: u64, entries: u32, keep: Option<u32>) -> Option<u32> {
        let mut parted = None;
        while let Some(bound) = self.exceeded(bytes, entries) {
            if self.drop_dead() {
                continue;
            }
            match self.policy.victim(bound, Facts::of(&self.records)) {
                None => break,
                victim if victim == keep => parted = self.part(keep),
                Some(id) => self.evict(id),
            }
        }
        parted
    }

    /// Removes entries until `bytes` and `entries` more fit, or events fill a page, or `keep` would be
    /// evicted: whether it removed any.
    pub(super) fn shrink(&mut self, bytes: u64, entries: u32, keep: Option<u32>) -> bool {
        let mut removed = false;
        while !self.journal.is_long()
            && let Some(bound) = self.exceeded(bytes, entries)
        {
            if !self.drop_dead() {
                match self.policy.victim(bound, Facts::of(&self.records)) {
                    Some(id) if keep != Some(id) => self.evict(id),
                    _ => break,
                }
            }
            removed = true;
        }
        removed
    }

    fn evict(&mut self, id: u32) {
        self.remove(id, Reason::Evict);
        self.stats.evictions += 1;
    }

    /// Takes an entry that must stay out of the policy's lists.
    fn part(&mut self, keep: Option<u32>) -> Option<u32> {
        if let Some(id) = keep {
            self.policy.remove(id, Facts::of(&self.records));
        }
        keep
    }

    /// The bound that so many bytes and entries more would exceed.
    fn exceeded(&self, bytes: u64, entries: u32) -> Option<Bound> {
        let Options { max_bytes, max_entries, .. } = self.options;
        if self.bytes + bytes > max_bytes {
            return Some(Bound::Bytes(max_bytes));
        }
        let full = self.records.len() + entries > max_entries;
        full.then_some(Bound::Entries(u64::from(max_entries)))
    }

    /// Removes an entry that is of no use to most, if there is one: expired or invalidated; those
    /// that are held for stale answers last.
    fn drop_dead(&mut self) -> bool {
        if let Some(id) = self.deadlines.due(self.now) {
            let state = self.state(id);
            self.discard(id, state);
            return true;
        }
        if self.reclaim_invalidated() {
            return true;
        }
        let held = self.held.first();
        if let Some((_, id)) = held {
            self.expire(id);
        }
        held.is_some()
    }

    /// Finds an entry room in the arena: by emptying sparse segments, where none is left by evicting
    /// more. Gives `keep` if the policy no longer knows it.
    fn find_space(&mut self, shape: Shape, keep: Option<u32>) -> Option<u32> {
        let mut parted = None;
        while !self.records.fits(shape, self.most_segments()) {
            if self.compact() || self.drop_dead() {
                continue;
            }
            match self.policy.victim(Bound::Bytes(self.options.max_bytes), Facts::of(&self.records))
            {
                victim if victim.is_some() && victim == keep => parted = self.part(keep),
                Some(id) => self.evict(id),
                None => break,
            }
        }
        parted
    }

    /// How many segments the arena may hold: a sixth more than the bound, so that few bytes are
    /// copied to find room, less what the tables occupy.
    pub(super) fn most_segments(&self) -> usize {
        let segment = self.records.arena.segment_len() as u64;
        let bound = self.options.max_bytes.saturating_add(self.options.max_bytes / 6);
        let tables = (self.table_bytes() as u64).saturating_sub(SPARE_TABLES);
        let left = bound.saturating_sub(tables) / segment + SPARE_SEGMENTS;
        left.min(self.records.arena.most() as u64) as usize
    }

    /// What is not in the arena.
    fn table_bytes(&self) -> usize {
        let deadlines = self.deadlines.bytes() + self.held.bytes();
        let tables = self.records.table_bytes() + self.index.bytes() + self.policy.bytes();
        tables + deadlines + self.tags.bytes()
    }

    /// No entry is left, and the tables take the room that one needs which is about to come: they go too.
    /// Its tags are known already, and so is its id if it was kept.
    pub(super) fn forget_tables(&mut self, kept: Option<u32>) {
        self.records.clear_around(kept);
        self.index.clear();
        self.policy = Policies::new(&self.options);
        (self.deadlines, self.held) = (Deadlines::new(), Deadlines::new());
    }

    /// Empties the sparsest segment, if that is worth it: whether it did.
    pub(super) fn compact(&mut self) -> bool {
        let Some(segment) = self.records.arena.sparsest() else { return false };
        let mut at = 0;
        while let Some(place) = self.records.arena.next_living(segment, &mut at) {
            if let Some(to) = self.records.carry(place) {
                self.index.relocate(self.records.hash_at(to), place, to);
            }
        }
        true
    }

    /// The bounded expiry work of a write.
    pub(super) fn expire_some(&mut self) {
        self.expire_due(EXPIRE_PER_WRITE);
        self.reclaim_invalidated();
    }

    /// Removes or holds up to `limit` expired entries, soonest deadline first: how many it removed.
    /// O(log n) each.
    pub(super) fn expire_due(&mut self, limit: usize) -> u64 {
        let mut removed = 0;
        for _ in 0..limit {
            let held = self.held.due(self.now);
            let Some(id) = held.or_else(|| self.deadlines.due(self.now)) else { break };
            match self.state(id) {
                State::Held => self.hold(id),
                state => {
                    self.discard(id, state);
                    removed += 1;
                }
            }
        }
        removed
    }

    /// An entry whose deadline has come is held on.
    fn hold(&mut self, id: u32) {
        self.deadlines.remove(id);
        if let Some(until) = self.records.head(id).stale_until() {
            self.held.set(id, until);
        }
    }

    pub(super) fn expire(&mut self, id: u32) {
        self.remove(id, Reason::Expire);
        self.stats.expirations += 1;
    }

    /// Takes an entry out of every part. Counts nothing: that is the caller's.
    pub(super) fn remove(&mut self, id: u32, reason: Reason) {
        self.note_removal(id, reason);
        self.take_out(id);
        self.records.remove(id);
        if reason == Reason::Invalidate {
            self.stats.invalidations += 1;
        }
    }

    /// Takes an entry out of every part but the records.
    pub(super) fn take_out(&mut self, id: u32) {
        let place = self.records.place(id);
        self.index.remove(&self.records, self.records.hash_at(place), place);
        self.policy.remove(id, Facts::of(&self.records));
        self.deadlines.remove(id);
        self.held.remove(id);
        self.bytes -= self.records.cost(id);
        self.drop_tags(id);
    }

    /// Tells the deadlines of an entry's new one.
    pub(super) fn note_deadline(&mut self, id: u32, deadline: u64) {
        self.held.remove(id);
        match self.expiry(id).min(deadline) {
            NO_DEADLINE => self.deadlines.remove(id),
            expiry => self.deadlines.set(id, expiry),
        }
    }
}
