//! A trace through a cache.

use std::fmt;

use isocache::cache::{Cache, Options, PolicyKind, Ttl, Value};

use super::trace::Request;

/// What bounds the cache.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    Entries(u64),
    Bytes(u64),
}

/// How to replay.
#[derive(Clone, Copy, Debug)]
pub struct Replay {
    pub policy: PolicyKind,
    /// Whether an object costs more than its size.
    pub overhead: bool,
    /// Of the cache: what is kept in sketches and samples depends on it.
    pub seed: u64,
}

impl Default for Replay {
    fn default() -> Self {
        Self { policy: PolicyKind::Lru, overhead: true, seed: 42 }
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    pub requests: u64,
    pub misses: u64,
    pub bytes: u64,
    pub miss_bytes: u64,
}

impl Outcome {
    pub fn hit_ratio(&self) -> f64 {
        1.0 - self.misses as f64 / self.requests as f64
    }

    pub fn byte_hit_ratio(&self) -> f64 {
        1.0 - self.miss_bytes as f64 / self.bytes as f64
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, misses, bytes, miss_bytes } = self;
        writeln!(f, "requests           {requests}, of which {misses} missed")?;
        writeln!(f, "bytes              {bytes}, of which {miss_bytes} missed")?;
        writeln!(f, "request hit ratio  {:.4}", self.hit_ratio())?;
        write!(f, "byte hit ratio     {:.4}", self.byte_hit_ratio())
    }
}

impl Replay {
    /// Every request is a get; one that misses is a set of its key. Without overhead a value is a
    /// number, which stands for as many bytes.
    pub fn run(&self, requests: &[Request], bound: Bound) -> Outcome {
        let mut cache = Cache::new(self.options(bound), self.seed).expect("the bound is not 0");
        let mut outcome = Outcome::default();
        let zeros = vec![0; largest(requests)];
        for request in requests {
            let size = u64::from(request.size);
            outcome.requests += 1;
            outcome.bytes += size;
            let key = request.key.to_le_bytes();
            if cache.get(&key, 0).is_some() {
                continue;
            }
            outcome.misses += 1;
            outcome.miss_bytes += size;
            let charged = self.overhead && matches!(bound, Bound::Bytes(_));
            let bytes = &zeros[..request.size as usize];
            let value = if charged { Value::bytes(bytes) } else { Value::Number(size as f64) };
            cache.set(&key, value, Ttl::Never, 0).expect("the key is short");
        }
        outcome
    }

    fn options(&self, bound: Bound) -> Options {
        let options = Options {
            max_bytes: u64::MAX >> 1,
            max_entry_bytes: Some(u64::MAX),
            policy: self.policy,
            bare: !self.overhead,
            ..Options::default()
        };
        match bound {
            Bound::Entries(entries) => Options { max_entries: entries as u32, ..options },
            Bound::Bytes(bytes) => Options { max_bytes: bytes, ..options },
        }
    }
}

fn largest(requests: &[Request]) -> usize {
    requests.iter().map(|request| request.size as usize).max().unwrap_or(0)
}
