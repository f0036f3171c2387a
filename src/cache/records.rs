//! The records: what is known of each entry, under ids that stay the same while the entry lives.
//!
//! An id leads to the place of the entry's first piece in the arena, which begins with the id: so the
//! index can hold places, a hit touches no table of ids, and a compaction can move what it likes.

use std::borrow::Cow;

use super::arena::{Arena, Head as Stream, NOWHERE, UNIT};
use super::cost::Shape;
use super::hash::{Hash, same};
use super::layout::{
    self, CHAINED, Fields, HEAD, Head, LINK, LONGEST_HEAD, REFERENCE, TAGGED, head_len,
};
use super::pages::Pages;
use super::value::Value;

/// An entry that is to be written.
pub(super) struct New<'a> {
    pub(super) key: &'a [u8],
    pub(super) value: Value<'a>,
    /// How many bytes of the value come later, behind those that are given.
    pub(super) unfilled: usize,
    pub(super) fields: Fields,
}

impl New<'_> {
    pub(super) fn shape(&self) -> Shape {
        Shape {
            stream_len: self.key.len() + self.value.len() + self.unfilled,
            flags: self.fields.flags(&self.value),
            tags: self.fields.tags.map_or(0, |tags| tags.count as usize),
        }
    }
}

/// The bit of a place that says that the id is free; the others lead to the next free id.
const FREE: u32 = 1 << 31;
const LAST_FREE: u32 = u32::MAX;

/// All records, by id.
pub(super) struct Records {
    places: Pages<u32>,
    first_free: u32,
    live: u32,
    pub(super) arena: Arena,
    hasher: Hash,
    /// How many bytes of a stream one piece holds.
    piece: usize,
    /// See [`Options::bare`](super::Options::bare).
    bare: bool,
}

impl Records {
    pub(super) fn new(max_bytes: u64, seed: u64, bare: bool) -> Self {
        let arena = Arena::new(max_bytes);
        Self {
            places: Pages::new(),
            first_free: LAST_FREE,
            live: 0,
            piece: arena.segment_len() / arena.pieces() - LONGEST_HEAD.next_multiple_of(UNIT),
            arena,
            hasher: Hash::new(seed),
            bare,
        }
    }

    /// The hash under which a key is kept: seeded, because keys come from strangers.
    pub(super) fn hash(&self, key: &[u8]) -> u32 {
        self.hasher.of(key)
    }

    /// The hash of the entry whose first piece lies there.
    pub(super) fn hash_at(&self, place: u32) -> u32 {
        self.hash(&self.key_at(place))
    }

    /// How many bytes of a stream one piece holds.
    pub(super) const fn piece(&self) -> usize {
        self.piece
    }

    /// What an entry costs, in bytes.
    pub(super) fn cost_of(&self, new: &New) -> u64 {
        self.price(new.shape(), &new.value)
    }

    /// What the entry of an id costs, in bytes.
    pub(super) fn cost(&self, id: u32) -> u64 {
        let head = self.head(id);
        let shape = Shape {
            stream_len: head.stream_len(),
            flags: head.flags(),
            tags: head.tags().map_or(0, |tags| tags.count as usize),
        };
        if self.bare || head.has(REFERENCE) {
            return self.price(shape, &self.word(id));
        }
        shape.cost()
    }

    fn price(&self, shape: Shape, value: &Value) -> u64 {
        match *value {
            Value::Number(size) if self.bare => size as u64,
            Value::Reference { bytes } => shape.cost().saturating_add(bytes),
            _ => shape.cost(),
        }
    }

    /// How many records there are.
    pub(super) const fn len(&self) -> u32 {
        self.live
    }

    /// One above the highest id ever given.
    pub(super) const fn end(&self) -> u32 {
        self.places.len()
    }

    /// What the table of ids occupies, in bytes.
    pub(super) fn table_bytes(&self) -> usize {
        self.places.bytes()
    }

    /// The place of an id that the policy or the deadlines gave.
    pub(super) fn place(&self, id: u32) -> u32 {
        *self.places.get(id)
    }

