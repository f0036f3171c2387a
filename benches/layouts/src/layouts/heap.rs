//! A heap block for each entry, from the allocator that std has on wasm32, over memory that grows by 64 KiB pages and
//! never shrinks. The bound is on what lives (as in `log 1.2`, the physical bytes over 1.2); what the heap takes is
//! whatever it takes. Natively a block has 16 bytes of header and rounding where wasm32 has 8.
#![allow(unsafe_code)] // an allocator is asked and its blocks are written to

use std::sync::atomic::{AtomicUsize, Ordering};

use dlmalloc::{Allocator, Dlmalloc};

use super::{Layout, note};

const PAGE: usize = 64 << 10;

/// Linear memory: as much address space as any workload can need, handed out from the front.
struct Linear {
    base: usize,
    len: usize,
    grown: std::sync::Arc<AtomicUsize>,
}

// SAFETY: each call gives the part of the reservation that follows the one before it, and none is taken back.
unsafe impl Allocator for Linear {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let size = size.next_multiple_of(PAGE);
        let at = self.grown.fetch_add(size, Ordering::Relaxed);
        if at + size > self.len {
            return (std::ptr::null_mut(), 0, 0);
        }
        ((self.base + at) as *mut u8, size, 0)
    }
    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        std::ptr::null_mut()
    }
    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }
    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }
    fn can_release_part(&self, _: u32) -> bool {
        false
    }
    fn allocates_zeros(&self) -> bool {
        true
    }
    fn page_size(&self) -> usize {
        PAGE
    }
}

pub struct Heap {
    heap: Dlmalloc<Linear>,
    grown: std::sync::Arc<AtomicUsize>,
    held: usize,
    bound: usize,
    places: Vec<(usize, usize)>,
    _reservation: Vec<u8>,
}

impl Heap {
    pub fn new(physical: usize) -> Self {
        let len = 4 * physical + (4 << 20);
        let mut reservation: Vec<u8> = Vec::with_capacity(len + PAGE);
        let base = (reservation.as_mut_ptr() as usize).next_multiple_of(PAGE);
        let grown = std::sync::Arc::new(AtomicUsize::new(0));
        let linear = Linear { base, len, grown: grown.clone() };
        Self {
            heap: Dlmalloc::new_with_allocator(linear),
            grown,
            held: 0,
            bound: physical * 10 / 12,
            places: Vec::new(),
            _reservation: reservation,
        }
    }
}

impl Layout for Heap {
    fn insert(&mut self, id: u32, bytes: &[u8]) -> bool {
        if self.held + bytes.len() > self.bound {
            return false;
        }
        // SAFETY: the block is of this length, and nobody else knows it.
        let block = unsafe {
            let block = self.heap.malloc(bytes.len(), 8);
            assert!(!block.is_null(), "the reservation is too small");
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), block, bytes.len());
            block as usize
        };
        self.held += bytes.len();
        note(&mut self.places, id, (block, bytes.len()));
        true
    }

    fn remove(&mut self, id: u32) {
        let (block, len) = self.places[id as usize];
        self.held -= len;
        // SAFETY: `insert` got it, and an id is removed once.
        unsafe { self.heap.free(block as *mut u8, len, 8) };
    }

    fn read(&self, id: u32, into: &mut Vec<u8>) -> usize {
        let (block, len) = self.places[id as usize];
        // SAFETY: `insert` filled it to this length.
        into.extend_from_slice(unsafe { std::slice::from_raw_parts(block as *const u8, len) });
        1
    }

    fn memory(&self) -> usize {
        self.grown.load(Ordering::Relaxed)
    }
}
