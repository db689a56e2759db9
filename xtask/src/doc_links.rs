//! Follows every relative link of the Markdown pages, to its file and to its heading.
//!
//! Must not use the network: external addresses are ignored.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::Failure;

/// The pages of the repository: those of its folder, of `docs`, and of each crate.
pub(crate) fn pages(root: &Path) -> Result<BTreeMap<PathBuf, String>, Failure> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_path_buf(), root.join(".github")];
    for entry in fs::read_dir(root.join("crates"))? {
        folders.push(entry?.path());
    }
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        read(root, folder, false, &mut found)?;
    }
    read(root, &root.join("docs"), true, &mut found)?;
    Ok(found)
}

fn read(
    root: &Path,
    folder: &Path,
    deep: bool,
    found: &mut BTreeMap<PathBuf, String>,
) -> Result<(), Failure> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && deep {
            read(root, &path, deep, found)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            let name = path.strip_prefix(root).unwrap_or(&path).to_path_buf();
            found.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// Every broken link, and every page of `docs` that is missing in `docs/SUMMARY.md`.
///
/// `exists` tests for files that are not pages.
pub(crate) fn broken(
    pages: &BTreeMap<PathBuf, String>,
    exists: &dyn Fn(&Path) -> bool,
) -> Vec<String> {
    let mut faults = Vec::new();
    for (page, text) in pages {
        for link in links(text) {
            if let Some(fault) = fault(pages, exists, page, &link) {
                faults.push(format!("{}: ({link}) {fault}", page.display()));
            }
        }
    }
    faults.extend(unlisted(pages));
    faults
}

fn fault(
    pages: &BTreeMap<PathBuf, String>,
    exists: &dyn Fn(&Path) -> bool,
    page: &Path,
    link: &str,
) -> Option<&'static str> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = match link.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor)),
        None => (link, None),
    };
    let target = if file.is_empty() {
        page.to_path_buf()
    } else {
        resolved(page, file)?
    };
    let Some(text) = pages.get(&target) else {
        return (!exists(&target)).then_some("leads to no file");
    };
    let anchor = anchor?;
    (!anchors(text).contains(&anchor.to_owned())).then_some("leads to no heading")
}

/// The target of a link from `page`, relative to the workspace's folder.
fn resolved(page: &Path, link: &str) -> Option<PathBuf> {
    let mut target = page.parent()?.to_path_buf();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => {
                target.pop();
            }
            Component::Normal(name) => target.push(name),
            _ => {}
        }
    }
    Some(target)
}

/// The pages that are missing in the table of contents.
fn unlisted(pages: &BTreeMap<PathBuf, String>) -> Vec<String> {
    let summary = Path::new("docs/SUMMARY.md");
    let Some(text) = pages.get(summary) else {
        return Vec::new();
    };
    let listed: Vec<PathBuf> = links(text)
        .iter()
        .filter_map(|link| resolved(summary, link))
        .collect();
    pages
        .keys()
        .filter(|page| page.starts_with("docs") && page.as_path() != summary)
        // Pages beside pictures describe the pictures.
        .filter(|page| !page.starts_with("docs/assets"))
        .filter(|page| !listed.contains(page))
        .map(|page| format!("docs/SUMMARY.md: does not name {}", page.display()))
        .collect()
}

/// The lines of a page that are not code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// The targets of all links and pictures of a page.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in prose(text) {
        let line = without_code(line);
        for (at, _) in line.match_indices("](") {
            let rest = line.get(at + 2..).unwrap_or_default();
            if let Some((target, _)) = rest.split_once(')') {
                found.push(target.split(' ').next().unwrap_or(target).to_owned());
            }
        }
        if let Some((label, target)) = line.split_once("]: ")
            && label.starts_with('[')
        {
            found.push(target.trim().to_owned());
        }
    }
    found
}

/// A line without its inline code.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

/// The link anchors of a page's headings.
fn anchors(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in prose(text) {
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let name = slug(title.trim());
        let same = found
            .iter()
            .filter(|other| {
                **other == name
                    || other
                        .strip_prefix(&name)
                        .and_then(|rest| rest.strip_prefix('-'))
                        .is_some_and(|rest| rest.parse::<usize>().is_ok())
            })
            .count();
        found.push(if same == 0 {
            name
        } else {
            format!("{name}-{same}")
        });
    }
    found
}

/// The anchor of a heading, as the usual Markdown viewers form it.
fn slug(title: &str) -> String {
    title
        .to_lowercase()
        .chars()
        .filter_map(|character| match character {
            ' ' => Some('-'),
            '-' | '_' => Some(character),
            _ => character.is_alphanumeric().then_some(character),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The broken links of a `docs/a.md` with this text, beside a `docs/b.md` and a picture.
    fn faults(text: &str) -> Vec<String> {
        let pages = BTreeMap::from([
            (PathBuf::from("docs/a.md"), text.to_owned()),
            (
                PathBuf::from("docs/b.md"),
                "# One title: `two` & three!\n```sh\n# no title\n```\n## Twice\n## Twice\n"
                    .to_owned(),
            ),
        ]);
        broken(&pages, &|path| path == Path::new("docs/assets/selfie.jpg"))
    }

    #[test]
    fn every_link_of_this_repository_leads_somewhere() {
        let root = crate::root();
        let faults = broken(&pages(&root).unwrap(), &|path| root.join(path).exists());
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn good_links_are_followed() {
        for link in [
            "[b](b.md)",
            "[b](../docs/b.md \"title\")",
            "[b](b.md#one-title-two--three)",
            "[b](b.md#twice-1)",
            "![p](assets/selfie.jpg)",
            "[out](https://example.com/nowhere)",
            "`[code](nowhere.md)`",
            "```text\n[code](nowhere.md)\n```",
            "# Here\n[here](#here)",
        ] {
            assert_eq!(faults(link), Vec::<String>::new(), "{link}");
        }
    }

    #[test]
    fn bad_links_are_told() {
        for link in [
            "[c](c.md)",
            "[b](b.md#no-title)",
            "[b](b.md#three)",
            "[here](#there)",
            "text and ![p](assets/no.jpg)",
            "[label]: c.md",
        ] {
            assert_eq!(faults(link).len(), 1, "{link}");
        }
    }

    #[test]
    fn a_page_that_the_summary_forgets_is_told() {
        let pages = BTreeMap::from([
            (PathBuf::from("docs/SUMMARY.md"), "[a](a.md)".to_owned()),
            (PathBuf::from("docs/a.md"), String::new()),
            (PathBuf::from("docs/b.md"), String::new()),
        ]);
        assert_eq!(
            broken(&pages, &|_| false),
            ["docs/SUMMARY.md: does not name docs/b.md"]
        );
    }
}
