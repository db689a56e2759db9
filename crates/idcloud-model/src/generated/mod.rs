//! Tables that `cargo xtask codegen` writes from `spec/`.
//!
//! Never edited by hand, except this list of them.

pub(crate) mod error_codes;
pub(crate) mod scenarios;
