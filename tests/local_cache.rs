//! One load per key: who shares, who takes over, and what a load may store.
#![cfg(all(feature = "async", not(target_arch = "wasm32")))]

#[path = "support/executor.rs"]
mod executor;

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;

use executor::{Gate, Given, Tasks};
use isocache::cache::{Cache, Error, Options, Pattern, Ttl, Value};
use isocache::local::{Held, LoadError, LocalCache};
use proptest::prelude::*;

type Shared = LocalCache<&'static str>;
type Loaded = Result<Held, LoadError<&'static str>>;
type Asking = Pin<Box<dyn Future<Output = Loaded>>>;

const START: u64 = 1_700_000_000_000;

/// A cache, the clock it looks at, how often it loaded, and an executor.
struct Scene {
    cache: Shared,
    clock: Rc<Cell<u64>>,
    loads: Rc<Cell<u32>>,
    gate: Gate,
    tasks: Tasks,
}

fn scene() -> Scene {
    let clock = Rc::new(Cell::new(START));
    let hand = Rc::clone(&clock);
    let engine = Cache::new(Options { max_bytes: 1 << 16, ..Options::default() }, 1).unwrap();
    Scene {
        cache: LocalCache::new(engine, move || hand.get()),
        clock,
        loads: Rc::default(),
        gate: Gate::default(),
        tasks: Tasks::default(),
    }
}

impl Scene {
    /// A task that asks for a key with a loader that waits at the gate.
    fn ask(
        &mut self,
        key: &'static [u8],
        gives: Result<f64, &'static str>,
    ) -> (usize, Given<Loaded>) {
        let (cache, gate, loads) = (self.cache.clone(), self.gate.clone(), Rc::clone(&self.loads));
        self.tasks.spawn(async move {
            let load = || async move {
                loads.set(loads.get() + 1);
                gate.pass().await;
                gives
            };
            cache.get_or_load(key, Ttl::After(1_000), load).await
        })
    }

    fn open(&mut self) {
        self.gate.open();
        self.tasks.run();
    }
}

fn number(given: &Given<Loaded>) -> Option<f64> {
    given.borrow().clone()?.ok()?.number()
}

#[test]
fn a_present_key_is_not_loaded() {
    let mut scene = scene();
    scene.cache.set(b"k", Value::Number(7.0), Ttl::Never).unwrap();
    let (_, given) = scene.ask(b"k", Ok(1.0));
    scene.tasks.run();
    assert_eq!((number(&given), scene.loads.get()), (Some(7.0), 0));
}

#[test]
fn nothing_happens_before_the_first_poll() {
    let mut scene = scene();
    scene.ask(b"k", Ok(1.0));
    assert_eq!((scene.loads.get(), scene.cache.stats().misses), (0, 0));
}

#[test]
fn however_many_ask_one_loads() {
    let mut scene = scene();
    let all: Vec<_> = (0..20).map(|i| scene.ask(b"k", Ok(f64::from(i))).1).collect();
    let other = scene.ask(b"other", Ok(99.0)).1;
    scene.tasks.run();
    assert_eq!((scene.loads.get(), scene.tasks.pending()), (2, 21));
    scene.open();
    assert!(all.iter().all(|given| number(given) == Some(0.0)));
    assert_eq!(number(&other), Some(99.0));
    assert_eq!(scene.cache.get(b"k"), Some(Held::Number(0.0)));
    assert_eq!(scene.loads.get(), 2);
}

#[test]
fn the_ttl_begins_when_the_value_is_there() {
    let mut scene = scene();
    scene.ask(b"k", Ok(1.0));
    scene.tasks.run();
    scene.clock.set(START + 5_000);
    scene.open();
    assert_eq!(scene.cache.ttl(b"k"), Some(1_000));
    scene.clock.set(START + 6_000);
    let again = scene.ask(b"k", Ok(2.0)).1;
    scene.tasks.run();
    assert_eq!((number(&again), scene.loads.get()), (Some(2.0), 2));
}

