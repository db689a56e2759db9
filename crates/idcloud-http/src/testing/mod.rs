//! Scripted transports and a virtual clock, for tests.
//!
//! Must not be needed by production code.

mod scripted_transport;
mod virtual_clock;

pub use scripted_transport::{Recorded, ScriptedTransport, Step};
pub use virtual_clock::VirtualClock;
