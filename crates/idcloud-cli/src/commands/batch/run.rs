//! `idcloud batch run`: from a file of rows to a file of results.
//!
//! Must not send anything before the input can be read to its end and the output can be written.

use std::hash::RandomState;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use idcloud_flows::IdCloud;
use idcloud_flows::journal::{JournalError, Reference};
use idcloud_http::{Clock, SystemClock};
use idcloud_model::{Capability, ProcessId};

use super::before_run;
use super::before_run::Destination;
use super::results::{LastPass, Written};
use super::{comparison, open, unreadable};
use crate::args::Format;
use crate::batch::input::rows::Rows;
use crate::batch::input::same_person::SamePerson;
use crate::batch::input::version::Version;
use crate::batch::results::output_file::OutputFile;
use crate::batch::run::circuit_breaker::CircuitBreaker;
use crate::batch::run::driver::{Driver, End, RunEnd};
use crate::batch::run::outcome::{Outcome, Tally};
use crate::batch::run::progress_bar::ProgressDisplay;
use crate::batch::run::recover;
use crate::batch::run::row_errors::RowErrors;
use crate::batch::run::submit_row::Job;
use crate::batch::run::unwritten;
use crate::commands::batch::args::BatchRunArgs;
use crate::commands::block_on;
use crate::config;
use crate::config::connection;
use crate::config::settings::Settings;
use crate::failure::exit::Exit;
use crate::failure::submit;
use crate::failure::{Delivery, Failure, Refusal};
use crate::output::Output;
use crate::output::style::Style;
use crate::verify::interrupts::Interrupts;
use crate::verify::journal_file::{self, BatchLock};

/// Runs the command.
pub(super) fn run(
    args: &BatchRunArgs,
    settings: &Settings,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let config = config::resolve(&settings.layers, Capability::Identity).map_err(Failure::usage)?;
    let hasher = RandomState::new();
    let (rows, version) = count(&args.input, &hasher, output)?;
    let results = before_run::results(args, settings)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let connection = connection::open(&config, &settings.layers, Arc::clone(&clock))?;
    let environment = connection.client.environment();
    let destination = Destination {
        name: Some(config.target.environment()),
        environment: Some(&*environment),
    };
    let recollected = {
        // Closed before the journal is opened for writing.
        let journal = journal_file::look_if_there(&args.journal)?;
        before_run::recollect(args, journal.as_ref(), results, destination, output)?
    };
    // Before anything is created or changed: the lock makes this run the only one that uses the
    // files.
    let _lock = BatchLock::take(&args.journal)?;
    let journal = journal_file::open(&args.journal)?;
    if let Some(path) = &args.output {
        // Discarded at once: it shows that results can be written there.
        drop(OutputFile::begin(path).map_err(|refusal| Failure::usage(vec![refusal]))?);
    }
    let idcloud =
        IdCloud::new(connection.client.clone()).remembering(Arc::clone(&journal), recover::owner());
    let job = Arc::new(Job {
        environment,
        handle: idcloud.identity(connection.api_key.clone()),
        journal,
        clock,
        comparison: Arc::new(comparison(args)),
        begin_again: args.begin_again,
        send_references: args.send_references,
    });
    let lines = open(&args.input, &hasher, output)?;
    if *lines.version() != version {
        return Err(unreadable(Refusal::new(
            "INPUT",
            "changed while it was read",
            "run the same command again when nobody writes to it",
        )));
    }
    let driver = Driver {
        job: Arc::clone(&job),
        waiter: idcloud.waiter(),
        api_key: connection.api_key,
        rows: lines,
        concurrency: args.concurrency,
        wait: Some(args.wait).filter(|wait| !wait.is_zero()),
        breaker: CircuitBreaker::new(args.concurrency),
        progress: ProgressDisplay::new(rows, output),
        row_errors: RowErrors::default(),
    };
    let batch = Batch {
        args,
        rows,
        pass: LastPass {
            input: &args.input,
            job: Arc::clone(&job),
            version,
            hasher,
        },
        job,
    };
    block_on(async {
        interrupts.heed();
        let recovered = batch.recover(&recollected.named, output);
        let mut left = match interrupts.interruptible(recovered).await {
            None => return Err(canceled("interrupted before anything was sent")),
            Some(Ok(())) => driver.run(interrupts, output).await,
            Some(Err(error)) => RunEnd::before_any(submit::of_journal(&error).message),
        };
        unwritten::say_again(&batch.job, &mut left.unwritten, interrupts).await;
        batch.end(&left, interrupts, output).await
    })?
}

