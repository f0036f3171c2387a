//! Where entries lie: segments of one size, filled one piece behind the other.
//!
//! A piece is allocated by moving an end and never moved by a removal: it dies where it lies. When no
//! segment is left, the one with the most dead bytes is emptied: what lives in it is copied behind
//! other survivors, and its memory is free as a whole. So any size fits wherever bytes are free, the
//! order of sizes and removals does not matter, and all segments of a program are alike to its
//! allocator, which could otherwise not bound what fragmentation costs. New pieces and survivors go to
//! segments of their own: what survived once is likely to survive again, and is not copied again.
//! (Log-structured memory: Rumble, Kejriwal, Ousterhout, FAST 2014.)
//!
//! Compared on traces with chained 64-byte blocks, TLSF and a heap block per entry: docs/arena.md.
//!
//! A piece begins with its owner's id (4 bytes) and its length in units (2 bytes); the rest is the
//! owner's. Places are 32 bits wide and count units, the highest bit stays free: 8 GiB.

/// Lengths and places are multiples of this.
pub(super) const UNIT: usize = 4;
/// No piece.
pub(super) const NOWHERE: u32 = u32::MAX;
/// The owner of a dead piece.
const NOBODY: u32 = u32::MAX;
/// What the arena itself needs of a piece.
const HEADER: usize = 6;

const LEAST_SEGMENT: usize = 8 << 10;
/// The same where the bound is less than four of these.
const TINY_SEGMENT: usize = 2 << 10;
const LARGEST_SEGMENT: usize = 256 << 10;
/// A segment is at most this part of the bound, where that is not too small.
const SEGMENTS: u64 = 512;
/// Segments at least this full of live bytes are not worth emptying.
const WORTH: u32 = 32;
/// How many segments are looked at for a sparse one before the best so far is taken.
const SAMPLE: usize = 512;

/// Who appends: new pieces and survivors do not share segments.
#[derive(Clone, Copy)]
pub(super) enum Head {
    New,
    Survivors,
}

struct Segment {
    bytes: Box<[u8]>,
    /// Where the next piece goes.
    filled: u32,
    /// How many of the filled bytes are alive.
    live: u32,
}

/// All segments of a cache.
pub(super) struct Arena {
    segments: Vec<Segment>,
    /// Numbers of segments without memory.
    unused: Vec<u32>,
    heads: [u32; 2],
    segment_len: usize,
    /// How many bits of a place are the position in its segment.
    shift: u32,
    /// Segments with memory.
    held: usize,
    /// From where sparse segments are looked for.
    hand: usize,
}

impl Arena {
    /// An arena whose segments suit a cache of so many bytes; allocates nothing.
    pub(super) fn new(max_bytes: u64) -> Self {
        let least = (max_bytes / 4).clamp(TINY_SEGMENT as u64, LEAST_SEGMENT as u64);
        let fair = (max_bytes / SEGMENTS).clamp(least, LARGEST_SEGMENT as u64);
        let segment_len = (fair as usize).next_power_of_two();
        Self {
            segments: Vec::new(),
            unused: Vec::new(),
            heads: [NOWHERE; 2],
            segment_len,
            shift: (segment_len / UNIT).trailing_zeros(),
            held: 0,
            hand: 0,
        }
    }

    pub(super) const fn segment_len(&self) -> usize {
        self.segment_len
    }

    /// How many of the longest pieces fill a segment.
    pub(super) const fn pieces(&self) -> usize {
        if self.segment_len < LEAST_SEGMENT { 4 } else { 16 }
    }

    /// How many segments have memory.
    pub(super) const fn held(&self) -> usize {
        self.held
    }

    /// How many segments places can tell apart, less what a compaction needs.
    pub(super) const fn most(&self) -> usize {
        (1 << (31 - self.shift)) - 4
    }

    /// How many bytes the segment of new pieces still takes.
    pub(super) fn left(&self) -> usize {
        match self.heads[Head::New as usize] {
            NOWHERE => 0,
            head => self.segment_len - self.segments[head as usize].filled as usize,
        }
    }

    #[inline(always)]
    fn split(&self, place: u32) -> (usize, usize) {
        let at = (place & ((1 << self.shift) - 1)) as usize * UNIT;
        ((place >> self.shift) as usize, at)
    }

    /// The bytes from a piece to the end of its segment.
    pub(super) fn at(&self, place: u32) -> &[u8] {
        self.at_hot(place)
    }

    /// As [`at`](Self::at), on the path of a hit: copied there, as little is in the small binary.
    #[inline(always)]
    pub(super) fn at_hot(&self, place: u32) -> &[u8] {
        let (segment, at) = self.split(place);
        &self.segments[segment].bytes[at..]
    }

    /// As [`at`](Self::at), to be changed.
    pub(super) fn at_mut(&mut self, place: u32) -> &mut [u8] {
        let (segment, at) = self.split(place);
        &mut self.segments[segment].bytes[at..]
    }

    /// How many bytes a piece has, rounded up.
    pub(super) fn piece_bytes(&self, place: u32) -> usize {
        read_u16(self.at(place), 4) as usize * UNIT
    }

    /// Gives a piece another owner.
    pub(super) fn set_owner(&mut self, place: u32, owner: u32) {
        write(self.at_mut(place), 0, &owner.to_le_bytes());
    }

    /// Whose piece it is.
    pub(super) fn owner(&self, place: u32) -> u32 {
        read_u32(self.at(place), 0)
    }

