//! How messages cross: as UTF-8 text, every part ended by a NUL.
//!
//! | text | parts |
//! |---|---|
//! | options | `1` for a shared cache or `0`, its name as it stands in Cache-Status, targeted fields |
//! | request | method, absolute URL, then name and value of every field |
//! | response | status, then name and value of every field |
//! | head | what [`store`](super::store) wrote: for whoever keeps it an opaque text |
//!
//! A NUL cannot occur inside a part, and nothing has to be escaped or counted. Rejected: JSON, whose
//! parser is larger than all that is decided here, and numbers in front of every part, which say
//! the same with more work on either side.

use super::fields::Fields;
use super::text::{append, decimal, is_token, push_decimal};

/// A text that is not what it should be: a fault of the caller's, not of a message's sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// A request's method; those that change nothing come first (RFC 9110, 9.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(super) enum Method {
    Get,
    Head,
    Query,
    Options,
    Trace,
    Post,
    /// Any other, which may change something.
    Other,
}

impl Method {
    /// Case counts.
    fn of(text: &[u8]) -> Self {
        const METHODS: [(&[u8], Method); 6] = [
            (b"GET", Method::Get),
            (b"HEAD", Method::Head),
            (b"QUERY", Method::Query),
            (b"OPTIONS", Method::Options),
            (b"TRACE", Method::Trace),
            (b"POST", Method::Post),
        ];
        METHODS.iter().find(|(name, _)| *name == text).map_or(Self::Other, |(_, method)| *method)
    }

    pub fn is_safe(self) -> bool {
        self <= Self::Trace
    }

    /// Whether its responses answer later requests of the same method.
    pub fn is_read(self) -> bool {
        self <= Self::Query
    }
}

/// What was asked.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub method: Method,
    pub url: &'a [u8],
    pub fields: Fields<'a>,
}

impl<'a> Request<'a> {
    pub fn read(text: &'a [u8]) -> Result<Self, Malformed> {
        let mut parts = Parts::new(text)?;
        let method = parts.next().filter(|method| is_token(method)).ok_or(Malformed)?;
        let method = Method::of(method);
        let url = parts.next().filter(|url| is_url(url)).ok_or(Malformed)?;
        Ok(Self { method, url, fields: parts.fields()? })
    }

    pub fn is(&self, method: Method) -> bool {
        self.method == method
    }
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Response<'a> {
    pub status: u16,
    pub fields: Fields<'a>,
}

impl<'a> Response<'a> {
    pub fn read(text: &'a [u8]) -> Result<Self, Malformed> {
        let mut parts = Parts::new(text)?;
        let status = parts.status()?;
        Ok(Self { status, fields: parts.fields()? })
    }
}

/// The parts of a text.
#[derive(Clone, Debug)]
pub(super) struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    pub fn new(text: &'a [u8]) -> Result<Self, Malformed> {
        (text.is_empty() || text.ends_with(&[0])).then_some(Self(text)).ok_or(Malformed)
    }

    pub fn number(&mut self) -> Result<u64, Malformed> {
        self.next().and_then(decimal).ok_or(Malformed)
    }

    pub fn status(&mut self) -> Result<u16, Malformed> {
        let status = self.number()?;
        if (100..=999).contains(&status) { Ok(status as u16) } else { Err(Malformed) }
    }

    /// All that is left, as fields.
    #[inline(never)]
    pub fn fields(mut self) -> Result<Fields<'a>, Malformed> {
        let room = if self.0.is_empty() { 0 } else { 16 };
        let mut fields = Fields(Vec::with_capacity(room));
        while let Some(name) = self.next() {
            let value = self.next().ok_or(Malformed)?;
            fields.push(name, value).ok_or(Malformed)?;
        }
        Ok(fields)
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|&byte| byte == 0)?;
        let (part, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..).unwrap_or_default();
        Some(part)
    }
}

fn is_url(url: &[u8]) -> bool {
    !url.is_empty() && url.iter().all(|&byte| byte > b' ' && byte != 0x7f)
}

/// Appends a part.
#[inline(never)]
pub(super) fn push(out: &mut Vec<u8>, part: &[u8]) {
    append(out, part);
    out.push(0);
}

/// Appends a number as a part.
#[inline(never)]
pub(super) fn push_number(out: &mut Vec<u8>, number: u64) {
    push_decimal(out, number);
    out.push(0);
}

/// Appends a field.
#[inline(never)]
pub(super) fn push_field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    push(out, name);
    push(out, value);
}

/// Appends fields.
pub(super) fn push_fields(out: &mut Vec<u8>, fields: &Fields<'_>) {
    fields.0.iter().for_each(|field| push_field(out, field.text, field.value));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read() {
        let request = Request::read(b"GET\0https://a/\0Accept\0 text/html \0X\0\0").unwrap();
        assert!(request.is(Method::Get));
        assert_eq!(request.url, b"https://a/");
        let fields: Vec<_> =
            request.fields.0.iter().map(|field| (field.text, field.value)).collect();
        assert_eq!(fields, [(&b"Accept"[..], &b"text/html"[..]), (b"X", b"")]);
        assert_eq!(Response::read(b"200\0").unwrap().status, 200);
    }

    #[test]
    fn messages_that_are_not_well_formed_are_refused() {
        for text in [
            &b""[..],
            b"GET",
            b"GET\0",
            b"GET\0https://a/",
            b"\0https://a/\0",
            b"GET\0\0",
            b"GE T\0https://a/\0",
            b"GET\0https://a/ b\0",
            b"GET\0https://a/\0name\0",
            b"GET\0https://a/\0na me\0value\0",
            b"GET\0https://a/\0name\0value\r\n\0",
            b"GET\0https://a/\0name\0value",
        ] {
            assert!(Request::read(text).is_err(), "{text:?}");
        }
        for text in [&b""[..], b"200", b"99\0", b"1000\0", b"2e2\0", b"-200\0", b"200\0a\0"] {
            assert!(Response::read(text).is_err(), "{text:?}");
        }
    }
}
