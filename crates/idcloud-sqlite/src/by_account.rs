//! Reads files of versions that kept the accounts of a tenant apart.
//!
//! Must not choose between two accounts that hold one reference: a person does.

use idcloud_flows::journal::{JournalError, JournalErrorKind};
use rusqlite::{Connection, OptionalExtension as _};

use crate::failure::storage;

/// The most migration steps that such a file has taken. The next step merges the accounts, from the
/// views of [`prepare`].
pub(crate) const STEPS: usize = 4;

/// The table of submissions by tenant: the part after the issuer's `@`, in lowercase. The account
/// is written into the record. A submission that was refused or never sent holds no reference
/// (`is_free`). No lease is longer than a day.
const SUBMISSION: &str = r#"
    SELECT environment, '' AS origin,
        iif(domain LIKE '%.iam.acesso.io', substr(domain, 1, length(domain) - 14), domain) AS tenant,
        flow, reference, issuer AS account, state,
        min(lease_until, changed_at + 86400000) AS lease_until, changed_at,
        iif(json_type(readable, '$.last.state') NOT NULL, json_set(readable, '$.last.account', issuer), record)
            AS record,
        state = 'not-sent' AND json_type(readable, '$.last.state."not-sent"') NOT NULL AS is_free
    FROM (
        SELECT *, lower(substr(issuer, instr(issuer, '@') + 1)) AS domain,
            iif(json_valid(record), record, '{}') AS readable
        FROM main.submission
    )"#;

const PROCESS: &str = "
    SELECT environment, '' AS origin,
        iif(domain LIKE '%.iam.acesso.io', substr(domain, 1, length(domain) - 14), domain) AS tenant,
        process_id, flow, reference
    FROM (SELECT *, lower(substr(issuer, instr(issuer, '@') + 1)) AS domain FROM main.process)";

/// Shows the table in the newest version's form, on this connection only.
pub(crate) fn look(connection: &Connection) -> Result<(), JournalError> {
    // A view of this connection counts as a change too, though not of the file.
    connection
        .execute_batch(&format!(
            "PRAGMA query_only = OFF; CREATE TEMP VIEW submission AS {SUBMISSION}; PRAGMA query_only = ON;"
        ))
        .map_err(storage)
}

/// Creates the views that the migration step reads from, and refuses a file in which two accounts
/// of a tenant hold one reference.
pub(crate) fn prepare(transaction: &Connection) -> Result<(), JournalError> {
    transaction
        .execute_batch(&format!(
            "CREATE TEMP VIEW older_submission AS {SUBMISSION}; CREATE TEMP VIEW older_process AS {PROCESS};"
        ))
        .map_err(storage)?;
    let accounts = transaction
        .query_row(
            "SELECT min(account), max(account) FROM older_submission WHERE NOT is_free
             GROUP BY environment, tenant, flow, reference HAVING count(*) > 1 LIMIT 1",
            [],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
        )
        .optional()
        .map_err(storage)?;
    match accounts {
        Some((one, other)) => {
            Err(JournalError::new(JournalErrorKind::TwoAccounts).with_between(&one, &other))
        }
        None => Ok(()),
    }
}
