//! Doubly linked lists over ids, several of them in one table of links.
//!
//! The links lie by id in a table of their own and not in the records: a hit on the most recent
//! entry touches none of them, and a policy that moves nothing on a hit touches none at all. An id
//! is in one list at most, so eight bytes an entry serve any number of lists.

use super::pages::Pages;
use super::policy::Bound;

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Pair {
    /// Towards the most recent.
    newer: u32,
    /// Towards the least recent.
    older: u32,
}

/// The links of all lists of one policy.
pub(super) struct Links(Pages<Pair>);

impl Links {
    pub(super) const fn new() -> Self {
        Self(Pages::new())
    }

    /// Makes a place for an id; amortised O(1).
    pub(super) fn reserve(&mut self, id: u32) {
        self.0.cover(id, Pair { newer: NONE, older: NONE });
    }

    /// What the table takes of memory; O(1).
    pub(super) fn bytes(&self) -> usize {
        self.0.bytes()
    }

    /// The neighbour of an id towards the most recent end.
    pub(super) fn newer(&self, id: u32) -> Option<u32> {
        known(self.0.get(id).newer)
    }
}

/// One list: its ends, its length, and what its entries cost together.
pub(super) struct List {
    newest: u32,
    oldest: u32,
    len: u32,
    bytes: u64,
}

impl List {
    pub(super) const fn new() -> Self {
        Self { newest: NONE, oldest: NONE, len: 0, bytes: 0 }
    }

    pub(super) fn oldest(&self) -> Option<u32> {
        known(self.oldest)
    }

    pub(super) const fn len(&self) -> u32 {
        self.len
    }

    /// How much of a bound the list takes.
    pub(super) fn weight(&self, bound: Bound) -> u64 {
        match bound {
            Bound::Entries(_) => u64::from(self.len),
            Bound::Bytes(_) => self.bytes,
        }
    }

    /// Adds an id that is in no list, as the most recent; O(1).
    pub(super) fn push(&mut self, links: &mut Links, id: u32, cost: u64) {
        self.link_newest(links, id);
        self.len += 1;
        self.bytes += cost;
    }

    /// Takes an id out; O(1). `cost` is what it cost when it came.
    pub(super) fn remove(&mut self, links: &mut Links, id: u32, cost: u64) {
        self.unlink(links, id);
        self.len -= 1;
        self.bytes -= cost;
    }

    /// Makes an id the most recent; O(1).
    #[inline]
    pub(super) fn touch(&mut self, links: &mut Links, id: u32) {
        if self.newest == id {
            return;
        }
        // There is a newer one, so of an entry in the middle four words change.
        let Pair { newer, older } = *links.0.get(id);
        links.0.get_mut_hot(newer).older = older;
        match older {
            NONE => self.oldest = newer,
            _ => links.0.get_mut_hot(older).newer = newer,
        }
        links.0.get_mut_hot(self.newest).newer = id;
        *links.0.get_mut_hot(id) = Pair { newer: NONE, older: self.newest };
        self.newest = id;
    }

    /// The cost of one of the list's entries changed.
    pub(super) fn resize(&mut self, from: u64, to: u64) {
        self.bytes = self.bytes - from + to;
    }

    fn unlink(&mut self, links: &mut Links, id: u32) {
        let Pair { newer, older } = *links.0.get(id);
        match newer {
            NONE => self.newest = older,
            _ => links.0.get_mut(newer).older = older,
        }
        match older {
            NONE => self.oldest = newer,
            _ => links.0.get_mut(older).newer = newer,
        }
    }

    fn link_newest(&mut self, links: &mut Links, id: u32) {
        *links.0.get_mut(id) = Pair { newer: NONE, older: self.newest };
        match self.newest {
            NONE => self.oldest = id,
            newest => links.0.get_mut(newest).newer = id,
        }
        self.newest = id;
    }

    /// Appends all ids, from the least to the most recent.
    pub(super) fn append_to(&self, links: &Links, ids: &mut Vec<u32>) {
        let mut at = self.oldest;
        while at != NONE {
            ids.push(at);
            at = links.0.get(at).newer;
        }
    }

    /// Recounts the list and gives its ids.
    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    pub(super) fn validate(&self, links: &Links, facts: super::policy::Facts) -> Vec<u32> {
        let mut ids = Vec::new();
        self.append_to(links, &mut ids);
        assert_eq!(ids.len(), self.len as usize);
        assert_eq!(ids.last().copied(), known(self.newest));
        assert_eq!(ids.iter().map(|&id| facts.cost(id)).sum::<u64>(), self.bytes);
        ids
    }
}

fn known(id: u32) -> Option<u32> {
    (id != NONE).then_some(id)
}
