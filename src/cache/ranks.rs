//! Ranks by id, lowest first: a binary heap that knows where each id stands in it.
//!
//! Knowing the place makes changing or dropping a rank O(log n) with nothing left behind. Ranks are
//! bits that order as what they stand for does.

use super::pages::Pages;

const ABSENT: u32 = u32::MAX;

/// A heap of (rank, id).
pub(super) struct Ranks {
    heap: Vec<(u64, u32)>,
    /// By id: where it stands in the heap.
    places: Pages<u32>,
}

impl Ranks {
    pub(super) const fn new() -> Self {
        Self { heap: Vec::new(), places: Pages::new() }
    }

    /// The lowest rank, and whose it is; O(1).
    pub(super) fn first(&self) -> Option<(u64, u32)> {
        self.heap.first().copied()
    }

    /// Sets or changes the rank of an id; O(log n).
    pub(super) fn set(&mut self, id: u32, rank: u64) {
        self.places.cover(id, ABSENT);
        let at = match *self.places.get(id) {
            ABSENT => {
                self.heap.push((rank, id));
                self.heap.len() - 1
            }
            at => at as usize,
        };
        self.heap[at].0 = rank;
        self.settle(at);
    }

    /// Takes an id out, if it is there; O(log n).
    pub(super) fn remove(&mut self, id: u32) {
        if id >= self.places.len() || *self.places.get(id) == ABSENT {
            return;
        }
        let at = core::mem::replace(self.places.get_mut(id), ABSENT) as usize;
        self.heap.swap_remove(at);
        if at < self.heap.len() {
            self.settle(at);
        }
    }

    /// All ids from the lowest rank to the highest; O(n log n).
    pub(super) fn lowest_first(&self) -> Vec<u32> {
        let mut heap = self.heap.clone();
        heap.sort_unstable();
        heap.into_iter().map(|(_, id)| id).collect()
    }

    /// What heap and places take of memory; O(1).
    pub(super) const fn bytes(&self) -> usize {
        self.heap.capacity() * size_of::<(u64, u32)>() + self.places.bytes()
    }

    /// Moves the element at `at` up or down to where it belongs, and writes down where that is.
    fn settle(&mut self, mut at: usize) {
        while at > 0 && self.heap[at] < self.heap[(at - 1) / 2] {
            at = self.swap(at, (at - 1) / 2);
        }
        while let Some(child) = self.lower_child(at)
            && self.heap[child] < self.heap[at]
        {
            at = self.swap(at, child);
        }
        self.note(at);
    }

    fn lower_child(&self, at: usize) -> Option<usize> {
        let (left, right) = (2 * at + 1, 2 * at + 2);
        if right < self.heap.len() && self.heap[right] < self.heap[left] {
            return Some(right);
        }
        (left < self.heap.len()).then_some(left)
    }

    fn swap(&mut self, from: usize, to: usize) -> usize {
        self.heap.swap(from, to);
        self.note(from);
        to
    }

    fn note(&mut self, at: usize) {
        *self.places.get_mut(self.heap[at].1) = at as u32;
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(super) fn validate(&self) {
        for (at, &(rank, id)) in self.heap.iter().enumerate() {
            assert_eq!(*self.places.get(id), at as u32);
            assert!(at == 0 || self.heap[(at - 1) / 2].0 <= rank);
        }
    }
}
