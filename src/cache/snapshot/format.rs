//! The parts of a snapshot and how they lie in bytes; all numbers little-endian.
//!
//! Nothing refers to another place: every entry carries all of itself, its tags' names too. A table
//! of names would be shorter, and would have to be held by whoever restores, beside a bound that has
//! no room for it.

use crate::cache::{Error, Value};

pub(super) const MAGIC: [u8; 8] = *b"isocache";
pub(super) const VERSION: u16 = 1;

/// Magic, version, flags (none is known), and the time at which the snapshot was begun.
pub(super) const HEADER: usize = 20;
/// What stands before an entry.
pub(super) const ENTRY: u8 = 1;
/// Lengths, flags and kind of an entry.
pub(super) const HEAD: usize = 10;
/// What stands before the trailer.
pub(super) const END: u8 = 0;
/// The number of entries, the number of bytes and the checksum.
pub(super) const TRAILER: usize = 20;
/// The part of the trailer that the checksum covers, as it covers all before.
pub(super) const COUNTS: usize = 12;

/// An entry's value is a number, which stands first among the fields.
const NUMBER: u8 = 1;
const TIMES: [u8; 4] = [1 << 1, 1 << 2, 1 << 3, 1 << 4];
const KNOWN: u8 = (1 << 5) - 1;
const FIELD: usize = 8;

/// What an entry holds, the bytes themselves excepted.
#[derive(Clone, Copy)]
pub(super) enum Held {
    Number(f64),
    Bytes { kind: u8, len: u32 },
}

/// Milliseconds since the epoch; what is absent does not apply or is not known.
#[derive(Clone, Copy, Default)]
pub(super) struct Times {
    /// The first millisecond at which the entry is gone.
    pub(super) deadline: Option<u64>,
    /// When the value was last modified.
    pub(super) modified: Option<u64>,
    /// The first millisecond at which it is not even held as a stale one.
    pub(super) held_until: Option<u64>,
    /// When it was last used.
    pub(super) used: Option<u64>,
}

/// An entry without the bytes of its value.
pub(super) struct Entry<'a> {
    pub(super) key: &'a [u8],
    pub(super) held: Held,
    pub(super) times: Times,
    /// As [`push_tag`] makes them.
    pub(super) tags: &'a [u8],
}

impl Entry<'_> {
    /// The entry's value, whose bytes these are.
    pub(super) const fn value<'a>(&self, bytes: &'a [u8]) -> Value<'a> {
        match self.held {
            Held::Number(number) => Value::Number(number),
            Held::Bytes { kind, .. } => Value::Bytes { kind, bytes },
        }
    }

    /// Marker, head, fields and tags: all that comes before the key.
    /// false: its tags are longer than a snapshot can say.
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> bool {
        let Ok(tags_len) = u16::try_from(self.tags.len()) else { return false };
        let (number, kind, value_len) = match self.held {
            Held::Number(number) => (Some(number.to_bits()), 0, 0),
            Held::Bytes { kind, len } => (None, kind, len),
        };
        let Times { deadline, modified, held_until, used } = self.times;
        let fields = [number, deadline, modified, held_until, used];
        let flags = (0..)
            .zip(fields)
            .fold(0, |flags, (bit, field)| flags | u8::from(field.is_some()) << bit);
        out.push(ENTRY);
        out.extend_from_slice(&(self.key.len() as u16).to_le_bytes());
        out.extend_from_slice(&tags_len.to_le_bytes());
        out.extend_from_slice(&value_len.to_le_bytes());
        out.extend_from_slice(&[flags, kind]);
        fields.iter().flatten().for_each(|field| out.extend_from_slice(&field.to_le_bytes()));
        out.extend_from_slice(self.tags);
        true
    }
}

/// Appends a name to a list of tags; false: it is longer than a snapshot can say.
pub(super) fn push_tag(list: &mut Vec<u8>, name: &[u8]) -> bool {
    let Ok(len) = u16::try_from(name.len()) else { return false };
    list.extend_from_slice(&len.to_le_bytes());
    list.extend_from_slice(name);
    true
}

