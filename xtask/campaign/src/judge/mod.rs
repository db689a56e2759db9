//! What a run came to, held against the five promises.
//! Must not excuse what the wire does not excuse.

pub(crate) mod afterwards;
pub(crate) mod ambiguity;
pub(crate) mod collect;
pub(crate) mod leaks;
pub(crate) mod oracle;
