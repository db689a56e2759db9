//! Real records and the real journal rules, by number: the model's states consist of these numbers.
//!
//! Must not decide anything: it translates, and caches the rules' answers.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use idcloud_flows::Flow;
use idcloud_flows::journal::{
    Answer, Claim, Claimed, Command, Conclusion, Finished, JournalKey, Record, Settlement, State,
    StateKind, Ticket, Transition, conformance, transition,
};
use idcloud_flows::{Pending, journal::Owner};
use idcloud_http::EnvironmentName;
use idcloud_model::{Asked, Capabilities, Policy, ProcessId, SelfieKind};
use serde_json::{Value, json};

use super::broken::Broken;
use super::word::{Attempt, Clock, End, Fate, Process, Reply, Request, Whose, Word};
use crate::Failure;

/// A time at which every lease is valid, and the duration of leases.
const EARLY: SystemTime = UNIX_EPOCH;
const LEASE: Duration = Duration::from_secs(60);
/// A time at which every lease has expired.
const LATE: Duration = Duration::from_secs(3600);

/// The number of a record; the first one stands for no record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RecordNumber(u32);

/// A record's state at one of the two times.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct View {
    /// `None` without a record.
    pub(crate) kind: Option<StateKind>,
    pub(crate) last: Option<Attempt>,
    /// The attempts before the last one, as a bit set.
    pub(crate) earlier: u8,
    /// The last attempt's process.
    pub(crate) process: Option<Process>,
    /// Its process failed.
    pub(crate) failed: bool,
    /// A person may settle it.
    pub(crate) settleable: bool,
    /// Its process is one that a person found.
    pub(crate) found: bool,
    /// Its process is known only from a partial answer.
    pub(crate) unconfirmed: bool,
    /// Every process that it has or had, as a bit set.
    pub(crate) processes: u16,
}

impl View {
    /// Whether this attempt is one of the record's.
    pub(crate) const fn has(&self, attempt: Attempt) -> bool {
        let is_last = matches!(self.last, Some(last) if last == attempt);
        is_last || self.earlier & (1 << attempt) != 0
    }

    pub(crate) const fn holds(&self, process: Process) -> bool {
        self.processes & (1 << process.0) != 0
    }

    /// How many attempts it has.
    pub(crate) const fn attempts(&self) -> u32 {
        self.earlier.count_ones() + 1
    }
}

/// The facts about a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) early: View,
    pub(crate) late: View,
    /// A purge may remove it.
    pub(crate) is_over: bool,
}

impl Facts {
    pub(crate) const fn by(&self, clock: Clock) -> &View {
        match clock {
            Clock::Early => &self.early,
            Clock::Late => &self.late,
        }
    }
}

/// All records so far, and the rules' answers.
pub(crate) struct Book {
    broken: Option<Broken>,
    made: Maker,
    pages: RwLock<Pages>,
}

#[derive(Default)]
struct Pages {
    numbers: HashMap<String, RecordNumber>,
    records: Vec<(Option<Record>, Facts)>,
    answered: HashMap<(RecordNumber, Word, Clock), (RecordNumber, Reply)>,
    /// The records with the processes of two references exchanged.
    exchanged: HashMap<RecordNumber, RecordNumber>,
}

impl Book {
    /// An empty book that uses the rules, or all of them but one.
    pub(crate) fn new(broken: Option<Broken>) -> Result<Self, Failure> {
        let pages = Pages {
            records: vec![(None, Facts::default())],
            ..Pages::default()
        };
        Ok(Self {
            broken,
            made: Maker::new()?,
            pages: RwLock::new(pages),
        })
    }

    pub(crate) fn facts(&self, number: RecordNumber) -> Facts {
        let pages = self.pages.read().unwrap_or_else(PoisonError::into_inner);
        let page = pages.page(number);
        page.map(|(_, facts)| *facts).unwrap_or_default()
    }

