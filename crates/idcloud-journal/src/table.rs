//! Records in the file: one row for each key.
//!
//! Must never judge: what a record becomes is decided by the journal's transition.

use idcloud_flows::journal::{
    JournalError, JournalErrorKind, JournalKey, Record, StateKind, unix_millis,
};
use rusqlite::{Connection, OptionalExtension as _, Row, Statement, params};

use crate::failure::storage;

/// The statements that change records, prepared once.
pub(crate) struct Table<'c> {
    load: Statement<'c>,
    save: Statement<'c>,
    forget: Statement<'c>,
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
                     (environment, issuer, flow, reference, state, lease_until, changed_at, record)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
            forget: prepare(
                "DELETE FROM submission WHERE changed_at < ?1 AND (state IN ('finished', 'not-sent', 'resend')
                     OR (state = 'claimed' AND lease_until <= ?1))",
            )?,
            fence: prepare("SELECT given FROM fence")?,
            give: prepare("UPDATE fence SET given = ?1")?,
        })
    }

    pub(crate) fn load(&mut self, key: &JournalKey) -> Result<Option<Record>, JournalError> {
        self.load
            .query_row(key.parts(), |row| row.get::<_, String>(0))
            .optional()
            .map_err(storage)?
            .map(|text| record(&text))
            .transpose()
    }

    pub(crate) fn save(&mut self, key: &JournalKey, record: &Record) -> Result<(), JournalError> {
        let [environment, issuer, flow, reference] = key.parts();
        let text = serde_json::to_string(record)
            .map_err(|error| JournalError::new(JournalErrorKind::Storage).with_source(error))?;
        let state = record.state();
        let until = state.until().map(|time| number(unix_millis::of(time)));
        let changed_at = number(unix_millis::of(record.changed_at()));
        self.save
            .execute(params![
                environment,
                issuer,
                flow,
                reference,
                state.kind().as_str(),
                until,
                changed_at,
                text
            ])
            .map_err(storage)?;
        Ok(())
    }

    /// Removes what is over since before `before`, in milliseconds; returns how many.
    pub(crate) fn forget(&mut self, before: u64) -> Result<u64, JournalError> {
        let forgotten = self.forget.execute([number(before)]).map_err(storage)?;
        Ok(u64::try_from(forgotten).unwrap_or(u64::MAX))
    }

    /// The last fencing number that was given.
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
    WHERE environment = ?1 AND issuer = ?2 AND flow = ?3 AND reference = ?4";

/// A number as SQLite has them; what is beyond them is the largest.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Reads a stored record.
pub(crate) fn record(text: &str) -> Result<Record, JournalError> {
    let record: Record = serde_json::from_str(text)
        .map_err(|error| JournalError::new(JournalErrorKind::Damaged).with_source(error))?;
    if record.is_readable() {
        Ok(record)
    } else {
        Err(JournalErrorKind::Newer.into())
    }
}

/// Reads a stored key: the first four columns of a row.
pub(crate) fn key(row: &Row<'_>) -> Result<JournalKey, JournalError> {
    let text = |at: usize| row.get_ref(at).ok().and_then(|value| value.as_str().ok());
    let key = || JournalKey::from_text([text(0)?, text(1)?, text(2)?, text(3)?]);
    key().ok_or_else(|| JournalErrorKind::Damaged.into())
}

/// The states in which what is wanted may have been stored: by the time that is asked for a lease may be over.
pub(crate) const fn stored_as(wanted: StateKind) -> &'static [StateKind] {
    match wanted {
        StateKind::Ambiguous => &[StateKind::Ambiguous, StateKind::Dispatched],
        // An attempt that was only claimed leaves what was before it.
        StateKind::NotSent => &[StateKind::NotSent, StateKind::Claimed],
        StateKind::Finished => &[StateKind::Finished, StateKind::Claimed],
        StateKind::Resend => &[StateKind::Resend, StateKind::Claimed],
        StateKind::Claimed => &[StateKind::Claimed],
        StateKind::Dispatched => &[StateKind::Dispatched],
        _ => &[StateKind::Pending],
    }
}
