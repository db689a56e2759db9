//! The rules about the workspace's dependencies, over a small model of the workspace.
//!
//! Pure. Must not read a file or start a program, so that a test can break every rule in an
//! invented workspace.

use std::collections::BTreeSet;
use std::fmt;

/// The workspace, as far as the rules need it.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    pub(crate) members: Vec<Member>,
}

/// One crate of ours.
#[derive(Clone, Debug, Default)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Whether it goes to the registry.
    pub(crate) published: bool,
    pub(crate) has_build_script: bool,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A dependency that a crate of ours declares.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Whether it is a member of this workspace.
    pub(crate) internal: bool,
    pub(crate) version: Version,
    pub(crate) default_features: bool,
    pub(crate) features: Vec<String>,
}

/// The kind of a dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Build,
    Development,
}

/// The place of a dependency's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// None: only the path identifies the crate.
    Absent,
    /// In the root manifest.
    Root,
    /// In the manifest of the crate that depends.
    Member,
}

/// The crates that a crate, built by itself, makes the compiler compile.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) name: String,
    /// The other crates, each once.
    pub(crate) others: BTreeSet<String>,
}

/// A broken rule, and its place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// The crate at fault.
    pub(crate) member: String,
    /// The fault, and the rule.
    pub(crate) fault: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.member, self.fault)
    }
}

/// The allowed dependencies of each crate. A crate that is not listed here is a violation, so a new
/// crate needs an entry.
const ARROWS: &[(&str, &[&str])] = &[
    ("idcloud-model", &[]),
    ("idcloud-http", &["idcloud-model"]),
    ("idcloud-flows", &["idcloud-http", "idcloud-model"]),
    (
        "idcloud-sqlite",
        &["idcloud-flows", "idcloud-http", "idcloud-model"],
    ),
    ("idcloud-simulator", &["idcloud-http", "idcloud-model"]),
    (
        "idcloud-cli",
        &[
            "idcloud-flows",
            "idcloud-http",
            "idcloud-model",
            "idcloud-simulator",
            "idcloud-sqlite",
        ],
    ),
    // Not published: measures the layers beside their alternatives.
    (
        "bench",
        &[
            "idcloud-flows",
            "idcloud-http",
            "idcloud-model",
            "idcloud-simulator",
            "idcloud-sqlite",
        ],
    ),
    // Not published: tests the whole client against the simulator.
    (
        "campaign",
        &[
            "idcloud-flows",
            "idcloud-http",
            "idcloud-model",
            "idcloud-simulator",
            "idcloud-sqlite",
            "bench",
            "children",
        ],
    ),
    // Not published: bounds the processes that tests and the campaign start.
    ("children", &[]),
    // Not published: runs the code blocks of the documentation.
    ("docs-tests", &[]),
    // Not published: the service on a page of the documentation.
    ("example-service", &["idcloud-flows"]),
    ("xtask", &[]),
];

/// The crates that may depend on reqwest.
const KNOW_REQWEST: &[&str] = &["bench", "idcloud-http"];

/// The most other crates that a crate may bring when it is built with its default features.
const WEIGHTS: &[(&str, usize)] = &[("idcloud-model", 17), ("idcloud-http", 108)];

/// The crates that the model must not bring, directly or indirectly, because it is pure.
const IMPURE: &[&str] = &[
    "async-trait",
    "futures-core",
    "http",
    "hyper",
    "mio",
    "reqwest",
    "tokio",
];

/// The crates with a weight limit.
pub(crate) fn weighed() -> impl Iterator<Item = &'static str> {
    WEIGHTS.iter().map(|(name, _)| *name)
}

/// The weight limit of a crate; `None` if it has none.
pub(crate) fn limit(member: &str) -> Option<usize> {
    WEIGHTS
        .iter()
        .find(|(name, _)| *name == member)
        .map(|(_, limit)| *limit)
}

/// Violations of the rules about declared dependencies.
pub(crate) fn violations(workspace: &Workspace) -> Vec<Violation> {
    let rules = [
        arrows,
        simulator_brings_no_client,
        development_is_by_path,
        one_reqwest,
        no_build_script,
        versions_in_root,
    ];
    workspace
        .members
        .iter()
        .flat_map(|member| rules.iter().flat_map(|rule| rule(member)))
        .collect()
}