#[test]
fn a_failure_goes_to_everyone_and_is_not_stored() {
    let mut scene = scene();
    let all: Vec<_> = (0..3).map(|_| scene.ask(b"k", Err("down")).1).collect();
    scene.tasks.run();
    scene.open();
    for given in all {
        assert_eq!(*given.borrow(), Some(Err(LoadError::Loader("down"))));
    }
    assert!(!scene.cache.has(b"k"));
    let later = scene.ask(b"k", Ok(2.0)).1;
    scene.tasks.run();
    assert_eq!((number(&later), scene.loads.get()), (Some(2.0), 2));
}

#[test]
fn a_waiter_takes_over_from_an_owner_that_is_dropped() {
    let mut scene = scene();
    let (owner, _) = scene.ask(b"k", Ok(1.0));
    let (second, _) = scene.ask(b"k", Ok(2.0));
    let third = scene.ask(b"k", Ok(3.0)).1;
    scene.tasks.run();
    scene.tasks.cancel(owner);
    // The first to be told is dropped before it could do anything about it.
    scene.tasks.cancel(second);
    scene.tasks.run();
    assert_eq!((scene.loads.get(), scene.tasks.pending()), (2, 1));
    scene.open();
    assert_eq!((number(&third), scene.cache.get(b"k")), (Some(3.0), Some(Held::Number(3.0))));
}

#[test]
fn only_one_of_many_takes_over() {
    let mut scene = scene();
    let (owner, _) = scene.ask(b"k", Ok(0.0));
    let waiters: Vec<_> = (1..10).map(|i| scene.ask(b"k", Ok(f64::from(i))).1).collect();
    scene.tasks.run();
    scene.tasks.cancel(owner);
    scene.tasks.run();
    assert_eq!(scene.loads.get(), 2);
    scene.open();
    assert!(waiters.iter().all(|given| number(given) == Some(1.0)));
}

#[test]
fn a_waiter_that_leaves_disturbs_nobody() {
    let mut scene = scene();
    let first = scene.ask(b"k", Ok(1.0)).1;
    let (leaves, _) = scene.ask(b"k", Ok(2.0));
    let third = scene.ask(b"k", Ok(3.0)).1;
    scene.tasks.run();
    scene.tasks.cancel(leaves);
    scene.open();
    assert_eq!((number(&first), number(&third), scene.loads.get()), (Some(1.0), Some(1.0), 1));
}

#[test]
fn an_abandoned_load_with_nobody_waiting_leaves_nothing() {
    let mut scene = scene();
    let (owner, _) = scene.ask(b"k", Ok(1.0));
    scene.tasks.run();
    scene.tasks.cancel(owner);
    let later = scene.ask(b"k", Ok(2.0)).1;
    scene.open();
    assert_eq!((number(&later), scene.loads.get()), (Some(2.0), 2));
}

/// (what is done to the key while it loads, what the key holds afterwards).
type Meanwhile = (fn(&Shared), Option<f64>);

const WINS: &[Meanwhile] = &[
    (
        |cache| {
            let _ = cache.set(b"k", Value::Number(5.0), Ttl::Never);
        },
        Some(5.0),
    ),
    (
        |cache| {
            let _ = cache.set_if_absent(b"k", Value::Number(6.0), Ttl::Never);
        },
        Some(6.0),
    ),
    (
        |cache| {
            let _ = cache.increment(b"k", 2.0, 0.0, Ttl::Never);
        },
        Some(2.0),
    ),
    (
        |cache| {
            let _ = cache.delete(b"k");
        },
        None,
    ),
    (
        |cache| {
            let _ = cache.delete_pattern(&Pattern::new("?").unwrap());
        },
        None,
    ),
    (
        |cache| {
            let _ = cache.clear();
        },
        None,
    ),
    (|cache| cache.reject(b"k"), None),
    (
        |cache| {
            let _ = cache.set(b"k", Value::bytes(&[0; 1 << 15]), Ttl::Never);
        },
        None,
    ),
];

#[test]
fn what_is_written_or_deleted_meanwhile_wins() {
    for (at, (meanwhile, holds)) in WINS.iter().enumerate() {
        let mut scene = scene();
        let waiters = [scene.ask(b"k", Ok(1.0)).1, scene.ask(b"k", Ok(2.0)).1];
        scene.tasks.run();
        meanwhile(&scene.cache);
        let late = scene.ask(b"k", Ok(3.0)).1;
        scene.open();
        assert!(waiters.iter().all(|given| number(given) == Some(1.0)), "case {at}");
        // Who asks after the write finds it, or loads what is true since.
        assert_eq!(number(&late), Some(holds.unwrap_or(3.0)), "case {at}");
        let held = scene.cache.get(b"k").and_then(|held| held.number());
        assert_eq!(held, Some(holds.unwrap_or(3.0)), "case {at}");
    }
}

