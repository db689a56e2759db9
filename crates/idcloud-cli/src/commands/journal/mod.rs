//! `idcloud journal`: lists what was submitted, and settles what is ambiguous.
//!
//! Must not send anything except the lookup of a found process. Must not create a journal.

pub(crate) mod args;
pub(crate) mod entry_object;

mod whose;

use std::path::PathBuf;

use clap::ValueEnum as _;
use idcloud_flows::Flow;
use idcloud_flows::journal::{
    Entry, EntryFilter, Journal as _, JournalKey, Origin, OriginError, Page, Reference,
    ReferenceError, Settlement, State,
};
use idcloud_http::{Clock as _, EnvironmentName, SystemClock};
use idcloud_model::Subject;
use idcloud_sqlite::SqliteReader;
use serde::Serialize;

use crate::args::EnvironmentArg;
use crate::commands::block_on;
use crate::commands::journal::args::JournalCommand;
use crate::commands::journal::args::JournalFileArgs;
use crate::commands::journal::args::JournalListArgs;
use crate::commands::journal::args::JournalNameOriginArgs;
use crate::commands::journal::args::JournalSettleArgs;
use crate::commands::journal::args::JournalShowArgs;
use crate::commands::journal::entry_object::{EntryObject, write_entry, write_line};
use crate::config::settings::{Setting, Settings};
use crate::failure::exit::Exit;
use crate::failure::journal;
use crate::failure::submit;
use crate::failure::{Failure, Refusal};
use crate::input::Stdin;
use crate::input::process_id;
use crate::output::Output;
use crate::verify::journal_file;

/// Entries per query.
const PAGE: usize = 1_000;

/// Runs the command.
pub(crate) fn run(
    command: JournalCommand,
    settings: &Settings,
    stdin: &mut Stdin<'_>,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    match command {
        JournalCommand::List(args) => list(&args, settings, output),
        JournalCommand::Show(args) => show(&args, settings, output),
        JournalCommand::Settle(mut args) => {
            let person = whose::person(&mut args, stdin)?;
            settle(&args, person.as_ref(), settings, output)
        }
        JournalCommand::NameOrigin(args) => name_origin(&args, settings, output),
    }
}

fn list(
    args: &JournalListArgs,
    settings: &Settings,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let book = Book::open(&args.file, settings)?;
    let mut filter = book.filter.clone();
    if let Some(state) = args.state {
        filter = filter.with_state(state);
    }
    let mut after = None;
    let mut exit = Exit::Answered;
    loop {
        let page = book.entries(&filter, after.as_ref())?;
        if print_unreadable(&page, output) {
            exit = Exit::Fault;
        }
        let entries = page.entries();
        for entry in entries {
            let object = EntryObject::of(entry);
            output
                .line(&object, |to, style| write_line(&object, to, style))
                .map_err(unwritten)?;
        }
        match entries.last() {
            Some(entry) if entries.len() == PAGE => after = Some(entry.key().clone()),
            _ => return Ok(exit),
        }
    }
}

fn show(
    args: &JournalShowArgs,
    settings: &Settings,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let book = Book::open(&args.file, settings)?;
    let page = book.of(&reference(&args.reference)?)?;
    for entry in page.entries() {
        tell(entry, output)?;
    }
    Ok(if print_unreadable(&page, output) {
        Exit::Fault
    } else {
        Exit::Answered
    })
}

