//! A raw local server in a process of its own: reads a request, and answers with a constant.
//!
//! Must not share a process with what is measured.

use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin};
use std::thread;

use crate::Failure;
use crate::sides::sample;
use crate::sides::traffic::Traffic;

/// Limit in bytes: more than any request's head has.
const HEAD: usize = 16 * 1024;

/// A server that runs while this value lives.
#[derive(Debug)]
pub struct Server {
    process: Child,
    input: Option<ChildStdin>,
    address: String,
}

impl Server {
    /// Starts a server.
    ///
    /// # Errors
    /// The program cannot be started, or prints no address.
    pub fn start(traffic: &Traffic) -> Result<Self, Failure> {
        let mut process = traffic.serve()?;
        let input = process.stdin.take();
        let output = process.stdout.take().ok_or("the server has no output")?;
        let mut address = String::new();
        BufReader::new(output).read_line(&mut address)?;
        Ok(Self {
            process,
            input,
            address: address.trim().to_owned(),
        })
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The server ends at the end of its input.
        drop(self.input.take());
        let _ = self.process.wait();
    }
}

/// Runs the server: prints its address and answers until its input ends.
///
/// # Errors
/// No port is available.
pub fn serve() -> Result<(), Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", listener.local_addr()?)?;
    out.flush()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that disconnects ends only its own connection.
            thread::spawn(move || drop(answer_all(stream)));
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn answer_all(mut stream: TcpStream) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    let token = answer(&format!(
        r#"{{"access_token":"{}","expires_in":3600,"token_type":"Bearer"}}"#,
        "t".repeat(sample::TOKEN_LENGTH)
    ));
    let process = answer(sample::ANSWER);
    let mut buffer = vec![0; 256 * 1024];
    let mut held = 0;
    loop {
        let room = buffer.get_mut(held..).ok_or("a head is too long")?;
        let more = stream.read(room)?;
        if more == 0 || held > HEAD {
            return Ok(());
        }
        held += more;
        let Some(request) = head(buffer.get(..held).unwrap_or_default()) else {
            continue;
        };
        let mut left = (request.length + request.body).saturating_sub(held);
        while left > 0 {
            let most = left.min(buffer.len());
            let read = stream.read(buffer.get_mut(..most).unwrap_or_default())?;
            if read == 0 {
                return Ok(());
            }
            left -= read;
        }
        held = 0;
        let answer = if request.is_token { &token } else { &process };
        stream.write_all(answer)?;
    }
}

/// The parsed head of a message.
#[derive(Debug)]
pub(crate) struct Head {
    /// Its own length.
    pub(crate) length: usize,
    /// The length of the body.
    pub(crate) body: usize,
    is_token: bool,
}

/// The head of a message, once it is complete.
pub(crate) fn head(bytes: &[u8]) -> Option<Head> {
    let length = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(bytes.get(..length)?).ok()?;
    let body = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0);
    Some(Head {
        length,
        body,
        is_token: text.starts_with("POST /oauth2/"),
    })
}

fn answer(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let text = b"POST /oauth2/token HTTP/1.1\r\nhost: a\r\nContent-Length: 12\r\n\r\nbody";
        let length = text.len() - "body".len();
        assert!(head(text.get(..length - 1).unwrap()).is_none());
        let head = head(text).unwrap();
        assert_eq!((head.length, head.body, head.is_token), (length, 12, true));
    }
}