/// Reads the input to its end, so that an unreadable part, and people in more than one row, are
/// known before anything is sent.
fn count(
    input: &Path,
    hasher: &RandomState,
    output: &mut Output<'_>,
) -> Result<(usize, Version), Failure> {
    let mut lines = Rows::open(input, hasher).map_err(Failure::refused_offline)?;
    let (mut rows, mut people) = (0, SamePerson::default());
    while let Some(line) = lines.next().map_err(unreadable)? {
        rows += 1;
        if let Ok(row) = &line.row {
            people.see(row.code(), line.begins);
        }
    }
    if let Some(note) = people.note() {
        // A closed standard error is the caller's choice: continue without the note.
        let _ = output.note(&note);
    }
    Ok((rows, lines.version().clone()))
}

struct Batch<'a> {
    args: &'a BatchRunArgs,
    job: Arc<Job>,
    rows: usize,
    pass: LastPass<'a>,
}

impl Batch<'_> {
    /// Releases the attempts of a killed batch, and adopts the processes that its results name.
    async fn recover(
        &self,
        named: &[(Reference, ProcessId)],
        output: &mut Output<'_>,
    ) -> Result<(), JournalError> {
        if !BatchLock::PROVES {
            return Ok(());
        }
        let ambiguous = recover::let_go(&*self.job.journal, &*self.job.clock).await?;
        if ambiguous > 0 {
            // A closed standard error is the caller's choice: continue without the note.
            let _ = output.note(&format!(
                "note: an earlier run ended while {ambiguous} rows were on their way; they are ambiguous now, and not repeated"
            ));
        }
        let taken_up = recover::take_up(&self.job, named).await?;
        if taken_up > 0 {
            // A closed standard error is the caller's choice: continue without the note.
            let _ = output.note(&format!(
                "note: the results in --output name the processes of {taken_up} rows whose ends the journal does not have; they are asked for by these ids, and compared with their rows"
            ));
        }
        Ok(())
    }

    /// Writes the results, and prints how the run ended. Results that hold answers which the
    /// journal lacks are written even after an interrupt.
    async fn end(
        &self,
        left: &RunEnd,
        interrupts: &Interrupts,
        output: &mut Output<'_>,
    ) -> Result<Exit, Failure> {
        let is_interrupted = left.end == End::Interrupted;
        let heeds = left.unwritten.is_empty();
        if is_interrupted && heeds {
            return Err(interrupted(left, self.rows));
        }
        let heeded = heeds.then_some(interrupts);
        if self.pass.input_changed() {
            // A closed standard error is the caller's choice: continue without the note.
            let _ = output.note(
                "note: the input changed while the batch ran; the results are of its rows as they are now, each compared with the journal",
            );
        }
        let mut written = match &self.args.output {
            Some(path) => {
                let file = OutputFile::begin(path);
                let file = file.map_err(|refusal| Failure::usage(vec![refusal]))?;
                Some(self.pass.write(file, left, heeded).await?)
            }
            None => None,
        };
        if heeds && interrupts.is_raised() {
            return Err(interrupted_late());
        }
        // Every sent request has its end, and standard output may be a pipe without a reader.
        interrupts.heed_no_more();
        if output.format() == Format::Json {
            written = Some(self.pass.print(output, left).await?);
        }
        if is_interrupted || interrupts.is_raised() {
            return Err(interrupted(left, self.rows));
        }
        let written = match written {
            Some(written) => written,
            None => self.pass.counted(left).await?,
        };
        self.tell(left, &written, output)
    }

    /// Prints how the run ended. In JSON the rows were the result, and this summary goes to
    /// standard error.
    fn tell(
        &self,
        left: &RunEnd,
        written: &Written,
        output: &mut Output<'_>,
    ) -> Result<Exit, Failure> {
        let Written { tally, simulated } = written;
        let exit = match &left.end {
            End::Misconfigured(_) => Exit::Usage,
            _ => tally.gravest().map_or(Exit::Answered, Outcome::exit),
        };
        let mut text = Vec::new();
        let write = |to: &mut dyn Write, style: Style| write_summary(to, style, tally, *simulated);
        let told = if output.format() == Format::Json {
            write(&mut text, Style::PLAIN)
                .and_then(|()| output.note(String::from_utf8_lossy(&text).trim_end()))
        } else {
            output.summary(write)
        };
        told.map_err(|_| Failure::fault("the summary could not be written"))?;
        if let End::Halted(why) | End::Misconfigured(why) = &left.end {
            let message = match (left.begun < self.rows, left.unwritten.len()) {
                (true, _) => format!("stopped before the end of {} rows: {why}", self.rows),
                (false, 0) => format!("every row was run; at last: {why}"),
                (false, unwritten) => format!(
                    "every row was run, and the ends of {unwritten} rows are in the results alone: {why}"
                ),
            };
            let failure = Failure {
                exit,
                kind: "halted",
                delivery: tally.delivery(),
                help: Some(
                    "Mend that, and run the same command again: it goes on where it stopped."
                        .into(),
                ),
                ..Failure::fault(message)
            };
            // If standard error is gone too, the exit code remains.
            let _ = output.failure(&failure);
        }
        Ok(exit)
    }
}

