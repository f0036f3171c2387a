//! Operations against a map that never forgets: what the cache gives was written last under its key and has not expired,
//! its bounds hold after each step, and what it does not give although it was never evicted is an error.

#![no_main]

use std::collections::HashMap;

use arbitrary::Arbitrary;
use isocache::cache::{Cache, Error, Options, Pattern, PolicyKind, Ttl, Value};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Clone, Debug)]
enum Held {
    Number(i16),
    Bytes { kind: u8, len: u16 },
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Life {
    Default,
    Never,
    After(u8),
}

#[derive(Arbitrary, Debug)]
enum Op {
    Get(u8),
    Has(u8),
    Set(u8, Held, Life),
    SetIfAbsent(u8, Held, Life),
    Increment(u8, i8, i8, Life),
    Reject(u8),
    Delete(u8),
    TtlOf(u8),
    ExpireIn(u8, Life),
    Persist(u8),
    DeleteWithDigit(u8),
    CountAll,
    Purge(u8),
    Clear,
    Wait(i16),
    /// Goes on in a cache of another policy that was restored from a snapshot.
    Move(u8),
}

#[derive(Arbitrary, Debug)]
struct Input {
    policy: u8,
    max_bytes: u16,
    max_entries: u8,
    max_entry_bytes: Option<u16>,
    default_ttl_ms: Option<u8>,
    seed: u64,
    ops: Vec<Op>,
}

struct Entry {
    value: Written,
    deadline: Option<u64>,
}

#[derive(Clone, Debug)]
enum Written {
    Number(f64),
    Bytes(u8, Vec<u8>),
}

impl Written {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Bytes(kind, bytes) => Value::Bytes { kind: *kind, bytes },
        }
    }
}

struct Run {
    cache: Cache,
    written: HashMap<Vec<u8>, Entry>,
    /// The clock, and the latest time that the cache was told.
    clock: u64,
    now: u64,
    /// Entries may be missing: some were evicted or refused.
    lossy: bool,
    writes: u16,
}

fuzz_target!(|input: Input| {
    let options = Options {
        policy: policy(input.policy),
        max_bytes: u64::from(input.max_bytes) + 1,
        max_entries: u32::from(input.max_entries) + 1,
        max_entry_bytes: input.max_entry_bytes.map(|bytes| u64::from(bytes) + 1),
        default_ttl_ms: input.default_ttl_ms.map(|ms| u64::from(ms) + 1),
        ..Options::default()
    };
    let cache = Cache::new(options, input.seed).expect("valid options");
    let written = HashMap::new();
    let mut run = Run { cache, written, clock: 1_000_000, now: 0, lossy: false, writes: 0 };
    for op in input.ops {
        run.step(&op);
        run.check(&op);
    }
});

fn policy(number: u8) -> PolicyKind {
    PolicyKind::ALL[usize::from(number) % PolicyKind::ALL.len()]
}

/// Few keys, of many lengths, that end in a digit; the empty one too.
fn key(number: u8) -> Vec<u8> {
    match number {
        0 => Vec::new(),
        _ => format!("{}:{}", "k".repeat(usize::from(number / 4)), number % 10).into_bytes(),
    }
}

impl Run {
    fn step(&mut self, op: &Op) {
        if let Op::Wait(ms) = op {
            self.clock = self.clock.saturating_add_signed((*ms).into());
            return;
        }
        let now = self.clock;
        self.now = self.now.max(now);
        let latest = self.now;
        self.written.retain(|_, entry| entry.deadline.is_none_or(|deadline| deadline > latest));
        match *op {
            Op::Set(number, ref held, life) => self.set(number, held, life, false),
            Op::SetIfAbsent(number, ref held, life) => self.set(number, held, life, true),
            Op::Increment(number, by, initial, life) => self.increment(number, by, initial, life),
            Op::Get(number) => {
                let key = key(number);
                let found = self.cache.get(&key, now);
                let known = self.written.get(&key).map(|entry| entry.value.value());
                assert!(found == known || found.is_none() && self.lossy, "{found:?} for {known:?}");
            }
            Op::Has(number) => self.same_presence(number),
            Op::Reject(number) => {
                self.cache.reject(&key(number), now);
                self.written.remove(&key(number));
            }
            Op::Delete(number) => {
                let was = self.written.remove(&key(number)).is_some();
                let did = self.cache.delete(&key(number), now);
                assert!(did == was || was && self.lossy);
            }
            ref op => self.step_over_lives(op),
        }
    }

    fn step_over_lives(&mut self, op: &Op) {
        let now = self.clock;
        match *op {
            Op::TtlOf(number) => {
                let entry = self.written.get(&key(number));
                let left = entry.and_then(|entry| entry.deadline).map(|at| at - self.now);
                let ttl = self.cache.ttl(&key(number), now);
                assert!(ttl == left || ttl.is_none() && self.lossy, "{ttl:?} for {left:?}");
            }
            Op::ExpireIn(number, life) => {
                let deadline = self.deadline(life);
                if self.cache.expire_in(&key(number), ttl(life), now) == Ok(true) {
                    let entry = self.written.get_mut(&key(number)).expect("it was written");
                    entry.deadline = deadline;
                }
            }
            Op::Persist(number) => {
                if self.cache.persist(&key(number), now) {
                    let entry = self.written.get_mut(&key(number)).expect("it was written");
                    assert!(entry.deadline.take().is_some());
                }
            }
            ref op => self.step_over_many(op),
        }
    }

