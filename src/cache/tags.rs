//! Tags: names that entries depend on, and that make all of them misses at once.
//!
//! One counter serves all tags. Invalidating a tag raises it and writes it down as the tag's
//! generation: O(1), whatever the tag holds. An entry remembers what the counter was when it was
//! stored; it is valid while none of its tags has a later generation. So a generation never repeats.
//!
//! An entry is a member of each of its tags: members are linked per tag, newest first, so that whoever
//! makes room finds the invalidated ones at the ends of the lists of invalidated tags. A tag whose
//! last member went is kept for a while, for those who ask for its generation, then forgotten; the
//! highest generation of a forgotten tag stands for all names that are not known. That name's old
//! entries are gone, and a new one starts at or above every generation it had.

use std::collections::VecDeque;

use super::cost::{MAX_KEY_BYTES, TAG_COST};
use super::find::State;
use super::hash::Hash;
use super::journal::Reason;
use super::layout::Tagged;
use super::pages::Pages;
use super::table::Table;
use super::{Cache, Error};

const NONE: u32 = u32::MAX;
/// What a tag costs while it has members, beyond its name.
const TAG_OVERHEAD: u64 = 96;
/// How many tags without members are remembered, and how many bytes they may take.
const REMEMBERED: usize = 1024;
const REMEMBERED_BYTES: u64 = 64 << 10;

struct Tag {
    name: Box<[u8]>,
    generation: u64,
    /// Its members: the newest, the oldest, how many.
    newest: u32,
    oldest: u32,
    count: u32,
    /// Whether it waits among the invalidated for its members to be reclaimed.
    waiting: bool,
    /// Whether it is among those without members that are remembered.
    remembered: bool,
}

/// An entry is a member of a tag.
#[derive(Clone, Copy)]
struct Member {
    tag: u32,
    entry: u32,
    /// Towards the newest and the oldest member of the tag.
    newer: u32,
    older: u32,
    /// The next membership of the same entry; of a free one the next free one.
    sibling: u32,
}

/// What the tags of an entry that is to be stored will be.
pub(super) struct Draft {
    pub(super) tagged: Option<Tagged>,
    /// What those that have no members yet will cost.
    pub(super) cost: u64,
    /// What all of them cost an entry that is their only member.
    pub(super) alone: u64,
}

/// All tags of a cache.
pub(super) struct Tags {
    names: Table,
    tags: Vec<Option<Tag>>,
    free_tags: Vec<u32>,
    members: Pages<Member>,
    first_free: u32,
    /// How many memberships there are.
    joined: u32,
    /// Rises with every invalidation.
    generation: u64,
    /// The highest generation of a forgotten tag.
    floor: u64,
    /// Invalidated tags that may still have old members.
    waiting: VecDeque<u32>,
    /// Tags that lost their last member, oldest first.
    remembered: VecDeque<u32>,
    remembered_bytes: u64,
    /// What tags with members cost.
    charged: u64,
    hasher: Hash,
}

