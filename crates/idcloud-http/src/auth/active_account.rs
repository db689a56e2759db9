//! The account in use: its token, and the clock skew measured with it.
//!
//! Must not be shared between tenants or environments.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use crate::Environment;
use crate::auth::assertion::UniqueLifetimes;
use crate::auth::exchange::ExchangeFailure;
use crate::auth::token_cache::TokenCache;

/// An environment with its account, the account's token and its clock's skew. Rotating credentials
/// replaces the whole.
#[derive(Debug)]
pub(crate) struct ActiveAccount {
    pub(crate) environment: Arc<Environment>,
    pub(crate) tokens: TokenCache<ExchangeFailure>,
    pub(crate) lives: UniqueLifetimes,
    pub(crate) skew: AtomicI64,
}

impl ActiveAccount {
    pub(crate) fn new(environment: Environment) -> Self {
        Self {
            environment: Arc::new(environment),
            tokens: TokenCache::new(),
            lives: UniqueLifetimes::starting_at(fastrand::u64(..)),
            skew: AtomicI64::new(0),
        }
    }
}
