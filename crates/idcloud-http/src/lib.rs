//! How a request reaches Unico IDCloud: transport, credentials, replay rules, budget and clock.
//!
//! This crate must never send a billable request twice on a guess, and must never let a credential
//! or a personal value reach a log, an error or a `Debug` output.
//!
//! - [`Client`] sends the operations: create, lookups, reusable documents, access tokens.
//! - [`Environment`] holds the one credential a client may use, so that test keys cannot be aimed
//!   at production.
//! - [`Transport`] is the seam: one method, any HTTP status is `Ok`. `ReqwestTransport` (feature
//!   `reqwest`, on by default) is the adapter for production.
//! - [`Clock`] is where all time comes from.
//! - [`Error`] says what failed and, above all, whether the request may have run ([`Delivery`]).

mod clock;
mod config_error;
mod endpoints;
mod environment;
mod operation;
mod service_account;
mod signer;
mod transport;
mod transport_error;

#[cfg(feature = "reqwest")]
mod pem_signer;

#[cfg(feature = "test-util")]
pub mod testing;

pub use clock::{Clock, Sleep, SystemClock};
pub use config_error::{ConfigError, ConfigErrorKind};
pub use endpoints::Endpoints;
pub use environment::{Environment, EnvironmentName};
pub use operation::{Operation, OperationKind};
pub use service_account::ServiceAccount;
pub use signer::{SignError, Signer};
pub use transport::{CallContext, Transport};
pub use transport_error::{TransportError, TransportErrorKind};

/// An error of user code (a hook, a signer), boxed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
