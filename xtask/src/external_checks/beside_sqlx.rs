//! Checks that a program can use the journal together with the current sqlx: both link SQLite, and
//! a program can link it only once.
//!
//! Must not build anything: a successful version resolution is enough.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::succeed;
use crate::Failure;

const MANIFEST: &str = r#"[package]
name = "beside-sqlx"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
sqlx = { version = "*", default-features = false, features = ["sqlite"] }
"#;

/// Step "beside sqlx": with the journal a program gets the same sqlx as without it, and no older
/// one.
pub(super) fn run(root: &Path) -> Result<String, Failure> {
    let journal = root.join("crates/idcloud-sqlite").display().to_string();
    let journal = format!("idcloud-sqlite.path = {journal:?}\n");
    let folder = crate::target(root).join("beside-sqlx");
    let alone = resolved(&folder, MANIFEST)?;
    let beside = resolved(&folder, &format!("{MANIFEST}{journal}"))?;
    if alone == beside {
        Ok(format!("  idcloud-sqlite: resolves beside sqlx {alone}\n"))
    } else {
        Err(format!(
            "beside idcloud-sqlite a program gets sqlx {beside} and not {alone}: \
             another rusqlite, whose libsqlite3-sys is in the range of that sqlx's, is needed"
        )
        .into())
    }
}

/// The version of sqlx that a program with this manifest gets.
fn resolved(folder: &Path, manifest: &str) -> Result<String, Failure> {
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    fs::write(folder.join("Cargo.toml"), manifest)?;
    let lock_file = folder.join("Cargo.lock");
    if lock_file.exists() {
        // An existing lock file would keep its versions.
        fs::remove_file(&lock_file)?;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    succeed(
        Command::new(cargo)
            .args(["generate-lockfile", "--quiet"])
            .current_dir(folder),
    )?;
    let found = version(&fs::read_to_string(lock_file)?, "sqlx");
    Ok(found.ok_or("the lock file names no sqlx")?)
}

/// The version of `name` in a lock file.
fn version(lock_file: &str, name: &str) -> Option<String> {
    let (_, rest) = lock_file.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    rest.split('"').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_names_versions() {
        let lock_file = "[[package]]\nname = \"sqlx-core\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"sqlx\"\nversion = \"0.9.0\"\n";
        assert_eq!(version(lock_file, "sqlx").as_deref(), Some("0.9.0"));
        assert_eq!(version(lock_file, "rusqlite"), None);
    }
}
