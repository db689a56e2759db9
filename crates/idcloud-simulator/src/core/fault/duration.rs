//! Durations in a fault's specification: `250ms`, `1.7s`, `5m`, `24h`, `1d`.
//! Must not accept a number without a unit, except `0`.

use std::time::Duration;

const UNITS: [(&str, f64); 5] = [
    ("ms", 0.001),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3_600.0),
    ("d", 86_400.0),
];
/// A hundred years: longer than any use, and short enough to be added to any time.
const LONGEST: f64 = 36_525.0 * 86_400.0;

/// Parses a duration.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(number.len()..)?;
    // Neither signs nor exponents: "1e3s" has digits after a letter, and "-1s" is not a duration.
    let plain = number.starts_with(|c: char| c.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let span = number.parse::<f64>().ok().filter(|_| plain)? * seconds;
    (span <= LONGEST).then(|| Duration::from_secs_f64(span))
}

/// Writes a duration so that it can be parsed again.
pub(crate) fn written(span: Duration) -> String {
    if span.subsec_nanos() == 0 {
        format!("{}s", span.as_secs())
    } else {
        format!("{}s", span.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let millis = |text| parse(text).map(|span| span.as_millis());
        for (text, expected) in [
            ("0", Some(0)),
            ("250ms", Some(250)),
            ("1.7s", Some(1_700)),
            ("5m", Some(300_000)),
            ("24h", Some(86_400_000)),
            ("1d", Some(86_400_000)),
            ("5", None),
            ("", None),
            ("s", None),
            ("-1s", None),
            ("+1s", None),
            ("1e3s", None),
            ("infs", None),
            ("1.2.3s", None),
            ("999999999d", None),
        ] {
            assert_eq!(millis(text), expected, "{text}");
        }
    }
}
