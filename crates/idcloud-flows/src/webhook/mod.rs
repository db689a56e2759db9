//! What IDCloud's notifications are posted to, as a function over `http` types.
//!
//! Must not do work before it answers, believe what a notification claims, or show what it was sent.
//!
//! IDCloud signs nothing: whoever knows the address can post to it, and what keeps strangers out is what the webhook was registered with
//! ([`Credentials`]). Therefore a notification is only ever a hint: whoever waits for its process looks for himself.
//!
//! ```
//! # async fn example(idcloud: idcloud_flows::IdCloud, request: http::Request<String>) -> Result<(), Box<dyn std::error::Error>> {
//! use idcloud_flows::webhook::{Credentials, Endpoint};
//!
//! let secret = std::env::var("WEBHOOK_API_KEY")?;
//! let endpoint = Endpoint::new(idcloud.hints().clone(), Credentials::api_key(secret)?);
//! let answer = endpoint.handle(request).await;
//! # Ok(())
//! # }
//! ```

mod bearer;
mod body;
mod credentials;
mod endpoint;

pub use bearer::VerifyBearer;
pub use credentials::{Credentials, CredentialsError};
pub use endpoint::Endpoint;
