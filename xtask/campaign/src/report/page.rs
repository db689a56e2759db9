//! The page with a campaign's results: `docs/reliability.md`.
//!
//! Must not state more than was measured, nor leave out where and when.

use std::fmt::Write as _;

use bench::report::pages::Circumstances;

use crate::campaign::{Campaign, Total};
use crate::judge::oracle::count;
use crate::plan::DISK_EVERY;
use crate::report::mutants;
use crate::report::sabotage_report::Noticed;

/// The page.
pub(crate) fn page(
    campaign: &Campaign,
    total: &Total,
    seconds: f64,
    noticed: &Noticed,
    rules: &str,
    circumstances: &Circumstances,
) -> String {
    let Circumstances {
        machine,
        date,
        commit,
        ..
    } = circumstances;
    let found = &total.findings;
    let mut page = String::from(INTRODUCTION);
    let mut row = |name: &str, value: String| {
        // Writing to a `String` cannot fail.
        let _ = writeln!(page, "| {name} | {value} |");
    };
    let seeds = format!(
        "{}, seeds {} to {}",
        total.runs,
        campaign.first_seed,
        campaign
            .first_seed
            .saturating_add(total.runs.saturating_sub(1))
    );
    row("runs", seeds);
    for (name, value) in [
        ("things that went wrong", total.faults),
        ("processes created", found.creates),
        ("of them reported as final", found.reported),
        (
            "of them known and not final yet, or replaced",
            found.pending,
        ),
        ("of them ambiguous, and said to be", found.ambiguous),
        (
            "of them created without a reference by a program that crashed: nobody was left to be told",
            found.untold,
        ),
        ("approvals", found.approved),
        (
            "**submissions billed twice, or more often than allowed**",
            found.doubled,
        ),
        ("**processes lost**", found.lost),
        (
            "**ambiguous ends of what was not on its way**",
            found.needless,
        ),
        (
            "**approvals that the truth does not give**",
            found.false_approvals,
        ),
        (
            "**requests beyond the budget of a second**",
            found.over_budget,
        ),
        (
            "**waits and submissions beyond their limit**",
            found.overdue,
        ),
        (
            "**markers found where nothing personal may stand**",
            found.leaks,
        ),
        ("**runs with any of these**", count(total.failing.len())),
    ] {
        row(name, value.to_string());
    }
    let _ = write!(
        page,
        "\nMeasured on {date}, commit `{commit}`, on {machine}: {seconds:.0} seconds.\n\n{SABOTAGE}{}\n{}\n{rules}{PROCESSES}{}{LIMITS}",
        noticed.picture().link(),
        noticed.table(),
        mutants::section()
    );
    page.replace("{disk}", &DISK_EVERY.to_string())
}

const INTRODUCTION: &str = "\
# Reliability

<!-- Written by `cargo xtask prove --write docs/reliability.md` from what it measured. Do not edit. -->

What the promises are worth is tried by playing the whole client, journal included, against the simulator in virtual time, with everything going
wrong that can be thought of. Each run is drawn from one seed, and one seed plays the same run again:

- faults on every exchange: connections refused, slow to come about, reset and silent, answers late, cut off before and behind the id, unreadable or
  without an id, every error status, before and after the request was processed; storms of 401, 429 and 500; tokens revoked;
- crashes between any two steps of the journal, before and after it was durable, and around any exchange; restarts; programs that are told to
  stop, and drain; submissions that are dropped, also while there is no connection yet; transports that panic;
- programs that are stopped while requests are under way and go on, up to minutes after every time-out, with the answers lying there;
- a journal that stalls, and fails: once, or for a while, most often when the end of a submission is to be written down, and works again;
- two programs on one journal that submit one reference; two accounts of the tenant, and credentials that are replaced while requests are under way;
  clocks that are wrong, and jump by hours;
- webhooks that are lost, repeated, late, forged, and false with the right credentials;
- capture tokens that count as used early, late or on time; people of every kind, keys that answer otherwise than declared, in all four dialects;
- callers who submit again whatever they were told, and others who submit something else under a reference in use.

Long after the last program has ended, a person settles half of what is ambiguous, sometimes with a process that is somebody else's, and a program without faults submits every reference once more; the
journal forgets what is over. Then the simulator's bills, the journal and everything that was said are held against the promises. What may be approved is decided by what is true of the
person, written down a second time by hand, and not by the answer. One run in {disk} has its journal in SQLite, on the disk.

```sh
cargo xtask prove --runs 10000 --first-seed 1
```

| | |
|---|---:|
";

const SABOTAGE: &str = "\
## Whether it would be noticed

A campaign that finds nothing proves something only if it would have found it. So each protection is switched off in its turn, by a transport, a journal or
a caller that does not keep its word, and the same runs are played until one of them fails:

```sh
cargo xtask prove --sabotage
```

";

const PROCESSES: &str = "
## Real processes

The command line is played as real processes too, on real files and sockets, for two minutes in every run of the project's checks: batches of 16 to 40
rows against a served simulator whose ledger judges. Each seed draws what befalls a batch: SIGKILL, SIGHUP, SIGTERM and ctrl-c twice; SIGSTOP and SIGCONT
after some seconds, and now and then after 31 to 35 s, longer than an answer is waited for; a full disk; a journal that is locked, copied, linked, or
without its log; an input that grows or is cut off while it is read. Whatever befell it, the batch is begun again and must end with every row done or
ambiguous, nobody paid twice, and no answered process untold. Four protections are switched off in their turn, and have to be noticed.

```sh
cargo xtask prove --processes
cargo xtask prove --processes --sabotage
```
";

const LIMITS: &str = "
## What it does not try

- Documents are captured, but not used again.
- In virtual time no request crosses a socket. What TLS, proxies and the operating system do to connections is the subject of the transport's own tests.
- A crash is the end of everything that a program holds in memory. That SQLite's file outlives a killed process is tried by the journal's own tests.
- IDCloud itself: the simulator is built from what is documented.
";
