//! Records one submission in the journal: each attempt is claimed, dispatched, and concluded or
//! given up.
//!
//! Must not let a request be sent whose dispatch is not durable.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use idcloud_http::{BeforeDispatch, BoxError, CallOptions, Client, Clock, Delivery, Error};

use crate::journal::handle::JournalHandle;
use crate::journal::{Claim, Claimed, Command, Conclusion, Journal, JournalError, Refusal, Ticket};
use crate::{Pending, SubmitOptions};

/// How an attempt ended whose create failed.
pub(crate) fn conclusion_of(error: &Error) -> Conclusion {
    match error.delivery() {
        Delivery::Unknown => Conclusion::Ambiguous,
        Delivery::NotSent => Conclusion::NotSent(None),
        Delivery::Answered => {
            let refusal = Refusal::new(error.status(), error.code().cloned());
            Conclusion::NotSent(Some(refusal))
        }
    }
}

/// The attempts of one submission under a reference. If it is dropped before the end is recorded,
/// it records the end that it knows, or gives the attempt up.
#[derive(Debug)]
pub(crate) struct Recording {
    journal_handle: JournalHandle,
    clock: Arc<dyn Clock>,
    claim: Claim,
    /// How long the end of a dispatched request is awaited.
    dispatched_for: Duration,
    ticket: Ticket,
    /// The journal has no end of the attempt yet.
    open: bool,
    /// The end that was passed to the journal and is not acknowledged.
    unacknowledged: Option<Conclusion>,
    /// A request of the attempt was handed to the transport, and it did not provably fail to run.
    sent: Arc<AtomicBool>,
}

/// The result of a claim.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "made once a submission, and taken apart at once"
)]
pub(crate) enum ClaimResult {
    /// The submission may be sent.
    Fresh(Recording),
    /// The reference was submitted, or is being submitted.
    Known(Claimed),
}

impl Recording {
    /// Claims the reference.
    pub(crate) async fn begin(
        journal_handle: JournalHandle,
        client: &Client,
        claim: Claim,
        options: &SubmitOptions,
    ) -> Result<ClaimResult, JournalError> {
        let clock = Arc::clone(client.clock());
        let dispatched_for = options
            .call()
            .deadline()
            .saturating_add(options.lease_margin());
        let claim = claim.with_lease(client.queue_timeout().saturating_add(dispatched_for));
        let now = clock.now();
        let claimed = if options.begin_again() {
            journal_handle
                .journal
                .begin_again(claim.clone(), now)
                .await?
        } else {
            journal_handle.journal.claim(claim.clone(), now).await?
        };
        Ok(match claimed {
            Claimed::Fresh(ticket) => ClaimResult::Fresh(Self {
                journal_handle,
                clock,
                claim,
                dispatched_for,
                ticket,
                open: true,
                unacknowledged: None,
                sent: Arc::default(),
            }),
            known => ClaimResult::Known(known),
        })
    }

    /// The call's options with a hook that makes every dispatch durable; the caller's own hook runs
    /// before it.
    pub(crate) fn options(&self, call: &CallOptions) -> (CallOptions, Arc<Dispatch>) {
        let dispatch = Arc::new(Dispatch {
            before: call.before_dispatch().cloned(),
            journal: Arc::clone(&self.journal_handle.journal),
            clock: Arc::clone(&self.clock),
            ticket: self.ticket.clone(),
            lease: self.dispatched_for,
            sent: Arc::clone(&self.sent),
            failure: Mutex::default(),
        });
        let hook: Arc<dyn BeforeDispatch> = Arc::clone(&dispatch) as Arc<_>;
        (call.clone().with_before_dispatch(hook), dispatch)
    }

    /// Whether the journal has no end of the attempt yet.
    pub(crate) const fn is_open(&self) -> bool {
        self.open
    }

