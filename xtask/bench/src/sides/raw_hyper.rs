//! hyper over one connection, without anything around it: the baseline.
//!
//! Must not do less than send the same request and read the whole answer.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::Failure;
use crate::sides::assembled::Assembled;
use crate::sides::caller::Caller;
use crate::sides::sample;

/// A connection, and its requests.
#[derive(Debug)]
pub struct RawHyper {
    connection: SendRequest<Full<Bytes>>,
    assembled: Assembled,
    host: HeaderValue,
    authorization: HeaderValue,
}

impl RawHyper {
    /// A connection to the server at `address`.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub async fn new(address: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // The task ends with the connection, which ends with the sender.
        drop(tokio::spawn(connection));
        Ok(Self {
            connection: sender,
            assembled: Assembled::new()?,
            host: address.parse()?,
            authorization: sample::authorization().parse()?,
        })
    }

    async fn send(&mut self, method: Method, path: &str, body: Bytes) -> Result<(), Failure> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse()?;
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(AUTHORIZATION, self.authorization.clone());
        headers.insert("apikey", HeaderValue::from_static(sample::API_KEY));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.connection.ready().await?;
        let answer = self.connection.send_request(request).await?;
        if !answer.status().is_success() {
            return Err("the server refused".into());
        }
        answer.into_body().collect().await?;
        Ok(())
    }
}

impl Caller for RawHyper {
    async fn create(&mut self) -> Result<(), Failure> {
        let body = self.assembled.body()?;
        self.send(Method::POST, "/processes/v1", body.clone())
            .await?;
        self.assembled.take_back(body)
    }

    async fn get(&mut self) -> Result<(), Failure> {
        let path = format!("/processes/v1/{}", sample::PROCESS_ID);
        self.send(Method::GET, &path, Bytes::new()).await
    }
}
