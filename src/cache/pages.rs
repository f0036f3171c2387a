//! A vector that grows by pages and never moves what it holds.
//!
//! A `Vec` that doubles holds one and a half times what it needs while it copies, and WebAssembly's
//! linear memory keeps that peak for ever. Here growth costs one page, and ids stay small integers.
//! Only the first page doubles, so that a cache of a few entries has small tables.

const PAGE: usize = 1024;

/// Elements by position, appended and taken away at the end only.
pub(super) struct Pages<T> {
    pages: Vec<Vec<T>>,
    len: u32,
}

impl<T> Pages<T> {
    pub(super) const fn new() -> Self {
        Self { pages: Vec::new(), len: 0 }
    }

    pub(super) const fn len(&self) -> u32 {
        self.len
    }

    /// What the pages occupy, in bytes; O(1).
    pub(super) fn bytes(&self) -> usize {
        let pages = match self.pages.len() {
            1 => self.pages[0].capacity(),
            pages => pages * PAGE,
        };
        pages * size_of::<T>() + self.pages.capacity() * size_of::<Vec<T>>()
    }

    /// Appends and gives the position; O(1).
    pub(super) fn push(&mut self, element: T) -> u32 {
        let position = self.len;
        if position as usize == self.pages.len() * PAGE {
            let first = self.pages.is_empty();
            self.pages.push(Vec::with_capacity(if first { 4 } else { PAGE }));
        }
        self.pages[position as usize / PAGE].push(element);
        self.len += 1;
        position
    }

    /// Takes the last element away; O(1). One page more than needed is kept.
    pub(super) fn pop(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        if self.pages.len() > self.len as usize / PAGE + 2 {
            self.pages.pop();
        }
        self.pages[self.len as usize / PAGE].pop()
    }

    /// Appends copies of `fill` until there is a position `position`; amortised O(1) where ids are
    /// given out in order.
    pub(super) fn cover(&mut self, position: u32, fill: T)
    where
        T: Copy,
    {
        while self.len <= position {
            self.push(fill);
        }
    }

    pub(super) fn get(&self, position: u32) -> &T {
        &self.pages[position as usize / PAGE][position as usize % PAGE]
    }

    pub(super) fn get_mut(&mut self, position: u32) -> &mut T {
        self.get_mut_hot(position)
    }

    /// As [`get_mut`](Self::get_mut), on the path of a hit: copied there.
    #[inline(always)]
    pub(super) fn get_mut_hot(&mut self, position: u32) -> &mut T {
        &mut self.pages[position as usize / PAGE][position as usize % PAGE]
    }

    pub(super) fn clear(&mut self) {
        self.pages = Vec::new();
        self.len = 0;
    }
}
