//! Compares layouts for the entries of a byte-bounded cache: docs/arena.md has the result and what follows.
//!
//!     cargo run --release -- [--copies N] [trace ...]
//!
//! Every workload goes through exact LRU over every layout, a slice at a time in turn, so that whatever else the
//! machine does meets them all. All get the same physical bytes; each evicts the least recently used until it can place
//! what is asked for. The first row, `ideal`, only counts bytes: it shows what the bound alone makes go, and its time is
//! that of the index and the list, which all share.

mod layouts;
mod sim;
#[path = "../../../examples/replay/trace.rs"]
mod trace;
mod workloads;

use std::time::Instant;

use layouts::{Blocks, Heap, Ideal, Layout, Log, Tlsf};
use sim::Sim;
use workloads::Workload;

/// How many requests a layout gets before the next one has its turn.
const SLICE: usize = 5_000;

fn main() {
    for path in std::env::args().skip(1) {
        match trace::read(path.as_ref()) {
            Ok(requests) => compare(&Workload::of_trace(&path, &requests)),
            Err(error) => eprintln!("layouts: {path}: {error}"),
        }
    }
    for workload in workloads::synthetic() {
        compare(&workload);
    }
}

fn contenders(physical: usize) -> Vec<(&'static str, Sim)> {
    let list: Vec<(&'static str, Box<dyn Layout>)> = vec![
        ("ideal", Box::new(Ideal::new(physical))),
        ("log 1.1", Box::new(Log::new(physical, 110))),
        ("log 1.2", Box::new(Log::new(physical, 120))),
        ("log 1.33", Box::new(Log::new(physical, 133))),
        ("blocks 64", Box::new(Blocks::new(physical, 64))),
        ("blocks 256", Box::new(Blocks::new(physical, 256))),
        ("tlsf", Box::new(Tlsf::new(physical))),
        ("heap", Box::new(Heap::new(physical))),
    ];
    list.into_iter().map(|(name, layout)| (name, Sim::new(layout, physical))).collect()
}

fn compare(workload: &Workload) {
    let mut sims = contenders(workload.physical);
    let mut nanos = vec![0; sims.len()];
    for slice in workload.ops.chunks(SLICE) {
        for ((_, sim), nanos) in sims.iter_mut().zip(&mut nanos) {
            let started = Instant::now();
            slice.iter().for_each(|&op| sim.run(op));
            *nanos += started.elapsed().as_nanos();
        }
    }
    println!(
        "\n{}: {} operations, {} KiB",
        workload.name,
        workload.ops.len(),
        workload.physical >> 10
    );
    println!(
        "| layout | hit % | evictions | payload % mean | worst | memory % | copied | most | pieces | ns |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let ideal = sims[0].1.counts.evictions;
    for ((name, sim), nanos) in sims.iter().zip(nanos) {
        println!("| {name} | {} | {} |", sim.report(ideal), nanos / workload.ops.len() as u128);
    }
}
