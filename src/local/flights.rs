//! The loads under way: by key, and those whose loaders are being polled at this moment.
//!
//! A load that a write has detached from its key runs on for those who wait for it; who asks for the
//! key afterwards does not find it, and nothing of it is stored.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::flight::{Edge, Flight, Outcome};
use super::{Held, LoadError};

/// A tree, because it needs no seed and there are few.
type ByKey<E> = BTreeMap<Box<[u8]>, Rc<Flight<E>>>;

pub(super) struct Flights<E> {
    by_key: RefCell<ByKey<E>>,
    /// From the outermost to the innermost: who polls now is inside of all these loaders.
    polling: RefCell<Vec<Rc<Flight<E>>>>,
}

/// What a caller finds.
pub(super) enum Boarding<'a, E> {
    Own(Owner<'a, E>),
    Join(Rc<Flight<E>>),
}

impl<E> Flights<E> {
    pub(super) const fn new() -> Self {
        Self { by_key: RefCell::new(BTreeMap::new()), polling: RefCell::new(Vec::new()) }
    }

    /// The load of this key that is under way, or a new one, which the caller owns.
    pub(super) fn board<'a>(&'a self, key: &'a [u8]) -> Boarding<'a, E> {
        let mut by_key = self.by_key.borrow_mut();
        if let Some(flight) = by_key.get(key) {
            return Boarding::Join(Rc::clone(flight));
        }
        let flight = Rc::new(Flight::new());
        by_key.insert(key.into(), Rc::clone(&flight));
        Boarding::Own(Owner { flights: self, key, flight, inside_of: None })
    }

    pub(super) fn detach(&self, key: &[u8]) {
        let detached = self.by_key.borrow_mut().remove(key);
        drop(detached);
    }

    pub(super) fn detach_matching(&self, matches: impl Fn(&[u8]) -> bool) {
        self.by_key.borrow_mut().retain(|key, _| !matches(key)); // its owner holds each of them
    }

    /// Whether the caller runs inside the loader that loads this key.
    #[cfg(all(feature = "promise-class", target_arch = "wasm32"))]
    pub(super) fn is_inside(&self, key: &[u8]) -> bool {
        let by_key = self.by_key.borrow();
        by_key.get(key).is_some_and(|flight| self.would_wait_for_itself(flight))
    }

    /// Whether waiting for this load, here, would be waiting for oneself: a loader that is being
    /// polled around the caller cannot end before the caller has.
    pub(super) fn would_wait_for_itself(&self, flight: &Rc<Flight<E>>) -> bool {
        let polling = self.polling.borrow();
        !polling.is_empty() && flight.leads_to(&polling)
    }

    /// That the innermost loader that is being polled waits for this load.
    pub(super) fn edge_to(&self, flight: &Rc<Flight<E>>) -> Option<Edge<E>> {
        let innermost = self.polling.borrow().last().cloned()?;
        Some(Edge::new(innermost, Rc::clone(flight)))
    }
}

/// Whoever loads. Dropped before it has [`land`](Owner::land)ed, it abandons the load.
pub(super) struct Owner<'a, E> {
    flights: &'a Flights<E>,
    key: &'a [u8],
    flight: Rc<Flight<E>>,
    inside_of: Option<Edge<E>>,
}

impl<E> Owner<'_, E> {
    /// To be held while the loader is polled.
    pub(super) fn enter(&mut self) -> Polling<'_, E> {
        if self.inside_of.is_none() {
            self.inside_of = self.flights.edge_to(&self.flight);
        }
        self.flights.polling.borrow_mut().push(Rc::clone(&self.flight));
        Polling(self.flights)
    }

    /// Whether what is loaded may be stored: nobody wrote or deleted the key meanwhile.
    pub(super) fn speaks(&self) -> bool {
        let by_key = self.flights.by_key.borrow();
        by_key.get(self.key).is_some_and(|flight| Rc::ptr_eq(flight, &self.flight))
    }

    /// Tells those who wait what came of it.
    pub(super) fn land(self, result: Result<Held, LoadError<E>>) {
        self.end(Outcome::Landed(result));
    }

    fn end(&self, outcome: Outcome<E>) {
        if self.speaks() {
            self.flights.detach(self.key);
        }
        self.flight.end(outcome);
    }
}

impl<E> Drop for Owner<'_, E> {
    fn drop(&mut self) {
        if self.flight.outcome().is_none() {
            self.end(Outcome::Abandoned);
        }
    }
}

/// Inside a loader.
pub(super) struct Polling<'a, E>(&'a Flights<E>);

impl<E> Drop for Polling<'_, E> {
    fn drop(&mut self) {
        let left = self.0.polling.borrow_mut().pop();
        drop(left);
    }
}
