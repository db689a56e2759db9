//! The `tracing` spans of calls, and their fields.
//! Nothing personal, no credential, no reference of the caller and no URL may stand in a field.
//! The crate's documentation lists the spans and their fields; they are public interface.

use std::time::Duration;

use idcloud_model::ErrorCode;
use tracing::Span;
use tracing::field::Empty;

use crate::error::{Delivery, ErrorKind};
use crate::operation::Operation;

/// A span for one call.
pub(crate) fn of(operation: Operation) -> Span {
    macro_rules! span {
        ($name:literal) => {
            tracing::info_span!(
                $name,
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
    match operation {
        Operation::Token => span!("idcloud.token"),
        Operation::CreateProcess => span!("idcloud.create_process"),
        Operation::Process => span!("idcloud.process"),
        Operation::ProcessDetails => span!("idcloud.process_details"),
        Operation::ReusableDocuments => span!("idcloud.reusable_documents"),
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn queued(waited: Duration) {
    Span::current().record("queue_ms", millis(waited));
}

pub(crate) fn attempt(number: u32) {
    Span::current().record("attempt", number);
}

pub(crate) fn answered(status: Option<u16>, code: Option<&ErrorCode>, delivery: Delivery) {
    let span = Span::current();
    if let Some(status) = status {
        span.record("status", status);
    }
    if let Some(code) = code {
        span.record("code", code.as_str());
    }
    span.record("delivery", delivery.as_str());
}

pub(crate) fn failed(span: &Span, kind: ErrorKind, delivery: Delivery) {
    span.record("error", kind.as_str());
    span.record("delivery", delivery.as_str());
}

pub(crate) fn process_id(id: &str) {
    Span::current().record("process_id", id);
}

pub(crate) fn ended(span: &Span, total: Duration) {
    span.record("total_ms", millis(total));
}
