//! Tables of words, to find the place of a text in. A word is its length and its bytes, one behind the
//! other: a table of slices would have an address and a length of four bytes each beside every word.

use super::text::starts;

/// The place in a table of the word that is the same text but for case.
#[inline(never)]
pub(super) fn place(mut table: &[u8], text: &[u8]) -> Option<usize> {
    let mut place = 0;
    loop {
        let (&length, rest) = table.split_first()?;
        let (word, rest) = rest.split_at_checked(usize::from(length))?;
        // Lengths first, here: a call for each word would be most of reading a message.
        if word.len() == text.len() && starts(word, text) {
            return Some(place);
        }
        (table, place) = (rest, place + 1);
    }
}

/// A table of words.
macro_rules! words {
    ($($word:literal,)*) => {{
        const WORDS: &[&[u8]] = &[$($word,)*];
        static TABLE: [u8; $crate::http::words::bytes(WORDS)] = $crate::http::words::table(WORDS);
        &TABLE
    }};
}
pub(super) use words;

pub(super) const fn bytes(words: &[&[u8]]) -> usize {
    let (mut bytes, mut at) = (0, 0);
    while at < words.len() {
        bytes += 1 + words[at].len();
        at += 1;
    }
    bytes
}

pub(super) const fn table<const N: usize>(words: &[&[u8]]) -> [u8; N] {
    let (mut table, mut end, mut at) = ([0; N], 0, 0);
    while at < words.len() {
        let (_, rest) = table.split_at_mut(end);
        rest[0] = words[at].len() as u8;
        rest.split_at_mut(1).1.split_at_mut(words[at].len()).0.copy_from_slice(words[at]);
        end += 1 + words[at].len();
        at += 1;
    }
    table
}
