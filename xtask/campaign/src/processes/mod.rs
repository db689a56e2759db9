//! The command line as real processes, on real files and sockets, while seeds choose what befalls it.
//!
//! Must not ask the client what is true: the ledger of a served simulator judges.

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

/// After this long no run begins any more: the last ones take some seconds.
const BUDGET: Duration = Duration::from_secs(65);

/// After this long none begins that takes long.
const BUDGET_OF_LONG: Duration = Duration::from_secs(25);

/// How many runs are played at once: most of the time they wait.
const SIDE_BY_SIDE: usize = 4;

/// How many runs a sabotage may take to be noticed.
const SABOTAGED_RUNS: u64 = 8;

/// One protection that is switched off, at the seam: in what befalls the program, or in what is
/// heard of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sabotage {
    /// A closed terminal kills the program.
    HangUpKills,
    /// The journal of an earlier moment takes the place of the present one, with nothing to tell.
    JournalForgets,
    /// A second name of the journal is a journal of its own, and no refusal comes.
    LinkIsFollowed,
    /// What the program says of answers that the journal did not take is not heard.
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

/// Which protections are off.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Switched {
    /// None.
    None,
    One(Sabotage),
    /// Each in its turn.
    Each,
}

impl Switched {
    /// From whether one was asked for, and its name, if it has one.
    ///
    /// # Errors
    /// There is none of that name.
    pub(crate) fn parse(asked: bool, name: Option<&str>) -> Result<Self, String> {
        Ok(match (asked, name) {
            (_, Some(name)) => Self::One(name.parse()?),
            (true, None) => Self::Each,
            (false, None) => Self::None,
        })
    }
}

/// What is to be played.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The program `idcloud`.
    pub(crate) program: PathBuf,
    pub(crate) first_seed: u64,
    /// How many runs; as many as the time allows where nothing is said.
    pub(crate) runs: Option<u64>,
}

/// What came of some runs.
#[derive(Default)]
struct Total {
    runs: u64,
    creates: usize,
    ambiguous: usize,
    befell: BTreeMap<&'static str, usize>,
    /// The seeds whose runs broke a promise, and what they broke.
    broken: Vec<(u64, Vec<Broken>)>,
}

/// Plays what is asked for, and says what came of it. True if everything is as it should be.
///
/// # Errors
/// A run could not be played at all.
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

/// Plays each sabotage until it is noticed, side by side. True if all were.
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

/// The first promise that is seen to be broken with a protection off, and the seed.
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

/// One run: a batch that is begun, befallen and begun again until it is through.
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
    // Twice, so that what the first of them leaves is met once more.
    for _ in 0..2 {
        Mischief::Nothing.befall(&mut work, &mut random, sabotage)?;
    }
    let evidence = work.evidence()?;
    let broken = judge::judge(&evidence);
    Ok((evidence, broken))
}
