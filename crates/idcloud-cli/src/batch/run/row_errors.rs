//! Prints the first 100 row errors during a run.
//!
//! Must not flood standard error: later ones appear only in the output file.

use crate::batch::run::progress_bar::ProgressDisplay;
use crate::failure::{Failure, Refusal};
use crate::output::Output;

/// How many row errors are printed.
const MOST: usize = 100;

/// Prints row errors, up to the limit.
#[derive(Debug, Default)]
pub(crate) struct RowErrors {
    rows: usize,
}

impl RowErrors {
    /// Prints the failure of the row on this line, or counts it once the limit is reached.
    pub(crate) fn row(
        &mut self,
        line: u64,
        failure: Failure,
        progress: &ProgressDisplay,
        output: &mut Output<'_>,
    ) {
        self.rows += 1;
        if self.rows <= MOST {
            progress.failure(&at_line(line, failure), output);
        }
        if self.rows == MOST {
            progress.note(
                "Further row errors are not printed here; the output has them all.",
                output,
            );
        }
    }
}

/// The same failure, with the line of its row.
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