/// What changes nothing about the key does not keep a load from being stored.
const LOSES: &[fn(&Shared)] = &[
    |cache| {
        let _ = cache.set(b"other", Value::Number(5.0), Ttl::Never);
    },
    |cache| {
        let _ = cache.set(b"k", Value::Number(5.0), Ttl::After(0));
    },
    |cache| {
        let _ = cache.delete_pattern(&Pattern::new("??").unwrap());
    },
    |cache| {
        let _ = cache.increment(b"k", f64::NAN, 0.0, Ttl::Never);
    },
    |cache| {
        let _ = cache.purge_expired(usize::MAX);
    },
    |cache| {
        let _ = cache.get(b"k");
    },
    |cache| {
        let _ = cache.ttl(b"k");
    },
];

#[test]
fn what_does_not_change_the_key_does_not_win() {
    for (at, meanwhile) in LOSES.iter().enumerate() {
        let mut scene = scene();
        scene.ask(b"k", Ok(1.0));
        scene.tasks.run();
        meanwhile(&scene.cache);
        scene.open();
        assert_eq!(scene.cache.get(b"k"), Some(Held::Number(1.0)), "case {at}");
    }
}

#[test]
fn loaders_may_load_other_keys() {
    let mut scene = scene();
    let (cache, inner) = (scene.cache.clone(), scene.cache.clone());
    let (_, given) = scene.tasks.spawn(async move {
        let load = || async move {
            let part = inner.get_or_load(b"part", Ttl::Never, || async { Ok(20.0) }).await;
            Ok(part.unwrap().number().unwrap() + 1.0)
        };
        cache.get_or_load(b"whole", Ttl::Never, load).await
    });
    scene.tasks.run();
    assert_eq!(number(&given), Some(21.0));
    assert_eq!(scene.cache.get(b"part"), Some(Held::Number(20.0)));
}

#[test]
fn a_loader_that_asks_for_its_own_key_loads_apart() {
    for wait_first in [false, true] {
        let mut scene = scene();
        let (cache, inner, gate) = (scene.cache.clone(), scene.cache.clone(), scene.gate.clone());
        let (_, given) = scene.tasks.spawn(async move {
            let load = || async move {
                if wait_first {
                    gate.pass().await;
                }
                let own = inner.get_or_load(b"k", Ttl::Never, || async { Ok(1.0) }).await;
                Ok(own.unwrap().number().unwrap() + 10.0)
            };
            cache.get_or_load(b"k", Ttl::Never, load).await
        });
        let waiter = scene.ask(b"k", Ok(99.0)).1;
        scene.tasks.run();
        scene.open();
        assert_eq!((number(&given), number(&waiter)), (Some(11.0), Some(11.0)), "{wait_first}");
        assert_eq!(scene.cache.get(b"k"), Some(Held::Number(11.0)));
        assert_eq!(scene.tasks.pending(), 0);
    }
}

/// A loader for `key` that passes the gate and then asks for `other`, whose loader gives 1.
async fn load_through(
    cache: Shared,
    gate: Gate,
    key: &'static [u8],
    other: &'static [u8],
) -> Loaded {
    let inner = cache.clone();
    let load = || async move {
        gate.pass().await;
        let found = inner.get_or_load(other, Ttl::Never, || async { Ok(1.0) }).await;
        found.map(|held| held.number().unwrap() + 10.0).map_err(|_| "failed")
    };
    cache.get_or_load(key, Ttl::Never, load).await
}

