//! The simulator without I/O: requests and times in, answers out.
//! Must not read a clock, open a socket, spawn a task or sleep.

pub(crate) mod fault;
pub(crate) mod oauth;
pub(crate) mod tenant;
pub(crate) mod webhook;
pub(crate) mod wire;

mod control;
mod ledger;
mod process;
mod simulator;

pub use control::RulesError;
pub use fault::arrival::Arrival;
pub use fault::reaction::{Effect, Reaction, ScheduledEvent};
pub use fault::{Fault, FaultPoint, FaultRule, FaultSpecError, When};
pub use ledger::{Ledger, LedgerEntry};
pub use simulator::Simulator;
pub use tenant::counters::Tally;
pub use tenant::rate_limit::{Counting, RateLimit};
pub use webhook::{WebhookDelivery, WebhookTally};
pub use wire::answer::SIMULATED_HEADER;
#[cfg(feature = "server")]
pub(crate) use wire::body_use::BodyUse;
