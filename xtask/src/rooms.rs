//! Checks the rooms of a crate (the top-level folders and files of its `src`), and which of them
//! may import which.
//!
//! Must not judge names or contents: it counts files, and follows the paths that begin with
//! `crate`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

use crate::Failure;
use crate::public_types::{only_in_tests, rust_files};

/// The most source files in one folder.
const MOST_FILES: usize = 20;

/// The rooms of each crate, from the top down: a room may import the later ones, and none of the
/// earlier ones.
const ORDER: &[(&str, &[&str])] = &[
    (
        "idcloud-model",
        &[
            "request",
            "schema",
            "verdict",
            "answer",
            "selfie",
            "saved_text",
            "person",
            "unknown",
            "unseen",
            "catalogue",
        ],
    ),
    (
        "idcloud-http",
        &[
            "client",
            "auth",
            "body",
            "budget",
            "retry",
            "error",
            "testing",
            "transport",
            "environment",
            "obstacle",
            "operation",
            "time",
        ],
    ),
    (
        "idcloud-flows",
        &[
            "webhook",
            "handle",
            "idcloud",
            "account_journal",
            "submit",
            "wait",
            "observer",
            "shared",
            "report",
            "tenant",
            "journal",
            "flow",
        ],
    ),
    (
        "idcloud-sqlite",
        &[
            "sqlite_journal",
            "sqlite_reader",
            "reader",
            "listed",
            "writer",
            "table",
            "open",
            "file_identity",
            "log_mark",
            "migrations",
            "by_account",
            "failure",
        ],
    ),
    (
        "idcloud-simulator",
        &[
            "serve",
            "transport",
            "shared",
            "core",
            "setup",
            "encoding",
            "manual_clock",
            "sample_png",
        ],
    ),
    (
        "idcloud-cli",
        &[
            "app", "commands", "batch", "verify", "files", "config", "input", "failure", "output",
            "args",
        ],
    ),
];

/// Allowed imports against the order, each with its reason.
const EXCEPTIONS: &[(&str, &str, &str, &str)] = &[
    (
        "idcloud-flows",
        "shared",
        "submit",
        "it holds the gate that submissions enter by",
    ),
    (
        "idcloud-flows",
        "shared",
        "wait",
        "it holds the hints and the plan that all waits share",
    ),
    (
        "idcloud-flows",
        "journal",
        "report",
        "a record holds a pending process, and a pending process names its reference",
    ),
    (
        "idcloud-flows",
        "journal",
        "tenant",
        "the suite for stores makes pending processes of a tenant",
    ),
    (
        "idcloud-sqlite",
        "log_mark",
        "open",
        "whether a log is whole is asked through a connection",
    ),
    (
        "idcloud-simulator",
        "setup",
        "core",
        "a configuration names the faults, limits and dialects that the core plays",
    ),
    (
        "idcloud-cli",
        "files",
        "batch",
        "earlier results are known by the headers that a batch writes",
    ),
    (
        "idcloud-cli",
        "output",
        "failure",
        "a result shows the failure that it ended with",
    ),
];

/// One import from a room to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    /// The room that imports.
    pub(crate) from: String,
    /// The room that is imported.
    pub(crate) to: String,
    /// The importing file, relative to `src`.
    pub(crate) file: String,
}

/// Every violation of the rules about rooms in the workspace.
pub(crate) fn violations(root: &Path) -> Result<Vec<String>, Failure> {
    let mut faults = Vec::new();
    for folder in source_folders(root)? {
        faults.extend(crowded(root, &folder)?);
    }
    for (name, order) in ORDER {
        let source = root.join("crates").join(name).join("src");
        let exceptions: Vec<(&str, &str)> = EXCEPTIONS
            .iter()
            .filter(|(of, ..)| of == name)
            .map(|(_, from, to, _)| (*from, *to))
            .collect();
        let found = judge(&rooms(&source)?, &imports(&source)?, order, &exceptions);
        faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
    }
    Ok(faults)
}

