//! Decides what a run does with a row, given the journal's record under its reference.
//!
//! Must not take a record for the answer to a row unless the record is of the row's request.

use std::path::PathBuf;
use std::time::SystemTime;

use idcloud_flows::journal::{Entry, Fingerprint, State, StateKind};
use idcloud_model::request::{CreateRequest, IdentityRequest};

use crate::batch::input::row::Row;
use crate::batch::run::recover;
use crate::failure::exit::Exit;
use crate::failure::submit;
use crate::failure::{Failure, Refusal};
use crate::input::selfie;

/// How rows are compared with the records under their references: shared by the dry run, the run
/// and its last pass.
pub(crate) struct Comparison {
    /// The directory of the selfies.
    pub(crate) directory: PathBuf,
    /// Whether a row whose selfie is gone gets the record under its reference
    /// (`--trust-references`).
    pub(crate) trust_references: bool,
}

/// The result of building a row's request again.
pub(crate) enum Made {
    /// The request.
    Request(Box<IdentityRequest>),
    /// The row's selfie file is missing.
    Gone(Vec<Refusal>),
    /// The row breaks these rules.
    Refused(Vec<Refusal>),
}

/// The result of comparing a row with the record under its reference.
pub(crate) enum Standing {
    /// The record is of the row's own request, which is included. `None` if the selfie is gone and
    /// references are trusted.
    Own(Option<Box<IdentityRequest>>),
    /// The record must not be used for the row.
    Refused(Box<Failure>),
}

/// Whether the record holds an answer that only the same request may receive. A row that was
/// provably not sent, or may be sent again, has no such answer. Neither has an attempt that a batch
/// run only claimed: the run that holds the journal's lock releases it.
pub(crate) fn is_known(entry: &Entry) -> bool {
    match entry.state() {
        State::NotSent(_) | State::Resend => false,
        State::Claimed { owner, .. } => *owner != recover::owner(),
        _ => true,
    }
}

/// Whether the record's process failed, so that a new one may be created.
pub(crate) fn is_failed(entry: &Entry) -> bool {
    match entry.state() {
        State::Finished(finished) => finished.is_failed(),
        _ => false,
    }
}

impl Comparison {
    /// Reads the row's selfie and compares. Blocks its thread for a file read and a hash.
    pub(crate) fn of(&self, entry: &Entry, row: Row) -> Standing {
        // A capture token is compared as of the time when it was sent: by now it may have expired.
        // An earlier version sent pictures without a check to their end, so the picture is compared
        // without it.
        let sent_at = entry.record().claimed_at();
        standing(entry, self.read(row, sent_at), self.trust_references)
    }

    /// Builds the row's request for sending: reads its selfie as of `now` and checks the picture to
    /// its end.
    pub(crate) fn made(&self, row: Row, now: SystemTime) -> Made {
        match self.read(row, now) {
            Made::Request(request) => match selfie::verify(request.selfie()) {
                Ok(()) => Made::Request(request),
                Err(refusals) => Made::Refused(refusals),
            },
            other => other,
        }
    }

    /// Builds the row's request: reads its selfie as of `now`.
    fn read(&self, row: Row, now: SystemTime) -> Made {
        let is_gone = row.selfie_is_gone(&self.directory);
        match row.request(&self.directory, now) {
            Ok(request) => Made::Request(Box::new(request)),
            Err(refusals) if is_gone => Made::Gone(refusals),
            Err(refusals) => Made::Refused(refusals),
        }
    }
}

/// The comparison itself.
fn standing(entry: &Entry, made: Made, trust_references: bool) -> Standing {
    let state = entry.state().kind();
    let failure = match made {
        Made::Request(request) => {
            let request = CreateRequest::from(*request);
            let is_same = Fingerprint::of(&request) == entry.record().fingerprint();
            match request {
                CreateRequest::Identity(request) if is_same => {
                    return Standing::Own(Some(Box::new(request)));
                }
                _ => submit::other_request(state),
            }
        }
        Made::Gone(_) if trust_references => return Standing::Own(None),
        Made::Gone(_) => not_compared(state),
        Made::Refused(refusals) => Failure::refused_offline(refusals),
    };
    Standing::Refused(Box::new(failure))
}

/// The failure of a row whose selfie is gone: without the selfie there is no key for the
/// fingerprint.
fn not_compared(state: StateKind) -> Failure {
    Failure {
        exit: Exit::RefusedHere,
        kind: "not-compared",
        help: Some(
            "Put the selfie back where the row says; or, where you know that no reference was used for another \
             person, run with --trust-references."
                .into(),
        ),
        ..Failure::fault(format!(
            "the reference is {state}, and its selfie is gone: whether the record is this row's cannot be compared"
        ))
    }
}