    /// The record with the processes of two references exchanged, where each reference has `each`
    /// processes.
    pub(crate) fn exchanged(
        &self,
        number: RecordNumber,
        each: u8,
    ) -> Result<RecordNumber, Failure> {
        let record = {
            let pages = self.pages.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(exchanged) = pages.exchanged.get(&number) {
                return Ok(*exchanged);
            }
            pages.page(number).and_then(|(record, _)| record.clone())
        };
        let Some(record) = record else {
            return Ok(number);
        };
        let mut stored = serde_json::to_value(record)?;
        exchange(&mut stored, each)?;
        let mut pages = self.pages.write().unwrap_or_else(PoisonError::into_inner);
        let exchanged = pages.number(serde_json::from_value(stored)?)?;
        pages.exchanged.insert(number, exchanged);
        pages.exchanged.insert(exchanged, number);
        Ok(exchanged)
    }

    /// How many records there are, and how many different questions the rules were asked.
    pub(crate) fn met(&self) -> (usize, usize) {
        let pages = self.pages.read().unwrap_or_else(PoisonError::into_inner);
        (pages.records.len(), pages.answered.len())
    }

    /// The rules' answer to a command for a record.
    pub(crate) fn say(
        &self,
        number: RecordNumber,
        word: Word,
        clock: Clock,
    ) -> Result<(RecordNumber, Reply), Failure> {
        let asked = (number, word, clock);
        let record = {
            let pages = self.pages.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(answered) = pages.answered.get(&asked) {
                return Ok(*answered);
            }
            pages.page(number).and_then(|(record, _)| record.clone())
        };
        let command = self.made.command(word)?;
        let (fence, now) = (fence_of(word), moment(clock));
        let Transition { store, answer } = match self.broken {
            None => transition(record, command, fence, now),
            Some(broken) => broken.transition(&self.made, record, word, clock)?,
        };
        let reply = match answer {
            Ok(Answer::Claimed(Claimed::Fresh(_))) => Reply::Fresh,
            Ok(Answer::Claimed(_)) => Reply::Known,
            Ok(_) => Reply::Done,
            Err(_) => Reply::Refused,
        };
        let mut pages = self.pages.write().unwrap_or_else(PoisonError::into_inner);
        let after = match store {
            Some(record) => pages.number(record)?,
            None => number,
        };
        pages.answered.insert(asked, (after, reply));
        Ok((after, reply))
    }
}

impl Pages {
    fn page(&self, number: RecordNumber) -> Option<&(Option<Record>, Facts)> {
        self.records.get(usize::try_from(number.0).ok()?)
    }

    /// The number of a record, ignoring all times.
    fn number(&mut self, record: Record) -> Result<RecordNumber, Failure> {
        let mut stored = serde_json::to_value(record)?;
        forget_times(&mut stored);
        let text = stored.to_string();
        if let Some(number) = self.numbers.get(&text) {
            return Ok(*number);
        }
        let record: Record = serde_json::from_value(stored)?;
        let facts = Facts {
            early: view(&record)?,
            late: view(&record.clone().at(moment(Clock::Late)))?,
            is_over: record.may_be_forgotten(moment(Clock::Late)),
        };
        let number = RecordNumber(u32::try_from(self.records.len())?);
        self.records.push((Some(record), facts));
        self.numbers.insert(text, number);
        Ok(number)
    }
}

