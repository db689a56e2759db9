//! A journal in memory: for tests, and for services that record submissions elsewhere.
//!
//! Must follow the rules of every journal; it differs only in that its content ends with the
//! process.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use async_trait::async_trait;
use idcloud_model::ProcessId;

use super::transition;
use super::{
    Answer, Command, Entry, EntryFilter, Journal, JournalError, JournalErrorKind, JournalKey, Page,
    Record, refuse_purge,
};

/// A journal that lasts as long as this value.
///
/// It keeps two tasks of one process from submitting one reference twice. A crash loses it, and
/// with it which references were submitted.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    state: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    records: BTreeMap<JournalKey, Record>,
    fence: u64,
}

impl MemoryJournal {
    /// An empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        // Every change is one insertion, so a panic under the lock leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, command: Command, now: SystemTime) -> Result<Answer, JournalError> {
        let mut memory = self.lock();
        memory.fence += 1;
        let key = command.key().clone();
        if let Some(found) = command.found()
            && memory.holds(&key, found)
        {
            return Err(JournalErrorKind::ProcessTaken.into());
        }
        let before = memory.records.get(&key).cloned();
        let after = transition(before, command, memory.fence, now);
        if let Some(record) = after.store {
            memory.records.insert(key, record);
        }
        after.answer
    }
}

impl Memory {
    /// Whether another reference of the key's tenant has this process. It scans all records: only a
    /// person's command needs it.
    fn holds(&self, key: &JournalKey, process_id: &ProcessId) -> bool {
        self.records.iter().any(|(other, record)| {
            other != key && other.is_of_the_tenant_of(key) && record.holds(process_id)
        })
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn apply(&self, command: Command, now: SystemTime) -> Result<Answer, JournalError> {
        self.change(command, now)
    }

    fn apply_detached(&self, command: Command, now: SystemTime) {
        // A detached caller wants no answer.
        drop(self.change(command, now));
    }

    async fn purge(&self, before: SystemTime) -> Result<u64, JournalError> {
        let mut memory = self.lock();
        let newest = memory.records.values().map(Record::changed_at).max();
        refuse_purge(newest, before)?;
        let count = memory.records.len();
        memory
            .records
            .retain(|_, record| !record.may_be_forgotten(before));
        Ok(u64::try_from(count - memory.records.len()).unwrap_or(u64::MAX))
    }

    async fn entry(
        &self,
        key: &JournalKey,
        now: SystemTime,
    ) -> Result<Option<Entry>, JournalError> {
        let record = self.lock().records.get(key).cloned();
        Ok(record.map(|record| Entry::new(key.clone(), record, now)))
    }

    async fn entries(
        &self,
        filter: &EntryFilter,
        after: Option<&JournalKey>,
        limit: usize,
        now: SystemTime,
    ) -> Result<Page, JournalError> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let entries = self
            .lock()
            .records
            .range((start, Bound::Unbounded))
            .map(|(key, record)| Entry::new(key.clone(), record.clone(), now))
            .filter(|entry| filter.matches(entry))
            .take(limit)
            .collect();
        // Records in memory are never deserialized, so none is unreadable.
        Ok(Page::new(entries, Vec::new()))
    }
}
