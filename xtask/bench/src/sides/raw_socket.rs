//! A socket without any HTTP library: the least that a create can cost.
//!
//! Must not do less than send the same request and read the whole answer.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::Failure;
use crate::sides::assembled::Assembled;
use crate::sides::caller::Caller;
use crate::sides::sample;
use crate::sides::server::head;

/// A connection, and its requests.
#[derive(Debug)]
pub struct RawSocket {
    stream: TcpStream,
    address: String,
    authorization: String,
    assembled: Assembled,
    buffer: Vec<u8>,
}

impl RawSocket {
    /// A connection to the server at `address`.
    ///
    /// # Errors
    /// The server cannot be reached.
    pub fn new(address: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            address: address.to_owned(),
            authorization: sample::authorization(),
            assembled: Assembled::new()?,
            buffer: vec![0; 16 * 1024],
        })
    }

    fn send(&mut self, line: &str, body: &[u8]) -> Result<(), Failure> {
        let head = format!(
            "{line} HTTP/1.1\r\nhost: {}\r\nauthorization: {}\r\napikey: {}\r\naccept: application/json\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.address,
            self.authorization,
            sample::API_KEY,
            body.len()
        );
        self.stream.write_all(head.as_bytes())?;
        self.stream.write_all(body)?;
        self.answered()
    }

    fn answered(&mut self) -> Result<(), Failure> {
        let mut held = 0;
        loop {
            let room = self.buffer.get_mut(held..).unwrap_or_default();
            let more = self.stream.read(room)?;
            if more == 0 {
                return Err("the server went away".into());
            }
            held += more;
            let answer = self.buffer.get(..held).unwrap_or_default();
            if !answer.starts_with(b"HTTP/1.1 200") {
                return Err("the server refused".into());
            }
            if head(answer).is_some_and(|head| held >= head.length + head.body) {
                return Ok(());
            }
        }
    }
}

impl Caller for RawSocket {
    async fn create(&mut self) -> Result<(), Failure> {
        let body = self.assembled.body()?;
        self.send("POST /processes/v1", &body)?;
        self.assembled.take_back(body)
    }

    async fn get(&mut self) -> Result<(), Failure> {
        let line = format!("GET /processes/v1/{}", sample::PROCESS_ID);
        self.send(&line, &[])
    }
}
