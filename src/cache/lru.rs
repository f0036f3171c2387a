//! Exact least recently used: a doubly linked list over ids, most recent first.
//!
//! The links lie in a table of their own, by id, and not in the records: a hit on the most recent
//! entry touches none of them, and a policy without links costs none.

use super::pages::Pages;
use super::policy::Policy;

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Links {
    /// Towards the most recent.
    newer: u32,
    /// Towards the least recent.
    older: u32,
}

/// Exact LRU.
pub(super) struct Lru {
    links: Pages<Links>,
    newest: u32,
    oldest: u32,
}

impl Lru {
    pub(super) const fn new() -> Self {
        Self { links: Pages::new(), newest: NONE, oldest: NONE }
    }

    fn unlink(&mut self, id: u32) {
        let Links { newer, older } = *self.links.get(id);
        match newer {
            NONE => self.newest = older,
            _ => self.links.get_mut(newer).older = older,
        }
        match older {
            NONE => self.oldest = newer,
            _ => self.links.get_mut(older).newer = newer,
        }
    }

    fn link_newest(&mut self, id: u32) {
        *self.links.get_mut(id) = Links { newer: NONE, older: self.newest };
        match self.newest {
            NONE => self.oldest = id,
            newest => self.links.get_mut(newest).newer = id,
        }
        self.newest = id;
    }

    /// From the least to the most recent.
    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(super) fn oldest_first(&self) -> impl Iterator<Item = u32> + '_ {
        let known = |id: u32| (id != NONE).then_some(id);
        core::iter::successors(known(self.oldest), move |&id| known(self.links.get(id).newer))
    }
}

impl Policy for Lru {
    const NAME: &'static str = "lru";

    fn insert(&mut self, id: u32) {
        while self.links.len() <= id {
            self.links.push(Links { newer: NONE, older: NONE });
        }
        self.link_newest(id);
    }

    fn hit(&mut self, id: u32) {
        if self.newest != id {
            self.unlink(id);
            self.link_newest(id);
        }
    }

    fn remove(&mut self, id: u32) {
        self.unlink(id);
    }

    fn victim(&mut self) -> Option<u32> {
        (self.oldest != NONE).then_some(self.oldest)
    }

    fn clear(&mut self) {
        *self = Self::new();
    }
}
