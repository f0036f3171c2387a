//! Globs against a matcher so simple that it is unlikely to be wrong: it reads the pattern anew at each character and
//! tries every length for each `*`, with a table of what it has tried.

#![no_main]

use isocache::cache::{Error, Pattern};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, &[u8])| {
    let (scope, glob, key) = input;
    let (glob, key) = (&glob[..floor(glob, 200)], &key[..key.len().min(200)]);
    let chars: Vec<char> = glob.chars().collect();
    let pattern = match Pattern::within(scope.as_bytes(), glob) {
        Ok(pattern) => pattern,
        Err(Error::InvalidPattern(at)) => return assert!(at <= glob.len() && !is_valid(&chars)),
        Err(error) => panic!("{error}"),
    };
    assert!(is_valid(&chars), "{glob:?} is no pattern");
    let whole = [scope.as_bytes(), key].concat();
    let text: Vec<char> = String::from_utf8_lossy(key).chars().collect();
    let mut tried = vec![None; (chars.len() + 1) * (text.len() + 1)];
    assert_eq!(
        pattern.matches(&whole),
        matches(&chars, &text, 0, 0, &mut tried),
        "{glob:?} {key:?}"
    );
    if !scope.is_empty() {
        assert!(!pattern.matches(&whole[1..]) || whole[1..].starts_with(scope.as_bytes()));
    }
});

/// The last boundary of a character at `at` or before.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

fn matches(glob: &[char], key: &[char], g: usize, k: usize, tried: &mut [Option<bool>]) -> bool {
    let place = g * (key.len() + 1) + k;
    if let Some(known) = tried[place] {
        return known;
    }
    let rest = key.get(k).copied();
    let answer = match (glob.get(g), rest) {
        (None, rest) => rest.is_none(),
        (Some('*'), _) => (k..=key.len()).any(|k| matches(glob, key, g + 1, k, tried)),
        (Some(_), None) => false,
        (Some('?'), Some(_)) => matches(glob, key, g + 1, k + 1, tried),
        (Some('\\'), Some(c)) => glob[g + 1] == c && matches(glob, key, g + 2, k + 1, tried),
        (Some('['), Some(c)) => {
            let (found, behind) = class(glob, g, c).expect("a valid pattern");
            found && matches(glob, key, behind, k + 1, tried)
        }
        (Some(own), Some(c)) => *own == c && matches(glob, key, g + 1, k + 1, tried),
    };
    tried[place] = Some(answer);
    answer
}

/// Whether the class at `g` has `c`, and what stands behind it. None: it is no class.
fn class(glob: &[char], mut g: usize, c: char) -> Option<(bool, usize)> {
    let member = |g: &mut usize| {
        *g += usize::from(*glob.get(*g)? == '\\');
        *g += 1;
        glob.get(*g - 1).copied()
    };
    g += 1;
    let negated = glob.get(g) == Some(&'^');
    g += usize::from(negated);
    let start = g;
    let mut found = false;
    while *glob.get(g)? != ']' {
        let from = member(&mut g)?;
        let mut to = from;
        if glob.get(g) == Some(&'-') && glob.get(g + 1) != Some(&']') {
            g += 1;
            to = member(&mut g)?;
        }
        found |= (from <= c && c <= to) || (to <= c && c <= from);
    }
    (g > start).then_some((found != negated, g + 1))
}

fn is_valid(glob: &[char]) -> bool {
    let mut g = 0;
    while let Some(c) = glob.get(g) {
        g = match c {
            '\\' if g + 1 == glob.len() => return false,
            '\\' => g + 2,
            '[' => match class(glob, g, 'a') {
                Some((_, behind)) => behind,
                None => return false,
            },
            _ => g + 1,
        };
    }
    true
}
