//! Runs the rows of a batch, a limited number at once and in their order, until all have ended or
//! the run is stopped.
//!
//! Must not drop requests in flight before the second interrupt, nor send a row after the first.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::journal::Reference;
use idcloud_flows::{Report, WaitError, WaitErrorKind, Waiter};
use idcloud_http::ApiKey;
use idcloud_model::ProcessId;
use tokio::task::JoinSet;

use crate::batch::input::rows::{Line, Rows};
use crate::batch::run::circuit_breaker::CircuitBreaker;
use crate::batch::run::outcome::{Outcome, Tally};
use crate::batch::run::progress_bar::ProgressDisplay;
use crate::batch::run::row_errors::RowErrors;
use crate::batch::run::row_failures::{RowFailures, RowId};
use crate::batch::run::submit_row::{Job, Ran, RowEnd, of_failure, of_process};
use crate::batch::run::unwritten::Unwritten;
use crate::failure::Failure;
use crate::failure::call;
use crate::failure::exit::Exit;
use crate::output::Output;
use crate::verify::interrupts::Interrupts;

/// How often the progress is shown if nothing else happens.
const TICK: Duration = Duration::from_secs(1);

/// The most processes that are polled at once: each costs memory, and its polls take a share of the
/// budget.
const MAX_WAITING: usize = 10_000;

/// Why a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Every row was started.
    Through,
    /// The user or another program interrupted it.
    Interrupted,
    /// It stopped by itself, for this reason.
    Halted(String),
    /// It stopped by itself because of an error in the command or its configuration.
    Misconfigured(String),
}

/// A run of a batch.
pub(crate) struct Driver {
    pub(crate) job: Arc<Job>,
    /// Waits for processes that are not final, with `api_key`.
    pub(crate) waiter: Waiter,
    pub(crate) api_key: ApiKey,
    pub(crate) rows: Rows,
    pub(crate) concurrency: usize,
    /// How long each pending process is waited for; `None` means not at all.
    pub(crate) wait: Option<Duration>,
    pub(crate) breaker: CircuitBreaker,
    pub(crate) progress: ProgressDisplay,
    pub(crate) row_errors: RowErrors,
}

/// The result of a run, apart from the journal.
pub(crate) struct RunEnd {
    pub(crate) end: End,
    /// How many rows were started.
    pub(crate) begun: usize,
    pub(crate) tally: Tally,
    pub(crate) row_failures: RowFailures,
    /// Ends that the journal could not record, by reference.
    pub(crate) unwritten: HashMap<Reference, Unwritten>,
}

impl RunEnd {
    /// A run that stopped before its first row.
    pub(crate) fn before_any(why: String) -> Self {
        Self {
            end: End::Halted(why),
            begun: 0,
            tally: Tally::default(),
            row_failures: RowFailures::default(),
            unwritten: HashMap::new(),
        }
    }
}

/// A row that was in flight, with its position in the input.
struct Ended {
    row: RowId,
    line: u64,
    reference: Reference,
    /// `None` if the row was released before it was sent.
    ran: Option<Ran>,
}

#[derive(Default)]
struct RunState {
    tally: Tally,
    row_failures: RowFailures,
    unwritten: HashMap<Reference, Unwritten>,
    /// The row of each process that is waited for.
    waiting: HashMap<ProcessId, (RowId, u64, Reference)>,
    exhausted: bool,
    end: Option<End>,
    begun: usize,
    ended: usize,
}

impl RunState {
    const fn is_stopping(&self) -> bool {
        self.end.is_some()
    }

    /// Starts no more rows. Keeps an earlier reason to stop.
    fn halt(&mut self, why: String) {
        self.end.get_or_insert(End::Halted(why));
    }

    /// The same, because of an error in the command or its configuration.
    fn misconfigured(&mut self, why: String) {
        self.end.get_or_insert(End::Misconfigured(why));
    }

    /// Keeps an answer that the journal does not have, and stops: the next row's end could not be
    /// recorded either.
    fn keep(&mut self, reference: Reference, unwritten: Unwritten) {
        self.halt(unwritten.why().to_owned());
        self.unwritten.insert(reference, unwritten);
    }
}

impl Driver {
    /// Runs until every row has ended, a signal arrives, the circuit breaker opens, or the input
    /// cannot be read any further.
    pub(crate) async fn run(mut self, interrupts: &Interrupts, output: &mut Output<'_>) -> RunEnd {
        let clock = Arc::clone(&self.job.clock);
        let begun = clock.instant();
        let mut state = RunState::default();
        let mut in_flight: JoinSet<Ended> = JoinSet::new();
        loop {
            while !state.exhausted
                && !state.is_stopping()
                && !interrupts.is_raised()
                && in_flight.len() < self.concurrency
                && self.waiter.len() < MAX_WAITING
            {
                match self.rows.next() {
                    Ok(Some(line)) => {
                        self.begin(line, interrupts, &mut in_flight, &mut state, output);
                    }
                    Ok(None) => state.exhausted = true,
                    // Rows in flight run to their end even if the rest of the input cannot be read.
                    Err(refusal) => state.halt(refusal.sentence()),
                }
            }
            let ended = state.ended;
            self.progress
                .show(clock.instant() - begun, &state.tally, ended, output);
            let begins_no_more = state.exhausted || state.is_stopping();
            // A stopped run does not wait for results: a later run can fetch them.
            if begins_no_more
                && in_flight.is_empty()
                && (self.waiter.is_empty() || state.is_stopping())
            {
                break;
            }
            let requests = if state.end == Some(End::Interrupted) {
                2
            } else {
                1
            };
            tokio::select! {
                biased;
                () = interrupts.reached(requests) => {
                    if state.end == Some(End::Interrupted) {
                        break;
                    }
                    self.interrupted(in_flight.len(), output);
                    state.end = Some(End::Interrupted);
                }
                Some(ended) = in_flight.join_next(), if !in_flight.is_empty() => match ended {
                    Ok(ended) => self.ended(ended, &mut state, output),
                    Err(_) => state.halt("a fault of this program ended a row".to_owned()),
                },
                Some(waited) = self.waiter.next(), if !self.waiter.is_empty() => self.waited(&waited, &mut state, output),
                () = clock.sleep(TICK) => {}
            }
        }
        self.progress.finish();
        RunEnd {
            end: state.end.unwrap_or(End::Through),
            begun: state.begun,
            tally: state.tally,
            row_failures: state.row_failures,
            unwritten: state.unwritten,
        }
    }

