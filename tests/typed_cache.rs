//! Values of Rust's types: they come back equal, and what cannot be read is an error.
#![cfg(all(feature = "serde", not(target_arch = "wasm32")))]

use std::collections::BTreeMap;
use std::fmt::Debug;

use isocache::cache::{Cache, Error as CacheError, MAX_SAFE_INTEGER, Options, Ttl, Value};
use isocache::typed::{Error, TypedCache};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};

const NOW: u64 = 1_700_000_000_000;

fn engine() -> Cache {
    Cache::new(Options::default(), 1).unwrap()
}

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let mut cache = TypedCache::<T>::new(Options::default(), 1).unwrap();
    assert_eq!(cache.set(b"k", &value, Ttl::After(5), NOW), Ok(true));
    assert_eq!(cache.get(b"k", NOW), Ok(Some(value)));
    assert_eq!(cache.get(b"k", NOW + 5), Ok(None));
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
enum Shape {
    Point,
    Circle(f64),
    Path { points: Vec<(i32, i32)>, closed: bool },
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
enum Either {
    Integer(i64),
    Float(f64),
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Wrapper(Option<u32>);

#[test]
fn every_type_comes_back_equal() {
    comes_back(String::from("né 😀"));
    comes_back(vec![0u8, 255]);
    comes_back((true, 'x', ()));
    comes_back([Some(1), None]);
    comes_back(Wrapper(Some(7)));
    comes_back(Wrapper(None));
    comes_back(BTreeMap::from([(1u8, Shape::Point), (2, Shape::Circle(-0.5))]));
    comes_back(Shape::Path { points: vec![(1, -2), (i32::MIN, i32::MAX)], closed: true });
}

#[test]
fn every_number_comes_back_equal() {
    for number in [0, 1, -1, 127, 128, -33, i64::MIN, i64::MAX, 1 << 53, (1 << 53) - 1, -(1 << 53)]
    {
        comes_back(number);
        comes_back(Either::Integer(number));
        comes_back(Some(number));
    }
    for number in [0.0, -0.0, 5.0, 0.1, f64::MIN_POSITIVE, f64::INFINITY, MAX_SAFE_INTEGER, 1e300] {
        comes_back(number);
        comes_back(Either::Float(number));
    }
    comes_back(u64::MAX);
    comes_back(i128::MIN);
    comes_back(1.5f32);
    let mut cache = engine();
    cache.set_as(b"k", &-0.0, Ttl::Never, NOW).unwrap();
    assert!(cache.get_as::<f64>(b"k", NOW).unwrap().unwrap().is_sign_negative());
    cache.set_as(b"k", &f64::NAN, Ttl::Never, NOW).unwrap();
    assert!(cache.get_as::<f64>(b"k", NOW).unwrap().unwrap().is_nan());
}

#[test]
fn integers_are_the_engines_numbers() {
    let mut cache = engine();
    cache.set_as(b"n", &41u16, Ttl::Never, NOW).unwrap();
    assert_eq!(cache.get(b"n", NOW), Some(Value::Number(41.0)));
    assert_eq!(cache.increment(b"n", 1.0, 0.0, Ttl::Never, NOW), Ok(42.0));
    assert_eq!(cache.get_as::<u16>(b"n", NOW), Ok(Some(42)));
    assert_eq!(cache.get_as::<Option<f32>>(b"n", NOW), Ok(Some(Some(42.0))));
    assert_eq!(cache.increment(b"n", 0.5, 0.0, Ttl::Never, NOW), Ok(42.5));
    assert_eq!(cache.get_as::<f64>(b"n", NOW), Ok(Some(42.5)));
    assert!(matches!(cache.get_as::<u16>(b"n", NOW), Err(Error::NotOfType(_))));
}

#[test]
fn another_type_is_an_error_and_leaves_the_entry() {
    let mut cache = engine();
    cache.set_as(b"k", &Shape::Circle(1.0), Ttl::Never, NOW).unwrap();
    assert!(
        matches!(cache.get_as::<String>(b"k", NOW), Err(Error::NotOfType(why)) if !why.is_empty())
    );
    assert_eq!(cache.get_as(b"k", NOW), Ok(Some(Shape::Circle(1.0))));
    // A field more, or one that is gone: by name, never by place.
    #[derive(Serialize)]
    struct Before {
        old: u8,
        name: &'static str,
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct After {
        name: String,
        #[serde(default)]
        new: Option<u8>,
    }
    cache.set_as(b"k", &Before { old: 1, name: "Ada" }, Ttl::Never, NOW).unwrap();
    assert_eq!(cache.get_as(b"k", NOW), Ok(Some(After { name: "Ada".into(), new: None })));
}

#[test]
fn what_cannot_be_written_changes_nothing() {
    struct Never;
    impl Serialize for Never {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("not today"))
        }
    }
    let mut cache = engine();
    cache.set_as(b"k", "before", Ttl::Never, NOW).unwrap();
    let refused = cache.set_as(b"k", &Never, Ttl::Never, NOW);
    assert!(matches!(&refused, Err(Error::NotSerializable(why)) if why.contains("not today")));
    let refused = cache.set_as(b"k", "after", Ttl::After(0), NOW);
    assert_eq!(refused, Err(Error::Cache(CacheError::InvalidTtl(0))));
    assert_eq!(cache.get_as::<String>(b"k", NOW).unwrap().as_deref(), Some("before"));
    assert_eq!(cache.set_as_if_absent(b"k", "after", Ttl::Never, NOW), Ok(false));
}

#[test]
fn what_javascript_keeps_without_a_codec_can_be_read() {
    let mut cache = engine();
    for (kind, bytes) in [(1, "Ada".as_bytes()), (2, "Adé".as_bytes())] {
        cache.set(b"k", Value::Bytes { kind, bytes }, Ttl::Never, NOW).unwrap();
        let text = cache.get_as::<String>(b"k", NOW).unwrap().unwrap();
        assert_eq!(text.as_bytes(), bytes);
    }
    for (kind, expected) in [(5, Some(false)), (6, Some(true)), (7, None)] {
        cache.set(b"k", Value::Bytes { kind, bytes: b"" }, Ttl::Never, NOW).unwrap();
        assert_eq!(cache.get_as::<Option<bool>>(b"k", NOW), Ok(Some(expected)));
    }
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Nested(Vec<Nested>);

#[test]
fn what_is_nested_too_deep_to_be_read_is_not_written() {
    let nested = |depth| (1..depth).fold(Nested(vec![]), |inner, _| Nested(vec![inner]));
    comes_back(nested(100));
    for depth in [130, 1_000] {
        let refused = engine().set_as(b"k", &nested(depth), Ttl::Never, NOW);
        assert!(matches!(refused, Err(Error::NotSerializable(_))), "{depth}");
    }
}

/// Whatever bytes an entry holds, of whatever kind: an answer or an error, never a panic.
#[test]
fn no_bytes_make_it_panic() {
    let nested = [0x91u8; 100_000];
    let long_array = [0xdd, 0xff, 0xff, 0xff, 0xff];
    let bad: [&[u8]; 6] = [b"", b"\xc1", b"\xff\xfe", b"\xd9\x05ab", &nested, &long_array];
    let mut cache = engine();
    for kind in 0..=9 {
        for bytes in bad {
            cache.set(b"k", Value::Bytes { kind, bytes }, Ttl::Never, NOW).unwrap();
            let _ = cache.get_as::<String>(b"k", NOW);
            let _ = cache.get_as::<Vec<Vec<u8>>>(b"k", NOW);
            let _ = cache.get_as::<serde_json::Value>(b"k", NOW);
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_json_comes_back(bytes in proptest::collection::vec(0u8.., 0..200)) {
        // Random bytes as MessagePack: what reads as a value is written and read again.
        let mut cache = engine();
        let value = Value::Bytes { kind: 4, bytes: &bytes };
        cache.set(b"k", value, Ttl::Never, NOW).unwrap();
        if let Ok(Some(json)) = cache.get_as::<serde_json::Value>(b"k", NOW) {
            cache.set_as(b"again", &json, Ttl::Never, NOW).unwrap();
            proptest::prop_assert_eq!(cache.get_as(b"again", NOW), Ok(Some(json)));
        }
    }
}

#[cfg(feature = "async")]
#[test]
fn loads_are_typed_too() {
    #[path = "support/executor.rs"]
    mod executor;
    use isocache::local::{LoadError, LocalCache};

    let cache = LocalCache::<String>::new(engine(), || NOW);
    let mut tasks = executor::Tasks::default();
    let gate = executor::Gate::default();
    let given = [1, 2].map(|i| {
        let (cache, gate) = (cache.clone(), gate.clone());
        tasks.spawn(async move {
            let load = || async move {
                gate.pass().await;
                Ok(vec![Shape::Circle(f64::from(i))])
            };
            cache.get_or_load_as(b"k", Ttl::Never, load).await
        })
    });
    tasks.run();
    gate.open();
    tasks.run();
    for (_, given) in given {
        assert_eq!(*given.borrow(), Some(Ok(vec![Shape::Circle(1.0)])));
    }
    assert_eq!(cache.get_as(b"k"), Ok(Some(vec![Shape::Circle(1.0)])));
    let other = cache.clone();
    let load = || async { Ok(String::new()) };
    let (_, given) = tasks.spawn(async move { other.get_or_load_as(b"k", Ttl::Never, load).await });
    tasks.run();
    assert!(matches!(*given.borrow(), Some(Err(LoadError::Typed(Error::NotOfType(_))))));
}
