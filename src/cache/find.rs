//! Finding a key's entry, expired ones excepted.

use super::Cache;
use super::journal::Reason;
use super::layout::{IDLE, STALE, TAGGED};

/// An entry of a key. One that is not live is held for those who ask for stale values.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    pub(crate) id: u32,
    /// Where it lies until the next write.
    #[cfg_attr(not(all(target_arch = "wasm32", feature = "npm")), allow(dead_code))]
    pub(crate) place: u32,
    pub(crate) live: bool,
}

/// What time and tags have made of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Live,
    /// Its deadline has come, and it is held all the same.
    Held,
    Expired,
    /// One of its tags was invalidated.
    Invalidated,
}

impl Cache {
    /// The live entry of a key.
    pub(super) fn find_live(&mut self, key: &[u8]) -> Option<u32> {
        let (found, _) = self.find(key);
        found.filter(|found| found.live).map(|found| found.id)
    }

    /// The entry of a key, and the key's hash. What is neither live nor held is removed here.
    pub(super) fn find(&mut self, key: &[u8]) -> (Option<Found>, u32) {
        let hash = self.records.hash(key);
        let place = self.index.find(&self.records, hash, key);
        (place.and_then(|place| self.judge(place)), hash)
    }

    /// As [`find`](Self::find), on the path of a hit.
    #[inline(always)]
    pub(super) fn find_hot(&mut self, key: &[u8]) -> Option<Found> {
        let hash = self.records.hash(key);
        let place = self.index.find(&self.records, hash, key)?;
        self.judge(place)
    }

    /// The entry that begins there. What is neither live nor held is removed.
    #[inline(always)]
    fn judge(&mut self, place: u32) -> Option<Found> {
        let head = self.records.head_hot(place);
        let id = head.owner();
        if head.deadline() > self.now && head.flags() & (IDLE | TAGGED) == 0 {
            return Some(Found { id, place, live: true });
        }
        self.judge_closely(id, place)
    }

    #[cold]
    fn judge_closely(&mut self, id: u32, place: u32) -> Option<Found> {
        match self.state(id) {
            State::Live => Some(Found { id, place, live: true }),
            State::Held => Some(Found { id, place, live: false }),
            state => {
                self.discard(id, state);
                None
            }
        }
    }

    /// What has become of an entry.
    pub(super) fn state(&self, id: u32) -> State {
        let head = self.records.head(id);
        if head.flags() & TAGGED != 0 && head.tags().is_some_and(|it| !self.tags.are_valid(it)) {
            return State::Invalidated;
        }
        if self.expiry(id) > self.now {
            return State::Live;
        }
        let held = head.flags() & STALE != 0 && head.deadline() <= self.now;
        if held && head.stale_until().is_some_and(|until| until > self.now) {
            State::Held
        } else {
            State::Expired
        }
    }

    /// When an entry expires if nobody uses it.
    pub(super) fn expiry(&self, id: u32) -> u64 {
        let head = self.records.head(id);
        match (self.options.max_idle_ms, head.used()) {
            (Some(idle), Some(used)) => head.deadline().min(used.saturating_add(idle)),
            _ => head.deadline(),
        }
    }

    /// Removes an entry that is not to be found any more.
    pub(super) fn discard(&mut self, id: u32, state: State) {
        if state == State::Invalidated {
            self.remove(id, Reason::Invalidate);
        } else {
            self.expire(id);
        }
    }
}