/// `SIMULATED: 500 rows: 497 done, 3 ambiguous`, and the remedy for those that are not done.
fn write_summary(
    to: &mut dyn Write,
    style: Style,
    tally: &Tally,
    simulated: bool,
) -> io::Result<()> {
    if simulated {
        write!(to, "{}: ", style.caution("SIMULATED"))?;
    }
    writeln!(to, "{} rows: {}", tally.total(), tally.sentence())?;
    for (outcome, what) in [
        (
            Outcome::Ambiguous,
            "IDCloud may have created these. Close each with idcloud journal settle, then run the same command again.",
        ),
        (
            Outcome::Refused,
            "Mend what IDCloud refused, then run the same command again.",
        ),
        (
            Outcome::Invalid,
            "Mend these rows, then run the same command again. Nothing of them was sent.",
        ),
        (
            Outcome::Unsent,
            "Nothing was created for these. Run the same command again.",
        ),
        (
            Outcome::Failed,
            "These failed inside IDCloud, or were canceled. Run the same command with --begin-again to try them once more.",
        ),
        (
            Outcome::Pending,
            "These are created. Run the same command again to fetch their results.",
        ),
    ] {
        if tally.of(outcome) > 0 {
            writeln!(
                to,
                "  {} {what}",
                style.dim(&format!("{:<10}", outcome.as_str()))
            )?;
        }
    }
    Ok(())
}

fn interrupted(left: &RunEnd, rows: usize) -> Failure {
    let RunEnd {
        tally, unwritten, ..
    } = left;
    let begun = tally.total();
    let message = format!(
        "interrupted after {begun} of {rows} rows ({})",
        tally.sentence()
    );
    if unwritten.is_empty() {
        return canceled(message);
    }
    Failure {
        help: Some(
            "The results have these ends, and standard error printed each as it came. Run the same command again, with the same --output: it \
             takes the processes up by their ids."
                .into(),
        ),
        ..canceled(format!(
            "{message}; the journal could not write down the ends of {} rows",
            unwritten.len()
        ))
    }
}

pub(super) fn interrupted_late() -> Failure {
    canceled("interrupted while the results were written")
}

fn canceled(message: impl Into<String>) -> Failure {
    Failure {
        exit: Exit::Interrupted,
        kind: "canceled-by-user",
        delivery: Delivery::Answered,
        help: Some("Run the same command again to resume: what was submitted is in the journal, and not sent twice.".into()),
        ..Failure::fault(message)
    }
}
