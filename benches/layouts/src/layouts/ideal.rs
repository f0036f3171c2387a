//! No layout at all: counts bytes, as if they packed perfectly.

use super::{Layout, note};

pub struct Ideal {
    lens: Vec<u32>,
    held: usize,
    bound: usize,
}

impl Ideal {
    pub fn new(bound: usize) -> Self {
        Self { lens: Vec::new(), held: 0, bound }
    }
}

impl Layout for Ideal {
    fn insert(&mut self, id: u32, bytes: &[u8]) -> bool {
        if self.held + bytes.len() > self.bound {
            return false;
        }
        self.held += bytes.len();
        note(&mut self.lens, id, bytes.len() as u32);
        true
    }

    fn remove(&mut self, id: u32) {
        self.held -= self.lens[id as usize] as usize;
    }

    fn read(&self, _: u32, _: &mut Vec<u8>) -> usize {
        1
    }

    fn memory(&self) -> usize {
        self.bound
    }
}
