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

mod auth;
mod body;
mod budget;
mod retry;
mod time;

mod client;
mod environment;
mod error;
mod obstacle;
mod operation;
mod transport;

#[cfg(feature = "test-util")]
pub mod testing;

pub use auth::access_token::AccessToken;
pub use auth::in_transit::InTransit;
pub use budget::limiter::LimiterSnapshot;
pub use client::Client;
pub use client::builder::ClientBuilder;
pub use client::options::CallOptions;
pub use client::response::Answer;
pub use environment::api_key::ApiKey;
pub use environment::config_error::{ConfigError, ConfigErrorKind};
pub use environment::endpoints::Endpoints;
pub use environment::service_account::ServiceAccount;
pub use environment::signer::{SignError, Signer};
pub use environment::{Environment, EnvironmentName};
pub use error::{Delivery, Error, ErrorKind, RetryAdvice};
pub use obstacle::Obstacle;
pub use operation::{Operation, OperationKind};
pub use time::clock::{Clock, Sleep, SystemClock};
pub use time::timeout::{was_stopped, within};
pub use transport::before_dispatch::BeforeDispatch;
pub use transport::departure::Departure;
pub use transport::error::{TransportError, TransportErrorKind};
#[cfg(feature = "reqwest")]
pub use transport::reqwest::{ReqwestTransport, ReqwestTransportBuilder};
pub use transport::{CallContext, Transport};

/// An error of user code (a hook, a signer), boxed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
