//! The files that this program writes, and those that it must not replace.
//! Must not replace a file that this program did not make.

pub(crate) mod core_files;
pub(crate) mod kept_files;
pub(crate) mod made_here;
pub(crate) mod private_file;
pub(crate) mod replacement;
