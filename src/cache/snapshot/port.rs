//! All that snapshots need to know of how the cache keeps its entries.

use super::format::{self, Entry, Held, Times, push_tag};
use crate::cache::cost::Shape;
use crate::cache::find::State;
use crate::cache::layout::{IDLE, NUMBER, REFERENCE, STALE, set_used};
use crate::cache::options::{MAX_TTL_MS, NO_DEADLINE, SetOptions};
use crate::cache::policy::Policy;
use crate::cache::write::Given;
use crate::cache::{Cache, Value};

/// What the parts of an entry that do not lie in one place are put together in.
#[derive(Default)]
pub(super) struct Buffers {
    pub(super) key: Vec<u8>,
    pub(super) tags: Vec<u8>,
}

/// How far an entry was read.
#[derive(Default)]
pub(super) struct At {
    /// The piece; None: the first one.
    piece: Option<u32>,
    pub(super) byte: usize,
}

impl Cache {
    /// The ids of all entries, the most worth keeping last.
    pub(super) fn snapshot_order(&self) -> Vec<u32> {
        self.policy.order()
    }

    /// What a snapshot says of an entry. None: it is gone, has expired or was invalidated, or its
    /// value lies elsewhere.
    pub(super) fn snapshot_entry<'a>(
        &self,
        id: u32,
        buffers: &'a mut Buffers,
    ) -> Option<Entry<'a>> {
        if !self.is_kept(id) || self.state(id) != State::Live {
            return None;
        }
        let head = self.records.head(id);
        if head.has(REFERENCE) {
            return None;
        }
        let held = match head.has(NUMBER).then(|| self.records.word(id)) {
            Some(Value::Number(number)) => Held::Number(number),
            _ => Held::Bytes { kind: head.kind(), len: head.value_len() as u32 },
        };
        let times = Times {
            deadline: (head.deadline() != NO_DEADLINE).then(|| head.deadline()),
            modified: Some(head.modified()),
            held_until: head.stale_until(),
            used: head.used(),
        };
        let Buffers { key, tags } = buffers;
        key.clear();
        key.extend_from_slice(&self.records.key(id));
        tags.clear();
        self.tags.names(head.tags()).all(|name| push_tag(tags, name)).then_some(())?;
        Some(Entry { key, held, times, tags })
    }

    /// Bytes of an entry's key and, behind it, value: those of a piece from a byte of it on, and what
    /// follows them. None: that was the end, or the entry is gone.
    pub(super) fn snapshot_body(&self, id: u32, at: &mut At) -> &[u8] {
        if !self.is_kept(id) {
            return &[];
        }
        let place = at.piece.unwrap_or_else(|| self.records.place(id));
        let (bytes, next) = self.records.piece_of_stream(place);
        if at.byte < bytes.len() {
            return &bytes[at.byte..];
        }
        let Some(next) = next else { return &[] };
        *at = At { piece: Some(next), byte: 0 };
        self.records.piece_of_stream(next).0
    }

    /// Whether there is an entry of an id that was in the order.
    fn is_kept(&self, id: u32) -> bool {
        id < self.records.end() && self.records.is_live(id)
    }

    /// What an entry would cost here, tags that are new excepted. None: it may not live here at `now`.
    pub(super) fn restorable_cost(&self, entry: &Entry, now: u64) -> Option<u64> {
        let value_len = if let Held::Bytes { len, .. } = entry.held { len as usize } else { 8 };
        let idle = if self.options.max_idle_ms.is_some() { IDLE } else { 0 };
        let stale = if entry.times.held_until.is_some() { STALE } else { 0 };
        let tags = format::tags(entry.tags).count();
        let tagged = if tags > 0 { crate::cache::layout::TAGGED } else { 0 };
        let flags = idle | stale | tagged;
        let cost = Shape { stream_len: entry.key.len() + value_len, flags, tags }.cost();
        let Times { deadline, used, .. } = entry.times;
        let idle_until = used.zip(self.options.max_idle_ms).map(|(at, ms)| at.saturating_add(ms));
        let lives = |until: Option<u64>| until.is_none_or(|until| until > now);
        let may_live = lives(deadline) && lives(idle_until);
        (may_live && cost <= self.options.entry_bound()).then_some(cost)
    }

    /// What the entry under a key costs. None: there is none, or it may not live at `now`.
    pub(super) fn present_cost(&self, key: &[u8], now: u64) -> Option<u64> {
        let place = self.index.find(&self.records, self.records.hash(key), key)?;
        let id = self.records.head_at(place).owner();
        (self.expiry(id) > now).then(|| self.records.cost(id))
    }

    /// Bytes and entries held.
    pub(super) fn held(&self) -> (u64, u64) {
        (self.bytes, self.records.len().into())
    }

    /// Writes an entry that fits without an eviction: whether it did. Its tags get the generations
    /// they have here; counts nothing.
    pub(super) fn restore_entry(&mut self, entry: &Entry, value: Value) -> bool {
        let Some(cost) = self.restorable_cost(entry, self.now) else { return false };
        let (found, hash) = self.find(entry.key);
        let old = found.map_or(0, |found| self.records.cost(found.id));
        let entries = u64::from(self.records.len()) + u64::from(found.is_none());
        let tags: Vec<&[u8]> = format::tags(entry.tags).flatten().collect();
        let cost = cost + self.tags.draft(&tags).cost;
        if self.bytes - old + cost > self.options.max_bytes
            || entries > u64::from(self.options.max_entries)
        {
            return false;
        }
        let latest = self.now.saturating_add(MAX_TTL_MS).min(NO_DEADLINE - 1);
        let Times { deadline, modified, held_until, used } = entry.times;
        let deadline = deadline.map_or(NO_DEADLINE, |deadline| deadline.min(latest));
        let options = SetOptions {
            tags: &tags,
            modified_ms: modified,
            stale_ms: held_until.map(|until| until.saturating_sub(deadline)),
            ..SetOptions::default()
        };
        let stats = self.stats;
        let given = Given { key: entry.key, value, unfilled: 0 };
        let written = self.write(found, hash, given, &options, deadline);
        self.stats = stats;
        if let (Some(id), Some(used), Some(_)) = (written, used, self.options.max_idle_ms) {
            set_used(self.records.head_mut(id), used.min(self.now));
            self.note_deadline(id, deadline);
        }
        written.is_some()
    }
}
