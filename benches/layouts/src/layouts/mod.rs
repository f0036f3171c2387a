//! The layouts, all behind the same four calls.

mod blocks;
mod heap;
mod ideal;
mod log;
mod tlsf;

pub use blocks::Blocks;
pub use heap::Heap;
pub use ideal::Ideal;
pub use log::Log;
pub use tlsf::Tlsf;

/// Where the bytes of entries lie, by the entries' ids.
pub trait Layout {
    /// Places the bytes of an id that has none; false: there is no room, and nothing has changed that anybody can see.
    fn insert(&mut self, id: u32, bytes: &[u8]) -> bool;
    /// Forgets the bytes of an id.
    fn remove(&mut self, id: u32);
    /// Appends the bytes of an id: in how many pieces they lay.
    fn read(&self, id: u32, into: &mut Vec<u8>) -> usize;
    /// The bytes that were moved to make room so far.
    fn copied(&self) -> u64 {
        0
    }
    /// The bytes of memory that are held.
    fn memory(&self) -> usize;
}

/// Writes a place into a table by id that grows as ids come.
fn note<T: Copy + Default>(table: &mut Vec<T>, id: u32, place: T) {
    if table.len() <= id as usize {
        table.resize(id as usize + 1, T::default());
    }
    table[id as usize] = place;
}

fn word(memory: &[u8], at: u32) -> u32 {
    let at = at as usize;
    u32::from_le_bytes([memory[at], memory[at + 1], memory[at + 2], memory[at + 3]])
}

fn put(memory: &mut [u8], at: u32, word: u32) {
    memory[at as usize..at as usize + 4].copy_from_slice(&word.to_le_bytes());
}
