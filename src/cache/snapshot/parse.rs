//! Reading a snapshot that comes in pieces of any size.
//!
//! Nothing is reserved because a length says so: an entry's fields, tags and key are bounded by their
//! formats, and a value is collected only for a visitor who wants it.

use super::checksum::Checksum;
use super::format::{self, Head};
use super::read::Visitor;
use crate::cache::Error;

enum Stage {
    Header,
    Marker,
    Head,
    Meta(Head),
    Value(Head),
    Skip(u32),
    Trailer,
    End,
}

/// What is kept of the buffer between entries.
const KEPT: usize = 64 << 10;

/// How far a snapshot was read.
pub(super) struct Parser {
    stage: Stage,
    /// The bytes of the present stage that came so far.
    pending: Vec<u8>,
    sum: Checksum,
    entries: u32,
}

impl Parser {
    pub(super) const fn new() -> Self {
        Self { stage: Stage::Header, pending: Vec::new(), sum: Checksum::new(), entries: 0 }
    }

    /// Reads a piece; fails with [`Error::SnapshotCorrupt`], and then is of no more use.
    pub(super) fn feed(&mut self, mut piece: &[u8], visitor: &mut Visitor) -> Result<(), Error> {
        loop {
            match self.stage {
                Stage::Skip(left) => {
                    let count = piece.len().min(left as usize);
                    self.sum.add(&piece[..count]);
                    piece = &piece[count..];
                    if count < left as usize {
                        self.stage = Stage::Skip(left - count as u32);
                        return Ok(());
                    }
                    self.stage = Stage::Marker;
                }
                Stage::End if piece.is_empty() => return Ok(()),
                Stage::End => return corrupt("bytes follow its end"),
                _ => {
                    if !self.collect(&mut piece) {
                        return Ok(());
                    }
                    self.complete(visitor)?;
                }
            }
        }
    }

    /// Fails unless the whole of a snapshot was read.
    pub(super) fn finish(&self) -> Result<(), Error> {
        if matches!(self.stage, Stage::End) { Ok(()) } else { corrupt("it ends too early") }
    }

    #[cfg(all(test, not(target_arch = "wasm32")))]
    pub(super) fn reserved(&self) -> usize {
        self.pending.capacity()
    }

    /// How many bytes the present stage takes in all.
    fn needed(&self) -> usize {
        match &self.stage {
            Stage::Header => format::HEADER,
            Stage::Marker => 1,
            Stage::Head => format::HEAD,
            Stage::Meta(head) => head.meta_len(),
            Stage::Value(head) => head.meta_len().saturating_add(head.value_len as usize),
            Stage::Trailer => format::TRAILER,
            Stage::Skip(_) | Stage::End => 0,
        }
    }

    /// Takes what the present stage needs from a piece: whether it has it all.
    fn collect(&mut self, piece: &mut &[u8]) -> bool {
        let missing = self.needed() - self.pending.len();
        let (taken, rest) = piece.split_at(missing.min(piece.len()));
        if !taken.is_empty() {
            self.pending.reserve_exact(missing);
            self.pending.extend_from_slice(taken);
        }
        if !matches!(self.stage, Stage::Trailer) {
            self.sum.add(taken);
        }
        *piece = rest;
        taken.len() == missing
    }

    /// The present stage has all its bytes.
    fn complete(&mut self, visitor: &mut Visitor) -> Result<(), Error> {
        self.stage = match self.stage {
            Stage::Header => {
                format::check_header(&self.pending)?;
                Stage::Marker
            }
            Stage::Marker => match self.pending[..] {
                [format::ENTRY] => Stage::Head,
                [format::END] => Stage::Trailer,
                _ => return corrupt("there is neither an entry nor the end where one must be"),
            },
            Stage::Head => Stage::Meta(Head::decode(&self.pending)?),
            Stage::Meta(head) => {
                self.entries = self.entries.checked_add(1).ok_or(COUNT)?;
                match visitor.meet(&head.entry(&self.pending)?) {
                    true => {
                        self.stage = Stage::Value(head);
                        return Ok(()); // the value is collected behind the rest
                    }
                    false => Stage::Skip(head.value_len),
                }
            }
            Stage::Value(head) => {
                let (meta, value) = self.pending.split_at(head.meta_len());
                visitor.take(&head.entry(meta)?, value);
                Stage::Marker
            }
            Stage::Trailer => {
                self.check_trailer()?;
                Stage::End
            }
            Stage::Skip(_) | Stage::End => return Ok(()),
        };
        self.pending.clear();
        self.pending.shrink_to(KEPT);
        Ok(())
    }

    fn check_trailer(&mut self) -> Result<(), Error> {
        let (counts, sum) = self.pending.split_at(format::COUNTS);
        self.sum.add(counts);
        if sum != self.sum.value().to_le_bytes() {
            return corrupt("its checksum is not that of its bytes");
        }
        let (entries, total) = counts.split_at(4);
        let expected = self.sum.len() + sum.len() as u64;
        if entries != self.entries.to_le_bytes() || total != expected.to_le_bytes() {
            return Err(COUNT);
        }
        Ok(())
    }
}

const COUNT: Error = Error::SnapshotCorrupt("its counts are not those of its entries and bytes");

const fn corrupt<T>(what: &'static str) -> Result<T, Error> {
    Err(Error::SnapshotCorrupt(what))
}
