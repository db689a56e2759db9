//! Documents (once `IDDocs`): captured now, used again, and looked up for that.
//!
//! Must not exist without the process that proves who holds them.

use idcloud_http::{Answer, ApiKey, CallOptions, Error};
use idcloud_model::request::DocumentRequest;
use idcloud_model::{ReusableDocument, ReusableDocumentsQuery};

use crate::IdCloud;
use crate::handle::{handle, new_attempts};

handle! {
    /// Documents with one API key.
    ///
    /// A request captures a document ([`DocumentRequest::capture`]) or uses one again that IDCloud kept ([`DocumentRequest::reuse`]); which there
    /// are, [`reusable`](Self::reusable) lists. Made by [`IdCloud::documents`]. Cheap to clone.
    Documents: Document, DocumentRequest
}
new_attempts!(Documents);

impl Documents {
    /// The documents of a person that can be used again; none is an empty list.
    ///
    /// IDCloud lets a document be used again after an identity verification that ended with `yes`, or with a risk score of at least 50.
    ///
    /// # Errors
    /// As for any lookup: see [`Client::reusable_documents`](idcloud_http::Client::reusable_documents).
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
    /// Documents with `key`, which is taken to be declared with them.
    #[must_use]
    pub fn documents(&self, key: ApiKey) -> Documents {
        Documents::of(self, key)
    }
}
