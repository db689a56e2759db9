//! IDCloud's answers: processes, their evidence, documents, errors and notifications.
//!
//! Must not make an answer say more than it says.

pub(crate) mod additional_info;
pub(crate) mod behavior;
pub(crate) mod document;
pub(crate) mod document_content;
pub(crate) mod error_answer;
pub(crate) mod evidence;
pub(crate) mod face_match;
pub(crate) mod identity;
pub(crate) mod ids;
pub(crate) mod liveness;
pub(crate) mod notification;
pub(crate) mod process;
pub(crate) mod reduced;
pub(crate) mod reusable_document;
pub(crate) mod score;
pub(crate) mod serpro;
pub(crate) mod status;
pub(crate) mod trust;
pub(crate) mod wire;
