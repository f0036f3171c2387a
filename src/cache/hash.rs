//! The hash under which keys and the names of tags are kept, and their comparison.
//!
//! After Wang Yi's wyhash32 (published, in the public domain): each eight bytes are taken into a state of
//! two words, which are then multiplied with each other, and the halves of the product are the next
//! state. That is one multiplication of 32 by 32 bits, which WebAssembly has, where foldhash and most
//! others need 64 by 64, which it has not (foldhash was here before: 1.6 KB of code beside half of one).
//!
//! The state starts from the seed, which is never told to anybody, and the seed is added to every product
//! again: a factor that is zero, which wipes the state out in wyhash32, leaves the seed here, so what
//! follows hangs on the seed whatever came before. Whoever does not know the seed cannot choose keys
//! that collide, short of watching times; whoever could would make lookups slow and nothing else.
//!
//! Comparing goes by eight bytes too: `memcmp` on wasm32 is a call and a loop over bytes.

use super::random::Random;

/// A seeded hash of bytes.
#[derive(Clone, Copy)]
pub(super) struct Hash([u32; 2]);

impl Hash {
    pub(super) const fn new(seed: u64) -> Self {
        let seed = Random::new(seed).bits();
        Self([seed as u32, (seed >> 32) as u32])
    }

    /// O(bytes).
    pub(super) fn of(self, bytes: &[u8]) -> u32 {
        let mut state = self.0;
        let (words, rest) = bytes.as_chunks();
        for word in words {
            state = self.mix(state, u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            // The last eight bytes, or all there are.
            let last =
                bytes.last_chunk().map_or_else(|| gather(rest), |it| u64::from_le_bytes(*it));
            state = self.mix(state, last);
        }
        let [low, high] = self.mix(state, bytes.len() as u64);
        low ^ high
    }

    const fn mix(self, state: [u32; 2], word: u64) -> [u32; 2] {
        let low = state[0] ^ word as u32;
        let high = state[1] ^ (word >> 32) as u32;
        let product = low as u64 * high as u64;
        [self.0[0] ^ product as u32, self.0[1] ^ (product >> 32) as u32]
    }
}

fn gather(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

/// Whether both are the same bytes.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let Some((last, other)) = a.last_chunk::<8>().zip(b.last_chunk::<8>()) else {
        return gather(a) == gather(b);
    };
    let words = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
    last == other && words.into_iter().all(|(a, b)| a == b)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_similar_keys_spread() {
        for seed in [0, 1, u64::MAX] {
            let hash = Hash::new(seed);
            let mut all: Vec<u32> =
                (0..1 << 18).map(|i| hash.of(format!("user:{i}").as_bytes())).collect();
            let (mut low, mut high) = (vec![0u32; 256], vec![0u32; 256]);
            for it in &all {
                low[*it as usize & 255] += 1;
                high[(it >> 24) as usize] += 1;
            }
            // 1,024 each on average: a deviation of 6 standard deviations.
            assert!(low.iter().chain(&high).all(|&count| count.abs_diff(1_024) < 192));
            all.sort_unstable();
            all.dedup();
            assert!((1 << 18) - all.len() < 30, "8 collisions are to be expected");
        }
    }

    #[test]
    fn each_bit_and_the_length_matter() {
        let hash = Hash::new(7);
        let mut seen = std::collections::HashSet::new();
        for len in 0..40 {
            let mut bytes = vec![0; len];
            assert!(seen.insert(hash.of(&bytes)));
            for bit in 0..len * 8 {
                bytes[bit / 8] ^= 1 << (bit % 8);
                assert!(seen.insert(hash.of(&bytes)));
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
        }
        assert_ne!(Hash::new(8).of(b"key"), hash.of(b"key"));
    }

    #[test]
    fn no_word_wipes_the_seed_out() {
        // Both words that make a factor zero, then the same text: were the state lost, the seed would not matter.
        let after = |seed: u64| {
            let hash = Hash::new(seed);
            let [low, high] = hash.0.map(u32::to_le_bytes);
            let wiped = [low, [0; 4], [0; 4], high, *b"same", *b"text"].concat();
            assert_ne!(hash.of(&wiped[8..]), hash.of(&wiped));
            hash.of(&wiped)
        };
        let hashes: std::collections::HashSet<u32> = (0..1_000).map(after).collect();
        assert_eq!(hashes.len(), 1_000);
    }

    #[test]
    fn the_seed_decides_who_collides() {
        let keys: Vec<String> = (0..1 << 14).map(|i| format!("user:{i}")).collect();
        let buckets = |seed| {
            keys.iter().map(|key| Hash::new(seed).of(key.as_bytes()) & 1023).collect::<Vec<_>>()
        };
        let (one, other) = (buckets(1), buckets(2));
        // Of 16,384 pairs one in 1,024 meets by chance.
        let met = one
            .windows(2)
            .zip(other.windows(2))
            .filter(|(a, b)| a[0] == a[1] && b[0] == b[1])
            .count();
        let same = one.iter().zip(&other).filter(|(a, b)| a == b).count();
        assert!(met < 3 && same < 40, "{met} {same}");
    }

    #[test]
    fn bytes_are_the_same_if_all_are() {
        for len in 0..40 {
            let a: Vec<u8> = (0..len).collect();
            assert!(same(&a, &a.clone()));
            for at in 0..a.len() {
                let mut b = a.clone();
                b[at] ^= 128;
                assert!(!same(&a, &b));
                assert!(!same(&a, &a[..at]));
            }
        }
    }
}