/// The names in a list of tags; None for what is none at that place, and the end after it.
pub(super) fn tags(mut list: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    core::iter::from_fn(move || {
        if list.is_empty() {
            return None;
        }
        let name = name(&mut list);
        list = if name.is_some() { list } else { &[] };
        Some(name)
    })
}

fn name<'a>(list: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (len, rest) = list.split_first_chunk::<2>()?;
    let (name, rest) = rest.split_at_checked(u16::from_le_bytes(*len) as usize)?;
    *list = rest;
    Some(name)
}

/// What stands at the start of each entry.
#[derive(Clone, Copy)]
pub(super) struct Head {
    key_len: u16,
    tags_len: u16,
    pub(super) value_len: u32,
    flags: u8,
    kind: u8,
}

impl Head {
    /// Fails on what version 1 does not know.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let &[k0, k1, t0, t1, v0, v1, v2, v3, flags, kind] = bytes else { return Err(ENTRY_HEAD) };
        let head = Self {
            key_len: u16::from_le_bytes([k0, k1]),
            tags_len: u16::from_le_bytes([t0, t1]),
            value_len: u32::from_le_bytes([v0, v1, v2, v3]),
            flags,
            kind,
        };
        let number = flags & NUMBER != 0;
        let strange = flags & !KNOWN != 0 || number && (head.value_len > 0 || kind != 0);
        if strange { Err(ENTRY_HEAD) } else { Ok(head) }
    }

    /// The bytes between head and value: at most 128 KiB and a little, whatever the head says.
    pub(super) const fn meta_len(&self) -> usize {
        self.flags.count_ones() as usize * FIELD + self.tags_len as usize + self.key_len as usize
    }

    /// The entry that starts so, from the bytes between head and value.
    pub(super) fn entry<'a>(&self, meta: &'a [u8]) -> Result<Entry<'a>, Error> {
        let fields = self.flags.count_ones() as usize * FIELD;
        let (fields, rest) = meta.split_at_checked(fields).ok_or(ENTRY_HEAD)?;
        let (list, rest) = rest.split_at_checked(self.tags_len as usize).ok_or(ENTRY_HEAD)?;
        let key = rest.get(..self.key_len as usize).ok_or(ENTRY_HEAD)?;
        if tags(list).any(|name| name.is_none()) {
            return Err(Error::SnapshotCorrupt("an entry's tags are not a list of names"));
        }
        let mut fields =
            fields.as_chunks::<FIELD>().0.iter().map(|&field| u64::from_le_bytes(field));
        let mut field = |flag: u8| if self.flags & flag != 0 { fields.next() } else { None };
        let held = match field(NUMBER) {
            Some(bits) => Held::Number(f64::from_bits(bits)),
            None => Held::Bytes { kind: self.kind, len: self.value_len },
        };
        let [deadline, modified, held_until, used] = TIMES.map(field);
        Ok(Entry { key, held, times: Times { deadline, modified, held_until, used }, tags: list })
    }
}

const ENTRY_HEAD: Error =
    Error::SnapshotCorrupt("an entry starts with what version 1 does not know");

/// What a snapshot starts with.
pub(super) fn header(now: u64) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(&MAGIC);
    header[8..10].copy_from_slice(&VERSION.to_le_bytes());
    header[12..].copy_from_slice(&now.to_le_bytes());
    header
}

/// Fails on what is no snapshot, or one of a version that this one cannot read.
pub(super) fn check_header(bytes: &[u8]) -> Result<(), Error> {
    let corrupt = |what| Err(Error::SnapshotCorrupt(what));
    let Some((magic, rest)) = bytes.split_first_chunk::<8>() else {
        return corrupt("it is too short");
    };
    if *magic != MAGIC {
        return corrupt("these bytes are no snapshot");
    }
    match *rest {
        [v0, v1, ..] if u16::from_le_bytes([v0, v1]) != VERSION => {
            corrupt("it is of a version that this one cannot read")
        }
        [_, _, 0, 0, ..] => Ok(()),
        _ => corrupt("it has flags that this version does not know"),
    }
}
