//! The clock of a cache: `Date.now`, or a function that the caller gave.

use std::cell::Cell;

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::errors::{self, INVALID_OPTION};

/// Asked once for each call, before anything else: a clock that throws rejects the call, and what
/// happens later in it (what a load gives is stored) goes by the latest answer.
pub(super) struct Clock {
    function: Option<Function>,
    latest: Cell<u64>,
}

impl Clock {
    pub(super) const fn new(function: Option<Function>) -> Self {
        Self { function, latest: Cell::new(0) }
    }

    /// Asks. What the clock throws, or INVALID_OPTION when it gives no number from 0 on.
    pub(super) fn tick(&self) -> Result<(), JsValue> {
        let given = match &self.function {
            Some(function) => function.call0(&JsValue::UNDEFINED)?,
            None => js_sys::Date::now().into(),
        };
        let ms = given.as_f64().filter(|ms| *ms >= 0.0);
        let refuse = || errors::refused(INVALID_OPTION, "the clock gave no milliseconds", &given);
        self.latest.set(ms.ok_or_else(refuse)? as u64);
        Ok(())
    }

    pub(super) const fn latest(&self) -> u64 {
        self.latest.get()
    }
}
