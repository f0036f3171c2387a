//! The operations on many entries at once.

use isocache::cache::{Cache, Options, Pattern, PolicyKind, Value};

use crate::input::{self, Op, tag};
use crate::model::{Model, State, Written};
use crate::run::Run;

fn every() -> Pattern {
    Pattern::new("*").expect("a pattern")
}

impl Run {
    pub fn change_many(&mut self, op: &Op) {
        let now = self.clock;
        match *op {
            Op::DeleteWithDigit(digit) => self.delete_all(&format!(":{}", digit % 10)),
            Op::DeleteEven => {
                ["0", "2", "4", "6", "8"].iter().for_each(|digit| self.delete_all(digit))
            }
            Op::Keys(page) => self.keys(usize::from(page) + 1),
            Op::Purge(limit) => {
                assert!(self.cache.purge_expired(limit.into(), now) <= limit.into());
            }
            Op::Clear => {
                let known = self.model.count(|_| true);
                let count = self.cache.clear(now);
                self.assert_count(count, known);
                self.drain(None);
                self.model.entries.clear();
                self.slots.clear();
                assert_eq!(self.cache.stats().entries, 0);
            }
            Op::Invalidate(number) => {
                let number = number % 64;
                self.cache.invalidate_tag(&tag(number)).expect("a tag");
                self.model.invalidations += 1;
                self.model.invalidated.insert(number, self.model.invalidations);
                let generation = self.cache.tag_generation(&tag(number));
                let highest = self.generations.values().max();
                assert!(highest.is_none_or(|&highest| generation > highest), "it repeats");
                self.generations.insert(number, generation);
            }
            Op::Generation(number) => {
                let generation = self.cache.tag_generation(&tag(number % 64));
                let before = self.generations.insert(number % 64, generation);
                assert!(before.is_none_or(|before| before <= generation), "it falls");
            }
            Op::Resize(bytes, entries) => {
                self.resized = true;
                let (bytes, entries) =
                    (bytes.map(input::bytes), entries.map(|it| u32::from(it % 3_000) + 1));
                self.cache.resize(bytes, entries, now).expect("valid bounds");
            }
            Op::References => self.check_references(),
            Op::Move(number) => self.move_to(input::policy(number)),
            Op::Save => {
                let snapshot = self.cache.snapshot(now);
                self.saved = Some((snapshot, self.model.entries.clone()));
            }
            Op::Restore => self.restore(),
            _ => {}
        }
    }

    fn delete_all(&mut self, suffix: &str) {
        let pattern = Pattern::new(&format!("*{suffix}")).expect("a pattern");
        let known = self.model.count(|key| key.ends_with(suffix.as_bytes()));
        let count = self.cache.count_keys(&pattern, self.clock);
        assert_eq!(self.cache.delete_pattern(&pattern, self.clock), count);
        self.assert_count(count, known);
        self.drain(None);
        let Model { entries, .. } = &mut self.model;
        let gone: Vec<_> =
            entries.keys().filter(|key| key.ends_with(suffix.as_bytes())).cloned().collect();
        for key in gone {
            if matches!(self.model.state(&key), State::Live | State::Unsure) {
                self.model.entries.remove(&key);
            }
        }
    }

    fn assert_count(&self, count: u64, (least, most): (u64, u64)) {
        assert!(count <= most && (count >= least || self.lossy), "{count} of {least} to {most}");
    }

    /// All keys in pages: each once, and none that is not live.
    fn keys(&mut self, page: usize) {
        let (mut keys, mut cursor) = (Vec::new(), Some(0));
        while let Some(from) = cursor {
            let mut left = page;
            cursor = self.cache.keys(&every(), from, self.clock, |key| {
                keys.push(key.to_vec());
                left -= 1;
                left > 0
            });
        }
        self.assert_count(keys.len() as u64, self.model.count(|_| true));
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all);
        for key in keys {
            assert!(matches!(self.model.state(&key), State::Live | State::Unsure));
        }
    }

    fn check_references(&mut self) {
        let slots: Vec<(u32, Vec<u8>)> = self.slots.clone().into_iter().collect();
        for (id, key) in slots {
            if let Some(value) = self.cache.peek(&key, self.clock) {
                assert!(matches!(value, Value::Reference { .. }));
                assert_eq!(self.cache.id_of_last(), id);
            }
        }
    }

    fn move_to(&mut self, policy: PolicyKind) {
        let now = self.clock;
        let model = &mut self.model;
        let kept: Vec<Vec<u8>> = model.entries.keys().cloned().collect();
        let kept: Vec<Vec<u8>> = kept
            .into_iter()
            .filter(|key| matches!(model.state(key), State::Live | State::Unsure))
            .filter(|key| !matches!(model.entries[key].value, Written::Reference(_)))
            .collect();
        let sure = kept.iter().filter(|key| model.state(key) == State::Live).count() as u64;
        let tagged = model.entries.values().any(|entry| !entry.tags.is_empty());
        let options = Options { policy, ..*self.cache.options() };
        let mut other = Cache::new(options, 7).expect("valid options");
        let taken = other.restore(&self.cache.snapshot(now), now).expect("our own snapshot");
        assert_eq!(taken, other.stats().entries);
        assert!(taken <= kept.len() as u64);
        assert!(taken >= sure || self.lossy || self.resized || tagged, "{taken} of {sure}");
        other.journal(true);
        other.watch(self.watched);
        let order = match policy {
            PolicyKind::Lru => other.keys_by_recency(),
            _ => kept.into_iter().filter(|key| other.has(key, now)).collect(),
        };
        assert_eq!(order.len() as u64, taken);
        (self.cache, self.lossy) = (other, false);
        self.model.move_to(order, now);
        self.slots.clear();
        self.generations.clear();
    }

    /// What is under the keys of a snapshot is the snapshot's or what was there; which, is not followed further.
    fn restore(&mut self) {
        let now = self.clock;
        let Some((snapshot, entries)) = self.saved.take() else { return };
        self.cache.restore(&snapshot, now).expect("our own snapshot");
        self.drain(None);
        assert_eq!(self.evicted, 0);
        for (key, saved) in entries {
            if let Some(value) = self.cache.peek(&key, now) {
                let here = self.model.entries.get(&key).map(|entry| entry.value.value());
                assert!(value == saved.value.value() || Some(value) == here);
                if !matches!(value, Value::Reference { .. }) {
                    self.slots.retain(|_, other| *other != key);
                }
            }
            self.cache.delete(&key, now);
            self.model.entries.remove(&key);
            self.drain(Some(&key));
        }
    }
}
