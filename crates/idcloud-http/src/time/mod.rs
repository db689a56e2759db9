//! The source of all time, and waits with a limit.
//!
//! Must not read the system's clock anywhere else.

pub(crate) mod clock;
pub(crate) mod timeout;