    fn step_over_many(&mut self, op: &Op) {
        let now = self.clock;
        match *op {
            Op::DeleteWithDigit(digit) => {
                let digit = digit % 10;
                let pattern = Pattern::new(&format!("*:{digit}")).expect("a pattern");
                let before = self.written.len();
                self.written.retain(|key, _| !key.ends_with(format!(":{digit}").as_bytes()));
                let removed = self.cache.delete_pattern(&pattern, now);
                let known = (before - self.written.len()) as u64;
                assert!(removed == known || removed < known && self.lossy);
            }
            Op::CountAll => {
                let every = Pattern::new("*").expect("a pattern");
                let (count, known) =
                    (self.cache.count_keys(&every, now), self.written.len() as u64);
                assert!(count == known || count < known && self.lossy);
            }
            Op::Purge(limit) => {
                assert!(self.cache.purge_expired(limit.into(), now) <= limit.into());
            }
            Op::Clear => {
                let (count, known) = (self.cache.clear(now), self.written.len() as u64);
                assert!(count == known || count < known && self.lossy);
                self.written.clear();
            }
            Op::Move(number) => self.move_to(policy(number)),
            _ => {}
        }
    }

    fn set(&mut self, number: u8, held: &Held, life: Life, if_absent: bool) {
        self.writes = self.writes.wrapping_add(1);
        let value = match *held {
            Held::Number(number) => Written::Number(number.into()),
            Held::Bytes { kind, len } => {
                Written::Bytes(kind, (0..len).map(|at| (at ^ self.writes) as u8).collect())
            }
        };
        let (key, deadline, now) = (key(number), self.deadline(life), self.clock);
        let present = self.cache.has(&key, now);
        let stored = match if_absent {
            true => self.cache.set_if_absent(&key, value.value(), ttl(life), now),
            false => self.cache.set(&key, value.value(), ttl(life), now),
        };
        match stored.expect("valid arguments") {
            true => drop(self.written.insert(key.clone(), Entry { value, deadline })),
            false if if_absent && present => {}
            false => drop(self.written.remove(&key)),
        }
        assert_eq!(self.cache.has(&key, now), self.written.contains_key(&key));
    }

    fn increment(&mut self, number: u8, by: i8, initial: i8, life: Life) {
        let (key, now) = (key(number), self.clock);
        let (present, deadline) = (self.cache.has(&key, now), self.deadline(life));
        let known = self.written.get(&key).filter(|_| present).map(|entry| entry.value.clone());
        let result = self.cache.increment(&key, by.into(), initial.into(), ttl(life), now);
        let from = match known {
            None => initial.into(),
            Some(Written::Number(number)) => number,
            Some(Written::Bytes(..)) => return assert_eq!(result, Err(Error::NotANumber)),
        };
        assert_eq!(result, Ok(from + f64::from(by)));
        let value = Written::Number(from + f64::from(by));
        match self.written.get_mut(&key).filter(|_| present) {
            Some(entry) => entry.value = value,
            None if self.cache.has(&key, now) => {
                self.written.insert(key, Entry { value, deadline });
            }
            None => drop(self.written.remove(&key)), // larger than an entry may be
        }
    }

    fn same_presence(&mut self, number: u8) {
        let has = self.cache.has(&key(number), self.clock);
        let known = self.written.contains_key(&key(number));
        assert!(has == known || known && self.lossy);
    }

    fn move_to(&mut self, policy: PolicyKind) {
        let now = self.clock;
        self.cache.purge_expired(usize::MAX, now);
        let options = Options { policy, ..*self.cache.options() };
        let mut other = Cache::new(options, 7).expect("valid options");
        let taken = other.restore(&self.cache.snapshot(now), now);
        assert_eq!(taken, Ok(self.cache.stats().entries));
        self.cache = other;
        self.now = now; // the other one has seen no later time
    }

    fn deadline(&self, life: Life) -> Option<u64> {
        match life {
            Life::Default => self.cache.options().default_ttl_ms.map(|ms| self.now + ms),
            Life::Never => None,
            Life::After(ms) => Some(self.now + u64::from(ms) + 1),
        }
    }

    fn check(&mut self, op: &Op) {
        let stats = self.cache.stats();
        assert!(stats.bytes <= self.cache.options().max_bytes, "{op:?}");
        assert!(stats.entries <= self.cache.options().max_entries.into(), "{op:?}");
        assert_eq!(stats.entries == 0, stats.bytes == 0, "{op:?}");
        self.lossy |= stats.evictions > 0;
    }
}

fn ttl(life: Life) -> Ttl {
    match life {
        Life::Default => Ttl::Default,
        Life::Never => Ttl::Never,
        Life::After(ms) => Ttl::After(u64::from(ms) + 1),
    }
}
