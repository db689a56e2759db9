//! Stub.

mod error_code;
mod generated;
mod language;

pub use error_code::{Actor, CatalogueEntry, Endpoint, ErrorCode, RetryClass};
pub use language::{Language, UnknownLanguage};
