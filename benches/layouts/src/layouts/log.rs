//! Log segments with compaction.
//!
//! Pieces are appended to one of two open segments: new entries to one, what the cleaner saves to the other. When no
//! segment is free but the cleaner's reserve, the closed segment with the least live bytes is emptied. A value longer
//! than a sixteenth of a segment is a chain of pieces, so that at most that much is lost at a segment's end and moving a
//! piece costs little.
//!
//! A piece starts with its owner's id and its length (upper bits: dead, chained); one of a chain goes on with the pieces
//! before and behind it. What may live is bounded at a percentage below the physical bytes, which is what guarantees that
//! the cleaner gains something each time.

use super::{Layout, note, put, word};

const NONE: u32 = u32::MAX;
const DEAD: u32 = 1 << 31;
const CHAINED: u32 = 1 << 30;
const LEN: u32 = CHAINED - 1;
/// Segments that only the cleaner may take.
const RESERVE: usize = 1;

#[derive(Clone, Copy, Default)]
struct Segment {
    live: u32,
    used: u32,
    closed: bool,
}

#[derive(Clone, Copy)]
enum Head {
    New,
    Saved,
}

pub struct Log {
    memory: Vec<u8>,
    segment: u32,
    segments: Vec<Segment>,
    free: Vec<u32>,
    heads: [Option<u32>; 2],
    /// By id: the first piece, and the length in bytes.
    places: Vec<(u32, u32)>,
    held: u64,
    bound: u64,
    copied: u64,
}

fn header(flags: u32) -> u32 {
    if flags & CHAINED != 0 { 16 } else { 8 }
}

/// What a piece takes of its segment.
fn span(flags: u32) -> u32 {
    (header(flags) + (flags & LEN)).next_multiple_of(8)
}

impl Log {
    /// `headroom`: the physical bytes as a percentage of what may live.
    pub fn new(physical: usize, headroom: usize) -> Self {
        let bound = physical * 100 / headroom;
        let segment = (bound / 512).next_power_of_two().clamp(8 << 10, 256 << 10);
        let count = physical / segment;
        Self {
            memory: vec![0; physical],
            segment: segment as u32,
            segments: vec![Segment::default(); count],
            free: (0..count as u32).rev().collect(),
            heads: [None; 2],
            places: Vec::new(),
            held: 0,
            bound: bound as u64,
            copied: 0,
        }
    }

    fn longest_piece(&self) -> u32 {
        self.segment / 16
    }

    fn cost(&self, len: u32) -> u64 {
        let longest = self.longest_piece();
        if len <= longest {
            return u64::from(span(len));
        }
        let whole = u64::from(len / longest) * u64::from(span(longest | CHAINED));
        let rest = len % longest;
        whole + if rest == 0 { 0 } else { u64::from(span(rest | CHAINED)) }
    }

    fn segment_of(&self, place: u32) -> usize {
        (place / self.segment) as usize
    }

    /// Takes so many bytes from an open segment, after opening another where they do not fit.
    fn append(&mut self, head: Head, span: u32) -> u32 {
        loop {
            if let Some(open) = self.heads[head as usize] {
                let segment = &mut self.segments[open as usize];
                if segment.used + span <= self.segment {
                    let place = open * self.segment + segment.used;
                    segment.used += span;
                    segment.live += span;
                    return place;
                }
                segment.closed = true;
                self.heads[head as usize] = None;
            }
            if matches!(head, Head::New) {
                while self.free.len() <= RESERVE {
                    self.clean();
                }
            }
            self.heads[head as usize] = self.free.pop();
            assert!(self.heads[head as usize].is_some(), "the cleaner ran out of segments");
        }
    }

