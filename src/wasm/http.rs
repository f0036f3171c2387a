//! HTTP caching. The scratch buffer holds the texts of a call one behind the other, their lengths
//! are its first arguments; text comes back in the output, numbers in the result block.

use wasm_bindgen::prelude::*;

use super::code::{self, INVALID_PATTERN, MALFORMED};
use super::engine::Engine;
use crate::cache::Pattern;
use crate::http::{self, Answer, Freshened, Kept, Lookup, Malformed, Reason};

#[wasm_bindgen]
impl Engine {
    /// 0: forward, for the reason in the result block; 1: hit; 2: not modified; 3: only-if-cached.
    pub fn http_lookup(&mut self, options: u32, request: u32, head: u32, now: f64) -> i32 {
        self.on_texts([options, request, head], |[options, request, head], out, result| {
            Ok(match http::lookup(options, request, head, now as u64, out)? {
                Lookup::Forward(reason) => {
                    result[0] = f64::from(reason as u8);
                    0
                }
                Lookup::Hit => 1,
                Lookup::NotModified => 2,
                Lookup::OnlyIfCached => 3,
            })
        })
    }

    /// 0: do not store; 1: store, for the milliseconds in the result block.
    pub fn http_store(
        &mut self,
        options: u32,
        request: u32,
        response: u32,
        asked: f64,
        received: f64,
    ) -> i32 {
        self.on_texts([options, request, response], |[options, request, response], out, result| {
            Ok(match http::store(options, request, response, asked as u64, received as u64, out)? {
                Kept::No => 0,
                Kept::For(ms) => {
                    result[0] = ms as f64;
                    1
                }
            })
        })
    }

    /// 0: the 304 is about something else; 1: store, for the milliseconds in the result block; 2: use
    /// the new head once and forget it.
    #[allow(clippy::too_many_arguments)] // four lengths and two times
    pub fn http_freshen(
        &mut self,
        options: u32,
        request: u32,
        head: u32,
        response: u32,
        asked: f64,
        received: f64,
    ) -> i32 {
        let (asked, received) = (asked as u64, received as u64);
        self.on_texts(
            [options, request, head, response],
            |[options, request, head, response], out, result| {
                Ok(match http::freshen(options, request, head, response, asked, received, out)? {
                    Freshened::Mismatch => 0,
                    Freshened::For(ms) => {
                        result[0] = ms as f64;
                        1
                    }
                    Freshened::Once => 2,
                })
            },
        )
    }

    /// 1: with the stored body; 2: not modified.
    #[allow(clippy::too_many_arguments)] // three lengths and three facts
    pub fn http_answer(
        &mut self,
        options: u32,
        request: u32,
        head: u32,
        reason: u32,
        stored: u32,
        now: f64,
    ) -> i32 {
        self.on_texts([options, request, head], |[options, request, head], out, _| {
            let reason = Reason::from_number(reason).ok_or(Malformed)?;
            Ok(match http::answer(options, request, head, reason, stored != 0, now as u64, out)? {
                Answer::Whole => 1,
                Answer::NotModified => 2,
            })
        })
    }

    /// 0.
    pub fn http_forwarded(&mut self, options: u32, response: u32, reason: u32, stored: u32) -> i32 {
        self.on_texts([options, response], |[options, response], out, _| {
            let reason = Reason::from_number(reason).ok_or(Malformed)?;
            http::forwarded(options, response, reason, stored != 0, out).map(|()| 0)
        })
    }

    /// 0.
    pub fn http_invalidates(&mut self, request: u32, response: u32) -> i32 {
        self.on_texts([request, response], |[request, response], out, _| {
            http::invalidates(request, response, out).map(|()| 0)
        })
    }

    /// 0: no request matches; 1: names and values are in the output.
    pub fn http_variant(&mut self, request: u32, vary: u32) -> i32 {
        self.on_texts([request, vary], |[request, vary], out, _| {
            http::variant(request, vary, out).map(i32::from)
        })
    }

    /// Writes those of the texts, each ended by a NUL, that match a glob: 0, or an error.
    pub fn http_matching(&mut self, glob: u32, texts: u32) -> i32 {
        self.on_texts([glob, texts], |[glob, texts], out, _| {
            let pattern = core::str::from_utf8(glob)
                .map_err(|_| INVALID_PATTERN)
                .and_then(|glob| Pattern::new(glob).map_err(code::of));
            let pattern = match pattern {
                Ok(pattern) => pattern,
                Err(code) => return Ok(code),
            };
            for text in texts.split_inclusive(|&byte| byte == 0) {
                if pattern.matches(text.strip_suffix(&[0]).unwrap_or(text)) {
                    out.extend_from_slice(text);
                }
            }
            Ok(0)
        })
    }
}

impl Engine {
    /// Calls `f` with the texts of these lengths, the emptied output, and the result block.
    fn on_texts<const N: usize>(
        &mut self,
        lens: [u32; N],
        f: impl FnOnce([&[u8]; N], &mut Vec<u8>, &mut [f64; 6]) -> Result<i32, Malformed>,
    ) -> i32 {
        let mut texts = [&[][..]; N];
        let mut rest = &self.scratch[..];
        for (text, len) in texts.iter_mut().zip(lens) {
            let Some((front, back)) = rest.split_at_checked(len as usize) else { return MALFORMED };
            (*text, rest) = (front, back);
        }
        self.out.clear();
        f(texts, &mut self.out, &mut self.result).unwrap_or(MALFORMED)
    }
}
