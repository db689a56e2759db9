//! The state that all programs of one run share: time, the simulator, the journal, the random
//! generator, and observations.
//!
//! Must not change what a program does, except for a sabotage.

pub(crate) mod blocking;
pub(crate) mod clock;
pub(crate) mod flaky_journal;
pub(crate) mod flaky_network;
pub(crate) mod person;
pub(crate) mod rng;
pub(crate) mod slow_writer;
pub(crate) mod webhook_delivery;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use idcloud_flows::journal::{Journal, JournalKey};
use idcloud_flows::{Report, SubmitError};
use idcloud_http::Delivery;
use idcloud_http::testing::VirtualClock;
use idcloud_model::{Decision, ProcessId};
use idcloud_simulator::SharedSimulator;
use tokio::time::Instant;

use crate::judge::ambiguity::Doubt;
use crate::program::case::Case;
use crate::sabotage::Sabotage;
use crate::world::rng::Chance;

/// One run's world.
pub(crate) struct World {
    pub(crate) clock: VirtualClock,
    pub(crate) simulator: SharedSimulator,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) sabotage: Option<Sabotage>,
    /// Whether there are faults besides the simulator's.
    rough: bool,
    /// Set once no more faults happen.
    calm: AtomicBool,
    chance: Mutex<Chance>,
    seen: Mutex<Seen>,
}

/// The observations of a run.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) faults: u64,
    /// When requests arrived at the simulator.
    pub(crate) arrivals: Vec<Instant>,
    /// Everything that programs printed, or stored outside the journal.
    pub(crate) shown: String,
    /// Tokens and assertions.
    pub(crate) secrets: BTreeSet<String>,
    pub(crate) results: BTreeMap<usize, CaseResults>,
    /// By the name of the case.
    pub(crate) doubts: BTreeMap<String, Doubt>,
    /// Waits and submissions that took too long, as sentences.
    pub(crate) overdue: Vec<String>,
    /// Processes that a person recorded for the wrong person, with that person's number.
    pub(crate) mistaken: BTreeMap<String, String>,
    noticed: BTreeSet<String>,
    forgotten: BTreeMap<String, u32>,
}

/// The results that callers got for one case.
#[derive(Clone, Debug, Default)]
pub(crate) struct CaseResults {
    /// Every process in a result, in lower case.
    pub(crate) processes: BTreeSet<String>,
    /// The processes that were reported as final.
    pub(crate) reported: BTreeSet<String>,
    /// How many results were ambiguous.
    pub(crate) unknown: u32,
    /// How often the caller had a failed process created again.
    pub(crate) begun_again: u32,
    /// Approvals that contradict the truth.
    pub(crate) false_approvals: u32,
    pub(crate) approvals: u32,
    /// A submission without a reference whose program ended before it.
    pub(crate) broken_off: bool,
    /// A person recorded another person's process for this case.
    pub(crate) mistaken: bool,
}

impl World {
    pub(crate) fn new(
        clock: VirtualClock,
        simulator: SharedSimulator,
        journal: Arc<dyn Journal>,
        sabotage: Option<Sabotage>,
        rough: bool,
        chance: Chance,
    ) -> Self {
        Self {
            clock,
            simulator,
            journal,
            sabotage,
            rough,
            calm: AtomicBool::new(false),
            chance: Mutex::new(chance),
            seen: Mutex::default(),
        }
    }

    /// Whether the journal stalls and fails, the network is slow, and transports panic.
    pub(crate) fn is_rough(&self) -> bool {
        self.rough && !self.calm.load(Ordering::Relaxed)
    }

