//! Writes the credentials of a simulator's service account: the private key, and the variables that
//! use it.
//!
//! Must not write a file that users other than its owner may read.

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
/// The certificate of the authority that signs the certificate of a TLS simulator.
const AUTHORITY_FILE: &str = "ca.pem";
/// The file with the variables.
pub(super) const VARIABLES_FILE: &str = ".env";

/// The flag that errors name.
const FIELD: &str = "--credentials-dir";

/// Refuses a directory that has files of these names from another source. The variables file is
/// written last, and its first line shows that a simulator made the others too.
///
/// # Errors
/// Such a file exists, or `kept` names one.
pub(super) fn refuse_foreign_files(directory: &Path, kept: &KeptFiles) -> Result<(), Refusal> {
    for name in [KEY_FILE, AUTHORITY_FILE, VARIABLES_FILE] {
        kept.refuse(FIELD, &directory.join(name))?;
    }
    refuse_open_folder(FIELD, &directory.join(VARIABLES_FILE))?;
    for name in [KEY_FILE, AUTHORITY_FILE, VARIABLES_FILE] {
        // Writing to a pipe would block the program for ever.
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

/// Writes the private key, and the variables that make `idcloud` use this simulator, with the other
/// keys as comments.
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
    // The authority of an earlier run is not valid for this one.
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

/// The value in a form for shells and for readers of `.env` files: without quotes if possible.
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
