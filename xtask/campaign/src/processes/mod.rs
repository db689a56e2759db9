//! Runs the command line as real processes, on real files and sockets, with faults drawn from
//! seeds.
//!
//! Must not trust the client's output: the ledger of a served simulator judges.

mod judge;
mod mischief;
mod served;
mod work;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use idcloud_http::{Clock as _, SystemClock};

use self::judge::{Broken, Evidence};
use self::mischief::Mischief;
use self::work::Work;
use crate::Failure;

/// No run starts after this time: the last ones take some seconds.
const BUDGET: Duration = Duration::from_secs(65);

/// No long run starts after this time.
const BUDGET_OF_LONG: Duration = Duration::from_secs(25);

/// How many runs are played concurrently: most of the time they wait.
const SIDE_BY_SIDE: usize = 4;

/// How many runs a sabotage may take until it is noticed.
const SABOTAGED_RUNS: u64 = 8;

/// A protection that is switched off outside the program: in the faults, or in the reading of its
/// output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sabotage {
    /// A closed terminal kills the program.
    HangUpKills,
    /// An older journal replaces the current one, and no output reports it.
    JournalForgets,
    /// A second name of the journal is a separate journal, and is not refused.
    LinkIsFollowed,
    /// The program's output about answers that the journal did not record is ignored.
    IdsAreDropped,
}

impl Sabotage {
    const ALL: [Self; 4] = [
        Self::HangUpKills,
        Self::JournalForgets,
        Self::LinkIsFollowed,
        Self::IdsAreDropped,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::HangUpKills => "hang-up-kills",
            Self::JournalForgets => "journal-forgets",
            Self::LinkIsFollowed => "link-is-followed",
            Self::IdsAreDropped => "ids-are-dropped",
        }
    }
}

impl fmt::Display for Sabotage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Sabotage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|one| one.name() == text);
        found.ok_or_else(|| format!("there is no sabotage {text} of processes"))
    }
}

/// The protections that are switched off.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Switched {
    /// None.
    None,
    One(Sabotage),
    /// Each in turn.
    Each,
}

impl Switched {
    /// Parses the flag and its optional name.
    ///
    /// # Errors
    /// No sabotage has this name.
    pub(crate) fn parse(asked: bool, name: Option<&str>) -> Result<Self, String> {
        Ok(match (asked, name) {
            (_, Some(name)) => Self::One(name.parse()?),
            (true, None) => Self::Each,
            (false, None) => Self::None,
        })
    }
}

/// What to play.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The program `idcloud`.
    pub(crate) program: PathBuf,
    pub(crate) first_seed: u64,
    /// The number of runs; `None` for as many as the time allows.
    pub(crate) runs: Option<u64>,
}

/// The results of some runs.
#[derive(Default)]
struct Total {
    runs: u64,
    creates: usize,
    ambiguous: usize,
    befell: BTreeMap<&'static str, usize>,
    /// The seeds of the runs that broke a promise, and the broken promises.
    broken: Vec<(u64, Vec<Broken>)>,
}

/// Plays the plan, and prints the results. True if every check passed.
///
/// # Errors
/// A run could not be played.
pub(crate) fn play(
    plan: &Plan,
    switched: Switched,
    say: &mut dyn FnMut(&str),
) -> Result<bool, Failure> {
    match switched {
        Switched::None => runs(plan, None, say),
        Switched::One(sabotage) => runs(plan, Some(sabotage), say),
        Switched::Each => table(plan, say),
    }
}

/// Plays the runs. True if every promise held.
fn runs(
    plan: &Plan,
    sabotage: Option<Sabotage>,
    say: &mut dyn FnMut(&str),
) -> Result<bool, Failure> {
    let clock = SystemClock::new();
    let began = clock.instant();
    let total = total(plan, sabotage)?;
    let seconds = (clock.instant() - began).as_secs_f64();
    say(&format!(
        "processes: {} runs from seed {} in {seconds:.1} s, {} creates, {} ambiguous, {} runs broke a promise",
        total.runs,
        plan.first_seed,
        total.creates,
        total.ambiguous,
        total.broken.len()
    ));
    let befell: Vec<String> = total
        .befell
        .iter()
        .map(|(what, times)| format!("{what} {times}"))
        .collect();
    say(&format!("  befell: {}", befell.join(", ")));
    for (seed, broken) in &total.broken {
        let switched = sabotage.map_or(String::new(), |one| format!(" --sabotage {one}"));
        say(&format!("seed {seed}:"));
        for one in broken {
            say(&format!("  {one}"));
        }
        say(&format!(
            "  play it again with: cargo xtask prove --processes --first-seed {seed} --runs 1{switched}"
        ));
    }
    Ok(total.broken.is_empty())
}

