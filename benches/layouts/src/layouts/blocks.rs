//! Chained blocks of one size: nothing ever fragments; what a value's last block does not fill is lost, and each block
//! spends four bytes on the next one.

use super::{Layout, note, put, word};

const NONE: u32 = u32::MAX;
/// In the first block: the length in bytes.
const HEAD: u32 = 4;
const LINK: u32 = 4;

pub struct Blocks {
    memory: Vec<u8>,
    size: u32,
    first_free: u32,
    free: u32,
    /// By id: the first block's offset.
    places: Vec<u32>,
}

impl Blocks {
    pub fn new(physical: usize, size: u32) -> Self {
        let blocks = physical as u32 / size;
        let mut memory = vec![0; physical];
        for block in 0..blocks {
            let next = if block + 1 == blocks { NONE } else { (block + 1) * size };
            put(&mut memory, block * size, next);
        }
        Self { memory, size, first_free: 0, free: blocks, places: Vec::new() }
    }

    fn take(&mut self) -> u32 {
        let block = self.first_free;
        self.first_free = word(&self.memory, block);
        self.free -= 1;
        block
    }
}

impl Layout for Blocks {
    fn insert(&mut self, id: u32, bytes: &[u8]) -> bool {
        let need = (bytes.len() as u32 + HEAD).div_ceil(self.size - LINK);
        if need > self.free {
            return false;
        }
        let first = self.take();
        note(&mut self.places, id, first);
        put(&mut self.memory, first + LINK, bytes.len() as u32);
        let (mut block, mut at, mut rest) = (first, LINK + HEAD, bytes);
        loop {
            let (here, more) = rest.split_at(rest.len().min((self.size - at) as usize));
            let start = (block + at) as usize;
            self.memory[start..start + here.len()].copy_from_slice(here);
            if more.is_empty() {
                break;
            }
            let next = self.take();
            put(&mut self.memory, block, next);
            (block, at, rest) = (next, LINK, more);
        }
        put(&mut self.memory, block, NONE);
        true
    }

    fn remove(&mut self, id: u32) {
        let first = self.places[id as usize];
        let mut last = first;
        self.free += 1;
        while word(&self.memory, last) != NONE {
            last = word(&self.memory, last);
            self.free += 1;
        }
        put(&mut self.memory, last, self.first_free);
        self.first_free = first;
    }

    fn read(&self, id: u32, into: &mut Vec<u8>) -> usize {
        let mut block = self.places[id as usize];
        let mut left = word(&self.memory, block + LINK) as usize;
        let (mut at, mut pieces) = (LINK + HEAD, 0);
        while left > 0 {
            let start = (block + at) as usize;
            let len = left.min((self.size - at) as usize);
            into.extend_from_slice(&self.memory[start..start + len]);
            left -= len;
            pieces += 1;
            (block, at) = (word(&self.memory, block), LINK);
        }
        pieces
    }

    fn memory(&self) -> usize {
        self.memory.len()
    }
}
