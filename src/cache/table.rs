//! A small hash table from 32-bit hashes to numbers, of which there may be several for one hash.
//!
//! Linear probing over pairs; what is removed leaves no mark, as those behind it move up. hashbrown was
//! here before: a group of tags is compared at once there, and 5 KB of code came with it for each kind
//! of use, where none of them is on the path of a hit.

use alloc::vec;
use alloc::vec::Vec;

/// Not a number that the table takes.
const FREE: u32 = u32::MAX;
const LEAST: usize = 8;

#[derive(Clone, Copy)]
struct Slot {
    hash: u32,
    number: u32,
}

/// Numbers below `u32::MAX` by hash.
pub(super) struct Table {
    /// As many as a power of two, or none.
    slots: Vec<Slot>,
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
        self.slots.len() * size_of::<Slot>()
    }

    /// The first number of a hash that is the right one; expected O(1).
    pub(super) fn find(&self, hash: u32, is: impl FnMut(u32) -> bool) -> Option<u32> {
        self.seek(hash, is).map(|at| self.slots[at].number)
    }

    /// Adds a number; amortised O(1).
    pub(super) fn insert(&mut self, hash: u32, number: u32) {
        if self.len * 4 >= self.slots.len() * 3 {
            self.grow();
        }
        self.put(Slot { hash, number });
        self.len += 1;
    }

    /// Removes a number: whether it was there. Expected O(1).
    pub(super) fn remove(&mut self, hash: u32, number: u32) -> bool {
        let Some(mut free) = self.seek(hash, |other| other == number) else { return false };
        let mut at = free;
        loop {
            at = self.after(at);
            let slot = self.slots[at];
            if slot.number == FREE {
                break;
            }
            // It moves up unless that would put it before its home.
            let mask = self.slots.len() - 1;
            if at.wrapping_sub(self.home(slot.hash)) & mask >= at.wrapping_sub(free) & mask {
                self.slots[free] = slot;
                free = at;
            }
        }
        self.slots[free].number = FREE;
        self.len -= 1;
        true
    }

    /// All numbers, in no order.
    #[cfg(feature = "auto")]
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.slots.iter().map(|slot| slot.number).filter(|&number| number != FREE)
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
            let slot = self.slots[at];
            if slot.number == FREE {
                return None;
            }
            if slot.hash == hash && is(slot.number) {
                return Some(at);
            }
            at = self.after(at);
        }
    }

    fn put(&mut self, slot: Slot) {
        let mut at = self.home(slot.hash);
        while self.slots[at].number != FREE {
            at = self.after(at);
        }
        self.slots[at] = slot;
    }

    fn grow(&mut self) {
        let slots = vec![Slot { hash: 0, number: FREE }; (self.slots.len() * 2).max(LEAST)];
        for slot in core::mem::replace(&mut self.slots, slots) {
            if slot.number != FREE {
                self.put(slot);
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
        fn a_table_is_a_list_of_pairs(steps in prop::collection::vec((0u32..4, 0u32..40, any::<bool>()), 0..400)) {
            let mut table = Table::new();
            let mut model: Vec<(u32, u32)> = Vec::new();
            for (hash, number, add) in steps {
                // Hashes that meet at the end of the table and go around it.
                let hash = hash.wrapping_mul(0x3FFF_FFFF);
                if add && !model.contains(&(hash, number)) {
                    table.insert(hash, number);
                    model.push((hash, number));
                } else if !add {
                    let held = model.iter().position(|&it| it == (hash, number));
                    prop_assert_eq!(table.remove(hash, number), held.is_some());
                    held.map(|at| model.swap_remove(at));
                }
                prop_assert_eq!(table.len(), model.len());
                for &(hash, number) in &model {
                    prop_assert_eq!(table.find(hash, |other| other == number), Some(number));
                }
                prop_assert!(table.find(hash, |other| !model.contains(&(hash, other))).is_none());
            }
        }
    }
}
