//! What a service wants done with Unico's IDCloud: submit, wait, judge.
//!
//! This crate must never know how a request travels, and never let a verdict out without what was asked for it.

mod flow;
mod idcloud;
mod identity;
mod observer;
mod pending;
mod poll_schedule;
mod report;
mod submission;
mod wait;

pub use flow::{Flow, UnknownFlow};
pub use idcloud::IdCloud;
pub use idcloud_http as http;
pub use idcloud_model as model;
pub use identity::{DEFAULT_NEW_ATTEMPTS, IdentityVerification};
pub use pending::Pending;
pub use report::{Mismatch, Report};
pub use submission::Submission;
pub use wait::{WaitError, WaitErrorKind};

/// The README's example compiles.
#[cfg(all(doctest, feature = "reqwest"))]
#[doc = include_str!("../../../README.md")]
struct Readme;
