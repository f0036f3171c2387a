//! What went, for callers that keep something of their own for each entry or tell others of it.
//!
//! Nothing is written down, and nothing costs, until it is asked for.

/// Why an entry went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// To make room.
    Evict,
    /// Its deadline came, or it was idle for too long.
    Expire,
    /// By name or by pattern.
    Delete,
    /// Another value was stored under its key.
    Replace,
    /// One of its tags was invalidated.
    Invalidate,
    /// With everything else.
    Clear,
}

/// An entry that went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The id that it had; a later entry may have it again.
    pub id: u32,
    /// Why it went.
    pub reason: Reason,
    /// Its key, where keys are asked for.
    pub key: Vec<u8>,
}

/// What is written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Record {
    /// Nothing.
    #[default]
    Nothing,
    /// Which entries went, and why.
    Ids,
    /// Their keys too.
    Keys,
}

/// The entries that went since they were last asked for.
#[derive(Default)]
pub(super) struct Journal {
    pub(super) record: Record,
    pub(super) removed: Vec<Removed>,
}

impl super::Cache {
    /// What to write down of entries that go, from now on.
    pub fn record_removals(&mut self, record: Record) {
        self.journal.record = record;
        if record == Record::Nothing {
            self.journal.removed = Vec::new();
        }
    }

    /// How many removals are written down.
    pub fn removals(&self) -> usize {
        self.journal.removed.len()
    }

    /// The entries that went since the last call, in their order. O(their number).
    pub fn take_removed(&mut self) -> Vec<Removed> {
        core::mem::take(&mut self.journal.removed)
    }

    pub(super) fn note_removal(&mut self, id: u32, reason: Reason) {
        let key = match self.journal.record {
            Record::Nothing => return,
            Record::Ids => Vec::new(),
            Record::Keys => self.records.key(id).into_owned(),
        };
        self.journal.removed.push(Removed { id, reason, key });
    }
}