    /// Ends all faults from now on.
    pub(crate) fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
        self.simulator.lock().clear_faults();
    }

    pub(crate) fn with_chance<T>(&self, draw: impl FnOnce(&mut Chance) -> T) -> T {
        draw(&mut self.chance.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn count_fault(&self) {
        self.seen().faults += 1;
    }

    /// Notes when a request that is sent now arrives at the simulator, if connecting takes no time.
    pub(crate) fn arrives(&self, at: Instant) {
        self.seen().arrivals.push(at);
    }

    pub(crate) fn keep_secret(&self, secret: &str) {
        let mut seen = self.seen();
        if !seen.secrets.contains(secret) {
            seen.secrets.insert(secret.to_owned());
        }
    }

    /// Keeps a program's output.
    pub(crate) fn show(&self, text: &str) {
        let mut seen = self.seen();
        seen.shown.push_str(text);
        seen.shown.push('\n');
    }

    fn record(&self, case: &Case, change: impl FnOnce(&mut CaseResults)) {
        change(self.seen().results.entry(case.number).or_default());
    }

    pub(crate) fn returned_id(&self, case: &Case, id: &ProcessId) {
        self.record(case, |results| {
            results.processes.insert(id.as_str().to_ascii_lowercase());
        });
    }

    pub(crate) fn returned_report(&self, case: &Case, report: &Report) {
        let id = report.process().id().as_str().to_ascii_lowercase();
        let approved = report.verdict().decision() == Decision::Approve;
        // Another person's process approves no one, whatever is true of this person.
        let is_own = {
            let simulator = self.simulator.lock();
            let mut own = simulator.ledger().of_reference(&case.name);
            own.any(|one| one.process_id.eq_ignore_ascii_case(&id))
        };
        let wrong = approved && !(is_own && case.person.truth.approves(&case.question));
        self.record(case, |results| {
            results.processes.insert(id.clone());
            results.reported.insert(id);
            results.approvals += u32::from(approved);
            results.false_approvals += u32::from(wrong);
        });
    }

    pub(crate) fn returned_error(&self, case: &Case, error: &SubmitError) {
        let unknown = error.delivery() == Delivery::Unknown;
        self.record(case, |results| {
            results.unknown += u32::from(unknown);
            if let Some(failed) = error.failed_process() {
                results
                    .processes
                    .insert(failed.as_str().to_ascii_lowercase());
            }
        });
    }

    pub(crate) fn begun_again(&self, case: &Case) {
        self.record(case, |results| results.begun_again += 1);
    }

    /// A person records another person's process for this case, by mistake.
    pub(crate) fn mistaken(&self, case: &Case, id: &ProcessId) {
        let id = id.as_str().to_ascii_lowercase();
        let code = case.person.code.clone();
        self.seen().mistaken.insert(id, code);
        self.record(case, |results| results.mistaken = true);
    }

    pub(crate) fn broken_off(&self, case: &Case) {
        self.record(case, |results| results.broken_off = true);
    }

    /// Checks that a duration `taken` is not longer than `most`.
    pub(crate) fn timed(&self, what: &str, of: &str, taken: Duration, most: Duration) {
        // Timers have a resolution of milliseconds.
        if taken > most + Duration::from_millis(5) {
            self.overdue(format!(
                "{of}: {what} took {taken:?}, and may take {most:?}"
            ));
        }
    }

    pub(crate) fn overdue(&self, sentence: String) {
        self.seen().overdue.push(sentence);
    }

    /// Updates what is uncertain about the case of this name.
    pub(crate) fn doubt(&self, name: &str, note: impl FnOnce(&mut Doubt)) {
        note(self.seen().doubts.entry(name.to_owned()).or_default());
    }

    /// IDCloud has answered that no process has this id.
    pub(crate) fn not_there(&self, id: &str) {
        let id = id.to_ascii_lowercase();
        let mut seen = self.seen();
        seen.doubts
            .values_mut()
            .for_each(|doubt| doubt.not_there(&id));
    }

    /// A webhook's notice about this process.
    pub(crate) fn noticed(&self, body: &[u8]) {
        if let Ok(notice) = idcloud_model::Notification::from_json(body) {
            let id = notice.process_id().as_str().to_ascii_lowercase();
            self.seen().noticed.insert(id);
        }
    }

    /// The answer that a client would give that trusted notices.
    pub(crate) fn told_by_notice(&self, path: &str) -> Option<Bytes> {
        let id = path.strip_prefix("/processes/v1/")?;
        let known = self.seen().noticed.contains(&id.to_ascii_lowercase());
        known.then(|| {
            let mut text = String::new();
            // Writing to a `String` cannot fail.
            let _ = write!(
                text,
                r#"{{"id":"{id}","status":3,"unicoId":{{"result":"yes"}},"liveness":1}}"#
            );
            text.into()
        })
    }

    /// The real key in the journal: another one after a sabotage made the journal forget.
    pub(crate) fn key(&self, key: &JournalKey) -> JournalKey {
        let name = key.reference().as_str();
        let Some(times) = self.seen().forgotten.get(name).copied() else {
            return key.clone();
        };
        let reference = format!("{name} again {times}").parse();
        reference.map_or_else(
            |_| key.clone(),
            |reference| key.clone().with_reference(reference),
        )
    }

    /// Makes the journal forget a reference.
    pub(crate) fn forget(&self, key: &JournalKey) {
        let name = key.reference().as_str();
        *self.seen().forgotten.entry(name.to_owned()).or_default() += 1;
    }
}
