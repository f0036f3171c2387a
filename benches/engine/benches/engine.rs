//! The engine alone: hits, misses, inserts that evict, a mix by Zipf's law, glob deletes and a storm
//! of expiries, at 1k, 100k and 1M entries. Hits and inserts for each policy, the rest with LRU.
//!
//! Keys are built afresh for each call, as a caller's are; which, is drawn before the clock runs.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput};
use criterion::{criterion_group, criterion_main};
use isocache::cache::{Cache, Pattern, PolicyKind, Ttl, Value};
use isocache_engine_bench::{NOW, Random, VALUE, empty, full, key, set, uniform, zipf};

const SIZES: [u32; 3] = [1_000, 100_000, 1_000_000];
/// How many draws are made ahead; more than fit into a processor's caches together with the entries.
const DRAWS: usize = 1 << 18;
const TTL_MS: u64 = 60_000;

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> Group<'a> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).warm_up_time(Duration::from_millis(500));
    group.measurement_time(Duration::from_secs(2));
    group
}

/// Measures one call with each of the draws in turn.
fn each(group: &mut Group, id: BenchmarkId, draws: &[u32], mut call: impl FnMut(u32)) {
    let mut draws = draws.iter().cycle();
    group.bench_function(id, |bencher| {
        bencher.iter(|| call(draws.next().copied().unwrap_or_default()));
    });
}

fn hit(criterion: &mut Criterion) {
    let mut group = group(criterion, "hit");
    for &policy in PolicyKind::ALL {
        for size in SIZES {
            let mut cache = full(size, policy, Ttl::Never);
            let draws = uniform(size, DRAWS, &mut Random::new(1));
            each(&mut group, BenchmarkId::new(policy.name(), size), &draws, |i| {
                black_box(cache.get(&key(i), NOW));
            });
        }
    }
}

fn miss(criterion: &mut Criterion) {
    let mut group = group(criterion, "miss");
    for size in SIZES {
        let mut cache = full(size, PolicyKind::Lru, Ttl::Never);
        let draws = uniform(size, DRAWS, &mut Random::new(2));
        each(&mut group, BenchmarkId::new("lru", size), &draws, |i| {
            black_box(cache.get(&key(size + i), NOW));
        });
    }
}

/// Each key is new, so that each call evicts.
fn insert(criterion: &mut Criterion) {
    let mut group = group(criterion, "insert with eviction");
    for &policy in PolicyKind::ALL {
        for size in SIZES {
            let mut cache = full(size, policy, Ttl::Never);
            let mut next = size;
            group.bench_function(BenchmarkId::new(policy.name(), size), |bencher| {
                bencher.iter(|| {
                    next = next.wrapping_add(1);
                    black_box(set(&mut cache, next, Ttl::After(TTL_MS)))
                });
            });
        }
    }
}

/// Ten times as many keys as fit, asked for by Zipf's law; what is absent is stored.
fn mixed(criterion: &mut Criterion) {
    let mut group = group(criterion, "mixed zipf");
    for size in SIZES {
        let mut cache = empty(size, PolicyKind::Lru);
        let draws = zipf(10 * size, DRAWS, &mut Random::new(3));
        each(&mut group, BenchmarkId::new("lru", size), &draws, |i| {
            if cache.get(&key(i), NOW).is_none() {
                black_box(set(&mut cache, i, Ttl::After(TTL_MS)));
            }
        });
    }
}

/// One call over all keys, of which one in a hundred matches; by the strategies a glob compiles to.
fn delete_pattern(criterion: &mut Criterion) {
    let mut group = group(criterion, "deletePattern");
    let globs = [("suffix", "*42"), ("general", "tenant:*:user:*42"), ("prefix, none", "x*")];
    for (name, glob) in globs {
        let Ok(pattern) = Pattern::new(glob) else { continue };
        for size in SIZES {
            group.throughput(Throughput::Elements(size.into()));
            let mut cache = full(size, PolicyKind::Lru, Ttl::Never);
            let id = BenchmarkId::new(name, size);
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|times| {
                    timed(times, &mut cache, refill, |cache| cache.delete_pattern(&pattern, NOW))
                });
            });
        }
    }
}

/// Stores again what [`delete_pattern`] takes away.
fn refill(cache: &mut Cache) {
    for i in (42..cache.options().max_entries).step_by(100) {
        set(cache, i, Ttl::Never);
    }
}

/// All entries expire at once, and the next write comes.
fn expiry_storm(criterion: &mut Criterion) {
    let mut group = group(criterion, "expiry storm");
    for size in SIZES {
        let fresh = || full(size, PolicyKind::Lru, Ttl::After(TTL_MS));
        let late = NOW + TTL_MS;
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::new("the next write", size), |bencher| {
            let mut cache = fresh();
            let mut next = size;
            let refill = |cache: &mut Cache| {
                if cache.stats().entries < u64::from(size) / 2 {
                    *cache = fresh();
                }
            };
            bencher.iter_custom(|times| {
                timed(times, &mut cache, refill, |cache| {
                    next = next.wrapping_add(1);
                    cache.set(&key(next), Value::bytes(VALUE), Ttl::After(TTL_MS), late)
                })
            });
        });
        group.throughput(Throughput::Elements(size.into()));
        group.bench_function(BenchmarkId::new("purgeExpired", size), |bencher| {
            let mut cache = fresh();
            bencher.iter_custom(|times| {
                timed(
                    times,
                    &mut cache,
                    |cache| *cache = fresh(),
                    |cache| cache.purge_expired(usize::MAX, late),
                )
            });
        });
    }
}

/// Time spent in `call`, without what `before` does for it.
fn timed<R>(
    times: u64,
    cache: &mut Cache,
    mut before: impl FnMut(&mut Cache),
    mut call: impl FnMut(&mut Cache) -> R,
) -> Duration {
    let mut spent = Duration::ZERO;
    for _ in 0..times {
        before(cache);
        let started = Instant::now();
        black_box(call(cache));
        spent += started.elapsed();
    }
    spent
}

criterion_group!(engine, hit, miss, insert, mixed, delete_pattern, expiry_storm);
criterion_main!(engine);
