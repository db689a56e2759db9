//! The setup of a simulator, and its test subjects.
//! Must not hold a real credential.

pub(crate) mod account;
pub(crate) mod api_key;
pub(crate) mod capture;
pub(crate) mod config;
pub(crate) mod dialect;
pub(crate) mod key_ring;
pub(crate) mod outcome;
pub(crate) mod subjects;
pub(crate) mod webhook;
