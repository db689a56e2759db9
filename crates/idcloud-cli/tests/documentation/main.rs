//! Compares every command line session of the documentation with the program's real output.
//!
//! Must not change a page unless asked to: `IDCLOUD_DOCS=write` writes the real output into the
//! pages. `CONTRIBUTING.md` has the convention.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test's helper fails as the test does"
)]

mod comparison;
mod page;
mod shell;
mod terminal;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use comparison::{is_progress, matches};
use page::Page;

/// The repository's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The pages of the repository: its own, each crate's, and those of `docs`.
fn pages(root: &Path) -> Vec<PathBuf> {
    let mut folders = vec![root.to_path_buf()];
    for entry in fs::read_dir(root.join("crates")).unwrap() {
        folders.push(entry.unwrap().path());
    }
    let mut docs = vec![root.join("docs")];
    while let Some(folder) = docs.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                docs.push(path);
            }
        }
        folders.push(folder);
    }
    let mut pages: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        // It explains how sessions are written, with an example that is not one.
        .filter(|path| !path.ends_with("CONTRIBUTING.md"))
        .collect();
    pages.sort();
    pages
}

/// Runs one page's sessions. Returns the differences as text, and the page with the real output.
fn run(path: &Path) -> (String, String) {
    let text = fs::read_to_string(path).unwrap();
    let page = Page::parse(&text);
    if page.commands.is_empty() {
        return (String::new(), text);
    }
    let mut faults = String::new();
    let mut real = Vec::new();
    let ran = shell::run(&root(), &page);
    for (number, command) in page.commands.iter().enumerate() {
        let place = format!("{}:{}", path.display(), command.line);
        let Some(outcome) = ran.outcomes.get(number) else {
            match &ran.given_up {
                None => writeln!(faults, "{place}: the session ended before this command"),
                Some(seen) => writeln!(
                    faults,
                    "{place}: $ {}\ngiven up and ended; there stood\n{}",
                    command.text,
                    seen.join("\n")
                ),
            }
            .unwrap();
            break;
        };
        let explained = page
            .commands
            .get(number + 1)
            .is_some_and(|next| next.text == "echo $?");
        if outcome.status != 0 && !explained {
            writeln!(
                faults,
                "{place}: ended with {}; say so with `$ echo $?`",
                outcome.status
            )
            .unwrap();
        }
        if !matches(&command.expected, &outcome.printed) {
            writeln!(
                faults,
                "{place}: $ {}\n--- the page\n{}\n--- the program\n{}\n",
                command.text,
                command.expected.join("\n"),
                outcome.printed.join("\n")
            )
            .unwrap();
            // A page shows a batch's progress only if it does so already.
            let keeps = command.expected.iter().any(|line| is_progress(line));
            let printed = outcome.printed.iter();
            let printed = printed.filter(|line| keeps || !is_progress(line));
            real.push((number, printed.cloned().collect()));
        }
    }
    (faults, page.with(&text, &real))
}

#[test]
fn every_session_prints_what_its_page_shows() {
    let write = std::env::var_os("IDCLOUD_DOCS").is_some_and(|wish| wish == "write");
    let pages = pages(&root());
    let results: Vec<(String, String)> = std::thread::scope(|scope| {
        let threads: Vec<_> = pages
            .iter()
            .map(|page| scope.spawn(move || run(page)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let mut faults = String::new();
    for (page, (found, real)) in pages.iter().zip(results) {
        if write && !found.is_empty() {
            fs::write(page, real).unwrap();
        }
        faults.push_str(&found);
    }
    assert!(faults.is_empty(), "\n{faults}");
}
