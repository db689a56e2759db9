//! The connection that reads: it neither waits for the writer nor blocks it.
//!
//! Must show the state at the time of the query, which may not be written yet.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use idcloud_flows::Flow;
use idcloud_flows::journal::{
    Entry, EntryFilter, JournalError, JournalErrorKind, JournalKey, Page, Record, StateKind,
    Unreadable, unix_millis,
};
use rusqlite::types::Value;
use rusqlite::{OptionalExtension as _, params_from_iter};

use crate::failure::storage;
use crate::listed::Listed;
use crate::log_mark::Logged;
use crate::table::{LOAD, RECORD, key, number, record, stored_as};

/// The connection that reads. One query at a time.
#[derive(Debug)]
pub(crate) struct Reader(Mutex<Logged>);

impl Reader {
    pub(crate) const fn new(connection: Logged) -> Self {
        Self(Mutex::new(connection))
    }

    fn lock(&self) -> MutexGuard<'_, Logged> {
        // A panic during a query leaves nothing inconsistent.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn entry(
        &self,
        key: &JournalKey,
        now: SystemTime,
    ) -> Result<Option<Entry>, JournalError> {
        let record = self
            .lock()
            .query_row(LOAD, key.parts(), |row| Ok(record(row, 0)))
            .optional()
            .map_err(storage)?
            .transpose()?;
        Ok(record.map(|record| Entry::new(key.clone(), record, now)))
    }

    pub(crate) fn listed(
        &self,
        flow: Flow,
        each: &mut dyn FnMut(Listed<'_>),
    ) -> Result<(), JournalError> {
        let connection = self.lock();
        let mut statement = connection
            .prepare(
                "SELECT environment, origin, tenant, reference, state FROM submission WHERE flow = ?1",
            )
            .map_err(storage)?;
        let mut rows = statement.query([flow.as_str()]).map_err(storage)?;
        while let Some(row) = rows.next().map_err(storage)? {
            let mut columns = [""; 5];
            let mut is_text = true;
            for (at, column) in columns.iter_mut().enumerate() {
                match row.get_ref(at).map_err(storage)?.as_str() {
                    Ok(text) => *column = text,
                    Err(_) => is_text = false,
                }
            }
            // A value that is no text is no caller's reference.
            if is_text {
                let [environment, origin, tenant_id, reference, state] = columns;
                each(Listed {
                    environment,
                    origin,
                    tenant_id,
                    reference,
                    state: state.parse().ok(),
                });
            }
        }
        Ok(())
    }

    pub(crate) fn entries(
        &self,
        filter: &EntryFilter,
        after: Option<&JournalKey>,
        limit: usize,
        now: SystemTime,
    ) -> Result<Page, JournalError> {
        let (sql, values) = query(filter, after, now);
        let connection = self.lock();
        let mut statement = connection.prepare(&sql).map_err(storage)?;
        let mut rows = statement.query(params_from_iter(values)).map_err(storage)?;
        let (mut entries, mut unreadable) = (Vec::new(), Vec::new());
        while entries.len() < limit
            && let Some(row) = rows.next().map_err(storage)?
        {
            match (key(row), record(row, RECORD)) {
                (Ok(key), Ok(record)) => {
                    let entry = Entry::new(key, record, now);
                    // An expired lease changes the state, and only the record knows to which.
                    if filter.matches(&entry) {
                        entries.push(entry);
                    }
                }
                // Listed whatever the filter's state: the unreadable record may be in it.
                (key, record) => {
                    let kind = match (&key, record) {
                        (Ok(_), Err(error)) => error.kind(),
                        _ => JournalErrorKind::Damaged,
                    };
                    unreadable.push(Unreadable::new(key.ok(), kind));
                }
            }
        }
        Ok(Page::new(entries, unreadable))
    }
}

const KEY: &str = "environment, origin, tenant, flow, reference";
const COLUMNS: [&str; 5] = ["environment", "origin", "tenant", "flow", "reference"];

/// The rows that may match, in the order of their keys.
fn query(
    filter: &EntryFilter,
    after: Option<&JournalKey>,
    now: SystemTime,
) -> (String, Vec<Value>) {
    let mut conditions = vec!["1".to_owned()];
    let mut values: Vec<Value> = Vec::new();
    for (column, wanted) in COLUMNS.into_iter().zip(filter.parts()) {
        if let Some(wanted) = wanted {
            conditions.push(format!("{column} = ?"));
            values.push(wanted.to_owned().into());
        }
    }
    if let Some(after) = after {
        conditions.push(format!("({KEY}) > (?, ?, ?, ?, ?)"));
        values.extend(after.parts().map(|part| Value::from(part.to_owned())));
    }
    if let Some(wanted) = filter.state() {
        // A lease written by a clock that was ahead has expired as well.
        let latest = now.checked_add(Record::MOST_AHEAD).unwrap_or(now);
        let (now, latest) = (unix_millis::of(now), unix_millis::of(latest));
        let (now, latest) = (number(now), number(latest));
        let states: Vec<_> = stored_as(wanted)
            .iter()
            .map(|stored| match stored {
                StateKind::Claimed | StateKind::Dispatched => {
                    let over = if *stored == wanted { "" } else { "NOT " };
                    format!(
                        "(state = '{stored}' AND {over}(lease_until > {now} AND changed_at <= {latest}))"
                    )
                }
                _ => format!("state = '{stored}'"),
            })
            .collect();
        conditions.push(format!("({})", states.join(" OR ")));
    }
    let conditions = conditions.join(" AND ");
    let sql = format!("SELECT {KEY}, record FROM submission WHERE {conditions} ORDER BY {KEY}");
    (sql, values)
}
