//! A data cache in a native program: `cargo run --example data_cache`.
//!
//! The clock is the program's: here one that the program moves, so that it always prints the same.

use isocache::cache::{Cache, Error, Options, Pattern, PolicyKind, Ttl, Value};

fn main() -> Result<(), Error> {
    let options = Options {
        max_bytes: 64 << 10,
        default_ttl_ms: Some(60_000),
        policy: PolicyKind::S3Fifo,
        ..Options::default()
    };
    let mut cache = Cache::new(options, 0x5eed)?; // in earnest: a random seed
    let mut now = 1_700_000_000_000; // milliseconds

    cache.set(b"user:1", Value::bytes(b"Ada"), Ttl::Default, now)?;
    cache.set(b"user:2", Value::bytes(b"Grace"), Ttl::After(5_000), now)?;
    cache.increment(b"visits", 1.0, 0.0, Ttl::Never, now)?;
    println!("user:1 is {:?}", cache.get(b"user:1", now).map(text));

    now += 5_000;
    println!("user:2 after 5 s is {:?}", cache.get(b"user:2", now).map(text));
    println!("user:1 lives on for {:?} ms", cache.ttl(b"user:1", now));

    for i in 0..10_000u32 {
        let key = format!("page:{i}");
        cache.set(key.as_bytes(), Value::bytes(&[0; 100]), Ttl::Default, now)?;
        assert!(cache.stats().bytes <= options.max_bytes);
    }
    let stats = cache.stats();
    println!("{} of 10,000 pages fit into 64 KiB, {} evicted", stats.entries, stats.evictions);
    println!("{} deleted by page:*", cache.delete_pattern(&Pattern::new("page:*")?, now));
    Ok(())
}

fn text(value: Value<'_>) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::Bytes { bytes, .. } => String::from_utf8_lossy(bytes).into_owned(),
        Value::Reference { bytes } => format!("{bytes} bytes elsewhere"),
    }
}