impl Tags {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            names: Table::new(),
            tags: Vec::new(),
            free_tags: Vec::new(),
            members: Pages::new(),
            first_free: NONE,
            joined: 0,
            generation: 0,
            floor: 0,
            waiting: VecDeque::new(),
            remembered: VecDeque::new(),
            remembered_bytes: 0,
            charged: 0,
            hasher: Hash::new(seed),
        }
    }

    /// Fails with [`Error::InvalidTag`].
    pub(super) fn check(names: &[&[u8]]) -> Result<(), Error> {
        if names.len() > u16::MAX as usize {
            return Err(Error::InvalidTag(names.len()));
        }
        let too_long = names.iter().find(|name| name.len() > MAX_KEY_BYTES);
        too_long.map_or(Ok(()), |name| Err(Error::InvalidTag(name.len())))
    }

    /// What is in the tables, in bytes; names are charged and counted as their tags are.
    pub(super) fn bytes(&self) -> usize {
        let tags = self.tags.capacity() * (size_of::<Tag>() + 8) + self.names.bytes();
        tags + self.members.bytes() + (self.charged + self.remembered_bytes) as usize
    }

    fn hash(&self, name: &[u8]) -> u32 {
        self.hasher.of(name)
    }

    fn find(&self, name: &[u8]) -> Option<u32> {
        let same = |at: u32| self.tag(at).is_some_and(|tag| *tag.name == *name);
        self.names.find(self.hash(name), same)
    }

    fn tag(&self, at: u32) -> Option<&Tag> {
        self.tags.get(at as usize)?.as_ref()
    }

    fn tag_mut(&mut self, at: u32) -> Option<&mut Tag> {
        self.tags.get_mut(at as usize)?.as_mut()
    }

    /// The names, each once.
    fn unique<'a>(&self, names: &[&'a [u8]]) -> Vec<&'a [u8]> {
        if names.len() < 2 {
            return names.to_vec();
        }
        let mut seen = Table::new();
        let mut unique: Vec<&[u8]> = Vec::new();
        for name in names {
            let same = |at: u32| unique[at as usize] == *name;
            if seen.find(self.hash(name), same).is_none() {
                unique.push(name);
                seen.insert(unique.len() as u32 - 1, |at| self.hash(unique[at as usize]));
            }
        }
        unique
    }

    /// What the tags of an entry would be and cost; changes nothing.
    pub(super) fn draft(&self, names: &[&[u8]]) -> Draft {
        let (mut count, mut cost, mut alone) = (0, 0, 0);
        for name in self.unique(names) {
            count += 1;
            let held = self.find(name).and_then(|at| self.tag(at)).is_some_and(|tag| tag.count > 0);
            cost += if held { 0 } else { price(name) };
            alone += price(name);
        }
        let tagged = Tagged { first: NONE, born: self.generation, count };
        Draft { tagged: (count > 0).then_some(tagged), cost, alone }
    }

    /// The tag of a name, made if there is none.
    fn obtain(&mut self, name: &[u8]) -> u32 {
        if let Some(at) = self.find(name) {
            return at;
        }
        let tag = Tag {
            name: name.into(),
            generation: self.floor,
            newest: NONE,
            oldest: NONE,
            count: 0,
            waiting: false,
            remembered: false,
        };
        let at = self.free_tags.pop().unwrap_or_else(|| {
            self.tags.push(None);
            self.tags.len() as u32 - 1
        });
        self.tags[at as usize] = Some(tag);
        let (tags, hasher) = (&self.tags, self.hasher);
        self.names.insert(at, |at| hash_of(hasher, tags, at));
        at
    }

    /// Makes the memberships of an entry that is about to come: the first of them.
    fn join(&mut self, names: &[&[u8]]) -> u32 {
        let mut first = NONE;
        for name in self.unique(names).into_iter().rev() {
            let tag = self.obtain(name);
            first = self.add_member(tag, first);
        }
        first
    }

    fn add_member(&mut self, at: u32, sibling: u32) -> u32 {
        let Some(tag) = self.tags.get_mut(at as usize).and_then(Option::as_mut) else {
            return sibling;
        };
        if tag.count == 0 {
            self.charged += price(&tag.name);
        }
        tag.count += 1;
        self.joined += 1;
        let older = tag.newest;
        let member = Member { tag: at, entry: NONE, newer: NONE, older, sibling };
        let number = match self.first_free {
            NONE => self.members.push(member),
            free => {
                self.first_free = self.members.get(free).sibling;
                *self.members.get_mut(free) = member;
                free
            }
        };
        tag.newest = number;
        match older {
            NONE => tag.oldest = number,
            _ => self.members.get_mut(older).newer = number,
        }
        number
    }

    /// Tells the memberships whose they are.
    pub(super) fn adopt(&mut self, tagged: Option<Tagged>, entry: u32) {
        let mut at = tagged.map_or(NONE, |tagged| tagged.first);
        while at != NONE {
            let member = self.members.get_mut(at);
            member.entry = entry;
            at = member.sibling;
        }
    }

    /// Ends the memberships of an entry.
    fn leave(&mut self, first: u32) {
        let mut at = first;
        while at != NONE {
            let member = *self.members.get(at);
            self.unlink(member);
            self.members.get_mut(at).sibling = self.first_free;
            self.first_free = at;
            self.joined -= 1;
            at = member.sibling;
        }
        if self.joined == 0 {
            (self.members, self.first_free) = (Pages::new(), NONE);
        }
    }

    fn unlink(&mut self, member: Member) {
        let Member { tag: at, newer, older, .. } = member;
        let Some(tag) = self.tags.get_mut(at as usize).and_then(Option::as_mut) else { return };
        match newer {
            NONE => tag.newest = older,
            _ => self.members.get_mut(newer).older = older,
        }
        match older {
            NONE => tag.oldest = newer,
            _ => self.members.get_mut(older).newer = newer,
        }
        tag.count -= 1;
        if tag.count == 0 {
            self.charged -= price(&tag.name);
            self.remember(at);
        }
    }

    /// Keeps a tag without members for a while, in place of the oldest of them.
    fn remember(&mut self, at: u32) {
        let Some(tag) = self.tag_mut(at) else { return };
        if !core::mem::replace(&mut tag.remembered, true) {
            let price = price(&tag.name);
            self.remembered_bytes += price;
            self.remembered.push_back(at);
        }
        while self.remembered.len() > REMEMBERED || self.remembered_bytes > REMEMBERED_BYTES {
            let Some(oldest) = self.remembered.pop_front() else { return };
            self.forget(oldest);
        }
    }

    /// Forgets a tag, unless it has members again.
    fn forget(&mut self, at: u32) {
        let Some(tag) = self.tag_mut(at) else { return };
        tag.remembered = false;
        let (count, price, generation) = (tag.count, price(&tag.name), tag.generation);
        self.remembered_bytes -= price;
        if count > 0 {
            return;
        }
        self.floor = self.floor.max(generation);
        let (tags, hasher) = (&self.tags, self.hasher);
        self.names.remove(at, |at| hash_of(hasher, tags, at));
        self.tags[at as usize] = None;
        self.free_tags.push(at);
    }

    /// Whether none of an entry's tags was invalidated since it was stored.
    pub(super) fn are_valid(&self, tagged: Tagged) -> bool {
        let mut at = tagged.first;
        while at != NONE {
            let member = self.members.get(at);
            if self.tag(member.tag).is_some_and(|tag| tag.generation > tagged.born) {
                return false;
            }
            at = member.sibling;
        }
        true
    }

    /// A member of a tag: its number, its entry. `after` is a member's number, or none for the newest.
    fn member_after(&self, name: &[u8], after: Option<u32>) -> Option<(u32, u32)> {
        let next = match after {
            Some(number) if number < self.members.len() => self.members.get(number).older,
            Some(_) => NONE,
            None => self.find(name).and_then(|at| self.tag(at)).map_or(NONE, |tag| tag.newest),
        };
        (next != NONE).then(|| (next, self.members.get(next).entry))
    }

    fn generation(&self, name: &[u8]) -> u64 {
        self.find(name).and_then(|at| self.tag(at)).map_or(self.floor, |tag| tag.generation)
    }

    fn invalidate(&mut self, name: &[u8]) {
        let at = self.obtain(name);
        self.generation += 1;
        let generation = self.generation;
        let Some(tag) = self.tag_mut(at) else { return };
        tag.generation = generation;
        let members = tag.count;
        if members > 0 && !core::mem::replace(&mut tag.waiting, true) {
            self.waiting.push_back(at);
        }
        if members == 0 {
            self.remember(at);
        }
    }

    /// The oldest member of the tag that waits longest, with the tag's generation.
    fn waiting_member(&self) -> Option<(u32, u64)> {
        let tag = self.tag(*self.waiting.front()?)?;
        let member = (tag.oldest != NONE).then(|| self.members.get(tag.oldest))?;
        (member.entry != NONE).then_some((member.entry, tag.generation))
    }

    /// The tag that waits longest has no more old members.
    fn stop_waiting(&mut self) {
        if let Some(tag) = self.waiting.pop_front().and_then(|at| self.tag_mut(at)) {
            tag.waiting = false;
        }
    }

    /// The names of an entry's tags.
    pub(super) fn names(&self, tagged: Option<Tagged>) -> impl Iterator<Item = &[u8]> {
        let mut at = tagged.map_or(NONE, |tagged| tagged.first);
        core::iter::from_fn(move || {
            let member = (at != NONE).then(|| self.members.get(at))?;
            at = member.sibling;
            self.tag(member.tag).map(|tag| &*tag.name)
        })
    }

    /// Makes the table of memberships anew, without gaps: which number each had, and has now.
    pub(super) fn renumber(&mut self) -> Vec<u32> {
        let mut numbers = vec![NONE; self.members.len() as usize];
        let mut members = Pages::new();
        for tag in self.tags.iter().flatten() {
            let mut at = tag.oldest;
            while at != NONE {
                let member = *self.members.get(at);
                numbers[at as usize] = members.push(member);
                at = member.newer;
            }
        }
        let now = |at: u32| if at == NONE { NONE } else { numbers[at as usize] };
        for at in 0..members.len() {
            let it: &mut Member = members.get_mut(at);
            (it.newer, it.older, it.sibling) = (now(it.newer), now(it.older), now(it.sibling));
        }
        for tag in self.tags.iter_mut().flatten() {
            (tag.newest, tag.oldest) = (now(tag.newest), now(tag.oldest));
        }
        (self.members, self.first_free) = (members, NONE);
        numbers
    }

    /// All entries are gone: no tag has members any more. Generations stay.
    pub(super) fn forget_members(&mut self) {
        (self.members, self.first_free, self.charged) = (Pages::new(), NONE, 0);
        self.joined = 0;
        self.waiting.clear();
        for at in 0..self.tags.len() as u32 {
            let Some(tag) = self.tag_mut(at) else { continue };
            (tag.newest, tag.oldest, tag.waiting) = (NONE, NONE, false);
            if core::mem::take(&mut tag.count) > 0 {
                self.remember(at);
            }
        }
    }

    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    pub(super) const fn charged(&self) -> u64 {
        self.charged
    }

    /// Recounts; `entries` are all that have tags.
    #[cfg(any(all(test, not(target_arch = "wasm32")), fuzzing))]
    pub(super) fn validate(&self, entries: impl Iterator<Item = (u32, Tagged)>) {
        let mut counts = vec![0; self.tags.len()];
        for (id, tagged) in entries {
            let mut at = tagged.first;
            for _ in 0..tagged.count {
                let member = self.members.get(at);
                assert_eq!(member.entry, id);
                counts[member.tag as usize] += 1;
                at = member.sibling;
            }
            assert_eq!(at, NONE);
        }
        assert_eq!(counts.iter().sum::<u32>(), self.joined);
        let mut charged = 0;
        for (tag, count) in self.tags.iter().zip(counts) {
            assert_eq!(tag.as_ref().map_or(0, |tag| tag.count), count);
            let tag = tag.as_ref().filter(|tag| tag.count > 0);
            charged += tag.map_or(0, |tag| price(&tag.name));
        }
        assert_eq!(charged, self.charged);
    }
}

