//! What is asked of the layouts: traces of requests with sizes, and workloads made to hurt.

use std::collections::HashSet;

use crate::trace::Request;

/// What keeping an entry takes beyond its key and value: a record of this size lies with them.
const RECORD: u32 = 24;
/// The physical bytes for the synthetic workloads.
const PHYSICAL: usize = 32 << 20;

/// One operation on a key, with the bytes of its entry.
#[derive(Clone, Copy)]
pub enum Op {
    /// Read; where it is absent, written.
    Get(u64, u32),
    /// Written, whether it is there or not.
    Set(u64, u32),
    Delete(u64),
}

pub struct Workload {
    pub name: String,
    pub ops: Vec<Op>,
    pub physical: usize,
}

impl Workload {
    /// A trace, with memory for a tenth of the bytes it asks for, but at least 2 MiB.
    pub fn of_trace(path: &str, requests: &[Request]) -> Self {
        let ops: Vec<Op> =
            requests.iter().map(|r| Op::Get(r.key, RECORD + r.size.max(16))).collect();
        let mut seen = HashSet::new();
        let unique: usize = requests
            .iter()
            .filter(|r| seen.insert(r.key))
            .map(|r| (RECORD + r.size) as usize)
            .sum();
        let name = path.rsplit('/').next().unwrap_or(path).to_string();
        Self { name, ops, physical: (unique / 10).max(2 << 20).next_multiple_of(64 << 10) }
    }
}

/// Marsaglia's xorshift64*: the same workloads everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let product = u128::from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)) * u128::from(bound);
        (product >> 64) as u64
    }

    fn unit(&mut self) -> f64 {
        self.below(1 << 53) as f64 / (1u64 << 53) as f64
    }

    /// Popularity skewed towards low numbers.
    fn key(&mut self, keys: u64) -> u64 {
        (keys as f64 * self.unit().powi(2)) as u64
    }

    fn log_uniform(&mut self, from: u32, to: u32) -> u32 {
        (f64::from(from) * (f64::from(to) / f64::from(from)).powf(self.unit())) as u32
    }
}

type Make = fn() -> Vec<Op>;

pub fn synthetic() -> Vec<Workload> {
    let all: [(&str, Make); 6] = [
        ("sizes log-uniform, 16 B to an eighth of the memory", log_uniform),
        ("small, every other deleted, large", every_other),
        ("small, then large, then small again", phases),
        ("100 to 1,000 bytes, skewed popularity", skewed),
        ("values that change their size with each write", resized),
        ("half of it deleted at random, sizes a little larger each round", growing),
    ];
    all.into_iter()
        .map(|(name, make)| Workload { name: name.into(), ops: make(), physical: PHYSICAL })
        .collect()
}

fn log_uniform() -> Vec<Op> {
    let mut random = Random(1);
    let largest = PHYSICAL as u32 / 8;
    (0..60_000)
        .map(|_| {
            let key = random.key(2_000);
            // A key keeps its size.
            Op::Get(key, RECORD + Random(key + 1).log_uniform(16, largest))
        })
        .collect()
}

fn every_other() -> Vec<Op> {
    let mut ops = Vec::new();
    for round in 0..6u64 {
        let key = |at: u64| round << 32 | at;
        let small = PHYSICAL as u64 / 100;
        ops.extend((0..small).map(|at| Op::Set(key(at), 100)));
        ops.extend((0..small).step_by(2).map(|at| Op::Delete(key(at))));
        ops.extend((0..12).map(|at| Op::Set(key(small + at), PHYSICAL as u32 / 16)));
    }
    ops
}

fn phases() -> Vec<Op> {
    let mut random = Random(2);
    let mut ops = Vec::new();
    for phase in 0..6u64 {
        let (count, len) = if phase % 2 == 0 { (500_000, 80) } else { (3_000, 100_000) };
        for _ in 0..count {
            let spread = random.below(len / 2) as u32;
            ops.push(Op::Get(phase << 32 | random.key(count), RECORD + len as u32 + spread));
        }
    }
    ops
}

fn skewed() -> Vec<Op> {
    let mut random = Random(3);
    (0..2_000_000)
        .map(|_| {
            let key = random.key(200_000);
            Op::Get(key, RECORD + 100 + Random(key + 1).below(900) as u32)
        })
        .collect()
}

fn resized() -> Vec<Op> {
    let mut random = Random(4);
    (0..1_000_000)
        .map(|_| {
            let key = random.key(30_000);
            match random.below(3) {
                0 => Op::Set(key, RECORD + random.log_uniform(16, 20_000)),
                _ => Op::Get(key, RECORD + 500),
            }
        })
        .collect()
}

fn growing() -> Vec<Op> {
    let mut random = Random(5);
    let mut ops = Vec::new();
    for round in 0..20u64 {
        let len = 64 + 40 * round as u32;
        let count = PHYSICAL as u64 / u64::from(len);
        ops.extend((0..count).map(|at| Op::Set(round << 32 | at, RECORD + len)));
        for at in 0..count {
            if random.below(2) == 0 {
                ops.push(Op::Delete(round << 32 | at));
            }
        }
    }
    ops
}
