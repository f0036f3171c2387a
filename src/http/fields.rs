//! Header fields: names and values, in the order in which they came.

use super::list::{Members, members};
use super::names::Name;
use super::text::{append, is_token, same, starts, trim};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub name: Name,
    /// The name as it was written.
    pub text: &'a [u8],
    pub value: &'a [u8],
}

/// The fields of one message.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields<'a>(pub Vec<Field<'a>>);

impl<'a> Fields<'a> {
    /// Adds a field if its name is a token and its value holds no line break.
    #[inline(never)]
    pub fn push(&mut self, text: &'a [u8], value: &'a [u8]) -> Option<()> {
        let breaks = value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
        let field = Field { name: Name::of(text), text, value: trim(value) };
        (is_token(text) && !breaks).then(|| self.0.push(field))
    }

    /// The values of all lines of a field.
    pub fn all(&self, name: Name) -> Values<'_, 'a> {
        Values { fields: &self.0, name, text: &[] }
    }

    /// As [`all`](Self::all), by the name as a text.
    pub fn all_of<'f>(&'f self, text: &'f [u8]) -> Values<'f, 'a> {
        Values { fields: &self.0, name: Name::of(text), text }
    }

    /// The members of a list, of all its lines.
    pub fn list(&self, name: Name) -> Listed<'_, 'a> {
        Listed { values: self.all(name), members: members(&[]) }
    }

    /// The first value of a field.
    pub fn get(&self, name: Name) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// The value of a field that may occur only once; `None` also if it occurs twice.
    #[inline(never)]
    pub fn only(&self, name: Name) -> Option<&'a [u8]> {
        let mut all = self.all(name);
        all.next().filter(|_| all.next().is_none())
    }

    pub fn has(&self, name: Name) -> bool {
        self.get(name).is_some()
    }

    /// Appends the lines of a field as one list (RFC 9110, 5.3).
    #[inline(never)]
    pub fn join(&self, text: &[u8], out: &mut Vec<u8>) {
        for (place, line) in self.all_of(text).enumerate() {
            append(out, if place > 0 { b"," } else { b"" });
            append(out, line);
        }
    }

    /// Whether there is a field of the same name as this one.
    pub fn has_name_of(&self, field: &Field<'_>) -> bool {
        Values { fields: &self.0, name: field.name, text: field.text }.next().is_some()
    }

    /// Removes the fields that are `unwanted`.
    #[inline(never)]
    pub fn remove(&mut self, unwanted: &dyn Fn(&Field<'a>) -> bool) {
        self.0.retain(|field| !unwanted(field));
    }

    /// Without the fields that concern the connection it came by: those that always do (RFC 9111,
    /// 3.1) and those that `Connection` names.
    #[inline(never)]
    pub fn end_to_end(&self) -> Self {
        let mut kept = self.clone();
        kept.remove(&|field| {
            field.name.is_hop_by_hop()
                || starts(field.text, b"proxy-")
                || self.list(Name::Connection).any(|name| same(name, field.text))
        });
        kept
    }
}

/// Values of the lines of one field.
pub(super) struct Values<'f, 'a> {
    fields: &'f [Field<'a>],
    name: Name,
    text: &'f [u8],
}

impl<'a> Iterator for Values<'_, 'a> {
    type Item = &'a [u8];

    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        while let Some((field, rest)) = self.fields.split_first() {
            self.fields = rest;
            if field.name == self.name && (self.name != Name::Other || same(field.text, self.text))
            {
                return Some(field.value);
            }
        }
        None
    }
}

/// Members of a list that may go over several lines.
pub(super) struct Listed<'f, 'a> {
    values: Values<'f, 'a>,
    members: Members<'a>,
}

impl<'a> Iterator for Listed<'_, 'a> {
    type Item = &'a [u8];

    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            if let Some(member) = self.members.next() {
                return Some(member);
            }
            self.members = members(self.values.next()?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&'static str, &'static str)]) -> Fields<'static> {
        let mut fields = Fields::default();
        for (name, value) in pairs {
            fields.push(name.as_bytes(), value.as_bytes()).unwrap();
        }
        fields
    }

    #[test]
    fn what_belongs_to_the_connection_stays_behind() {
        let fields = fields(&[
            ("Connection", "a, B"),
            ("A", "1"),
            ("b", "2"),
            ("c", "3"),
            ("Keep-Alive", "timeout=5"),
            ("Proxy-Authenticate", "x"),
            ("Transfer-Encoding", "chunked"),
            ("Upgrade", "h2c"),
            ("TE", "trailers"),
        ]);
        let kept: Vec<_> = fields.end_to_end().0.iter().map(|field| field.text).collect();
        assert_eq!(kept, [b"c"]);
    }

    #[test]
    fn fields_that_could_forge_others_are_refused() {
        let mut fields = Fields::default();
        assert_eq!(fields.push(b"a", b" 1\t"), Some(()));
        for (name, value) in [
            (&b"a:b"[..], &b"1"[..]),
            (b"", b""),
            (b"a b", b""),
            (b"a", b"1\r\nb: 2"),
            (b"a", b"1\n2"),
        ] {
            assert_eq!(fields.push(name, value), None, "{name:?}");
        }
        assert_eq!(fields.0.len(), 1);
        assert_eq!(fields.all_of(b"A").next(), Some(&b"1"[..]));
    }

    #[test]
    fn fields_are_found_without_case() {
        let fields =
            fields(&[("Age", "1"), ("age", "2"), ("ETag", "3"), ("X-a", "4"), ("x-B", "5")]);
        assert_eq!(fields.get(Name::Age), Some(&b"1"[..]));
        assert_eq!(fields.only(Name::Age), None);
        assert_eq!(fields.only(Name::Etag), Some(&b"3"[..]));
        assert_eq!(fields.only(Name::Date), None);
        assert_eq!(fields.all_of(b"AGE").count(), 2);
        assert_eq!(fields.all_of(b"x-b").collect::<Vec<_>>(), [b"5"]);
        assert_eq!(fields.all(Name::Other).count(), 0);
    }

    #[test]
    fn lists_go_over_lines() {
        let fields = fields(&[("Vary", "a, b"), ("x", "no"), ("vary", ""), ("VARY", " c")]);
        assert_eq!(fields.list(Name::Vary).collect::<Vec<_>>(), [b"a", b"b", b"c"]);
    }
}