/// The hash of a tag's name.
fn hash_of(hasher: Hash, tags: &[Option<Tag>], at: u32) -> u32 {
    hasher.of(tags[at as usize].as_ref().map_or(&[], |tag| &tag.name))
}

fn price(name: &[u8]) -> u64 {
    TAG_OVERHEAD + name.len() as u64
}

const _: () = assert!(size_of::<Member>() == TAG_COST);

impl Cache {
    /// Hands the keys of the live entries with a tag to `visit`, the latest stored first, until it gives
    /// false. `after` is what the page before gave, or none; gives what the next page wants, or none at
    /// the end. Nothing may be stored or removed between pages. O(entries of a page).
    pub fn tagged_keys(
        &mut self,
        tag: &[u8],
        after: Option<u32>,
        now: u64,
        mut visit: impl FnMut(&[u8]) -> bool,
    ) -> Option<u32> {
        self.advance(now);
        let mut at = after;
        while let Some((number, entry)) = self.tags.member_after(tag, at) {
            at = Some(number);
            if self.state(entry) == State::Live && !visit(&self.records.key(entry)) {
                return at;
            }
        }
        None
    }

    /// Makes every entry with this tag a miss, at once; their room is taken before any other. O(1).
    ///
    /// Fails with [`Error::InvalidTag`].
    pub fn invalidate_tag(&mut self, tag: &[u8]) -> Result<(), Error> {
        Tags::check(&[tag])?;
        self.tags.invalidate(tag);
        Ok(())
    }

