//! idcloud-http's client as a service uses it: cached token, limiter, retry rules; without a
//! subscriber for its spans.
//!
//! Must not do less than in production, except for the budget, which would only make it wait.

use std::sync::Arc;

use async_trait::async_trait;
use idcloud_http::{
    ApiKey, CallOptions, Client, Endpoints, Environment, ReqwestTransport, ServiceAccount,
    SignError, Signer,
};
use idcloud_model::request::CreateRequest;
use idcloud_model::{Capabilities, ProcessId};

use crate::Failure;
use crate::sides::caller::Caller;
use crate::sides::sample;

/// A budget that is never reached.
const RATE: usize = 100_000;

/// The client, and its requests. Clones share the client.
#[derive(Clone, Debug)]
pub struct Ours {
    client: Client,
    key: Arc<ApiKey>,
    create: Arc<CreateRequest>,
    id: ProcessId,
    options: CallOptions,
}

impl Ours {
    /// A client of the server at `address`.
    ///
    /// # Errors
    /// The client cannot be built on this machine.
    pub fn new(address: &str) -> Result<Self, Failure> {
        let url = format!("http://{address}");
        let environment = Environment::custom(Endpoints::parse(&url, &url)?, account()?);
        let client = Client::builder(environment)
            .transport(Arc::new(ReqwestTransport::new()?))
            .rate(RATE)
            .build()?;
        Ok(Self {
            client,
            key: Arc::new(key()?),
            create: Arc::new(sample::create()?),
            id: sample::process_id()?,
            options: CallOptions::default(),
        })
    }
}

impl Caller for Ours {
    async fn create(&mut self) -> Result<(), Failure> {
        let call = self.client.create(&self.key, &self.create, &self.options);
        drop(call.await?);
        Ok(())
    }

    async fn get(&mut self) -> Result<(), Failure> {
        let call = self.client.process(&self.key, &self.id, &self.options);
        drop(call.await?);
        Ok(())
    }
}

/// An account whose signature is not checked.
///
/// # Errors
/// None, unless the client's rules for names change.
pub fn account() -> Result<ServiceAccount, Failure> {
    Ok(ServiceAccount::with_signer(
        "bench",
        "tenant",
        Arc::new(NoSignature),
    )?)
}

/// The API key of the sample's operation.
///
/// # Errors
/// None, unless the client's rules for keys change.
pub fn key() -> Result<ApiKey, Failure> {
    Ok(ApiKey::new(
        sample::API_KEY,
        Capabilities::NONE.with_liveness(),
    )?)
}

struct NoSignature;

#[async_trait]
impl Signer for NoSignature {
    async fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(vec![0; 256])
    }
}
