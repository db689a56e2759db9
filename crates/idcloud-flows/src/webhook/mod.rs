//! The webhook endpoint for IDCloud's notifications, as a function over `http` types.
//!
//! Must not do work before it responds, trust a notification's content, or show what it was sent.
//!
//! IDCloud signs nothing: anyone who knows the address can post to it, and only the credentials of
//! the registration ([`Credentials`]) keep strangers out. So a notification is only ever a hint:
//! the wait for its process polls IDCloud itself.
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
