//! A count-min sketch: about how often each hash was met lately, in four counters of four bits.
//!
//! A word holds sixteen counters; each of a hash's four lies in a word of its own, in a nibble of its
//! own, and the smallest of them is the estimate: it is never too low, and stops at 15. When ten
//! times as many hashes were counted as there are entries, all counters are halved, so that what was
//! popular once is forgotten: O(n) once in 10 n calls. One word, 8 bytes, for each entry, and never
//! less than 8 KiB: a hash of a small cache competes with all those that pass through it.
//!
//! Cormode, Muthukrishnan: "An improved data stream summary" (2005); Einziger, Friedman, Manes:
//! "TinyLFU" (ACM ToS 2017).

const MIN_WORDS: usize = 1024;
/// Halved after so many counts for each entry.
const SAMPLE: usize = 10;
const MIN_ENTRIES: usize = 8;
/// The highest bit of each counter.
const TOPS: u64 = 0x8888_8888_8888_8888;
const MULTIPLIERS: [u32; 4] = [0x9E37_79B1, 0x85EB_CA77, 0xC2B2_AE3D, 0x27D4_EB2F];

/// Estimates by hash.
pub(super) struct Sketch {
    words: Vec<u64>,
    /// Hashes counted since the last halving.
    counted: usize,
}

impl Sketch {
    pub(super) const fn new() -> Self {
        Self { words: Vec::new(), counted: 0 }
    }

    /// Counts a hash, in a cache of so many entries; amortised O(1).
    pub(super) fn add(&mut self, hash: u32, entries: usize) {
        if self.words.len() < entries.max(MIN_WORDS) {
            self.grow(entries.max(MIN_WORDS).next_power_of_two());
        }
        let mut counted = false;
        for row in 0..4 {
            let (at, shift) = self.place(hash, row);
            if self.words[at] >> shift & 15 < 15 {
                self.words[at] += 1 << shift;
                counted = true;
            }
        }
        self.counted += usize::from(counted);
        if self.counted >= SAMPLE * entries.max(MIN_ENTRIES) {
            self.halve();
        }
    }

    /// About how often a hash was counted, from 0 to 15; O(1).
    pub(super) fn estimate(&self, hash: u32) -> u32 {
        let mut least = 15;
        for row in 0..4 {
            let (at, shift) = self.place(hash, row);
            let word = self.words.get(at).copied().unwrap_or(0);
            least = least.min((word >> shift & 15) as u32);
        }
        least
    }

    /// What the table takes of memory; O(1).
    pub(super) const fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }

    /// The word, and the bit in it, at which a hash's counter of a row begins.
    fn place(&self, hash: u32, row: usize) -> (usize, usize) {
        let mixed = (hash ^ hash >> 15).wrapping_mul(MULTIPLIERS[row]);
        let mixed = (mixed ^ mixed >> 16) as usize;
        (mixed & self.words.len().wrapping_sub(1), (row * 4 + (mixed >> 30)) * 4)
    }

    fn halve(&mut self) {
        for word in &mut self.words {
            *word = *word >> 1 & !TOPS;
        }
        self.counted = 0;
    }

    /// Starts anew: what was counted while the cache was half as large is forgotten. (Keeping it, by
    /// copying the table into both halves, lost 0.2 points on average.)
    fn grow(&mut self, words: usize) {
        (self.words, self.counted) = (vec![0; words], 0);
    }
}
