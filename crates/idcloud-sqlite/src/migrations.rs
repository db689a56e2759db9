//! The file's schema, step by step.
//!
//! Must not change a step that was released: existing files have taken it.

use idcloud_flows::journal::{JournalError, JournalErrorKind};
use rusqlite::{Connection, TransactionBehavior};

use crate::by_account;
use crate::failure::storage;

/// Marks the file as one of ours (`PRAGMA application_id`): "IDCJ".
const APPLICATION_ID: i64 = 0x4944_434a;

/// The steps from one version to the next (`PRAGMA user_version`); a file of version n has taken
/// the first n.
///
/// The columns beside the record only serve lookups; the record is authoritative.
const STEPS: &[&str] = &[
    "CREATE TABLE submission (
         environment TEXT NOT NULL,
         issuer TEXT NOT NULL,
         flow TEXT NOT NULL,
         reference TEXT NOT NULL,
         state TEXT NOT NULL,
         lease_until INTEGER,
         changed_at INTEGER NOT NULL,
         record TEXT NOT NULL,
         PRIMARY KEY (environment, issuer, flow, reference)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE fence (given INTEGER NOT NULL) STRICT;
     INSERT INTO fence (given) VALUES (0);",
    // The index is small: few submissions are open, most are finished.
    "CREATE INDEX submission_by_state ON submission (state, environment, issuer, flow, reference);",
    // Every process of a reference, also of its earlier attempts: one process belongs to one
    // reference. An unreadable record contributes none.
    "CREATE TABLE process (
         environment TEXT NOT NULL,
         issuer TEXT NOT NULL,
         process_id TEXT NOT NULL,
         flow TEXT NOT NULL,
         reference TEXT NOT NULL,
         PRIMARY KEY (environment, issuer, process_id, flow, reference)
     ) STRICT, WITHOUT ROWID;
     WITH readable AS (
         SELECT environment, issuer, flow, reference, iif(json_valid(record), record, '{}') AS record FROM submission
     ), held AS (
         SELECT environment, issuer, flow, reference, record, '$.last' AS attempt FROM readable
         UNION ALL
         SELECT environment, issuer, flow, reference, record, earlier.fullkey
             FROM readable, json_each(iif(json_type(record, '$.earlier') = 'array', record, '{}'), '$.earlier') AS earlier
     )
     INSERT OR IGNORE INTO process (environment, issuer, process_id, flow, reference)
         SELECT environment, issuer,
             coalesce(
                 json_extract(record, attempt || '.state.pending.processId'),
                 json_extract(record, attempt || '.state.finished.process.id')
             ) AS id,
             flow, reference
         FROM held WHERE typeof(id) = 'text';",
    // Whether the main file needs the log beside it: `log_mark` has the rules.
    "CREATE TABLE open_log (needed_by INTEGER) STRICT;
     INSERT INTO open_log (needed_by) VALUES (NULL);",
    // A reference belongs to the tenant; the account that the key had is stored beside the record
    // and within it. A submission that was refused or never sent holds no reference: of several the
    // most recently changed is kept. No lease is longer than a day.
    "CREATE TABLE by_tenant (
         environment TEXT NOT NULL,
         origin TEXT NOT NULL,
         tenant TEXT NOT NULL,
         flow TEXT NOT NULL,
         reference TEXT NOT NULL,
         account TEXT,
         state TEXT NOT NULL,
         lease_until INTEGER,
         changed_at INTEGER NOT NULL,
         record TEXT NOT NULL,
         PRIMARY KEY (environment, origin, tenant, flow, reference)
     ) STRICT, WITHOUT ROWID;
     INSERT INTO by_tenant
         SELECT environment, origin, tenant, flow, reference, account, state, lease_until, changed_at, record
         FROM older_submission WHERE NOT is_free;
     INSERT OR IGNORE INTO by_tenant
         SELECT environment, origin, tenant, flow, reference, account, state, lease_until, changed_at, record
         FROM older_submission WHERE is_free ORDER BY changed_at DESC;
     CREATE TABLE process_by_tenant (
         environment TEXT NOT NULL,
         origin TEXT NOT NULL,
         tenant TEXT NOT NULL,
         process_id TEXT NOT NULL,
         flow TEXT NOT NULL,
         reference TEXT NOT NULL,
         PRIMARY KEY (environment, origin, tenant, process_id, flow, reference)
     ) STRICT, WITHOUT ROWID;
     INSERT OR IGNORE INTO process_by_tenant
         SELECT environment, origin, tenant, process_id, flow, reference FROM older_process;
     DROP VIEW older_process;
     DROP VIEW older_submission;
     DROP TABLE submission;
     ALTER TABLE by_tenant RENAME TO submission;
     CREATE INDEX submission_by_state ON submission (state, environment, origin, tenant, flow, reference);
     DROP TABLE process;
     ALTER TABLE process_by_tenant RENAME TO process;",
];

/// The version that this library writes.
pub(crate) fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Migrates the file to the newest version, or refuses it unchanged.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), JournalError> {
    migrate_by(connection, STEPS)
}

