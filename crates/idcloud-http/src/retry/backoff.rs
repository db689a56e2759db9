//! How long to wait before a repetition: full jitter, and `Retry-After` as a floor.
//!
//! Must not wait less than IDCloud asked for.

use std::time::{Duration, SystemTime};

/// The base of the first wait (IDCloud documentation, error codes page: 1 s, 2 s, 4 s, 8 s).
const FIRST: Duration = Duration::from_secs(1);
/// No wait is drawn from a longer range.
const LONGEST: Duration = Duration::from_secs(20);

/// The wait after `attempt` (counted from 1) failed: a share of 1 s, 2 s, 4 s up to 20 s, and at
/// least `floor`.
///
/// `share` is evenly distributed from 0 to 1, so that callers that failed together do not retry
/// together; NaN counts as 1.
pub(crate) fn delay(attempt: u32, share: f64, floor: Option<Duration>) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    let ceiling = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    let share = if share.is_finite() { share } else { 1.0 };
    let drawn = ceiling.mul_f64(share.clamp(0.0, 1.0));
    drawn.max(floor.unwrap_or(Duration::ZERO))
}

/// Reads a `Retry-After` header: whole seconds, or a date. A date is compared with the answer's own
/// `Date` if it has one, so that a wrong clock here does not matter, and otherwise with `now`.
/// Digits that do not fit count as the longest wait.
pub(crate) fn retry_after(headers: &http::HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers
        .get(http::header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let there = headers
        .get(http::header::DATE)
        .and_then(|date| date.to_str().ok())
        .and_then(|date| httpdate::parse_http_date(date).ok());
    let wait = date.duration_since(there.unwrap_or(now));
    Some(wait.unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue, header};

    #[test]
    fn the_range_doubles_to_twenty_seconds() {
        let longest: Vec<u64> = (1..=7).map(|n| delay(n, 1.0, None).as_secs()).collect();
        assert_eq!(longest, [1, 2, 4, 8, 16, 20, 20]);
        assert_eq!(delay(u32::MAX, 1.0, None), LONGEST);
        assert_eq!(delay(5, 0.0, None), Duration::ZERO);
        for absurd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(delay(2, absurd, None), Duration::from_secs(2));
        }
        assert_eq!(delay(1, 0.5, None), Duration::from_millis(500));
    }

    #[test]
    fn retry_after_is_a_floor() {
        let floor = Some(Duration::from_secs(12));
        assert_eq!(delay(1, 1.0, floor), Duration::from_secs(12));
        assert_eq!(delay(5, 1.0, floor), Duration::from_secs(16));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, HeaderValue::from_str(value).unwrap());
            retry_after(&headers, now)
        };
        assert_eq!(read("12"), Some(Duration::from_secs(12)));
        assert_eq!(read(" 0 "), Some(Duration::ZERO));
        assert_eq!(
            read("Sun, 06 Nov 1994 08:49:47 GMT"),
            Some(Duration::from_secs(10))
        );
        assert_eq!(read("Sun, 06 Nov 1994 08:40:00 GMT"), Some(Duration::ZERO));
        for (large, seconds) in [
            ("18446744073709551615", u64::MAX),
            ("18446744073709551616", u64::MAX),
            ("99999999999999999999999999", u64::MAX),
            ("0000000000000000000000012", 12),
        ] {
            assert_eq!(read(large), Some(Duration::from_secs(seconds)), "{large}");
        }
        assert_eq!(read("soon"), None);
        assert_eq!(read("+1"), None);
        assert_eq!(read(""), None);
        assert_eq!(read("-1"), None);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
        // By IDCloud's clock, where the answer has a `Date`: this machine's may be an hour behind.
        let mut headers = HeaderMap::new();
        for (name, date) in [
            (header::DATE, "Sun, 06 Nov 1994 09:49:42 GMT"),
            (header::RETRY_AFTER, "Sun, 06 Nov 1994 09:49:47 GMT"),
        ] {
            headers.insert(name, HeaderValue::from_static(date));
        }
        assert_eq!(retry_after(&headers, now), Some(Duration::from_secs(5)));
    }
}
