//! A journal in memory that lists its commands, and fails or panics on request.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use idcloud_flows::http::EnvironmentName;
use idcloud_flows::journal::{
    Answer, Command, Conclusion, Entry, EntryFilter, Journal, JournalError, JournalErrorKind,
    JournalKey, MemoryJournal, Page, Reference,
};
use idcloud_flows::{Flow, IdCloud};

use crate::support::OTHER_ID;

/// What happens to one command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Trouble {
    /// It fails, and nothing changes.
    Fails,
    /// It fails the first time, and nothing changes.
    FailsOnce,
    /// The record cannot be read.
    IsDamaged,
    /// It panics.
    Panics,
    /// It never returns, and nothing changes.
    Hangs,
}

/// The journal, and its commands so far.
#[derive(Debug, Default)]
pub(crate) struct WatchedJournal {
    pub(crate) inner: MemoryJournal,
    commands: Mutex<Vec<String>>,
    trouble: Mutex<Option<(&'static str, Trouble)>>,
    /// So many commands of that name succeed before.
    spared: AtomicUsize,
    panics_when_told: AtomicBool,
}

impl WatchedJournal {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Sets the trouble from now on, or removes it.
    pub(crate) fn make(&self, trouble: Option<(&'static str, Trouble)>) {
        *self.trouble.lock().unwrap() = trouble;
    }

    /// The same, after this many commands of that name succeeded.
    pub(crate) fn make_after(&self, spared: usize, trouble: (&'static str, Trouble)) {
        self.spared.store(spared, Ordering::Relaxed);
        self.make(Some(trouble));
    }

    /// From now on [`Journal::apply_detached`] panics, whatever the other trouble.
    pub(crate) fn panic_when_told(&self) {
        self.panics_when_told.store(true, Ordering::Relaxed);
    }

    pub(crate) fn commands(&self) -> Vec<String> {
        self.commands.lock().unwrap().clone()
    }

    pub(crate) fn note(&self, what: impl Into<String>) {
        self.commands.lock().unwrap().push(what.into());
    }

    /// The entry under [`reference`] now.
    pub(crate) async fn entry_now(&self, idcloud: &IdCloud, flow: Flow) -> Option<Entry> {
        let now = idcloud.client().clock().now();
        self.inner.entry(&key(flow), now).await.unwrap()
    }

    /// Its state; `-` without an entry.
    pub(crate) async fn state(&self, idcloud: &IdCloud, flow: Flow) -> &'static str {
        let entry = self.entry_now(idcloud, flow).await;
        entry.map_or("-", |entry| entry.state().kind().as_str())
    }

    fn trouble(&self, name: &str) -> Option<Trouble> {
        let (_, trouble) = self.trouble.lock().unwrap().filter(|(at, _)| *at == name)?;
        let spared = self.spared.load(Ordering::Relaxed);
        self.spared
            .store(spared.saturating_sub(1), Ordering::Relaxed);
        (spared == 0).then_some(trouble)
    }
}

/// The one reference of these tests.
pub(crate) fn reference() -> Reference {
    "order-1041".parse().unwrap()
}

/// Its key.
pub(crate) fn key(flow: Flow) -> JournalKey {
    JournalKey::from_parts(EnvironmentName::Local, OTHER_ID, flow, reference())
}

fn name(command: &Command) -> &'static str {
    match command {
        Command::Claim(_) => "claim",
        Command::BeginAgain(_) => "begin_again",
        Command::Dispatch { .. } => "dispatch",
        Command::Retract(_) => "retract",
        Command::Conclude { conclusion, .. } => match conclusion {
            Conclusion::Pending(_) => "conclude pending",
            Conclusion::Finished(_) => "conclude finished",
            Conclusion::Ambiguous => "conclude ambiguous",
            Conclusion::NotSent(None) => "conclude not sent",
            Conclusion::NotSent(Some(_)) => "conclude refused",
            _ => "conclude",
        },
        Command::Abandon(_) => "abandon",
        Command::Finish { .. } => "finish",
        Command::Doubt { .. } => "doubt",
        Command::Settle { .. } => "settle",
        _ => "other",
    }
}

#[async_trait::async_trait]
impl Journal for WatchedJournal {
    async fn apply(&self, command: Command, now: SystemTime) -> Result<Answer, JournalError> {
        let name = name(&command);
        self.note(name);
        match self.trouble(name) {
            None => self.inner.apply(command, now).await,
            Some(Trouble::FailsOnce) => {
                self.make(None);
                Err(JournalErrorKind::Storage.into())
            }
            Some(Trouble::Fails) => Err(JournalErrorKind::Storage.into()),
            Some(Trouble::IsDamaged) => Err(JournalErrorKind::Damaged.into()),
            Some(Trouble::Panics) => panic!("the journal panics"),
            Some(Trouble::Hangs) => std::future::pending().await,
        }
    }

    fn apply_detached(&self, command: Command, now: SystemTime) {
        self.note(format!("tell {}", name(&command)));
        let panics = self.panics_when_told.load(Ordering::Relaxed);
        assert!(!panics, "the journal panics");
        self.inner.apply_detached(command, now);
    }

    async fn purge(&self, before: SystemTime) -> Result<u64, JournalError> {
        self.inner.purge(before).await
    }

    async fn entry(
        &self,
        key: &JournalKey,
        now: SystemTime,
    ) -> Result<Option<Entry>, JournalError> {
        self.inner.entry(key, now).await
    }

    async fn entries(
        &self,
        filter: &EntryFilter,
        after: Option<&JournalKey>,
        limit: usize,
        now: SystemTime,
    ) -> Result<Page, JournalError> {
        self.inner.entries(filter, after, limit, now).await
    }
}
