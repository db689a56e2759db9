#![doc = include_str!("../README.md")]
//!
//! # Where to start
//!
//! [`IdCloud`] is the one object that a service keeps. It makes one handle for each kind of
//! question:
//!
//! | question | once called | handle | file | answered |
//! |---|---|---|---|---|
//! | liveness: is a living person there? | `IDLive` | [`IdCloud::liveness`] | `liveness.rs` | at once |
//! | identity verification: is it the CPF's holder? | `IDUnico` | [`IdCloud::identity`] | `identity.rs` | at once |
//! | behavior alert: is the face known from fraud? | `IDTrust` | [`IdCloud::behavior_alert`] | `behavior_alert.rs` | at once |
//! | risk score: how likely is it the holder? | `IDCheck` | [`IdCloud::risk_score`] | `risk_score.rs` | later |
//! | 1:1: is it the face of an earlier process or picture? | `IDToken` | [`IdCloud::comparison`] | `comparison.rs` | at once |
//! | a document: what does it say, and is it the person's? | `IDDocs` | [`IdCloud::documents`] | `documents.rs` | at once or later |
//! | what became of a process? | | [`IdCloud::processes`] | `processes.rs` | |
//!
//! The API key decides what IDCloud checks, so every handle holds one together with the
//! capabilities that it is declared with ([`Capabilities`](model::Capabilities)). A key with
//! several capabilities answers them all at once: identity verification with liveness, behavior
//! alert, risk score and Serpro is [`IdCloud::identity`] with a key declared with all of them, and
//! a capture token instead of an image.
//!
//! A handle's `submit` returns a [`Submission`]: a [`Report`], or a [`Pending`] process to `wait`
//! for. A [`Pending`] is data: it can be stored, and another program can resume it. The handle's
//! `wait` waits for one process, a [`Waiter`] for many; with a [`webhook`], [`Hints`] make both
//! faster.
//!
//! Under a reference of the caller's ([`SubmitOptions::with_reference`]) a [`journal`] records the
//! submission before it is sent: one reference never leads to a second process, even across a
//! crash. [`IdCloud::drain`] lets a service stop without cutting a submission off.
//!
//! The programs under `examples/` do all of this against the simulator: `onboarding`, `resume`
//! (after a crash), `own_transport`, `custom_policy`, `axum_webhook`.

mod account_journal;
mod submit;
mod wait;

mod flow;
mod handle;
mod idcloud;
pub mod journal;
mod observer;
mod report;
mod shared;
mod tenant;
pub mod webhook;

pub use account_journal::AccountJournal;
pub use flow::{Flow, UnknownFlow};
pub use handle::behavior_alert::BehaviorAlertCheck;
pub use handle::comparison::Comparison;
pub use handle::documents::Documents;
pub use handle::identity::IdentityVerification;
pub use handle::liveness::Liveness;
pub use handle::processes::Processes;
pub use idcloud::builder::IdCloudBuilder;
pub use idcloud::{DEFAULT_NEW_ATTEMPTS, IdCloud};
pub use idcloud_http as http;
pub use idcloud_model as model;
pub use idcloud_model::Mismatch;
pub use report::Report;
pub use report::failure::Failure;
pub use report::ownership::Whose;
pub use report::pending::Pending;
pub use submit::error::{SubmitError, SubmitErrorKind};
pub use submit::machine::Submission;
pub use submit::options::SubmitOptions;
pub use wait::error::{WaitError, WaitErrorKind};
pub use wait::hints::{Hints, HintsSnapshot};
pub use wait::waiter::Waiter;
