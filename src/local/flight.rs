//! One load: who waits for it, what came of it, and which other loads it waits for.
//!
//! Nothing here calls foreign code while something is borrowed: wakers are cloned before they are
//! put away, taken out before they are woken, and dropped after the borrow has ended.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::mem;
use std::rc::Rc;
use std::task::Waker;

use super::{Held, LoadError};

pub(super) enum Outcome<E> {
    Landed(Result<Held, LoadError<E>>),
    /// Whoever loaded was dropped: one of those who wait begins anew.
    Abandoned,
}

pub(super) struct Flight<E> {
    outcome: OnceCell<Outcome<E>>,
    waiting: RefCell<BTreeMap<u64, Waker>>,
    tickets: Cell<u64>,
    /// The loads that this one's loader waits for now.
    awaits: RefCell<Vec<Rc<Flight<E>>>>,
}

impl<E> Flight<E> {
    pub(super) fn new() -> Self {
        Self {
            outcome: OnceCell::new(),
            waiting: RefCell::new(BTreeMap::new()),
            tickets: Cell::new(0),
            awaits: RefCell::new(Vec::new()),
        }
    }

    pub(super) fn outcome(&self) -> Option<&Outcome<E>> {
        self.outcome.get()
    }

    /// Tells everyone who waits. All of them, also after an abandoned load, where only one will load:
    /// the one that was told might be dropped before it runs, and nobody else would learn of it.
    pub(super) fn end(&self, outcome: Outcome<E>) {
        if self.outcome.set(outcome).is_ok() {
            let waiting = mem::take(&mut *self.waiting.borrow_mut());
            waiting.into_values().for_each(Waker::wake);
        }
    }

    pub(super) fn take_ticket(&self) -> u64 {
        self.tickets.replace(self.tickets.get() + 1)
    }

    /// Has the holder of a ticket woken at the end. O(log waiting).
    pub(super) fn wake_later(&self, ticket: u64, waker: Waker) {
        let before = self.waiting.borrow_mut().insert(ticket, waker);
        drop(before);
    }

    pub(super) fn leave(&self, ticket: u64) {
        let before = self.waiting.borrow_mut().remove(&ticket);
        drop(before);
    }

    /// Whether this load waits, itself or through others, for one of `those`, or is one of them.
    /// O(loads that wait for each other), which are as many as loaders are nested.
    pub(super) fn leads_to(self: &Rc<Self>, those: &[Rc<Self>]) -> bool {
        let mut seen: Vec<Rc<Self>> = vec![Rc::clone(self)];
        let mut at = 0;
        while let Some(flight) = seen.get(at).cloned() {
            if those.iter().any(|one| Rc::ptr_eq(one, &flight)) {
                return true;
            }
            for next in flight.awaits.borrow().iter() {
                if !seen.iter().any(|one| Rc::ptr_eq(one, next)) {
                    seen.push(Rc::clone(next));
                }
            }
            at += 1;
        }
        false
    }
}

/// Says that one load waits for another, for as long as it exists.
pub(super) struct Edge<E> {
    from: Rc<Flight<E>>,
    to: Rc<Flight<E>>,
}

impl<E> Edge<E> {
    pub(super) fn new(from: Rc<Flight<E>>, to: Rc<Flight<E>>) -> Self {
        from.awaits.borrow_mut().push(Rc::clone(&to));
        Self { from, to }
    }
}

impl<E> Drop for Edge<E> {
    fn drop(&mut self) {
        let mut awaits = self.from.awaits.borrow_mut();
        if let Some(at) = awaits.iter().position(|one| Rc::ptr_eq(one, &self.to)) {
            awaits.swap_remove(at); // not the last of its kind: `self.to` lives
        }
    }
}
