//! Cache directives, of requests and of responses.
//!
//! A response that says two things is taken at its more restrictive word: a restriction counts
//! wherever it stands, of two lifetimes the first counts, and one that is not a number of seconds is
//! 0. `no-cache` and `private` with field names concern those fields alone (RFC 9111, 5.2.2.4 and
//! 5.2.2.7); with an argument that is no list of names they count as if they had none.

use super::fields::Fields;
use super::list::members;
use super::names::Name;
use super::structured::{Value, dictionary};
use super::text::{MAX_SECONDS, is_token, same, seconds, trim};
use super::words::{place, words};

// In the order in which `flag` has their names.
pub(super) const NO_STORE: u16 = 1;
pub(super) const NO_CACHE: u16 = 1 << 1;
pub(super) const PRIVATE: u16 = 1 << 2;
pub(super) const PUBLIC: u16 = 1 << 3;
pub(super) const MUST_REVALIDATE: u16 = 1 << 4;
pub(super) const PROXY_REVALIDATE: u16 = 1 << 5;
pub(super) const MUST_UNDERSTAND: u16 = 1 << 6;
pub(super) const ONLY_IF_CACHED: u16 = 1 << 7;

/// What a message says about caching; durations in seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Directives<'a> {
    flags: u16,
    /// Flags that count for some fields only, and the names of these as a list.
    pub qualified: Vec<(u16, &'a [u8])>,
    pub max_age: Option<u32>,
    pub s_maxage: Option<u32>,
    pub min_fresh: Option<u32>,
    pub max_stale: Option<u32>,
    pub stale_while_revalidate: Option<u32>,
    pub stale_if_error: Option<u32>,
}

impl<'a> Directives<'a> {
    /// Of a request: Cache-Control or, where there is none, Pragma.
    pub fn of_request(fields: &Fields<'a>) -> Self {
        let mut found = Self::cache_control(fields);
        found.unqualify(|_| true);
        let pragma = fields.list(Name::Pragma).any(|member| same(member, b"no-cache"));
        if pragma && !fields.has(Name::CacheControl) {
            found.flags |= NO_CACHE;
        }
        found
    }

    /// Of Cache-Control.
    #[inline(never)]
    pub fn cache_control(fields: &Fields<'a>) -> Self {
        let mut found = Self::default();
        fields.list(Name::CacheControl).for_each(|member| found.read(member));
        found
    }

    /// Of a targeted field (RFC 9213, 2.1): `None` if it is empty or no dictionary.
    pub fn targeted(text: &'a [u8]) -> Option<Self> {
        let mut found = Self::default();
        let mut any = false;
        dictionary(text, &mut |name, value| {
            any = true;
            found.set(name, value);
        })?;
        any.then_some(found)
    }

    pub fn has(&self, flag: u16) -> bool {
        self.flags & flag != 0
    }

    /// Lets those directives count for the whole message whose list of names `must` it.
    pub fn unqualify(&mut self, must: impl Fn(&[u8]) -> bool) {
        for (flag, names) in &self.qualified {
            if must(names) {
                self.flags |= flag;
            }
        }
    }

    /// One member of Cache-Control: a name, and perhaps `=` with a token or a quoted string. White
    /// space before `=` is not allowed: a restriction counts all the same, a number does not.
    fn read(&mut self, member: &'a [u8]) {
        let equals = member.iter().position(|&byte| byte == b'=').unwrap_or(member.len());
        let Some((written, argument)) = member.split_at_checked(equals) else { return };
        let name = trim(written);
        let argument = argument.split_first().map(|(_, argument)| argument);
        let spaced = name.len() < written.len();
        self.restrict(flag(name), argument.filter(|_| !spaced));
        let Some((slot, missing, invalid)) = self.number(name) else { return };
        if slot.is_none() {
            *slot = Some(match argument {
                None => missing,
                Some(_) if spaced => invalid,
                Some(argument) => seconds(unquoted(argument)).unwrap_or(invalid),
            });
        }
    }

