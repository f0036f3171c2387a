//! The checksum: 64 bits, eight bytes at a time.
//!
//! Each step maps the state one to one for a given word, and two words to different states for a
//! given state. So damage within eight bytes that stand in one word is always found, a flipped bit
//! among it, and any other is missed once in 2^64. It protects against accidents, not against forgery: nothing
//! here relies on it but the promise that damage is an error. CRC-32 without a large table reads a
//! nibble at a time, 17 times slower; XXH64 and its kin are several times the code.

const START: u64 = 0x9E37_79B9_7F4A_7C15;
const FACTOR: u64 = 0xD6E8_FEB8_6659_FD93;
const WORD: usize = 8;

/// The checksum of the bytes added so far.
#[derive(Clone)]
pub(super) struct Checksum {
    state: u64,
    /// Bytes that do not fill a word yet, the first one lowest.
    word: u64,
    len: u64,
}

impl Checksum {
    pub(super) const fn new() -> Self {
        Self { state: START, word: 0, len: 0 }
    }

    /// How many bytes were added.
    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        let waiting = (self.len % WORD as u64) as usize;
        let to_fill = (WORD - waiting) % WORD;
        let (first, rest) = bytes.split_at(to_fill.min(bytes.len()));
        first.iter().for_each(|&byte| self.add_byte(byte));
        let (words, last) = rest.as_chunks::<WORD>();
        for &word in words {
            self.state = step(self.state, u64::from_le_bytes(word));
        }
        self.len += (words.len() * WORD) as u64;
        last.iter().for_each(|&byte| self.add_byte(byte));
    }

    fn add_byte(&mut self, byte: u8) {
        let at = self.len % WORD as u64;
        self.word |= u64::from(byte) << (8 * at);
        self.len += 1;
        if at == WORD as u64 - 1 {
            self.state = step(self.state, self.word);
            self.word = 0;
        }
    }

    /// The last word is filled up with zeros; the length tells it from one that ends in them.
    pub(super) const fn value(&self) -> u64 {
        step(step(self.state, self.word), self.len)
    }
}

const fn step(state: u64, word: u64) -> u64 {
    let product = (state ^ word).wrapping_mul(FACTOR);
    product ^ product >> 32
}
