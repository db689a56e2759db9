//! Tests the whole client against the simulator, in virtual time, with every kind of fault. This
//! file only dispatches.
//!
//! `cargo xtask prove` starts it.

mod judge;
mod report;

mod campaign;
mod fuzz;
mod plan;
#[cfg(unix)]
mod processes;
mod program;
mod rules;
mod run;
mod sabotage;
mod world;

use std::env;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use bench::report::pages::Circumstances;
use idcloud_http::{Clock as _, SystemClock};

use crate::campaign::Campaign;
use crate::plan::Keeping;
use crate::report::sabotage_report::Noticed;
use crate::run::Resources;
use crate::sabotage::Sabotage;

/// Any error of the campaign itself, for a developer.
type Failure = Box<dyn std::error::Error + Send + Sync>;

const USAGE: &str = "usage: proof [--runs N] [--first-seed S] [--threads N] [--format text|json] [--slow-writer] \
    [--processes PROGRAM] [--sabotage [NAME] | --write FILE | --rules | --fuzz SECONDS | --fuzz-once TARGET HEX]";

/// The parsed arguments.
struct Arguments {
    campaign: Campaign,
    json: bool,
    play: Play,
    /// The path of the page about the results.
    write: Option<PathBuf>,
}

/// What to play.
enum Play {
    /// The client as it is, or with one protection off.
    Campaign(Option<Sabotage>),
    /// Each sabotage in turn.
    Table,
    /// No campaign: explores the journal's rules.
    Rules,
    /// No campaign: fuzzes external inputs.
    Fuzz(fuzz::Plan),
    /// The command line, in processes of its own.
    #[cfg(unix)]
    Processes(processes::Plan, processes::Switched),
}

fn main() -> ExitCode {
    let arguments = match read(env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(failure) => {
            say(&mut io::stderr(), &format!("error: {failure}\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    // A panic's message is logged and checked for leaks like every other; it is not printed.
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

/// True if every check passed.
fn prove(arguments: &Arguments) -> Result<bool, Failure> {
    let campaign = &arguments.campaign;
    match &arguments.play {
        Play::Fuzz(plan) => fuzz::fuzz(plan, &mut |line| say(&mut io::stdout(), line)),
        #[cfg(unix)]
        Play::Processes(plan, switched) => {
            processes::play(plan, *switched, &mut |line| say(&mut io::stdout(), line))
        }
        Play::Table => {
            let noticed = Noticed::of(campaign, &Resources::new()?)?;
            say(&mut io::stdout(), &noticed.table());
            let rules = rules::Noticed::of(campaign.threads)?;
            say(&mut io::stdout(), &rules.table());
            Ok(noticed.all() && rules.all())
        }
        Play::Rules => {
            let (explored, _) = explored(campaign)?;
            Ok(rules::hold(&explored))
        }
        Play::Campaign(sabotage) => {
            let resources = Resources::new()?;
            let clock = SystemClock::new();
            // A sabotage concerns only the campaign, and a single run is a replay: neither explores
            // the rules.
            let (explored, explored_in) = if sabotage.is_none() && campaign.runs > 1 {
                explored(campaign)?
            } else {
                (Vec::new(), 0.0)
            };
            let began = clock.instant();
            let total = campaign.play(*sabotage, &resources)?;
            let seconds = (clock.instant() - began).as_secs_f64();
            let told = if arguments.json {
                total.json(seconds)
            } else {
                total.text(seconds)
            };
            say(&mut io::stdout(), &told);
            say(&mut io::stderr(), &total.replays(*sabotage));
            let Some(file) = &arguments.write else {
                return Ok(total.holds() && rules::hold(&explored));
            };
            let noticed = Noticed::of(campaign, &resources)?;
            let rules_noticed = rules::Noticed::of(campaign.threads)?;
            let rules = rules::section(&explored, explored_in, &rules_noticed);
            let circumstances = Circumstances::of_now(campaign.threads);
            let page =
                report::page::page(campaign, &total, seconds, &noticed, &rules, &circumstances);
            bench::report::pages::write(file, &page, &[noticed.picture()])?;
            let held = total.holds() && rules::hold(&explored);
            Ok(held && noticed.all() && rules_noticed.all())
        }
    }
}

/// Explores the journal's rules. Returns the result, and the seconds that it took.
fn explored(campaign: &Campaign) -> Result<(Vec<rules::Explored>, f64), Failure> {
    let clock = SystemClock::new();
    let began = clock.instant();
    let explored = rules::explore(campaign.threads, rules::STEPS)?;
    let seconds = (clock.instant() - began).as_secs_f64();
    for one in &explored {
        say(&mut io::stderr(), &one.text());
    }
    Ok((explored, seconds))
}

fn read(arguments: impl Iterator<Item = String>) -> Result<Arguments, Failure> {
    let mut read = Arguments {
        campaign: Campaign {
            first_seed: 1,
            runs: 10_000,
            threads: thread::available_parallelism().map_or(1, usize::from),
            keeping: Keeping::AsDrawn,
        },
        json: false,
        play: Play::Campaign(None),
        write: None,
    };
    let (mut processes, mut sabotage) = (None::<PathBuf>, None::<Option<String>>);
    let mut runs = None;
    let mut arguments = arguments.peekable();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--runs" => runs = Some(value()?.parse()?),
            "--processes" => processes = Some(value()?.into()),
            "--first-seed" => read.campaign.first_seed = value()?.parse()?,
            "--threads" => read.campaign.threads = value()?.parse()?,
            "--slow-writer" => read.campaign.keeping = Keeping::SlowDisk,
            "--rules" => read.play = Play::Rules,
            "--fuzz" => read.play = Play::Fuzz(fuzz::Plan::Seconds(value()?.parse()?)),
            "--fuzz-once" => {
                let (target, input) = (value()?, value()?);
                read.play = Play::Fuzz(fuzz::Plan::Once { target, input });
            }
            "--write" => read.write = Some(value()?.into()),
            "--format" => match value()?.as_str() {
                "json" => read.json = true,
                "text" => read.json = false,
                other => return Err(format!("no format {other}").into()),
            },
            "--sabotage" => {
                sabotage = Some(arguments.next_if(|next| !next.starts_with("--")));
            }
            other => return Err(format!("no argument {other}").into()),
        }
    }
    match (processes, sabotage) {
        #[cfg(unix)]
        (Some(program), sabotage) => {
            let plan = processes::Plan {
                program,
                first_seed: read.campaign.first_seed,
                runs,
            };
            let asked = sabotage.is_some();
            let name = sabotage.flatten();
            let switched = processes::Switched::parse(asked, name.as_deref())?;
            read.play = Play::Processes(plan, switched);
        }
        #[cfg(not(unix))]
        (Some(_), _) => return Err("processes are played on Unix alone".into()),
        (None, Some(None)) => read.play = Play::Table,
        (None, Some(Some(name))) => read.play = Play::Campaign(Some(name.parse()?)),
        (None, None) => {}
    }
    read.campaign.runs = runs.unwrap_or(read.campaign.runs);
    if read.write.is_some() && !matches!(read.play, Play::Campaign(None)) {
        return Err("the page tells of the client as it is".into());
    }
    Ok(read)
}

/// Prints. A closed output is not a failure.
fn say(to: &mut impl Write, text: &str) {
    if !text.is_empty() {
        drop(writeln!(to, "{}", text.trim_end()));
    }
}
