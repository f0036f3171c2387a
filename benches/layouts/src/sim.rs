//! Exact LRU over a layout, and what it counts.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::layouts::Layout;
use crate::workloads::Op;

const NONE: u32 = u32::MAX;

/// Keys are numbers of our own making: one multiplication spreads them.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are u64");
    }
    fn write_u64(&mut self, key: u64) {
        let product = u128::from(key ^ 0x243F_6A88_85A3_08D3) * 0x9E37_79B9_7F4A_7C15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }
}

struct Entry {
    key: u64,
    len: u32,
    newer: u32,
    older: u32,
}

#[derive(Default)]
pub struct Counts {
    gets: u64,
    hits: u64,
    pieces: u64,
    inserted: u64,
    pub evictions: u64,
    refusals: u64,
    /// Sum and minimum, over the refusals, of what would have been held as a share of the memory.
    payload_sum: f64,
    payload_least: f64,
    most_copied: u64,
}

/// A cache: an index, a list from the least to the most recent, and a layout for the bytes.
pub struct Sim {
    layout: Box<dyn Layout>,
    physical: usize,
    index: HashMap<u64, u32, BuildHasherDefault<Spread>>,
    entries: Vec<Entry>,
    free: Vec<u32>,
    newest: u32,
    oldest: u32,
    payload: u64,
    source: Vec<u8>,
    read: Vec<u8>,
    pub counts: Counts,
}

impl Sim {
    pub fn new(layout: Box<dyn Layout>, physical: usize) -> Self {
        Self {
            layout,
            physical,
            index: HashMap::default(),
            entries: Vec::new(),
            free: Vec::new(),
            newest: NONE,
            oldest: NONE,
            payload: 0,
            source: vec![0xA5; physical / 4 + 8],
            read: Vec::new(),
            counts: Counts { payload_least: f64::MAX, ..Counts::default() },
        }
    }

    pub fn run(&mut self, op: Op) {
        let before = self.layout.copied();
        match op {
            Op::Get(key, len) => {
                self.counts.gets += 1;
                match self.index.get(&key) {
                    Some(&id) => self.hit(id),
                    None => self.insert(key, len),
                }
            }
            Op::Set(key, len) => {
                self.delete(key);
                self.insert(key, len);
            }
            Op::Delete(key) => self.delete(key),
        }
        self.counts.most_copied = self.counts.most_copied.max(self.layout.copied() - before);
    }

    fn hit(&mut self, id: u32) {
        self.counts.hits += 1;
        self.unlink(id);
        self.link(id);
        self.read.clear();
        self.counts.pieces += self.layout.read(id, &mut self.read) as u64;
        let entry = &self.entries[id as usize];
        if !self.read.is_empty() {
            assert_eq!(self.read.len(), entry.len as usize, "an entry lost bytes");
            assert_eq!(self.read[..8], entry.key.to_le_bytes(), "an entry is another");
            assert_eq!(self.read[entry.len as usize - 8..], entry.key.to_le_bytes());
        }
    }

    fn insert(&mut self, key: u64, len: u32) {
        if len as usize > self.physical / 4 {
            return;
        }
        let id = self.free.pop().unwrap_or(self.entries.len() as u32);
        self.stamp(key, len);
        let mut refused = false;
        while !self.layout.insert(id, &self.source[..len as usize]) {
            if !refused {
                self.note_refusal(len);
            }
            refused = true;
            let victim = self.oldest;
            assert_ne!(victim, NONE, "an empty layout refuses");
            self.remove(victim);
            self.counts.evictions += 1;
        }
        self.counts.inserted += u64::from(len);
        self.payload += u64::from(len);
        let entry = Entry { key, len, newer: NONE, older: NONE };
        match self.entries.get_mut(id as usize) {
            Some(slot) => *slot = entry,
            None => {
                // Victims freed ids above, but this one was taken first.
                self.entries.push(entry);
            }
        }
        self.index.insert(key, id);
        self.link(id);
    }

    /// The bytes say whose they are at both ends, so that a read can be checked.
    fn stamp(&mut self, key: u64, len: u32) {
        self.source[..8].copy_from_slice(&key.to_le_bytes());
        self.source[len as usize - 8..len as usize].copy_from_slice(&key.to_le_bytes());
    }

    fn note_refusal(&mut self, len: u32) {
        let memory = self.layout.memory().max(self.physical);
        let share = (self.payload + u64::from(len)) as f64 / memory as f64;
        self.counts.refusals += 1;
        self.counts.payload_sum += share;
        self.counts.payload_least = self.counts.payload_least.min(share);
    }

    fn delete(&mut self, key: u64) {
        if let Some(&id) = self.index.get(&key) {
            self.remove(id);
        }
    }

    fn remove(&mut self, id: u32) {
        self.layout.remove(id);
        self.unlink(id);
        let entry = &self.entries[id as usize];
        self.payload -= u64::from(entry.len);
        self.index.remove(&entry.key);
        self.free.push(id);
    }

    fn unlink(&mut self, id: u32) {
        let Entry { newer, older, .. } = self.entries[id as usize];
        match newer {
            NONE => self.newest = older,
            _ => self.entries[newer as usize].older = older,
        }
        match older {
            NONE => self.oldest = newer,
            _ => self.entries[older as usize].newer = newer,
        }
    }

    fn link(&mut self, id: u32) {
        let older = self.newest;
        let entry = &mut self.entries[id as usize];
        (entry.newer, entry.older) = (NONE, older);
        match older {
            NONE => self.oldest = id,
            _ => self.entries[older as usize].newer = id,
        }
        self.newest = id;
    }

    pub fn report(&self, ideal: u64) -> String {
        let counts = &self.counts;
        let share = |part: u64, of: u64| part as f64 / of.max(1) as f64;
        format!(
            "{:.2} | {:+.1} % | {:.1} | {:.1} | {:.0} | {:.2} | {} KiB | {:.1}",
            100.0 * share(counts.hits, counts.gets),
            100.0 * (counts.evictions as f64 / ideal.max(1) as f64 - 1.0),
            100.0 * counts.payload_sum / counts.refusals.max(1) as f64,
            100.0 * if counts.refusals == 0 { 0.0 } else { counts.payload_least },
            100.0 * self.layout.memory() as f64 / self.physical as f64,
            share(self.layout.copied(), counts.inserted),
            counts.most_copied >> 10,
            share(counts.pieces, counts.hits),
        )
    }
}
