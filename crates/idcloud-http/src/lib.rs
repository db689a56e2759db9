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

mod access_token;
mod answer;
mod api_key;
mod assertion;
mod attempt;
mod backoff;
mod body;
mod buffer_pool;
mod call;
mod call_options;
mod client;
mod client_builder;
mod clock;
mod config_error;
mod credentials;
mod departures;
mod endpoints;
mod environment;
mod error;
mod exchange;
mod lanes;
mod limiter;
mod operation;
mod refusal_memory;
mod replay;
mod service_account;
mod signer;
mod span;
mod timeout;
mod token_cache;
mod transport;
mod transport_error;

#[cfg(feature = "reqwest")]
mod pem_signer;
#[cfg(feature = "reqwest")]
mod reqwest_transport;

#[cfg(feature = "test-util")]
pub mod testing;

pub use access_token::AccessToken;
pub use answer::Answer;
pub use api_key::ApiKey;
pub use call_options::{BeforeDispatch, CallOptions};
pub use client::Client;
pub use client_builder::ClientBuilder;
pub use clock::{Clock, Sleep, SystemClock};
pub use config_error::{ConfigError, ConfigErrorKind};
pub use endpoints::Endpoints;
pub use environment::{Environment, EnvironmentName};
pub use error::{Delivery, Error, ErrorKind, RetryAdvice};
pub use limiter::LimiterSnapshot;
pub use operation::{Operation, OperationKind};
#[cfg(feature = "reqwest")]
pub use reqwest_transport::{ReqwestTransport, ReqwestTransportBuilder};
pub use service_account::ServiceAccount;
pub use signer::{SignError, Signer};
pub use transport::{CallContext, Transport};
pub use transport_error::{TransportError, TransportErrorKind};

/// An error of user code (a hook, a signer), boxed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