/// Sets the end of all leases between the two times, and every other time to the early one.
fn forget_times(stored: &mut Value) {
    match stored {
        Value::Object(members) => {
            for (name, member) in members {
                match name.as_str() {
                    "until" => *member = json!(LEASE.as_millis()),
                    "changedAt" | "claimedAt" => *member = json!(0),
                    _ => forget_times(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(forget_times),
        _ => {}
    }
}

/// Exchanges the processes of two references with `each` processes each; a stranger's stays.
fn exchange(stored: &mut Value, each: u8) -> Result<(), Failure> {
    match stored {
        Value::String(text) => {
            if let Ok(id) = text.parse::<ProcessId>()
                && let Ok(Process(number)) = number_of(&id)
                && number < 2 * each
            {
                *text = id_of(Process((number + each) % (2 * each)))?.to_string();
            }
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(|item| exchange(item, each)),
        Value::Object(members) => members
            .values_mut()
            .try_for_each(|member| exchange(member, each)),
        _ => Ok(()),
    }
}

/// The view of a record.
pub(crate) fn view(record: &Record) -> Result<View, Failure> {
    let stored = serde_json::to_value(record)?;
    let attempt = |stored: &Value| -> Result<Attempt, Failure> {
        let fence = stored.get("fence").and_then(Value::as_u64);
        let before = fence.and_then(|fence| fence.checked_sub(1));
        Ok(before.ok_or("an attempt without a fence")?.try_into()?)
    };
    let mut earlier = 0;
    for one in stored
        .get("earlier")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        earlier |= 1 << attempt(one)?;
    }
    let mut processes = 0;
    for id in record.processes() {
        processes |= 1 << number_of(id)?.0;
    }
    let found = record.is_found();
    let (is_pending, unconfirmed) = match record.state() {
        State::Pending(pending) => (true, pending.is_unconfirmed()),
        _ => (false, false),
    };
    Ok(View {
        kind: Some(record.state().kind()),
        last: stored.get("last").map(attempt).transpose()?,
        earlier,
        process: record.process_id().map(number_of).transpose()?,
        failed: matches!(record.state(), State::Finished(finished) if finished.is_failed()),
        settleable: matches!(record.state(), State::Ambiguous)
            || is_pending && (found || unconfirmed),
        found,
        unconfirmed,
        processes,
    })
}

/// The time of a clock.
pub(crate) fn moment(clock: Clock) -> SystemTime {
    match clock {
        Clock::Early => EARLY,
        Clock::Late => EARLY + LATE,
    }
}

/// The fence of an attempt. A number that nothing refers to any more can be used again.
pub(crate) fn fence(attempt: Attempt) -> u64 {
    u64::from(attempt) + 1
}

fn fence_of(word: Word) -> u64 {
    match word {
        Word::Claim { attempt, .. } => fence(attempt),
        // Only claims reach this.
        _ => 0,
    }
}

fn id_of(process: Process) -> Result<ProcessId, Failure> {
    Ok(format!("80371b2a-3ac7-432e-866d-57fe378960{:02x}", process.0).parse()?)
}

fn number_of(id: &ProcessId) -> Result<Process, Failure> {
    let digits = id
        .as_str()
        .get(34..)
        .ok_or("a process id that is too short")?;
    Ok(Process(u8::from_str_radix(digits, 16)?))
}

/// Converts the model's commands into real ones.
pub(crate) struct Maker {
    key: JournalKey,
    asked: Asked,
    owner: Owner,
}

impl Maker {
    fn new() -> Result<Self, Failure> {
        Ok(Self {
            key: JournalKey::from_parts(
                EnvironmentName::Local,
                "tests@tenant.iam.acesso.io",
                Flow::Identity,
                "order-1041".parse()?,
            ),
            asked: Asked::new(Capabilities::NONE, SelfieKind::Image),
            owner: "tests".parse()?,
        })
    }

    pub(crate) fn command(&self, word: Word) -> Result<Command, Failure> {
        Ok(match word {
            Word::Claim { request, again, .. } => {
                let claim = self.claim(request);
                if again {
                    Command::BeginAgain(claim)
                } else {
                    Command::Claim(claim)
                }
            }
            Word::Dispatch(attempt) => Command::Dispatch {
                ticket: self.ticket(attempt)?,
                lease: LEASE,
            },
            Word::Retract(attempt) => Command::Retract(self.ticket(attempt)?),
            Word::Conclude(attempt, end) => Command::Conclude {
                ticket: self.ticket(attempt)?,
                conclusion: match end {
                    End::Pending(process) => Conclusion::Pending(self.pending(process)?),
                    End::Named(process) => Conclusion::Pending(self.named(process)?),
                    End::Finished(process, fate) => {
                        Conclusion::Finished(self.finished(process, fate)?)
                    }
                    End::Ambiguous => Conclusion::Ambiguous,
                    End::NotSent => Conclusion::NotSent(None),
                },
            },
            Word::Abandon(attempt) => Command::Abandon(self.ticket(attempt)?),
            Word::Finish(process, fate) => Command::Finish {
                key: self.key.clone(),
                finished: self.finished(process, fate)?,
            },
            Word::Found(process) => self.settle(Settlement::Found(id_of(process)?)),
            Word::Resend => self.settle(Settlement::Resend),
            Word::OwnerIsDead => self.settle(Settlement::OwnerIsDead),
            Word::Doubt(process) => Command::Doubt {
                key: self.key.clone(),
                process_id: id_of(process)?,
            },
            Word::Compare(process, whose) => Command::Compare {
                key: self.key.clone(),
                process_id: id_of(process)?,
                is_theirs: whose == Whose::Theirs,
            },
        })
    }

    fn settle(&self, settlement: Settlement) -> Command {
        let key = self.key.clone();
        Command::Settle { key, settlement }
    }

    fn claim(&self, request: Request) -> Claim {
        let request = conformance::request(match request {
            Request::Same => 0,
            Request::Other => 1,
        });
        let (asked, owner) = (self.asked, self.owner.clone());
        Claim::new(self.key.clone(), &request, asked, Policy::default(), owner).with_lease(LEASE)
    }

    /// The ticket that a claim returns.
    fn ticket(&self, attempt: Attempt) -> Result<Ticket, Failure> {
        let claim = Command::Claim(self.claim(Request::Same));
        match transition(None, claim, fence(attempt), EARLY).answer? {
            Answer::Claimed(Claimed::Fresh(ticket)) => Ok(ticket),
            _ => Err("a first claim is fresh".into()),
        }
    }

    fn finished(&self, process: Process, fate: Fate) -> Result<Box<Finished>, Failure> {
        let status = match fate {
            Fate::Result => 3,
            Fate::Failed => 5,
        };
        let id = id_of(process)?;
        let json = format!(r#"{{"id":"{id}","status":{status}}}"#);
        let idcloud_model::Process::Final(process) =
            idcloud_model::Process::from_json(json.as_bytes())?
        else {
            return Err("a process with an end is final".into());
        };
        let environment = EnvironmentName::Local;
        let (asked, policy) = (self.asked, Policy::default());
        Ok(Box::new(Finished::new(
            &process,
            asked,
            policy,
            environment,
            true,
        )))
    }

    /// The pending process that a settlement makes of an ambiguous attempt.
    fn pending(&self, process: Process) -> Result<Box<Pending>, Failure> {
        let record = self.record(
            0,
            &[Word::Dispatch(0), Word::Abandon(0), Word::Found(process)],
        )?;
        match record.state() {
            State::Pending(pending) => Ok(pending.clone()),
            _ => Err("a process that was found is pending".into()),
        }
    }

    /// A pending process that is known only by the id from a partial answer.
    fn named(&self, process: Process) -> Result<Box<Pending>, Failure> {
        let mut stored = serde_json::to_value(&*self.pending(process)?)?;
        let members = stored
            .as_object_mut()
            .ok_or("a pending process is an object")?;
        members.insert("unconfirmed".to_owned(), true.into());
        let pending: Pending = serde_json::from_value(stored)?;
        if pending.is_unconfirmed() {
            Ok(Box::new(pending))
        } else {
            Err("a process that only a part named is unconfirmed".into())
        }
    }

    /// The record of a reference with only this attempt, after these commands.
    pub(crate) fn record(&self, attempt: Attempt, words: &[Word]) -> Result<Record, Failure> {
        let claim = Command::Claim(self.claim(Request::Same));
        let mut record = transition(None, claim, fence(attempt), EARLY).store;
        for word in words {
            record = transition(record, self.command(*word)?, 0, EARLY).store;
        }
        record.ok_or_else(|| "these words are not for this record".into())
    }
}
