//! The journal's part of one submission: each attempt is claimed, dispatched and concluded, or let go of.
//!
//! Must not let a request leave whose dispatch is not durable.

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

/// The attempts of one submission under a reference. Dropped before its end is written, it says the end that it knows, or
/// lets go of the attempt that it holds.
#[derive(Debug)]
pub(crate) struct Recording {
    books: JournalHandle,
    clock: Arc<dyn Clock>,
    claim: Claim,
    /// How long the end of what was dispatched is awaited.
    dispatched_for: Duration,
    ticket: Ticket,
    /// The attempt has no end in the journal yet.
    open: bool,
    /// The end that the journal was told and has not taken.
    unsaid: Option<Conclusion>,
    /// A request of the attempt was handed to the transport, and did not provably fail to run.
    left: Arc<AtomicBool>,
}

/// What became of the wish to submit.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "made once a submission, and taken apart at once"
)]
pub(crate) enum ClaimResult {
    /// It may be submitted.
    Fresh(Recording),
    /// It was, or is being submitted.
    Known(Claimed),
}

impl Recording {
    /// Asks to submit what `claim` says.
    pub(crate) async fn begin(
        books: JournalHandle,
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
            books.journal.begin_again(claim.clone(), now).await?
        } else {
            books.journal.claim(claim.clone(), now).await?
        };
        Ok(match claimed {
            Claimed::Fresh(ticket) => ClaimResult::Fresh(Self {
                books,
                clock,
                claim,
                dispatched_for,
                ticket,
                open: true,
                unsaid: None,
                left: Arc::default(),
            }),
            known => ClaimResult::Known(known),
        })
    }

    /// The call's options with a hook that makes every attempt's dispatch durable; the caller's own hook runs before it.
    pub(crate) fn options(&self, call: &CallOptions) -> (CallOptions, Arc<Dispatch>) {
        let dispatch = Arc::new(Dispatch {
            before: call.before_dispatch().cloned(),
            journal: Arc::clone(&self.books.journal),
            clock: Arc::clone(&self.clock),
            ticket: self.ticket.clone(),
            lease: self.dispatched_for,
            left: Arc::clone(&self.left),
            failure: Mutex::default(),
        });
        let hook: Arc<dyn BeforeDispatch> = Arc::clone(&dispatch) as Arc<_>;
        (call.clone().with_before_dispatch(hook), dispatch)
    }

    /// Whether the attempt has no end in the journal yet.
    pub(crate) const fn is_open(&self) -> bool {
        self.open
    }

    /// Writes down that the attempt has a process, whose end is still to be written.
    pub(crate) async fn note(&mut self, known: Pending) -> Result<(), JournalError> {
        self.say(Conclusion::Pending(Box::new(known))).await
    }

    /// Writes down what became of the attempt.
    pub(crate) async fn conclude(&mut self, conclusion: Conclusion) -> Result<(), JournalError> {
        self.say(conclusion).await?;
        self.open = false;
        Ok(())
    }

    /// Tells the journal, and remembers what it has not taken: whoever is dropped meanwhile says it again.
    async fn say(&mut self, conclusion: Conclusion) -> Result<(), JournalError> {
        self.unsaid = Some(conclusion.clone());
        let journal = &self.books.journal;
        journal
            .conclude(&self.ticket, conclusion, self.clock.now())
            .await?;
        self.unsaid = None;
        Ok(())
    }

    /// Claims a new attempt after the last one failed in processing; without it nothing may be sent.
    pub(crate) async fn begin_again(&mut self) -> Result<bool, JournalError> {
        let now = self.clock.now();
        let again = self.books.journal.begin_again(self.claim.clone(), now);
        match again.await? {
            Claimed::Fresh(ticket) => {
                self.ticket = ticket;
                self.open = true;
                self.unsaid = None;
                // Of its own: the one before may still be told of.
                self.left = Arc::default();
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
            let command = match self.unsaid.take() {
                Some(conclusion) => Command::Conclude { ticket, conclusion },
                // The journal knows only what was dispatched; whether that left is known here.
                None if self.left.load(Ordering::Acquire) => Command::Abandon(ticket),
                None => Command::Conclude {
                    ticket,
                    conclusion: Conclusion::NotSent(None),
                },
            };
            self.books.say_again(&*self.clock, command);
        }
    }
}

/// Makes an attempt's dispatch durable before it leaves, and takes it back where it provably did not run.
pub(crate) struct Dispatch {
    before: Option<Arc<dyn BeforeDispatch>>,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    ticket: Ticket,
    lease: Duration,
    left: Arc<AtomicBool>,
    failure: Mutex<Option<JournalError>>,
}

impl Dispatch {
    /// Why the journal could not remember the dispatch, where that is why nothing left.
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

/// The journal refused; the error itself is kept apart, because its type would be lost on the way.
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
        self.left.store(true, Ordering::Release);
        if let Some(before) = &self.before {
            before.departing(attempt);
        }
    }

    async fn did_not_run(&self, attempt: u32) -> Result<(), BoxError> {
        self.left.store(false, Ordering::Release);
        let now = self.clock.now();
        let retracted = self.journal.retract(&self.ticket, now).await;
        retracted.map_err(|error| self.not_remembered(error))?;
        match &self.before {
            Some(before) => before.did_not_run(attempt).await,
            None => Ok(()),
        }
    }
}