/// Violations of the rules about compiled crates.
pub(crate) fn overweight(compiled: &Compiled) -> Vec<Violation> {
    let mut faults = Vec::new();
    let count = compiled.others.len();
    match limit(&compiled.name) {
        Some(limit) if count > limit => {
            faults.push(format!(
                "brings {count} crates besides itself; at most {limit} are allowed"
            ));
        }
        _ => {}
    }
    if compiled.name == "idcloud-model" {
        let impure = compiled
            .others
            .iter()
            .filter(|other| IMPURE.contains(&other.split(' ').next().unwrap_or_default()));
        faults.extend(impure.map(|other| format!("brings {other}, and the model does no I/O")));
    }
    blame(&compiled.name, faults)
}

fn arrows(member: &Member) -> Vec<Violation> {
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == member.name) else {
        return blame(
            &member.name,
            vec!["has no place in the layers; give it one in xtask's table of arrows".to_owned()],
        );
    };
    let faults = shipped(member)
        .filter(|dependency| dependency.internal && !allowed.contains(&dependency.name.as_str()))
        .map(|dependency| {
            format!(
                "depends on {}, and that arrow points the wrong way",
                dependency.name
            )
        });
    blame(&member.name, faults.collect())
}

/// The simulator needs the transport's trait and the clock, not an HTTP client.
fn simulator_brings_no_client(member: &Member) -> Vec<Violation> {
    if member.name != "idcloud-simulator" {
        return Vec::new();
    }
    let faults = shipped(member)
        .filter(|dependency| dependency.name == "idcloud-http")
        .filter(|dependency| {
            let asks_for_client = |feature: &String| feature == "default" || feature == "reqwest";
            dependency.default_features || dependency.features.iter().any(asks_for_client)
        })
        .map(|_| "takes idcloud-http with its client; default features must be off".to_owned());
    blame(&member.name, faults.collect())
}

/// An internal development dependency with a version makes publishing impossible: each crate would
/// wait for the other.
fn development_is_by_path(member: &Member) -> Vec<Violation> {
    let faults = member
        .dependencies
        .iter()
        .filter(|dependency| {
            dependency.kind == Kind::Development
                && dependency.internal
                && dependency.version != Version::Absent
        })
        .map(|dependency| {
            format!(
                "has a version on the development dependency {}; state its path alone",
                dependency.name
            )
        });
    blame(&member.name, faults.collect())
}

fn one_reqwest(member: &Member) -> Vec<Violation> {
    let names_it = member
        .dependencies
        .iter()
        .any(|dependency| dependency.name == "reqwest");
    if names_it && !KNOW_REQWEST.contains(&member.name.as_str()) {
        return blame(
            &member.name,
            vec!["depends on reqwest, and of what is published idcloud-http alone may".to_owned()],
        );
    }
    Vec::new()
}

fn no_build_script(member: &Member) -> Vec<Violation> {
    if member.published && member.has_build_script {
        return blame(
            &member.name,
            vec!["has a build script, and published crates have none".to_owned()],
        );
    }
    Vec::new()
}

fn versions_in_root(member: &Member) -> Vec<Violation> {
    let faults = member
        .dependencies
        .iter()
        .filter(|dependency| dependency.version == Version::Member)
        .map(|dependency| {
            format!(
                "states the version of {} itself; versions stand in the root manifest",
                dependency.name
            )
        });
    blame(&member.name, faults.collect())
}

/// The dependencies without those that only tests need.
pub(crate) fn shipped(member: &Member) -> impl Iterator<Item = &Dependency> {
    member
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != Kind::Development)
}