fn settle(
    args: &JournalSettleArgs,
    person: Option<&Subject>,
    settings: &Settings,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let settlement = match &args.found {
        Some(id) => Settlement::Found(
            process_id::parse("--found", id).map_err(|refusal| Failure::usage(vec![refusal]))?,
        ),
        None if args.owner_is_dead => Settlement::OwnerIsDead,
        None => Settlement::Resend,
    };
    let book = Book::open(&args.file, settings)?;
    let reference = reference(&args.reference)?;
    let page = book.of(&reference)?;
    let entries = page.entries();
    let is_in_hand = |entry: &Entry| {
        matches!(
            entry.state(),
            State::Claimed { .. } | State::Dispatched { .. }
        )
    };
    let may_be_settled = |entry: &&Entry| match settlement {
        Settlement::OwnerIsDead => is_in_hand(entry),
        _ => entry.record().may_be_settled(),
    };
    let mut open = entries.iter().filter(may_be_settled);
    let key = match (open.next(), open.next()) {
        (Some(entry), None) => entry.key().clone(),
        (Some(_), Some(_)) => {
            return Err(refused(
                "stands for several entries, in different environments, tenants or flows",
                "name the one you mean with --env and --flow",
            ));
        }
        (None, _) => {
            // The unreadable record may be the requested one.
            if let Some(row) = page.unreadable().first() {
                return Err(journal::unreadable(row));
            }
            let states: Vec<_> = entries
                .iter()
                .map(|entry| entry.state().kind().as_str())
                .collect();
            let states = states.join(", ");
            return Err(match settlement {
                Settlement::OwnerIsDead => refused(
                    &format!("is not in flight but {states}"),
                    "only what is claimed or dispatched has an owner that may be dead",
                ),
                _ if entries.iter().any(is_in_hand) => refused(
                    &format!("is not ambiguous but {states}"),
                    "wait until its lease is over, or say with --owner-is-dead that the program is gone that has it in hand",
                ),
                _ => refused(
                    &format!("is not ambiguous but {states}"),
                    "only an ambiguous reference is settled, or one whose process was found and is not final yet",
                ),
            });
        }
    };
    let uncompared = match &settlement {
        Settlement::Found(id) => whose::compare(id, person, &key, settings)?.err(),
        _ => None,
    };
    book.settle(&key, settlement, uncompared.is_none())?;
    let mut ambiguous = false;
    for entry in book
        .of(&reference)?
        .entries()
        .iter()
        .filter(|entry| *entry.key() == key)
    {
        ambiguous = matches!(entry.state(), State::Ambiguous);
        tell(entry, output)?;
    }
    if let Some(why) = uncompared {
        // A closed standard error is the caller's choice: continue without the note.
        let _ = output.note(&format!(
            "note: whose process this is was not compared ({why}). The command that submits the reference again compares it; where it cannot, \
             the verdict is a review."
        ));
    }
    // A closed standard error is the caller's choice: continue without the note.
    let _ = output.note(match args.found {
        Some(_) => "Run the command that submitted it again: it fetches the result, and sends nothing twice.",
        None if ambiguous => "It may have left. Find out what became of it, then settle it with --found PROCESS_ID or with --resend.",
        None => "Run the command that submitted it again: it is sent anew.",
    });
    Ok(Exit::Answered)
}

/// The result of `name-origin`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Named<'a> {
    origin: &'a str,
    named_entries: u64,
}

fn name_origin(
    args: &JournalNameOriginArgs,
    settings: &Settings,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let origin: Origin = args.url.parse().map_err(|error: OriginError| {
        let remedy = "give the address that --api-url had";
        Failure::usage(vec![Refusal::new("URL", error.to_string(), remedy)])
    })?;
    let default = settings.default_journal.as_deref();
    let path = journal_file::named_or_default(args.journal.as_deref(), default)?;
    let journal = journal_file::open_existing(&path)?;
    let named_entries = block_on(journal.name_origin(origin.clone()))?
        .map_err(|error| submit::of_journal(&error))?;
    let named = Named {
        origin: origin.as_str(),
        named_entries,
    };
    output
        .result(&named, |to, _| {
            writeln!(to, "{named_entries} entries were submitted to {origin}.")
        })
        .map_err(unwritten)?;
    Ok(Exit::Answered)
}

fn tell(entry: &Entry, output: &mut Output<'_>) -> Result<(), Failure> {
    let object = EntryObject::of(entry).whole(entry);
    output
        .result(&object, |to, style| write_entry(&object, to, style))
        .map_err(unwritten)
}

