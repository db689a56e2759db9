//! The `tracing` spans of calls, and their fields.
//!
//! Must not hold anything personal, a credential, a reference of the caller's or a URL in a field.
//! The crate's documentation lists the spans and their fields; they are public interface.

use std::time::Duration;

use idcloud_model::ErrorCode;
use tracing::Span;
use tracing::field::Empty;

use crate::error::{Delivery, ErrorKind};
use crate::operation::Operation;

/// A call's own span. Fields are recorded in it only: without a subscriber to this crate, the
/// enclosing span is the caller's, whose fields must not be changed.
pub(crate) struct CallSpan(Span);

/// A span for one call.
pub(crate) fn of(operation: Operation) -> CallSpan {
    macro_rules! span {
        ($name:literal) => {
            tracing::info_span!(
                $name,
                operation = operation.as_str(),
                attempt = Empty,
                status = Empty,
                code = Empty,
                delivery = Empty,
                process_id = Empty,
                queue_ms = Empty,
                total_ms = Empty,
                error = Empty,
            )
        };
    }
    CallSpan(match operation {
        Operation::Token => span!("idcloud.token"),
        Operation::CreateProcess => span!("idcloud.create_process"),
        Operation::Process => span!("idcloud.process"),
        Operation::ProcessDetails => span!("idcloud.process_details"),
        Operation::ReusableDocuments => span!("idcloud.reusable_documents"),
    })
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl CallSpan {
    pub(crate) fn inner(&self) -> Span {
        self.0.clone()
    }

    pub(crate) fn queued(&self, waited: Duration) {
        self.0.record("queue_ms", millis(waited));
    }

    pub(crate) fn attempt(&self, number: u32) {
        self.0.record("attempt", number);
    }

    /// Records how the latest attempt ended. `before` is whether an earlier one had a code, which
    /// must not stand beside the new status.
    pub(crate) fn answered(
        &self,
        status: Option<u16>,
        code: Option<&ErrorCode>,
        before: bool,
        delivery: Delivery,
    ) {
        if let Some(status) = status {
            self.0.record("status", status);
        }
        match code {
            Some(code) => {
                self.0.record("code", code.as_str());
            }
            None if before => {
                self.0.record("code", "");
            }
            None => {}
        }
        self.0.record("delivery", delivery.as_str());
    }

    pub(crate) fn process_id(&self, id: &str) {
        self.0.record("process_id", id);
    }

    pub(crate) fn failed(&self, kind: ErrorKind, delivery: Delivery) {
        self.0.record("error", kind.as_str());
        self.0.record("delivery", delivery.as_str());
    }

    pub(crate) fn ended(&self, total: Duration) {
        self.0.record("total_ms", millis(total));
    }
}
