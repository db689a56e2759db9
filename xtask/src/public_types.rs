//! Finds foreign types in the public interfaces of our libraries, and checks them against a list.
//!
//! Reads the sources and not the compiler's output: tools for the latter need unstable JSON, and
//! the checks run on stable. The lint `unreachable_pub` makes sure that `pub` means reachable, so
//! the sources are enough; tokens of our own macros are searched for names of crates. Must not
//! guess: a glob import of a foreign crate is a violation, because its names are unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package, TargetKind};
use syn::visit::Visit;
use syn::{Attribute, Item, UseTree, Visibility};

use crate::Failure;

/// The foreign crates whose types and traits may be public, and the path prefixes of the files in
/// which they may. A new major version of any of them requires a new major version of ours, so the
/// list is short.
/// Re-exports of our own crates count for the crate that they come from.
const ALLOWED: &[(&str, &[&str])] = &[
    ("bytes", &["crates/"]),
    ("http", &["crates/"]),
    ("http_body", &["crates/"]),
    ("secrecy", &["crates/"]),
    ("serde", &["crates/"]),
    // Unknown parts of IDCloud's answers are kept unchanged, as JSON.
    ("serde_json", &["crates/idcloud-model/"]),
    // The values in the draft of a person are wiped.
    ("zeroize", &["crates/idcloud-model/"]),
    // Only derived, behind the feature `schema`.
    (
        "schemars",
        &[
            "crates/idcloud-model/src/verdict/asked.rs",
            "crates/idcloud-model/src/verdict/policy.rs",
            "crates/idcloud-model/src/verdict/scenario.rs",
            "crates/idcloud-model/src/schema.rs",
            "crates/idcloud-model/src/selfie/mod.rs",
            "crates/idcloud-model/src/person/subject.rs",
        ],
    ),
    // The clock's instants are tokio's, because its paused time makes tests fast; a server takes
    // its socket as an argument.
    (
        "tokio",
        &[
            "crates/idcloud-http/src/time/clock.rs",
            "crates/idcloud-http/src/time/timeout.rs",
            "crates/idcloud-http/src/budget/permit.rs",
            "crates/idcloud-http/src/testing/",
            "crates/idcloud-simulator/src/serve",
        ],
    ),
    (
        "reqwest",
        &["crates/idcloud-http/src/transport/reqwest/mod.rs"],
    ),
];

/// Macros whose expansion has no names of their own crate: `thiserror` implements std's trait,
/// `async_trait` boxes std's futures.
const LEAVE_NO_TRACE: &[&str] = &["async_trait", "thiserror"];

/// A foreign crate in a public interface.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Exposure {
    /// The foreign crate.
    pub(crate) foreign: String,
    /// Relative to the workspace's folder.
    pub(crate) file: String,
}

/// Every exposure in the published libraries.
pub(crate) fn read(root: &Path) -> Result<BTreeSet<Exposure>, Failure> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()?;
    let mut found = BTreeSet::new();
    for package in metadata.workspace_packages() {
        if package.publish.as_ref().is_some_and(Vec::is_empty) || !is_library(package) {
            continue;
        }
        let foreign = foreign_crates(package);
        let folder = package.manifest_path.with_file_name("src");
        let mut files = BTreeMap::new();
        for path in rust_files(folder.as_std_path())? {
            let source = syn::parse_file(&fs::read_to_string(&path)?)
                .map_err(|failure| format!("{}: {failure}", path.display()))?;
            let name = path.strip_prefix(root).unwrap_or(&path);
            files.insert(name.to_string_lossy().replace('\\', "/"), source.items);
        }
        found.extend(exposures(&foreign, &files));
    }
    Ok(found)
}

/// The exposures that no rule allows, with the remedy.
pub(crate) fn violations(exposures: &BTreeSet<Exposure>) -> Vec<String> {
    exposures
        .iter()
        .filter(|exposure| {
            !ALLOWED.iter().any(|(foreign, files)| {
                *foreign == exposure.foreign
                    && files.iter().any(|begin| exposure.file.starts_with(begin))
            })
        })
        .map(|Exposure { foreign, file }| {
            format!("{file}: {foreign} stands in a public signature; hide it, or allow it there in xtask's table of public types")
        })
        .collect()
}

fn is_library(package: &Package) -> bool {
    package
        .targets
        .iter()
        .any(|target| target.kind.contains(&TargetKind::Lib))
}

/// The foreign dependencies of a library, by their names in sources.
fn foreign_crates(package: &Package) -> BTreeSet<String> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .filter(|dependency| dependency.path.is_none())
        .map(|dependency| {
            let called = dependency.rename.as_ref().unwrap_or(&dependency.name);
            called.replace('-', "_")
        })
        .collect()
}

