//! What can be done with all keys that a pattern matches. Each call reads every key once: O(n) for
//! the patterns that compile to a literal, a prefix or a suffix, O(n · pattern · k) in general.

use super::deadlines::Deadlines;
use super::find::State;
use super::journal::Reason;
use super::policies::Policies;
use super::{Cache, Pattern};

impl Cache {
    /// How many live entries match. Neither uses them nor counts.
    pub fn count_keys(&mut self, pattern: &Pattern, now: u64) -> u64 {
        self.advance(now);
        let start = pattern.start();
        let (mut count, mut id) = (0, 0);
        while let Some(found) = self.next_live(id, pattern, &start) {
            (count, id) = (count + 1, found + 1);
        }
        count
    }

    /// Removes all entries that match: how many of them lived. What is held for stale answers goes too.
    pub fn delete_pattern(&mut self, pattern: &Pattern, now: u64) -> u64 {
        let (mut removed, mut cursor) = (0, Some(0));
        while let Some(from) = cursor {
            let (some, next) = self.delete_some(pattern, from, Reason::Delete, now);
            (removed, cursor) = (removed + some, next);
        }
        removed
    }

    /// As [`delete_pattern`](Self::delete_pattern), from a cursor on (0 at first) until events fill a page:
    /// how many, and the cursor to go on from.
    pub(crate) fn delete_some(
        &mut self,
        pattern: &Pattern,
        cursor: u32,
        reason: Reason,
        now: u64,
    ) -> (u64, Option<u32>) {
        self.advance(now);
        let start = pattern.start();
        let (mut removed, mut id, mut next) = (0, cursor, None);
        while let Some((found, state)) = self.next_match(id, pattern, &start) {
            id = found + 1;
            match state {
                State::Live => {
                    self.remove(found, reason);
                    removed += 1;
                }
                State::Held => self.remove(found, Reason::Expire),
                _ => continue,
            }
            if self.journal.is_long() {
                next = Some(id);
                break;
            }
        }
        self.stats.deletes += removed;
        (removed, next)
    }

    /// Hands the keys that match to `visit`, from `cursor` on (0 at first), until it gives false.
    /// Gives the cursor of the next page, or None at the end. However entries come and go between
    /// pages, a key that stays is visited exactly once.
    pub fn keys(
        &mut self,
        pattern: &Pattern,
        cursor: u32,
        now: u64,
        mut visit: impl FnMut(&[u8]) -> bool,
    ) -> Option<u32> {
        self.advance(now);
        let (start, mut id) = (pattern.start(), cursor);
        while let Some(found) = self.next_live(id, pattern, &start) {
            id = found + 1;
            if !visit(&self.records.key(found)) {
                return (id < self.records.end()).then_some(id);
            }
        }
        None
    }

    /// Removes everything: how many live entries there were. O(n).
    pub fn clear(&mut self, now: u64) -> u64 {
        let (mut removed, mut cursor) = (0, Some(0));
        while let Some(from) = cursor {
            let (some, next) = self.clear_some(from, now);
            (removed, cursor) = (removed + some, next);
        }
        removed
    }

    /// As [`clear`](Self::clear), where it is watched from a cursor on (0 at first) until events fill a
    /// page: how many, and the cursor to go on from.
    pub(crate) fn clear_some(&mut self, cursor: u32, now: u64) -> (u64, Option<u32>) {
        self.advance(now);
        let mut removed = 0;
        let end = if self.is_watched() { self.records.end() } else { 0 };
        for id in cursor..end {
            if self.records.is_live(id) {
                removed += u64::from(self.clear_one(id));
                if self.journal.is_long() {
                    self.stats.deletes += removed;
                    return (removed, Some(id + 1));
                }
            }
        }
        self.stats.deletes += removed;
        (removed + self.clear_rest(), None)
    }

    /// Removes an entry for the reason that it goes for: whether it was alive. Only what would be
    /// counted if nobody watched is counted here.
    fn clear_one(&mut self, id: u32) -> bool {
        let state = self.state(id);
        if state == State::Expired {
            self.expire(id);
            return false;
        }
        let stats = self.stats;
        let reason = match state {
            State::Live => Reason::Clear,
            State::Invalidated => Reason::Invalidate,
            State::Held | State::Expired => Reason::Expire,
        };
        self.remove(id, reason);
        self.stats = stats;
        state == State::Live
    }

    fn clear_rest(&mut self) -> u64 {
        self.expire_due(usize::MAX);
        let live = |&id: &u32| self.records.is_live(id) && self.state(id) == State::Live;
        let removed = (0..self.records.end()).filter(live).count() as u64;
        self.reset();
        self.forget_removed();
        self.stats.deletes += removed;
        removed
    }

    /// Forgets all entries and gives the memory of all tables back.
    pub(super) fn reset(&mut self) {
        self.records.clear();
        self.index.clear();
        self.policy = Policies::new(&self.options);
        (self.deadlines, self.held) = (Deadlines::new(), Deadlines::new());
        self.tags.forget_members();
        self.bytes = 0;
    }

    /// The first entry from an id on that matches, and what has become of it. The key first: most do not
    /// match, and what has become of those does not matter; and of the key first its start.
    fn next_match(&self, from: u32, pattern: &Pattern, start: &[u8]) -> Option<(u32, State)> {
        let matches = |place| {
            self.records.key_may_start(place, start) && pattern.matches(&self.records.key_at(place))
        };
        let found =
            (from..self.records.end()).find(|&id| self.records.find(id).is_some_and(matches));
        found.map(|id| (id, self.state(id)))
    }

    /// The first live one.
    fn next_live(&self, mut from: u32, pattern: &Pattern, start: &[u8]) -> Option<u32> {
        loop {
            let (id, state) = self.next_match(from, pattern, start)?;
            if state == State::Live {
                return Some(id);
            }
            from = id + 1;
        }
    }
}
