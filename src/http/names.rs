//! Field names that mean something to a cache, as numbers.
//!
//! A name is looked up once, when its message is read; after that a field is found by comparing a
//! byte. That makes a lookup several times faster than comparing text without case again and again,
//! and the binary smaller.

use super::words::{place, words};

macro_rules! names {
    ($($name:ident $text:literal,)*) => {
        /// A field's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
        #[repr(u8)]
        pub(super) enum Name {
            $($name,)*
            /// One that is told by its text alone.
            Other,
        }

        const NAMES: &[Name] = &[$(Name::$name,)*];

        fn texts() -> &'static [u8] {
            words![$($text,)*]
        }
    };
}

names! {
    // Of the connection, as `is_hop_by_hop` expects them: first.
    Connection b"connection",
    KeepAlive b"keep-alive",
    Te b"te",
    Trailer b"trailer",
    TransferEncoding b"transfer-encoding",
    Upgrade b"upgrade",
    Http2Settings b"http2-settings",
    // How a body is written, as `is_of_body` expects them.
    ContentLength b"content-length",
    ContentEncoding b"content-encoding",
    ContentRange b"content-range",
    ContentMd5 b"content-md5",
    Etag b"etag",
    // In any order.
    AcceptCharset b"accept-charset",
    AcceptEncoding b"accept-encoding",
    AcceptLanguage b"accept-language",
    Age b"age",
    Authorization b"authorization",
    CacheControl b"cache-control",
    CacheGroupInvalidation b"cache-group-invalidation",
    CacheGroups b"cache-groups",
    CacheStatus b"cache-status",
    CacheTag b"cache-tag",
    ContentLocation b"content-location",
    Cookie b"cookie",
    Date b"date",
    Expires b"expires",
    IfMatch b"if-match",
    IfModifiedSince b"if-modified-since",
    IfNoneMatch b"if-none-match",
    IfRange b"if-range",
    IfUnmodifiedSince b"if-unmodified-since",
    LastModified b"last-modified",
    Location b"location",
    Pragma b"pragma",
    Range b"range",
    SetCookie b"set-cookie",
    SurrogateKey b"surrogate-key",
    Vary b"vary",
}

impl Name {
    /// Compares without case.
    #[inline(never)]
    pub fn of(text: &[u8]) -> Self {
        let place = place(texts(), text).and_then(|place| NAMES.get(place));
        place.copied().unwrap_or(Self::Other)
    }

    /// Whether it speaks of this connection alone (RFC 9111, 3.1), but for what `Connection` and
    /// `Proxy-` add.
    pub fn is_hop_by_hop(self) -> bool {
        self <= Self::Http2Settings
    }

    /// Whether it says how the body beside it is written. A 304 may have those of a body that it
    /// would have sent, which is not the one that is stored.
    pub fn is_of_body(self) -> bool {
        (Self::ContentLength..=Self::Etag).contains(&self)
    }

    /// Whether it says for which requests a response is, or how long: a stored response without it
    /// would say something else.
    pub fn rules_reuse(self) -> bool {
        matches!(
            self,
            Self::Age
                | Self::CacheControl
                | Self::ContentRange
                | Self::Date
                | Self::Expires
                | Self::Vary
        )
    }
}
