//! The cost of a batch: requests, hours, processes.
//!
//! Pure. Must not promise less than the cost can be: a part that depends on IDCloud is a range.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use crate::batch::run::throughput::span;
use crate::output::style::Style;

/// The most GETs within a minute for a process that stays pending (the waiter's schedule).
pub(crate) const LOOKUPS_EACH: u64 = 8;

/// How long an access token is used before the client exchanges for a new one.
const TOKEN_LIFE: Duration = Duration::from_secs(50 * 60);

/// The rows of an input by what they cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) rows: u64,
    /// Rows that break rules.
    pub(crate) invalid: u64,
    /// Rows with an answer in the journal, or that must not be repeated.
    pub(crate) submitted: u64,
    /// Those of them that are pending: a run polls them.
    pub(crate) pending: u64,
    /// Those of them that are ambiguous: a run does not repeat them.
    pub(crate) ambiguous: u64,
    /// GETs for the pending ones.
    pub(crate) lookups_at_least: u64,
    pub(crate) lookups_at_most: u64,
}

/// The cost of running the whole input. Its keys are public interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Estimate {
    /// Rows of the input.
    pub(crate) rows: u64,
    /// Rows that break rules.
    pub(crate) invalid: u64,
    /// Rows with an answer in the journal, or that must not be repeated.
    pub(crate) submitted: u64,
    /// Those of them that are pending: a run polls them.
    pending: u64,
    /// Those of them that are ambiguous: a run does not repeat them.
    ambiguous: u64,
    /// Creates that remain: each makes a process that is billed.
    creates: u64,
    /// Requests if every create returns its verdict.
    requests_at_least: u64,
    /// Requests if every process is pending for a minute.
    requests_at_most: u64,
    /// The rate limit, in requests a second.
    rate: u16,
    seconds_at_least: u64,
    seconds_at_most: u64,
}

impl Counted {
    /// The cost at `rate` requests a second.
    pub(crate) fn estimate(self, rate: u16) -> Estimate {
        let Self {
            rows,
            invalid,
            submitted,
            pending,
            ambiguous,
            ..
        } = self;
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
        let (requests_at_least, seconds_at_least) =
            with_tokens(creates.saturating_add(self.lookups_at_least));
        let lookups = creates
            .saturating_mul(LOOKUPS_EACH)
            .saturating_add(self.lookups_at_most);
        let (requests_at_most, seconds_at_most) = with_tokens(creates.saturating_add(lookups));
        Estimate {
            rows,
            invalid,
            submitted,
            pending,
            ambiguous,
            creates,
            requests_at_least,
            requests_at_most,
            rate,
            seconds_at_least,
            seconds_at_most,
        }
    }
}

impl Estimate {
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
        let mut facts = vec![("in the journal", self.submitted.to_string())];
        if self.pending > 0 {
            facts.push(("of them pending", format!("{}, asked for", self.pending)));
        }
        if self.ambiguous > 0 {
            let ambiguous = format!("{}, not repeated", self.ambiguous);
            facts.push(("of them in doubt", ambiguous));
        }
        facts.extend([
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
        ]);
        for (name, value) in facts {
            writeln!(to, "  {} {value}", style.dim(&format!("{name:<16}")))?;
        }
        writeln!(to)?;
        writeln!(
            to,
            "The minimum assumes that every verdict comes with its create, the maximum that every process is pending for a minute.\n\
             A process that fails inside IDCloud is created anew, at most three times."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_cost_nothing_are_left_out() {
        let count = |rows, invalid, submitted| Counted {
            rows,
            invalid,
            submitted,
            ..Counted::default()
        };
        let estimate = count(200_000, 1_000, 9_000).estimate(10);
        assert_eq!(estimate.creates, 190_000);
        assert_eq!(estimate.requests_at_least, 190_007);
        assert_eq!(estimate.seconds_at_least, 19_001);
        assert_eq!(estimate.requests_at_most, 1_710_058);
        let nothing = count(3, 1, 2).estimate(10);
        assert_eq!((nothing.requests_at_most, nothing.seconds_at_most), (0, 0));
    }

    /// The tenant's budget is respected: pending processes are polled, and each poll is a request.
    #[test]
    fn what_is_pending_costs_lookups() {
        let counted = Counted {
            rows: 3,
            submitted: 3,
            pending: 2,
            lookups_at_least: 3,
            lookups_at_most: 2 * LOOKUPS_EACH + 1,
            ..Counted::default()
        };
        let estimate = counted.estimate(10);
        assert_eq!(estimate.creates, 0);
        assert_eq!(estimate.requests_at_least, 4);
        assert_eq!(estimate.requests_at_most, 18);
    }
}
