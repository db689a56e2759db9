//! Tenants, their budgets and their counters.
//! Must not let one tenant see another's state.

pub(crate) mod counters;
pub(crate) mod rate_limit;
pub(crate) mod tenants;