    /// The place of an id, if there is a record of it now.
    pub(super) fn find(&self, id: u32) -> Option<u32> {
        let place = *self.places.get(id);
        (place & FREE == 0).then_some(place)
    }

    /// Whether there is a record of this id now.
    pub(super) fn is_live(&self, id: u32) -> bool {
        *self.places.get(id) & FREE == 0
    }

    /// The head of a record that there is.
    pub(super) fn head(&self, id: u32) -> Head<'_> {
        self.head_at(self.place(id))
    }

    pub(super) fn head_at(&self, place: u32) -> Head<'_> {
        Head(self.arena.at(place))
    }

    /// As [`head_at`](Self::head_at), on the path of a hit.
    #[inline(always)]
    pub(super) fn head_hot(&self, place: u32) -> Head<'_> {
        Head(self.arena.at_hot(place))
    }

    /// The first piece of a record, to be changed.
    pub(super) fn head_mut(&mut self, id: u32) -> &mut [u8] {
        self.arena.at_mut(self.place(id))
    }

    /// Adds a record, under an id that was [vacated](Self::vacate) if one is given, and gives its id;
    /// O(its length).
    pub(super) fn insert(&mut self, vacated: Option<u32>, new: &New) -> u32 {
        self.live += 1;
        let id = vacated.unwrap_or_else(|| self.free_id());
        let place = self.write(id, new);
        *self.places.get_mut(id) = place;
        id
    }

    fn free_id(&mut self) -> u32 {
        match self.first_free {
            LAST_FREE => self.places.push(LAST_FREE),
            free => {
                let next = *self.places.get(free);
                self.first_free = if next == LAST_FREE { next } else { next & !FREE };
                free
            }
        }
    }

    /// Takes a record out and keeps its id for the next [`insert`](Self::insert).
    pub(super) fn vacate(&mut self, id: u32) {
        self.free(self.place(id));
        *self.places.get_mut(id) = LAST_FREE;
        self.live -= 1;
    }

    /// Takes a record out and frees its id; O(its pieces).
    pub(super) fn remove(&mut self, id: u32) {
        self.vacate(id);
        *self.places.get_mut(id) = self.first_free | FREE;
        self.first_free = id;
    }

    /// Whether an entry with the key of this id has the shape of what lies there, and no tags: most that
    /// are replaced do.
    pub(super) fn fits_in_place(&self, id: u32, new: &New) -> bool {
        let shape = new.shape();
        shape.flags & TAGGED == 0 && has_shape(self.head(id), shape)
    }

    /// Writes an entry that [fits](Self::fits_in_place) where the one of this id lies.
    pub(super) fn rewrite(&mut self, id: u32, new: &New) {
        self.fill_first(self.place(id), new, new.shape());
    }

    /// Gives an id another entry: writes it anew, or where it lies if it has the same shape and key.
    /// Gives the place it had before.
    pub(super) fn replace(&mut self, id: u32, new: &New) -> u32 {
        let place = self.place(id);
        let shape = new.shape();
        if has_shape(self.head_at(place), shape) {
            self.fill_first(place, new, shape);
            return place;
        }
        let moved = self.write(id, new);
        *self.places.get_mut(id) = moved;
        self.free(place);
        place
    }

    fn write(&mut self, id: u32, new: &New) -> u32 {
        let shape = new.shape();
        if shape.stream_len > self.piece {
            return self.write_chain(id, new, shape);
        }
        let place = self.arena.allocate(id, head_len(shape.flags) + shape.stream_len, Stream::New);
        self.fill_first(place, new, shape);
        place
    }

    /// Writes the only piece of an entry.
    fn fill_first(&mut self, place: u32, new: &New, shape: Shape) {
        let start = head_len(shape.flags);
        let piece = self.arena.at_mut(place);
        let (key, value) = (new.key, new.value.stored());
        let len = start + shape.stream_len;
        new.fields.write(piece, shape.flags, key.len(), new.value.kind(), len);
        piece[start..start + key.len()].copy_from_slice(key);
        let start = start + key.len();
        piece[start..start + value.len()].copy_from_slice(&value);
    }

    fn write_chain(&mut self, id: u32, new: &New, shape: Shape) -> u32 {
        let flags = shape.flags | CHAINED;
        let start = head_len(flags);
        let first = self.arena.allocate(id, start + self.piece, Stream::New);
        let piece = self.arena.at_mut(first);
        let kind = new.value.kind();
        new.fields.write(piece, flags, new.key.len(), kind, start + self.piece);
        layout::set_chain(piece, NOWHERE, shape.stream_len);
        let value = new.value.stored();
        copy_stream(new.key, &value, 0, &mut piece[start..start + self.piece]);
        let (mut before, mut written) = (first, self.piece);
        while written < shape.stream_len {
            let len = self.piece.min(shape.stream_len - written);
            let place = self.arena.allocate(id, LINK + len, Stream::New);
            let piece = self.arena.at_mut(place);
            layout::set_before(piece, before);
            layout::set_after(piece, NOWHERE);
            copy_stream(new.key, &value, written, &mut piece[LINK..LINK + len]);
            self.set_after(first, before, place);
            (before, written) = (place, written + len);
        }
        first
    }

    /// Links a piece to the one behind it.
    fn set_after(&mut self, first: u32, before: u32, place: u32) {
        let piece = self.arena.at_mut(before);
        if before == first {
            layout::set_next(piece, place);
        } else {
            layout::set_after(piece, place);
        }
    }

    /// Frees all pieces of an entry.
    fn free(&mut self, first: u32) {
        let head = self.head_at(first);
        let next = if head.has(CHAINED) { head.next() } else { NOWHERE };
        self.arena.free(first);
        self.free_from(next);
    }

    /// Frees a further piece and all behind it.
    fn free_from(&mut self, mut next: u32) {
        while next != NOWHERE {
            let place = next;
            next = layout::links(self.arena.at(place)).1;
            self.arena.free(place);
        }
    }

    /// Gives the entries of `order`, which are all, the ids from 0 on. O(pieces).
    pub(super) fn renumber(&mut self, order: &[u32]) {
        let mut places = Pages::new();
        for (id, &old) in (0..).zip(order) {
            let first = self.place(old);
            let head = self.head_at(first);
            let mut next = if head.has(CHAINED) { head.next() } else { NOWHERE };
            self.arena.set_owner(first, id);
            while next != NOWHERE {
                let place = next;
                next = layout::links(self.arena.at(place)).1;
                self.arena.set_owner(place, id);
            }
            places.push(first);
        }
        (self.places, self.first_free) = (places, LAST_FREE);
    }

    /// Frees all pieces of an entry but the first, which tells what the entry costs and, unless it is
    /// longer than a piece, its key.
    pub(super) fn release_rest(&mut self, id: u32) {
        let first = self.place(id);
        let head = self.head_at(first);
        // What a reference costs may lie in the rest, and is no more than a few bytes.
        if head.has(CHAINED) && !head.has(REFERENCE) {
            let rest = head.next();
            self.free_from(rest);
            layout::set_next(self.arena.at_mut(first), NOWHERE);
        }
    }

    /// Moves a piece to where survivors lie and tells who points to it. Gives its new place if it
    /// is the first one of its entry: the index is the caller's.
    pub(super) fn carry(&mut self, place: u32) -> Option<u32> {
        let id = self.arena.owner(place);
        let first = self.place(id);
        let to = self.arena.carry(place);
        if first == place {
            *self.places.get_mut(id) = to;
            let head = self.head_at(to);
            if head.has(CHAINED) && head.next() != NOWHERE {
                let next = head.next();
                layout::set_before(self.arena.at_mut(next), to);
            }
            return Some(to);
        }
        let (before, after) = layout::links(self.arena.at(to));
        self.set_after(first, before, to);
        if after != NOWHERE {
            layout::set_before(self.arena.at_mut(after), to);
        }
        None
    }

    /// The stream of an entry, piece by piece.
    pub(super) fn stream(&self, place: u32) -> impl Iterator<Item = &[u8]> {
        let head = self.head_at(place);
        let first = head.stream();
        let mut left = head.stream_len() - first.len();
        let mut next = if head.has(CHAINED) { head.next() } else { NOWHERE };
        core::iter::once(first).chain(core::iter::from_fn(move || {
            if next == NOWHERE {
                return None;
            }
            let piece = self.arena.at(next);
            next = layout::links(piece).1;
            let len = left.min(self.piece);
            left -= len;
            Some(&piece[LINK..LINK + len])
        }))
    }

    /// The part of an entry's stream that lies in one of its pieces, and the place of the next one.
    pub(super) fn piece_of_stream(&self, place: u32) -> (&[u8], Option<u32>) {
        let next = |place: u32| (place != NOWHERE).then_some(place);
        let head = self.head_at(place);
        if self.place(head.owner()) == place {
            let after = if head.has(CHAINED) { head.next() } else { NOWHERE };
            return (head.stream(), next(after));
        }
        let piece = head.0;
        let left = self.arena.piece_bytes(place) - LINK;
        (&piece[LINK..LINK + left], next(layout::links(piece).1))
    }

    /// Whether the entry that begins there has this key.
    #[inline(always)]
    pub(super) fn key_is(&self, place: u32, key: &[u8]) -> bool {
        let head = self.head_hot(place);
        if head.key_len() != key.len() {
            return false;
        }
        let start = head_len(head.flags());
        if key.len() <= self.piece {
            return same(&head.0[start..start + key.len()], key);
        }
        self.long_key_is(place, key)
    }

    /// As [`key_is`](Self::key_is), for a key of the same length that takes more than a piece.
    #[cold]
    fn long_key_is(&self, place: u32, key: &[u8]) -> bool {
        let mut rest = key;
        self.stream(place).all(|piece| {
            let (here, later) = rest.split_at(piece.len().min(rest.len()));
            rest = later;
            piece.starts_with(here)
        })
    }

    /// Whether the key of the entry that begins there may start so; sure unless it is longer than a piece.
    #[inline(always)]
    pub(super) fn key_may_start(&self, place: u32, start: &[u8]) -> bool {
        let head = self.head_hot(place);
        let (len, at) = (head.key_len(), head_len(head.flags()));
        // Byte by byte: the first ones tell most apart.
        len > self.piece
            || len >= start.len() && head.0[at..].iter().zip(start).all(|(a, b)| a == b)
    }

    /// The key of the entry that begins there; copied only if it is longer than a piece.
    pub(super) fn key_at(&self, place: u32) -> Cow<'_, [u8]> {
        let head = self.head_at(place);
        let (start, len) = (head_len(head.flags()), head.key_len());
        if len <= self.piece {
            return Cow::Borrowed(&head.0[start..start + len]);
        }
        let mut key = Vec::with_capacity(len);
        for piece in self.stream(place) {
            key.extend_from_slice(&piece[..piece.len().min(len - key.len())]);
        }
        Cow::Owned(key)
    }

    pub(super) fn key(&self, id: u32) -> Cow<'_, [u8]> {
        self.key_at(self.place(id))
    }

    /// Puts the value of an entry that lies in several pieces together in `buffer`.
    pub(super) fn gather(&self, id: u32, buffer: &mut Vec<u8>) {
        let head = self.head(id);
        if !head.has(CHAINED) {
            return;
        }
        buffer.clear();
        buffer.reserve_exact(head.value_len());
        let mut skip = head.key_len();
        for piece in self.stream(self.place(id)) {
            let skipped = skip.min(piece.len());
            buffer.extend_from_slice(&piece[skipped..]);
            skip -= skipped;
        }
    }

    /// The value of an entry; one that lies in several pieces was [gathered](Self::gather).
    pub(super) fn value<'a>(&'a self, id: u32, gathered: &'a [u8]) -> Value<'a> {
        let head = self.head(id);
        let whole = !head.has(CHAINED);
        head.value_of(if whole { &head.stream()[head.key_len()..] } else { gathered })
    }

    /// The value of an entry that has no bytes.
    #[cold]
    pub(super) fn word(&self, id: u32) -> Value<'static> {
        let mut buffer = Vec::new();
        self.gather(id, &mut buffer);
        match self.value(id, &buffer) {
            Value::Number(number) => Value::Number(number),
            Value::Reference { bytes } => Value::Reference { bytes },
            Value::Bytes { .. } => Value::Bytes { kind: 0, bytes: &[] },
        }
    }

    /// Where the number of an entry lies: its last eight bytes. For an entry that is one.
    pub(super) fn set_number(&mut self, id: u32, number: f64) {
        let mut place = self.place(id);
        let head = self.head_at(place);
        let mut at = head_len(head.flags()) + head.key_len();
        if head.has(CHAINED) {
            // A key about as long as a piece: write the number byte by byte.
            let mut left = head.key_len();
            let mut start = head_len(head.flags());
            let mut next = head.next();
            for byte in number.to_le_bytes() {
                while left >= self.piece {
                    left -= self.piece;
                    (place, start) = (next, LINK);
                    next = layout::links(self.arena.at(place)).1;
                }
                self.arena.at_mut(place)[start + left] = byte;
                left += 1;
            }
            return;
        }
        let piece = self.arena.at_mut(place);
        for byte in number.to_le_bytes() {
            piece[at] = byte;
            at += 1;
        }
    }

    /// Whether so many pieces of an entry find room in `most` segments.
    pub(super) fn fits(&self, shape: Shape, most: usize) -> bool {
        let len = head_len(shape.flags) + shape.stream_len;
        let pieces = shape.pieces(self.piece);
        if pieces == 1 && len.next_multiple_of(UNIT) <= self.arena.left() {
            return true;
        }
        self.arena.held() + pieces.div_ceil(self.arena.pieces()) <= most
    }

    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.first_free = LAST_FREE;
        self.live = 0;
        self.arena.clear();
    }

    /// Forgets everything; an id that was [vacated](Self::vacate) stays the next entry's.
    pub(super) fn clear_around(&mut self, vacated: Option<u32>) {
        self.clear();
        let Some(kept) = vacated else { return };
        for id in 0..kept {
            self.places.push(self.first_free | FREE);
            self.first_free = id;
        }
        self.places.push(LAST_FREE);
    }

    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    pub(super) fn validate(&self) {
        let live = (0..self.end()).filter(|&id| self.is_live(id));
        let mut bytes = 0;
        for id in live {
            let mut place = self.place(id);
            assert_eq!(self.arena.owner(place), id);
            let head = self.head_at(place);
            assert_eq!(self.stream(place).map(<[u8]>::len).sum::<usize>(), head.stream_len());
            bytes += self.arena.piece_len(place);
            let mut next = if head.has(CHAINED) { head.next() } else { NOWHERE };
            while next != NOWHERE {
                let (before, after) = layout::links(self.arena.at(next));
                assert_eq!((before, self.arena.owner(next)), (place, id));
                bytes += self.arena.piece_len(next);
                (place, next) = (next, after);
            }
        }
        assert_eq!(bytes, self.arena.validate());
    }
}

/// Whether what lies there is as long, of the same fields and in one piece.
fn has_shape(head: Head, shape: Shape) -> bool {
    head.flags() & !(3 << 6) == shape.flags && head.stream_len() == shape.stream_len
}

/// Copies the part of a stream that begins at `from`, as far as it is given.
fn copy_stream(key: &[u8], value: &[u8], from: usize, to: &mut [u8]) {
    let mut at = 0;
    if from < key.len() {
        at = to.len().min(key.len() - from);
        to[..at].copy_from_slice(&key[from..from + at]);
    }
    let value = &value[value.len().min((from + at) - key.len().min(from + at))..];
    let len = value.len().min(to.len() - at);
    to[at..at + len].copy_from_slice(&value[..len]);
}

const _: () = assert!(HEAD <= LONGEST_HEAD);
