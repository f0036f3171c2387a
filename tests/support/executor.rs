//! An executor of a few lines: tasks are polled only when woken, in the order of their numbers, so
//! that a forgotten wake shows as a task that never ends. And a gate, to hold a loader where one
//! wants it.
#![allow(dead_code)] // not every test that includes this uses all of it

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

type Future_ = Pin<Box<dyn Future<Output = ()>>>;

/// Tasks that run when `run` is called.
#[derive(Default)]
pub struct Tasks {
    tasks: Vec<Option<(Future_, Arc<Woken>)>>,
}

/// Where a task leaves what it gave.
pub type Given<T> = Rc<RefCell<Option<T>>>;

impl Tasks {
    /// Adds a task: its number, and where its output will be.
    pub fn spawn<T: 'static>(
        &mut self,
        future: impl Future<Output = T> + 'static,
    ) -> (usize, Given<T>) {
        let given = Given::default();
        let there = Rc::clone(&given);
        let task = Box::pin(async move {
            let output = future.await;
            *there.borrow_mut() = Some(output);
        });
        let woken = Arc::new(Woken::default());
        woken.0.store(true, Ordering::Relaxed);
        self.tasks.push(Some((task, woken)));
        (self.tasks.len() - 1, given)
    }

    /// Polls whoever was woken until nobody is.
    pub fn run(&mut self) {
        while let Some(at) = self.tasks.iter().position(|task| {
            task.as_ref().is_some_and(|(_, woken)| woken.0.load(Ordering::Relaxed))
        }) {
            self.poll(at);
        }
    }

    fn poll(&mut self, at: usize) {
        let Some((task, woken)) = &mut self.tasks[at] else { return };
        woken.0.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(woken));
        if task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            self.tasks[at] = None;
        }
    }

    /// Drops a task half-way.
    pub fn cancel(&mut self, at: usize) {
        self.tasks[at] = None;
    }

    /// How many have not ended.
    pub fn pending(&self) -> usize {
        self.tasks.iter().flatten().count()
    }
}

/// Holds whoever passes until it is opened.
#[derive(Clone, Default)]
pub struct Gate(Rc<RefCell<(bool, Vec<Waker>)>>);

impl Gate {
    /// Waits until the gate is open.
    pub async fn pass(&self) {
        poll_fn(|context| {
            let mut gate = self.0.borrow_mut();
            if gate.0 {
                return Poll::Ready(());
            }
            gate.1.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Lets everybody pass, now and later.
    pub fn open(&self) {
        let waiting = {
            let mut gate = self.0.borrow_mut();
            gate.0 = true;
            std::mem::take(&mut gate.1)
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}
