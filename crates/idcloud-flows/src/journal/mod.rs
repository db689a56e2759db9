//! A durable record of what was submitted, so that no submission is paid for twice.
//!
//! Must not let a request be sent whose intent is not recorded, and must hold nothing personal.
//!
//! IDCloud has no idempotency key: a repeated create is a second process. So the caller gives each
//! submission a [`Reference`] of its own, and a [`Journal`] records its attempts. The last attempt
//! of a reference is in one of these states:
//!
//! ```text
//!  claim          ┌─────────┐ dispatch    ┌────────────┐ conclude
//! ───────────────►│ claimed ├────────────►│ dispatched ├──────────┬──────────┬─────────────┐
//!                 └────┬────┘ (durable,   └─────┬──────┘          │          │             │
//!       abandoned,     │      then sent)        │ abandoned,      │          │             │
//!       expired,       │                        │ expired,        │          │             │
//!       not sent       │                        │ end unknown     │          │             │
//!                      ▼                        ▼                 ▼          ▼             ▼
//!                 ┌──────────┐            ┌───────────┐     ┌─────────┐ ┌──────────┐  ┌──────────┐
//!                 │ not sent │            │ ambiguous │     │ pending ├►│ finished │  │ not sent │
//!                 └────┬─────┘            └──┬─────┬──┘     └─────────┘ └────┬─────┘  └────┬─────┘
//!                      │        settle:found │     │ settle:     ▲    finish │             │
//!                      │                     └─────┼─────────────┘           │             │
//!                      │                           ▼ resend                  │             │
//!                      │                      ┌────────┐                     │ status 4, 5:│
//!                      │ claim                │ resend │ claim               │ begin_again │ claim
//!                      └──────────────────────┴────┬───┴─────────────────────┴─────────────┘
//!                                                  ▼
//!                                           a new attempt: claimed
//! ```
//!
//! - A *claimed* attempt provably was not sent; a *dispatched* one may have been. Both belong to
//!   their owner until their lease expires. So a crash leaves at most as many references ambiguous
//!   as requests were being sent or on the wire; all others are free.
//! - A dispatched request that provably did not run (no connection, 429, a refused token) is
//!   *claimed* again while its repetition waits.
//! - Only the holder of the [`Ticket`] of a [`Claimed::Fresh`] may submit. The ticket's fencing
//!   number is given once: a dispatch with an older one, or after the lease, fails before anything
//!   is sent. So two replicas cannot send one reference.
//! - After an attempt that provably did not run, the one before it is current again, such as the
//!   failed process that it was to replace.
//! - A process that a person found is compared with the person of the next submission that names
//!   one. Until then its verdict is a review; a process of another person leaves the reference
//!   *ambiguous* again.
//! - No lease is longer than a day, and one written by a clock that was minutes ahead has expired.
//!   A person who knows that an owner is dead need not wait ([`Settlement::OwnerIsDead`]).
//! - A reference belongs to the tenant, not to one of its accounts. In a custom environment the
//!   record names the API's origin, and a claim for another origin is refused
//!   ([`JournalErrorKind::OtherOrigin`]).
//! - *Ambiguous* ends only by a late answer, or by a person ([`Settlement`]), who may change the
//!   decision until a poll shows the found process final.
//!
//! All of this is one pure function, [`transition`]. A store keeps records ([`Record`]) by key,
//! applies the function to them, and answers once the new record is durable. [`MemoryJournal`] is
//! one store; the crate `idcloud-sqlite` has one on SQLite. The module `conformance` (feature
//! `conformance`) tests any other.
//!
//! Stored are the key, the account, times, states, owners' names, the request's [`Fingerprint`],
//! the question, and of processes what [`Finished`] and [`Pending`] keep: no image, no number, no
//! name.

mod command;
#[cfg(feature = "conformance")]
pub mod conformance;
mod entry;
mod error;
mod fingerprint;
mod finished;
pub(crate) mod handle;
mod key;
mod memory;
mod origin;
mod owner;
mod page;
mod record;
mod reference;
mod transition;
pub mod unix_millis;

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use idcloud_http::EnvironmentName;
use idcloud_model::ProcessId;