    /// A piece of `len` bytes, which the caller has checked there is room for; O(1).
    pub(super) fn allocate(&mut self, owner: u32, len: usize, head: Head) -> u32 {
        let len = len.next_multiple_of(UNIT);
        let segment = self.open(len, head);
        let shift = self.shift;
        let it = &mut self.segments[segment as usize];
        let at = it.filled as usize;
        it.bytes[at..at + 4].copy_from_slice(&owner.to_le_bytes());
        it.bytes[at + 4..at + HEADER].copy_from_slice(&((len / UNIT) as u16).to_le_bytes());
        it.filled += len as u32;
        it.live += len as u32;
        segment << shift | (at / UNIT) as u32
    }

    /// The segment that takes the next `len` bytes of a head.
    fn open(&mut self, len: usize, head: Head) -> u32 {
        let current = self.heads[head as usize];
        if current != NOWHERE {
            let filled = self.segments[current as usize].filled as usize;
            if filled + len <= self.segment_len {
                return current;
            }
        }
        let fresh = self.hold();
        self.heads[head as usize] = fresh;
        if current != NOWHERE {
            self.release_if_dead(current);
        }
        fresh
    }

    /// Gives a segment memory.
    fn hold(&mut self) -> u32 {
        self.held += 1;
        let bytes = vec![0; self.segment_len].into_boxed_slice();
        let segment = Segment { bytes, filled: 0, live: 0 };
        if let Some(number) = self.unused.pop() {
            self.segments[number as usize] = segment;
            return number;
        }
        self.segments.push(segment);
        self.segments.len() as u32 - 1
    }

    /// Ends a piece's life; O(1).
    pub(super) fn free(&mut self, place: u32) {
        let (number, at) = self.split(place);
        let it = &mut self.segments[number];
        let len = read_u16(&it.bytes, at + 4) as usize * UNIT;
        it.bytes[at..at + 4].copy_from_slice(&NOBODY.to_le_bytes());
        it.live -= len as u32;
        self.release_if_dead(number as u32);
    }

    fn release_if_dead(&mut self, number: u32) {
        let it = &mut self.segments[number as usize];
        if it.live > 0 {
            return;
        }
        it.filled = 0;
        if !self.heads.contains(&number) {
            it.bytes = Box::default();
            self.held -= 1;
            self.unused.push(number);
        }
    }

    /// The segment to empty next, if one is worth it: among the next [`SAMPLE`] the one with the most
    /// dead bytes, or the first after them that has enough.
    pub(super) fn sparsest(&mut self) -> Option<u32> {
        let count = self.segments.len();
        let worth = self.segment_len as u32 / WORTH;
        let mut best = (worth - 1, None);
        for looked in 0..count {
            if looked >= SAMPLE && best.1.is_some() {
                break;
            }
            self.hand = if self.hand + 1 < count { self.hand + 1 } else { 0 };
            let it = &self.segments[self.hand];
            let number = self.hand as u32;
            if it.filled - it.live > best.0 && !self.heads.contains(&number) {
                best = (it.filled - it.live, Some(number));
            }
        }
        best.1
    }

    /// The next living piece of a segment at or after a position, which moves behind it.
    pub(super) fn next_living(&self, number: u32, at: &mut usize) -> Option<u32> {
        let it = &self.segments[number as usize];
        while *at < it.filled as usize {
            let here = *at;
            *at += read_u16(&it.bytes, here + 4) as usize * UNIT;
            if read_u32(&it.bytes, here) != NOBODY {
                return Some(number << self.shift | (here / UNIT) as u32);
            }
        }
        None
    }

    /// Copies a piece behind the other survivors and frees it where it was; O(its length).
    pub(super) fn carry(&mut self, place: u32) -> u32 {
        let from = self.at(place);
        let (owner, len) = (read_u32(from, 0), read_u16(from, 4) as usize * UNIT);
        let to = self.allocate(owner, len, Head::Survivors);
        let ((source, at), (target, start)) = (self.split(place), self.split(to));
        if let Ok([source, target]) = self.segments.get_disjoint_mut([source, target]) {
            target.bytes[start..start + len].copy_from_slice(&source.bytes[at..at + len]);
        }
        self.free(place);
        to
    }

    /// Frees everything.
    pub(super) fn clear(&mut self) {
        self.segments = Vec::new();
        self.unused = Vec::new();
        self.heads = [NOWHERE; 2];
        (self.held, self.hand) = (0, 0);
    }

    /// How many bytes a piece takes.
    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    pub(super) fn piece_len(&self, place: u32) -> u64 {
        u64::from(read_u16(self.at(place), 4)) * UNIT as u64
    }

    /// Recounts what lives and gives it in bytes.
    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    pub(super) fn validate(&self) -> u64 {
        let mut living = 0;
        for (number, it) in self.segments.iter().enumerate() {
            let (mut at, mut live) = (0, 0);
            while let Some(place) = self.next_living(number as u32, &mut at) {
                live += u32::from(read_u16(self.at(place), 4)) * UNIT as u32;
            }
            assert_eq!(live, it.live);
            assert!(it.filled as usize <= it.bytes.len());
            living += u64::from(live);
        }
        assert_eq!(self.held, self.segments.iter().filter(|it| !it.bytes.is_empty()).count());
        living
    }
}

pub(super) fn read_u16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn read_u32(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

pub(super) fn read_u64(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

pub(super) fn write(bytes: &mut [u8], at: usize, what: &[u8]) {
    bytes[at..at + what.len()].copy_from_slice(what);
}
