//! A small hash table of numbers, whose hashes the caller knows. There may be several of one hash.
//!
//! Linear probing, four bytes a slot, at most three quarters full; what is removed leaves no mark, as those
//! behind it move up, and a table of which less than an eighth is left shrinks. hashbrown was here before: a
//! group of tags is compared at once there, and 5 KB of code came with it for each kind of use, where none
//! of them is on the path of a hit.

use alloc::vec;
use alloc::vec::Vec;

/// Not a number that the table takes.
const FREE: u32 = u32::MAX;
const LEAST: usize = 8;

/// Numbers below `u32::MAX` by hash.
pub(super) struct Table {
    /// As many as a power of two, or none.
    slots: Vec<u32>,
    len: usize,
}

impl Table {
    pub(super) const fn new() -> Self {
        Self { slots: Vec::new(), len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// What the table takes of memory; O(1).
    pub(super) const fn bytes(&self) -> usize {
        self.slots.len() * size_of::<u32>()
    }

    /// The first number at the home of a hash that is the right one; expected O(1).
    pub(super) fn find(&self, hash: u32, is: impl FnMut(u32) -> bool) -> Option<u32> {
        self.seek(hash, is).map(|at| self.slots[at])
    }

    /// Adds a number; `hash_of` gives the hash of any that is there, and its own. Amortised O(1).
    pub(super) fn insert(&mut self, number: u32, hash_of: impl Fn(u32) -> u32) {
        if self.len * 4 >= self.slots.len() * 3 {
            self.resize(self.slots.len() * 2, &hash_of);
        }
        self.put(number, hash_of(number));
        self.len += 1;
    }

    /// Removes a number: whether it was there. `hash_of` as for [`insert`](Self::insert). Amortised O(1).
    pub(super) fn remove(&mut self, number: u32, hash_of: impl Fn(u32) -> u32) -> bool {
        let Some(mut free) = self.seek(hash_of(number), |other| other == number) else {
            return false;
        };
        let mut at = free;
        loop {
            at = self.after(at);
            let number = self.slots[at];
            if number == FREE {
                break;
            }
            // It moves up unless that would put it before its home.
            let mask = self.slots.len() - 1;
            let home = self.home(hash_of(number));
            if at.wrapping_sub(home) & mask >= at.wrapping_sub(free) & mask {
                self.slots[free] = number;
                free = at;
            }
        }
        self.slots[free] = FREE;
        self.len -= 1;
        if self.slots.len() > LEAST && self.len < self.slots.len() / 8 {
            self.resize(self.slots.len() / 2, &hash_of);
        }
        true
    }

    /// All numbers, in no order.
    #[cfg(feature = "auto")]
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.slots.iter().copied().filter(|&number| number != FREE)
    }

    fn home(&self, hash: u32) -> usize {
        hash.wrapping_mul(0x9E37_79B1) as usize >> (32 - self.slots.len().trailing_zeros())
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.slots.len() - 1)
    }

    // Not a `dyn` function: nothing in the npm package's binary is called through a table, so the functions
    // in the table (all of them for formatting) are dropped.
    fn seek(&self, hash: u32, mut is: impl FnMut(u32) -> bool) -> Option<usize> {
        if self.len == 0 {
            return None;
        }
        let mut at = self.home(hash);
        loop {
            match self.slots[at] {
                FREE => return None,
                number if is(number) => return Some(at),
                _ => at = self.after(at),
            }
        }
    }

    fn put(&mut self, number: u32, hash: u32) {
        let mut at = self.home(hash);
        while self.slots[at] != FREE {
            at = self.after(at);
        }
        self.slots[at] = number;
    }

    fn resize(&mut self, len: usize, hash_of: &impl Fn(u32) -> u32) {
        let slots = vec![FREE; len.max(LEAST)];
        for number in core::mem::replace(&mut self.slots, slots) {
            if number != FREE {
                self.put(number, hash_of(number));
            }
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_table_is_a_set(steps in prop::collection::vec((0u32..40, any::<bool>()), 0..400)) {
            // Hashes that meet at the end of the table and go around it, several numbers having each.
            let hash_of = |number: u32| (number % 4).wrapping_mul(0x3FFF_FFFF);
            let mut table = Table::new();
            let mut model: Vec<u32> = Vec::new();
            for (number, add) in steps {
                if add && !model.contains(&number) {
                    table.insert(number, hash_of);
                    model.push(number);
                } else if !add {
                    let held = model.iter().position(|&it| it == number);
                    prop_assert_eq!(table.remove(number, hash_of), held.is_some());
                    held.map(|at| model.swap_remove(at));
                }
                prop_assert_eq!(table.len(), model.len());
                for &number in &model {
                    prop_assert_eq!(table.find(hash_of(number), |other| other == number), Some(number));
                }
                prop_assert!(table.find(hash_of(number), |other| !model.contains(&other)).is_none());
            }
        }
    }

    #[test]
    fn a_table_that_is_emptied_shrinks() {
        let mut table = Table::new();
        (0..10_000).for_each(|number| table.insert(number, |number| number));
        assert!(table.bytes() >= 40_000);
        assert!((0..9_900).all(|number| table.remove(number, |number| number)));
        assert!(table.bytes() < 5_000);
        assert!(
            (9_900..10_000).all(|number| table.find(number, |other| other == number).is_some())
        );
    }
}
