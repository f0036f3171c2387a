//! What the benchmarks share: keys, who is asked for, and caches that are full.

use isocache::cache::{Cache, Options, PolicyKind, Ttl, Value};

/// Milliseconds; it moves only where a benchmark is about time.
pub const NOW: u64 = 1_700_000_000_000;
/// What is stored under each key: 40 bytes, which is small and usual.
pub const VALUE: &[u8] = &[7; 40];

/// A key of 29 characters, as those of the JavaScript benchmarks.
pub fn key(i: u32) -> [u8; 29] {
    let mut key = *b"tenant:0042:user:000000000000";
    let mut rest = i;
    for digit in key[17..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    key
}

/// A fast and repeatable source of numbers (xorshift64*).
pub struct Random(u64);

impl Random {
    /// The same seed gives the same numbers; 0 is taken for 1.
    pub fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// Any 32 bits.
    pub fn word(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }

    /// From 0 (included) to 1.
    pub fn share(&mut self) -> f64 {
        f64::from(self.word()) / 4_294_967_296.0
    }

    /// Below `n`, each as often.
    pub fn below(&mut self, n: u32) -> u32 {
        (self.share() * f64::from(n)) as u32
    }
}

/// Indexes below `n` with popularity 1 / rank (Zipf's law), by inverting the continuous
/// distribution; drawn ahead, so that drawing them is not measured.
pub fn zipf(n: u32, count: usize, random: &mut Random) -> Vec<u32> {
    let top = f64::from(n);
    (0..count)
        .map(|_| {
            let rank = top.powf(random.share()) as u32; // from 1 to n
            // Ranks are scattered over the keys, as they are in earnest.
            (u64::from(rank).wrapping_mul(2_654_435_761) % u64::from(n)) as u32
        })
        .collect()
}

/// Indexes below `n`, each as often.
pub fn uniform(n: u32, count: usize, random: &mut Random) -> Vec<u32> {
    (0..count).map(|_| random.below(n)).collect()
}

/// An empty cache for at most `entries`; bytes do not bound it.
pub fn empty(entries: u32, policy: PolicyKind) -> Cache {
    let options =
        Options { max_bytes: 1 << 40, max_entries: entries, policy, ..Options::default() };
    Cache::new(options, 42).expect("the options are valid")
}

/// A cache with the keys below `entries`, which is all that it may hold.
pub fn full(entries: u32, policy: PolicyKind, ttl: Ttl) -> Cache {
    let mut cache = empty(entries, policy);
    for i in 0..entries {
        set(&mut cache, i, ttl);
    }
    cache
}

/// Stores [`VALUE`] under a key.
pub fn set(cache: &mut Cache, i: u32, ttl: Ttl) -> bool {
    cache.set(&key(i), Value::bytes(VALUE), ttl, NOW).unwrap_or(false)
}
