//! Who goes when room must be made.

/// A policy sees ids and never bytes. Every id it knows was given to `insert` and not yet to
/// `remove`. All methods are O(1).
pub(super) trait Policy {
    /// The name that options and statistics use.
    const NAME: &'static str;
    /// An entry came.
    fn insert(&mut self, id: u32);
    /// An entry was used.
    fn hit(&mut self, id: u32);
    /// An entry went, for whatever reason.
    fn remove(&mut self, id: u32);
    /// Who is to go next; the caller removes it. None only when there is no entry.
    fn victim(&mut self) -> Option<u32>;
    /// All entries went.
    fn clear(&mut self);
}
