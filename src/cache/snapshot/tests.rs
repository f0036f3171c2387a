//! What the public API does not show: pieces, and that no length makes anybody reserve.

use proptest::prelude::*;

use super::{SnapshotCheck, SnapshotWriter, format};
use crate::cache::{Cache, Error, Options, PolicyKind, Ttl, Value};

const NOW: u64 = 1_000;

fn filled(options: Options) -> Cache {
    let mut cache = Cache::new(options, 7).unwrap();
    for n in 0..40u8 {
        let key = vec![n; usize::from(n) * 3];
        let value = vec![n; usize::from(n) * usize::from(n)];
        let value = if n % 5 == 0 { Value::Number(n.into()) } else { Value::bytes(&value) };
        cache.set(&key, value, Ttl::After(50 + u64::from(n)), NOW).unwrap();
    }
    cache
}

/// A snapshot through a buffer of so many bytes.
fn in_pieces(cache: &mut Cache, size: usize) -> Vec<u8> {
    let mut writer = SnapshotWriter::new(cache, NOW);
    let (mut all, mut buffer) = (Vec::new(), vec![0; size]);
    loop {
        let filled = writer.fill(cache, &mut buffer);
        all.extend_from_slice(&buffer[..filled]);
        if filled < size {
            return all;
        }
    }
}

#[test]
fn pieces_of_any_size_make_the_same_snapshot() {
    let mut cache = filled(Options::default());
    let whole = cache.snapshot(NOW);
    for size in [1, 2, 3, 7, 8, 9, 64, 1_000, whole.len() - 1, whole.len(), whole.len() + 1] {
        assert_eq!(in_pieces(&mut cache, size), whole, "{size}");
    }
}

#[test]
fn a_writer_whose_entry_goes_away_stops_without_an_end() {
    let mut cache = Cache::new(Options::default(), 7).unwrap();
    for key in [b"a", b"b"] {
        cache.set(key, Value::bytes(&[1; 500]), Ttl::Never, NOW).unwrap();
    }
    let mut writer = SnapshotWriter::new(&mut cache, NOW);
    let mut piece = [0; 100];
    assert_eq!(writer.fill(&cache, &mut piece), piece.len());
    cache.clear(NOW);
    cache.set(b"c", Value::Number(1.0), Ttl::Never, NOW).unwrap(); // the other id is taken again
    cache.set(b"d", Value::Number(1.0), Ttl::Never, NOW).unwrap();
    assert_eq!(writer.fill(&cache, &mut piece), 0);
    assert_eq!(cache.restore(&piece, NOW), Err(Error::SnapshotCorrupt("it ends too early")));
}

#[test]
fn a_length_alone_reserves_nothing() {
    let mut cache = Cache::new(Options::default(), 7).unwrap();
    let mut check = SnapshotCheck::new(&cache, NOW);
    check.feed(&mut cache, &format::header(NOW)).unwrap();
    let head = [&[format::ENTRY, 0, 0, 0, 0][..], &u32::MAX.to_le_bytes(), &[0, 0], &[1; 5_000]];
    check.feed(&mut cache, &head.concat()).unwrap();
    assert!(check.reserved() < 1_000);
    assert!(check.finish(&mut cache).is_err());
}

proptest! {
    #[test]
    fn pieces_of_any_size_are_read(
        sizes in prop::collection::vec(1usize..3_000, 1..20),
        policy in prop::sample::select(PolicyKind::ALL.to_vec()),
        max_bytes in 1_000u64..60_000,
    ) {
        let bytes = filled(Options::default()).snapshot(NOW);
        let mut pieces = Vec::new();
        let mut rest = &bytes[..];
        for size in sizes.into_iter().cycle() {
            let (piece, more) = rest.split_at(size.min(rest.len()));
            pieces.push(piece);
            rest = more;
            if rest.is_empty() {
                break;
            }
        }
        let options = Options { policy, max_bytes, ..Options::default() };
        let mut cache = Cache::new(options, 1).unwrap();
        let mut check = SnapshotCheck::new(&cache, NOW);
        for piece in &pieces {
            check.feed(&mut cache, piece).unwrap();
        }
        let mut reader = check.finish(&mut cache).unwrap();
        for piece in &pieces {
            reader.feed(&mut cache, piece).unwrap();
            cache.validate();
        }
        let mut whole = Cache::new(options, 1).unwrap();
        prop_assert_eq!(reader.finish(), whole.restore(&bytes, NOW));
        prop_assert_eq!(cache.snapshot(NOW), whole.snapshot(NOW));
    }
}
