//! A program's access to the journal: slow, failing, and cut off when the program crashes.
//!
//! Must not change a rule of the journal, except the one that a sabotage switches off.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use idcloud_flows::journal::{
    Answer, Claim, Claimed, Command, Conclusion, Entry, EntryFilter, Journal, JournalError,
    JournalErrorKind, JournalKey, Page,
};
use idcloud_http::Clock as _;
use tokio::time::Instant;

use crate::judge::ambiguity::Doubt;
use crate::program::lifetime::{Crash, Life};
use crate::run::SECOND_ACCOUNT;
use crate::sabotage::Sabotage;
use crate::world::World;
use crate::world::rng::once_in;

/// The journal as one life of one program sees it.
pub(crate) struct FlakyJournal {
    world: Arc<World>,
    life: Arc<Life>,
    /// Until when the journal refuses every command.
    fails_until: Mutex<Option<Instant>>,
}

impl FlakyJournal {
    pub(crate) const fn new(world: Arc<World>, life: Arc<Life>) -> Self {
        Self {
            world,
            life,
            fails_until: Mutex::new(None),
        }
    }

    /// Whether the journal fails now, for one command or for a while; one command in `once` starts
    /// a failure.
    fn fails(&self, once: u32) -> bool {
        if !self.world.is_rough() {
            return false;
        }
        let now = self.world.clock.instant();
        let mut until = self
            .fails_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if until.is_some_and(|until| now < until) {
            return true;
        }
        let begins = self.world.with_chance(|chance| {
            let lasts = if once_in(chance, 4) { 20_000 } else { 1 };
            once_in(chance, once).then(|| chance.u64(..lasts))
        });
        *until = begins.map(|lasts| now + Duration::from_millis(lasts));
        begins.is_some()
    }

    fn is(&self, sabotage: Sabotage) -> bool {
        self.world.sabotage == Some(sabotage)
    }

    /// Notes whether the journal recorded the end of an attempt, or the campaign's faults prevented
    /// it.
    fn said(&self, name: &str, attempt: Option<u64>, taken: bool) {
        if let Some(attempt) = attempt {
            self.world.doubt(name, |doubt| doubt.said(attempt, taken));
        }
    }

    async fn apply_inner(&self, command: Command, now: SystemTime) -> Result<Answer, JournalError> {
        let journal = &self.world.journal;
        match command {
            Command::Claim(claim) => self.claim(claim, false, now).await,
            Command::BeginAgain(claim) => self.claim(claim, true, now).await,
            Command::Dispatch { .. } if self.is(Sabotage::DispatchNotDurable) => Ok(Answer::Done),
            Command::Dispatch { .. } if self.is(Sabotage::FenceIgnored) => {
                drop(journal.apply(command, now).await);
                Ok(Answer::Done)
            }
            Command::Retract(_) if self.is(Sabotage::DispatchNotTakenBack) => Ok(Answer::Done),
            Command::Conclude { ticket, conclusion } => {
                let conclusion = match conclusion {
                    Conclusion::Ambiguous if self.is(Sabotage::AmbiguousForgotten) => {
                        Conclusion::NotSent(None)
                    }
                    conclusion => conclusion,
                };
                let command = Command::Conclude { ticket, conclusion };
                journal.apply(command, now).await
            }
            Command::Finish { key, finished } => {
                let key = self.world.key(&key);
                journal.apply(Command::Finish { key, finished }, now).await
            }
            command => journal.apply(command, now).await,
        }
    }

    async fn claim(
        &self,
        mut claim: Claim,
        again: bool,
        now: SystemTime,
    ) -> Result<Answer, JournalError> {
        let command = |claim: &Claim| {
            if again {
                Command::BeginAgain(claim.clone())
            } else {
                Command::Claim(claim.clone())
            }
        };
        let named = claim.key.clone();
        claim.key = self.world.key(&named);
        if self.is(Sabotage::KeyedByAccount) {
            claim.key = by_account(claim.key, claim.account.as_deref());
        }
        let answer = self.world.journal.apply(command(&claim), now).await?;
        let forgets = match &answer {
            Answer::Claimed(Claimed::Ambiguous { .. }) => self.is(Sabotage::ExpiredIsFresh),
            Answer::Claimed(Claimed::InFlight { .. }) => self.is(Sabotage::InFlightIsFresh),
            Answer::Claimed(Claimed::Finished(_)) => self.is(Sabotage::FinishedIsFresh),
            _ => false,
        };
        if !forgets {
            return Ok(answer);
        }
        self.world.forget(&named);
        claim.key = self.world.key(&named);
        self.world.journal.apply(command(&claim), now).await
    }
}

