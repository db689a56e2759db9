//! The standing of an account at the token endpoint: its key, its state, and its failed attempts.
//!
//! Must not lock an account for longer than it says, not even when the clock is set back.

use std::time::{Duration, SystemTime};

use crate::core::oauth::assertion::OAuthFault;
use crate::encoding::time_format::since_epoch;
use crate::{AccountLock, AccountState};

/// One account.
#[derive(Debug)]
pub(crate) struct AccountStanding {
    /// The public key, in DER.
    pub(crate) public_key: Vec<u8>,
    pub(crate) state: AccountState,
    /// Refused assertions since the last accepted one.
    bad_attempts: u32,
    /// Start and end of the lock (since 1970).
    locked: Option<(Duration, Duration)>,
}

impl AccountStanding {
    pub(crate) fn new(public_key: Vec<u8>) -> Self {
        Self {
            public_key,
            state: AccountState::Active,
            bad_attempts: 0,
            locked: None,
        }
    }

    /// Whether the account is locked at `now`.
    pub(crate) fn is_locked(&self, now: SystemTime) -> bool {
        let now = since_epoch(now);
        self.locked
            .is_some_and(|(since, until)| since <= now && now < until)
    }

    /// Counts a refused assertion in the account's name.
    pub(crate) fn refused(&mut self, lock: Option<AccountLock>, now: SystemTime) {
        self.bad_attempts = self.bad_attempts.saturating_add(1);
        if let Some(lock) = lock
            && self.bad_attempts >= lock.attempts.get()
        {
            let now = since_epoch(now);
            self.locked = Some((now, now.saturating_add(lock.lasts)));
            self.bad_attempts = 0;
        }
    }

    /// Resets the count after an accepted assertion.
    pub(crate) fn accepted(&mut self) {
        self.bad_attempts = 0;
    }

    /// Resets the failed attempts, and unlocks.
    pub(crate) fn forgive(&mut self) {
        self.bad_attempts = 0;
        self.locked = None;
    }

    /// Refusals that come before the assertion is checked.
    pub(crate) const fn inactive(&self) -> Result<(), OAuthFault> {
        match self.state {
            AccountState::ApplicationInactive => Err(OAuthFault::ApplicationInactive),
            AccountState::Inactive => Err(OAuthFault::AccountInactive),
            AccountState::KeyReplaced => Err(OAuthFault::KeyReplaced),
            _ => Ok(()),
        }
    }

    /// Refusals of a valid assertion.
    pub(crate) const fn restricted(&self) -> Result<(), OAuthFault> {
        match self.state {
            AccountState::NotPermitted => Err(OAuthFault::NoPermission),
            AccountState::AddressRestricted => Err(OAuthFault::AddressRestricted),
            AccountState::TimeRestricted => Err(OAuthFault::TimeRestricted),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const LOCK: Option<AccountLock> = Some(AccountLock {
        attempts: NonZeroU32::MIN.saturating_add(1),
        lasts: Duration::from_secs(60),
    });

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// Consecutive failed attempts lock, a valid one between them resets the count, and the lock
    /// ends.
    #[test]
    fn locks_for_a_while() {
        let mut account = AccountStanding::new(Vec::new());
        account.refused(LOCK, at(100));
        account.accepted();
        account.refused(LOCK, at(101));
        assert!(!account.is_locked(at(101)));
        account.refused(LOCK, at(102));
        assert!(account.is_locked(at(102)) && account.is_locked(at(161)));
        assert!(!account.is_locked(at(162)));
        assert!(!account.is_locked(at(5)), "the clock was set back");
        account.forgive();
        assert!(!account.is_locked(at(102)));
        account.refused(None, at(103));
        account.refused(None, at(103));
        assert!(!account.is_locked(at(103)), "no lock is configured");
    }
}
