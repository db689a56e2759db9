//! Where all time comes from, and waits that end.
//!
//! Must not read the system's clock elsewhere.

pub(crate) mod clock;
pub(crate) mod timeout;
