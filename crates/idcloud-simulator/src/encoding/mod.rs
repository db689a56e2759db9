//! The formats of tokens, times, forms and keys.
//! Must not decide anything: it parses and writes.

pub(crate) mod form;
pub(crate) mod jws;
pub(crate) mod pem;
pub(crate) mod time_format;
