//! Documents (once `IDDocs`): captured now, reused, and looked up for reuse.
//!
//! Must not send a document without the process that proves who holds it.

use idcloud_http::{Answer, ApiKey, CallOptions, Error};
use idcloud_model::request::DocumentRequest;
use idcloud_model::{ReusableDocument, ReusableDocumentsQuery};

use crate::IdCloud;
use crate::handle::{handle, new_attempts};

handle! {
    /// Documents with one API key.
    ///
    /// A request captures a document ([`DocumentRequest::capture`]) or reuses one that IDCloud kept
    /// ([`DocumentRequest::reuse`]); [`reusable`](Self::reusable) lists the reusable ones. Made by
    /// [`IdCloud::documents`]. Cheap to clone.
    Documents: Document, DocumentRequest
}
new_attempts!(Documents);

impl Documents {
    /// The reusable documents of a person; an empty list if there are none.
    ///
    /// IDCloud allows reuse after an identity verification that ended with `yes`, or with a risk
    /// score of at least 50.
    ///
    /// # Errors
    /// As for any lookup: see
    /// [`Client::reusable_documents`](idcloud_http::Client::reusable_documents).
    pub async fn reusable(
        &self,
        query: &ReusableDocumentsQuery,
        options: &CallOptions,
    ) -> Result<Answer<Vec<ReusableDocument>>, Error> {
        let Self { submitter } = self;
        submitter
            .client()
            .reusable_documents(&submitter.key, query, options)
            .await
    }
}

impl IdCloud {
    /// Documents with `key`, which is assumed to be declared with them.
    #[must_use]
    pub fn documents(&self, key: ApiKey) -> Documents {
        Documents::of(self, key)
    }
}
