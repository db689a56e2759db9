//! The body of a create: assembled once, wiped when it is no longer needed.
//!
//! Must not be copied to memory that nothing wipes.

pub(crate) mod assembler;
pub(crate) mod buffer_pool;