pub use command::{Answer, Claim, Claimed, Command, Conclusion, Settlement, Ticket};
pub use entry::{Entry, EntryFilter};
pub use error::{JournalError, JournalErrorKind};
pub use fingerprint::Fingerprint;
pub use finished::Finished;
pub use key::JournalKey;
pub use memory::MemoryJournal;
pub use origin::{Origin, OriginError};
pub use owner::{Owner, OwnerError};
pub use page::{Page, Unreadable};
pub use record::{Attempt, Record, Refusal, State, StateKind, UnknownState};
pub use reference::{Reference, ReferenceError};
pub use transition::{Transition, refuse_purge, transition};

#[cfg(doc)]
use crate::Pending;

/// A durable record of what was submitted.
///
/// A store implements [`apply`](Self::apply), [`apply_detached`](Self::apply_detached),
/// [`purge`](Self::purge), [`entry`](Self::entry) and [`entries`](Self::entries); the other methods
/// build commands. Times are arguments: a journal has no clock.
///
/// No call may block for ever: a submission waits for its journal before it is sent and before it
/// returns. A wait does not wait for it beyond its own limit.
#[async_trait]
pub trait Journal: Send + Sync + Debug {
    /// Runs one command by [`transition`], and returns its answer once the change is durable.
    ///
    /// Commands about one key never run at the same time, in this process or in another. Dropping
    /// the future does not undo the command.
    async fn apply(&self, command: Command, now: SystemTime) -> Result<Answer, JournalError>;

    /// Runs one command without waiting for it: the call for destructors. It may panic or fail.
    /// That costs only time: the lease expires instead, or the reference is left ambiguous although
    /// its end was known.
    ///
    /// Commands that the same caller applied before run first.
    fn apply_detached(&self, command: Command, now: SystemTime);

    /// Removes records that ended (finished, not sent, settled to be sent again) and last changed
    /// before `before`. Returns how many.
    ///
    /// Pending, ambiguous, claimed and dispatched records are never removed, and neither are
    /// unreadable ones. A removed reference is free: submitting under it is paid for again.
    ///
    /// # Errors
    /// [`JournalErrorKind::NothingNewer`] if no record is as new as `before` ([`refuse_purge`]):
    /// everything would be removed, for instance because a clock is ahead.
    async fn purge(&self, before: SystemTime) -> Result<u64, JournalError>;

    /// The entry under `key`, as it stands at `now`.
    async fn entry(&self, key: &JournalKey, now: SystemTime)
    -> Result<Option<Entry>, JournalError>;

    /// The entries after the key `after`, in the order of keys, at most `limit` of them. A page
    /// with fewer is the last.
    ///
    /// An unreadable record is no error here: the page lists it apart. If the filter names a state,
    /// it is listed if it may be in that state as far as the store can see.
    async fn entries(
        &self,
        filter: &EntryFilter,
        after: Option<&JournalKey>,
        limit: usize,
        now: SystemTime,
    ) -> Result<Page, JournalError>;

    /// Claims a reference: returns a ticket for a fresh one, or what the journal knows instead.
    ///
    /// # Errors
    /// [`JournalErrorKind::OtherRequest`] if the reference is in use for a request with another
    /// fingerprint; [`OtherOrigin`](JournalErrorKind::OtherOrigin) and
    /// [`OriginUnknown`](JournalErrorKind::OriginUnknown) if it was submitted to another custom
    /// environment, or to an unknown one.
    async fn claim(&self, claim: Claim, now: SystemTime) -> Result<Claimed, JournalError> {
        refuse_unnamed(self, &claim, now).await?;
        claimed(self.apply(Command::Claim(claim), now).await?)
    }

    /// As [`claim`](Self::claim), and also fresh if the last process ended with status 4 or 5. A
    /// new selfie may change the fingerprint.
    async fn begin_again(&self, claim: Claim, now: SystemTime) -> Result<Claimed, JournalError> {
        refuse_unnamed(self, &claim, now).await?;
        claimed(self.apply(Command::BeginAgain(claim), now).await?)
    }

    /// Makes durable that the request is about to be sent, and holds the attempt for `lease` from
    /// `now`. The lease must be longer than the request's timeout, or the request's end arrives
    /// after it.
    ///
    /// May be called again for each repetition of one attempt that provably did not run.
    ///
    /// # Errors
    /// After any error nothing may be sent.
    async fn dispatch(
        &self,
        ticket: &Ticket,
        lease: Duration,
        now: SystemTime,
    ) -> Result<(), JournalError> {
        let ticket = ticket.clone();
        self.apply(Command::Dispatch { ticket, lease }, now).await?;
        Ok(())
    }

