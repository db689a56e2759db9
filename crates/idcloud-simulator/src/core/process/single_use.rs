//! Remembers what may be used only once: assertions and captures.
//!
//! Must not remember longer than age alone would let it be refused.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use crate::encoding::time_format::since_epoch;

/// How many may gather before the old ones are looked for at all.
const FEW: usize = 1_024;

/// Signatures of what was used, with the moment (since 1970) from which on each is too old anyway.
#[derive(Default)]
pub(crate) struct Used {
    expiries: HashMap<Vec<u8>, Duration>,
    /// How many were left when the old ones were last looked for.
    young: usize,
}

impl Used {
    /// Whether the bearer of this signature was used before.
    pub(crate) fn contains(&self, signature: &[u8]) -> bool {
        self.expiries.contains_key(signature)
    }

    /// Marks it as used. What has become too old by `now` is forgotten, now and then: looking for it each time would make a
    /// long run slower with every request.
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

    /// Memory is bounded by what is young enough to come back, and nothing young is forgotten.
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
