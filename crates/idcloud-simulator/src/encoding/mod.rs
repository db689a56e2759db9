//! How tokens, times, forms and keys are written.
//! Must not decide anything: it reads and writes.

pub(crate) mod form;
pub(crate) mod jws;
pub(crate) mod pem;
pub(crate) mod time_format;