/// The Rust files at and below `folder`.
pub(crate) fn rust_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Every exposure in one crate's files.
fn exposures(
    foreign: &BTreeSet<String>,
    files: &BTreeMap<String, Vec<Item>>,
) -> BTreeSet<Exposure> {
    let mut public = BTreeSet::new();
    for items in files.values() {
        public_types(items, &mut public);
    }
    let mut found = BTreeSet::new();
    for (file, items) in files {
        for name in File::read(foreign, &public, items).exposed {
            found.insert(Exposure {
                foreign: name,
                file: file.clone(),
            });
        }
    }
    found
}

/// The names of types and traits that are declared public anywhere in a crate.
fn public_types(items: &[Item], names: &mut BTreeSet<String>) {
    for item in items {
        let (visibility, name) = match item {
            Item::Enum(item) => (&item.vis, &item.ident),
            Item::Struct(item) => (&item.vis, &item.ident),
            Item::Trait(item) => (&item.vis, &item.ident),
            Item::Type(item) => (&item.vis, &item.ident),
            Item::Union(item) => (&item.vis, &item.ident),
            Item::Mod(item) => {
                if let Some((_, items)) = &item.content {
                    public_types(items, names);
                }
                continue;
            }
            _ => continue,
        };
        if matches!(visibility, Visibility::Public(_)) {
            names.insert(name.to_string());
        }
    }
}

/// The state while one file, or one module in it, is read.
struct File<'a> {
    foreign: &'a BTreeSet<String>,
    public: &'a BTreeSet<String>,
    /// Imported names, each with its foreign crate.
    imported: BTreeMap<String, String>,
    exposed: BTreeSet<String>,
}

impl<'a> File<'a> {
    fn read(foreign: &'a BTreeSet<String>, public: &'a BTreeSet<String>, items: &[Item]) -> Self {
        let mut file = Self {
            foreign,
            public,
            imported: BTreeMap::new(),
            exposed: BTreeSet::new(),
        };
        file.items(items);
        file
    }

    fn items(&mut self, items: &[Item]) {
        for item in items {
            if let Item::Use(item) = item {
                let shown = matches!(item.vis, Visibility::Public(_));
                self.import(&item.tree, None, shown);
            }
        }
        for item in items {
            self.item(item);
        }
    }

