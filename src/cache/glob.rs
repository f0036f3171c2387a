//! Redis' glob over Unicode characters, compiled.
//!
//! `*` is any run of characters, `?` any one, `[abc]`, `[a-z]` and `[^a]` one of a class, `\` makes
//! the next character ordinary. `[z-a]` is `[a-z]`; a `-` that stands first or last in a class is
//! itself. Where Redis matches bytes this matches characters.
//!
//! Most patterns are a literal, a prefix or a suffix and compare bytes; the rest goes through a
//! matcher that remembers only the last `*`: when a later part fails, it lets that `*` take one
//! character more. An earlier `*` never needs to be tried again, because the shortest run that lets
//! the parts behind it match leaves the most for the rest. So the work is O(pattern · key) for every
//! pattern, where a recursive matcher (as in Redis) is exponential in the number of `*`. The matcher
//! is generic over who watches its steps, so that `glob_steps.rs` proves this by counting; outside
//! of tests nobody watches, and that costs nothing.

use core::str::Chars;

use super::Error;

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Bytes a key starts with before the glob applies to the rest.
    scope: Box<[u8]>,
    strategy: Strategy,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Strategy {
    All,
    Literal(Box<[u8]>),
    Prefix(Box<[u8]>),
    Suffix(Box<[u8]>),
    General(Box<[Token]>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// Any run of characters.
    Run,
    /// Any one character.
    One,
    Char(char),
    Class {
        negated: bool,
        ranges: Box<[(char, char)]>,
    },
}

impl Pattern {
    /// Compiles a glob; O(pattern).
    ///
    /// Fails with [`Error::InvalidPattern`] on `[]`, an unclosed `[` or a `\` at the end.
    pub fn new(glob: &str) -> Result<Self, Error> {
        Self::within(b"", glob)
    }

    /// As [`new`](Self::new), for keys that start with `scope`, whose bytes have no meaning of their
    /// own; the glob applies to what follows.
    pub fn within(scope: &[u8], glob: &str) -> Result<Self, Error> {
        let strategy = compile(Parser { glob, at: 0 }.tokens()?);
        Ok(Self { scope: scope.into(), strategy })
    }

    /// Whether a key matches; bytes that are not UTF-8 count as U+FFFD.
    pub fn matches(&self, key: &[u8]) -> bool {
        self.matches_watched(key, &mut || {})
    }

    /// Bytes that every key which matches starts with: most others are told apart by them. O(pattern).
    pub(super) fn start(&self) -> Vec<u8> {
        let mut start = self.scope.to_vec();
        match &self.strategy {
            Strategy::Literal(bytes) | Strategy::Prefix(bytes) => start.extend_from_slice(bytes),
            Strategy::General(tokens) => {
                // Others may stand for bytes that are not UTF-8.
                let ascii = tokens.iter().map_while(|token| match token {
                    Token::Char(char) if char.is_ascii() => Some(*char as u8),
                    _ => None,
                });
                start.extend(ascii);
            }
            Strategy::All | Strategy::Suffix(_) => {}
        }
        start
    }

    /// As [`matches`](Self::matches); `step` is called for each piece of work whose time does not
    /// depend on the pattern or the key. Comparisons of bytes as a whole are not counted: a key has
    /// at most one of them.
    pub(super) fn matches_watched(&self, key: &[u8], step: &mut impl FnMut()) -> bool {
        let Some(rest) = key.strip_prefix(&*self.scope) else { return false };
        match &self.strategy {
            Strategy::All => true,
            Strategy::Literal(literal) => rest == &**literal,
            Strategy::Prefix(prefix) => rest.starts_with(prefix),
            Strategy::Suffix(suffix) => rest.ends_with(suffix),
            Strategy::General(tokens) => {
                matches_general(tokens, String::from_utf8_lossy(rest).chars(), step)
            }
        }
    }
}

fn compile(mut tokens: Vec<Token>) -> Strategy {
    tokens.dedup_by(|a, b| *a == Token::Run && *b == Token::Run);
    if let Some(literal) = literal(&tokens) {
        return Strategy::Literal(literal);
    }
    match &tokens[..] {
        [Token::Run] => Some(Strategy::All),
        [Token::Run, rest @ ..] => literal(rest).map(Strategy::Suffix),
        [rest @ .., Token::Run] => literal(rest).map(Strategy::Prefix),
        _ => None,
    }
    .unwrap_or_else(|| Strategy::General(tokens.into()))
}

/// The bytes of tokens that are all plain characters. U+FFFD is none: damaged bytes of a key count
/// as one.
fn literal(tokens: &[Token]) -> Option<Box<[u8]>> {
    let mut text = String::new();
    for token in tokens {
        match token {
            Token::Char(c) if *c != char::REPLACEMENT_CHARACTER => text.push(*c),
            _ => return None,
        }
    }
    Some(text.into_bytes().into())
}

struct Parser<'a> {
    glob: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn tokens(mut self) -> Result<Vec<Token>, Error> {
        let mut tokens = Vec::new();
        while let Some(c) = self.next() {
            tokens.push(match c {
                '*' => Token::Run,
                '?' => Token::One,
                '[' => self.class()?,
                '\\' => Token::Char(self.expect()?),
                c => Token::Char(c),
            });
        }
        Ok(tokens)
    }

    /// What follows a `[`, up to its `]`.
    fn class(&mut self) -> Result<Token, Error> {
        let negated = self.skip('^');
        let mut ranges = Vec::new();
        while !self.skip(']') {
            let from = self.member()?;
            let is_range = self.peek(0) == Some('-') && self.peek(1) != Some(']');
            let to = if is_range && self.skip('-') { self.member()? } else { from };
            ranges.push((from.min(to), from.max(to)));
        }
        if ranges.is_empty() {
            return Err(Error::InvalidPattern(self.at));
        }
        Ok(Token::Class { negated, ranges: ranges.into() })
    }

    /// One character of a class.
    fn member(&mut self) -> Result<char, Error> {
        match self.expect()? {
            '\\' => self.expect(),
            c => Ok(c),
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.glob[self.at..].chars().nth(ahead)
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn expect(&mut self) -> Result<char, Error> {
        self.next().ok_or(Error::InvalidPattern(self.at))
    }

    fn skip(&mut self, c: char) -> bool {
        let found = self.peek(0) == Some(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }
}

fn matches_general(tokens: &[Token], mut key: Chars, step: &mut impl FnMut()) -> bool {
    let mut at = 0;
    // The token behind the last `*` met, and the key from where that token was last tried.
    let mut retry = None;
    loop {
        step();
        if tokens.get(at) == Some(&Token::Run) {
            at += 1;
            retry = Some((at, key.clone()));
            continue;
        }
        match key.next() {
            None => return at == tokens.len(),
            Some(c) if tokens.get(at).is_some_and(|token| token.accepts(c, step)) => {
                at += 1;
            }
            Some(_) => {
                let Some((behind, from)) = &mut retry else { return false };
                from.next();
                key = from.clone();
                at = *behind;
            }
        }
    }
}

impl Token {
    fn accepts(&self, c: char, step: &mut impl FnMut()) -> bool {
        match self {
            Self::Run => false,
            Self::One => true,
            Self::Char(own) => *own == c,
            Self::Class { negated, ranges } => {
                let mut within = ranges.iter().inspect(|_| step());
                within.any(|&(from, to)| (from..=to).contains(&c)) != *negated
            }
        }
    }
}
