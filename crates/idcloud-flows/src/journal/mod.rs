//! Memory of what was submitted, so that nobody pays twice.
//!
//! Must not let a request leave whose intent is not remembered, and must hold nothing personal.
//!
//! IDCloud has no idempotency key: a create that is repeated is a second process. So the caller gives each submission a
//! [`Reference`] of its own, and a [`Journal`] remembers what became of it. Of each reference it remembers attempts, of which the last is in one
//! of these states:
//!
//! ```text
//!  claim          ┌─────────┐ dispatch    ┌────────────┐ conclude
//! ───────────────►│ claimed ├────────────►│ dispatched ├──────────┬──────────┬─────────────┐
//!                 └────┬────┘ (durable,   └─────┬──────┘          │          │             │
//!       abandoned,     │      then it leaves)   │ abandoned,      │          │             │
//!       lease over,    │                        │ lease over,     │          │             │
//!       not sent       │                        │ nobody knows    │          │             │
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
//! - *Claimed* provably was not sent, *dispatched* may be on its way. Both are somebody's until their lease ends. So a crash leaves at most as
//!   many references ambiguous as requests were on the wire or leaving, and all others free.
//! - What was dispatched and provably did not run (no connection, 429, a refused token) is *claimed* again while its repetition waits.
//! - Only [`Claimed::Fresh`] may be submitted, with its [`Ticket`]. Its fencing number is given once: a dispatch with an older one, or after
//!   the lease, fails before anything leaves. So two replicas cannot send one reference.
//! - An attempt that provably did not run leaves what was before it: nothing, or the failed process that it was to replace.
//! - A process that a person found is compared with the person when there is one at hand. Until then its verdict is a review; another person's
//!   leaves the reference *ambiguous* again.
//! - No lease is longer than a day, and one that a clock wrote which was ahead by minutes is over. A person who knows that
//!   an owner is dead need not wait ([`Settlement::OwnerIsDead`]).
//! - A reference belongs to the tenant, not to one of its accounts. In a custom environment the record names the API's
//!   origin, and a claim for another origin is refused ([`JournalErrorKind::OtherOrigin`]).
//! - *Ambiguous* ends only by a late answer, or by a person ([`Settlement`]), who may say otherwise until the process that was found is seen final.
//!
//! All of it is one pure function, [`transition`]. A store keeps records ([`Record`]) by key, runs the function on them, and answers once
//! what it made is durable. [`MemoryJournal`] is one; the crate `idcloud-sqlite` has one on SQLite. The module `conformance` (feature
//! `conformance`) tries any other.
//!
//! What is stored: the key, the account, times, states, owners' names, the request's [`Fingerprint`], what was asked, and of processes what
//! [`Finished`] and [`Pending`] keep. No image, no number, no name.

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

/// Memory of what was submitted.
///
/// A store implements [`apply`](Self::apply), [`apply_detached`](Self::tell), [`purge`](Self::purge), [`entry`](Self::entry) and
/// [`entries`](Self::entries); the other methods are commands by name. Times are arguments: a journal has no clock.
///
/// No call may take for ever: a submission waits for its journal, before it leaves and before it is told. A wait does not, beyond its own end.
#[async_trait]
pub trait Journal: Send + Sync + Debug {
    /// Runs one command by [`transition`], and returns its answer once what it changed is durable.
    ///
    /// Commands about one key never run at the same time, in this process or in another. Dropping the future does not undo the command.
    async fn apply(&self, command: Command, now: SystemTime) -> Result<Answer, JournalError>;

    /// Runs one command without waiting for it, for whoever is dropped. It may panic or fail, and then nothing is lost but time: the lease's
    /// end does the same, or leaves an ambiguous end that need not be one.
    ///
    /// Commands that were applied before by the same caller come first.
    fn apply_detached(&self, command: Command, now: SystemTime);

    /// Forgets what changed last before `before` and is over: finished, not sent, settled to be sent again. Returns how
    /// many.
    ///
    /// What is pending, ambiguous or on its way is never forgotten, and neither is a record that cannot be read. A forgotten reference is
    /// free, and can be paid for once more.
    ///
    /// # Errors
    /// [`JournalErrorKind::NothingNewer`] where no record is as new as `before` ([`refuse_purge`]): all would be forgotten,
    /// for instance because a clock is ahead.
    async fn purge(&self, before: SystemTime) -> Result<u64, JournalError>;

