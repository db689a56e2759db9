//! Processes looked up by id, whichever program created them.
//!
//! Must not create a process, nor assume that the liveness of an unknown selfie was checked.

use idcloud_http::{Answer, ApiKey, CallOptions, Error};
use idcloud_model::{Asked, Process, ProcessId, SelfieKind, SubjectCode};

use crate::handle::judging;
use crate::report::ownership::{self, Whose};
use crate::submit::submitter::Submitter;
use crate::{Flow, IdCloud, Submission};

/// Looks up processes with one API key, and judges them.
///
/// An answer names neither the question nor the kind of selfie. A process is judged as an identity
/// verification with an unknown selfie, unless [`created_for`](Self::created_for) and
/// [`with_selfie_kind`](Self::with_selfie_kind) say otherwise. Made by [`IdCloud::processes`].
/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Processes {
    submitter: Submitter,
    selfie: SelfieKind,
}

judging!(Processes);

impl Processes {
    /// Judges processes as created for `flow`: the flow's evidence counts as asked for.
    #[must_use]
    pub const fn created_for(mut self, flow: Flow) -> Self {
        self.submitter.flow = flow;
        self
    }

    /// Judges processes as created with this kind of selfie. Liveness is checked only with a
    /// capture token.
    #[must_use]
    pub const fn with_selfie_kind(mut self, kind: SelfieKind) -> Self {
        self.selfie = kind;
        self
    }

    /// Looks the process up. A final one is judged; for a pending one call [`wait`](Self::wait).
    ///
    /// # Errors
    /// As for any lookup: see [`Client::process`](idcloud_http::Client::process).
    pub async fn report(&self, id: &ProcessId, options: &CallOptions) -> Result<Submission, Error> {
        let client = self.submitter.client();
        let answer = client.process(&self.submitter.key, id, options).await?;
        Ok(self.shown(answer))
    }

    /// As [`report`](Self::report), by version 2 of the endpoint, which adds the person, the
    /// document and a signed picture address
    /// ([`Evidence::additional_info`](idcloud_model::Evidence::additional_info)).
    ///
    /// # Errors
    /// As for any lookup: see [`Client::process_details`](idcloud_http::Client::process_details).
    pub async fn details(
        &self,
        id: &ProcessId,
        options: &CallOptions,
    ) -> Result<Submission, Error> {
        let client = self.submitter.client();
        let answer = client
            .process_details(&self.submitter.key, id, options)
            .await?;
        Ok(self.shown(answer))
    }

    /// Compares the person of a process, by version 2 of the endpoint, with `person`: the same,
    /// another, or not named. Call it before a reference is settled with a process that a person
    /// found.
    ///
    /// # Errors
    /// As for any lookup: see [`Client::process_details`](idcloud_http::Client::process_details).
    pub async fn whose(
        &self,
        id: &ProcessId,
        person: &SubjectCode,
        options: &CallOptions,
    ) -> Result<Whose, Error> {
        ownership::look_up(
            self.submitter.client(),
            &self.submitter.key,
            id,
            person,
            options,
        )
        .await
    }

    fn shown(&self, answer: Answer<Process>) -> Submission {
        let asked = Asked::new(self.capabilities(), self.selfie);
        self.submitter.shown(answer, asked)
    }
}

impl IdCloud {
    /// Lookups with `key`.
    #[must_use]
    pub fn processes(&self, key: ApiKey) -> Processes {
        Processes {
            submitter: Submitter::new(&self.shared, Flow::Identity, key),
            selfie: SelfieKind::Unknown,
        }
    }
}
