//! Who besides its owner may use a file.
//!
//! Never looks at a path where an open file can be asked: the path may lead elsewhere a moment later.

use std::fs::Metadata;
use std::path::Path;

use crate::failure::Refusal;

/// Refuses a file with a secret that its group or others may use. `what` names the secret.
///
/// # Errors
/// Names `field`, the file's mode and how to change it.
pub(crate) fn refuse_shared(
    field: &str,
    what: &str,
    metadata: &Metadata,
    path: &Path,
) -> Result<(), Refusal> {
    const OTHERS: u32 = 0o077;
    let mode = mode(metadata);
    if mode & OTHERS == 0 {
        return Ok(());
    }
    Err(Refusal::new(
        field,
        format!("others than its owner may use {what} (mode {mode:04o})"),
        format!("run chmod 600 {}", path.display()),
    ))
}

/// Refuses a file without secrets that its group or others may change: they could lead credentials elsewhere.
///
/// # Errors
/// As for [`refuse_shared`].
pub(crate) fn refuse_writable(
    field: &str,
    metadata: &Metadata,
    path: &Path,
) -> Result<(), Refusal> {
    const CHANGED_BY_OTHERS: u32 = 0o022;
    let mode = mode(metadata);
    if mode & CHANGED_BY_OTHERS == 0 {
        return Ok(());
    }
    Err(Refusal::new(
        field,
        format!("others than its owner may change it (mode {mode:04o})"),
        format!("run chmod go-w {}", path.display()),
    ))
}

#[cfg(unix)]
fn mode(metadata: &Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;

    metadata.permissions().mode() & 0o777
}

#[cfg(not(unix))]
fn mode(_: &Metadata) -> u32 {
    // Access lists have no mode to look at.
    0
}
