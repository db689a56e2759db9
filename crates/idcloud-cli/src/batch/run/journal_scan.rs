//! Counts the entries of a whole journal.
//!
//! Must not change it, nor hold more than a page of entries.

use std::time::SystemTime;

use idcloud_flows::journal::{Entry, EntryFilter, State};
use idcloud_model::{ErrorCode, RiskScore};
use idcloud_sqlite::SqliteReader;

use crate::batch::report::summary::{Listed, Summary};
use crate::batch::run::outcome::Outcome;
use crate::failure::Failure;
use crate::failure::submit;

const PAGE: usize = 1_000;

/// Counts the journal's entries in their state at `now`.
///
/// # Errors
/// The journal cannot be read.
pub(crate) fn count_entries(journal: &SqliteReader, now: SystemTime) -> Result<Summary, Failure> {
    let filter = EntryFilter::new();
    let mut summary = Summary::default();
    let mut after = None;
    loop {
        let page = journal
            .entries(&filter, after.as_ref(), PAGE, now)
            .map_err(|error| submit::of_journal(&error))?;
        for row in page.unreadable() {
            summary.unreadable(row);
        }
        let entries = page.entries();
        for entry in entries {
            count(&mut summary, entry);
        }
        match entries.last() {
            Some(entry) if entries.len() == PAGE => after = Some(entry.key().clone()),
            _ => return Ok(summary),
        }
    }
}

fn count(summary: &mut Summary, entry: &Entry) {
    let record = entry.record();
    let environment = entry.key().environment().as_str();
    *summary
        .environments
        .entry(environment.to_owned())
        .or_default() += 1;
    summary.during(record.claimed_at(), record.changed_at());
    match entry.state() {
        State::Finished(finished) => {
            summary.simulated += usize::from(finished.simulated());
            let verdict = finished.verdict();
            summary.verdict(verdict.decision().as_str(), verdict.scenario().id());
            if finished.is_failed() {
                summary.outcome(Outcome::Failed);
            } else {
                summary.outcome(Outcome::Done);
                let score = finished.process().evidence().risk_score();
                summary.score(score.and_then(RiskScore::value).map(i64::from));
            }
            let took = record.changed_at().duration_since(record.claimed_at());
            summary.latency.count(took.unwrap_or_default());
        }
        State::Pending(pending) => {
            summary.simulated += usize::from(pending.simulated());
            summary.outcome(Outcome::Pending);
        }
        State::Ambiguous => {
            summary.outcome(Outcome::Ambiguous);
            summary.list(Listed {
                reference: entry.key().reference().as_str().to_owned(),
                since: record.claimed_at(),
                attempts: record.attempts(),
            });
        }
        State::NotSent(Some(refusal)) => {
            summary.outcome(Outcome::Refused);
            match (refusal.code(), refusal.status()) {
                (Some(code), _) => summary.error(ErrorCode::as_str(code)),
                (None, Some(status)) => summary.error(&format!("HTTP {status}")),
                (None, None) => summary.error("unknown"),
            }
        }
        State::NotSent(None) | State::Resend => summary.outcome(Outcome::Unsent),
        _ => summary.in_flight += 1,
    }
}
