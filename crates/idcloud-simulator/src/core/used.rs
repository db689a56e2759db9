//! Remembers what may be used only once: assertions and captures.
//! Never remembers longer than age alone would let it be refused.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use super::numeric_date::since_epoch;

/// Signatures of what was used, with the moment (since 1970) from which on each is too old anyway.
#[derive(Default)]
pub(crate) struct Used(HashMap<Vec<u8>, Duration>);

impl Used {
    /// Whether the bearer of this signature was used before.
    pub(crate) fn contains(&self, signature: &[u8]) -> bool {
        self.0.contains_key(signature)
    }

    /// Marks it as used, and forgets what has become too old by `now`.
    pub(crate) fn mark(&mut self, signature: Vec<u8>, expires: Duration, now: SystemTime) {
        let now = since_epoch(now);
        self.0.retain(|_, expires| *expires > now);
        self.0.insert(signature, expires);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory is bounded by what is still young enough to come back.
    #[test]
    fn forgets_the_expired() {
        let mut used = Used::default();
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        used.mark(vec![1], Duration::from_secs(10), at(0));
        assert!(used.contains(&[1]) && !used.contains(&[2]));
        used.mark(vec![2], Duration::from_secs(20), at(10));
        assert!(!used.contains(&[1]) && used.contains(&[2]));
    }
}