    fn begin(
        &mut self,
        line: Line,
        interrupts: &Interrupts,
        in_flight: &mut JoinSet<Ended>,
        state: &mut RunState,
        output: &mut Output<'_>,
    ) {
        state.begun += 1;
        let id = RowId::from(&line);
        let Line {
            begins: line,
            reference,
            row,
            ..
        } = line;
        match (reference, row) {
            (Some(reference), Ok(row)) => {
                let (job, interrupts) = (Arc::clone(&self.job), interrupts.clone());
                in_flight.spawn(async move {
                    let ran = job.run_unless_interrupted(reference.clone(), row, &interrupts);
                    let ran = ran.await;
                    Ended {
                        row: id,
                        line,
                        reference,
                        ran,
                    }
                });
            }
            (_, Err(refusals)) => {
                // Not kept: the last pass finds the same refusals again.
                state.tally.count(Outcome::Invalid);
                self.row_errors.row(
                    line,
                    Failure::refused_offline(refusals),
                    &self.progress,
                    output,
                );
            }
            // Cannot happen: a row without a reference is always refused.
            (None, Ok(_)) => state.tally.count(Outcome::Invalid),
        }
    }

    fn ended(&mut self, ended: Ended, state: &mut RunState, output: &mut Output<'_>) {
        let Ended {
            row,
            line,
            reference,
            ran,
        } = ended;
        let Some(ran) = ran else {
            return;
        };
        state.ended += 1;
        match ran.came {
            RowEnd::Failed(_) => {}
            _ if ran.sent => state.row_failures.sent(row),
            _ => state.row_failures.own(row),
        }
        if let Some(unwritten) = ran.unwritten {
            self.row_errors
                .row(line, unwritten.failure(), &self.progress, output);
            state.keep(reference.clone(), unwritten);
        }
        match ran.came {
            RowEnd::Ended(outcome) => {
                state.tally.count(outcome);
                if outcome != Outcome::Ambiguous {
                    self.breaker.answered();
                }
            }
            RowEnd::Pending(pending) => {
                self.breaker.answered();
                state.tally.count(Outcome::Pending);
                if let Some(limit) = self.wait {
                    let id = pending.process_id().clone();
                    // A process of another tenant cannot be waited for, and stays pending.
                    if self.waiter.add(*pending, &self.api_key, limit).is_ok() {
                        state.waiting.insert(id, (row, line, reference));
                    }
                }
            }
            RowEnd::Failed(failure) => {
                state.tally.count(of_failure(failure.exit));
                if let Some(why) = self.breaker.failed(&failure) {
                    match failure.exit {
                        Exit::Usage => state.misconfigured(why),
                        _ => state.halt(why),
                    }
                }
                state.row_failures.failed(row, (*failure).clone());
                self.row_errors.row(line, *failure, &self.progress, output);
            }
        }
    }

    fn waited(
        &mut self,
        waited: &Result<Report, WaitError>,
        state: &mut RunState,
        output: &mut Output<'_>,
    ) {
        let process = match waited {
            Ok(report) => report.process().id(),
            Err(error) => error.pending().process_id(),
        };
        let row = state.waiting.remove(process);
        match waited {
            Ok(report) => {
                let outcome = of_process(report.failure().is_some());
                state.tally.recount(Outcome::Pending, outcome);
                if let Some((row, _, reference)) = row {
                    state.row_failures.sent(row);
                    if let Some(unwritten) = Unwritten::of_report(report) {
                        state.keep(reference, unwritten);
                    }
                }
            }
            // This run sent it, and only its answer named the process: a person has to settle it.
            Err(error) if error.kind() == WaitErrorKind::Ambiguous => {
                state.tally.recount(Outcome::Pending, Outcome::Ambiguous);
                if let (Some((row, line, _)), Some(cause)) = (row, error.error()) {
                    let failure = call::of_doubtful(cause, process.as_str());
                    state.row_failures.failed(row, failure.clone());
                    self.row_errors.row(line, failure, &self.progress, output);
                }
            }
            // Other failures of the wait leave the process pending; the next run waits for it
            // again.
            Err(_) => {}
        }
    }

    fn interrupted(&mut self, in_flight: usize, output: &mut Output<'_>) {
        let text = match in_flight {
            0 => "Interrupted.".to_owned(),
            rows => format!(
                "Interrupted: finishing what is in flight (at most {rows} rows). Interrupt again to leave at once; what has left is then ambiguous."
            ),
        };
        self.progress.interrupted(&text, output);
    }
}

#[cfg(test)]
mod tests;