fn blame(member: &str, faults: Vec<String>) -> Vec<Violation> {
    faults
        .into_iter()
        .map(|fault| Violation {
            member: member.to_owned(),
            fault,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(name: &str) -> Dependency {
        Dependency {
            name: name.to_owned(),
            kind: Kind::Normal,
            internal: name.starts_with("idcloud-"),
            version: Version::Root,
            default_features: false,
            features: Vec::new(),
        }
    }

    fn member(name: &str, dependencies: Vec<Dependency>) -> Member {
        Member {
            name: name.to_owned(),
            published: true,
            has_build_script: false,
            dependencies,
        }
    }

    fn faults(member: Member) -> Vec<String> {
        violations(&Workspace {
            members: vec![member],
        })
        .iter()
        .map(ToString::to_string)
        .collect()
    }

    #[test]
    fn the_house_as_designed_is_clean() {
        for (name, allowed) in ARROWS {
            let allowed = allowed.iter().map(|name| dependency(name)).collect();
            assert_eq!(faults(member(name, allowed)), Vec::<String>::new());
        }
    }

    #[test]
    fn every_arrow_that_points_up_or_sideways_is_found() {
        for (from, to) in [
            ("idcloud-model", "idcloud-http"),
            ("idcloud-http", "idcloud-flows"),
            ("idcloud-http", "idcloud-simulator"),
            ("idcloud-flows", "idcloud-simulator"),
            ("idcloud-flows", "idcloud-sqlite"),
            ("idcloud-simulator", "idcloud-flows"),
            ("xtask", "idcloud-model"),
        ] {
            let found = faults(member(from, vec![dependency(to)]));
            assert_eq!(found.len(), 1, "{from} → {to}: {found:?}");
            let build = Dependency {
                kind: Kind::Build,
                ..dependency(to)
            };
            assert_eq!(
                faults(member(from, vec![build])).len(),
                1,
                "{from} → {to} at build time"
            );
        }
    }

    #[test]
    fn tests_may_point_up_by_path_and_only_by_path() {
        let by_path = Dependency {
            kind: Kind::Development,
            version: Version::Absent,
            ..dependency("idcloud-simulator")
        };
        assert_eq!(
            faults(member("idcloud-flows", vec![by_path.clone()])),
            Vec::<String>::new()
        );
        let with_version = Dependency {
            version: Version::Root,
            ..by_path
        };
        assert_eq!(faults(member("idcloud-flows", vec![with_version])).len(), 1);
    }

    #[test]
    fn a_crate_without_a_place_in_the_layers_is_found() {
        assert_eq!(faults(member("idcloud-utils", Vec::new())).len(), 1);
    }

    #[test]
    fn the_simulator_may_not_bring_the_client() {
        let on = Dependency {
            default_features: true,
            ..dependency("idcloud-http")
        };
        let named = Dependency {
            features: vec!["reqwest".to_owned()],
            ..dependency("idcloud-http")
        };
        for taken in [on, named] {
            assert_eq!(faults(member("idcloud-simulator", vec![taken])).len(), 1);
        }
    }

    #[test]
    fn reqwest_is_known_to_one_crate_tests_included() {
        assert_eq!(
            faults(member("idcloud-http", vec![dependency("reqwest")])),
            Vec::<String>::new()
        );
        assert_eq!(
            faults(member("idcloud-cli", vec![dependency("reqwest")])).len(),
            1
        );
        let in_tests = Dependency {
            kind: Kind::Development,
            ..dependency("reqwest")
        };
        assert_eq!(faults(member("idcloud-simulator", vec![in_tests])).len(), 1);
    }

    #[test]
    fn build_scripts_are_for_unpublished_crates() {
        let published = Member {
            has_build_script: true,
            ..member("idcloud-model", Vec::new())
        };
        assert_eq!(faults(published.clone()).len(), 1);
        assert_eq!(
            faults(Member {
                published: false,
                ..published
            }),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_version_outside_the_root_manifest_is_found() {
        let stated = Dependency {
            version: Version::Member,
            ..dependency("serde")
        };
        assert_eq!(faults(member("idcloud-model", vec![stated])).len(), 1);
    }

    #[test]
    fn one_crate_too_many_is_found() {
        for (name, limit) in WEIGHTS {
            let mut compiled = Compiled {
                name: (*name).to_owned(),
                others: (0..*limit).map(|number| format!("c{number}")).collect(),
            };
            assert_eq!(overweight(&compiled), Vec::new());
            compiled.others.insert("made-up".to_owned());
            assert_eq!(overweight(&compiled).len(), 1);
        }
    }

    #[test]
    fn the_model_brings_nothing_that_does_io() {
        let compiled = Compiled {
            name: "idcloud-model".to_owned(),
            others: BTreeSet::from(["tokio".to_owned()]),
        };
        assert_eq!(overweight(&compiled).len(), 1);
    }
}
