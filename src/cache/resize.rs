//! Changing the bounds of a cache that is in use.

use super::cost::Shape;
use super::deadlines::Deadlines;
use super::layout::{Tagged, set_membership};
use super::options::NO_DEADLINE;
use super::policies::Policies;
use super::policy::{Facts, Policy};
use super::{Cache, Error, Options};

/// Tables with so many places for an entry are made anew.
const SPARSE: u32 = 4;

impl Cache {
    /// Sets new bounds, in bytes and entries; None leaves one as it is. What no longer fits is evicted,
    /// expired entries first, and the arena gives back the memory that it may not hold any more.
    /// O(what is evicted and moved), and O(n) where few entries are left of many: they get new ids then,
    /// and an iteration that is under way may skip or repeat some.
    ///
    /// Fails with [`Error::InvalidOption`].
    pub fn resize(
        &mut self,
        max_bytes: Option<u64>,
        max_entries: Option<u32>,
        now: u64,
    ) -> Result<(), Error> {
        while !self.resize_some(max_bytes, max_entries, now)? {}
        Ok(())
    }

    /// As [`resize`](Self::resize), until events fill a page: whether all is done.
    pub(crate) fn resize_some(
        &mut self,
        max_bytes: Option<u64>,
        max_entries: Option<u32>,
        now: u64,
    ) -> Result<bool, Error> {
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
        if self.shrink(0, 0, None) {
            return Ok(false);
        }
        let nothing = Shape { stream_len: 0, flags: 0, tags: 0 };
        self.make_room(0, 0, nothing, None);
        if self.records.end() / SPARSE > self.records.len() && !self.keeps_journal() {
            self.renumber();
        }
        while self.records.arena.held() > self.most_segments() && self.compact() {}
        Ok(true)
    }

    /// Tables by id are as long as the highest id: gives the entries new ones, in the policy's order,
    /// and makes all tables anew. What the policy knew beyond that order it learns again. O(n).
    fn renumber(&mut self) {
        let order = self.policy.order();
        self.records.renumber(&order);
        self.policy = Policies::new(&self.options);
        (self.deadlines, self.held) = (Deadlines::new(), Deadlines::new());
        let members = self.tags.renumber();
        for id in 0..order.len() as u32 {
            self.policy.insert(id, Facts::of(&self.records));
            if let Some(tagged) = self.records.head(id).tags() {
                let first = members[tagged.first as usize];
                set_membership(self.records.head_mut(id), first);
                self.tags.adopt(Some(Tagged { first, ..tagged }), id);
            }
            self.note_deadline(id, NO_DEADLINE);
        }
    }
}