/// Plays each sabotage until it is noticed, concurrently. True if all were noticed.
fn table(plan: &Plan, say: &mut dyn FnMut(&str)) -> Result<bool, Failure> {
    let noticed: Vec<_> = thread::scope(|scope| {
        let playing = Sabotage::ALL.map(|sabotage| scope.spawn(move || noticed(plan, sabotage)));
        let ended = playing.into_iter().map(|playing| match playing.join() {
            Ok(noticed) => noticed,
            Err(_) => Err("the campaign panicked".into()),
        });
        ended.collect()
    });
    let mut all = true;
    for (sabotage, noticed) in Sabotage::ALL.into_iter().zip(noticed) {
        let noticed = noticed?;
        all &= noticed.is_some();
        let noticed = noticed.unwrap_or_else(|| "NOT NOTICED".to_owned());
        say(&format!("{sabotage}: {noticed}"));
    }
    Ok(all)
}

/// The first broken promise with a protection off, and its seed.
fn noticed(plan: &Plan, sabotage: Sabotage) -> Result<Option<String>, Failure> {
    for seed in plan.first_seed..plan.first_seed + SABOTAGED_RUNS {
        let (_, broken) = run(plan, seed, Some(sabotage))?;
        if let Some(first) = broken.first() {
            return Ok(Some(format!("seed {seed}: {first}")));
        }
    }
    Ok(None)
}

fn total(plan: &Plan, sabotage: Option<Sabotage>) -> Result<Total, Failure> {
    let clock = SystemClock::new();
    let began = clock.instant();
    let (next, total) = (AtomicU64::new(0), Mutex::new(Ok(Total::default())));
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if plan.runs.is_some_and(|runs| number >= runs)
                        || clock.instant() - began > BUDGET
                    {
                        return;
                    }
                    let seed = plan.first_seed + number;
                    let is_late = clock.instant() - began > BUDGET_OF_LONG;
                    if plan.runs.is_none() && is_late && Mischief::takes_long(seed) {
                        continue;
                    }
                    let played = run(plan, seed, sabotage);
                    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                    match (&mut *total, played) {
                        (Ok(total), Ok((evidence, broken))) => total.add(seed, &evidence, broken),
                        (Ok(_), Err(failure)) => *total = Err(failure),
                        (Err(_), _) => {}
                    }
                    if total.is_err() {
                        return;
                    }
                }
            });
        }
    });
    total.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Total {
    fn add(&mut self, seed: u64, evidence: &Evidence, broken: Vec<Broken>) {
        self.runs += 1;
        self.creates += evidence.billed().count();
        self.ambiguous += evidence.ambiguous();
        for ended in &evidence.ended {
            *self.befell.entry(ended.what).or_default() += 1;
        }
        if !broken.is_empty() {
            self.broken.push((seed, broken));
        }
    }
}

/// One run: a batch that is started, disturbed and started again until it is finished.
fn run(
    plan: &Plan,
    seed: u64,
    sabotage: Option<Sabotage>,
) -> Result<(Evidence, Vec<Broken>), Failure> {
    let mut random = Rng::with_seed(seed);
    let befalls = match sabotage {
        None => Mischief::draw(&mut random),
        Some(sabotage) => Mischief::that_shows(sabotage).to_vec(),
    };
    let mut work = Work::begin(&plan.program, seed, &mut random)?;
    for mischief in befalls {
        mischief.befall(&mut work, &mut random, sabotage)?;
    }
    // Twice: the second run must handle what the first one leaves.
    for _ in 0..2 {
        Mischief::Nothing.befall(&mut work, &mut random, sabotage)?;
    }
    let evidence = work.evidence()?;
    let broken = judge::judge(&evidence);
    Ok((evidence, broken))
}
