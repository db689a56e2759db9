//! The simulator, served by another process, and its ledger.
//!
//! Must not outlive this value, nor answer for the program under test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use children::Child;
use serde_json::Value;

use crate::Failure;

/// Longer than any run takes.
const LIMIT: Duration = Duration::from_secs(150);

/// The timeout for the ledger's answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A served simulator.
pub(super) struct Served {
    _child: Child,
    address: String,
    /// The environment variables for using it, from its `.env`.
    variables: Vec<(String, String)>,
}

impl Served {
    /// Serves a simulator whose answers take `latency`, with credentials in the folder.
    pub(super) fn start(
        program: &Path,
        folder: &Path,
        seed: u64,
        latency: Duration,
    ) -> Result<Self, Failure> {
        let latency = format!("{}ms", latency.as_millis());
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", folder)
            .args(["--rate", "5000", "simulator", "serve"])
            .args(["--listen", "127.0.0.1:0", "--seed", &seed.to_string()])
            .args(["--latency", &latency, "--credentials-dir"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut child = Child::spawn(&mut command, LIMIT)?;
        let mut first = String::new();
        let stdout = child.stdout.take().ok_or("the simulator has no output")?;
        BufReader::new(stdout).read_line(&mut first)?;
        let variables: Vec<_> = std::fs::read_to_string(folder.join(".env"))?
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
            .collect();
        let url = variables.iter().find(|(name, _)| name == "IDCLOUD_API_URL");
        let (_, url) = url.ok_or("the simulator wrote no address")?;
        let address = url.trim_start_matches("http://").trim_end_matches('/');
        Ok(Self {
            _child: child,
            address: address.to_owned(),
            variables: variables.clone(),
        })
    }

    pub(super) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// The ids of all billed processes, and how many people were billed twice.
    pub(super) fn ledger(&self) -> Result<(Vec<String>, usize), Failure> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(
            b"GET /_simulator/ledger HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").ok_or("no ledger came")?;
        let ledger: Value = serde_json::from_str(body)?;
        let of = |name: &str| ledger.get(name).and_then(Value::as_array);
        let billed = of("processes").ok_or("the ledger has no processes")?;
        let billed = billed
            .iter()
            .filter_map(|one| one.get("processId")?.as_str().map(ToOwned::to_owned))
            .collect();
        Ok((billed, of("doubles").map_or(0, Vec::len)))
    }
}
