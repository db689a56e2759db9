//! Tenants with their accounts, API keys and budgets.
//!
//! Must not let one tenant see or use another's.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use crate::core::oauth::account_standing::AccountStanding;
use crate::core::tenant::rate_limit::{Budget, RateLimit};
use crate::{AccountState, KeyProfile, TestAccount};

/// All tenants and keys of this simulator.
#[derive(Default)]
pub(crate) struct Tenants {
    tenants: HashMap<String, Tenant>,
    keys: HashMap<String, Key>,
}

#[derive(Default)]
struct Tenant {
    /// By the account's name.
    accounts: HashMap<String, AccountStanding>,
    budget: Budget,
}

struct Key {
    tenant: String,
    profile: KeyProfile,
}

impl Tenants {
    /// Whether the tenant exists.
    pub(crate) fn contains(&self, tenant: &str) -> bool {
        self.tenants.contains_key(tenant)
    }

    /// How many accounts `tenant` has.
    pub(crate) fn accounts_of(&self, tenant: &str) -> usize {
        self.tenants
            .get(tenant)
            .map_or(0, |tenant| tenant.accounts.len())
    }

    /// Adds an account, or replaces the one of the same name.
    pub(crate) fn add_account(&mut self, account: &TestAccount) {
        self.tenants
            .entry(account.tenant_id().to_owned())
            .or_default()
            .accounts
            .insert(
                account.account().to_owned(),
                AccountStanding::new(account.public_key().to_vec()),
            );
    }

    /// Adds an API key.
    pub(crate) fn add_key(&mut self, tenant: &str, secret: String, profile: KeyProfile) {
        let tenant = tenant.to_owned();
        self.tenants.entry(tenant.clone()).or_default();
        self.keys.insert(secret, Key { tenant, profile });
    }

    /// Whether `tenant` has the account `name`.
    pub(crate) fn has_account(&self, tenant: &str, name: &str) -> bool {
        self.tenants
            .get(tenant)
            .is_some_and(|tenant| tenant.accounts.contains_key(name))
    }

    /// The standing of `tenant`'s account `name`.
    pub(crate) fn account(&mut self, tenant: &str, name: &str) -> Option<&mut AccountStanding> {
        self.tenants.get_mut(tenant)?.accounts.get_mut(name)
    }

    /// The profile of the API key `secret`, if it is `tenant`'s.
    pub(crate) fn key_of(&self, tenant: &str, secret: &str) -> Option<KeyProfile> {
        self.keys
            .get(secret)
            .filter(|key| key.tenant == tenant)
            .map(|key| key.profile)
    }

    /// Resets every budget, every failed attempt and every arranged account state.
    pub(crate) fn forget_use(&mut self) {
        for tenant in self.tenants.values_mut() {
            tenant.budget = Budget::default();
            for account in tenant.accounts.values_mut() {
                account.forgive();
                account.state = AccountState::Active;
            }
        }
    }

    /// The profile of the API key `secret`, of any tenant.
    pub(crate) fn profile_of(&self, secret: &str) -> Option<KeyProfile> {
        self.keys.get(secret).map(|key| key.profile)
    }

    /// Admits one request of `tenant`, or returns how long it would have to wait.
    pub(crate) fn admit(
        &mut self,
        tenant: &str,
        limit: Option<RateLimit>,
        now: SystemTime,
    ) -> Result<(), Duration> {
        match (self.tenants.get_mut(tenant), limit) {
            (Some(tenant), Some(limit)) => tenant.budget.admit(limit, now),
            _ => Ok(()),
        }
    }
}