fn migrate_by(connection: &mut Connection, steps: &[&str]) -> Result<(), JournalError> {
    // Of two programs the second waits here, and then finds everything done.
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(storage)?;
    let taken = steps_taken(&transaction)?;
    let missing = steps
        .get(taken..)
        .ok_or_else(|| JournalError::new(JournalErrorKind::Newer))?;
    for (number, step) in (taken..).zip(missing) {
        if number == by_account::STEPS {
            by_account::prepare(&transaction)?;
        }
        transaction.execute_batch(step).map_err(storage)?;
    }
    if !missing.is_empty() {
        stand_apart(&transaction).map_err(storage)?;
        let version = i64::try_from(steps.len()).unwrap_or(i64::MAX);
        for (pragma, value) in [
            ("application_id", APPLICATION_ID),
            ("user_version", version),
        ] {
            transaction
                .pragma_update(None, pragma, value)
                .map_err(storage)?;
        }
    }
    transaction.commit().map_err(storage)
}

/// Gives the file a schema version that no copy made by SQLite has: the log's mark is that version.
/// A backup counts on from the version of the file that it overwrites, which begins at 1 and grows
/// by one with each.
///
/// The version is only raised: programs that have the file open notice by it that the schema
/// changed.
fn stand_apart(connection: &Connection) -> rusqlite::Result<()> {
    const APART: i64 = 1_000_000_000;
    let version: i64 = connection.query_row("PRAGMA schema_version", [], |row| row.get(0))?;
    if version < APART {
        connection.pragma_update(None, "schema_version", APART + version)?;
    }
    Ok(())
}

/// Shows an older version's file in the newest form; refuses a file that is no journal, and one of
/// a newer version. Changes nothing.
pub(crate) fn look_at_older(connection: &Connection) -> Result<(), JournalError> {
    match steps_taken(connection)? {
        0 => Err(JournalErrorKind::Foreign.into()),
        taken if taken > STEPS.len() => Err(JournalErrorKind::Newer.into()),
        taken if taken <= by_account::STEPS => by_account::look(connection),
        _ => Ok(()),
    }
}

/// How many steps the file has taken; none if it is empty.
fn steps_taken(connection: &Connection) -> Result<usize, JournalError> {
    let number = |sql: &str| -> Result<i64, JournalError> {
        connection
            .query_row(sql, [], |row| row.get(0))
            .map_err(storage)
    };
    let version = number("PRAGMA user_version")?;
    match number("PRAGMA application_id")? {
        APPLICATION_ID => usize::try_from(version).map_err(|_| JournalErrorKind::Damaged.into()),
        0 if version == 0 && number("SELECT count(*) FROM sqlite_schema")? == 0 => Ok(0),
        _ => Err(JournalErrorKind::Foreign.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of the first version is migrated to the newest, with its content.
    #[test]
    fn an_older_file() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_by(&mut connection, &STEPS[..1]).unwrap();
        let row = "INSERT INTO submission VALUES ('local','i','identity','r','claimed',1,1,'{}')";
        connection.execute_batch(row).unwrap();
        connection
            .execute_batch("UPDATE fence SET given = 7")
            .unwrap();
        for _ in 0..2 {
            migrate(&mut connection).unwrap();
        }
        let number = |sql| {
            connection
                .query_row(sql, [], |row| row.get::<_, i64>(0))
                .unwrap()
        };
        assert_eq!(number("PRAGMA user_version"), newest());
        assert_eq!(number("SELECT given FROM fence"), 7);
        let by_state = "SELECT count(*) FROM submission INDEXED BY submission_by_state WHERE state = 'claimed'";
        assert_eq!(number(by_state), 1);
    }

    /// A damaged record does not keep the file from being opened, whatever it is: it contributes no
    /// process, and the others do.
    #[test]
    fn damaged_records_of_an_older_file() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_by(&mut connection, &STEPS[..2]).unwrap();
        let good = r#"{"earlier":[{"state":{"finished":{"process":{"id":"a"}}}}],"last":{"state":{"pending":{"processId":"b"}}}}"#;
        for (number, record) in [
            good,
            "",
            "no json",
            "{}",
            "[]",
            "7",
            "null",
            r#"{"last":"text"}"#,
            r#"{"last":7,"earlier":"text"}"#,
            r#"{"last":[],"earlier":["text",7,null]}"#,
            r#"{"last":{"state":"ambiguous"},"earlier":{"text":"text"}}"#,
            r#"{"last":{"state":{"pending":"text"}}}"#,
        ]
        .into_iter()
        .enumerate()
        {
            let insert =
                "INSERT INTO submission VALUES ('local','i','identity',?1,'claimed',1,1,?2)";
            connection
                .execute(insert, rusqlite::params![number.to_string(), record])
                .unwrap();
        }
        migrate(&mut connection).unwrap();
        let held: String = connection
            .query_row("SELECT group_concat(process_id) FROM process", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(held, "a,b");
    }

    /// A newer file and another program's file are refused and left unchanged.
    #[test]
    fn other_files() {
        let mut newer = Connection::open_in_memory().unwrap();
        migrate_by(
            &mut newer,
            &[STEPS, &["CREATE TABLE future (x INTEGER) STRICT"]].concat(),
        )
        .unwrap();
        let mut tables = Connection::open_in_memory().unwrap();
        tables
            .execute_batch("CREATE TABLE notes (text TEXT)")
            .unwrap();
        let mut marked = Connection::open_in_memory().unwrap();
        marked.pragma_update(None, "application_id", 1).unwrap();
        for (file, kind) in [
            (&mut newer, JournalErrorKind::Newer),
            (&mut tables, JournalErrorKind::Foreign),
            (&mut marked, JournalErrorKind::Foreign),
        ] {
            assert_eq!(migrate(file).unwrap_err().kind(), kind);
        }
        let count = "SELECT count(*) FROM sqlite_schema";
        let left: i64 = tables.query_row(count, [], |row| row.get(0)).unwrap();
        assert_eq!(left, 1);
    }
}
