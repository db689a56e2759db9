//! Processes by their ids: whoever created them.
//!
//! Must not create anything, nor take an unknown selfie for one whose liveness was checked.

use idcloud_http::{Answer, ApiKey, CallOptions, Error};
use idcloud_model::{Asked, Process, ProcessId, SelfieKind, SubjectCode};

use crate::handle::judging;
use crate::report::ownership::{self, Whose};
use crate::submit::submitter::Submitter;
use crate::{Flow, IdCloud, Submission};

/// Looks at processes with one API key, and judges what they show.
///
/// An answer says neither what was asked nor what kind of selfie was sent. A process is judged as one of identity verification whose selfie is not known,
/// unless [`created_for`](Self::created_for) and [`with_selfie_kind`](Self::with_selfie_kind) say otherwise. Made by [`IdCloud::processes`]. Cheap
/// to clone.
#[derive(Debug, Clone)]
pub struct Processes {
    submitter: Submitter,
    selfie: SelfieKind,
}

judging!(Processes);

impl Processes {
    /// The same for processes that were created for `flow`: its evidence is taken as asked for.
    #[must_use]
    pub const fn created_for(mut self, flow: Flow) -> Self {
        self.submitter.flow = flow;
        self
    }

    /// The same for processes that were created with this kind of selfie. Only with a capture token was liveness checked.
    #[must_use]
    pub const fn with_selfie_kind(mut self, kind: SelfieKind) -> Self {
        self.selfie = kind;
        self
    }

    /// The process as it stands, judged where it is final. Where it is not, [`wait`](Self::wait) goes on with it.
    ///
    /// # Errors
    /// As for any lookup: see [`Client::process`](idcloud_http::Client::process).
    pub async fn report(&self, id: &ProcessId, options: &CallOptions) -> Result<Submission, Error> {
        let client = self.submitter.client();
        let answer = client.process(&self.submitter.key, id, options).await?;
        Ok(self.shown(answer))
    }

    /// The same from version 2 of the endpoint, which adds the person, the document and a signed picture address
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

    /// Whose process it is, by version 2 of the endpoint: the person's of this CPF or CURP, another's, or not told. For
    /// whoever found a process and is about to settle a reference with it.
    ///
    /// # Errors
    /// As for any lookup: see [`Client::process_details`](idcloud_http::Client::process_details).
    pub async fn whose(
        &self,
        id: &ProcessId,
        person: &SubjectCode,
        options: &CallOptions,
    ) -> Result<Whose, Error> {
        ownership::look(
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