    /// Follows an import to its names. `from` is the foreign crate at the start of its path.
    fn import(&mut self, tree: &UseTree, from: Option<&str>, shown: bool) {
        let origin = |name: &str| match from {
            Some(from) => Some(from.to_owned()),
            None => self.foreign.get(name).cloned(),
        };
        match tree {
            UseTree::Path(path) => {
                let name = path.ident.to_string();
                let from = origin(&name).unwrap_or_else(|| "-".to_owned());
                self.import(&path.tree, Some(&from), shown);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, from, shown);
                }
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                if let Some(origin) = origin(&name) {
                    self.name(name, origin, shown);
                }
            }
            UseTree::Rename(rename) => {
                if let Some(origin) = origin(&rename.ident.to_string()) {
                    self.name(rename.rename.to_string(), origin, shown);
                }
            }
            UseTree::Glob(_) => {
                if let Some(from) = from.filter(|from| self.foreign.contains(*from)) {
                    self.exposed.insert(format!("all of {from}"));
                }
            }
        }
    }

    fn name(&mut self, name: String, origin: String, shown: bool) {
        if shown && self.foreign.contains(&origin) {
            self.exposed.insert(origin.clone());
        }
        self.imported.insert(name, origin);
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Mod(item) if !only_in_tests(&item.attrs) => {
                if let Some((_, items)) = &item.content {
                    let module = File::read(self.foreign, self.public, items);
                    self.exposed.extend(module.exposed);
                }
            }
            Item::Enum(item) if self.is_public(&item.ident) => {
                self.derived(&item.attrs);
                self.visit_generics(&item.generics);
                for variant in &item.variants {
                    self.visit_fields(&variant.fields);
                }
            }
            Item::Struct(item) if self.is_public(&item.ident) => {
                self.derived(&item.attrs);
                self.visit_generics(&item.generics);
                for field in &item.fields {
                    if matches!(field.vis, Visibility::Public(_)) {
                        self.visit_type(&field.ty);
                    }
                }
            }
            Item::Trait(item) if matches!(item.vis, Visibility::Public(_)) => {
                for bound in &item.supertraits {
                    self.visit_type_param_bound(bound);
                }
                self.visit_generics(&item.generics);
                for member in &item.items {
                    match member {
                        syn::TraitItem::Fn(function) => self.visit_signature(&function.sig),
                        other => self.visit_trait_item(other),
                    }
                }
            }
            Item::Type(item) if matches!(item.vis, Visibility::Public(_)) => {
                self.visit_type(&item.ty);
            }
            Item::Const(item) if matches!(item.vis, Visibility::Public(_)) => {
                self.visit_type(&item.ty);
            }
            Item::Static(item) if matches!(item.vis, Visibility::Public(_)) => {
                self.visit_type(&item.ty);
            }
            Item::Fn(item) if matches!(item.vis, Visibility::Public(_)) => {
                self.visit_signature(&item.sig);
            }
            Item::Impl(item) if !only_in_tests(&item.attrs) => self.implementation(item),
            Item::Macro(item) if !only_in_tests(&item.attrs) => {
                self.written(&item.mac.tokens.to_string());
            }
            _ => {}
        }
    }

    /// An implementation is public if its type is, and its trait, if any, is public and ours, or
    /// foreign.
    fn implementation(&mut self, item: &syn::ItemImpl) {
        let syn::Type::Path(of) = &*item.self_ty else {
            return;
        };
        let Some(of) = of.path.segments.last() else {
            return;
        };
        if !self.is_public(&of.ident) {
            return;
        }
        if let Some((path, _)) = &item.trait_ {
            self.visit_path(path);
            for member in &item.items {
                if let syn::ImplItem::Type(member) = member {
                    self.visit_type(&member.ty);
                }
            }
            return;
        }
        for member in &item.items {
            match member {
                syn::ImplItem::Fn(function) if matches!(function.vis, Visibility::Public(_)) => {
                    self.visit_signature(&function.sig);
                }
                syn::ImplItem::Const(constant) if matches!(constant.vis, Visibility::Public(_)) => {
                    self.visit_type(&constant.ty);
                }
                _ => {}
            }
        }
    }

    fn is_public(&self, name: &syn::Ident) -> bool {
        self.public.contains(&name.to_string())
    }

    /// The implementations of derives, with or without a feature.
    fn derived(&mut self, attributes: &[Attribute]) {
        for attribute in attributes {
            if let syn::Meta::List(list) = &attribute.meta
                && (list.path.is_ident("derive") || list.path.is_ident("cfg_attr"))
            {
                let tokens = list.tokens.to_string();
                self.written(&tokens);
                let imported: Vec<String> = tokens
                    .split(|character: char| !character.is_alphanumeric() && character != '_')
                    .filter_map(|word| self.imported.get(word).cloned())
                    .collect();
                for origin in imported {
                    self.meet(&origin);
                }
            }
        }
    }

    /// Searches tokens for paths that begin with a foreign crate.
    fn written(&mut self, tokens: &str) {
        let packed: String = tokens.split_whitespace().collect::<Vec<_>>().join(" ");
        let packed = packed.replace(" ::", "::").replace(":: ", "::");
        for name in self.foreign {
            let path = format!("{name}::");
            let stands_alone = packed.match_indices(&path).any(|(at, _)| {
                let before = packed.get(..at).and_then(|text| text.chars().next_back());
                !before.is_some_and(|character| character.is_alphanumeric() || character == '_')
            });
            if stands_alone {
                self.meet(name);
            }
        }
    }

    fn meet(&mut self, origin: &str) {
        if self.foreign.contains(origin) && !LEAVE_NO_TRACE.contains(&origin) {
            self.exposed.insert(origin.to_owned());
        }
    }
}

impl Visit<'_> for File<'_> {
    fn visit_path(&mut self, path: &syn::Path) {
        if let Some(first) = path.segments.first() {
            let name = first.ident.to_string();
            let origin = self.imported.get(&name).cloned().unwrap_or(name);
            self.meet(&origin);
        }
        syn::visit::visit_path(self, path);
    }
}