    /// Records the attempt's process, whose end is still to be recorded.
    pub(crate) async fn record_pending(&mut self, known: Pending) -> Result<(), JournalError> {
        self.record(Conclusion::Pending(Box::new(known))).await
    }

    /// Records how the attempt ended.
    pub(crate) async fn conclude(&mut self, conclusion: Conclusion) -> Result<(), JournalError> {
        self.record(conclusion).await?;
        self.open = false;
        Ok(())
    }

    /// Passes an end to the journal, and keeps it until it is acknowledged: `drop` repeats it.
    async fn record(&mut self, conclusion: Conclusion) -> Result<(), JournalError> {
        self.unacknowledged = Some(conclusion.clone());
        let journal = &self.journal_handle.journal;
        journal
            .conclude(&self.ticket, conclusion, self.clock.now())
            .await?;
        self.unacknowledged = None;
        Ok(())
    }

    /// Claims a new attempt after the last one failed in processing; if this returns false, nothing
    /// may be sent.
    pub(crate) async fn begin_again(&mut self) -> Result<bool, JournalError> {
        let now = self.clock.now();
        let again = self
            .journal_handle
            .journal
            .begin_again(self.claim.clone(), now);
        match again.await? {
            Claimed::Fresh(ticket) => {
                self.ticket = ticket;
                self.open = true;
                self.unacknowledged = None;
                // A flag of its own: the hook of the attempt before may still set the old one.
                self.sent = Arc::default();
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if self.open {
            let ticket = self.ticket.clone();
            let command = match self.unacknowledged.take() {
                Some(conclusion) => Command::Conclude { ticket, conclusion },
                // The journal knows the dispatch only; whether the request was then sent is known
                // here. A program that is killed before this line cannot say it: its reference is
                // ambiguous.
                None if self.sent.load(Ordering::Acquire) => Command::Abandon(ticket),
                None => Command::Conclude {
                    ticket,
                    conclusion: Conclusion::NotSent(None),
                },
            };
            self.journal_handle.repeat_detached(&*self.clock, command);
        }
    }
}

/// The hook that makes an attempt's dispatch durable before it is sent, and takes it back if the
/// request provably did not run.
pub(crate) struct Dispatch {
    before: Option<Arc<dyn BeforeDispatch>>,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    ticket: Ticket,
    lease: Duration,
    sent: Arc<AtomicBool>,
    failure: Mutex<Option<JournalError>>,
}

impl Dispatch {
    /// Why the journal could not record the dispatch, if that is why nothing was sent.
    pub(crate) fn failure(&self) -> Option<JournalError> {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn not_remembered(&self, error: JournalError) -> BoxError {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        *failure = Some(error);
        Box::new(NotRemembered)
    }
}

/// The journal refused. Its error is kept in `Dispatch`, because a boxed error loses its type.
#[derive(Debug, thiserror::Error)]
#[error("the journal could not remember the dispatch, or that it did not run")]
struct NotRemembered;

#[async_trait]
impl BeforeDispatch for Dispatch {
    async fn before_dispatch(&self, attempt: u32) -> Result<(), BoxError> {
        if let Some(before) = &self.before {
            before.before_dispatch(attempt).await?;
        }
        let now = self.clock.now();
        let dispatched = self.journal.dispatch(&self.ticket, self.lease, now).await;
        dispatched.map_err(|error| self.not_remembered(error))
    }

    fn departing(&self, attempt: u32) {
        self.sent.store(true, Ordering::Release);
        if let Some(before) = &self.before {
            before.departing(attempt);
        }
    }

    async fn did_not_run(&self, attempt: u32) -> Result<(), BoxError> {
        self.sent.store(false, Ordering::Release);
        let now = self.clock.now();
        let retracted = self.journal.retract(&self.ticket, now).await;
        retracted.map_err(|error| self.not_remembered(error))?;
        match &self.before {
            Some(before) => before.did_not_run(attempt).await,
            None => Ok(()),
        }
    }
}
