//! HTTP caching. The scratch buffer holds the texts of a call one behind the other, their lengths
//! are its first arguments; text comes back in the output, numbers in the result block.

use wasm_bindgen::prelude::*;

use super::code::{self, INVALID_PATTERN, MALFORMED};
use super::engine::Engine;
use crate::cache::Pattern;
use crate::http::{
    self, Answer, Combined, Forward, Forwarded, Freshened, Held, Kept, Lookup, Malformed, Reason,
    Span, Updated,
};

#[wasm_bindgen]
impl Engine {
    /// 0: forward; 1: hit; 2: not modified; 3: only-if-cached; 4: a part; 5: unsatisfiable. Results of 0:
    /// reason, for how many milliseconds an error is covered, whether the rest is asked for; of 1, 2, 4
    /// and 5: the part as second and third, whether to revalidate as fourth. `length`: that of the
    /// stored body; NaN, as without an argument: not known.
    pub fn http_lookup(
        &mut self,
        options: u32,
        request: u32,
        head: u32,
        now: f64,
        flags: u32,
        length: f64,
    ) -> i32 {
        let held =
            Held { length: known(length), purged: flags & 1 != 0, collapsed: flags & 2 != 0 };
        self.on_texts([options, request, head, 0], |[options, request, head, _], out, result| {
            Ok(match http::lookup(options, request, head, held, now as u64, out)? {
                Lookup::Forward(Forward { reason, covering_ms, completes }) => {
                    result[0] = f64::from(reason as u8);
                    result[1] = covering_ms as f64;
                    result[2] = f64::from(u8::from(completes));
                    0
                }
                Lookup::Answer { answer, revalidate } => {
                    result[3] = f64::from(u8::from(revalidate));
                    code_of(answer, result)
                }
                Lookup::OnlyIfCached => 3,
            })
        })
    }

    /// 0; the output is empty where there is no validator.
    pub fn http_conditions(&mut self, head: u32) -> i32 {
        self.on_texts([head, 0, 0, 0], |[head, _, _, _], out, _| {
            http::conditions(head, out).map(|()| 0)
        })
    }

    /// 0: do not store; 1: store. Results: for how many milliseconds, whether it is partial, its start,
    /// its end, its total or -1, whether it answers GET although it is a POST's.
    pub fn http_store(
        &mut self,
        options: u32,
        request: u32,
        response: u32,
        asked: f64,
        received: f64,
    ) -> i32 {
        self.on_texts(
            [options, request, response, 0],
            |[options, request, response, _], out, result| {
                let kept =
                    http::store(options, request, response, asked as u64, received as u64, out)?;
                let Some(Kept { ms, span, for_get }) = kept else { return Ok(0) };
                *result = [ms as f64, 0.0, 0.0, 0.0, 0.0, f64::from(u8::from(for_get))];
                if let Some(Span { start, end, total }) = span {
                    let total = total.map_or(-1.0, |total| total as f64);
                    (result[1], result[2], result[3], result[4]) =
                        (1.0, start as f64, end as f64, total);
                }
                Ok(1)
            },
        )
    }

    /// 0: the 304 is about something else; 1: store, for the milliseconds in the first result; 2: use
    /// the new head once and forget it. Second result of 1: whether the head for this one answer has
    /// more fields, as another call with `once` (which gives 2) writes it.
    #[allow(clippy::too_many_arguments)] // four lengths, two times, and a choice
    pub fn http_freshen(
        &mut self,
        options: u32,
        request: u32,
        head: u32,
        response: u32,
        asked: f64,
        received: f64,
        once: u32,
    ) -> i32 {
        let (asked, received, once) = (asked as u64, received as u64, once != 0);
        self.on_texts(
            [options, request, head, response],
            |[options, request, head, response], out, result| {
                let done =
                    http::freshen(options, request, head, response, asked, received, once, out)?;
                Ok(match done {
                    Freshened::Mismatch => 0,
                    Freshened::For { ms, more } => {
                        (result[0], result[1]) = (ms as f64, f64::from(u8::from(more)));
                        1
                    }
                    Freshened::Once => 2,
                })
            },
        )
    }

