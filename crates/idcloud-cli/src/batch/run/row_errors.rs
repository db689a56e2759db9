//! Which bad rows are told while a run goes on.
//!
//! Must not flood: after so many the output tells the rest.

use crate::batch::run::progress_bar::Meter;
use crate::failure::{Failure, Refusal};
use crate::output::Output;

/// How many rows are told one by one.
const MOST: usize = 100;

/// Tells of bad rows, up to a number.
#[derive(Debug, Default)]
pub(crate) struct Told {
    rows: usize,
}

impl Told {
    /// Tells what the row on this line came to.
    pub(crate) fn row(
        &mut self,
        line: u64,
        failure: Failure,
        meter: &Meter,
        output: &mut Output<'_>,
    ) {
        self.rows += 1;
        if self.rows <= MOST {
            meter.failure(&at_line(line, failure), output);
        }
        if self.rows == MOST {
            meter.note(
                "Further rows like these are not told here; the output has them all.",
                output,
            );
        }
    }
}

/// The same failure with the line of the row that it is about.
pub(crate) fn at_line(line: u64, failure: Failure) -> Failure {
    if failure.refusals.is_empty() {
        let message = format!("line {line}: {}", failure.message);
        return failure.with_message(message);
    }
    let refusals = failure.refusals.into_iter().map(|refusal| Refusal {
        field: format!("line {line}, {}", refusal.field),
        ..refusal
    });
    Failure::refused_offline(refusals.collect())
}
