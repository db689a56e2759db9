//! The requests of `POST /processes/v1`: one type for each operation.
//!
//! Must not exist without what its operation requires.

mod body;
mod comparison;
mod context;
mod document;
mod identity;
mod liveness;
mod risk;
mod use_case;

pub use body::{Body, Segment};
pub use comparison::{ComparisonRequest, Reference};
pub use document::{DocumentRequest, DocumentSource, Purpose, PurposeError};
pub use identity::IdentityRequest;
pub use liveness::LivenessRequest;
pub use risk::RiskRequest;
pub use use_case::{UseCase, UseCaseError};

use crate::{Capabilities, CaptureToken, ClientReference, IdentityExtras, SelfieKind};

/// Any request that creates a process. A create is billed, cannot be undone and cannot be looked
/// up.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CreateRequest {
    /// Identity verification and all other capabilities of the key.
    Identity(IdentityRequest),
    /// Liveness alone.
    Liveness(LivenessRequest),
    /// The 1:1 comparison.
    Comparison(ComparisonRequest),
    /// A document, captured or reused.
    Document(DocumentRequest),
    /// Fraud risk classification of a person without CPF and CURP.
    Risk(RiskRequest),
}

impl CreateRequest {
    /// The body to send.
    #[must_use]
    pub fn body(&self) -> Body {
        match self {
            Self::Identity(request) => request.body(),
            Self::Liveness(request) => request.body(),
            Self::Comparison(request) => request.body(),
            Self::Document(request) => request.body(),
            Self::Risk(request) => request.body(),
        }
    }

    /// The body in its first form: without the members that later versions of this library add by
    /// themselves, without the name that [`with_client_reference`](Self::with_client_reference)
    /// adds, and with names as they were given. It is never sent.
    ///
    /// Fingerprints of requests are computed from it, so that those of earlier versions still
    /// match.
    #[must_use]
    pub fn first_form(&self) -> Body {
        match self {
            Self::Identity(request) => request.first_form(),
            Self::Liveness(request) => request.first_form(),
            Self::Comparison(request) => request.first_form(),
            Self::Document(request) => request.first_form(),
            Self::Risk(request) => request.first_form(),
        }
    }

    /// The same request with the caller's own name for it, `subject.clientReference`, by which
    /// Unico and notices can name it.
    ///
    /// It takes precedence over the subject's own. It is not part of the fingerprint: with another
    /// name, or none, a journal sees the same request. A request without a subject is sent without
    /// it, because a subject needs a code.
    #[must_use]
    pub fn with_client_reference(self, reference: ClientReference) -> Self {
        match self {
            Self::Identity(request) => request.with_client_reference(reference).into(),
            Self::Liveness(request) => request.with_client_reference(reference).into(),
            Self::Comparison(request) => request.with_client_reference(reference).into(),
            Self::Document(request) => request.with_client_reference(reference).into(),
            Self::Risk(request) => request.with_client_reference(reference).into(),
        }
    }

    /// The kind of selfie that the request carries; a document carries none, and no liveness
    /// follows from it.
    #[must_use]
    pub const fn selfie_kind(&self) -> SelfieKind {
        match self {
            Self::Identity(request) => request.selfie().kind(),
            Self::Liveness(_) => SelfieKind::CaptureToken,
            Self::Comparison(request) => request.selfie().kind(),
            Self::Document(_) => SelfieKind::Image,
            Self::Risk(request) => request.selfie().kind(),
        }
    }

    /// The capabilities that the request can evoke: a key's other capabilities are not expected to
    /// answer.
    ///
    /// A face is compared only if a reference is sent, and a document read only if one is sent. A
    /// document request carries no selfie, and a liveness request may carry no subject, so they
    /// cannot evoke anything else.
    #[must_use]
    pub const fn evoked(&self) -> Capabilities {
        let of_a_face = Capabilities::NONE
            .with_liveness()
            .with_behavior_alert()
            .with_trust_decision();
        let of_a_person =
            of_a_face.with_identity(IdentityExtras::NONE.with_risk_score().with_serpro());
        match self {
            Self::Risk(_) => of_a_face,
            Self::Liveness(request) if request.subject().is_none() => of_a_face,
            Self::Identity(_) | Self::Liveness(_) => of_a_person,
            Self::Comparison(_) => of_a_person.with_face_match(),
            Self::Document(_) => Capabilities::NONE.with_document(),
        }
    }

    /// The capture token that the request carries. It is valid for one attempt.
    #[must_use]
    pub const fn capture_token(&self) -> Option<&CaptureToken> {
        match self {
            Self::Identity(request) => token_of(request.selfie()),
            Self::Liveness(request) => Some(request.capture_token()),
            Self::Comparison(request) => token_of(request.selfie()),
            Self::Document(_) => None,
            Self::Risk(request) => token_of(request.selfie()),
        }
    }
}

const fn token_of(selfie: &crate::Selfie) -> Option<&CaptureToken> {
    match selfie {
        crate::Selfie::CaptureToken(token) => Some(token),
        crate::Selfie::Image(_) => None,
    }
}

impl From<IdentityRequest> for CreateRequest {
    fn from(request: IdentityRequest) -> Self {
        Self::Identity(request)
    }
}

impl From<LivenessRequest> for CreateRequest {
    fn from(request: LivenessRequest) -> Self {
        Self::Liveness(request)
    }
}

impl From<ComparisonRequest> for CreateRequest {
    fn from(request: ComparisonRequest) -> Self {
        Self::Comparison(request)
    }
}

impl From<RiskRequest> for CreateRequest {
    fn from(request: RiskRequest) -> Self {
        Self::Risk(request)
    }
}

impl From<DocumentRequest> for CreateRequest {
    fn from(request: DocumentRequest) -> Self {
        Self::Document(request)
    }
}

#[cfg(test)]
mod tests;
