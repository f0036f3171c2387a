//! Typed values and one load per key, without threads and without a runtime:
//! `cargo run --example typed_loads --features serde,async`.
//!
//! Three tasks ask for the same user at the same time; one of them asks the "database".

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use isocache::cache::{Cache, Error, Options, Ttl};
use isocache::local::LocalCache;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
struct User {
    name: String,
    visits: u32,
}

fn main() -> Result<(), Error> {
    let clock = Rc::new(Cell::new(1_700_000_000_000));
    let hand = Rc::clone(&clock);
    let cache = LocalCache::<String>::new(Cache::new(Options::default(), 42)?, move || hand.get());
    let asked = Rc::new(Cell::new(0));

    let tasks = (1..=3).map(|task| {
        let (cache, asked) = (cache.clone(), Rc::clone(&asked));
        Box::pin(async move {
            let load = || async move {
                asked.set(asked.get() + 1);
                one_turn().await; // the database takes a while
                Ok(User { name: "Ada".into(), visits: 3 })
            };
            let user = cache.get_or_load_as::<User, _, _>(b"user:1", Ttl::After(5_000), load).await;
            println!("task {task} got {user:?}");
        }) as Task
    });
    run(tasks.collect());
    println!("the database was asked {} time(s)", asked.get());
    println!("the cache keeps it for {:?} ms", cache.ttl(b"user:1"));
    clock.set(clock.get() + 5_000);
    println!("and then has {:?}", cache.get_as::<User>(b"user:1"));
    Ok(())
}

type Task = Pin<Box<dyn Future<Output = ()>>>;

/// The simplest executor there is: any other does as well.
fn run(mut tasks: Vec<Task>) {
    let mut context = Context::from_waker(Waker::noop());
    while !tasks.is_empty() {
        tasks.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
    }
}

async fn one_turn() {
    let mut waited = false;
    poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending })
        .await;
}
