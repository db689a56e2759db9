//! How a request reaches Unico IDCloud: transport, credentials, replay rules, budget and clock.
//!
//! This crate must never send a billable request twice on a guess, and must never let a credential
//! or a personal value reach a log, an error or a `Debug` output.
//!
//! - [`Client`] sends the operations: create, lookups, reusable documents, access tokens.
//! - [`Environment`] holds the one account that a client may use, so that test keys cannot be aimed
//!   at production.
//! - [`Transport`] is the seam: one method, any HTTP status is `Ok`. `ReqwestTransport` (feature
//!   `reqwest`, on by default) is the adapter for production.
//! - [`Clock`] is where all time comes from.
//! - [`Error`] says what failed and, above all, whether the request may have run ([`Delivery`]).
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use idcloud_http::{ApiKey, CallOptions, Client, Delivery, Environment, ServiceAccount};
//! # let request: idcloud_model::request::CreateRequest = unimplemented!();
//!
//! let pem = std::fs::read("account.key.pem")?;
//! let account = ServiceAccount::from_pem("account", "tenant-id", &pem)?;
//! let client = Client::builder(Environment::uat(account)).build()?;
//! let key = ApiKey::new("the API key", "liveness,identity".parse()?)?;
//!
//! match client.create(&key, &request, &CallOptions::default()).await {
//!     Ok(answer) => println!("created {}", answer.value().id()),
//!     Err(error) if error.delivery() == Delivery::Unknown => println!("may be billed: {error}"),
//!     Err(error) => println!("nothing was created: {error}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # The order of a call
//!
//! A call waits for its turn in the tenant's budget (bounded, or refused at once). Then its deadline
//! starts, and each attempt goes through the same steps: an access token, the body (made once), the
//! caller's [`BeforeDispatch`] hook, the attempt's own time-out, the transport. The outcome is judged
//! by one table; what may be repeated waits for a turn again. The budget is counted once more where a
//! request really leaves, so that it holds although a token had to be fetched or a hook took its
//! time. A create waits for room for its body before its turn, and does not leave with less time
//! than an attempt's time-out, or half of the call's deadline where that is less.
//!
//! # Memory
//!
//! A create's body exists once, in a buffer that is wiped when the last holder lets go of it, and
//! kept for the next create. Keys and tokens are wiped likewise. What TLS and the operating system
//! copy on the way is out of this crate's reach.
//!
//! # Spans
//!
//! Every operation has a `tracing` span at level INFO: `idcloud.create_process`, `idcloud.process`,
//! `idcloud.process_details`, `idcloud.reusable_documents`, and `idcloud.token` for
//! [`Client::access_token`]. The fields are stable, and are filled as they become known:
//!
//! | field | meaning |
//! |---|---|
//! | `operation` | the operation's name: `create_process`, `process`, ... |
//! | `attempt` | the latest attempt, counted from 1 |
//! | `status` | HTTP status of the latest answer |
//! | `code` | IDCloud's code in the latest answer; empty where only an earlier one had a code |
//! | `delivery` | `not-sent`, `unknown` or `answered` |
//! | `process_id` | the process that was looked up or created |
//! | `queue_ms` | milliseconds before the first turn |
//! | `total_ms` | milliseconds from the call to its end |
//! | `error` | the error's kind, where the call failed |
//!
//! Of `idcloud.token`, `status` and `code` are those of an exchange that failed; `attempt`, `queue_ms`
//! and `process_id` stay empty.
//!
//! No field holds a credential, an address, a reference of the caller's or anything personal.

mod access_token;
mod answer;
mod api_key;
mod assertion;
mod attempt;
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
mod departures;
mod endpoints;
mod environment;
mod error;
mod exchange;
mod lanes;
mod limiter;
mod operation;
mod permit;
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
mod origins;
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
