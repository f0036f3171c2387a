//! The records: what is known of each entry, under ids that stay the same while the entry lives.
//!
//! A record's key and value lie together in one block, key first, so that a hit touches the record
//! and one more place. A number lies in the record itself and is changed there.

use super::cost;
use super::pages::Pages;
use super::value::Value;

/// One entry.
pub(super) struct Record {
    /// Key bytes, then value bytes.
    block: Box<[u8]>,
    /// The first millisecond at which the entry is gone.
    pub(super) deadline: u64,
    /// The value, where the entry is a number; what a reference costs.
    number: f64,
    /// As the index has it.
    pub(super) hash: u32,
    key_len: u16,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Number,
    Bytes(u8),
    Reference,
}

impl Record {
    pub(super) fn new(hash: u32, key: &[u8], value: Value<'_>, deadline: u64) -> Self {
        let (kind, number, bytes) = match value {
            Value::Number(number) => (Kind::Number, number, &[][..]),
            Value::Bytes { kind, bytes } => (Kind::Bytes(kind), 0.0, bytes),
            // Exact up to 2^53, and no entry may be larger than memory.
            Value::Reference { bytes } => (Kind::Reference, bytes as f64, &[][..]),
        };
        let block = [key, bytes].concat().into_boxed_slice();
        Self { block, deadline, number, hash, key_len: key.len() as u16, kind }
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.block[..self.key_len as usize]
    }

    pub(super) fn value(&self) -> Value<'_> {
        match self.kind {
            Kind::Number => Value::Number(self.number),
            Kind::Reference => Value::Reference { bytes: self.number as u64 },
            Kind::Bytes(kind) => Value::Bytes { kind, bytes: &self.block[self.key_len as usize..] },
        }
    }

    /// Changes the value of a record that holds a number; allocates nothing.
    pub(super) fn set_number(&mut self, number: f64) {
        debug_assert!(matches!(self.kind, Kind::Number));
        self.number = number;
    }
}

/// A place for a record: taken, or free and linked to the next free one.
enum Slot {
    Taken(Record),
    Free(u32),
}

const NONE: u32 = u32::MAX;

/// All records, by id.
pub(super) struct Records {
    slots: Pages<Slot>,
    first_free: u32,
    live: u32,
    /// See [`Options::bare`](super::Options::bare).
    bare: bool,
}

impl Records {
    pub(super) const fn new(bare: bool) -> Self {
        Self { slots: Pages::new(), first_free: NONE, live: 0, bare }
    }

    /// What an entry of this key and value costs, in bytes.
    pub(super) fn cost_of(&self, key: &[u8], value: &Value) -> u64 {
        match *value {
            Value::Number(size) if cfg!(not(target_arch = "wasm32")) && self.bare => size as u64,
            Value::Reference { bytes } => cost::cost(key.len(), 0).saturating_add(bytes),
            _ => cost::cost(key.len(), value.len()),
        }
    }

    /// What the entry of an id costs, in bytes.
    pub(super) fn cost(&self, id: u32) -> u64 {
        let record = self.get(id);
        self.cost_of(record.key(), &record.value())
    }

    /// How many records there are.
    pub(super) const fn len(&self) -> u32 {
        self.live
    }

    /// One above the highest id ever given.
    pub(super) const fn end(&self) -> u32 {
        self.slots.len()
    }

    /// Adds a record and gives its id; O(1).
    pub(super) fn insert(&mut self, record: Record) -> u32 {
        self.live += 1;
        if self.first_free == NONE {
            return self.slots.push(Slot::Taken(record));
        }
        let id = self.first_free;
        let slot = self.slots.get_mut(id);
        if let Slot::Free(next) = *slot {
            self.first_free = next;
        }
        *slot = Slot::Taken(record);
        id
    }

    /// Takes a record out; O(1).
    pub(super) fn remove(&mut self, id: u32) -> Option<Record> {
        let slot = self.slots.get_mut(id);
        if matches!(slot, Slot::Free(_)) {
            return None;
        }
        let taken = core::mem::replace(slot, Slot::Free(self.first_free));
        self.first_free = id;
        self.live -= 1;
        match taken {
            Slot::Taken(record) => Some(record),
            Slot::Free(_) => None,
        }
    }

    /// The record of an id, if there is one now.
    pub(super) fn find(&self, id: u32) -> Option<&Record> {
        match self.slots.get(id) {
            Slot::Taken(record) => Some(record),
            Slot::Free(_) => None,
        }
    }

    /// The record of an id that the index, the policy or the deadlines gave.
    pub(super) fn get(&self, id: u32) -> &Record {
        match self.slots.get(id) {
            Slot::Taken(record) => record,
            Slot::Free(_) => unreachable!("an id outlived its record"),
        }
    }

    /// As [`get`](Self::get), to be changed.
    pub(super) fn get_mut(&mut self, id: u32) -> &mut Record {
        match self.slots.get_mut(id) {
            Slot::Taken(record) => record,
            Slot::Free(_) => unreachable!("an id outlived its record"),
        }
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.first_free = NONE;
        self.live = 0;
    }
}
