//! The results of a batch: the last pass over its input and its journal.
//!
//! Must not replace complete results by half of them.

use std::hash::RandomState;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::run::interrupted_late;
use crate::batch::input::rows::Rows;
use crate::batch::input::version::Version;
use crate::batch::results::output_file::OutputFile;
use crate::batch::results::row_object::RowObject;
use crate::batch::results::write_results;
use crate::batch::run::driver::RunEnd;
use crate::batch::run::outcome::{Outcome, Tally};
use crate::batch::run::submit_row::Job;
use crate::batch::run::window::Window;
use crate::failure::exit::Exit;
use crate::failure::submit;
use crate::failure::{Failure, Refusal};
use crate::output::Output;
use crate::verify::interrupts::Interrupts;

/// The counts of the last pass.
#[derive(Default)]
pub(super) struct Written {
    pub(super) tally: Tally,
    /// Whether a simulator answered any row.
    pub(super) simulated: bool,
}

/// Reads every row of the input and its record in the journal.
pub(super) struct LastPass<'a> {
    pub(super) input: &'a Path,
    pub(super) job: Arc<Job>,
    /// The version of the input that was counted.
    pub(super) version: Version,
    pub(super) hasher: RandomState,
}

impl LastPass<'_> {
    /// Writes the rows into a file, which appears complete.
    ///
    /// # Errors
    /// The program was asked to end and `heeded` allows it, the file cannot be written, or the
    /// input or the journal cannot be read.
    pub(super) async fn write(
        &self,
        mut file: OutputFile,
        left: &RunEnd,
        heeded: Option<&Interrupts>,
    ) -> Result<Written, Failure> {
        let written = self
            .each(left, heeded, &mut |row| file.row(row).map_err(unwritten))
            .await?;
        file.commit().map_err(unwritten)?;
        Ok(written)
    }

    /// Prints the rows as JSON lines.
    ///
    /// In a pass of its own, after the file is in place: a pager or a closed pipe keeps no results
    /// from the file.
    ///
    /// # Errors
    /// Standard output is closed, or input or journal cannot be read.
    pub(super) async fn print(
        &self,
        output: &mut Output<'_>,
        left: &RunEnd,
    ) -> Result<Written, Failure> {
        let unprinted =
            |error| unwritten(error).with_message("the results could not be printed".to_owned());
        let mut each = |row: &RowObject<'_>| output.line(row, |_, _| Ok(())).map_err(unprinted);
        self.each(left, None, &mut each).await
    }

    /// Counts the rows, and writes nothing.
    ///
    /// # Errors
    /// Input or journal cannot be read.
    pub(super) async fn counted(&self, left: &RunEnd) -> Result<Written, Failure> {
        self.each(left, None, &mut |_| Ok(())).await
    }

    /// Whether the input has changed since it was counted.
    pub(super) fn input_changed(&self) -> bool {
        let rows = Rows::open(self.input, &self.hasher);
        rows.is_ok_and(|rows| *rows.version() != self.version)
    }

    async fn each(
        &self,
        left: &RunEnd,
        heeded: Option<&Interrupts>,
        write: &mut dyn FnMut(&RowObject<'_>) -> Result<(), Failure>,
    ) -> Result<Written, Failure> {
        let mut written = Written::default();
        let mut rows = Rows::open(self.input, &self.hasher)
            .map_err(|refusals| broken(&left.tally, &refusals))?;
        let (mut window, mut exhausted) = (Window::new(), false);
        loop {
            while !exhausted && !window.is_full() {
                let next = rows.next();
                match next.map_err(|refusal| broken(&left.tally, &[refusal]))? {
                    Some(line) => {
                        let mark = left.row_failures.of((&line).into());
                        let unwritten = line.reference.as_ref();
                        let unwritten = unwritten.and_then(|known| left.unwritten.get(known));
                        let (job, unwritten) = (Arc::clone(&self.job), unwritten.cloned());
                        let row =
                            async move { write_results::of_row(&job, line, mark, unwritten).await };
                        window.put(tokio::spawn(row));
                    }
                    None => exhausted = true,
                }
            }
            let taken = match heeded {
                // A selfie may be on a disk that does not respond.
                Some(interrupts) => {
                    let taken = interrupts.interruptible(window.take()).await;
                    taken.ok_or_else(interrupted_late)?
                }
                None => window.take().await,
            };
            let Some(row) = taken? else {
                return Ok(written);
            };
            let row = row.map_err(|error| submit::of_journal(&error))?;
            written.tally.count(row.outcome);
            written.simulated |= row.result.is_simulated();
            write(&RowObject {
                reference: row.reference.as_deref(),
                outcome: row.outcome,
                result: row.result,
                error: row.failure.as_ref().map(Failure::object),
            })?;
        }
    }
}

fn unwritten(_: io::Error) -> Failure {
    Failure {
        help: Some(
            "The journal has it all: run the same command again, and nothing is sent twice.".into(),
        ),
        ..Failure::fault("the results could not be written")
    }
}

/// The failure when the input became unreadable after rows of it were submitted, so that the
/// results cannot be written.
fn broken(tally: &Tally, refusals: &[Refusal]) -> Failure {
    let mut all = *tally;
    all.count(Outcome::Invalid);
    let sentences: Vec<String> = refusals.iter().map(Refusal::sentence).collect();
    Failure {
        exit: all.gravest().map_or(Exit::RefusedHere, Outcome::exit),
        kind: "invalid-input",
        delivery: tally.delivery(),
        help: Some(
            "The journal has what was submitted. Mend the input, and run the same command again: it goes on where it \
             stopped, and writes the results."
                .into(),
        ),
        ..Failure::fault(format!(
            "the results could not be written, since the input cannot be read any more ({}); so far: {}",
            sentences.join("; "),
            tally.sentence()
        ))
    }
}