    /// The generation of a tag: rises with every invalidation, never falls and never repeats. O(1).
    pub fn tag_generation(&self, tag: &[u8]) -> u64 {
        self.tags.generation(tag)
    }

    /// Makes the memberships that a draft promised and charges what they cost.
    pub(super) fn create_tags(
        &mut self,
        tagged: Option<Tagged>,
        names: &[&[u8]],
    ) -> Option<Tagged> {
        let tagged = tagged?;
        let before = self.tags.charged;
        let first = self.tags.join(names);
        self.bytes += self.tags.charged - before;
        Some(Tagged { first, ..tagged })
    }

    /// Ends the memberships of an entry and gives back what they cost.
    pub(super) fn drop_tags(&mut self, id: u32) {
        if let Some(tagged) = self.records.head(id).tags() {
            let before = self.tags.charged;
            self.tags.leave(tagged.first);
            self.bytes -= before - self.tags.charged;
        }
    }

    /// Removes an entry that was invalidated, if there is one that was not met yet: whether it did.
    pub(super) fn reclaim_invalidated(&mut self) -> bool {
        while !self.tags.waiting.is_empty() {
            if let Some((id, generation)) = self.tags.waiting_member() {
                let tagged = self.records.head(id).tags();
                if tagged.is_some_and(|tagged| tagged.born < generation) {
                    self.remove(id, Reason::Invalidate);
                    return true;
                }
            }
            self.tags.stop_waiting();
        }
        false
    }
}
