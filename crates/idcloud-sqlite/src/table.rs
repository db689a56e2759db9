//! Records in the file: one row for each key.
//!
//! Must not judge: the journal's transition decides how a record changes.

use std::time::SystemTime;

use idcloud_flows::journal::{
    JournalError, JournalErrorKind, JournalKey, Origin, Record, StateKind, refuse_purge,
    unix_millis,
};
use idcloud_flows::model::ProcessId;
use rusqlite::{Connection, OptionalExtension as _, Row, Statement, params};

use crate::failure::storage;
use crate::migrations::newest;

/// The statements that change records, prepared once.
pub(crate) struct Table<'c> {
    load: Statement<'c>,
    save: Statement<'c>,
    hold: Statement<'c>,
    held: Statement<'c>,
    over: Statement<'c>,
    forget: Statement<'c>,
    let_go: Statement<'c>,
    newest: Statement<'c>,
    unnamed: Statement<'c>,
    version: Statement<'c>,
    fence: Statement<'c>,
    give: Statement<'c>,
}

impl<'c> Table<'c> {
    pub(crate) fn of(connection: &'c Connection) -> Result<Self, JournalError> {
        let prepare = |sql| connection.prepare(sql).map_err(storage);
        Ok(Self {
            load: prepare(LOAD)?,
            save: prepare(
                "INSERT OR REPLACE INTO submission
                     (environment, origin, tenant, flow, reference, account, state, lease_until, changed_at, record)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?,
            hold: prepare(
                "INSERT OR IGNORE INTO process (environment, origin, tenant, process_id, flow, reference)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?,
            held: prepare(
                "SELECT EXISTS (SELECT 1 FROM process
                 WHERE environment = ?1 AND origin = ?2 AND tenant = ?3 AND process_id = ?4
                     AND (flow, reference) <> (?5, ?6))",
            )?,
            // By the key alone (hence the plus): by the state, each page would sort all ended
            // records again.
            over: prepare(
                "SELECT environment, origin, tenant, flow, reference, record FROM submission
                 WHERE changed_at < ?1 AND (+state IN ('finished', 'not-sent', 'resend')
                     OR (+state = 'claimed' AND lease_until <= ?1))
                     AND (environment, origin, tenant, flow, reference) > (?2, ?3, ?4, ?5, ?6)
                 ORDER BY environment, origin, tenant, flow, reference LIMIT ?7",
            )?,
            forget: prepare(
                "DELETE FROM submission
                 WHERE environment = ?1 AND origin = ?2 AND tenant = ?3 AND flow = ?4 AND reference = ?5",
            )?,
            let_go: prepare(
                "DELETE FROM process
                 WHERE environment = ?1 AND origin = ?2 AND tenant = ?3 AND process_id = ?4 AND flow = ?5
                     AND reference = ?6",
            )?,
            // Unreadable records count too: the column has their time.
            newest: prepare("SELECT max(changed_at) FROM submission")?,
            unnamed: prepare(
                "SELECT environment, origin, tenant, flow, reference, record FROM submission
                 WHERE environment = 'custom' AND origin = ''",
            )?,
            version: prepare("PRAGMA user_version")?,
            fence: prepare("SELECT given FROM fence")?,
            give: prepare("UPDATE fence SET given = ?1")?,
        })
    }

    pub(crate) fn load(&mut self, key: &JournalKey) -> Result<Option<Record>, JournalError> {
        self.load
            .query_row(key.parts(), |row| Ok(record(row, 0)))
            .optional()
            .map_err(storage)?
            .transpose()
    }

    pub(crate) fn save(&mut self, key: &JournalKey, record: &Record) -> Result<(), JournalError> {
        let [environment, origin, tenant, flow, reference] = key.parts();
        let text = serde_json::to_string(record)
            .map_err(|error| JournalError::new(JournalErrorKind::Storage).with_source(error))?;
        let state = record.state();
        let until = record.lease_end();
        let until = until.map(|time| number(unix_millis::of(time)));
        let changed_at = number(unix_millis::of(record.changed_at()));
        self.save
            .execute(params![
                environment,
                origin,
                tenant,
                flow,
                reference,
                record.account(),
                state.kind().as_str(),
                until,
                changed_at,
                text
            ])
            .map_err(storage)?;
        for process_id in record.processes() {
            let process_id = process_id.as_str();
            self.hold
                .execute([environment, origin, tenant, process_id, flow, reference])
                .map_err(storage)?;
        }
        Ok(())
    }

    /// The key no longer has this process.
    pub(crate) fn let_go(
        &mut self,
        key: &JournalKey,
        process_id: &ProcessId,
    ) -> Result<(), JournalError> {
        let id = process_id.as_str();
        let [environment, origin, tenant, flow, reference] = key.parts();
        self.let_go
            .execute([environment, origin, tenant, id, flow, reference])
            .map_err(storage)?;
        Ok(())
    }

    /// Whether another reference of the key's tenant has this process.
    pub(crate) fn is_held_elsewhere(
        &mut self,
        key: &JournalKey,
        process_id: &ProcessId,
    ) -> Result<bool, JournalError> {
        let id = process_id.as_str();
        let [environment, origin, tenant, flow, reference] = key.parts();
        self.held
            .query_row([environment, origin, tenant, id, flow, reference], |row| {
                row.get(0)
            })
            .map_err(storage)
    }

    /// When the most recently changed record changed; `None` without records.
    fn newest(&mut self) -> Result<Option<SystemTime>, JournalError> {
        let newest: Option<i64> = self
            .newest
            .query_row([], |row| row.get(0))
            .map_err(storage)?;
        Ok(newest.map(|millis| unix_millis::time(u64::try_from(millis).unwrap_or(0))))
    }

    /// Removes records that ended before `before`; returns how many. An unreadable record is not
    /// known to have ended, and stays.
    ///
    /// # Errors
    /// The outer error is the store's; the inner one refuses a limit that is newer than every
    /// record.
    pub(crate) fn forget(
        &mut self,
        before: SystemTime,
    ) -> Result<Result<u64, JournalError>, JournalError> {
        if let Err(refused) = refuse_purge(self.newest()?, before) {
            return Ok(Err(refused));
        }
        let mut forgotten = 0;
        let mut after = [const { String::new() }; 5];
        loop {
            let page = self.over(before, &after)?;
            for (key, record) in &page {
                if let Some(record) = record {
                    let key = key.each_ref().map(String::as_str);
                    let [environment, origin, tenant, flow, reference] = key;
                    for process_id in record.processes() {
                        let id = process_id.as_str();
                        self.let_go
                            .execute([environment, origin, tenant, id, flow, reference])
                            .map_err(storage)?;
                    }
                    self.forget.execute(key).map_err(storage)?;
                    forgotten += 1;
                }
            }
            match page.into_iter().last() {
                Some((last, _)) => after = last,
                None => return Ok(Ok(forgotten)),
            }
        }
    }

    /// The next rows after a key whose columns say that they ended, each with its record if the
    /// record says so too.
    fn over(&mut self, before: SystemTime, after: &StoredKey) -> Result<Vec<Over>, JournalError> {
        /// How many rows are in memory at once.
        const PAGE: i64 = 1_000;
        let [environment, origin, tenant, flow, reference] = after;
        let changed_before = number(unix_millis::of(before));
        let mut rows = self
            .over
            .query(params![
                changed_before,
                environment,
                origin,
                tenant,
                flow,
                reference,
                PAGE
            ])
            .map_err(storage)?;
        let mut page = Vec::new();
        while let Some(row) = rows.next().map_err(storage)? {
            let text = |at| row.get::<_, String>(at);
            if let (Ok(environment), Ok(origin), Ok(tenant), Ok(flow), Ok(reference)) =
                (text(0), text(1), text(2), text(3), text(4))
            {
                let record = record(row, RECORD).ok();
                let record = record.filter(|record| record.may_be_forgotten(before));
                page.push(([environment, origin, tenant, flow, reference], record));
            }
        }
        Ok(page)
    }

    /// Sets the origin of every reference that an earlier version submitted to a custom
    /// environment. Returns how many there were. Unreadable records stay unchanged.
    pub(crate) fn name_origin(&mut self, origin: &Origin) -> Result<u64, JournalError> {
        let mut named = 0;
        for (key, record) in self.unnamed()? {
            let own = key.clone().at(Some(origin));
            if own != key && self.load(&own)?.is_some() {
                // Beside this key another record can exist only if this one was never sent.
                continue;
            }
            let processes: Vec<ProcessId> = record.processes().cloned().collect();
            for process_id in &processes {
                self.let_go(&key, process_id)?;
            }
            self.forget.execute(key.parts()).map_err(storage)?;
            self.save(&own, &record.named(origin))?;
            named += 1;
        }
        Ok(named)
    }

    fn unnamed(&mut self) -> Result<Vec<(JournalKey, Record)>, JournalError> {
        let mut rows = self.unnamed.query([]).map_err(storage)?;
        let mut unnamed = Vec::new();
        while let Some(row) = rows.next().map_err(storage)? {
            if let (Ok(key), Ok(record)) = (key(row), record(row, RECORD))
                && record.origin().is_none()
            {
                unnamed.push((key, record));
            }
        }
        Ok(unnamed)
    }

    /// Refuses if a newer version has migrated the file since it was opened.
    ///
    /// An older program that has the file open would break rules that it does not know.
    pub(crate) fn refuse_newer(&mut self) -> Result<(), JournalError> {
        let version: i64 = self
            .version
            .query_row([], |row| row.get(0))
            .map_err(storage)?;
        if version == newest() {
            Ok(())
        } else {
            Err(JournalErrorKind::Newer.into())
        }
    }

    /// The last fencing number given.
    pub(crate) fn fence(&mut self) -> Result<u64, JournalError> {
        let given: i64 = self
            .fence
            .query_row([], |row| row.get(0))
            .map_err(storage)?;
        u64::try_from(given).map_err(|_| JournalErrorKind::Damaged.into())
    }

    pub(crate) fn give(&mut self, fence: u64) -> Result<(), JournalError> {
        self.give.execute([number(fence)]).map_err(storage)?;
        Ok(())
    }
}

pub(crate) const LOAD: &str = "SELECT record FROM submission
    WHERE environment = ?1 AND origin = ?2 AND tenant = ?3 AND flow = ?4 AND reference = ?5";

/// The record's column in a row that begins with its key.
pub(crate) const RECORD: usize = 5;

/// A number in SQLite's range; a larger one becomes the largest.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A key as it is stored.
type StoredKey = [String; 5];
/// A row's key, with its record if it may be purged.
type Over = (StoredKey, Option<Record>);

fn damaged() -> JournalError {
    JournalErrorKind::Damaged.into()
}

/// Reads a stored record from this column of a row. A value that is no text counts as damaged, not
/// as a failure of the store.
pub(crate) fn record(row: &Row<'_>, column: usize) -> Result<Record, JournalError> {
    let stored = row.get_ref(column).map_err(storage)?;
    let text = stored.as_str().map_err(|_| damaged())?;
    let record: Record = serde_json::from_str(text)
        .map_err(|error| JournalError::new(JournalErrorKind::Damaged).with_source(error))?;
    if record.is_readable() {
        Ok(record)
    } else {
        Err(JournalErrorKind::Newer.into())
    }
}

/// Reads a stored key: the first five columns of a row.
pub(crate) fn key(row: &Row<'_>) -> Result<JournalKey, JournalError> {
    let text = |at: usize| row.get_ref(at).ok().and_then(|value| value.as_str().ok());
    let key = || JournalKey::from_text([text(0)?, text(1)?, text(2)?, text(3)?, text(4)?]);
    key().ok_or_else(damaged)
}

/// The stored states of records that may be in the wanted state: a lease may have expired by the
/// time of the query.
pub(crate) const fn stored_as(wanted: StateKind) -> &'static [StateKind] {
    match wanted {
        StateKind::Ambiguous => &[StateKind::Ambiguous, StateKind::Dispatched],
        // An attempt that was only claimed gives way to the one before it.
        StateKind::NotSent => &[StateKind::NotSent, StateKind::Claimed],
        StateKind::Finished => &[StateKind::Finished, StateKind::Claimed],
        StateKind::Resend => &[StateKind::Resend, StateKind::Claimed],
        StateKind::Claimed => &[StateKind::Claimed],
        StateKind::Dispatched => &[StateKind::Dispatched],
        _ => &[StateKind::Pending],
    }
}
