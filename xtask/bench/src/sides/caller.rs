//! The sides of the comparison, and their common interface.
//!
//! Must not measure: it only makes calls, one after the other.

use std::fmt;
use std::str::FromStr;

use crate::Failure;

/// A client that makes calls.
pub trait Caller: Send {
    /// Creates a process, and reads the answer.
    fn create(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Looks a process up, and reads the answer.
    fn get(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Makes `calls` calls of one kind.
    fn make(
        &mut self,
        operation: Operation,
        calls: u32,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        async move {
            for _ in 0..calls {
                match operation {
                    Operation::Create => self.create().await?,
                    Operation::Get => self.get().await?,
                }
            }
            Ok(())
        }
    }
}

/// The operation of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Create a process.
    Create,
    /// Look a process up.
    Get,
}

/// The implementation that calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// idcloud-http's client.
    Ours,
    /// Only a socket.
    RawSocket,
    /// Only hyper.
    RawHyper,
    /// Only reqwest.
    BareReqwest,
    /// reqwest with serde, as most programs use it.
    UsualJson,
}

const OPERATIONS: [(Operation, &str); 2] = [(Operation::Create, "create"), (Operation::Get, "get")];
const SIDES: [(Side, &str); 5] = [
    (Side::Ours, "ours"),
    (Side::RawSocket, "raw-socket"),
    (Side::RawHyper, "raw-hyper"),
    (Side::BareReqwest, "bare-reqwest"),
    (Side::UsualJson, "usual-json"),
];

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name(&OPERATIONS, self))
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name(&SIDES, self))
    }
}

impl FromStr for Operation {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        named(&OPERATIONS, text)
    }
}

impl FromStr for Side {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        named(&SIDES, text)
    }
}

fn name<T: PartialEq>(names: &[(T, &'static str)], value: &T) -> &'static str {
    names
        .iter()
        .find(|(known, _)| known == value)
        .map_or("?", |(_, name)| name)
}

fn named<T: Copy>(names: &[(T, &'static str)], text: &str) -> Result<T, Failure> {
    names
        .iter()
        .find(|(_, name)| *name == text)
        .map(|(value, _)| *value)
        .ok_or_else(|| format!("there is no {text}").into())
}
