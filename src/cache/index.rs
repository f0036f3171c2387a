//! From a key's hash to the place of its entry: linear hashing over buckets of one cache line.
//!
//! A bucket holds twelve places, and of each hash eight bits that its number does not show; a lookup
//! reads one line of the index and then, almost always, only the entry it looks for. The table grows and
//! shrinks by one bucket at a time (Litwin, VLDB 1980): no moment at which everything is copied, no
//! doubled table that linear memory would keep. What does not fit into a bucket goes to an overflow
//! bucket behind it; at seven entries a bucket on average few have one.
//!
//! hashbrown's table, which was here before, reads two lines and doubles (docs/design.md). Nothing of
//! a key is kept here: when a bucket is split, hashes are made anew from the keys, which its entries'
//! lines hold anyway.

use super::pages::Pages;
use super::records::Records;

const SLOTS: usize = 12;
const NONE: u32 = u32::MAX;
/// Entries a bucket, on average, above which the table grows and far below which it shrinks.
const LOAD: u32 = 7;

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Bucket {
    places: [u32; SLOTS],
    /// 0: the slot is free.
    tags: [u8; SLOTS],
    /// The overflow bucket, or the next free one.
    next: u32,
}

impl Bucket {
    const EMPTY: Self = Self { places: [NONE; SLOTS], tags: [0; SLOTS], next: NONE };

    fn is_empty(&self) -> bool {
        self.tags == [0; SLOTS]
    }

    /// Which slots have this tag, a bit each: all at once, because a branch for each is guessed wrong too
    /// often. Behind a right one the next may be wrong (the subtraction borrows): whoever asks compares keys.
    #[inline(always)]
    fn matches(&self, tag: u8) -> u32 {
        const ONES: u64 = 0x0101_0101_0101_0101;
        let [a, b, c, d, e, f, g, h, i, j, k, l] = self.tags;
        let pattern = u64::from(tag) * ONES;
        let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
        // The highest bits of all bytes, side by side.
        let gather = |word: u64| (word.wrapping_mul(0x0002_0408_1020_4081) >> 56) as u32;
        let low = zeros(u64::from_le_bytes([a, b, c, d, e, f, g, h]) ^ pattern);
        let high = zeros(u64::from(u32::from_le_bytes([i, j, k, l])) ^ pattern);
        gather(low) | (gather(high) & 15) << 8
    }
}

/// Where a bucket lies.
#[derive(Clone, Copy)]
enum At {
    Main(u32),
    Overflow(u32),
}

/// Hash to place; the keys stay with the records.
pub(super) struct Index {
    main: Pages<Bucket>,
    /// One less than the next power of two at or above the number of buckets.
    mask: u32,
    overflow: Pages<Bucket>,
    first_free: u32,
    len: u32,
    /// The places of a bucket that is being split or merged.
    moving: Vec<u32>,
}

impl Index {
    pub(super) fn new() -> Self {
        let mut main = Pages::new();
        main.push(Bucket::EMPTY);
        Self { main, mask: 0, overflow: Pages::new(), first_free: NONE, len: 0, moving: Vec::new() }
    }

