//! The body of a create: assembled once, wiped when it is done with.
//!
//! Must not be copied where nothing wipes it.

pub(crate) mod assembler;
pub(crate) mod buffer_pool;