#[test]
fn tasks_whose_loads_wait_for_each_other_all_end() {
    let mut scene = scene();
    let ring: [(&[u8], &[u8]); 3] = [(b"a", b"b"), (b"b", b"c"), (b"c", b"a")];
    let all: Vec<_> = ring
        .into_iter()
        .map(|(key, other)| {
            let task = load_through(scene.cache.clone(), scene.gate.clone(), key, other);
            scene.tasks.spawn(task).1
        })
        .collect();
    scene.tasks.run();
    assert_eq!(scene.tasks.pending(), 3);
    scene.open();
    assert_eq!(scene.tasks.pending(), 0);
    // c closes the circle: it loads a apart, b waits for c, a for b.
    assert_eq!(all.iter().map(number).collect::<Vec<_>>(), [Some(31.0), Some(21.0), Some(11.0)]);
}

#[test]
fn a_future_that_waited_outside_and_is_handed_to_the_loader_ends_too() {
    let mut scene = scene();
    let slot: Rc<Cell<Option<Asking>>> = Rc::default();
    let (cache, gate, taken) = (scene.cache.clone(), scene.gate.clone(), Rc::clone(&slot));
    let (_, given) = scene.tasks.spawn(async move {
        let load = || async move {
            gate.pass().await;
            let earlier = taken.take().unwrap().await;
            Ok(earlier.unwrap().number().unwrap() + 10.0)
        };
        cache.get_or_load(b"k", Ttl::Never, load).await
    });
    scene.tasks.run();
    let waiting = scene.cache.clone();
    let mut future: std::pin::Pin<Box<dyn Future<Output = Loaded>>> =
        Box::pin(async move { waiting.get_or_load(b"k", Ttl::Never, || async { Ok(1.0) }).await });
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
    slot.set(Some(future));
    scene.open();
    assert_eq!(number(&given), Some(11.0));
}

#[test]
fn what_would_be_refused_is_refused_before_loading() {
    let mut scene = scene();
    let cache = scene.cache.clone();
    let (_, given) = scene.tasks.spawn(async move {
        let load = async || -> Result<f64, &'static str> { panic!("loaded") };
        let long = cache.get_or_load(&[0; 65_536], Ttl::Never, load).await;
        let never = cache.get_or_load(b"k", Ttl::After(0), load).await;
        let late = cache.get_or_load(b"k", Ttl::After(u64::MAX), load).await;
        [long, never, late]
    });
    scene.tasks.run();
    let refusals = [Error::KeyTooLong(65_536), Error::InvalidTtl(0), Error::InvalidTtl(u64::MAX)];
    assert_eq!(*given.borrow(), Some(refusals.map(|error| Err(LoadError::Cache(error)))));
}

#[test]
fn a_value_that_is_too_large_is_given_and_not_stored() {
    let mut scene = scene();
    let cache = scene.cache.clone();
    let (_, given) = scene.tasks.spawn(async move {
        cache.get_or_load(b"k", Ttl::Never, || async { Ok(vec![7; 1 << 15]) }).await
    });
    scene.tasks.run();
    let given = given.borrow_mut().take().unwrap().unwrap();
    assert_eq!(given.bytes().map(<[u8]>::len), Some(1 << 15));
    assert_eq!((scene.cache.has(b"k"), scene.cache.stats().rejections), (false, 1));
}

#[test]
fn a_loader_that_panics_is_an_owner_that_is_gone() {
    let mut scene = scene();
    let cache = scene.cache.clone();
    let mut failing = Box::pin(async move {
        let load = async || -> Result<f64, &'static str> { panic!("on purpose") };
        cache.get_or_load(b"k", Ttl::Never, load).await
    });
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        failing.as_mut().poll(&mut context).is_ready()
    }));
    assert!(caught.is_err());
    let later = scene.ask(b"k", Ok(2.0)).1;
    scene.open();
    assert_eq!(number(&later), Some(2.0));
}

