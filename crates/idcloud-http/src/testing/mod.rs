//! Scripted transports and a virtual clock, for tests.
//! Nothing in here may be needed by production code.

mod virtual_clock;

pub use virtual_clock::VirtualClock;
