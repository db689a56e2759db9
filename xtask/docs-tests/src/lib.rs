//! Compiles and runs every Rust block of the documentation, as doctests.
//!
//! Must not add anything to a block that the page does not show: what runs here is what a reader
//! can copy.

/// Lists the pages once: as doctests, and for the test below that compares the list with the
/// folders.
macro_rules! pages {
    ($($name:ident: $path:literal,)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!($path)]
            struct $name;
        )*

        /// The pages whose blocks run, relative to this file.
        #[cfg(test)]
        const PAGES: &[&str] = &[$($path),*];
    };
}

pages! {
    Readme: "../../../README.md",
    GettingStarted: "../../../docs/getting-started.md",
    Concepts: "../../../docs/concepts.md",
    Liveness: "../../../docs/capabilities/liveness.md",
    IdentityVerification: "../../../docs/capabilities/identity-verification.md",
    BehaviorAlert: "../../../docs/capabilities/behavior-alert.md",
    RiskScore: "../../../docs/capabilities/risk-score.md",
    Serpro: "../../../docs/capabilities/serpro.md",
    Comparison: "../../../docs/capabilities/comparison.md",
    Documents: "../../../docs/capabilities/documents.md",
    NeverPayingTwice: "../../../docs/never-paying-twice.md",
    Testing: "../../../docs/testing.md",
    YourService: "../../../docs/your-service.md",
    Production: "../../../docs/production.md",
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::PAGES;

    /// The Markdown files of `folder` and its subfolders.
    fn markdown(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(markdown(&path));
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
        found
    }

    /// No example becomes outdated: every page with a Rust block is run.
    #[test]
    fn every_page_with_rust_in_it_is_listed() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let listed: Vec<PathBuf> = PAGES
            .iter()
            .map(|page| sources.join(page).canonicalize().unwrap())
            .collect();
        let root = sources.join("../../..").canonicalize().unwrap();
        let mut pages = markdown(&root.join("docs"));
        for page in ["README.md", "CONTRIBUTING.md", "SECURITY.md"] {
            pages.extend(root.join(page).canonicalize());
        }
        let missing: Vec<_> = pages
            .iter()
            .filter(|page| !listed.contains(page))
            .filter(|page| {
                let text = fs::read_to_string(page).unwrap();
                text.lines().any(|line| line.starts_with("```rust"))
            })
            .collect();
        assert!(missing.is_empty(), "list these in lib.rs: {missing:?}");
    }

    /// The files on the page equal the service that is compiled and tested beside this crate.
    #[test]
    fn the_service_that_a_page_shows_is_the_one_that_is_tested() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let page = fs::read_to_string(here.join("../../docs/your-service.md")).unwrap();
        let mut shown = 0;
        for block in page.split("```rust,ignore file=").skip(1) {
            let (name, rest) = block.split_once('\n').unwrap();
            let (text, _) = rest.split_once("```\n").unwrap();
            let file = fs::read_to_string(here.join("service").join(name)).unwrap();
            assert!(text == file, "{name} is not what the page shows");
            shown += 1;
        }
        assert_eq!(shown, 3);
    }

    /// The page's manifest has the same dependencies as the tested one.
    #[test]
    fn the_manifest_that_a_page_shows_has_the_same_dependencies() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let page = fs::read_to_string(here.join("../../docs/your-service.md")).unwrap();
        let (_, block) = page.split_once("```toml\n").unwrap();
        let (shown, _) = block.split_once("```").unwrap();
        let tested = fs::read_to_string(here.join("service/Cargo.toml")).unwrap();
        assert_eq!(dependencies(shown), dependencies(&tested));
    }

    /// The names of a manifest's dependencies, section by section.
    fn dependencies(manifest: &str) -> Vec<(&str, &str)> {
        let mut section = "";
        let mut found = Vec::new();
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line;
            } else if let Some((name, _)) = line.split_once([' ', '.', '='])
                && section.contains("dependencies")
            {
                found.push((section, name));
            }
        }
        found
    }
}
