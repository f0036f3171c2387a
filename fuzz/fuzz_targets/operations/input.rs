//! What a fuzzer may choose: bounds of a cache, and operations on it.

use arbitrary::Arbitrary;
use isocache::cache::{Options, PolicyKind, Ttl};

use crate::model::Written;

#[derive(Arbitrary, Clone, Debug)]
pub enum Held {
    Number(i16),
    Short(u8),
    Long {
        kind: u8,
        len: u16,
    },
    Reference(u16),
    /// As large as a cache may be.
    Huge(u8),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Life {
    Default,
    Never,
    After(u8),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Which {
    Always,
    IfAbsent,
    IfPresent,
}

#[derive(Arbitrary, Clone, Debug)]
pub struct How {
    pub life: Life,
    pub tags: [Option<u8>; 3],
    pub stale_ms: Option<u8>,
    pub keep_ttl: bool,
    pub modified: Option<u32>,
    pub only: Which,
}

#[derive(Arbitrary, Debug)]
pub enum Op {
    Get(u8),
    Peek(u8),
    GetItem(u8),
    GetStale(u8),
    Use(u8),
    Set(u8, Held, Life),
    SetWith(u8, Held, How),
    /// Many small entries.
    Fill(u16, Life),
    Increment(u8, i8, i8, Life),
    Reject(u8),
    Delete(u8),
    TtlOf(u8),
    ExpireIn(u8, Life),
    Persist(u8),
    DeleteWithDigit(u8),
    /// Removes every other small entry: holes.
    DeleteEven,
    Keys(u8),
    Purge(u8),
    Clear,
    Invalidate(u8),
    Generation(u8),
    Resize(Option<u16>, Option<u16>),
    References,
    Wait(i16),
    /// By powers of two.
    Jump(u8, bool),
    /// Goes on in a cache of another policy that was restored from a snapshot.
    Move(u8),
    Save,
    Restore,
}

#[derive(Arbitrary, Debug)]
pub struct Input {
    policy: u8,
    kib: u16,
    max_entries: Option<u16>,
    max_entry_bytes: Option<u16>,
    default_ttl_ms: Option<u8>,
    max_idle_ms: Option<u8>,
    jitter: Option<u8>,
    /// The cache tells what went.
    pub watched: bool,
    pub seed: u64,
    pub ops: Vec<Op>,
}

impl Input {
    pub fn options(&self) -> Options {
        Options {
            policy: policy(self.policy),
            max_bytes: bytes(self.kib),
            max_entries: self
                .max_entries
                .map_or(u32::MAX - 1, |count| u32::from(count % 3_000) + 1),
            max_entry_bytes: self.max_entry_bytes.map(|bytes| u64::from(bytes) * 8 + 1),
            default_ttl_ms: self.default_ttl_ms.map(|ms| u64::from(ms) + 1),
            max_idle_ms: self.max_idle_ms.map(|ms| u64::from(ms) + 1),
            ttl_jitter: self.jitter.map_or(0.0, |share| f64::from(share) / 255.0),
            ..Options::default()
        }
    }
}

/// A bound: some are tiny, most have room for several segments of the arena.
pub fn bytes(number: u16) -> u64 {
    u64::from(number % 19_000) * 16 + 1
}

pub fn policy(number: u8) -> PolicyKind {
    PolicyKind::ALL[usize::from(number) % PolicyKind::ALL.len()]
}

/// Few keys, of many lengths, that end in a digit; the empty one, the longest, and one that is too long.
pub fn key(number: u8) -> Vec<u8> {
    let len = match number {
        0 => return Vec::new(),
        1..240 => usize::from(number / 8),
        254 => 65_533,
        255 => 65_534,
        _ => 200 * usize::from(number - 238),
    };
    format!("{}:{}", "k".repeat(len), number % 10).into_bytes()
}

pub fn small_key(number: u16) -> Vec<u8> {
    format!("small:{number}").into_bytes()
}

/// Some names are so long that a tag without members is soon forgotten.
pub fn tag(number: u8) -> Vec<u8> {
    let len = if number % 4 == 3 { 3_000 } else { 2 };
    format!("{}{}", "t".repeat(len), number % 64).into_bytes()
}

pub fn ttl(life: Life) -> Ttl {
    match life {
        Life::Default => Ttl::Default,
        Life::Never => Ttl::Never,
        Life::After(ms) => Ttl::After(u64::from(ms) + 1),
    }
}

/// A value that the `count`th write writes: seldom the same as another.
pub fn value(held: &Held, count: u16) -> Written {
    let bytes = |len: usize| (0..len).map(|at| (at as u16 ^ count) as u8).collect();
    match *held {
        Held::Number(number) => Written::Number(number.into()),
        Held::Short(len) => Written::Bytes(0, bytes(len.into())),
        Held::Long { kind, len } => Written::Bytes(kind, bytes(usize::from(len % 20_001))),
        Held::Huge(len) => Written::Bytes(1, bytes(usize::from(len) * 1_000)),
        Held::Reference(size) => Written::Reference(size.into()),
    }
}
