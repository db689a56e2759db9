//! Tries the whole client against the simulator, in virtual time, with everything going wrong. This file only dispatches.
//!
//! `cargo xtask prove` starts it.

mod blocking;
mod books;
mod campaign;
mod case;
mod chance;
mod clock;
mod ending;
mod fuzz;
mod leaks;
mod life;
mod mutants;
mod oracle;
mod page;
mod person;
mod plan;
mod post;
mod program;
mod question;
mod run;
mod sabotage;
mod wire;
mod world;

use std::env;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use idcloud_http::{Clock as _, SystemClock};

use crate::campaign::Campaign;
use crate::page::Circumstances;
use crate::run::Resources;
use crate::sabotage::Sabotage;

/// Whatever went wrong with the proof itself, told to a developer.
type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "usage: proof [--runs N] [--first-seed S] [--threads N] [--format text|json] \
    [--sabotage [NAME] | --write FILE | --fuzz SECONDS]";

/// What is asked for.
struct Arguments {
    campaign: Campaign,
    json: bool,
    play: Play,
    /// Where the page goes that tells what came of it.
    write: Option<PathBuf>,
}

/// What is played.
enum Play {
    /// The client as it is, or with one protection off.
    Campaign(Option<Sabotage>),
    /// Each sabotage in its turn.
    Table,
    /// Nothing: what comes from outside is tried for so many seconds.
    Fuzz(u64),
}

fn main() -> ExitCode {
    let arguments = match read(env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(failure) => {
            say(&mut io::stderr(), &format!("error: {failure}\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    // A panic's words are looked through like every other; the terminal is spared them.
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "panicked")));
    match prove(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            say(&mut io::stderr(), &format!("error: {failure}"));
            ExitCode::FAILURE
        }
    }
}

/// True if everything is as it should be.
fn prove(arguments: &Arguments) -> Result<bool, Failure> {
    let resources = Resources::new()?;
    let Arguments { campaign, .. } = arguments;
    match arguments.play {
        Play::Fuzz(seconds) => Ok(fuzz::fuzz(seconds, &mut |line| {
            say(&mut io::stdout(), line);
        })),
        Play::Table => {
            let (table, all) = table(campaign, &resources)?;
            say(&mut io::stdout(), &table);
            Ok(all)
        }
        Play::Campaign(sabotage) => {
            let clock = SystemClock::new();
            let began = clock.instant();
            let total = campaign.play(sabotage, &resources)?;
            let seconds = (clock.instant() - began).as_secs_f64();
            if arguments.json {
                say(&mut io::stdout(), &total.json(seconds));
            } else {
                let line = total.json(seconds).replace([',', '{', '}', '"'], " ");
                say(&mut io::stdout(), line.trim());
            }
            say(&mut io::stderr(), &total.replays());
            let Some(file) = &arguments.write else {
                return Ok(total.holds());
            };
            let (table, all) = table(campaign, &resources)?;
            let circumstances = Circumstances::of_now(campaign.threads);
            let page = page::page(campaign, &total, seconds, &table, &circumstances);
            std::fs::write(file, page)?;
            Ok(total.holds() && all)
        }
    }
}

/// Every protection switched off in its turn, and how many runs it took until that was noticed; and whether all were.
fn table(campaign: &Campaign, resources: &Resources) -> Result<(String, bool), Failure> {
    let next = AtomicUsize::new(0);
    let noticed = Mutex::new(Vec::new());
    let worker = || -> Result<(), Failure> {
        while let Some(one) = Sabotage::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = campaign.until_noticed(*one, resources)?;
            let mut noticed = noticed.lock().unwrap_or_else(PoisonError::into_inner);
            noticed.push((*one, found));
        }
        Ok(())
    };
    thread::scope(|scope| -> Result<(), Failure> {
        let threads = 0..campaign.threads.max(1);
        let workers: Vec<_> = threads.map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            worker
                .join()
                .map_err(|_| "a run panicked outside of its programs")??;
        }
        Ok(())
    })?;
    let noticed = noticed.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut text =
        "| protection switched off | runs until noticed | by what |\n|---|---:|---|\n".to_owned();
    let mut all = true;
    for sabotage in Sabotage::ALL {
        let found = noticed.iter().find(|(one, _)| *one == sabotage);
        let found = found.and_then(|(_, found)| found.clone());
        all &= found.is_some();
        let (runs, by) = found.map_or_else(
            || ("**not noticed**".to_owned(), String::new()),
            |(runs, by)| (runs.to_string(), by),
        );
        let protection = sabotage.protection();
        // A String takes everything that is written.
        let _ = writeln!(text, "| {protection} (`{sabotage}`) | {runs} | {by} |");
    }
    Ok((text, all))
}

fn read(arguments: impl Iterator<Item = String>) -> Result<Arguments, Failure> {
    let mut read = Arguments {
        campaign: Campaign {
            first_seed: 1,
            runs: 10_000,
            threads: thread::available_parallelism().map_or(1, usize::from),
        },
        json: false,
        play: Play::Campaign(None),
        write: None,
    };
    let mut arguments = arguments.peekable();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--runs" => read.campaign.runs = value()?.parse()?,
            "--first-seed" => read.campaign.first_seed = value()?.parse()?,
            "--threads" => read.campaign.threads = value()?.parse()?,
            "--fuzz" => read.play = Play::Fuzz(value()?.parse()?),
            "--write" => read.write = Some(value()?.into()),
            "--format" => match value()?.as_str() {
                "json" => read.json = true,
                "text" => read.json = false,
                other => return Err(format!("no format {other}").into()),
            },
            "--sabotage" => {
                let name = arguments.next_if(|next| !next.starts_with("--"));
                read.play = match name {
                    Some(name) => Play::Campaign(Some(name.parse()?)),
                    None => Play::Table,
                };
            }
            other => return Err(format!("no argument {other}").into()),
        }
    }
    Ok(read)
}

/// Prints. A reader who has gone away is no failure of ours.
fn say(to: &mut impl Write, text: &str) {
    if !text.is_empty() {
        drop(writeln!(to, "{}", text.trim_end()));
    }
}
