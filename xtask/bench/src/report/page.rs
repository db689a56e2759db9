//! The page with the results: `docs/performance.md`.
//!
//! Must not leave out what was measured, where and when, nor a goal that was missed.

use std::fmt::Write as _;

use crate::report::pages::{Circumstances, Picture};

use crate::figure::{Figure, Kind};
use crate::measure::series::RUNS;
use crate::report::Report;
use crate::report::reasons::reason;

/// The page.
#[must_use]
pub fn page(report: &Report, pictures: &[Picture], circumstances: &Circumstances) -> String {
    let Circumstances {
        machine,
        date,
        commit,
        compiler,
    } = circumstances;
    let mut page = INTRODUCTION.replace("{runs}", &RUNS.to_string());
    // Writing to a `String` cannot fail.
    let _ = write!(
        page,
        "Measured on {date}, commit `{commit}`, on {machine}, built by {compiler}.\n\n"
    );
    for picture in pictures {
        let _ = writeln!(page, "{}", picture.link());
    }
    page.push_str(GATES);
    page.push_str(&rows(report, Kind::Gate));
    page.push_str(REPORTED);
    page.push_str(&rows(report, Kind::Report));
    page.push_str("\n## Goals that are not reached\n\n");
    let missed: Vec<&Figure> = report
        .figures
        .iter()
        .filter(|figure| !figure.met())
        .collect();
    if missed.is_empty() {
        page.push_str("None: every goal above is reached.\n");
    }
    for figure in missed {
        page.push_str(&reason(figure));
    }
    page.push_str(COMPARED);
    page
}

fn rows(report: &Report, kind: Kind) -> String {
    let mut rows = "| figure | measured | goal | | beside |\n|---|---:|---:|---|---|\n".to_owned();
    for figure in report.figures.iter().filter(|figure| figure.kind == kind) {
        let _ = writeln!(
            rows,
            "| {} | {} | {} | {} | {} |",
            figure.name,
            figure.measured(),
            figure.goal(),
            figure.standing(),
            figure.beside
        );
    }
    rows
}

const INTRODUCTION: &str = "\
# Performance

<!-- Written by `cargo xtask bench --write docs/performance.md` from what it measured. Do not edit. -->

A create carries a picture of some hundred kilobytes, so what a client does with that picture is what it costs. Every figure is measured beside what it is
compared with, on one machine, in one go of {runs} runs with everything in each; the middle one of the {runs} is told. Ratios carry over to other machines, times do
not. Counts are gates: a change that misses one is not taken. Times only inform.

```sh
cargo xtask bench
```

";

const GATES: &str = "\
## Gates

Counts, held before every change is taken (`cargo xtask bench --counts`). Instructions are counted by valgrind; lookups, exchanges and the budget in virtual time,
where they come out the same every time.

";

const REPORTED: &str = "
## Reported

";

const COMPARED: &str = "
## What is compared with what

| name | what it does |
|---|---|
| `raw-socket` | writes the request's text and an assembled body to a socket, and reads the answer: no HTTP library at all |
| `raw-hyper` | hyper on one connection, with an assembled body |
| `bare-reqwest` | reqwest with its defaults, with an assembled body |
| `ours` | the whole client of idcloud-http: token cache, limiter, deadlines, replay rules, wiping; no subscriber for its spans, no journal |
| `usual-json` | reqwest's `.json()` over a struct with a base64 string, as most programs send a picture |

An assembled body is what somebody writes who wants it cheap: base64 by SIMD into a buffer that is used again, between two pieces of JSON that are ready. All
sides send the same request to the same server, which is another process on this machine and answers from a constant. Each side runs in a process of its own,
without counting allocators, and only what is beyond its start is counted.

## Measuring again

```sh
cargo xtask bench                                # everything, as a table
cargo xtask bench --counts                       # the gates alone; fails where one is missed
cargo xtask bench --counts --format json         # the same as a list of {figure, value, goal, met}
cargo xtask bench --write docs/performance.md    # this page
```

Instructions need valgrind (`apt install valgrind`). Without it their gates are missed, unless `--without-instructions` is asked for. Let the machine do nothing
else meanwhile: counts do not mind, times do.

## What is not measured

- TLS. All sides speak plain HTTP here. Encrypting 800,000 bytes costs each of them the same again, and what TLS and the kernel copy is out of a client's reach.
- A network. Nothing here waits for one; a real create takes as long as the upload and IDCloud do.
- IDCloud itself, its time and its limits. The simulator's rate says how much of a test bench it is, and nothing about IDCloud.
- Other processors than this one. Instructions are counted on x86-64 with AVX2, in one thread.
- What a subscriber, a journal and the request's fingerprint add to a create. The journal's own figures stand above.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{Goal, Unit, gate, report as told};

    fn circumstances() -> Circumstances {
        Circumstances {
            machine: "a machine".to_owned(),
            date: "a date".to_owned(),
            commit: "c0ffee".to_owned(),
            compiler: "a compiler".to_owned(),
        }
    }

    fn page_of(value: f64) -> String {
        let report = Report {
            figures: vec![
                gate("a count", 1.0, Unit::Count, Goal::AtMost(2.0)),
                told("a time", value, Unit::Nanoseconds, Goal::AtMost(60.0)),
            ],
            ..Report::default()
        };
        let picture = Picture {
            file: "p.svg",
            shows: "a picture".to_owned(),
            svg: String::new(),
        };
        page(&report, &[picture], &circumstances())
    }

    /// The page names the source of its numbers, and says that they are generated.
    #[test]
    fn a_page_tells_where_and_when() {
        let page = page_of(50.0);
        for text in [
            "Do not edit.",
            "a machine",
            "a date",
            "`c0ffee`",
            "a compiler",
            "![a picture](assets/p.svg)",
            "| a count | 1 | ≤ 2 | held |",
            "| a time | 50.0 ns | ≤ 60 ns | reached |",
            "every goal above is reached",
        ] {
            assert!(page.contains(text), "{text}:\n{page}");
        }
    }

    #[test]
    fn a_page_names_every_miss() {
        let page = page_of(61.0);
        assert!(
            page.contains("- **a time**: 61.0 ns, goal ≤ 60 ns."),
            "{page}"
        );
        assert!(!page.contains("every goal above is reached"));
    }
}