    /// What is remembered under `key`, as it stands at `now`.
    async fn entry(&self, key: &JournalKey, now: SystemTime)
    -> Result<Option<Entry>, JournalError>;

    /// What is remembered, in the order of keys: at most `limit` entries after the key `after`. Fewer than `limit` are the last.
    ///
    /// A record that cannot be read is no error here: the page tells of it beside the others. Where a state is wanted, it is told if it may be
    /// in that state as far as the store can see.
    async fn entries(
        &self,
        filter: &EntryFilter,
        after: Option<&JournalKey>,
        limit: usize,
        now: SystemTime,
    ) -> Result<Page, JournalError>;

    /// Asks to submit: fresh with a ticket, or what is known instead.
    ///
    /// # Errors
    /// [`JournalErrorKind::OtherRequest`] where the reference is in use for a request with another fingerprint;
    /// [`OtherOrigin`](JournalErrorKind::OtherOrigin) and [`OriginUnknown`](JournalErrorKind::OriginUnknown) where it was
    /// submitted to another custom environment, or nobody knows to which.
    async fn claim(&self, claim: Claim, now: SystemTime) -> Result<Claimed, JournalError> {
        refuse_unnamed(self, &claim, now).await?;
        claimed(self.apply(Command::Claim(claim), now).await?)
    }

    /// The same, and fresh also where the last process ended in status 4 or 5. With a new selfie the fingerprint may be another.
    async fn begin_again(&self, claim: Claim, now: SystemTime) -> Result<Claimed, JournalError> {
        refuse_unnamed(self, &claim, now).await?;
        claimed(self.apply(Command::BeginAgain(claim), now).await?)
    }

    /// Makes durable that the request is about to leave, and holds it for `lease` from now: longer than its time-out, or its end comes late.
    ///
    /// May be called again for each repetition of one attempt that provably did not run.
    ///
    /// # Errors
    /// Any error means that nothing may be sent.
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

    /// Takes a dispatch back that provably did not run, before its request is repeated after a pause: whoever crashes meanwhile leaves a free
    /// reference, and not an ambiguous one.
    async fn retract(&self, ticket: &Ticket, now: SystemTime) -> Result<(), JournalError> {
        self.apply(Command::Retract(ticket.clone()), now).await?;
        Ok(())
    }

    /// Lets go of an attempt without waiting, for whoever is dropped: free if it was not dispatched, ambiguous if it was.
    fn abandon(&self, ticket: Ticket, now: SystemTime) {
        self.apply_detached(Command::Abandon(ticket), now);
    }

    /// Writes down how an attempt ended. May be repeated after an error.
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

    /// Writes down the end of a pending process; by whoever waited for it. Of two that say so the first counts.
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

    /// Writes down that IDCloud does not know a process which an answer named, and nobody has seen: its submission is ambiguous.
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
    /// [`JournalErrorKind::NotAllowed`] where it is not ambiguous (for [`Settlement::OwnerIsDead`]: neither claimed nor
    /// dispatched), and [`JournalErrorKind::ProcessTaken`] where the process that was found belongs to another reference of
    /// the tenant.
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

    /// Writes down whose the process is that a person found: the person's whom the submission is about, or another's, and
    /// then the reference is ambiguous again.
    ///
    /// # Errors
    /// [`JournalErrorKind::NotAllowed`] where the reference has another process, or one that no person found.
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
        // A store that answers a claim so does not follow the rules.
        Answer::Done => Err(JournalErrorKind::Storage.into()),
    }
}

/// Refuses what an earlier version submitted to a custom environment that it did not name, where the key of this version
/// is another because it names it.
async fn refuse_unnamed<J: Journal + ?Sized>(
    journal: &J,
    claim: &Claim,
    now: SystemTime,
) -> Result<(), JournalError> {
    let Some(key) = claim.key.without_origin() else {
        return Ok(());
    };
    let entry = journal.entry(&key, now).await?;
    // Only earlier versions wrote such records, so that none can come between this and the claim.
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
