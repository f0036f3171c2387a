//! Two-level segregated fit with coalescing, over offsets: constant time, one piece for each entry, and holes.
//!
//! A block starts with its size (lowest bit: free) and the size of the block before it; a free one goes on with its
//! neighbours in its list. Lists are by size: a power of two, cut into 32.

use super::{Layout, note, put, word};

const NONE: u32 = u32::MAX;
const HEADER: u32 = 8;
const LEAST: u32 = 16;
const FREE: u32 = 1;
const CUTS: u32 = 32;

pub struct Tlsf {
    memory: Vec<u8>,
    end: u32,
    powers: u32,
    cuts: [u32; 32],
    heads: [[u32; CUTS as usize]; 32],
    /// By id: the block, and the length in bytes (which the record would hold).
    places: Vec<(u32, u32)>,
}

/// The list of blocks of a size.
fn list(size: u32) -> (usize, usize) {
    let power = size.ilog2();
    let cut = if power >= 5 { size >> (power - 5) } else { size << (5 - power) };
    (power as usize, (cut & (CUTS - 1)) as usize)
}

impl Tlsf {
    pub fn new(physical: usize) -> Self {
        let end = physical as u32 & !7;
        let mut tlsf = Self {
            memory: vec![0; physical],
            end,
            powers: 0,
            cuts: [0; 32],
            heads: [[NONE; CUTS as usize]; 32],
            places: Vec::new(),
        };
        tlsf.put_free(0, end, 0);
        tlsf
    }

    fn size(&self, block: u32) -> u32 {
        word(&self.memory, block) & !FREE
    }

    fn is_free(&self, block: u32) -> bool {
        block < self.end && word(&self.memory, block) & FREE != 0
    }

    fn put_free(&mut self, block: u32, size: u32, before: u32) {
        let (power, cut) = list(size);
        let head = self.heads[power][cut];
        put(&mut self.memory, block, size | FREE);
        put(&mut self.memory, block + 4, before);
        put(&mut self.memory, block + 8, head);
        put(&mut self.memory, block + 12, NONE);
        if head != NONE {
            put(&mut self.memory, head + 12, block);
        }
        self.heads[power][cut] = block;
        self.powers |= 1 << power;
        self.cuts[power] |= 1 << cut;
        self.tell_next(block, size);
    }

    fn tell_next(&mut self, block: u32, size: u32) {
        if block + size < self.end {
            put(&mut self.memory, block + size + 4, size);
        }
    }

    fn take_free(&mut self, block: u32) {
        let (power, cut) = list(self.size(block));
        let (next, previous) = (word(&self.memory, block + 8), word(&self.memory, block + 12));
        if next != NONE {
            put(&mut self.memory, next + 12, previous);
        }
        if previous != NONE {
            put(&mut self.memory, previous + 8, next);
            return;
        }
        self.heads[power][cut] = next;
        if next == NONE {
            self.cuts[power] &= !(1 << cut);
            if self.cuts[power] == 0 {
                self.powers &= !(1 << power);
            }
        }
    }

    /// A free block of at least `size`: from the first list all of whose blocks are large enough.
    fn find(&self, size: u32) -> Option<u32> {
        let power = size.ilog2();
        let step = if power >= 5 { (1 << (power - 5)) - 1 } else { 0 };
        let (power, cut) = list(size + step);
        let cuts = self.cuts[power] & (u32::MAX << cut);
        if cuts != 0 {
            return Some(self.heads[power][cuts.trailing_zeros() as usize]);
        }
        let powers = self.powers & (u32::MAX << 1 << power);
        (powers != 0).then(|| {
            let power = powers.trailing_zeros() as usize;
            self.heads[power][self.cuts[power].trailing_zeros() as usize]
        })
    }
}

impl Layout for Tlsf {
    fn insert(&mut self, id: u32, bytes: &[u8]) -> bool {
        let need = (bytes.len() as u32 + HEADER).next_multiple_of(8).max(LEAST);
        let Some(block) = self.find(need) else { return false };
        self.take_free(block);
        let size = self.size(block);
        let taken = if size - need >= LEAST { need } else { size };
        put(&mut self.memory, block, taken);
        self.tell_next(block, taken);
        if taken < size {
            self.put_free(block + taken, size - taken, taken);
        }
        let start = (block + HEADER) as usize;
        self.memory[start..start + bytes.len()].copy_from_slice(bytes);
        note(&mut self.places, id, (block, bytes.len() as u32));
        true
    }

    fn remove(&mut self, id: u32) {
        let (mut block, _) = self.places[id as usize];
        let mut size = self.size(block);
        if self.is_free(block + size) {
            self.take_free(block + size);
            size += self.size(block + size);
        }
        let before = word(&self.memory, block + 4);
        if before != 0 && self.is_free(block - before) {
            self.take_free(block - before);
            block -= before;
            size += before;
        }
        let before = if block == 0 { 0 } else { word(&self.memory, block + 4) };
        self.put_free(block, size, before);
    }

    fn read(&self, id: u32, into: &mut Vec<u8>) -> usize {
        let (block, len) = self.places[id as usize];
        let start = (block + HEADER) as usize;
        into.extend_from_slice(&self.memory[start..start + len as usize]);
        1
    }

    fn memory(&self) -> usize {
        self.memory.len()
    }
}