/// Prints the unreadable records as errors. Returns whether there were any.
fn print_unreadable(page: &Page, output: &mut Output<'_>) -> bool {
    for row in page.unreadable() {
        // A closed standard error is the caller's choice: continue without the message.
        let _ = output.failure(&journal::unreadable(row));
    }
    !page.unreadable().is_empty()
}

fn reference(text: &str) -> Result<Reference, Failure> {
    text.parse().map_err(|error: ReferenceError| {
        refused(
            &error.to_string(),
            "give the reference that it was submitted under",
        )
    })
}

fn refused(rule: &str, remedy: &str) -> Failure {
    Failure::refused_offline(vec![Refusal::new("REF", rule, remedy)])
}

fn unwritten(_: std::io::Error) -> Failure {
    Failure::fault("the entries could not be written to standard output")
}

/// A journal, and the filter for its entries.
struct Book {
    path: PathBuf,
    reader: SqliteReader,
    clock: SystemClock,
    filter: EntryFilter,
}

impl Book {
    fn open(args: &JournalFileArgs, settings: &Settings) -> Result<Self, Failure> {
        let default = settings.default_journal.as_deref();
        let path = journal_file::named_or_default(args.journal.as_deref(), default)?;
        let mut filter = EntryFilter::new();
        if let Some(flow) = args.flow {
            filter = filter.with_flow(flow);
        }
        if let Some(environment) = environment(settings) {
            filter = filter.with_environment(environment);
        }
        Ok(Self {
            reader: journal_file::look(&path)?,
            path,
            clock: SystemClock::new(),
            filter,
        })
    }

    fn entries(&self, filter: &EntryFilter, after: Option<&JournalKey>) -> Result<Page, Failure> {
        self.reader
            .entries(filter, after, PAGE, self.clock.now())
            .map_err(|error| submit::of_journal(&error))
    }

    /// The records under a reference; an error if there are none.
    fn of(&self, reference: &Reference) -> Result<Page, Failure> {
        let filter = self.filter.clone().with_reference(reference.clone());
        let page = self.entries(&filter, None)?;
        if page.entries().is_empty() && page.unreadable().is_empty() {
            return Err(refused(
                "is not in the journal",
                "check the reference's spelling, the journal's file, and --env and --flow if you gave them",
            ));
        }
        Ok(page)
    }

    /// Settles the reference. `is_compared`: the found process is known to be of the reference's
    /// person.
    fn settle(
        &self,
        key: &JournalKey,
        settlement: Settlement,
        is_compared: bool,
    ) -> Result<(), Failure> {
        let journal = journal_file::open_existing(&self.path)?;
        let found = match &settlement {
            Settlement::Found(id) if is_compared => Some(id.clone()),
            _ => None,
        };
        let settled = async {
            journal.settle(key, settlement, self.clock.now()).await?;
            match found {
                Some(id) => journal.compare(key, &id, true, self.clock.now()).await,
                None => Ok(()),
            }
        };
        block_on(settled)?.map_err(|error| submit::of_journal(&error))
    }
}

/// The environment of the flag only: a variable says where to send, and not which entries to show.
fn environment(settings: &Settings) -> Option<EnvironmentName> {
    let named = settings.layers.flags.value(Setting::Env)?.to_str()?;
    Some(match EnvironmentArg::from_str(named, false).ok()? {
        EnvironmentArg::Local => EnvironmentName::Local,
        EnvironmentArg::Uat => EnvironmentName::Uat,
        EnvironmentArg::Production => EnvironmentName::Production,
        EnvironmentArg::Custom => EnvironmentName::Custom,
    })
}

/// The flow by its name: the command's, or the library's.
pub(crate) fn flow(name: &str) -> Result<Flow, &'static str> {
    match name {
        "onboard" => Ok(Flow::Identity),
        "compare" => Ok(Flow::Comparison),
        name => name
            .parse()
            .map_err(|_| "onboard, liveness, compare or document"),
    }
}
