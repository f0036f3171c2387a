//! What expires, soonest first: a binary heap that knows where each id stands in it.
//!
//! Knowing the place makes changing or dropping a deadline O(log n) with nothing left behind, so the
//! heap never holds more than the entries that can expire, and the first one is exact to the
//! millisecond. Entries that never expire are not in it.

use super::pages::Pages;

const ABSENT: u32 = u32::MAX;

/// A deadline in two halves, which leaves no gap before the id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    high: u32,
    low: u32,
    id: u32,
}

impl Due {
    const fn new(deadline: u64, id: u32) -> Self {
        Self { high: (deadline >> 32) as u32, low: deadline as u32, id }
    }

    const fn deadline(self) -> u64 {
        (self.high as u64) << 32 | self.low as u64
    }
}

/// Deadlines by id.
pub(super) struct Deadlines {
    heap: Pages<Due>,
    /// By id: where it stands in the heap.
    places: Pages<u32>,
}

impl Deadlines {
    pub(super) const fn new() -> Self {
        Self { heap: Pages::new(), places: Pages::new() }
    }

    /// Who expires first, if that is at `now` or before; O(1).
    pub(super) fn due(&self, now: u64) -> Option<u32> {
        self.first().filter(|(deadline, _)| *deadline <= now).map(|(_, id)| id)
    }

    /// Whether there is none; O(1).
    pub(super) const fn is_empty(&self) -> bool {
        self.heap.len() == 0
    }

    /// Who stands first, and with what; O(1).
    pub(super) fn first(&self) -> Option<(u64, u32)> {
        let first = (self.heap.len() > 0).then(|| self.heap.get(0));
        first.map(|due| (due.deadline(), due.id))
    }

    /// Sets or changes the deadline of an id; O(log n).
    pub(super) fn set(&mut self, id: u32, deadline: u64) {
        match self.place(id) {
            Some(at) => *self.heap.get_mut(at) = Due::new(deadline, id),
            None => {
                let at = self.heap.push(Due::new(deadline, id));
                self.note(at);
            }
        }
        if let Some(at) = self.place(id) {
            self.settle(at);
        }
    }

    /// Drops the deadline of an id, if it has one; O(log n).
    pub(super) fn remove(&mut self, id: u32) {
        let Some(at) = self.place(id) else { return };
        let last = self.heap.pop();
        *self.places.get_mut(id) = ABSENT;
        if let Some(last) = last.filter(|_| at < self.heap.len()) {
            *self.heap.get_mut(at) = last;
            self.note(at);
            self.settle(at);
        }
    }

    /// What the tables occupy, in bytes; O(1).
    pub(super) fn bytes(&self) -> usize {
        self.heap.bytes() + self.places.bytes()
    }

    /// All ids from the soonest deadline to the latest; O(n log n).
    pub(super) fn soonest_first(&self) -> Vec<u32> {
        // A copy that is emptied, because a sort of its own would be 5 KiB of the binary.
        let mut left = Self::new();
        for at in 0..self.heap.len() {
            let due = self.heap.get(at);
            left.set(due.id, due.deadline());
        }
        let mut ids = Vec::new();
        while let Some((_, id)) = left.first() {
            ids.push(id);
            left.remove(id);
        }
        ids
    }

    fn place(&self, id: u32) -> Option<u32> {
        let known = id < self.places.len();
        let place = if known { *self.places.get(id) } else { ABSENT };
        (place != ABSENT).then_some(place)
    }

    /// Writes down where the element at `at` stands.
    fn note(&mut self, at: u32) {
        let id = self.heap.get(at).id;
        self.places.cover(id, ABSENT);
        *self.places.get_mut(id) = at;
    }

    /// Moves the element at `at` up or down to where it belongs.
    fn settle(&mut self, mut at: u32) {
        while at > 0 && self.heap.get(at) < self.heap.get((at - 1) / 2) {
            at = self.swap(at, (at - 1) / 2);
        }
        while let Some(child) = self.smaller_child(at) {
            if self.heap.get(at) <= self.heap.get(child) {
                break;
            }
            at = self.swap(at, child);
        }
    }

    fn smaller_child(&self, at: u32) -> Option<u32> {
        let (left, right) = (2 * at + 1, 2 * at + 2);
        if right < self.heap.len() && self.heap.get(right) < self.heap.get(left) {
            return Some(right);
        }
        (left < self.heap.len()).then_some(left)
    }

    fn swap(&mut self, from: u32, to: u32) -> u32 {
        let (one, other) = (*self.heap.get(from), *self.heap.get(to));
        *self.heap.get_mut(from) = other;
        *self.heap.get_mut(to) = one;
        self.note(from);
        self.note(to);
        to
    }

    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    pub(super) fn validate(&self) -> usize {
        for at in 0..self.heap.len() {
            let due = self.heap.get(at);
            assert_eq!(self.place(due.id), Some(at));
            assert!(at == 0 || self.heap.get((at - 1) / 2) <= due);
        }
        self.heap.len() as usize
    }
}
