//! `cargo xtask release [--dry-run]`: checks everything that a release needs, packages the crates
//! as a set, publishes and tags.
//!
//! Must not edit a file: a reviewed commit changes the version and the changelog. A dry run
//! publishes and tags nothing.

mod plan;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use self::plan::{Crate, Section};
use crate::Failure;

/// Every package needs both texts, by their own terms.
const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// Checks, packages, and, unless it is a dry run, publishes and tags.
pub(crate) fn run(root: &Path, dry: bool) -> Result<String, Failure> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()?;
    let packages: Vec<&Package> = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| published(package))
        .collect();
    let crates: Vec<Crate> = packages
        .iter()
        .map(|package| summary(&metadata, package))
        .collect();
    let order = plan::order(&crates)?;
    let version = plan::shared_version(&order)?;
    let tag = plan::tag(version);

    clean(root)?;
    let changelog = fs::read_to_string(root.join("CHANGELOG.md"))?;
    let section = plan::section(&changelog, version)?;
    if section == Section::Unreleased && !dry {
        return Err(format!(
            "CHANGELOG.md tells of {version} under [Unreleased]; rename that section to [{version}] and commit"
        )
        .into());
    }
    for package in &packages {
        described(root, package)?;
    }
    let compared = compare(root, &tag, &order)?;
    let mut files = BTreeMap::new();
    for package in &packages {
        files.insert(package.name.as_str(), complete(root, package)?);
    }
    let packed = package(root, metadata.target_directory.as_std_path(), &order)?;

    let mut report = format!("version {version}, tag {tag}\n");
    report.push_str(match section {
        Section::Own => "changelog: has its section\n",
        Section::Unreleased => {
            "changelog: [Unreleased] must be renamed before the release itself\n"
        }
    });
    writeln!(report, "semver: {compared}")?;
    writeln!(
        report,
        "packaged, and each built from its package alone; in each are README.md, {}",
        LICENCES.join(", ")
    )?;
    writeln!(
        report,
        "{}, in this order",
        if dry { "would publish" } else { "published" }
    )?;
    for ours in &order {
        let count = files.get(ours.name.as_str()).copied().unwrap_or_default();
        let size =
            fs::metadata(packed.join(format!("{}-{}.crate", ours.name, ours.version)))?.len();
        writeln!(report, "  {}", plan::line(ours, count, size))?;
    }
    if dry {
        writeln!(report, "would tag {tag}")?;
    } else {
        publish(root, &order)?;
        git(root, &["tag", "--annotate", &tag, "--message", &tag])?;
        writeln!(report, "tagged {tag}; push it with: git push origin {tag}")?;
    }
    Ok(report)
}

fn published(package: &Package) -> bool {
    package
        .publish
        .as_ref()
        .is_none_or(|registries| !registries.is_empty())
}

fn summary(metadata: &Metadata, package: &Package) -> Crate {
    let members = metadata.workspace_packages();
    let needs = package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .filter(|dependency| members.iter().any(|member| *member.name == dependency.name))
        .map(|dependency| dependency.name.clone())
        .collect();
    Crate {
        name: package.name.to_string(),
        version: package.version.to_string(),
        needs,
    }
}

/// Fails unless the tree is committed: only committed files are published.
fn clean(root: &Path) -> Result<(), Failure> {
    let changed = git(root, &["status", "--porcelain"])?;
    if changed.is_empty() {
        return Ok(());
    }
    Err(format!("the tree is not clean; commit first:\n{changed}").into())
}

/// Fails if a crate's registry page would lack a description, or its licences differ from the
/// workspace's.
fn described(root: &Path, package: &Package) -> Result<(), Failure> {
    for (is_there, what) in [
        (package.description.is_some(), "description"),
        (package.license.is_some(), "license"),
        (package.repository.is_some(), "repository"),
        (package.readme.is_some(), "README.md"),
        (!package.keywords.is_empty(), "keywords"),
        (!package.categories.is_empty(), "categories"),
    ] {
        if !is_there {
            return Err(format!("{} has no {what}", package.name).into());
        }
    }
    for licence in LICENCES {
        let own = package.manifest_path.with_file_name(licence);
        let read = |path: &Path| {
            fs::read(path).map_err(|failure| format!("{}: {failure}", path.display()))
        };
        if read(own.as_std_path())? != read(&root.join(licence))? {
            return Err(format!("{own} is not the workspace's").into());
        }
    }
    Ok(())
}