#[test]
fn clock_and_errors_may_call_the_cache() {
    /// Its clone and its drop are the caller's code too.
    struct Nosy(LocalCache<Nosy>);
    impl Clone for Nosy {
        fn clone(&self) -> Self {
            self.0.delete(b"k");
            Self(self.0.clone())
        }
    }
    impl Drop for Nosy {
        fn drop(&mut self) {
            self.0.clear();
        }
    }
    let slot: Rc<std::cell::OnceCell<LocalCache<Nosy>>> = Rc::default();
    let (seen, busy) = (Rc::clone(&slot), Cell::new(false));
    let engine = Cache::new(Options::default(), 1).unwrap();
    let cache = LocalCache::<Nosy>::new(engine, move || {
        if !busy.replace(true) {
            let _ = seen.get().map(|cache| cache.set(b"tick", Value::Number(1.0), Ttl::Never));
            busy.set(false);
        }
        START
    });
    assert!(slot.set(cache.clone()).is_ok());
    let mut tasks = Tasks::default();
    let gate = Gate::default();
    let given = [(); 3].map(|()| {
        let (cache, gate) = (cache.clone(), gate.clone());
        tasks.spawn(async move {
            let error = Nosy(cache.clone());
            let load = || async move {
                gate.pass().await;
                Err::<f64, _>(error)
            };
            cache.get_or_load(b"k", Ttl::Never, load).await.is_err()
        })
    });
    tasks.run();
    gate.open();
    tasks.run();
    assert!(given.iter().all(|(_, given)| *given.borrow() == Some(true)));
}

#[derive(Clone, Debug)]
enum Step {
    Ask(usize),
    Cancel(usize),
    Open(usize),
    Write(usize),
    Delete(usize),
    Run,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..KEYS.len()).prop_map(Step::Ask),
        2 => (0usize..40).prop_map(Step::Cancel),
        2 => (0usize..40).prop_map(Step::Open),
        1 => (0..KEYS.len()).prop_map(Step::Write),
        1 => (0..KEYS.len()).prop_map(Step::Delete),
        4 => Just(Step::Run),
    ]
}

const KEYS: [&[u8]; 3] = [b"a", b"b", b"c"];

/// Counts the loaders of a key that run, and those that ever ran at the same time.
#[derive(Default)]
struct Running {
    now: Cell<usize>,
    most: Cell<usize>,
}

/// Leaves when it is dropped: also with a task that is cancelled.
struct Inside(Rc<Running>);

impl Inside {
    fn enter(running: Rc<Running>) -> Self {
        running.now.set(running.now.get() + 1);
        running.most.set(running.most.get().max(running.now.get()));
        Self(running)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.now.set(self.0.now.get() - 1);
    }
}

proptest! {
    /// Whatever is asked, cancelled, finished, written and deleted in whatever order: everyone who
    /// was not cancelled gets a value, and only what took a load off its key lets a second one run.
    #[test]
    fn every_order_of_events_ends(steps in proptest::collection::vec(step(), 0..60)) {
        let mut scene = scene();
        let running: [Rc<Running>; 3] = Default::default();
        let (mut gates, mut given, mut taken_off) = (Vec::new(), Vec::new(), [0; 3]);
        for step in steps {
            match step {
                Step::Ask(at) => {
                    let (cache, gate, here) = (scene.cache.clone(), Gate::default(), running[at].clone());
                    gates.push(gate.clone());
                    given.push(scene.tasks.spawn(async move {
                        let load = || async move {
                            let _inside = Inside::enter(here);
                            gate.pass().await;
                            Ok(1.0)
                        };
                        cache.get_or_load(KEYS[at], Ttl::Never, load).await
                    }));
                }
                Step::Cancel(nth) if nth < given.len() => {
                    scene.tasks.cancel(given[nth].0);
                    given[nth].1.replace(Some(Ok(Held::Number(0.0))));
                }
                Step::Open(nth) if nth < gates.len() => gates[nth].open(),
                Step::Write(at) => {
                    scene.cache.set(KEYS[at], Value::Number(2.0), Ttl::Never).unwrap();
                    taken_off[at] += 1;
                }
                Step::Delete(at) => {
                    scene.cache.delete(KEYS[at]);
                    taken_off[at] += 1;
                }
                Step::Run => scene.tasks.run(),
                Step::Cancel(_) | Step::Open(_) => {}
            }
        }
        gates.iter().for_each(Gate::open);
        scene.tasks.run();
        prop_assert_eq!(scene.tasks.pending(), 0);
        prop_assert!(given.iter().all(|(_, given)| number(given).is_some()));
        for (running, taken_off) in running.iter().zip(taken_off) {
            prop_assert_eq!(running.now.get(), 0);
            prop_assert!(running.most.get() <= 1 + taken_off);
        }
    }
}