/// The `src` folders of the workspace.
fn source_folders(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = vec![root.join("xtask/src")];
    for below in ["crates", "xtask"] {
        for entry in fs::read_dir(root.join(below))? {
            let source = entry?.path().join("src");
            if source.is_dir() {
                found.push(source);
            }
        }
    }
    Ok(found)
}

/// The folders at and below `folder` with too many source files.
fn crowded(root: &Path, folder: &Path) -> Result<Vec<String>, Failure> {
    let mut counts: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for file in rust_files(folder)? {
        let parent = file.parent().unwrap_or(folder).to_path_buf();
        *counts.entry(parent).or_default() += 1;
    }
    let crowded = counts.into_iter().filter(|(_, files)| *files > MOST_FILES);
    Ok(crowded
        .map(|(folder, files)| {
            let shown = folder.strip_prefix(root).unwrap_or(&folder).display();
            format!(
                "{shown} lists {files} source files, and a folder may list {MOST_FILES}: put some of them into a folder"
            )
        })
        .collect())
}

/// The top-level folders and files of `source`, without the crate's root.
fn rooms(source: &Path) -> Result<BTreeSet<String>, Failure> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(source)? {
        let path = entry?.path();
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !matches!(name.as_str(), "lib" | "main" | "bin") {
            found.insert(name);
        }
    }
    Ok(found)
}

/// Every import between rooms, tests left out.
fn imports(source: &Path) -> Result<BTreeSet<Import>, Failure> {
    let rooms = rooms(source)?;
    let library = source.join("lib.rs");
    let given_on = if library.exists() {
        given_on(&fs::read_to_string(library)?)?
    } else {
        BTreeMap::new()
    };
    let mut found = BTreeSet::new();
    for path in rust_files(source)? {
        let below = path.strip_prefix(source).unwrap_or(&path);
        let from = below.iter().next().unwrap_or_default().to_string_lossy();
        let from = from.trim_end_matches(".rs").to_owned();
        if path.ends_with("tests.rs") || !rooms.contains(&from) {
            continue;
        }
        for name in first_names(&fs::read_to_string(&path)?)? {
            let to = given_on.get(&name).unwrap_or(&name);
            if *to != from && rooms.contains(to) {
                found.insert(Import {
                    from: from.clone(),
                    to: to.clone(),
                    file: below.display().to_string(),
                });
            }
        }
    }
    Ok(found)
}

/// The violations of this order by these imports.
fn judge(
    rooms: &BTreeSet<String>,
    imports: &BTreeSet<Import>,
    order: &[&str],
    exceptions: &[(&str, &str)],
) -> Vec<String> {
    let mut faults = Vec::new();
    for room in rooms {
        if !order.contains(&room.as_str()) {
            faults.push(format!(
                "the room {room} has no place: add it to the order in xtask/src/rooms.rs"
            ));
        }
    }
    for room in order {
        if !rooms.contains(*room) {
            faults.push(format!(
                "there is no room {room}: take it out of the order in xtask/src/rooms.rs"
            ));
        }
    }
    let place = |room: &str| order.iter().position(|one| *one == room);
    let mut needed = BTreeSet::new();
    for import in imports {
        if place(&import.to) >= place(&import.from) {
            continue;
        }
        let pair = (import.from.as_str(), import.to.as_str());
        if exceptions.contains(&pair) {
            needed.insert(pair);
        } else {
            faults.push(format!(
                "{} imports {} out of a room above its own: move what it needs down, or name the exception in xtask/src/rooms.rs",
                import.file, import.to
            ));
        }
    }
    for (from, to) in exceptions {
        if !needed.contains(&(*from, *to)) {
            faults.push(format!(
                "nothing in {from} imports {to} any more: take the exception out of xtask/src/rooms.rs"
            ));
        }
    }
    faults
}

/// The names that a crate's root re-exports, each with its room.
fn given_on(text: &str) -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    for item in syn::parse_file(text)?.items {
        if let syn::Item::Use(item) = item
            && let syn::UseTree::Path(path) = &item.tree
        {
            for name in leaves(&path.tree) {
                found.insert(name, path.ident.to_string());
            }
        }
    }
    Ok(found)
}

