//! The simulator without I/O: requests and times in, answers out.
//! Nothing in here reads a clock, opens a socket, spawns a task or sleeps.

mod access;
mod access_token;
mod account_standing;
mod answer;
mod arrival;
mod assertion;
#[cfg(feature = "server")]
mod body_use;
mod control;
mod create_body;
mod document;
mod documents;
mod evidence;
pub(crate) mod faults;
mod form;
mod ids;
mod image;
pub(crate) mod jws;
mod ledger;
pub(crate) mod numeric_date;
mod process;
mod processes;
mod rate_limit;
mod reaction;
mod refusal;
mod refused;
mod route;
mod selfie;
mod shown;
mod simulator;
mod tally;
mod tenants;
mod token;
mod token_signer;
mod used;
mod webhooks;

pub use answer::SIMULATED_HEADER;
pub use arrival::Arrival;
#[cfg(feature = "server")]
pub(crate) use body_use::BodyUse;
pub use control::RulesError;
pub use faults::{Fault, FaultPoint, FaultRule, FaultSpecError, When};
pub use ledger::{Ledger, LedgerEntry};
pub use rate_limit::{Counting, RateLimit};
pub use reaction::{Effect, Reaction, ScheduledEvent};
pub use simulator::Simulator;
pub use tally::Tally;
pub use webhooks::{WebhookDelivery, WebhookTally};
