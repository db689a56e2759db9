//! Judges a run by the five promises.
//! Must not excuse an end that the network does not excuse.

pub(crate) mod afterwards;
pub(crate) mod ambiguity;
pub(crate) mod collect;
pub(crate) mod leaks;
pub(crate) mod oracle;
