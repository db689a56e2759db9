//! The report on a batch: a summary, and an HTML page.
//! Must not hold personal data.

pub(crate) mod html;
pub(crate) mod page;
pub(crate) mod summary;
