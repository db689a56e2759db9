//! Accounts and API keys of the tenants.
//!
//! Must not change the answers to requests by its random draws: credentials have a random stream of
//! their own.

use super::Simulator;
use crate::{AccountError, AccountState, KeyProfile, TestAccount};

impl Simulator {
    /// Issues a service account with a new RSA key. Takes a moment: the key is a real one.
    ///
    /// # Errors
    /// [`AccountError::NoKey`] if this machine cannot generate one.
    pub fn issue_account(&mut self) -> Result<TestAccount, AccountError> {
        let home = self.home.clone();
        self.issue_account_in(&home)
    }

    /// Issues a service account of another tenant, which is created if it does not exist.
    ///
    /// # Errors
    /// [`AccountError::NoKey`], and [`AccountError::Name`] for an id that `iss` cannot carry.
    pub fn issue_account_in(&mut self, tenant_id: &str) -> Result<TestAccount, AccountError> {
        let name = match self.tenants.accounts_of(tenant_id) {
            0 => "simulator".to_owned(),
            others => format!("sim-{}", others + 1),
        };
        let account = TestAccount::generate(name, tenant_id.to_owned())?;
        self.tenants.add_account(&account);
        Ok(account)
    }

    /// Adds an account that an earlier run issued.
    pub fn register_account(&mut self, account: &TestAccount) {
        self.tenants.add_account(account);
    }

    /// Changes the state of the account `account` of `tenant_id`, and resets its failed attempts.
    /// Returns whether the account exists.
    pub fn set_account_state(
        &mut self,
        tenant_id: &str,
        account: &str,
        state: AccountState,
    ) -> bool {
        let account = self.tenants.account(tenant_id, account);
        let found = account.is_some();
        if let Some(account) = account {
            account.state = state;
            account.forgive();
        }
        found
    }

    /// Whether `tenant_id` has the account `account`.
    pub(crate) fn has_account(&self, tenant_id: &str, account: &str) -> bool {
        self.tenants.has_account(tenant_id, account)
    }

    /// Issues an API key: a set of capabilities, or a whole [`KeyProfile`].
    pub fn issue_api_key(&mut self, profile: impl Into<KeyProfile>) -> String {
        let home = self.home.clone();
        self.issue_api_key_in(&home, profile)
    }

    /// Issues an API key of another tenant, which is created if it does not exist.
    pub fn issue_api_key_in(&mut self, tenant_id: &str, profile: impl Into<KeyProfile>) -> String {
        let secret = self.credentials.secret();
        self.register_api_key(tenant_id, &secret, profile);
        secret
    }

    /// Adds an API key that an earlier run issued, or changes a key's profile.
    pub fn register_api_key(
        &mut self,
        tenant_id: &str,
        api_key: &str,
        profile: impl Into<KeyProfile>,
    ) {
        self.tenants
            .add_key(tenant_id, api_key.to_owned(), profile.into());
    }
}
