//! Points in time in the wire formats: whole seconds since 1970 in a JWT, words in a header, digits
//! in an answer.
//!
//! Must not read a clock; the time is always an argument.

use std::time::{Duration, SystemTime};

/// Whole seconds from 1970 to `moment`; 0 for anything earlier.
pub(crate) fn seconds(moment: SystemTime) -> u64 {
    since_epoch(moment).as_secs()
}

/// The exact duration from 1970 to `moment`; zero for anything earlier.
pub(crate) fn since_epoch(moment: SystemTime) -> Duration {
    moment
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
}

/// `moment` in the form of the second version of a lookup, `2024-10-04T18:53:17.028228`: UTC
/// without a zone.
pub(crate) fn written_out(moment: SystemTime) -> String {
    let since = since_epoch(moment);
    let (days, second_of_day) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (
        second_of_day / 3_600,
        second_of_day / 60 % 60,
        second_of_day % 60,
    );
    let micros = since.subsec_micros();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}")
}

/// `moment` in the form of a `Date` header, `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(moment: SystemTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]; // 1970 began on a Thursday
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let name = |names: &[&'static str], position: u64| {
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        names.get(position).copied().unwrap_or_default()
    };
    let seconds = seconds(moment);
    let (days, second_of_day) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        name(&DAYS, days % 7),
        name(&MONTHS, month - 1),
        second_of_day / 3_600,
        second_of_day / 60 % 60,
        second_of_day % 60,
    )
}

/// Year, month and day of the given day after 1970-01-01.
///
/// Counts in eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468; // from 0000-03-01
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The calendar is right on the difficult days.
    #[test]
    fn writes_dates_out() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.000000"),
            (951_782_400, "2000-02-29T00:00:00.000000"),
            (1_728_067_997, "2024-10-04T18:53:17.000000"),
            (4_107_542_399, "2100-02-28T23:59:59.000000"),
            (4_107_542_400, "2100-03-01T00:00:00.000000"),
        ] {
            let moment = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(written_out(moment), expected);
        }
    }

    /// Headers have the form of RFC 9110, which has this example.
    #[test]
    fn writes_headers() {
        let at = |seconds| http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(at(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(at(1_798_761_599), "Thu, 31 Dec 2026 23:59:59 GMT");
    }

    /// A clock before 1970 does not cause a panic.
    #[test]
    fn takes_moments_before_1970() {
        let early = SystemTime::UNIX_EPOCH - Duration::from_secs(9);
        assert_eq!(seconds(early), 0);
    }
}
