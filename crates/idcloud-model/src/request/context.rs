//! The context of any create: its use case, the customer's branch, and the caller's own name for
//! it.
//!
//! Must not decide what is checked: the API key does.

use super::UseCase;
use super::body::Writer;
use crate::{ClientReference, SubsidiaryId};

/// `useCase`, `subsidiaryId` and `subject.clientReference`, each left out unless given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Context {
    pub(super) use_case: Option<UseCase>,
    pub(super) subsidiary_id: Option<SubsidiaryId>,
    /// Written within the subject.
    pub(super) client_reference: Option<ClientReference>,
}

impl Context {
    pub(super) const NONE: Self = Self {
        use_case: None,
        subsidiary_id: None,
        client_reference: None,
    };

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.optional("useCase", self.use_case.as_ref().map(UseCase::as_str));
        writer.optional(
            "subsidiaryId",
            self.subsidiary_id.as_ref().map(SubsidiaryId::as_str),
        );
    }
}

/// Adds the builder methods and accessors of a `context` to a request.
macro_rules! with_context {
    ($request:ident) => {
        impl $request {
            /// The same request for this use case.
            #[must_use]
            pub fn with_use_case(mut self, use_case: $crate::request::UseCase) -> Self {
                self.context.use_case = Some(use_case);
                self
            }

            /// The same request at this branch.
            #[must_use]
            pub fn with_subsidiary_id(mut self, id: $crate::SubsidiaryId) -> Self {
                self.context.subsidiary_id = Some(id);
                self
            }

            /// The same request with the caller's own name for it, `subject.clientReference`. It
            /// takes precedence over the subject's own. It is not part of the fingerprint: with
            /// another name, or none, a journal sees the same request. A request without a subject
            /// is sent without it, because a subject needs a code.
            #[must_use]
            pub fn with_client_reference(mut self, reference: $crate::ClientReference) -> Self {
                self.context.client_reference = Some(reference);
                self
            }

            /// The use case, if one was set.
            #[must_use]
            pub const fn use_case(&self) -> Option<&$crate::request::UseCase> {
                self.context.use_case.as_ref()
            }

            /// The branch, if one was set.
            #[must_use]
            pub const fn subsidiary_id(&self) -> Option<&$crate::SubsidiaryId> {
                self.context.subsidiary_id.as_ref()
            }
        }
    };
}

/// Adds the builder method and accessor of an optional `subject` to a request.
macro_rules! with_optional_subject {
    ($(#[$doc:meta])* $request:ident) => {
        impl $request {
            $(#[$doc])*
            #[must_use]
            pub fn with_subject(mut self, subject: $crate::Subject) -> Self {
                self.subject = Some(subject);
                self
            }

            /// The person, if one was set.
            #[must_use]
            pub const fn subject(&self) -> Option<&$crate::Subject> {
                self.subject.as_ref()
            }
        }
    };
}

pub(super) use {with_context, with_optional_subject};
