//! `idcloud batch run`: from a file of rows to a file of results.
//!
//! Never sends anything before the input can be read to its end and the output can be written.

use std::hash::RandomState;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use idcloud_flows::IdCloud;
use idcloud_flows::journal::Journal;
use idcloud_http::{Clock, SystemClock};
use idcloud_model::Capability;

use super::{before_run, comparison, open, unreadable};
use crate::args::{BatchRunArgs, Format};
use crate::batch::driver::{Driver, End, Left};
use crate::batch::halt::Halt;
use crate::batch::job::Job;
use crate::batch::last_pass;
use crate::batch::meter::Meter;
use crate::batch::outcome::{Outcome, Tally};
use crate::batch::recover;
use crate::batch::row_object::RowObject;
use crate::batch::rows::Rows;
use crate::batch::same_person::SamePerson;
use crate::batch::sink::Sink;
use crate::batch::told::Told;
use crate::batch::unwritten;
use crate::batch::version::Version;
use crate::batch::window::Window;
use crate::commands::block_on;
use crate::config;
use crate::connection;
use crate::exit::Exit;
use crate::failure::{Delivery, Failure, Refusal};
use crate::interrupts::Interrupts;
use crate::journal_file::{self, BatchLock};
use crate::output::Output;
use crate::settings::Settings;
use crate::style::Style;
use crate::submit_failure;

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
    let environment = config.target.environment();
    before_run::check(args, settings, Some(environment), output)?;
    // Before anything is made or changed: a batch that runs has its files for itself.
    let _lock = BatchLock::take(&args.journal)?;
    let journal = journal_file::open(&args.journal)?;
    if let Some(path) = &args.output {
        // Thrown away again: it shows that results can be written there.
        drop(Sink::begin(path).map_err(|refusal| Failure::usage(vec![refusal]))?);
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let connection = connection::open(&config, &settings.layers, Arc::clone(&clock))?;
    let idcloud =
        IdCloud::new(connection.client.clone()).remembering(Arc::clone(&journal), recover::owner());
    let job = Arc::new(Job {
        environment: connection.client.environment(),
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
        halt: Halt::new(args.concurrency),
        meter: Meter::new(rows, output),
        told: Told::default(),
    };
    let batch = Batch {
        args,
        job,
        rows,
        version,
        hasher,
    };
    block_on(async {
        interrupts.heed();
        if BatchLock::PROVES {
            batch.recover(output).await?;
        }
        let mut left = driver.run(interrupts, output).await;
        unwritten::say_again(&batch.job, &mut left.unwritten).await;
        if left.end == End::Interrupted {
            return Err(interrupted(&left.tally, rows));
        }
        let written = batch.write(&left, interrupts, output).await?;
        batch.tell(&left, &written, output)
    })?
}

/// Reads the input to its end: what cannot be read should be known before anything is sent, and so should people who
/// stand in more than one row.
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
        // Whoever closed standard error does not want to be told.
        let _ = output.note(&note);
    }
    Ok((rows, lines.version().clone()))
}

/// What the last pass found.
#[derive(Default)]
struct Written {
    tally: Tally,
    /// Whether any row was answered by a simulator.
    simulated: bool,
}

struct Batch<'a> {
    args: &'a BatchRunArgs,
    job: Arc<Job>,
    rows: usize,
    /// The input as it was when it was counted.
    version: Version,
    hasher: RandomState,
}

impl Batch<'_> {
    /// Lets go of what a batch had in flight that was killed.
    async fn recover(&self, output: &mut Output<'_>) -> Result<(), Failure> {
        let journal: &dyn Journal = &*self.job.journal;
        let ambiguous = recover::let_go(journal, &*self.job.clock)
            .await
            .map_err(|error| submit_failure::of_journal(&error))?;
        if ambiguous > 0 {
            // Whoever closed standard error does not want to be told.
            let _ = output.note(&format!(
                "note: an earlier run ended while {ambiguous} rows were on their way; they are ambiguous now, and not repeated"
            ));
        }
        Ok(())
    }

    /// The last pass: every row of the input with what the journal has of it.
    async fn write(
        &self,
        left: &Left,
        interrupts: &Interrupts,
        output: &mut Output<'_>,
    ) -> Result<Written, Failure> {
        let unwritten = |_: io::Error| Failure {
            help: Some(
                "The journal has it all: run the same command again, and nothing is sent twice."
                    .into(),
            ),
            ..Failure::fault("the results could not be written")
        };
        let mut sink = match &self.args.output {
            Some(path) => Some(Sink::begin(path).map_err(|refusal| Failure::usage(vec![refusal]))?),
            None => None,
        };
        let as_lines = output.format() == Format::Json;
        let mut written = Written::default();
        let broken = |refusals: &[Refusal]| broken(&left.tally, refusals);
        let mut rows =
            Rows::open(&self.args.input, &self.hasher).map_err(|refusals| broken(&refusals))?;
        if *rows.version() != self.version {
            // Whoever closed standard error does not want to be told.
            let _ = output.note(
                "note: the input changed while the batch ran; the results are of its rows as they are now, each compared with the journal",
            );
        }
        let (mut window, mut exhausted) = (Window::new(), false);
        loop {
            if interrupts.is_raised() {
                return Err(canceled("interrupted while the results were written"));
            }
            while !exhausted && !window.is_full() {
                match rows.next().map_err(|refusal| broken(&[refusal]))? {
                    Some(line) => {
                        let mark = left.remarks.of((&line).into());
                        let unwritten = line.reference.as_ref();
                        let unwritten = unwritten.and_then(|known| left.unwritten.get(known));
                        let (job, unwritten) = (Arc::clone(&self.job), unwritten.cloned());
                        let row =
                            async move { last_pass::of_row(&job, line, mark, unwritten).await };
                        window.put(tokio::spawn(row));
                    }
                    None => exhausted = true,
                }
            }
            let Some(row) = window.take().await? else {
                break;
            };
            let row = row.map_err(|error| submit_failure::of_journal(&error))?;
            written.tally.count(row.outcome);
            written.simulated |= row.result.is_simulated();
            let object = RowObject {
                reference: row.reference.as_deref(),
                outcome: row.outcome,
                result: row.result,
                error: row.failure.as_ref().map(Failure::object),
            };
            if let Some(sink) = &mut sink {
                sink.row(&object).map_err(unwritten)?;
            }
            if as_lines {
                output.line(&object, |_, _| Ok(())).map_err(unwritten)?;
            }
        }
        if let Some(sink) = sink {
            sink.commit().map_err(unwritten)?;
        }
        Ok(written)
    }

    /// Says how it ended. In JSON the rows were the result, and this is for whoever looks on.
    fn tell(
        &self,
        left: &Left,
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
            let failure = Failure {
                exit,
                kind: "halted",
                delivery: tally.delivery(),
                help: Some(
                    "Mend that, and run the same command again: it goes on where it stopped."
                        .into(),
                ),
                ..Failure::fault(format!(
                    "stopped before the end of {} rows: {why}",
                    self.rows
                ))
            };
            // Where even standard error is gone, the exit code still tells.
            let _ = output.failure(&failure);
        }
        Ok(exit)
    }
}

/// The results cannot be written because the input cannot be read any more, after rows of it were submitted.
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

/// `SIMULATED: 500 rows: 497 done, 3 ambiguous`, and what to do about those that are not done.
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

fn interrupted(tally: &Tally, rows: usize) -> Failure {
    let begun = tally.total();
    canceled(format!(
        "interrupted after {begun} of {rows} rows ({})",
        tally.sentence()
    ))
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
