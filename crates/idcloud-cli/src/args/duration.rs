//! Durations on the command line: `90s`, `2m`, `500ms`.
//!
//! Must not read a clock, nor echo a value.

use std::time::Duration;

/// Reads a whole number followed by `ms`, `s`, `m` or `h`; a bare number counts seconds.
///
/// # Errors
/// A sentence with the accepted forms, without the text that was typed.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    const FORMS: &str = "a whole number and its unit, such as 500ms, 90s, 2m or 1h";
    let text = text.trim();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| FORMS)?;
    let seconds_each = match unit {
        "ms" => return Ok(Duration::from_millis(number)),
        "s" | "" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(FORMS),
    };
    number
        .checked_mul(seconds_each)
        .map(Duration::from_secs)
        .ok_or(FORMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read() {
        for (text, expected) in [
            ("0s", Duration::ZERO),
            ("500ms", Duration::from_millis(500)),
            ("120s", Duration::from_secs(120)),
            ("120", Duration::from_secs(120)),
            ("2m", Duration::from_secs(120)),
            ("1h", Duration::from_secs(3600)),
        ] {
            assert_eq!(parse_duration(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "s",
            "-1s",
            "1.5s",
            "1d",
            "1 s x",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
