//! The policies against simulators and other libraries, on real traces.
//!
//! The traces and what others made of them lie outside the repository: in `$ISOCACHE_TRACES`, or in
//! `../shared/traces`. Without them these tests say so and pass. The default run takes the rows of
//! the small traces; ISOCACHE_ALL_TRACES=1 takes all (`scripts/replay-all`, which also compiles
//! with optimisation). ISOCACHE_SHOW=1 prints each row.
#![cfg(not(target_arch = "wasm32"))]

#[path = "../examples/replay/run.rs"]
mod run;
#[path = "../examples/replay/trace.rs"]
mod trace;

use std::collections::HashMap;
use std::path::PathBuf;

use isocache::cache::PolicyKind;
use run::{Bound, Outcome, Replay};
use trace::Request;

/// The file of each trace in the tables; the first are small.
const TRACES: [(&str, &str); 18] = [
    ("lirs_2_pools", "lirs/2_pools.trace.gz"),
    ("lirs_cpp", "lirs/cpp.trace.gz"),
    ("lirs_cs", "lirs/cs.trace.gz"),
    ("lirs_gli", "lirs/gli.trace.gz"),
    ("lirs_multi1", "lirs/multi1.trace.gz"),
    ("lirs_multi2", "lirs/multi2.trace.gz"),
    ("lirs_multi3", "lirs/multi3.trace.gz"),
    ("lirs_ps", "lirs/ps.trace.gz"),
    ("lirs_scan", "lirs/scan.trace.gz"),
    ("lirs_zigzag", "lirs/zigzag.trace.gz"),
    ("cloudphysicsIO", "cloudPhysicsIO.oracleGeneral.bin.gz"),
    ("lirs_sprite", "lirs/sprite.trace.gz"),
    ("lirs_loop", "lirs/loop.trace.gz"),
    ("arc_OLTP", "arc/OLTP.lis.zst"),
    ("c2k_orm-busy", "cache2k/orm-busy.trace.xz"),
    ("c2k_web07", "cache2k/web07.trace.xz"),
    ("c2k_web12", "cache2k/web12.trace.xz"),
    ("twitter52_1m", "twitter/twitter_cluster52_1m.csv.zst"),
];
const SMALL: usize = 11;

/// What sketches and samples keep depends on the seed: a row may move by a point or two. Where it does, the mean over
/// these counts.
const SEEDS: [u64; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// One line of a table, by column.
type Row = HashMap<String, String>;

/// The traces, read when first asked for.
struct Traces {
    folder: PathBuf,
    read: HashMap<String, Vec<Request>>,
    all: bool,
}

impl Traces {
    fn find() -> Option<Self> {
        let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/traces");
        let folder = std::env::var_os("ISOCACHE_TRACES").map_or(beside, PathBuf::from);
        if !folder.join("exact.csv").is_file() {
            println!("SKIPPED: no traces in {} (set ISOCACHE_TRACES)", folder.display());
            return None;
        }
        let all = std::env::var_os("ISOCACHE_ALL_TRACES").is_some();
        Some(Self { folder, read: HashMap::new(), all })
    }

    fn table(&self, name: &str) -> Vec<Row> {
        let text = std::fs::read_to_string(self.folder.join(name)).unwrap();
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned));
        let columns: Vec<String> = lines.next().unwrap().collect();
        let taken = &TRACES[..if self.all { TRACES.len() } else { SMALL }];
        let rows = lines.map(|fields| columns.iter().cloned().zip(fields).collect::<Row>());
        rows.filter(|row| taken.iter().any(|(name, _)| *name == row["trace"])).collect()
    }

    /// The mean request hit ratio, in points, over several seeds where it depends on them.
    fn ratio(&mut self, row: &Row, policy: PolicyKind) -> f64 {
        let seeded = matches!(policy, PolicyKind::WTinyLfu | PolicyKind::Auto);
        let seeds = if seeded { &SEEDS[..] } else { &SEEDS[..1] };
        mean(seeds.iter().map(|&seed| 100.0 * self.replay_seeded(row, policy, seed).hit_ratio()))
    }

    fn replay(&mut self, row: &Row, policy: PolicyKind) -> Outcome {
        self.replay_seeded(row, policy, SEEDS[0])
    }

    fn replay_seeded(&mut self, row: &Row, policy: PolicyKind, seed: u64) -> Outcome {
        let name = &row["trace"];
        let requests = self.read.entry(name.clone()).or_insert_with(|| {
            let (_, file) = TRACES.iter().find(|(trace, _)| trace == name).unwrap();
            trace::read(&self.folder.join(file)).unwrap()
        });
        let size = row["cache_size"].parse().unwrap();
        let by_entries = row["bound"] == "entry";
        let bound = if by_entries { Bound::Entries(size) } else { Bound::Bytes(size) };
        Replay { policy, overhead: by_entries, seed }.run(requests, bound)
    }
}

