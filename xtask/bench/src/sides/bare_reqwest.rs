//! reqwest with its defaults, and a request built by hand that equals ours.
//!
//! Must not add what idcloud-http adds: it is the baseline of our cost.

use bytes::Bytes;
use http::HeaderValue;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder};

use crate::Failure;
use crate::sides::assembled::Assembled;
use crate::sides::caller::Caller;
use crate::sides::sample;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A reqwest client, and its requests.
#[derive(Debug)]
pub struct BareReqwest {
    client: Client,
    url: String,
    authorization: HeaderValue,
    assembled: Assembled,
}

impl BareReqwest {
    /// A client of the server at `address`.
    ///
    /// # Errors
    /// reqwest cannot be built on this machine.
    pub fn new(address: &str) -> Result<Self, Failure> {
        Ok(Self {
            client: client()?,
            url: format!("http://{address}/processes/v1"),
            authorization: sample::authorization().parse()?,
            assembled: Assembled::new()?,
        })
    }

    async fn send(&self, request: RequestBuilder) -> Result<Bytes, Failure> {
        let answer = request
            .header(AUTHORIZATION, self.authorization.clone())
            .header("apikey", HeaderValue::from_static(sample::API_KEY))
            .header(ACCEPT, JSON)
            .send()
            .await?;
        Ok(answer.error_for_status()?.bytes().await?)
    }
}

/// A reqwest client with its defaults. Proxies are off, as for our client.
///
/// # Errors
/// reqwest cannot be built on this machine.
pub fn client() -> Result<Client, Failure> {
    // An error means that a provider is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Ok(Client::builder().no_proxy().build()?)
}

impl Caller for BareReqwest {
    async fn create(&mut self) -> Result<(), Failure> {
        let body = self.assembled.body()?;
        let request = self.client.post(&self.url).header(CONTENT_TYPE, JSON);
        self.send(request.body(body.clone())).await?;
        self.assembled.take_back(body)
    }

    async fn get(&mut self) -> Result<(), Failure> {
        let url = format!("{}/{}", self.url, sample::PROCESS_ID);
        self.send(self.client.get(url)).await?;
        Ok(())
    }
}
