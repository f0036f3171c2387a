//! The texts of a call, read. One function for most calls: each would have most of it in it otherwise.

use super::options::Options;
use super::stored::Stored;
use super::wire::{Malformed, Request, Response};

/// What stands for a text that a call has no use for.
pub(super) const NO_OPTIONS: &[u8] = b"0\0-\0";
pub(super) const NO_HEAD: &[u8] = b"2\x00200\x000\x000\0\0";
pub(super) const NO_RESPONSE: &[u8] = b"200\0";

pub(super) struct Texts<'a> {
    pub options: Options<'a>,
    pub request: Request<'a>,
    pub stored: Stored<'a>,
    pub response: Response<'a>,
}

impl<'a> Texts<'a> {
    #[inline(never)]
    pub fn read([options, request, head, response]: [&'a [u8]; 4]) -> Result<Self, Malformed> {
        Ok(Self {
            options: Options::read(options)?,
            request: Request::read(request)?,
            stored: Stored::read(head)?,
            response: Response::read(response)?,
        })
    }

    /// A request and its response.
    #[inline(never)]
    pub fn exchange(request: &'a [u8], response: &'a [u8]) -> Result<Self, Malformed> {
        Self::read([NO_OPTIONS, request, NO_HEAD, response])
    }

    /// Whether the request may have changed something at the origin (RFC 9111, 4.4).
    pub fn changes(&self) -> bool {
        !self.request.method.is_safe() && (200..400).contains(&self.response.status)
    }
}