    /// Takes a restriction over: for the fields that its argument names, or for everything.
    #[inline(never)]
    fn restrict(&mut self, flag: u16, argument: Option<&'a [u8]>) {
        match argument.filter(|_| flag & (NO_CACHE | PRIVATE) != 0).and_then(names) {
            Some(names) => self.qualified.push((flag, names)),
            None => self.flags |= flag,
        }
    }

    /// One member of a dictionary: of two with one name the later counts (RFC 9651, 3.2).
    fn set(&mut self, name: &[u8], value: Value<'a>) {
        let flag = flag(name);
        self.flags &= !flag;
        self.qualified.retain(|qualified| qualified.0 != flag);
        match value {
            Value::Boolean(false) => {}
            Value::Text(text) | Value::Token(text) => self.restrict(flag, Some(text)),
            _ => self.flags |= flag,
        }
        if let Some((slot, _, invalid)) = self.number(name) {
            let number = if let Value::Integer(number) = value { number } else { invalid.into() };
            *slot = Some(number.clamp(0, i64::from(MAX_SECONDS)) as u32);
        }
    }

    /// Where the number of a directive goes, what it is without an argument, and with one that is no
    /// number: whatever answers less from the store.
    fn number(&mut self, name: &[u8]) -> Option<(&mut Option<u32>, u32, u32)> {
        let numbers = words![
            b"max-age",
            b"s-maxage",
            b"stale-while-revalidate",
            b"stale-if-error",
            b"max-stale",
            b"min-fresh",
        ];
        Some(match place(numbers, name)? {
            0 => (&mut self.max_age, 0, 0),
            1 => (&mut self.s_maxage, 0, 0),
            2 => (&mut self.stale_while_revalidate, 0, 0),
            3 => (&mut self.stale_if_error, 0, 0),
            4 => (&mut self.max_stale, MAX_SECONDS, 0),
            _ => (&mut self.min_fresh, MAX_SECONDS, MAX_SECONDS),
        })
    }
}

/// The flag of a name; 0 if it has none.
#[inline(never)]
fn flag(name: &[u8]) -> u16 {
    let flags = words![
        b"no-store",
        b"no-cache",
        b"private",
        b"public",
        b"must-revalidate",
        b"proxy-revalidate",
        b"must-understand",
        b"only-if-cached",
    ];
    place(flags, name).map_or(0, |place| 1 << place)
}

/// The names in an argument: one as a token, or a list in quotes.
fn names(argument: &[u8]) -> Option<&[u8]> {
    let inner = unquoted(argument);
    let listed = inner.len() < argument.len()
        && members(inner).all(is_token)
        && members(inner).next().is_some();
    (listed || is_token(argument)).then_some(inner)
}

