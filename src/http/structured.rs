//! Dictionaries and lists of structured fields (RFC 9651), as far as caching needs them: the syntax is
//! checked to the end, but of the values only integers, booleans, strings and tokens are kept.

use super::text::{
    self, BASE64, DIGIT, DISPLAY, KEY, SEPARATOR, SPACE, STRING, TOKEN, append, decimal,
};

/// What a member says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Integer(i64),
    Boolean(bool),
    /// A string as it is written between its quotes: `\\` before `"` and `\\` is still there.
    Text(&'a [u8]),
    Token(&'a [u8]),
    Other,
}

/// Calls `member` for every member. `None` if the text is no dictionary: then nothing that was
/// given counts.
pub(super) fn dictionary<'a>(
    text: &'a [u8],
    member: &mut dyn FnMut(&'a [u8], Value<'a>),
) -> Option<()> {
    each(text, true, member)
}

/// Calls `member` for every member. `None` if the text is no list: then nothing that was given counts.
pub(super) fn list<'a>(text: &'a [u8], member: &mut dyn FnMut(Value<'a>)) -> Option<()> {
    each(text, false, &mut |_, value| member(value))
}

/// Members, `keyed` or not, and their parameters, up to the end; `None` where there is an error.
#[inline(never)]
fn each<'a>(
    text: &'a [u8],
    keyed: bool,
    member: &mut dyn FnMut(&'a [u8], Value<'a>),
) -> Option<()> {
    let mut cursor = Cursor { rest: text.trim_ascii() };
    while !cursor.rest.is_empty() {
        let key = if keyed { cursor.key()? } else { &[] };
        let told = !keyed || cursor.eat(b'=');
        member(key, if told { cursor.member()? } else { Value::Boolean(true) });
        cursor.parameters()?;
        cursor.rest = cursor.rest.trim_ascii_start();
        if cursor.rest.is_empty() {
            break;
        }
        cursor.expect(b',')?;
        cursor.rest = cursor.rest.trim_ascii_start();
        cursor.rest.first()?; // a comma at the end is an error
    }
    Some(())
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.rest.first() == Some(&byte);
        if found {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        found
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    /// The longest start of what is left whose bytes are all of some kinds.
    #[inline(never)]
    fn run(&mut self, kinds: u8) -> &'a [u8] {
        let end = text::run(self.rest, kinds);
        let (run, rest) = self.rest.split_at_checked(end).unwrap_or_default();
        self.rest = rest;
        run
    }

    #[inline(never)]
    fn key(&mut self) -> Option<&'a [u8]> {
        let first = *self.rest.first()?;
        let key = self.run(KEY);
        (first.is_ascii_lowercase() || first == b'*').then_some(key)
    }

    fn member(&mut self) -> Option<Value<'a>> {
        if !self.eat(b'(') {
            return self.item();
        }
        loop {
            self.run(SPACE);
            if self.eat(b')') {
                return Some(Value::Other);
            }
            self.item()?;
            self.parameters()?;
            if !matches!(self.rest.first()?, b' ' | b')') {
                return None;
            }
        }
    }

    #[inline(never)]
    fn parameters(&mut self) -> Option<()> {
        while self.eat(b';') {
            self.run(SPACE);
            self.key()?;
            if self.eat(b'=') {
                self.item()?;
            }
        }
        Some(())
    }

    #[inline(never)]
    fn item(&mut self) -> Option<Value<'a>> {
        match self.rest.first()? {
            b'-' | b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            b'?' => self.boolean(),
            b'@' => {
                self.expect(b'@')?;
                self.number().filter(|value| *value != Value::Other).map(|_| Value::Other)
            }
            b':' => {
                self.expect(b':')?;
                self.run(BASE64);
                self.expect(b':').map(|()| Value::Other)
            }
            b'*' | b'a'..=b'z' | b'A'..=b'Z' => {
                let token = self.run(TOKEN | SEPARATOR);
                Some(Value::Token(token))
            }
            b'%' => {
                self.expect(b'%')?;
                self.display_string().map(|()| Value::Other)
            }
            _ => None,
        }
    }

    /// An integer of at most 15 digits; a decimal of at most 12 and 3 digits is [`Value::Other`].
    fn number(&mut self) -> Option<Value<'a>> {
        let negative = self.eat(b'-');
        let whole = self.run(DIGIT);
        if self.eat(b'.') {
            let fraction = self.run(DIGIT);
            let fits = (1..=12).contains(&whole.len()) && (1..=3).contains(&fraction.len());
            return fits.then_some(Value::Other);
        }
        let number = decimal(whole).filter(|_| whole.len() <= 15)? as i64;
        Some(Value::Integer(if negative { -number } else { number }))
    }

    fn string(&mut self) -> Option<Value<'a>> {
        let start = self.rest;
        self.expect(b'"')?;
        loop {
            self.run(STRING);
            if self.eat(b'"') {
                return start.get(..start.len() - self.rest.len()).map(Value::Text);
            }
            self.expect(b'\\')?;
            if !self.eat(b'"') {
                self.expect(b'\\')?;
            }
        }
    }

    /// What stands between its quotes, decoded, must be UTF-8 (RFC 9651, 4.2.10).
    fn display_string(&mut self) -> Option<()> {
        self.expect(b'"')?;
        let mut decoded = Vec::new();
        loop {
            let run = self.run(DISPLAY);
            append(&mut decoded, run);
            if self.eat(b'"') {
                return core::str::from_utf8(&decoded).is_ok().then_some(());
            }
            self.expect(b'%')?;
            let (digits, rest) = self.rest.split_at_checked(2)?;
            self.rest = rest;
            decoded.push(digits.iter().try_fold(0, |byte, &digit| Some(byte << 4 | hex(digit)?))?);
        }
    }

    fn boolean(&mut self) -> Option<Value<'a>> {
        self.expect(b'?')?;
        if self.eat(b'1') {
            return Some(Value::Boolean(true));
        }
        self.expect(b'0').map(|()| Value::Boolean(false))
    }
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<(&str, Value<'_>)>> {
        let mut found = Vec::new();
        dictionary(text.as_bytes(), &mut |key, value| {
            found.push((std::str::from_utf8(key).unwrap(), value));
        })?;
        Some(found)
    }

    #[test]
    fn dictionaries() {
        use Value::{Boolean, Integer, Other, Text, Token};
        for (text, expected) in [
            ("", vec![]),
            ("a", vec![("a", Boolean(true))]),
            (
                "a=1, b=-2;x;y=2 ,\tc",
                vec![("a", Integer(1)), ("b", Integer(-2)), ("c", Boolean(true))],
            ),
            ("a=?0;b=\"x\", *c=?1", vec![("a", Boolean(false)), ("*c", Boolean(true))]),
            (
                "a=1.5, b=tok/en:*, c=:aGk=:, d=@-17",
                vec![("a", Other), ("b", Token(b"tok/en:*")), ("c", Other), ("d", Other)],
            ),
            (
                "a=\"x\\\"\\\\, b\", c=( \"x\"  tok;a=1 2 ), d=()",
                vec![("a", Text(b"\"x\\\"\\\\, b\"")), ("c", Other), ("d", Other)],
            ),
            ("a=%\"f%c3%bcr \\ \", b=%\"\"", vec![("a", Other), ("b", Other)]),
            ("a=999999999999999", vec![("a", Integer(999_999_999_999_999))]),
        ] {
            assert_eq!(read(text), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_dictionary() {
        for text in [
            ",",
            "a,",
            "a,,b",
            "A",
            "1",
            "a=",
            "a =1",
            "a= 1",
            "a=1 b",
            "a=1.",
            "a=1.2345",
            "a=1000000000000000",
            "a=-",
            "a=\"x",
            "a=\"\\x\"",
            "a=\"\u{e4}\"",
            "a=(1",
            "a=(1,2)",
            "a=(1\"x\")",
            "a=?2",
            "a=:x",
            "a=@1.5",
            "a=%\"%C3%BC\"",
            "a=%\"%c3\"",
            "a=%\"%c",
            "a=%\"x",
            "a=%x",
            "a=%\"\u{fc}\"",
            "a;",
            "a;B",
            "a=1;=2",
            "a=[1]",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn lists() {
        let read = |text: &'static str| {
            let mut found = Vec::new();
            list(text.as_bytes(), &mut |value| found.push(value)).map(|()| found)
        };
        use Value::{Integer, Other, Text, Token};
        assert_eq!(read(""), Some(vec![]));
        let expected = vec![Text(b"\"a\""), Token(b"b"), Integer(1), Other];
        assert_eq!(read(" \"a\";x=1 ,b, 1,(\"c\")"), Some(expected));
        for text in ["\"a\",", ",", "\"a\" \"b\"", "\"a", "a=1", "\"\u{e4}\""] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
