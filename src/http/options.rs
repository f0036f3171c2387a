//! What the owner of a cache decided about it.

use super::wire::{Malformed, Parts};

#[derive(Debug)]
pub(super) struct Options<'a> {
    /// Many users' answers lie in it, so that what is one user's must not.
    pub shared: bool,
    /// A structured item: a token or a quoted string.
    pub name: &'a [u8],
    /// Fields that are obeyed in place of Cache-Control, the first one wins (RFC 9213).
    targets: Parts<'a>,
}

impl<'a> Options<'a> {
    pub fn read(text: &'a [u8]) -> Result<Self, Malformed> {
        let mut parts = Parts::new(text)?;
        let shared = match parts.next() {
            Some(b"1") => true,
            Some(b"0") => false,
            _ => return Err(Malformed),
        };
        let name = parts.next().filter(|name| is_line(name)).ok_or(Malformed)?;
        Ok(Self { shared, name, targets: parts })
    }

    pub fn targets(&self) -> Parts<'a> {
        self.targets.clone()
    }
}

fn is_line(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| (b' '..=b'~').contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let options = Options::read(b"1\0isocache\0CDN-Cache-Control\0").unwrap();
        assert!(options.shared);
        assert_eq!((options.name, options.targets().count()), (&b"isocache"[..], 1));
        for text in [&b""[..], b"1\0", b"1\0\0", b"2\0a\0", b"1\0a", b"1\0a\nb\0"] {
            assert!(Options::read(text).is_err(), "{text:?}");
        }
    }
}
