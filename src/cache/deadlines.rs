//! What expires, soonest first: a binary heap that knows where each id stands in it.
//!
//! Knowing the place makes changing or dropping a deadline O(log n) with nothing left behind, so the
//! heap never holds more than the entries that can expire, and the first one is exact to the
//! millisecond. Entries that never expire are not in it.

use super::pages::Pages;

const ABSENT: u32 = u32::MAX;

/// Deadlines by id.
pub(super) struct Deadlines {
    heap: Vec<(u64, u32)>,
    /// By id: where it stands in the heap.
    places: Pages<u32>,
}

impl Deadlines {
    pub(super) const fn new() -> Self {
        Self { heap: Vec::new(), places: Pages::new() }
    }

    /// Who expires first, if that is at `now` or before; O(1).
    pub(super) fn due(&self, now: u64) -> Option<u32> {
        self.heap.first().filter(|(deadline, _)| *deadline <= now).map(|&(_, id)| id)
    }

    /// Who stands first, and with what; O(1).
    pub(super) fn first(&self) -> Option<(u64, u32)> {
        self.heap.first().copied()
    }

    /// Sets or changes the deadline of an id; O(log n).
    pub(super) fn set(&mut self, id: u32, deadline: u64) {
        match self.place(id) {
            Some(at) => self.heap[at].0 = deadline,
            None => {
                self.heap.push((deadline, id));
                self.note(self.heap.len() - 1);
            }
        }
        if let Some(at) = self.place(id) {
            self.settle(at);
        }
    }

    /// Drops the deadline of an id, if it has one; O(log n).
    pub(super) fn remove(&mut self, id: u32) {
        let Some(at) = self.place(id) else { return };
        self.heap.swap_remove(at);
        *self.places.get_mut(id) = ABSENT;
        if at < self.heap.len() {
            self.note(at);
            self.settle(at);
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    fn place(&self, id: u32) -> Option<usize> {
        let known = id < self.places.len();
        let place = if known { *self.places.get(id) } else { ABSENT };
        (place != ABSENT).then_some(place as usize)
    }

    /// Writes down where the element at `at` stands.
    fn note(&mut self, at: usize) {
        let id = self.heap[at].1;
        self.places.cover(id, ABSENT);
        *self.places.get_mut(id) = at as u32;
    }

    /// Moves the element at `at` up or down to where it belongs.
    fn settle(&mut self, mut at: usize) {
        while at > 0 && self.heap[at] < self.heap[(at - 1) / 2] {
            at = self.swap(at, (at - 1) / 2);
        }
        while let Some(child) = self.smaller_child(at) {
            if self.heap[at] <= self.heap[child] {
                break;
            }
            at = self.swap(at, child);
        }
    }

    fn smaller_child(&self, at: usize) -> Option<usize> {
        let (left, right) = (2 * at + 1, 2 * at + 2);
        if right < self.heap.len() && self.heap[right] < self.heap[left] {
            return Some(right);
        }
        (left < self.heap.len()).then_some(left)
    }

    fn swap(&mut self, from: usize, to: usize) -> usize {
        self.heap.swap(from, to);
        self.note(from);
        self.note(to);
        to
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(super) fn validate(&self) -> usize {
        for (at, &(deadline, id)) in self.heap.iter().enumerate() {
            assert_eq!(self.place(id), Some(at));
            assert!(at == 0 || self.heap[(at - 1) / 2].0 <= deadline);
        }
        self.heap.len()
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(super) fn ids(&self) -> Vec<u32> {
        self.heap.iter().map(|&(_, id)| id).collect()
    }
}
