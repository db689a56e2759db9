//! The simulator without I/O: requests and times in, answers out.
//! Nothing in here reads a clock, opens a socket, spawns a task or sleeps.

mod access;
mod access_token;
mod answer;
mod assertion;
mod create_body;
mod form;
mod ids;
mod image;
pub(crate) mod jws;
pub(crate) mod numeric_date;
mod process;
mod processes;
mod rate_limit;
mod reaction;
mod refusal;
mod refused;
mod route;
mod selfie;
mod simulator;
mod tally;
mod tenants;
mod token;
mod used;

pub use answer::SIMULATED_HEADER;
pub use rate_limit::{Counting, RateLimit};
pub use reaction::{Reaction, ScheduledEvent};
pub use simulator::Simulator;
pub use tally::Tally;
