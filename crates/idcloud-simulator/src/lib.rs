#![doc = include_str!("../README.md")]
//!
//! # Where to start
//!
//! - [`Simulator`] is the core, without I/O: a request and the time go in, an answer comes out.
//! - [`SimulatorTransport`] replaces the network inside a process.
//! - `serve` (feature `server`, on by default) puts the simulator behind a socket.
//! - [`KeyProfile`] gives an API key its capabilities and one of four [`Dialect`]s; [`key_ring()`]
//!   has a key for each kind of integration.
//! - [`subjects()`] lists people who do not exist, each with a known outcome;
//!   [`Simulator::arrange`] sets the outcome of others.
//! - [`FaultRule`] sets which faults happen and when, drawn from the seed; the [`Ledger`] shows
//!   what was billed in spite of them.
//! - [`Webhook`] sets where a tenant is notified when its processes end.
//! - [`SharedSimulator`] lets a test inspect or arrange state while requests are answered.
//! - [`capture()`] plays the capture SDK, so that liveness can be checked.
//!
//! The simulator enforces what the documents describe: the assertion's signature, claims and single
//! use; the access token's hour; the rules for a create, each with its own code and HTTP status; a
//! capture's ten minutes and single use; ten requests a second for each tenant; and what an API
//! key's capabilities leave out of an answer. Every answer carries the header
//! `idcloud-simulated: true`.
//!
//! A person who is neither a test subject nor arranged is genuine: every key that can approve
//! approves a person with a valid CPF or CURP.
//!
//! ```
//! use std::sync::Arc;
//!
//! use idcloud_http::{CallContext, Operation, SystemClock, Transport};
//! use idcloud_simulator::{Config, SharedSimulator, Simulator, SimulatorTransport};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let mut simulator = Simulator::new(Config::new(1));
//! let account = simulator.issue_account()?;
//! let api_key = simulator.issue_api_key("identity".parse::<idcloud_model::Capabilities>()?);
//!
//! let simulator = SharedSimulator::new(simulator);
//! let transport = SimulatorTransport::new(simulator.clone(), Arc::new(SystemClock::new()));
//! // Hand `account`, `api_key` and `transport` to a client; or ask by hand and be told what is missing:
//! let request = http::Request::post("/processes/v1").body(bytes::Bytes::new())?;
//! let context = CallContext::new(Operation::CreateProcess, 1, std::time::Duration::from_secs(1));
//! let answer = transport.send(request, context).await?;
//! assert!(answer.body().starts_with(br#"{"error":{"code":"20001""#));
//! assert_eq!(simulator.lock().tally().create_requests, 1);
//! # let _ = (account, api_key);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod encoding;
#[cfg(feature = "server")]
mod serve;
mod setup;

mod core;
mod manual_clock;
mod sample_png;
mod shared;
mod transport;

pub use core::{
    Arrival, Counting, Effect, Fault, FaultPoint, FaultRule, FaultSpecError, Ledger, LedgerEntry,
    RateLimit, Reaction, RulesError, SIMULATED_HEADER, ScheduledEvent, Simulator, Tally,
    WebhookDelivery, WebhookTally, When,
};
pub use manual_clock::ManualClock;
pub use sample_png::sample_png;
#[cfg(feature = "tls")]
pub use serve::tls::{TlsError, TlsIdentity};
#[cfg(feature = "server")]
pub use serve::{Server, serve};
pub use setup::account::{AccountError, AccountState, TestAccount};
pub use setup::api_key::KeyProfile;
pub use setup::capture::{Capture, Face, capture};
pub use setup::config::{AccountLock, CaptureMarking, Config, Latency};
pub use setup::dialect::{Dialect, DialectError};
pub use setup::key_ring::{StandardKey, key_ring};
pub use setup::outcome::{Course, Outcome, Paper};
pub use setup::subjects::{TestSubject, subjects};
pub use setup::webhook::{Notices, Webhook, WebhookAuth, WebhookAuthError};
pub use shared::{Locked, SharedSimulator};
pub use transport::SimulatorTransport;

/// The API's URL for a client in the same process. The name cannot be resolved.
pub const API_URL: &str = idcloud_http::Environment::LOCAL_API_URL;

/// The identity server's URL for a client in the same process: the assertion's `aud`.
pub const IDENTITY_URL: &str = idcloud_http::Environment::LOCAL_IDENTITY_URL;
