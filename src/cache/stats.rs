//! What a cache has done and what it holds.

/// Counts since the cache was made, and its present size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Reads that found a value.
    pub hits: u64,
    /// Reads that found none.
    pub misses: u64,
    /// Writes that stored a value, increments among them.
    pub sets: u64,
    /// Entries removed by name or by pattern.
    pub deletes: u64,
    /// Writes refused because the entry costs more than the bound for one entry.
    pub rejections: u64,
    /// Live entries removed to make room.
    pub evictions: u64,
    /// Entries removed because their deadline had come.
    pub expirations: u64,
    /// Entries removed because one of their tags was invalidated.
    pub invalidations: u64,
    /// Entries held, among them those whose deadline has come and that nobody met yet.
    pub entries: u64,
    /// What they cost together, in bytes.
    pub bytes: u64,
}
