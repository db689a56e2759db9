//! The rules of a release, as pure functions over data that was read.
//!
//! Must not start a program or write anything.

use std::collections::BTreeSet;

/// A crate that goes to the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The crates of ours that it depends on.
    pub(crate) needs: Vec<String>,
}

/// The crates in a deterministic order in which each follows its dependencies.
pub(crate) fn order(crates: &[Crate]) -> Result<Vec<Crate>, String> {
    let mut left: Vec<&Crate> = crates.iter().collect();
    left.sort_by(|one, other| one.name.cmp(&other.name));
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let mut order = Vec::new();
    while !left.is_empty() {
        let ready = left
            .iter()
            .position(|ours| ours.needs.iter().all(|need| done.contains(need.as_str())));
        let Some(ready) = ready else {
            let names: Vec<&str> = left.iter().map(|ours| ours.name.as_str()).collect();
            return Err(format!(
                "no order: each of {} needs another one, or a crate that is not published",
                names.join(", ")
            ));
        };
        let next = left.remove(ready);
        done.insert(&next.name);
        order.push(next.clone());
    }
    Ok(order)
}

/// The one version that all crates have.
pub(crate) fn shared_version(crates: &[Crate]) -> Result<&str, String> {
    let versions: BTreeSet<&str> = crates.iter().map(|ours| ours.version.as_str()).collect();
    match versions.first() {
        Some(version) if versions.len() == 1 => Ok(version),
        Some(_) => Err(format!(
            "the crates have {} versions; all take `version.workspace = true`",
            versions.len()
        )),
        None => Err("there is nothing to publish".to_owned()),
    }
}

/// The changelog's section for a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// Under the version's own heading.
    Own,
    /// Only under `Unreleased`, which a release renames.
    Unreleased,
}

/// Finds the section of a version; an empty one does not count.
pub(crate) fn section(changelog: &str, version: &str) -> Result<Section, String> {
    if told(changelog, version) {
        return Ok(Section::Own);
    }
    if told(changelog, "Unreleased") {
        return Ok(Section::Unreleased);
    }
    Err(format!(
        "CHANGELOG.md says nothing of {version}: no section [{version}], and [Unreleased] is missing or empty"
    ))
}

/// Whether a section with this name has at least one entry.
fn told(changelog: &str, name: &str) -> bool {
    let heading = format!("## [{name}]");
    changelog
        .lines()
        .skip_while(|line| !line.starts_with(&heading))
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .any(|line| line.starts_with("- "))
}

/// The report's line about a crate: its name, its size, and the crates that must be published
/// before it.
pub(crate) fn line(ours: &Crate, files: usize, bytes: u64) -> String {
    let needs = if ours.needs.is_empty() {
        "nothing of ours".to_owned()
    } else {
        ours.needs.join(", ")
    };
    format!(
        "{} {}: {files} files, {} kB packed; needs {needs}",
        ours.name,
        ours.version,
        bytes.div_ceil(1_000)
    )
}

/// The tag of a version.
pub(crate) fn tag(version: &str) -> String {
    format!("v{version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(name: &str, needs: &[&str]) -> Crate {
        Crate {
            name: name.to_owned(),
            version: "1.2.3".to_owned(),
            needs: needs.iter().map(|need| (*need).to_owned()).collect(),
        }
    }

    #[test]
    fn a_crate_comes_after_what_it_needs() {
        let crates = [
            ours("a-program", &["client", "model"]),
            ours("client", &["model"]),
            ours("model", &[]),
        ];
        let order: Vec<String> = order(&crates)
            .unwrap()
            .into_iter()
            .map(|ours| ours.name)
            .collect();
        assert_eq!(order, ["model", "client", "a-program"]);
    }

    #[test]
    fn a_circle_and_a_crate_that_is_not_published_are_refused() {
        for crates in [
            vec![ours("one", &["two"]), ours("two", &["one"])],
            vec![ours("one", &["xtask"])],
        ] {
            assert!(order(&crates).is_err());
        }
    }

    #[test]
    fn a_line_says_what_must_be_out_before() {
        assert_eq!(
            line(&ours("client", &["model", "words"]), 12, 34_001),
            "client 1.2.3: 12 files, 35 kB packed; needs model, words"
        );
        assert_eq!(
            line(&ours("model", &[]), 1, 1_000),
            "model 1.2.3: 1 files, 1 kB packed; needs nothing of ours"
        );
    }

    #[test]
    fn two_versions_are_refused() {
        let other = Crate {
            version: "1.2.4".to_owned(),
            ..ours("two", &[])
        };
        assert_eq!(shared_version(&[ours("one", &[])]), Ok("1.2.3"));
        assert!(shared_version(&[ours("one", &[]), other]).is_err());
        assert!(shared_version(&[]).is_err());
    }

    #[test]
    fn a_version_is_told_under_its_own_heading_or_under_unreleased() {
        let own =
            "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-01\n\n### Added\n\n- One.\n";
        let unreleased = "## [Unreleased]\n\n- One.\n\n## [1.2.2] - 2025-01-01\n\n- Older.\n";
        let neither = "## [Unreleased]\n\n## [1.2.2] - 2025-01-01\n\n- Older.\n";
        assert_eq!(section(own, "1.2.3"), Ok(Section::Own));
        assert_eq!(section(unreleased, "1.2.3"), Ok(Section::Unreleased));
        assert!(section(neither, "1.2.3").is_err());
    }
}