    /// Takes back a dispatch whose request provably did not run, before the request is repeated
    /// after a pause: a crash during the pause leaves a free reference, not an ambiguous one.
    async fn retract(&self, ticket: &Ticket, now: SystemTime) -> Result<(), JournalError> {
        self.apply(Command::Retract(ticket.clone()), now).await?;
        Ok(())
    }

    /// Gives up an attempt without waiting: the call for destructors. The reference is free if the
    /// attempt was not dispatched, ambiguous if it was.
    fn abandon(&self, ticket: Ticket, now: SystemTime) {
        self.apply_detached(Command::Abandon(ticket), now);
    }

    /// Records how an attempt ended. May be repeated after an error.
    async fn conclude(
        &self,
        ticket: &Ticket,
        conclusion: Conclusion,
        now: SystemTime,
    ) -> Result<(), JournalError> {
        let ticket = ticket.clone();
        self.apply(Command::Conclude { ticket, conclusion }, now)
            .await?;
        Ok(())
    }

    /// Records the end of a pending process; called by the wait. If two waits record it, the first
    /// counts.
    async fn finish(
        &self,
        key: &JournalKey,
        finished: Finished,
        now: SystemTime,
    ) -> Result<(), JournalError> {
        let (key, finished) = (key.clone(), Box::new(finished));
        self.apply(Command::Finish { key, finished }, now).await?;
        Ok(())
    }

    /// Records that IDCloud does not know a process that an answer named and no poll confirmed: the
    /// submission is ambiguous.
    async fn doubt(
        &self,
        key: &JournalKey,
        process_id: &ProcessId,
        now: SystemTime,
    ) -> Result<(), JournalError> {
        let (key, process_id) = (key.clone(), process_id.clone());
        self.apply(Command::Doubt { key, process_id }, now).await?;
        Ok(())
    }

    /// Ends an attempt by a person's decision.
    ///
    /// # Errors
    /// [`JournalErrorKind::NotAllowed`] if it is not ambiguous (for [`Settlement::OwnerIsDead`]:
    /// neither claimed nor dispatched), and [`JournalErrorKind::ProcessTaken`] if the process that
    /// was found belongs to another reference of the tenant.
    async fn settle(
        &self,
        key: &JournalKey,
        settlement: Settlement,
        now: SystemTime,
    ) -> Result<(), JournalError> {
        let key = key.clone();
        self.apply(Command::Settle { key, settlement }, now).await?;
        Ok(())
    }

    /// Records whether the process that a person found belongs to the person of the submission; if
    /// not, the reference is ambiguous again.
    ///
    /// # Errors
    /// [`JournalErrorKind::NotAllowed`] if the reference has another process, or one that no person
    /// found.
    async fn compare(
        &self,
        key: &JournalKey,
        process_id: &ProcessId,
        is_theirs: bool,
        now: SystemTime,
    ) -> Result<(), JournalError> {
        let (key, process_id) = (key.clone(), process_id.clone());
        let compare = Command::Compare {
            key,
            process_id,
            is_theirs,
        };
        self.apply(compare, now).await?;
        Ok(())
    }
}

fn claimed(answer: Answer) -> Result<Claimed, JournalError> {
    match answer {
        Answer::Claimed(claimed) => Ok(claimed),
        // A store that answers a claim with `Done` breaks the rules.
        Answer::Done => Err(JournalErrorKind::Storage.into()),
    }
}

/// Refuses a submission that an earlier version made to a custom environment without recording its
/// origin. This version's key includes the origin, so `claim` alone would not find that record.
async fn refuse_unnamed<J: Journal + ?Sized>(
    journal: &J,
    claim: &Claim,
    now: SystemTime,
) -> Result<(), JournalError> {
    let Some(key) = claim.key.without_origin() else {
        return Ok(());
    };
    let entry = journal.entry(&key, now).await?;
    // Only earlier versions wrote such records, so none can appear between this check and the
    // claim.
    let unnamed = entry.filter(|entry| entry.record().origin().is_none());
    unnamed
        .and_then(|entry| transition::other_place(entry.record(), claim.origin.as_ref()))
        .map_or(Ok(()), Err)
}

/// The environment of this name.
fn environment_named(name: &str) -> Option<EnvironmentName> {
    [
        EnvironmentName::Local,
        EnvironmentName::Uat,
        EnvironmentName::Production,
        EnvironmentName::Custom,
    ]
    .into_iter()
    .find(|environment| environment.as_str() == name)
}