fn show(row: &Row, text: &str) {
    if std::env::var_os("ISOCACHE_SHOW").is_some() {
        println!("{:15} {:5} {:>9} {text}", row["trace"], row["bound"], row["cache_size"]);
    }
}

fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = numbers.fold((0.0, 0), |(sum, count), it| (sum + it, count + 1));
    sum / f64::from(count)
}

/// The rows of a policy in the table of exact counts, and what ours makes of each.
fn exact(name: &str, policy: PolicyKind) -> Vec<(Row, Outcome)> {
    let Some(mut traces) = Traces::find() else { return Vec::new() };
    let rows = traces.table("exact.csv").into_iter().filter(|row| row["policy"] == name);
    rows.map(|row| {
        let ours = traces.replay(&row, policy);
        show(&row, &format!("{name} {} ours {}", row["misses"], ours.misses));
        (row, ours)
    })
    .collect()
}

fn assert_to_the_request(name: &str, policy: PolicyKind) {
    for (row, ours) in exact(name, policy) {
        assert_eq!(ours.misses.to_string(), row["misses"], "{row:?}");
        if row["bound"] == "byte" {
            assert_eq!(ours.miss_bytes.to_string(), row["miss_bytes"], "{row:?}");
        }
    }
}

#[test]
fn lru_counts_as_others_do() {
    assert_to_the_request("LRU", PolicyKind::Lru);
}

#[test]
fn sieve_counts_as_others_do() {
    assert_to_the_request("SIEVE", PolicyKind::Sieve);
}

/// The request hit ratios, in points, that others reach at each point bounded by entries.
fn reference(traces: &Traces) -> Vec<(Row, HashMap<String, f64>)> {
    let mut points: Vec<(Row, HashMap<String, f64>)> = Vec::new();
    for row in traces.table("reference.csv").into_iter().filter(|row| row["bound"] == "entry") {
        let ratio = row["request_hit_ratio"].parse::<f64>().unwrap() * 100.0;
        let policy = row["policy"].clone();
        match points.last_mut() {
            Some((at, ratios))
                if at["trace"] == row["trace"] && at["cache_size"] == row["cache_size"] =>
            {
                ratios.insert(policy, ratio);
            }
            _ => points.push((row, HashMap::from([(policy, ratio)]))),
        }
    }
    points
}

#[test]
fn w_tinylfu_is_not_below_others() {
    let Some(mut traces) = Traces::find() else { return };
    let mut sums = (0.0, 0.0, 0.0, 0.0);
    let mut worst = Vec::new();
    for (row, ratios) in reference(&traces) {
        let ours = traces.ratio(&row, PolicyKind::WTinyLfu);
        let (moka, adapt) = (ratios["moka 0.12.16"], ratios["WT-adapt"]);
        show(&row, &format!("W-TinyLFU {ours:.2} moka {moka:.2} WT-adapt {adapt:.2}"));
        sums = (sums.0 + ours, sums.1 + moka, sums.2 + adapt, sums.3 + 1.0);
        if ours < moka.max(adapt) - 2.0 {
            worst.push((ours - moka.max(adapt), row["trace"].clone(), row["cache_size"].clone()));
        }
    }
    let (ours, moka, adapt) = (sums.0 / sums.3, sums.1 / sums.3, sums.2 / sums.3);
    println!("W-TinyLFU: mean of ours {ours:.3}, of moka {moka:.3}, of WT-adapt {adapt:.3}");
    println!("W-TinyLFU: more than two points below the better of the two: {worst:?}");
    // two of 76 are: gli with 1,500 entries, which wants ties let in, and sprite with 100, where moka is
    // 3.6 above mini-moka, the same policy without concurrency
    let known = [("lirs_gli", "1500"), ("lirs_sprite", "100")];
    let is_known = |trace: &str, size: &str| known.contains(&(trace, size));
    assert!(worst.iter().all(|(points, trace, size)| *points > -2.8 && is_known(trace, size)));
    assert!(!traces.all || ours >= moka.max(adapt)); // the small traces are mostly loops
}

