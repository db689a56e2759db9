//! Remembers what may be used only once: assertions and captures.
//!
//! Must not remember an item after its age alone would refuse it.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use crate::encoding::time_format::since_epoch;

/// How many items gather before expired ones are removed for the first time.
const FEW: usize = 1_024;

/// Signatures of used items, with the time (since 1970) from which each is refused for its age.
#[derive(Default)]
pub(crate) struct Used {
    expiries: HashMap<Vec<u8>, Duration>,
    /// How many items were left after the last removal.
    young: usize,
}

impl Used {
    /// Whether the item with this signature was used before.
    pub(crate) fn contains(&self, signature: &[u8]) -> bool {
        self.expiries.contains_key(signature)
    }

    /// Marks it as used. Items that are expired at `now` are removed only now and then: a removal
    /// at each call would make a long run slower with every request.
    pub(crate) fn mark(&mut self, signature: Vec<u8>, expires: Duration, now: SystemTime) {
        if self.expiries.len() >= FEW.max(2 * self.young) {
            let now = since_epoch(now);
            self.expiries.retain(|_, expires| *expires > now);
            self.young = self.expiries.len();
        }
        self.expiries.insert(signature, expires);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory is bounded by the items that are not expired, and none of those is forgotten.
    #[test]
    fn forgets_the_expired_alone() {
        let mut used = Used::default();
        for second in 0_u32..10_000 {
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(second.into());
            let expires = Duration::from_secs(u64::from(second) + 600);
            used.mark(second.to_be_bytes().to_vec(), expires, now);
            assert!(used.expiries.len() <= 2 * 601 + 1, "{second}");
        }
        assert!((9_400_u32..10_000).all(|second| used.contains(&second.to_be_bytes())));
        assert!(!used.contains(&0_u32.to_be_bytes()) && !used.contains(b"never"));
    }
}
