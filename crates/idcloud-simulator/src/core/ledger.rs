//! What was billed: every created process, with a digest of its subject and selfie, which a client
//! cannot choose anew.
//!
//! Must not keep a person's number or picture: a keyed digest shows whether two were the same.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;
use std::time::SystemTime;

use aws_lc_rs::hmac;

/// How many entries are kept: far more than a long run creates. A local process needs a bound.
const KEPT: usize = 1_000_000;
/// Bytes of a digest that are shown: enough to exclude a collision by accident.
const DIGEST_BYTES: usize = 16;

/// One created process: production would bill it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LedgerEntry {
    /// The process.
    pub process_id: String,
    /// The tenant to which it belongs.
    pub tenant_id: String,
    /// A digest of the create's subject and selfie, keyed by the simulator's seed: 32 hexadecimal
    /// digits.
    pub digest: String,
    /// The create's `subject.clientReference`, if it had one.
    pub client_reference: Option<String>,
    /// When it was created.
    pub created_at: SystemTime,
    /// Whether the create's answer was sent completely. If not, the caller cannot know the id.
    pub answered: bool,
    /// Whether it ends in status 4 or 5: then a new attempt is not a second bill for one verdict.
    pub fails: bool,
}

/// Every created process, in order.
#[derive(Clone, Debug)]
pub struct Ledger {
    key: hmac::Key,
    entries: VecDeque<LedgerEntry>,
    forgotten: u64,
}

impl Ledger {
    pub(crate) fn new(key: &[u8]) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            entries: VecDeque::new(),
            forgotten: 0,
        }
    }

    /// Every entry, the oldest first.
    #[must_use]
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &LedgerEntry> {
        self.entries.iter()
    }

    /// How many processes were created, including those whose entries are no longer kept.
    #[must_use]
    pub fn billed(&self) -> u64 {
        u64::try_from(self.entries.len())
            .unwrap_or(u64::MAX)
            .saturating_add(self.forgotten)
    }

    /// How many of the oldest entries were dropped for newer ones. [`doubles`](Self::doubles) is
    /// complete only while this is 0.
    #[must_use]
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The entries with this `clientReference`.
    pub fn of_reference<'a>(
        &'a self,
        reference: &'a str,
    ) -> impl Iterator<Item = &'a LedgerEntry> + 'a {
        self.entries()
            .filter(move |entry| entry.client_reference.as_deref() == Some(reference))
    }

    /// Creates that were billed more than once: for each, the processes of one tenant with one
    /// digest that do not fail.
    ///
    /// A process that ends in status 4 or 5 is left out: IDCloud advises to create it again.
    #[must_use]
    pub fn doubles(&self) -> Vec<Vec<&LedgerEntry>> {
        let mut groups: HashMap<(&str, &str), Vec<&LedgerEntry>> = HashMap::new();
        for entry in self.entries().filter(|entry| !entry.fails) {
            groups
                .entry((&entry.tenant_id, &entry.digest))
                .or_default()
                .push(entry);
        }
        let mut doubles: Vec<_> = groups.into_values().filter(|one| one.len() > 1).collect();
        doubles.sort_unstable_by_key(|one| one.first().map(|entry| &entry.process_id));
        doubles
    }

    /// The digest of one create's subject and selfie.
    pub(crate) fn digest(&self, parts: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            // Length prefixes keep ("ab", "c") and ("a", "bc") distinct.
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut written = String::with_capacity(2 * DIGEST_BYTES);
        for byte in context.sign().as_ref().iter().take(DIGEST_BYTES) {
            // Writing to a `String` cannot fail.
            let _ = write!(written, "{byte:02x}");
        }
        written
    }

    pub(crate) fn record(&mut self, entry: LedgerEntry) {
        if self.entries.len() >= KEPT && self.entries.pop_front().is_some() {
            self.forgotten += 1;
        }
        self.entries.push_back(entry);
    }

    /// Records that the answer about the latest process was not sent completely.
    pub(crate) fn latest_unanswered(&mut self) {
        if let Some(entry) = self.entries.back_mut() {
            entry.answered = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(digest: &str, process_id: &str, fails: bool) -> LedgerEntry {
        LedgerEntry {
            process_id: process_id.to_owned(),
            tenant_id: "t".to_owned(),
            digest: digest.to_owned(),
            client_reference: None,
            created_at: SystemTime::UNIX_EPOCH,
            answered: true,
            fails,
        }
    }

    /// Two creates with the same subject and selfie are a double; a new attempt after a failed
    /// process is not.
    #[test]
    fn doubles_are_found() {
        let mut ledger = Ledger::new(b"key");
        for (digest, id, fails) in [
            ("a", "1", false),
            ("b", "2", true),
            ("b", "3", false),
            ("a", "4", false),
        ] {
            ledger.record(entry(digest, id, fails));
        }
        let doubles = ledger.doubles();
        let ids: Vec<Vec<_>> = doubles
            .iter()
            .map(|one| one.iter().map(|entry| entry.process_id.as_str()).collect())
            .collect();
        assert_eq!(ids, [["1", "4"]]);
        assert_eq!(ledger.billed(), 4);
    }

    /// A digest separates inputs, is stable under one key, and useless under another.
    #[test]
    fn digests_are_keyed() {
        let ledger = Ledger::new(b"key");
        let digest = ledger.digest(&["52998224725", "/9j/"]);
        assert_eq!(digest.len(), 32);
        assert_eq!(digest, ledger.digest(&["52998224725", "/9j/"]));
        assert_ne!(digest, ledger.digest(&["5299822472", "5/9j/"]));
        assert_ne!(
            digest,
            Ledger::new(b"other").digest(&["52998224725", "/9j/"])
        );
    }
}