#[test]
fn gdsf_is_close_to_others() {
    for (row, ours) in exact("GDSF", PolicyKind::Gdsf) {
        let theirs = row["misses"].parse::<f64>().unwrap();
        assert!((ours.misses as f64 / theirs - 1.0).abs() < 0.002, "{} {row:?}", ours.misses);
    }
}

/// Hit ratios in points: theirs and ours.
fn ratios(rows: &[(Row, Outcome)]) -> impl Iterator<Item = (f64, f64)> + Clone + '_ {
    rows.iter().map(|(row, ours)| {
        let misses: f64 = row["misses"].parse().unwrap();
        (100.0 - 100.0 * misses / ours.requests as f64, 100.0 * ours.hit_ratio())
    })
}

#[test]
fn s3_fifo_is_within_a_point_of_others() {
    let rows = exact("S3-FIFO", PolicyKind::S3Fifo);
    if rows.is_empty() {
        return;
    }
    for ((theirs, ours), (row, _)) in ratios(&rows).zip(&rows) {
        show(row, &format!("{theirs:.2} {ours:.2} {:+.2}", ours - theirs));
    }
    for ((theirs, ours), (row, _)) in ratios(&rows).zip(&rows) {
        // theirs never admits an object larger than its small queue, which differs when it is tiny
        assert!(ours >= theirs - 1.0, "{theirs} {ours} {row:?}");
    }
    let (theirs, ours) = (mean(ratios(&rows).map(|r| r.0)), mean(ratios(&rows).map(|r| r.1)));
    println!("S3-FIFO: mean of theirs {theirs:.3}, of ours {ours:.3}");
    assert!(ours >= theirs);
}

/// Auto is to be within a point of the best of the others, by entries and by bytes: it is at all
/// but a few of the points, where it is within two.
#[test]
fn auto_is_within_a_point_of_the_best() {
    let Some(mut traces) = Traces::find() else { return };
    let mut points: Vec<Row> = traces.table("reference.csv");
    let place = |row: &Row| (row["trace"].clone(), row["bound"].clone(), row["cache_size"].clone());
    points.retain(|row| row["cache_size"].parse::<u64>().is_ok());
    points.dedup_by_key(|row| place(row));
    let mut behind = Vec::new();
    for row in points {
        let ours = traces.ratio(&row, PolicyKind::Auto);
        let others = PolicyKind::ALL.iter().copied().filter(|kind| *kind != PolicyKind::Auto);
        let ratios: Vec<_> = others.map(|kind| (traces.ratio(&row, kind), kind.name())).collect();
        let (best, name) = ratios.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        let each: String =
            ratios.iter().map(|(ratio, name)| format!(" {name} {ratio:.2}")).collect();
        show(&row, &format!("auto {ours:.2} {name} {best:.2} {:+.2};{each}", ours - best));
        behind.push((ours - best, place(&row)));
    }
    let distance = mean(behind.iter().map(|(points, _)| *points));
    behind.retain(|(points, _)| *points < -1.0);
    println!(
        "auto: {distance:.3} from the best of the others on average; by more than a point at {behind:?}"
    );
    assert!(behind.len() <= 5 && distance > -0.5);
    assert!(behind.iter().all(|(points, _)| *points > -2.0));
}