    /// Empties the closed segment with the least live bytes.
    fn clean(&mut self) {
        let closed = (0..self.segments.len()).filter(|&at| self.segments[at].closed);
        let victim =
            closed.min_by_key(|&at| self.segments[at].live).expect("a closed segment") as u32;
        let (mut at, end) =
            (victim * self.segment, victim * self.segment + self.segments[victim as usize].used);
        while at < end {
            let flags = word(&self.memory, at + 4);
            let span = span(flags & !DEAD);
            if flags & DEAD == 0 {
                let to = self.append(Head::Saved, span);
                self.memory.copy_within(at as usize..(at + span) as usize, to as usize);
                self.copied += u64::from(span);
                self.relink(to, flags);
            }
            at += span;
        }
        self.segments[victim as usize] = Segment::default();
        self.free.push(victim);
    }

    /// Whoever pointed to a piece that was moved points to where it is now.
    fn relink(&mut self, to: u32, flags: u32) {
        let owner = word(&self.memory, to) as usize;
        if flags & CHAINED == 0 {
            self.places[owner].0 = to;
            return;
        }
        match word(&self.memory, to + 8) {
            NONE => self.places[owner].0 = to,
            before => put(&mut self.memory, before + 12, to),
        }
        match word(&self.memory, to + 12) {
            NONE => {}
            behind => put(&mut self.memory, behind + 8, to),
        }
    }

    fn write(&mut self, place: u32, id: u32, flags: u32, before: u32, bytes: &[u8]) {
        put(&mut self.memory, place, id);
        put(&mut self.memory, place + 4, flags);
        if flags & CHAINED != 0 {
            put(&mut self.memory, place + 8, before);
            put(&mut self.memory, place + 12, NONE);
        }
        let start = (place + header(flags)) as usize;
        self.memory[start..start + bytes.len()].copy_from_slice(bytes);
    }

    /// The pieces of an id, first to last: place and flags.
    fn pieces(&self, id: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        let first = self.places[id as usize].0;
        std::iter::successors(Some((first, word(&self.memory, first + 4))), |&(place, flags)| {
            if flags & CHAINED == 0 {
                return None;
            }
            let next = word(&self.memory, place + 12);
            (next != NONE).then(|| (next, word(&self.memory, next + 4)))
        })
    }
}

impl Layout for Log {
    fn insert(&mut self, id: u32, bytes: &[u8]) -> bool {
        let len = bytes.len() as u32;
        let cost = self.cost(len);
        if self.held + cost > self.bound {
            return false;
        }
        self.held += cost;
        let chained = if len > self.longest_piece() { CHAINED } else { 0 };
        let (mut before, copied) = (NONE, self.copied);
        note(&mut self.places, id, (NONE, len));
        for piece in bytes.chunks(self.longest_piece() as usize) {
            let flags = piece.len() as u32 | chained;
            let place = self.append(Head::New, span(flags));
            // The cleaner may have moved the piece before: the chain's end is found from the id.
            if before != NONE && self.copied != copied {
                before = self.pieces(id).last().map_or(NONE, |(place, _)| place);
            }
            self.write(place, id, flags, before, piece);
            match before {
                NONE => self.places[id as usize].0 = place,
                _ => put(&mut self.memory, before + 12, place),
            }
            before = place;
        }
        true
    }

    fn remove(&mut self, id: u32) {
        let pieces: Vec<_> = self.pieces(id).collect();
        for (place, flags) in pieces {
            put(&mut self.memory, place + 4, flags | DEAD);
            let segment = self.segment_of(place);
            self.segments[segment].live -= span(flags);
        }
        self.held -= self.cost(self.places[id as usize].1);
    }

    fn read(&self, id: u32, into: &mut Vec<u8>) -> usize {
        let mut count = 0;
        for (place, flags) in self.pieces(id) {
            let start = (place + header(flags)) as usize;
            into.extend_from_slice(&self.memory[start..start + (flags & LEN) as usize]);
            count += 1;
        }
        count
    }

    fn copied(&self) -> u64 {
        self.copied
    }

    fn memory(&self) -> usize {
        self.memory.len()
    }
}
