//! Replays a trace of requests through a cache and prints its hit ratios.
//!
//!     cargo run --release --example replay -- <trace> --policy NAME (--entries N | --bytes N) [--no-overhead] [--seed N]
//!
//! A get that misses is a set of that key; nothing else. Under `--bytes` an object costs its size and
//! what the cache charges for keeping it; with `--no-overhead` its size alone, as simulators count.
//! `trace.rs` says which files it reads.

mod run;
mod trace;

use std::process::ExitCode;

use isocache::cache::PolicyKind;
use run::{Bound, Replay};

const USAGE: &str = "usage: replay <trace> --policy lru|sieve|s3-fifo|w-tinylfu|gdsf|auto \
                     (--entries N | --bytes N) [--no-overhead] [--seed N]";

fn main() -> ExitCode {
    match replay(std::env::args().skip(1)) {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("replay: {message}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn replay(mut arguments: impl Iterator<Item = String>) -> Result<String, String> {
    let mut path = None;
    let mut bound = None;
    let mut replay = Replay::default();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--policy" => replay.policy = policy(&value()?)?,
            "--entries" => bound = Some(Bound::Entries(number(&value()?)?)),
            "--bytes" => bound = Some(Bound::Bytes(number(&value()?)?)),
            "--seed" => replay.seed = number(&value()?)?,
            "--no-overhead" => replay.overhead = false,
            _ if argument.starts_with('-') => {
                return Err(format!("no option is called {argument}"));
            }
            _ => path = Some(argument),
        }
    }
    let path = path.ok_or("which trace?")?;
    let requests = trace::read(path.as_ref()).map_err(|error| format!("{path}: {error}"))?;
    let outcome = replay.run(&requests, bound.ok_or("which bound?")?);
    Ok(outcome.to_string())
}

fn policy(name: &str) -> Result<PolicyKind, String> {
    PolicyKind::from_name(name).ok_or(format!("no policy is called {name}"))
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is not a whole number"))
}
