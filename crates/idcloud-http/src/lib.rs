#![doc = include_str!("../README.md")]
//!
//! # Where to start
//!
//! - [`Client`] sends the operations: create, lookups, reusable documents, access tokens.
//! - [`Environment`] holds the one account that a client may use, so that test keys cannot be aimed
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
mod awaited;
mod backoff;
mod body;
#[cfg(feature = "reqwest")]
mod body_gate;
mod buffer_pool;
mod call;
mod call_options;
mod client;
mod client_builder;
mod clock;
mod conclusion;
mod config_error;
mod credentials;
mod departure;
mod departures;
mod endpoints;
mod environment;
mod error;
mod exchange;
mod in_transit;
mod lanes;
mod limiter;
#[cfg(test)]
#[cfg(feature = "test-util")]
mod limiter_schedules;
mod obstacle;
mod operation;
mod permit;
mod pulse;
mod queue;
mod refusal_memory;
mod replay;
mod service_account;
mod signer;
mod span;
mod timeout;
mod token_answer;
mod token_cache;
mod transport;
mod transport_error;

#[cfg(feature = "reqwest")]
mod connections;
#[cfg(feature = "reqwest")]
mod inflate;
#[cfg(feature = "reqwest")]
mod origins;
#[cfg(feature = "reqwest")]
mod pem_signer;
#[cfg(feature = "reqwest")]
mod proxy_setting;
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
pub use departure::Departure;
pub use endpoints::Endpoints;
pub use environment::{Environment, EnvironmentName};
pub use error::{Delivery, Error, ErrorKind, RetryAdvice};
pub use in_transit::InTransit;
pub use limiter::LimiterSnapshot;
pub use obstacle::Obstacle;
pub use operation::{Operation, OperationKind};
#[cfg(feature = "reqwest")]
pub use reqwest_transport::{ReqwestTransport, ReqwestTransportBuilder};
pub use service_account::ServiceAccount;
pub use signer::{SignError, Signer};
pub use transport::{CallContext, Transport};
pub use transport_error::{TransportError, TransportErrorKind};

/// An error of user code (a hook, a signer), boxed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
