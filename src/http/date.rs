//! HTTP-date (RFC 9110, 5.6.7): the preferred form and the two obsolete ones.
//!
//! Names and `GMT` are matched without case, as RFC 9111, 4.2 asks of caches; any other zone, and
//! any other liberty, makes a date invalid, which for an expiry means: in the past. The name of the
//! weekday is not checked against the date.

use super::text::{decimal, same};

const MONTHS: &[u8; 36] = b"janfebmaraprmayjunjulaugsepoctnovdec";

/// Seconds since the epoch. `now`, in the same unit, decides which century a year of two digits is in.
#[inline(never)]
pub(super) fn parse(text: &[u8], now: u64) -> Option<i64> {
    let comma = text.iter().position(|&byte| byte == b',');
    let (weekday, rest) = text.split_at_checked(comma.unwrap_or(3))?;
    if weekday.len() < 3 || !weekday.iter().all(u8::is_ascii_alphabetic) {
        return None;
    }
    match comma {
        Some(_) => with_comma(rest, now),
        None => asctime(rest),
    }
}

/// `, 06 Nov 1994 08:49:37 GMT` or `, 06-Nov-94 08:49:37 GMT`.
fn with_comma(text: &[u8], now: u64) -> Option<i64> {
    let zone = text.last_chunk::<4>()?;
    if !same(zone, b" GMT") || !text.starts_with(b", ") {
        return None;
    }
    let (day, month) = (number(text, 2, 2)?, month(text, 5)?);
    let (year, time) = match (text.len(), text.get(4)?, text.get(8)?) {
        (26, b' ', b' ') => (number(text, 9, 4)?, 13),
        (24, b'-', b'-') => (century(number(text, 9, 2)?, now), 11),
        _ => return None,
    };
    Some(days(year, month, day)? * 86_400 + time_of_day(text, time)?)
}

/// ` Nov  6 08:49:37 1994`.
fn asctime(text: &[u8]) -> Option<i64> {
    let day = if text.get(5)? == &b' ' { number(text, 6, 1)? } else { number(text, 5, 2)? };
    let spaces = [text.first()?, text.get(4)?, text.get(16)?];
    if text.len() != 21 || spaces.iter().any(|&&byte| byte != b' ') {
        return None;
    }
    Some(days(number(text, 17, 4)?, month(text, 1)?, day)? * 86_400 + time_of_day(text, 7)?)
}

/// ` 08:49:37` at `at`; a leap second is the one before it.
fn time_of_day(text: &[u8], at: usize) -> Option<i64> {
    let [b' ', _, _, b':', _, _, b':', _, _] = text.get(at..at + 9)? else { return None };
    let (hour, minute) = (number(text, at + 1, 2)?, number(text, at + 4, 2)?);
    let second = number(text, at + 7, 2)?;
    (hour < 24 && minute < 60 && second <= 60)
        .then_some(hour * 3_600 + minute * 60 + second.min(59))
}

#[inline(never)]
fn number(text: &[u8], at: usize, digits: usize) -> Option<i64> {
    decimal(text.get(at..at + digits)?).map(|number| number as i64)
}

fn month(text: &[u8], at: usize) -> Option<i64> {
    let name = text.get(at..at + 3)?;
    let place = MONTHS.chunks_exact(3).position(|month| same(name, month))?;
    Some(place as i64 + 1)
}

/// A year of two digits is never more than 50 years in the future.
fn century(year: i64, now: u64) -> i64 {
    let this_year = 1970 + (now / 31_556_952) as i64;
    let year = this_year - this_year % 100 + year;
    if year > this_year + 50 { year - 100 } else { year }
}

/// Days since the epoch in the Gregorian calendar, counting years from March.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day < 1 || day > length {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    // From 400 years earlier, as January of the year 0 is in the one before.
    let year = (year + 400) as u64;
    let leaps = (year / 4 - year / 100 + year / 400) as i64;
    Some(year as i64 * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - 719_468 - 146_097)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000; // November 2023

    #[test]
    fn the_three_forms() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "SUN, 06 nOV 1994 08:49:37 gmt",
        ] {
            assert_eq!(parse(text.as_bytes(), NOW), Some(784_111_777), "{text:?}");
        }
    }

    #[test]
    fn days_of_interest() {
        for (text, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
            ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
            ("Tue, 19 Jan 2038 14:14:08 GMT", 2_147_523_248),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_799),
            ("Thu Aug  8 02:01:18 2050", 2_543_536_878),
            ("Thu Aug 18 02:01:18 2050", 2_544_400_878),
            ("Thursday, 18-Aug-50 02:01:18 GMT", 2_544_400_878),
            ("Thursday, 18-Aug-94 02:01:18 GMT", 777_175_278),
        ] {
            assert_eq!(parse(text.as_bytes(), NOW), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_no_date() {
        for text in [
            "",
            "0",
            "-1",
            "foo",
            "Sun",
            "Sun,",
            "Thu, 18 Aug 2050 02:01:18 UTC",
            "Thu, 18 Aug 2050 02:01:18 AEST",
            "Thu, 18 Aug 50 02:01:18 GMT",
            "Thu 18 Aug 2050 02:01:18 GMT",
            "Thu, 18  Aug  2050 02:01:18 GMT",
            "Thu, 18-Aug-2050 02:01:18 GMT",
            "Thu, 18 Aug 2050 02.01.18 GMT",
            "Thu, 18 Aug 2050 2:01:18 GMT",
            "Thu, 18 Aug 2050 24:00:00 GMT",
            "Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:18 GMT",
            "Thu, 30 Feb 2050 02:01:18 GMT",
            "Thu, 29 Feb 2051 02:01:18 GMT",
            "Thu, 00 Aug 2050 02:01:18 GMT",
            "Thu, 18 Foo 2050 02:01:18 GMT",
            "1, 18 Aug 2050 02:01:18 GMT",
            "Thu Aug 8 02:01:18 2050",
            "\u{e4}\u{e4}, 18 Aug 2050 02:01:18 GMT",
        ] {
            assert_eq!(parse(text.as_bytes(), NOW), None, "{text:?}");
        }
    }
}
