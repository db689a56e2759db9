//! What a batch will cost: calls, hours, processes.
//!
//! Pure. Never promises less than it may come to: what depends on IDCloud is told as a range.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use super::pace::span;
use crate::style::Style;

/// GETs that one process still pending costs at most within a minute (the waiter's schedule).
const LOOKUPS_EACH: u64 = 8;

/// How long an access token is used before it is exchanged for another.
const TOKEN_LIFE: Duration = Duration::from_secs(50 * 60);

/// What a run of the whole input comes to. Its keys are public interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Estimate {
    /// Rows of the input.
    pub(crate) rows: u64,
    /// Rows that break rules.
    pub(crate) invalid: u64,
    /// Rows that the journal has an answer for, or may not repeat.
    pub(crate) submitted: u64,
    /// Creates that are left: each makes a process that is billed.
    creates: u64,
    /// Requests where every verdict comes with its create.
    requests_at_least: u64,
    /// Requests where every process is pending for a minute.
    requests_at_most: u64,
    /// Requests a second.
    rate: u16,
    seconds_at_least: u64,
    seconds_at_most: u64,
}

impl Estimate {
    /// What `rows` come to, of which some are invalid and some submitted already, at `rate` requests a second.
    pub(crate) fn new(rows: u64, invalid: u64, submitted: u64, rate: u16) -> Self {
        let creates = rows.saturating_sub(invalid).saturating_sub(submitted);
        let with_tokens = |calls: u64| {
            if calls == 0 {
                return (0, 0);
            }
            let rate = u64::from(rate.max(1));
            let tokens = 1 + calls / rate / TOKEN_LIFE.as_secs();
            let requests = calls + tokens;
            (requests, requests.div_ceil(rate))
        };
        let (requests_at_least, seconds_at_least) = with_tokens(creates);
        let lookups = creates.saturating_mul(LOOKUPS_EACH);
        let (requests_at_most, seconds_at_most) = with_tokens(creates.saturating_add(lookups));
        Self {
            rows,
            invalid,
            submitted,
            creates,
            requests_at_least,
            requests_at_most,
            rate,
            seconds_at_least,
            seconds_at_most,
        }
    }

    /// Writes it for a person.
    pub(crate) fn write_text(&self, to: &mut dyn Write, style: Style) -> io::Result<()> {
        let good = self.rows.saturating_sub(self.invalid);
        writeln!(
            to,
            "Dry run: {} rows, {good} good, {} invalid. Nothing was sent.",
            self.rows, self.invalid
        )?;
        writeln!(to)?;
        let times = |seconds| span(Duration::from_secs(seconds));
        let range = |least: String, most: String| {
            if least == most {
                least
            } else {
                format!("{least} to {most}")
            }
        };
        for (name, value) in [
            ("in the journal", self.submitted.to_string()),
            (
                "to create",
                format!("{} processes, each of them billed", self.creates),
            ),
            (
                "requests",
                range(
                    self.requests_at_least.to_string(),
                    self.requests_at_most.to_string(),
                ),
            ),
            (
                "time",
                range(times(self.seconds_at_least), times(self.seconds_at_most)),
            ),
            (
                "budget",
                format!(
                    "{} requests a second (--rate), all of it for that time",
                    self.rate
                ),
            ),
        ] {
            writeln!(to, "  {} {value}", style.dim(&format!("{name:<16}")))?;
        }
        writeln!(to)?;
        writeln!(
            to,
            "The least is where every verdict comes with its create, the most where every process is pending for a minute.\n\
             A process that fails inside IDCloud is created anew, at most three times."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_cost_nothing_are_left_out() {
        let estimate = Estimate::new(200_000, 1_000, 9_000, 10);
        assert_eq!(estimate.creates, 190_000);
        assert_eq!(estimate.requests_at_least, 190_007);
        assert_eq!(estimate.seconds_at_least, 19_001);
        assert_eq!(estimate.requests_at_most, 1_710_058);
        let nothing = Estimate::new(3, 1, 2, 10);
        assert_eq!((nothing.requests_at_most, nothing.seconds_at_most), (0, 0));
    }
}