/// The imported names of a `use`.
fn leaves(tree: &syn::UseTree) -> Vec<String> {
    match tree {
        syn::UseTree::Path(path) => leaves(&path.tree),
        syn::UseTree::Name(name) => vec![name.ident.to_string()],
        syn::UseTree::Rename(renamed) => vec![renamed.rename.to_string()],
        syn::UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
        syn::UseTree::Glob(_) => Vec::new(),
    }
}

/// The names after `crate::` in a file, outside its tests.
fn first_names(text: &str) -> Result<BTreeSet<String>, Failure> {
    struct Names(BTreeSet<String>);

    impl Names {
        fn first(&mut self, tree: &syn::UseTree) {
            match tree {
                syn::UseTree::Path(path) => {
                    self.0.insert(path.ident.to_string());
                }
                syn::UseTree::Name(name) => {
                    self.0.insert(name.ident.to_string());
                }
                syn::UseTree::Rename(renamed) => {
                    self.0.insert(renamed.ident.to_string());
                }
                syn::UseTree::Group(group) => {
                    for item in &group.items {
                        self.first(item);
                    }
                }
                syn::UseTree::Glob(_) => {}
            }
        }
    }

    impl<'ast> Visit<'ast> for Names {
        fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
            if !only_in_tests(&module.attrs) {
                visit::visit_item_mod(self, module);
            }
        }

        fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
            if let syn::UseTree::Path(path) = &item.tree
                && path.ident == "crate"
            {
                self.first(&path.tree);
            }
        }

        fn visit_path(&mut self, path: &'ast syn::Path) {
            let mut segments = path.segments.iter();
            if segments
                .next()
                .is_some_and(|segment| segment.ident == "crate")
                && let Some(second) = segments.next()
            {
                self.0.insert(second.ident.to_string());
            }
            visit::visit_path(self, path);
        }
    }

    let mut names = Names(BTreeSet::new());
    names.visit_file(&syn::parse_file(text)?);
    Ok(names.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(from: &str, to: &str) -> Import {
        Import {
            from: from.to_owned(),
            to: to.to_owned(),
            file: format!("{from}/mod.rs"),
        }
    }

    fn faults(imports: &[Import], exceptions: &[(&str, &str)]) -> Vec<String> {
        let rooms = ["call", "retry", "time"].map(str::to_owned).into();
        judge(
            &rooms,
            &imports.iter().cloned().collect(),
            &["call", "retry", "time"],
            exceptions,
        )
    }

    #[test]
    fn an_import_goes_down_or_is_named() {
        assert!(faults(&[import("call", "time"), import("retry", "time")], &[]).is_empty());
        let up = [import("time", "retry")];
        assert_eq!(faults(&up, &[]).len(), 1);
        assert!(faults(&up, &[("time", "retry")]).is_empty());
    }

    #[test]
    fn an_exception_that_is_not_needed_is_told() {
        assert_eq!(faults(&[], &[("time", "retry")]).len(), 1);
        assert_eq!(
            faults(&[import("call", "time")], &[("call", "time")]).len(),
            1
        );
    }

    #[test]
    fn every_room_has_a_place() {
        let rooms = ["call".to_owned(), "new".to_owned()].into();
        let found = judge(&rooms, &BTreeSet::new(), &["call", "gone"], &[]);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn imports_are_read_wherever_they_stand() {
        let text = "use crate::{retry::Policy, Call};\n\
                    fn f(x: crate::time::Clock) { crate::budget::take() }\n\
                    #[cfg(test)]\nmod tests { use crate::testing::Script; }\n\
                    #[cfg(all(test, unix))]\nmod more { use crate::auth::Token; }\n\
                    #[cfg(feature = \"test-util\")]\nmod shown { use crate::error::Kind; }";
        let found: Vec<String> = first_names(text).unwrap().into_iter().collect();
        assert_eq!(found, ["Call", "budget", "error", "retry", "time"]);
    }

    #[test]
    fn the_roots_names_are_those_of_their_rooms() {
        let found = given_on("pub use call::{Call, error::CallError as Failed};").unwrap();
        assert_eq!(found.get("Call").map(String::as_str), Some("call"));
        assert_eq!(found.get("Failed").map(String::as_str), Some("call"));
    }
}
