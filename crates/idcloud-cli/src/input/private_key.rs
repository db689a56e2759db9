//! The service account's private key file.
//!
//! Must not read a key that others on this machine may read, nor show any of it.

use std::path::Path;

use zeroize::Zeroizing;

use crate::failure::Refusal;
use crate::input;

/// Limit in bytes: an RSA key of 16,384 bits has 13 kB of PEM.
const MAX_PEM: u64 = 64 * 1024;

/// Reads the PEM text. Errors name `field`.
///
/// # Errors
/// The file cannot be read, is not a regular file, or its group or others may read it.
pub(crate) fn read(field: &str, path: &Path) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    input::read_secret(field, "the private key", path, MAX_PEM)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        fs::write(&path, "pem").unwrap();
        for (mode, accepted) in [
            (0o600, true),
            (0o400, true),
            (0o640, false),
            (0o604, false),
            (0o644, false),
        ] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read("key", &path).is_ok(), accepted, "{mode:o}");
        }
        let refusal = read("key", &path).unwrap_err();
        assert!(
            refusal.rule.contains("mode 0644") && refusal.remedy.contains("chmod 600"),
            "{refusal:?}"
        );
        assert_eq!(
            read("key", directory.path()).unwrap_err().rule,
            "is a directory"
        );
    }
}
