//! A Python client, generated from `docs/openapi.json` and used against the served simulator.
//!
//! Must not leave generated files behind, nor use any simulator but the one that it started.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::served::{Served, printed, settings};
use super::succeed;
use crate::Failure;

/// The generator, and the library that signs an assertion in Python.
pub(super) const TOOLS: [&str; 2] = ["openapi-python-client==0.29.1", "PyJWT[crypto]==2.15.1"];

/// The Python program that uses the client.
const USE: &str = include_str!("generated_client.py");

/// Names that a generator makes up for schemas without one.
const MADE_UP: [&str; 3] = ["response_", "body_", "_type_"];

/// Generates the client in a fresh folder, uses it, and removes it.
pub(super) fn run(root: &Path, tools: &Path, program: &Path) -> Result<String, Failure> {
    let folder = crate::target(root).join("generated-client");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let outcome = within(root, tools, program, &folder);
    fs::remove_dir_all(&folder)?;
    outcome
}

fn within(root: &Path, tools: &Path, program: &Path, folder: &Path) -> Result<String, Failure> {
    let client = folder.join("client");
    succeed(
        Command::new(tools.join("openapi-python-client"))
            .args(["generate", "--meta", "none", "--fail-on-warning"])
            .arg("--path")
            .arg(root.join("docs/openapi.json"))
            .arg("--output-path")
            .arg(&client)
            .arg("--config")
            .arg(config(folder)?),
    )?;
    let mut models = 0;
    for file in fs::read_dir(client.join("models"))? {
        let name = file?.file_name().to_string_lossy().into_owned();
        if MADE_UP.iter().any(|part| name.contains(part)) {
            return Err(format!("the generator made the name {name} up: name its schema").into());
        }
        models += 1;
    }

    let credentials = folder.join("credentials");
    let served = Served::start(program, &credentials, &[])?;
    let script = folder.join("use.py");
    fs::write(&script, USE)?;
    let account = settings(&fs::read_to_string(credentials.join(".env"))?);
    let mut python = Command::new(tools.join("python"));
    python
        .arg(&script)
        .arg(&served.url)
        .arg(root.join("docs/assets/selfie.jpg"))
        .envs(account)
        .env("PYTHONPATH", folder)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "127.0.0.1")
        .current_dir(folder);
    let said = printed(&mut python)?;
    Ok(format!(
        "  generated client: {models} files of models; {} ({})\n",
        said.trim(),
        TOOLS[0]
    ))
}

/// The generator's settings: without formatting, because the client is discarded.
fn config(folder: &Path) -> Result<std::path::PathBuf, Failure> {
    let path = folder.join("generator.json");
    fs::write(&path, r#"{ "post_hooks": [] }"#)?;
    Ok(path)
}
