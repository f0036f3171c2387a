//! Messages drawn from bytes, made of words that carry their own meaning.

const URL: &str = "https://example.org/";
/// As old as can be.
pub const OLD: u64 = 1 << 31;

/// What a word of Cache-Control means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Means {
    Nothing,
    NoStore,
    NoCache,
    Private,
    Public,
    Must,
    Proxy,
    Understand,
    MaxAge(u64),
    SMaxAge(u64),
    Revalidating(u64),
    IfError(u64),
    /// Of requests.
    MaxStale(u64),
    MinFresh(u64),
    OnlyIfCached,
    /// Fields that are not kept, in a shared cache alone where it is said.
    Withheld(&'static str, bool),
}
pub use Means::*;

pub const RESPONSE_WORDS: &[(&str, Means)] = &[
    ("", Nothing),
    ("immutable", Nothing),
    ("x=\"no-store, private\"", Nothing),
    ("min-fresh=5", Nothing),
    ("no-store", NoStore),
    ("No-Store=x", NoStore),
    ("no-cache", NoCache),
    ("no-cache=\"a b\"", NoCache),
    ("no-cache =x-a", NoCache),
    ("no-cache=\"vary\"", NoCache),
    ("no-cache=\"x-a, X-B\"", Withheld("x-a", false)),
    ("private", Private),
    ("PRIVATE=\"\"", Private),
    ("private=X-A", Withheld("x-a", true)),
    ("private=\"set-cookie\"", Withheld("set-cookie", true)),
    ("public", Public),
    ("must-revalidate", Must),
    ("proxy-revalidate", Proxy),
    ("must-understand", Understand),
    ("max-age=60", MaxAge(60)),
    ("Max-Age=\"60\"", MaxAge(60)),
    ("max-age=5", MaxAge(5)),
    ("max-age=0", MaxAge(0)),
    ("max-age=x", MaxAge(0)),
    ("max-age", MaxAge(0)),
    ("s-maxage=30", SMaxAge(30)),
    ("s-maxage=90", SMaxAge(90)),
    ("stale-while-revalidate=40", Revalidating(40)),
    ("stale-while-revalidate", Revalidating(0)),
    ("stale-if-error=50", IfError(50)),
    ("stale-if-error=x", IfError(0)),
];

/// Of a targeted field: members of a dictionary, each kind once, in the order of the table.
pub const TARGETED_WORDS: &[(&str, Means)] = &[
    ("max-age=20", MaxAge(20)),
    ("s-maxage=10;x", SMaxAge(10)),
    ("no-store", NoStore),
    ("private=?0", Nothing),
    ("private", Private),
    ("no-cache", NoCache),
    ("stale-while-revalidate=40", Revalidating(40)),
    ("must-revalidate", Must),
];

pub const REQUEST_WORDS: &[(&str, Means)] = &[
    ("", Nothing),
    ("no-cache", NoCache),
    ("no-cache=x", NoCache),
    ("no-store", NoStore),
    ("max-age=10", MaxAge(10)),
    ("max-age=x", MaxAge(0)),
    ("max-stale", MaxStale(OLD)),
    ("max-stale=15", MaxStale(15)),
    ("min-fresh=20", MinFresh(20)),
    ("only-if-cached", OnlyIfCached),
    ("stale-if-error=70", IfError(70)),
];

/// Age, and what it means in seconds.
pub const AGES: &[(&str, u64)] = &[
    ("0", 0),
    ("7", 7),
    ("3,90", 3),
    ("3, 90", 3),
    ("9999999999", OLD),
    ("x", 0),
    ("-1", 0),
    ("", 0),
];

/// Ranges: the text, and whether a byte at `i` of `n` is meant. Others are ignored.
pub type Meant = fn(u64, u64) -> bool;
pub const RANGES: &[(&str, Option<Meant>)] = &[
    ("bytes=0-3", Some(|i, _| i <= 3)),
    ("bytes=2-2", Some(|i, _| i == 2)),
    ("bytes=5-", Some(|i, _| i >= 5)),
    ("bytes=-4", Some(|i, n| i + 4 >= n)),
    ("bytes=-0", Some(|_, _| false)),
    ("Bytes=3-99999999999999999999", Some(|i, _| i >= 3)),
    ("bytes=3-2", None),
    ("bytes=0-1,3-4", None),
    ("bytes=", None),
    ("bytes=a-b", None),
    ("lines=0-1", None),
];

/// Values of Accept-Language; equal numbers are equal preferences.
pub const LANGUAGES: &[(&str, u32)] = &[
    ("en, de", 0),
    ("DE,en;q=1.0", 0),
    ("en;q=1, de, en", 0),
    ("en, de;q=0.5", 1),
    ("de;q=0.500,EN", 1),
    ("de, en;q=0.5", 2),
    ("en;q=x, de", 3),
    ("de, en;q=x", 4),
];

