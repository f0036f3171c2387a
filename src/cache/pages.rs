//! A vector that grows by pages and never moves what it holds.
//!
//! A `Vec` that doubles holds one and a half times what it needs while it copies, and WebAssembly's
//! linear memory keeps that peak for ever. Here growth costs one page, and ids stay small integers.

const PAGE: usize = 256;

/// Elements by position, appended only.
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

    /// Appends and gives the position; O(1).
    pub(super) fn push(&mut self, element: T) -> u32 {
        let position = self.len;
        if (position as usize).is_multiple_of(PAGE) {
            self.pages.push(Vec::with_capacity(PAGE));
        }
        if let Some(page) = self.pages.last_mut() {
            page.push(element);
        }
        self.len += 1;
        position
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
        &mut self.pages[position as usize / PAGE][position as usize % PAGE]
    }

    /// What the pages take of memory, free places included; O(1).
    pub(super) const fn bytes(&self) -> usize {
        let pages = self.pages.len() * PAGE * size_of::<T>();
        pages + self.pages.capacity() * size_of::<Vec<T>>()
    }

    pub(super) fn clear(&mut self) {
        self.pages = Vec::new();
        self.len = 0;
    }
}