    /// What the index occupies, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.main.bytes() + self.overflow.bytes()
    }

    /// The number of a hash's bucket.
    #[inline(always)]
    const fn number(&self, hash: u32) -> u32 {
        let number = hash & self.mask;
        if number < self.main.len() { number } else { number & (self.mask >> 1) }
    }

    /// The place of the entry with this key; expected O(1).
    pub(super) fn find(&self, records: &Records, hash: u32, key: &[u8]) -> Option<u32> {
        let tag = tag(hash);
        let mut bucket = self.main.get(self.number(hash));
        loop {
            let mut found = bucket.matches(tag);
            while found != 0 {
                let place = bucket.places[found.trailing_zeros() as usize];
                if place != NONE && records.key_is(place, key) {
                    return Some(place);
                }
                found &= found - 1;
            }
            if bucket.next == NONE {
                return None;
            }
            bucket = self.overflow.get(bucket.next);
        }
    }

    /// Adds the place of an entry; expected O(1).
    pub(super) fn insert(&mut self, records: &Records, hash: u32, place: u32) {
        self.put(hash, place);
        self.len += 1;
        if self.len > self.main.len() * LOAD {
            self.grow(records);
        }
    }

    /// Forgets an entry; expected O(1).
    pub(super) fn remove(&mut self, records: &Records, hash: u32, place: u32) {
        let Some((at, slot, before)) = self.seek(hash, place) else { return };
        let bucket = self.bucket(at);
        (bucket.tags[slot], bucket.places[slot]) = (0, NONE);
        if bucket.is_empty() {
            self.unlink(at, before);
        }
        self.len -= 1;
        if self.main.len() > 1 && self.len < (self.main.len() - 1) * LOAD / 2 {
            self.shrink(records);
        }
    }

    /// An entry moved; expected O(1).
    pub(super) fn relocate(&mut self, hash: u32, from: u32, to: u32) {
        if let Some((at, slot, _)) = self.seek(hash, from) {
            self.bucket(at).places[slot] = to;
        }
    }

    fn bucket(&mut self, at: At) -> &mut Bucket {
        match at {
            At::Main(number) => self.main.get_mut(number),
            At::Overflow(number) => self.overflow.get_mut(number),
        }
    }

    /// The bucket and slot of a place, and the bucket before it.
    fn seek(&mut self, hash: u32, place: u32) -> Option<(At, usize, At)> {
        let tag = tag(hash);
        let mut at = At::Main(self.number(hash));
        let mut before = at;
        loop {
            let bucket = self.bucket(at);
            let slot = (0..SLOTS).find(|&i| bucket.places[i] == place && bucket.tags[i] == tag);
            if let Some(slot) = slot {
                return Some((at, slot, before));
            }
            if bucket.next == NONE {
                return None;
            }
            before = at;
            at = At::Overflow(bucket.next);
        }
    }

    fn put(&mut self, hash: u32, place: u32) {
        let mut at = At::Main(self.number(hash));
        loop {
            let bucket = self.bucket(at);
            if let Some(slot) = bucket.tags.iter().position(|&tag| tag == 0) {
                (bucket.tags[slot], bucket.places[slot]) = (tag(hash), place);
                return;
            }
            let next = match bucket.next {
                NONE => self.extend(at),
                next => next,
            };
            at = At::Overflow(next);
        }
    }

    /// Hangs an overflow bucket behind another.
    fn extend(&mut self, at: At) -> u32 {
        let number = match self.first_free {
            NONE => self.overflow.push(Bucket::EMPTY),
            free => {
                let bucket = self.overflow.get_mut(free);
                self.first_free = bucket.next;
                *bucket = Bucket::EMPTY;
                free
            }
        };
        self.bucket(at).next = number;
        number
    }

    /// Gives an empty overflow bucket back.
    fn unlink(&mut self, at: At, before: At) {
        let At::Overflow(number) = at else { return };
        let next = core::mem::replace(&mut self.overflow.get_mut(number).next, self.first_free);
        self.first_free = number;
        self.bucket(before).next = next;
        if self.first_free + 1 == self.overflow.len() && self.overflow_is_free() {
            (self.overflow, self.first_free) = (Pages::new(), NONE);
        }
    }

    /// Whether no bucket has another behind it. Asked only when the last one was given back.
    fn overflow_is_free(&self) -> bool {
        let mut free = 0;
        let mut at = self.first_free;
        while at != NONE {
            free += 1;
            at = self.overflow.get(at).next;
            if free > 64 {
                return false;
            }
        }
        free == self.overflow.len()
    }

    /// Empties a chain of buckets into `moving`.
    fn take(&mut self, number: u32) {
        let mut at = At::Main(number);
        loop {
            let bucket = self.bucket(at);
            let next = core::mem::replace(&mut bucket.next, NONE);
            let full = (0..SLOTS).filter(|&slot| bucket.tags[slot] != 0);
            let places: [u32; SLOTS] = bucket.places;
            let full: u16 = full.fold(0, |set, slot| set | 1 << slot);
            (bucket.tags, bucket.places) = ([0; SLOTS], [NONE; SLOTS]);
            self.moving.extend((0..SLOTS).filter(|slot| full >> slot & 1 == 1).map(|i| places[i]));
            if let At::Overflow(number) = at {
                self.overflow.get_mut(number).next = self.first_free;
                self.first_free = number;
            }
            if next == NONE {
                return;
            }
            at = At::Overflow(next);
        }
    }

    /// Puts what was taken where it belongs now.
    fn put_moving(&mut self, records: &Records) {
        while let Some(place) = self.moving.pop() {
            self.put(records.hash_at(place), place);
        }
    }

    /// One bucket more: the one that it shares its entries with is divided.
    fn grow(&mut self, records: &Records) {
        let fresh = self.main.len();
        self.take(self.number(fresh));
        self.main.push(Bucket::EMPTY);
        self.set_mask();
        self.put_moving(records);
    }

    const fn set_mask(&mut self) {
        self.mask = self.main.len().next_power_of_two() - 1;
    }

    /// One bucket less: its entries go to the one that it shared them with.
    fn shrink(&mut self, records: &Records) {
        self.take(self.main.len() - 1);
        self.main.pop();
        self.set_mask();
        self.put_moving(records);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    pub(super) fn len(&self) -> usize {
        self.len as usize
    }
}

/// Eight bits of a hash that do not choose the bucket, never 0.
const fn tag(hash: u32) -> u8 {
    let tag = (hash >> 24) as u8;
    if tag == 0 { 1 } else { tag }
}
