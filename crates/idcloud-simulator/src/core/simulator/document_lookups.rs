//! The lookup of documents that can be used again.
//!
//! Must not show a key without the capability whether there are any.

use std::time::SystemTime;

use http::{HeaderMap, StatusCode};
use idcloud_model::Capability;
use serde_json::json;

use super::Simulator;
use crate::Dialect;
use crate::core::wire::access::Access;
use crate::core::wire::answer::Answer;
use crate::core::wire::create_body;
use crate::core::wire::error_catalogue::Refusal;
use crate::core::wire::rejection::Refused;
use crate::encoding::form;

impl Simulator {
    /// Answers a lookup of reusable documents.
    pub(super) fn find_documents(
        &mut self,
        headers: &HeaderMap,
        query: Option<&str>,
        now: SystemTime,
    ) -> Result<Answer, Refused> {
        let Access { tenant, key } = self.admit(headers, now)?;
        if !key.has(Capability::Document) {
            return Err(Refusal::NOT_PERMITTED.into());
        }
        let members = form::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
        let value = |name| {
            let mut values = members.iter().filter(|(member, _)| member == name);
            let value = values.next().map(|(_, value)| value.as_str());
            value.filter(|value| !value.is_empty())
        };
        let code = create_body::unformatted(value("code").ok_or(Refusal::NO_CODE)?)?;
        // A missing type has no code of its own.
        let kind = value("type").ok_or(Refusal::BAD_BODY)?;
        let dialect = key.dialect().unwrap_or(self.config.dialect);
        let mut items: Vec<_> = self
            .documents
            .of(&tenant, &code)
            .into_iter()
            .filter(|document| document.kind.is_meant_by(kind))
            .map(|document| {
                json!({
                    "documentType": document.kind.type_name(dialect),
                    "documentId": document.id,
                })
            })
            .collect();
        if items.is_empty() && dialect < Dialect::V2026 {
            items.push(json!({}));
        }
        Ok(Answer::json(StatusCode::OK, &json!({ "items": items })))
    }
}