/// Compares the public interfaces with those of the last tag. If the tag has nothing to compare
/// with, that is a failure.
fn compare(root: &Path, tag: &str, order: &[Crate]) -> Result<String, Failure> {
    let tags = git(
        root,
        &[
            "tag",
            "--list",
            "v[0-9]*",
            "--merged",
            "HEAD",
            "--sort=-version:refname",
        ],
    )?;
    let Some(last) = tags.lines().next() else {
        return Ok("no tag yet, so there is nothing to compare with".to_owned());
    };
    if tags.lines().any(|existing| existing == tag) {
        return Err(format!("{tag} is there already; raise the version in Cargo.toml").into());
    }
    // A program has no interface for other crates.
    let libraries = order.iter().filter(|ours| ours.name != "idcloud-cli");
    let mut arguments = vec!["semver-checks", "--baseline-rev", last];
    for ours in libraries {
        arguments.extend(["--package", &ours.name]);
    }
    cargo(root, &arguments).map_err(|failure| {
        format!(
            "{failure}\nthe interfaces are compared with {last} by cargo-semver-checks, which runs on stable: \
             cargo install --locked cargo-semver-checks"
        )
    })?;
    Ok(format!("compatible with {last} as far as the version says"))
}

/// Packages the crates as one set, and builds each from its package: unpublished siblings come from
/// their packages. Returns the folder of the packages.
///
/// Uses a folder of its own for each commit: cargo treats a version of a registry crate as
/// immutable, and would build with the siblings of an earlier run.
fn package(root: &Path, target: &Path, order: &[Crate]) -> Result<PathBuf, Failure> {
    let folder = target.join("package-check");
    let commit = git(root, &["rev-parse", "HEAD"])?;
    let own = folder.join(commit.trim());
    if !own.exists() && folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let folder = own.to_string_lossy();
    let mut arguments = vec!["package", "--locked", "--quiet", "--target-dir", &folder];
    for ours in order {
        arguments.extend(["--package", &ours.name]);
    }
    cargo(root, &arguments)?;
    Ok(own.join("package"))
}

/// Fails if a package lacks a licence or its README; returns the number of its files.
fn complete(root: &Path, package: &Package) -> Result<usize, Failure> {
    let listed = output(
        Command::new(program())
            .args(["package", "--locked", "--list", "--package", &package.name])
            .current_dir(root),
    )?;
    for file in LICENCES.iter().chain(&["README.md"]) {
        if !listed.lines().any(|line| line == *file) {
            return Err(format!("the package of {} lacks {file}", package.name).into());
        }
    }
    Ok(listed.lines().count())
}

/// Publishes. Cargo waits for each crate to be available before it sends the next.
fn publish(root: &Path, order: &[Crate]) -> Result<(), Failure> {
    let mut arguments = vec!["publish", "--locked"];
    for ours in order {
        arguments.extend(["--package", &ours.name]);
    }
    cargo(root, &arguments).map_err(|failure| {
        format!("{failure}\nwhat is out stays out; publish the rest with `cargo publish --package …`, then tag").into()
    })
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<(), Failure> {
    let status = Command::new(program())
        .args(arguments)
        .current_dir(root)
        .status()?;
    if status.success() {
        return Ok(());
    }
    Err(format!("cargo {} failed", arguments.join(" ")).into())
}

fn git(root: &Path, arguments: &[&str]) -> Result<String, Failure> {
    output(Command::new("git").args(arguments).current_dir(root))
}

fn output(command: &mut Command) -> Result<String, Failure> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
}

fn program() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