/// Whether an item is compiled for tests alone: `cfg(test)`, or `cfg(all(test, …))`.
pub(crate) fn only_in_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else {
            return false;
        };
        let condition = list.tokens.to_string().replace(' ', "");
        list.path.is_ident("cfg") && (condition == "test" || condition.starts_with("all(test,"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The foreign crates that a file exposes, in a crate with these dependencies.
    fn shown(source: &str) -> Vec<String> {
        let foreign = ["bytes", "hyper", "reqwest", "thiserror"].map(ToOwned::to_owned);
        let files = BTreeMap::from([(
            "crates/made-up/src/lib.rs".to_owned(),
            syn::parse_file(source).unwrap().items,
        )]);
        exposures(&BTreeSet::from(foreign), &files)
            .into_iter()
            .map(|exposure| exposure.foreign)
            .collect()
    }

    #[test]
    fn a_foreign_type_is_found_wherever_the_public_can_meet_it() {
        for source in [
            "pub fn f(url: reqwest::Url) {}",
            "use reqwest::Url; pub fn f() -> Option<Vec<Url>> { None }",
            "use reqwest::{self as web, Url as Address}; pub fn f(a: &Address) {}",
            "use reqwest as web; pub type Address = web::Url;",
            "pub struct S { pub url: reqwest::Url }",
            "pub enum E { Url(reqwest::Url) }",
            "pub struct S; impl S { pub fn url(&self) -> reqwest::Url { todo!() } }",
            "pub struct S; impl From<reqwest::Error> for S { fn from(_: reqwest::Error) -> S { S } }",
            "pub struct S; impl Iterator for S { type Item = reqwest::Url; }",
            "pub trait T { fn url(&self) -> reqwest::Url; }",
            "pub trait T: reqwest::IntoUrl {}",
            "pub fn f<T: reqwest::IntoUrl>(t: T) {}",
            "pub fn f(t: impl reqwest::IntoUrl) {}",
            "pub fn f(t: Box<dyn Fn(reqwest::Url)>) {}",
            "pub use reqwest::Url;",
            "pub mod m { pub const N: Option<reqwest::Url> = None; }",
            "#[derive(reqwest::IntoUrl)] pub struct S;",
            "use reqwest::IntoUrl; #[cfg_attr(feature = \"x\", derive(IntoUrl))] pub struct S;",
            "macro_rules! m { () => { pub fn f(url: reqwest::Url) {} } }",
        ] {
            assert_eq!(shown(source), ["reqwest"], "{source}");
        }
    }

    #[test]
    fn what_the_public_cannot_meet_is_let_be() {
        for source in [
            "use reqwest::Url; fn f(url: Url) {}",
            "pub fn f() { let url: Option<reqwest::Url> = None; }",
            "pub struct S { url: reqwest::Url }",
            "pub(crate) struct S { pub url: reqwest::Url }",
            "struct S; impl From<reqwest::Error> for S { fn from(_: reqwest::Error) -> S { S } }",
            "pub struct S; impl S { pub(crate) fn url(&self) -> reqwest::Url { todo!() } }",
            "#[cfg(test)] mod tests { pub fn f(url: reqwest::Url) {} }",
            "#[derive(thiserror::Error)] pub enum E {}",
            "use crate::reqwest::Url; pub fn f(url: Url) {}",
            "use super::*; pub fn f() {}",
        ] {
            assert_eq!(shown(source), Vec::<String>::new(), "{source}");
        }
    }

    #[test]
    fn a_glob_import_of_a_foreign_crate_is_told() {
        assert_eq!(shown("use reqwest::*;"), ["all of reqwest"]);
    }

    #[test]
    fn each_is_allowed_in_its_own_place_alone() {
        for (foreign, file, allowed) in [
            (
                "reqwest",
                "crates/idcloud-http/src/transport/reqwest/mod.rs",
                true,
            ),
            ("reqwest", "crates/idcloud-http/src/client/mod.rs", false),
            (
                "schemars",
                "crates/idcloud-model/src/verdict/policy.rs",
                true,
            ),
            (
                "schemars",
                "crates/idcloud-model/src/answer/process.rs",
                false,
            ),
            (
                "rusqlite",
                "crates/idcloud-sqlite/src/sqlite_journal.rs",
                false,
            ),
            (
                "serde_json",
                "crates/idcloud-flows/src/report/mod.rs",
                false,
            ),
            ("tokio", "crates/idcloud-flows/src/wait/waiter.rs", false),
            ("http", "crates/idcloud-flows/src/webhook/endpoint.rs", true),
            ("hyper", "crates/idcloud-http/src/transport/mod.rs", false),
            (
                "all of http",
                "crates/idcloud-http/src/transport/mod.rs",
                false,
            ),
        ] {
            let exposure = Exposure {
                foreign: foreign.to_owned(),
                file: file.to_owned(),
            };
            let told = violations(&BTreeSet::from([exposure]));
            assert_eq!(told.is_empty(), allowed, "{foreign} in {file}: {told:?}");
        }
    }

    /// An unused entry would allow unreviewed exposures later: every file in the list must exist.
    #[test]
    fn what_is_allowed_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for (foreign, places) in ALLOWED {
            for place in *places {
                let there = [place.to_string(), format!("{place}.rs")]
                    .iter()
                    .any(|path| root.join(path).exists());
                assert!(there, "{foreign}: {place}");
            }
        }
    }
}