const fn is_end(command: &Command) -> bool {
    matches!(command, Command::Conclude { .. })
}

/// The attempt of a command by its holder.
const fn attempt(command: &Command) -> Option<u64> {
    match command {
        Command::Conclude { ticket, .. }
        | Command::Dispatch { ticket, .. }
        | Command::Retract(ticket)
        | Command::Abandon(ticket) => Some(ticket.fence()),
        _ => None,
    }
}

/// The key as if accounts other than the first had references of their own.
fn by_account(key: JournalKey, account: Option<&str>) -> JournalKey {
    let is_second = account.and_then(|issuer| issuer.split('@').next()) == Some(SECOND_ACCOUNT);
    let own = format!("{} by {SECOND_ACCOUNT}", key.reference().as_str());
    match own.parse() {
        Ok(reference) if is_second => key.with_reference(reference),
        _ => key,
    }
}

#[async_trait]
impl Journal for FlakyJournal {
    async fn apply(&self, command: Command, now: SystemTime) -> Result<Answer, JournalError> {
        let name = command.key().reference().as_str().to_owned();
        let step = self.life.next_step();
        self.life.go_on(Crash::Journal { step, after: false }).await;
        // A failure to record an end is the worst case for the client.
        let fails = self.fails(if is_end(&command) { 15 } else { 60 });
        let rough = self.world.is_rough();
        let (took, stalls) = self.world.with_chance(|chance| {
            let most = match chance.u32(..100) {
                _ if !rough => 0,
                0 => 200_000,
                1..=15 => 300,
                _ => 0,
            };
            (chance.bool(), chance.u64(..=most))
        });
        let attempt = attempt(&command);
        if fails && !took {
            self.world.count_fault();
            self.said(&name, attempt, false);
            return Err(JournalErrorKind::Storage.into());
        }
        let is_claim = matches!(command, Command::Claim(_) | Command::BeginAgain(_));
        // A wait ends on time; the time that the journal takes for its end is not counted.
        let is_dispatch = matches!(command, Command::Dispatch { .. });
        let may_stall = is_claim || is_dispatch;
        let answer = self.apply_inner(command, now).await;
        if is_dispatch && answer.is_ok() {
            self.world.doubt(&name, Doubt::dispatched);
        }
        if answer.is_ok() {
            self.said(&name, attempt, true);
        }
        self.life.go_on(Crash::Journal { step, after: true }).await;
        if may_stall && stalls > 0 {
            // Between a claim and its dispatch a program may sleep for minutes; the hook's time
            // belongs to the call.
            let stall = if is_claim { stalls } else { stalls.min(300) };
            self.world.count_fault();
            self.world.clock.sleep(Duration::from_millis(stall)).await;
            self.life.go_on(Crash::Journal { step, after: true }).await;
        }
        if fails {
            self.world.count_fault();
            return Err(JournalErrorKind::Storage.into());
        }
        answer
    }

    fn apply_detached(&self, command: Command, now: SystemTime) {
        if self.life.is_over() || self.is(Sabotage::SaidOnce) && is_end(&command) {
            return;
        }
        if let Some(attempt) = attempt(&command) {
            let fails = self.fails(30);
            self.said(command.key().reference().as_str(), Some(attempt), !fails);
            if fails {
                self.world.count_fault();
                return;
            }
        }
        let command = match command {
            Command::Abandon(ticket) if self.is(Sabotage::AbandonedIsFree) => {
                let conclusion = Conclusion::NotSent(None);
                Command::Conclude { ticket, conclusion }
            }
            command => command,
        };
        self.world.journal.apply_detached(command, now);
    }

    async fn purge(&self, before: SystemTime) -> Result<u64, JournalError> {
        self.world.journal.purge(before).await
    }

    async fn entry(
        &self,
        key: &JournalKey,
        now: SystemTime,
    ) -> Result<Option<Entry>, JournalError> {
        self.world.journal.entry(&self.world.key(key), now).await
    }

    async fn entries(
        &self,
        filter: &EntryFilter,
        after: Option<&JournalKey>,
        limit: usize,
        now: SystemTime,
    ) -> Result<Page, JournalError> {
        self.world.journal.entries(filter, after, limit, now).await
    }
}

impl fmt::Debug for FlakyJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.world.journal.fmt(f)
    }
}
