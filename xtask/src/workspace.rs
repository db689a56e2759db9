//! Reads the workspace for the rules: `cargo metadata`, `cargo tree` and the members' manifests.
//!
//! Must not judge what it reads.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, TargetKind};

use crate::Failure;
use crate::layering::{Compiled, Dependency, Kind, Member, Version, Workspace};

/// The declarations of every crate of ours.
pub(crate) fn read(root: &Path) -> Result<Workspace, Failure> {
    let metadata = MetadataCommand::new()
        .current_dir(root)
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()?;
    let members = metadata
        .workspace_packages()
        .into_iter()
        .map(|package| member(&metadata, package))
        .collect::<Result<_, _>>()?;
    Ok(Workspace { members })
}

fn member(metadata: &Metadata, package: &Package) -> Result<Member, Failure> {
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(&package.manifest_path)?)?;
    let stated = stated_versions(&manifest);
    let ours: Vec<&str> = metadata
        .workspace_packages()
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let dependencies = package
        .dependencies
        .iter()
        .map(|dependency| {
            let called = dependency.rename.as_ref().unwrap_or(&dependency.name);
            Dependency {
                name: dependency.name.clone(),
                kind: match dependency.kind {
                    DependencyKind::Development => Kind::Development,
                    DependencyKind::Build => Kind::Build,
                    _ => Kind::Normal,
                },
                internal: ours.contains(&dependency.name.as_str()),
                version: if stated.contains(called) {
                    Version::Member
                } else if dependency.req.comparators.is_empty() {
                    Version::Absent
                } else {
                    Version::Root
                },
                default_features: dependency.uses_default_features,
                features: dependency.features.clone(),
            }
        })
        .collect();
    Ok(Member {
        name: package.name.to_string(),
        published: package
            .publish
            .as_ref()
            .is_none_or(|registries| !registries.is_empty()),
        has_build_script: package
            .targets
            .iter()
            .any(|target| target.kind.contains(&TargetKind::CustomBuild)),
        dependencies,
    })
}

/// The dependencies whose version is in the manifest itself.
fn stated_versions(manifest: &toml::Table) -> BTreeSet<String> {
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let everywhere = targets
        .into_iter()
        .flat_map(toml::Table::values)
        .filter_map(toml::Value::as_table);
    let mut stated = BTreeSet::new();
    for place in everywhere.chain([manifest]) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let dependencies = place.get(kind).and_then(toml::Value::as_table);
            for (name, value) in dependencies.into_iter().flatten() {
                if value.is_str() || value.get("version").is_some() {
                    stated.insert(name.clone());
                }
            }
        }
    }
    stated
}

/// The crates that one crate, built by itself with its default features, makes the compiler compile
/// on this machine.
///
/// `cargo tree -p` resolves the features of that crate alone; the workspace's other members add
/// none.
pub(crate) fn compiled(root: &Path, member: &str) -> Result<Compiled, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "tree",
            "--package",
            member,
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--no-dedupe",
        ])
        .args(["--format", "{p}"])
        .current_dir(root)
        .output()?;
    if !output.status.success() {
        return Err(format!(
            "cargo tree of {member}: {}",
            String::from_utf8_lossy(&output.stderr)
        )
        .into());
    }
    Ok(Compiled {
        name: member.to_owned(),
        others: others(&String::from_utf8(output.stdout)?, member),
    })
}

/// The crates of a tree except its root: each name once, or once per version.
fn others(tree: &str, root: &str) -> BTreeSet<String> {
    let crates: BTreeSet<(&str, &str)> = tree
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?))
        })
        .filter(|(name, _)| *name != root)
        .collect();
    let several = |name: &str| crates.iter().filter(|(other, _)| *other == name).count() > 1;
    crates
        .iter()
        .map(|(name, version)| {
            if several(name) {
                format!("{name} {version}")
            } else {
                (*name).to_owned()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layering;

    #[test]
    fn a_tree_counts_every_crate_once_and_two_versions_twice() {
        let tree = "root v0.1.0 (/x)\nsyn v2.0.0 (proc-macro)\nsyn v2.0.0 (proc-macro)\nsyn v1.0.0\nserde v1.0.0\n";
        let expected = ["serde", "syn v1.0.0", "syn v2.0.0"].map(ToOwned::to_owned);
        assert_eq!(others(tree, "root"), BTreeSet::from(expected));
    }

    /// An invented workspace in which the model depends on the client, with a version, and has a
    /// build script.
    #[test]
    fn a_made_up_dependency_is_found_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "Cargo.toml",
            "[workspace]\nresolver = '3'\nmembers = ['crates/*']\n",
        );
        let package = |name: &str| {
            format!("[package]\nname = '{name}'\nversion = '0.1.0'\nedition = '2024'\n")
        };
        write(
            "crates/idcloud-model/Cargo.toml",
            &format!(
                "{}[dependencies]\nidcloud-http = {{ path = '../idcloud-http', version = '0.1.0' }}\n",
                package("idcloud-model")
            ),
        );
        write("crates/idcloud-model/src/lib.rs", "");
        write("crates/idcloud-model/build.rs", "fn main() {}");
        write("crates/idcloud-http/Cargo.toml", &package("idcloud-http"));
        write("crates/idcloud-http/src/lib.rs", "");

        let workspace = read(folder.path()).unwrap();
        let found: Vec<String> = layering::violations(&workspace)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [
                "idcloud-model: depends on idcloud-http, and that arrow points the wrong way",
                "idcloud-model: has a build script, and published crates have none",
                "idcloud-model: states the version of idcloud-http itself; versions stand in the root manifest",
            ]
        );
    }
}
