//! What a run does with a row, given what the journal remembers under its reference.
//!
//! Must not take a record for the answer to a row unless the row's request is the record's.

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

/// How rows are compared with the records under their references. One for the dry run, the run and its last pass.
pub(crate) struct Comparison {
    /// Where selfies are looked for.
    pub(crate) directory: PathBuf,
    /// Whether a record is given to a row whose selfie is gone (`--trust-references`).
    pub(crate) trust_references: bool,
}

/// A row's request, as far as it can be made again.
pub(crate) enum Made {
    /// The request.
    Request(Box<IdentityRequest>),
    /// There is no file where the row says that its selfie is.
    Gone(Vec<Refusal>),
    /// The row breaks these rules.
    Refused(Vec<Refusal>),
}

/// How a row stands to the record under its reference.
pub(crate) enum Standing {
    /// The record is of the row's own request, which is here; or is trusted to be, and the request cannot be made again.
    Own(Option<Box<IdentityRequest>>),
    /// The record must not be given to the row: why.
    Refused(Box<Failure>),
}

/// Whether something is remembered that only the same request may be told. What was provably not sent, or may be
/// sent again, holds nothing that could be told; nor does what only a batch run claimed, since the run that has the
/// journal's lock lets go of it.
pub(crate) fn is_known(entry: &Entry) -> bool {
    match entry.state() {
        State::NotSent(_) | State::Resend => false,
        State::Claimed { owner, .. } => *owner != recover::owner(),
        _ => true,
    }
}

/// Whether the process of the record came to nothing, so that it may be begun again.
pub(crate) fn is_failed(entry: &Entry) -> bool {
    match entry.state() {
        State::Finished(finished) => finished.is_failed(),
        _ => false,
    }
}

impl Comparison {
    /// Reads the row's selfie and compares. Keeps its thread busy with a file and a hash.
    pub(crate) fn of(&self, entry: &Entry, row: Row) -> Standing {
        // A capture token is compared as old as it was when it was sent, not as old as it is now; and a picture is compared that an
        // earlier version sent without looking at its end.
        let sent_at = entry.record().claimed_at();
        standing(entry, self.read(row, sent_at), self.trust_references)
    }

    /// The row's request as it may be sent, with its selfie read as at `now` and looked at to its end.
    pub(crate) fn made(&self, row: Row, now: SystemTime) -> Made {
        match self.read(row, now) {
            Made::Request(request) => match selfie::verify(request.selfie()) {
                Ok(()) => Made::Request(request),
                Err(refusals) => Made::Refused(refusals),
            },
            other => other,
        }
    }

    /// The row's request, with its selfie read as at `now`.
    fn read(&self, row: Row, now: SystemTime) -> Made {
        let is_gone = row.selfie_is_gone(&self.directory);
        match row.request(&self.directory, now) {
            Ok(request) => Made::Request(Box::new(request)),
            Err(refusals) if is_gone => Made::Gone(refusals),
            Err(refusals) => Made::Refused(refusals),
        }
    }
}

/// The rule itself.
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

/// The row's selfie is gone, and with it the key of the fingerprint.
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