/// Draws choices from bytes; 0 when they are used up.
pub struct Choices<'a>(pub &'a [u8]);

impl Choices<'_> {
    pub fn below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % count
    }

    pub fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == one_in - 1
    }

    pub fn of<'t, T>(&mut self, table: &'t [T]) -> &'t T {
        &table[self.below(table.len())]
    }

    pub fn words(&mut self, table: &[(&'static str, Means)]) -> Vec<(&'static str, Means)> {
        (0..self.below(5)).map(|_| *self.of(table)).collect()
    }
}

pub type Words = Vec<(&'static str, Means)>;

#[derive(Debug)]
pub struct Asking {
    pub method: &'static str,
    pub control: Words,
    pub foo: Option<&'static str>,
    pub language: Option<(&'static str, u32)>,
    pub authorised: bool,
    pub range: Option<(&'static str, Option<Meant>)>,
    pub has: Option<&'static str>,
}

impl Asking {
    pub fn draw(choices: &mut Choices<'_>, methods: &'static [&'static str]) -> Self {
        Self {
            method: *choices.of::<&'static str>(methods),
            control: choices.words(REQUEST_WORDS),
            foo: [None, Some("1"), Some("2"), Some("")][choices.below(4)],
            language: choices.chance(2).then(|| *choices.of(LANGUAGES)),
            authorised: choices.chance(4),
            range: choices.chance(2).then(|| *choices.of(RANGES)),
            has: choices
                .chance(4)
                .then(|| *choices.of::<&str>(&["\"a\"", "W/\"a\"", "\"b\"", "*"])),
        }
    }

    pub fn text(&self) -> Vec<u8> {
        let mut fields = controls("Cache-Control", &self.control);
        let mut add = |name: &str, value: Option<&str>| {
            fields.extend(value.map(|value| (name.to_string(), value.to_string())));
        };
        add("Foo", self.foo);
        add("Accept-Language", self.language.map(|language| language.0));
        add("Authorization", self.authorised.then_some("x"));
        add("Range", self.range.map(|range| range.0));
        add("If-None-Match", self.has);
        text(&[self.method, URL], &fields)
    }

    pub fn says(&self, means: Means) -> bool {
        self.control.iter().any(|word| word.1 == means)
    }
}

#[derive(Debug)]
pub struct Answering {
    pub status: u16,
    pub control: Words,
    pub targeted: Words,
    pub vary: Option<&'static str>,
    pub age: Option<(&'static str, u64)>,
    pub tag: Option<&'static str>,
    pub cookie: bool,
}

impl Answering {
    pub fn draw(choices: &mut Choices<'_>) -> Self {
        let targeted = TARGETED_WORDS.iter().filter(|_| choices.chance(4)).copied().collect();
        Self {
            status: *choices.of(&[200, 200, 200, 404, 599, 302, 206, 304]),
            control: choices.words(RESPONSE_WORDS),
            targeted: if choices.chance(3) { targeted } else { Vec::new() },
            vary: [None, Some("foo"), Some("Foo , accept-language"), Some("*"), Some("")]
                [choices.below(5)],
            age: choices.chance(3).then(|| *choices.of(AGES)),
            tag: choices.chance(2).then(|| *choices.of::<&str>(&["\"a\"", "W/\"a\""])),
            cookie: choices.chance(4),
        }
    }

    pub fn text(&self) -> Vec<u8> {
        let mut fields = controls("cache-control", &self.control);
        let targeted: Vec<_> = self.targeted.iter().map(|word| word.0).collect();
        let mut add = |name: &str, value: Option<&str>| {
            fields.extend(value.map(|value| (name.to_string(), value.to_string())));
        };
        add(
            "CDN-Cache-Control",
            Some(targeted.join(", ").as_str()).filter(|text| !text.is_empty()),
        );
        add("Vary", self.vary);
        add("Age", self.age.map(|age| age.0));
        add("ETag", self.tag);
        add("Set-Cookie", self.cookie.then_some("secret=1"));
        add("X-A", Some("private-a"));
        text(&[&self.status.to_string()], &fields)
    }
}

/// Two lines of Cache-Control where there are words enough.
pub fn controls(name: &str, words: &Words) -> Vec<(String, String)> {
    let lines = words.chunks(3).map(|words| words.iter().map(|word| word.0).collect::<Vec<_>>());
    lines.map(|words| (name.to_string(), words.join(" ,"))).collect()
}

pub fn text(start: &[&str], fields: &[(String, String)]) -> Vec<u8> {
    let fields = fields.iter().flat_map(|(name, value)| [name.as_str(), value]);
    let parts = start.iter().copied().chain(fields);
    parts.flat_map(|part| [part.as_bytes(), &[0]].concat()).collect()
}