fn unquoted(text: &[u8]) -> &[u8] {
    match text {
        [b'"', inner @ .., b'"'] => inner,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(lines: &[&'a str]) -> Directives<'a> {
        let mut fields = Fields::default();
        lines.iter().for_each(|line| fields.push(b"Cache-Control", line.as_bytes()).unwrap());
        Directives::cache_control(&fields)
    }

    #[test]
    fn lifetimes() {
        for (line, expected) in [
            ("max-age=3600", Some(3_600)),
            ("MaX-aGe=3600", Some(3_600)),
            ("foobar, max-age=3600", Some(3_600)),
            ("max-age=\"3600\"", Some(3_600)),
            ("max-age=003600", Some(3_600)),
            ("max-age=99999999999", Some(MAX_SECONDS)),
            ("max-age=1800, max-age=1", Some(1_800)),
            ("max-age=1, max-age=1800", Some(1)),
            ("max-age='3600'", Some(0)),
            ("max-age=-3600", Some(0)),
            ("max-age=3600.5", Some(0)),
            ("max-age=3600a", Some(0)),
            ("max-age =3600", Some(0)),
            ("max-age= 3600", Some(0)),
            ("max-age", Some(0)),
            ("max-age=", Some(0)),
            ("extension=\"max-age=3600\", max-age=1", Some(1)),
            ("extension=\"max-age=3600, max-age=1", Some(1)),
            ("max-age-extension=3600", None),
            ("a-directive-with-a-name-that-is-long=3600", None),
            ("", None),
        ] {
            assert_eq!(read(&[line]).max_age, expected, "{line:?}");
        }
        assert_eq!(read(&["max-age=1", "s-maxage=2"]).s_maxage, Some(2));
    }

    #[test]
    fn restrictions_count_wherever_they_stand() {
        for line in [
            "No-StOrE",
            "max-age=1, no-store",
            "a=\"b\", no-store",
            "a=\"b, no-store",
            "no-store=\"x\"",
            "no-store =1",
            ",, no-store",
        ] {
            assert!(read(&[line]).has(NO_STORE), "{line:?}");
        }
        assert!(!read(&["a=\"no-store\""]).has(NO_STORE));
    }

    #[test]
    fn restrictions_of_some_fields() {
        for (line, names) in [
            ("private=\"set-cookie\"", Some("set-cookie")),
            ("no-cache=\"a, B\"", Some("a, B")),
            ("no-cache=a", Some("a")),
            ("no-cache=\" a ,,\"", Some(" a ,,")),
            ("no-cache", None),
            ("no-cache=", None),
            ("no-cache=\"\"", None),
            ("no-cache=\",\"", None),
            ("no-cache =a", None),
            ("no-cache= a", None),
            ("no-cache=\"a b\"", None),
            ("no-cache=\"a\\\"\"", None),
            ("no-cache=\"a", None),
            ("no-cache='a, b'", Some("'a")),
        ] {
            let found = read(&["public", line]);
            let qualified: Vec<_> = found.qualified.iter().map(|(_, names)| *names).collect();
            assert_eq!(qualified, names.map(str::as_bytes).as_slice(), "{line:?}");
            assert_eq!(found.has(NO_CACHE | PRIVATE), names.is_none(), "{line:?}");
        }
        assert!(read(&["no-cache=a", "no-cache"]).has(NO_CACHE));
        assert!(read(&["no-store=a"]).has(NO_STORE), "no other restriction has names");
    }

    #[test]
    fn of_requests() {
        let request = read(&["max-stale, min-fresh=x, only-if-cached"]);
        assert_eq!((request.max_stale, request.min_fresh), (Some(MAX_SECONDS), Some(MAX_SECONDS)));
        assert!(request.has(ONLY_IF_CACHED));
        assert_eq!(read(&["max-stale=10"]).max_stale, Some(10));
        assert_eq!(read(&["max-stale=x"]).max_stale, Some(0));
        let mut fields = Fields::default();
        fields.push(b"Pragma", b"x, No-Cache").unwrap();
        assert!(Directives::of_request(&fields).has(NO_CACHE));
        fields.push(b"Cache-Control", b"max-age=5").unwrap();
        assert!(!Directives::of_request(&fields).has(NO_CACHE));
    }

    #[test]
    fn targeted_fields_are_dictionaries() {
        fn read(text: &str) -> Option<Directives<'_>> {
            Directives::targeted(text.as_bytes())
        }
        let found = read("max-age=60, no-cache, private=?0, s-maxage=\"1\"").unwrap();
        assert_eq!((found.max_age, found.s_maxage), (Some(60), Some(0)));
        assert!(found.has(NO_CACHE) && !found.has(PRIVATE));
        let found = read("no-cache=\"a b\", private=\"a, b\"").unwrap();
        assert!(found.has(NO_CACHE) && !found.has(PRIVATE));
        assert_eq!(found.qualified, [(PRIVATE, &b"a, b"[..])]);
        assert!(read("private=\"a\", private=?0").unwrap().qualified.is_empty());
        assert_eq!(read("max-age=60, max-age=5").unwrap().max_age, Some(5));
        assert_eq!(read("max-age=-5").unwrap().max_age, Some(0));
        for text in
            ["", "max-age=60,", "Max-Age=60", "max-age=", "max-age = 60", "max-age=60 no-store"]
        {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
