//! A service account of the simulator, as files: the private key, and the variables that use it.
//!
//! Must not write a file that others than its owner may read.

use std::io;
use std::path::Path;

use idcloud_model::Capabilities;
use idcloud_simulator::{StandardKey, TestAccount};
use zeroize::Zeroizing;

use crate::failure::Refusal;
use crate::files::kept_files::KeptFiles;
use crate::files::made_here::{Made, Standing, VARIABLES, foreign, standing};
use crate::files::private_file;
use crate::input::file_mode::refuse_open_folder;

const KEY_FILE: &str = "key.pem";
/// The certificate of the authority that vouches for a simulator that speaks TLS.
const AUTHORITY_FILE: &str = "ca.pem";
/// The file with the variables.
pub(super) const VARIABLES_FILE: &str = ".env";

/// What errors name.
const FIELD: &str = "--credentials-dir";

/// Refuses a folder with files of these names that no simulator made. The variables are written last, and tell whose the others are.
///
/// # Errors
/// Such a file is there, or one that `kept` names.
pub(super) fn refuse_foreign_files(directory: &Path, kept: &KeptFiles) -> Result<(), Refusal> {
    for name in [KEY_FILE, AUTHORITY_FILE, VARIABLES_FILE] {
        kept.refuse(FIELD, &directory.join(name))?;
    }
    refuse_open_folder(FIELD, &directory.join(VARIABLES_FILE))?;
    for name in [KEY_FILE, AUTHORITY_FILE, VARIABLES_FILE] {
        // A pipe in its place would be written to, and hold up the program for ever.
        let found = std::fs::metadata(directory.join(name));
        if found.is_ok_and(|found| !found.is_file()) {
            return Err(Refusal::new(
                FIELD,
                format!("holds a {name} that is no file"),
                "choose another directory",
            ));
        }
    }
    let variables = directory.join(VARIABLES_FILE);
    let is_there = |name| directory.join(name).symlink_metadata().is_ok();
    match standing(&variables, Made::Variables) {
        Ok(Standing::Ours) => Ok(()),
        Ok(Standing::Nothing | Standing::Empty) => {
            match [KEY_FILE, AUTHORITY_FILE]
                .into_iter()
                .find(|name| is_there(*name))
            {
                Some(name) => Err(Refusal::new(
                    FIELD,
                    format!("holds a {name} that no simulator made, and that would be lost"),
                    "choose another directory, or move that file away",
                )),
                None => Ok(()),
            }
        }
        _ => Err(foreign(
            &format!("{VARIABLES_FILE} in {FIELD}"),
            Made::Variables,
        )),
    }
}

/// Writes the private key and the variables that make `idcloud` use this simulator, with the other keys as comments.
pub(super) fn write(
    directory: &Path,
    url: &str,
    authority_pem: Option<&str>,
    account: &TestAccount,
    (api_key, capabilities): (&str, Capabilities),
    others: &[(&StandardKey, Zeroizing<String>)],
) -> io::Result<()> {
    private_file::create_directory(directory)?;
    let key_file = std::path::absolute(directory)?.join(KEY_FILE);
    private_file::write(&key_file, account.private_key_pem().as_bytes())?;
    let capabilities = capabilities.to_string();
    let key_file = key_file.to_string_lossy();
    let authority = directory.join(AUTHORITY_FILE);
    // One that an earlier run left would vouch for nothing any more.
    match std::fs::remove_file(&authority) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut variables = Zeroizing::new(VARIABLES.to_owned());
    if let Some(pem) = authority_pem {
        private_file::write(&authority, pem.as_bytes())?;
        let file = std::path::absolute(&authority)?;
        for part in ["IDCLOUD_CA_FILE=", &quoted(&file.to_string_lossy()), "\n"] {
            variables.push_str(part);
        }
    }
    for (name, value) in [
        ("IDCLOUD_ENV", "custom"),
        ("IDCLOUD_API_URL", url),
        ("IDCLOUD_IDENTITY_URL", url),
        ("IDCLOUD_ACCOUNT", account.account()),
        ("IDCLOUD_TENANT_ID", account.tenant_id()),
        ("IDCLOUD_PRIVATE_KEY_FILE", &*key_file),
        ("IDCLOUD_API_KEY", api_key),
        ("IDCLOUD_CAPABILITIES", &*capabilities),
    ] {
        for part in [name, "=", &quoted(value), "\n"] {
            variables.push_str(part);
        }
    }
    if !others.is_empty() {
        variables.push_str("\n# Other keys of this simulator. One at a time can take the place of the two lines above.\n");
    }
    for (key, secret) in others {
        let capabilities = key.capabilities.to_string();
        for part in ["#\n# ", key.name, ": ", key.purpose, "\n"] {
            variables.push_str(part);
        }
        for (name, value) in [
            ("IDCLOUD_API_KEY", secret.as_str()),
            ("IDCLOUD_CAPABILITIES", &capabilities),
        ] {
            for part in ["# ", name, "=", &quoted(value), "\n"] {
                variables.push_str(part);
            }
        }
    }
    private_file::write(&directory.join(VARIABLES_FILE), variables.as_bytes())
}

/// The value as shells and readers of `.env` files both take it: bare where it can be.
pub(super) fn quoted(value: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_./:,@+=".contains(c);
    if value.chars().all(bare) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_only_where_a_shell_needs_it() {
        assert_eq!(quoted("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert_eq!(quoted("/a dir/key.pem"), "'/a dir/key.pem'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
