//! Collects the ledger, the journal and the programs' results at the end of a run, for the oracle.
//!
//! Must not judge anything itself.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::SystemTime;

use idcloud_flows::Flow;
use idcloud_flows::journal::{Claim, Entry, JournalKey, Owner, State, conformance};
use idcloud_http::{Clock as _, Environment};
use idcloud_model::{Asked, Capabilities, Policy, SelfieKind};

use crate::Failure;
use crate::judge::leaks::{self, Log};
use crate::judge::oracle::{Billed, CaseEnd, Ended};
use crate::plan::BUDGET;
use crate::program::case::Case;
use crate::run::{LONG_AFTER, Resources, Stage};
use crate::world::CaseResults;

impl Stage {
    /// The journal's record of a case, after all leases have expired.
    pub(crate) async fn entry(&self, case: &Case) -> Option<Entry> {
        let reference = case.reference.clone()?;
        let environment = Environment::local(self.account().clone());
        let key = JournalKey::new(&environment, case.question.flow, reference);
        let key = self.world.key(&key);
        let later = self.world.clock.now() + LONG_AFTER;
        self.world.journal.entry(&key, later).await.ok().flatten()
    }

    pub(crate) async fn end(
        &self,
        resources: &Resources,
        file: Option<PathBuf>,
        log: &Log,
        stuck: bool,
    ) -> Result<Ended, Failure> {
        let mut cases = Vec::new();
        let mut stored = String::new();
        for case in &self.cases {
            let entry = self.entry(case).await;
            if let Some(entry) = &entry {
                stored.push_str(&serde_json::to_string(entry.record())?);
                // Writing to a `String` cannot fail.
                let _ = write!(stored, "{entry:?}");
            }
            cases.push(self.case_end(case, entry.as_ref()));
        }
        let _ = write!(stored, "{:?}", self.world.journal);
        if let Some(file) = file {
            for name in ["journal", "journal-wal"] {
                if let Ok(bytes) = std::fs::read(file.with_file_name(name)) {
                    stored.push_str(&String::from_utf8_lossy(&bytes));
                }
            }
        }
        let forgotten = self.purge().await?;
        let logs = log.take();
        let seen = std::mem::take(&mut *self.world.seen());
        self.world.seen().faults = seen.faults;
        let places = [
            ("logs", logs.as_str()),
            ("words of a program", seen.shown.as_str()),
            ("journal", stored.as_str()),
        ];
        let [first, _] = &resources.issued;
        let pem = first.private_key_pem().lines().nth(1);
        let fixed = [
            pem.unwrap_or_default().to_owned(),
            "markerwebhooksecret".to_owned(),
        ];
        let markers = self.cases.iter().flat_map(|case| &case.markers);
        let markers = markers.chain(&seen.secrets).chain(&fixed);
        let mut overdue = seen.overdue;
        overdue.extend(stuck.then(|| "somebody waits for ever".to_owned()));
        Ok(Ended {
            cases,
            arrivals: seen.arrivals,
            budget: BUDGET,
            overdue,
            forgotten,
            leaks: leaks::found(&places, markers),
        })
    }

    /// Purges all finished records, as if they were old. Returns purged records that were not
    /// finished.
    async fn purge(&self) -> Result<Vec<String>, Failure> {
        let mut open = Vec::new();
        for case in &self.cases {
            if let Some(entry) = self.entry(case).await
                && matches!(entry.state(), State::Pending(_) | State::Ambiguous)
            {
                open.push((case, entry));
            }
        }
        let old = self.world.clock.now() + 2 * LONG_AFTER;
        self.begin_something_newer(old).await?;
        self.world.journal.purge(old).await?;
        let mut forgotten = Vec::new();
        for (case, entry) in open {
            if self.entry(case).await.as_ref() != Some(&entry) {
                let (name, state) = (&case.name, entry.state().kind());
                forgotten.push(format!("{name} is {state}, and a purge took it"));
            }
        }
        Ok(forgotten)
    }

    /// Creates a newer record: a purge keeps everything if all records are older than its limit.
    async fn begin_something_newer(&self, than: SystemTime) -> Result<(), Failure> {
        let environment = Environment::local(self.account().clone());
        let key = JournalKey::new(&environment, Flow::Identity, "something newer".parse()?);
        let asked = Asked::new(Capabilities::NONE, SelfieKind::Image);
        let request = conformance::request(0);
        let claim = Claim::new(key, &request, asked, Policy::default(), Owner::random());
        drop(self.world.journal.claim(claim, than).await?);
        Ok(())
    }

    fn case_end(&self, case: &Case, entry: Option<&Entry>) -> CaseEnd {
        let results: CaseResults = self
            .world
            .seen()
            .results
            .get(&case.number)
            .cloned()
            .unwrap_or_default();
        let doubt = self.world.seen().doubts.get(&case.name).cloned();
        let doubt = doubt.unwrap_or_default();
        let mut replaced = BTreeSet::new();
        let billed: Vec<Billed> = {
            let simulator = self.world.simulator.lock();
            let billed = simulator.ledger().of_reference(&case.name);
            billed
                .map(|one| {
                    let id = one.process_id.to_ascii_lowercase();
                    if one.fails && one.answered {
                        replaced.insert(id.clone());
                    }
                    Billed {
                        id,
                        fails: one.fails,
                    }
                })
                .collect()
        };
        if let Some(last) = billed.last() {
            replaced.remove(&last.id);
        }
        let memory = match (&case.reference, entry) {
            (None, _) => "no reference".to_owned(),
            (_, None) => "no entry".to_owned(),
            (_, Some(entry)) => entry.state().kind().as_str().to_owned(),
        };
        let mut known = results.processes;
        let (mut ambiguous, mut in_doubt) = (results.unknown, false);
        if case.reference.is_none() {
            // Without a memory, a failed process that a new attempt replaced is known only by the
            // report's count of attempts.
            known.extend(replaced);
        } else {
            // Intermediate results of callers do not count: the journal's record is final.
            ambiguous = 0;
            if let Some(entry) = entry {
                known.extend(known_to(entry));
                ambiguous = u32::from(matches!(entry.state(), State::Ambiguous));
                in_doubt = ambiguous > 0;
                // A mistake of the person that nothing contradicts is not the client's failure.
                ambiguous = ambiguous.max(u32::from(results.mistaken));
            }
        }
        CaseEnd {
            name: case.name.clone(),
            memory,
            billed,
            known,
            reported: results.reported,
            ambiguous,
            needless: in_doubt && !doubt.excuses(),
            allowed: (1 + case.manner.new_attempts) * (1 + results.begun_again),
            false_approvals: results.false_approvals,
            approvals: results.approvals,
            untold: results.broken_off,
        }
    }
}

/// Every process whose id the journal's record has.
pub(crate) fn known_to(entry: &Entry) -> BTreeSet<String> {
    let record = entry.record();
    record
        .earlier_processes()
        .chain(record.process_id())
        .map(|id| id.as_str().to_ascii_lowercase())
        .collect()
}
