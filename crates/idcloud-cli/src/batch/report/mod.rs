//! What a batch came to: a summary, and a page of HTML.
//! Must not hold personal data.

pub(crate) mod html;
pub(crate) mod page;
pub(crate) mod summary;
