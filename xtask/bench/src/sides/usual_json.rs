//! reqwest's `.json()` with serde, as most programs send an image.
//!
//! Must not be cheaper than such programs, nor more expensive.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use bytes::Bytes;
use reqwest::Client;
use serde::Serialize;
use serde_json::Value;

use crate::Failure;
use crate::sides::bare_reqwest::client;
use crate::sides::caller::Caller;
use crate::sides::sample;

/// A reqwest client, and its requests.
#[derive(Debug)]
pub struct UsualJson {
    client: Client,
    url: String,
    token: String,
    image: Bytes,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Create<'a> {
    subject: Subject<'a>,
    image_base64: String,
}

#[derive(Serialize)]
struct Subject<'a> {
    code: &'a str,
    name: &'a str,
}

impl UsualJson {
    /// A client of the server at `address`.
    ///
    /// # Errors
    /// reqwest cannot be built on this machine.
    pub fn new(address: &str) -> Result<Self, Failure> {
        Ok(Self {
            client: client()?,
            url: format!("http://{address}/processes/v1"),
            token: "t".repeat(sample::TOKEN_LENGTH),
            image: sample::jpeg(sample::IMAGE_BYTES),
        })
    }
}

impl Caller for UsualJson {
    async fn create(&mut self) -> Result<(), Failure> {
        let create = Create {
            subject: Subject {
                code: sample::CODE,
                name: sample::NAME,
            },
            image_base64: BASE64_STANDARD.encode(&self.image),
        };
        let request = self
            .client
            .post(&self.url)
            .bearer_auth(&self.token)
            .header("apikey", sample::API_KEY)
            .json(&create);
        request.send().await?.json::<Value>().await?;
        Ok(())
    }

    async fn get(&mut self) -> Result<(), Failure> {
        let request = self
            .client
            .get(format!("{}/{}", self.url, sample::PROCESS_ID))
            .bearer_auth(&self.token)
            .header("apikey", sample::API_KEY);
        request.send().await?.json::<Value>().await?;
        Ok(())
    }
}