    /// 0: outdated; 1: store, for the milliseconds in the first result; 2: nothing to do.
    #[allow(clippy::too_many_arguments)] // four lengths and two times
    pub fn http_update(
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
                Ok(match http::update(options, request, head, response, asked, received, out)? {
                    Updated::Outdated => 0,
                    Updated::For(ms) => {
                        result[0] = ms as f64;
                        1
                    }
                    Updated::Same => 2,
                })
            },
        )
    }

    /// 0: they do not fit; 1: store. Results: for how many milliseconds, start, end and total of both,
    /// where the stored bytes begin, where the arriving ones do.
    #[allow(clippy::too_many_arguments)] // four lengths and two times
    pub fn http_combine(
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
                let both = http::combine(options, request, head, response, asked, received, out)?;
                let Some(Combined { ms, span, stored, arriving }) = both else { return Ok(0) };
                let total = span.total.unwrap_or(span.end);
                *result =
                    [ms, span.start, span.end, total, stored, arriving].map(|number| number as f64);
                Ok(1)
            },
        )
    }

    /// 1: with the stored body; 2: not modified; 4: a part; 5: unsatisfiable; results as of `lookup`. 0:
    /// it is partial, and not the part that is wanted. `status` 0: the origin could not be reached.
    /// Flags: 1 stored, 2 in place of an error, 4 collapsed. `length` as for `lookup`.
    #[allow(clippy::too_many_arguments)] // three lengths and five facts
    pub fn http_answer(
        &mut self,
        options: u32,
        request: u32,
        head: u32,
        reason: u32,
        status: u32,
        flags: u32,
        now: f64,
        length: f64,
    ) -> i32 {
        let (now, length, failed) = (now as u64, known(length), flags & 2 != 0);
        self.on_texts([options, request, head, 0], |[options, request, head, _], out, result| {
            let how = how(reason, status, flags & 1, flags & 4)?;
            let answer = http::answer(options, request, head, how, failed, length, now, out)?;
            result[3] = 0.0;
            Ok(answer.map_or(0, |answer| code_of(answer, result)))
        })
    }

    /// 0. Flags: 1 stored, 2 collapsed.
    pub fn http_forwarded(&mut self, options: u32, response: u32, reason: u32, flags: u32) -> i32 {
        self.on_texts([options, response, 0, 0], |[options, response, _, _], out, _| {
            let how = how(reason, 0, flags & 1, flags & 2)?;
            http::forwarded(options, response, how, out).map(|()| 0)
        })
    }

    /// 0.
    pub fn http_invalidates(&mut self, request: u32, response: u32) -> i32 {
        self.on_texts([request, response, 0, 0], |[request, response, _, _], out, _| {
            http::invalidates(request, response, out).map(|()| 0)
        })
    }

    /// 0; what the response can be purged by is in the output.
    pub fn http_labels(&mut self, request: u32, response: u32) -> i32 {
        self.on_texts([request, response, 0, 0], |[request, response, _, _], out, _| {
            http::labels(request, response, out).map(|()| 0)
        })
    }

    /// 0; what groups the response invalidates is in the output.
    pub fn http_group_invalidations(&mut self, request: u32, response: u32) -> i32 {
        self.on_texts([request, response, 0, 0], |[request, response, _, _], out, _| {
            http::group_invalidations(request, response, out).map(|()| 0)
        })
    }

    /// 1: it answers plain requests until the time in the result block; behind that is when its age was
    /// nothing. 0: it does not.
    pub fn http_plain(&mut self, options: u32, head: u32) -> i32 {
        self.on_texts([options, head, 0, 0], |[options, head, _, _], _, result| {
            let Some(plain) = http::plain(options, head)? else { return Ok(0) };
            (result[0], result[1]) = (plain.until_ms as f64, plain.born_ms as f64);
            Ok(1)
        })
    }

    /// 0: no request matches; 1: names and values are in the output.
    pub fn http_variant(&mut self, request: u32, vary: u32) -> i32 {
        self.on_texts([request, vary, 0, 0], |[request, vary, _, _], out, _| {
            http::variant(request, vary, out).map(i32::from)
        })
    }

    /// Writes those of the texts, each ended by a NUL, that match a glob: 0, or an error.
    pub fn http_matching(&mut self, glob: u32, texts: u32) -> i32 {
        self.on_texts([glob, texts, 0, 0], |[glob, texts, _, _], out, _| {
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

/// The code of an answer from the store; its part goes into the result block.
fn code_of(answer: Answer, result: &mut [f64; 6]) -> i32 {
    match answer {
        Answer::Whole => 1,
        Answer::NotModified => 2,
        Answer::Part { start, end } => {
            (result[1], result[2]) = (start as f64, end as f64);
            4
        }
        Answer::Unsatisfiable => 5,
    }
}

fn how(reason: u32, status: u32, stored: u32, collapsed: u32) -> Result<Forwarded, Malformed> {
    let reason = Reason::from_number(reason).ok_or(Malformed)?;
    let status = u16::try_from(status).ok().filter(|&status| status != 0);
    Ok(Forwarded { reason, status, stored: stored != 0, collapsed: collapsed != 0 })
}

/// A length that JavaScript may not have given.
fn known(length: f64) -> Option<u64> {
    (length >= 0.0).then_some(length as u64)
}

impl Engine {
    /// Calls `f` with the texts of these lengths (0 for those that it has no use for), the emptied output, and the result block.
    fn on_texts(
        &mut self,
        lens: [u32; 4],
        f: impl FnOnce([&[u8]; 4], &mut Vec<u8>, &mut [f64; 6]) -> Result<i32, Malformed>,
    ) -> i32 {
        let Some(texts) = cut(&self.scratch, lens) else { return MALFORMED };
        self.out.clear();
        f(texts, &mut self.out, &mut self.result).unwrap_or(MALFORMED)
    }
}

/// The texts of these lengths, one behind the other. By itself: it would be in every function above.
#[inline(never)]
fn cut(mut rest: &[u8], lens: [u32; 4]) -> Option<[&[u8]; 4]> {
    let mut texts = [&[][..]; 4];
    for (text, len) in texts.iter_mut().zip(lens) {
        (*text, rest) = rest.split_at_checked(len as usize)?;
    }
    Some(texts)
}
