//! Labels: what responses can be purged by, other than their URL.
//!
//! | label | of |
//! |---|---|
//! | `t` name | Cache-Tag (names between commas) and Surrogate-Key (between white space) |
//! | `g` origin, space, name | Cache-Groups (RFC 9875): what the origin itself can invalidate |
//! | `G` name | the same group, whatever its origin |

use super::names::Name;
use super::structured::{Value, list};
use super::text::{append, origin_and_path};
use super::texts::Texts;
use super::wire::{Malformed, Parts, Request, push};

/// As many labels as one response has.
const MAX_LABELS: usize = 64;
const TAG: [&[u8]; 3] = [b"t", b"", b""];
/// The longest name, in bytes.
const MAX_NAME: usize = 1_024;

/// Writes the labels of a response, one part each, groups first. At most 64 distinct ones, and none of
/// a name of more than 1,024 bytes: others are left out. A Cache-Groups that is no list of strings has
/// none. O(length of the texts · labels).
pub fn labels(request: &[u8], response: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let texts = Texts::exchange(request, response)?;
    let fields = &texts.response.fields;
    let mut labels = Labels { out, count: 0 };
    let mut names = Vec::new();
    fields.join(b"cache-groups", &mut names);
    labels.groups(&texts.request, &names, true);
    fields.list(Name::CacheTag).for_each(|name| labels.add(TAG, name));
    for line in fields.all(Name::SurrogateKey) {
        let names = line.split(u8::is_ascii_whitespace);
        names.filter(|name| !name.is_empty()).for_each(|name| labels.add(TAG, name));
    }
    Ok(())
}

/// Writes the labels of the groups that the response to an unsafe request invalidates
/// (RFC 9875, 3), one part each; bounds and cost as for [`labels`].
pub fn group_invalidations(
    request: &[u8],
    response: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let texts = Texts::exchange(request, response)?;
    if !texts.changes() {
        return Ok(());
    }
    let mut names = Vec::new();
    texts.response.fields.join(b"cache-group-invalidation", &mut names);
    Labels { out, count: 0 }.groups(&texts.request, &names, false);
    Ok(())
}

struct Labels<'a> {
    out: &'a mut Vec<u8>,
    count: usize,
}

impl Labels<'_> {
    /// Adds the groups of a list of strings, if it is one; `everywhere`: also whatever their origin.
    fn groups(&mut self, request: &Request<'_>, text: &[u8], everywhere: bool) {
        let (mut names, mut strings) = (Vec::new(), true);
        let read = list(text, &mut |member| match member {
            Value::Text(name) => names.push(name),
            _ => strings = false,
        });
        if read.is_none() || !strings {
            return;
        }
        let (origin, _) = origin_and_path(request.url);
        for written in names {
            let name = unescaped(written);
            self.add([b"g", origin, b" "], &name);
            if everywhere {
                self.add([b"G", b"", b""], &name);
            }
        }
    }

    #[inline(never)]
    fn add(&mut self, kind: [&[u8]; 3], name: &[u8]) {
        if self.count == MAX_LABELS || name.len() > MAX_NAME {
            return;
        }
        let mut label = Vec::new();
        kind.into_iter().chain([name]).for_each(|part| append(&mut label, part));
        if !Parts::new(self.out).is_ok_and(|mut labels| labels.any(|other| other == label)) {
            push(self.out, &label);
            self.count += 1;
        }
    }
}

/// The characters of a structured string, from how it is written.
fn unescaped(written: &[u8]) -> Vec<u8> {
    let (mut name, mut escaped) = (Vec::new(), false);
    for &byte in written {
        let special = matches!(byte, b'"' | b'\\') && !escaped;
        if !special {
            name.push(byte);
        }
        escaped = special && byte == b'\\';
    }
    name
}
