//! Waiting for a load that somebody else owns.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::flight::{Edge, Flight, Outcome};
use super::flights::Flights;
use super::{Held, LoadError};

/// What came of waiting.
pub(super) enum Arrival<E> {
    Landed(Result<Held, LoadError<E>>),
    /// The owner is gone.
    Abandoned,
    /// The load cannot end before the one who waits does.
    WaitsForItself,
}

pub(super) struct Join<'a, E> {
    flights: &'a Flights<E>,
    flight: Rc<Flight<E>>,
    ticket: Option<u64>,
    edge: Option<Edge<E>>,
}

impl<'a, E> Join<'a, E> {
    pub(super) const fn new(flights: &'a Flights<E>, flight: Rc<Flight<E>>) -> Self {
        Self { flights, flight, ticket: None, edge: None }
    }
}

impl<E: Clone> Future for Join<'_, E> {
    type Output = Arrival<E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.flight.outcome() {
            Some(Outcome::Landed(result)) => return Poll::Ready(Arrival::Landed(result.clone())),
            Some(Outcome::Abandoned) => return Poll::Ready(Arrival::Abandoned),
            None => {}
        }
        // At each poll: the one who waits may have been handed to a loader since the last.
        if self.flights.would_wait_for_itself(&self.flight) {
            return Poll::Ready(Arrival::WaitsForItself);
        }
        if self.edge.is_none() {
            self.edge = self.flights.edge_to(&self.flight);
        }
        let ticket = self.ticket.unwrap_or_else(|| self.flight.take_ticket());
        self.ticket = Some(ticket);
        self.flight.wake_later(ticket, context.waker().clone());
        Poll::Pending
    }
}

impl<E> Drop for Join<'_, E> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            self.flight.leave(ticket);
        }
    }
}
