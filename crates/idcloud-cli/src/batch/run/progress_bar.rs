//! Shows the progress of a run: a bar on a terminal, otherwise a line from time to time.
//!
//! Must not count rows: the caller passes the counts.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::batch::run::outcome::{Outcome, Tally};
use crate::batch::run::throughput::{Throughput, span};
use crate::failure::Failure;
use crate::output::Output;

/// The time between lines without a terminal.
const EVERY: Duration = Duration::from_secs(10);

/// The shortest time between two updates.
const SHOWN_EVERY: Duration = Duration::from_millis(250);

/// Shows the progress of a run.
pub(crate) struct ProgressDisplay {
    bar: Option<ProgressBar>,
    throughput: Throughput,
    rows: usize,
    last_line: Duration,
    shown: Duration,
}

impl ProgressDisplay {
    /// Progress of `rows` rows; on a terminal as a bar.
    pub(crate) fn new(rows: usize, output: &Output<'_>) -> Self {
        let bar = output.is_watched().then(|| drawn(rows));
        Self {
            bar,
            throughput: Throughput::default(),
            rows,
            last_line: Duration::ZERO,
            shown: Duration::ZERO,
        }
    }

    /// Shows that at `now` since the run began, `tally` rows have an outcome, `ended` of them by
    /// this run's own work.
    pub(crate) fn show(
        &mut self,
        now: Duration,
        tally: &Tally,
        ended: usize,
        output: &mut Output<'_>,
    ) {
        if now < self.shown + SHOWN_EVERY && now > Duration::ZERO {
            return;
        }
        self.shown = now;
        self.throughput.sample(now, ended);
        let begun = tally.total();
        let left = self.rows.saturating_sub(begun);
        let sentence = sentence(
            tally,
            self.throughput.rate(),
            self.throughput.eta(left).filter(|_| left > 0),
        );
        match &self.bar {
            Some(bar) => {
                bar.set_position(u64::try_from(begun).unwrap_or(u64::MAX));
                bar.set_message(sentence);
            }
            None if now >= self.last_line + EVERY => {
                self.last_line = now;
                // A closed standard error is the caller's choice: continue without notes.
                let _ = output.note(&format!("{begun} of {} rows: {sentence}", self.rows));
            }
            None => {}
        }
    }

    /// Prints a note above the bar.
    pub(crate) fn note(&self, text: &str, output: &mut Output<'_>) {
        let mut write = || {
            // A closed standard error is the caller's choice: continue without notes.
            let _ = output.note(text);
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Prints a row's failure above the bar.
    pub(crate) fn failure(&self, failure: &Failure, output: &mut Output<'_>) {
        let mut write = || {
            // A closed standard error is the caller's choice: continue without notes.
            let _ = output.failure(failure);
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Prints a note after ctrl-c: the terminal has echoed `^C` in the middle of the bar.
    pub(crate) fn interrupted(&mut self, text: &str, output: &mut Output<'_>) {
        let Some(bar) = &mut self.bar else {
            return self.note(text, output);
        };
        // The old bar stays where it is: its position is no longer certain.
        bar.set_draw_target(ProgressDrawTarget::hidden());
        *bar = drawn(self.rows);
        output.after_ctrl_c();
        // A closed standard error is the caller's choice: continue without notes.
        let _ = output.note(text);
    }

    /// Removes the bar.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A bar for `rows` rows.
fn drawn(rows: usize) -> ProgressBar {
    let length = u64::try_from(rows).unwrap_or(u64::MAX);
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len}\n{msg}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// `120 done, 1 ambiguous, 0 failed · 9.8 rows/s · 12 min 30 s left`.
fn sentence(tally: &Tally, rate: Option<f64>, eta: Option<Duration>) -> String {
    use std::fmt::Write as _;
    let mut text = format!(
        "{} done, {} ambiguous, {} failed",
        tally.of(Outcome::Done),
        tally.of(Outcome::Ambiguous),
        tally.of(Outcome::Failed)
    );
    for outcome in [
        Outcome::Refused,
        Outcome::Invalid,
        Outcome::Unsent,
        Outcome::Pending,
    ] {
        if tally.of(outcome) > 0 {
            let _ = write!(text, ", {} {}", tally.of(outcome), outcome.as_str());
        }
    }
    if let Some(rate) = rate {
        let _ = write!(text, " · {rate:.1} rows/s");
    }
    if let Some(eta) = eta {
        let _ = write!(text, " · {} left", span(eta));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_counts_rate_and_end() {
        let mut tally = Tally::default();
        for outcome in [
            Outcome::Done,
            Outcome::Done,
            Outcome::Ambiguous,
            Outcome::Invalid,
            Outcome::Pending,
        ] {
            tally.count(outcome);
        }
        assert_eq!(
            sentence(&tally, Some(9.84), Some(Duration::from_secs(750))),
            "2 done, 1 ambiguous, 0 failed, 1 invalid, 1 pending · 9.8 rows/s · 12 min 30 s left"
        );
        assert_eq!(
            sentence(&Tally::default(), None, None),
            "0 done, 0 ambiguous, 0 failed"
        );
    }
}
