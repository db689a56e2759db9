//! All possible events around the rules, for a model checker.
//!
//! Must not leave out an event that can happen, nor add an impossible one: programs report what
//! they know, and end at any moment.

use std::fmt;

use stateright::Model;

use super::book::{Book, Facts, RecordNumber};
use super::promise::{Promise, Step};
use super::state::{Going, Holder, Reference, State, Told, Truth};
use super::word::{Attempt, Clock, End, Fate, Process, Reply, Request, Whose, Word};

/// The number of programs.
const PROGRAMS: usize = 2;
/// The most attempts of a record.
const REMEMBERED: u32 = 2;

/// The model, for a number of references with a number of attempts each that are remembered at a
/// time.
pub(crate) struct Rules<const REFERENCES: usize, const ATTEMPTS: usize> {
    pub(crate) book: Book,
}

/// An attempt, by its reference and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    reference: usize,
    attempt: Attempt,
}

/// An event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A program sends the journal a command, and gets the answer or does not.
    Says {
        reference: usize,
        word: Word,
        clock: Clock,
        heard: bool,
    },
    /// A request is sent.
    Leaves(Place),
    /// A request creates a process.
    Runs(Place, Fate),
    /// A sent request provably does not run.
    Fails(Place),
    /// An answer arrives.
    Arrives(Place),
    /// A partial answer arrives, with the id of its process.
    ArrivesInPart(Place),
    /// A program ends, with this last command or with a crash.
    Goes(Place, Option<Told>),
    /// The journal applies the last command.
    Comes(Place, Clock),
    /// The journal removes finished records.
    Purges(usize),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Says {
                reference,
                word,
                clock,
                heard,
            } => {
                let lost = if *heard {
                    ""
                } else {
                    ", and its answer is lost"
                };
                write!(f, "reference {reference}: {word:?} ({clock:?}){lost}")
            }
            Self::Purges(reference) => write!(f, "reference {reference}: a purge"),
            Self::Leaves(place) => write!(f, "{place} leaves"),
            Self::Runs(place, fate) => write!(f, "{place} creates a process: {fate:?}"),
            Self::Fails(place) => write!(f, "{place} provably did not run"),
            Self::Arrives(place) => write!(f, "{place} has an answer"),
            Self::ArrivesInPart(place) => write!(f, "{place} has a part of an answer"),
            Self::Goes(place, None) => write!(f, "the holder of {place} crashes"),
            Self::Goes(place, Some(told)) => write!(f, "the holder of {place} goes: {told:?}"),
            Self::Comes(place, clock) => write!(f, "{place}: what was told is done ({clock:?})"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "attempt {} of reference {}",
            self.attempt, self.reference
        )
    }
}

impl<const REFERENCES: usize, const ATTEMPTS: usize> Rules<REFERENCES, ATTEMPTS> {
    pub(crate) const fn new(book: Book) -> Self {
        Self { book }
    }

    fn process(place: Place) -> Process {
        // References and attempts are few, so this cannot overflow.
        let first = place.reference.saturating_mul(ATTEMPTS);
        Process(
            u8::try_from(first)
                .unwrap_or(u8::MAX)
                .saturating_add(place.attempt),
        )
    }

    /// A process of none of these references.
    fn stranger() -> Process {
        Self::process(Place {
            reference: REFERENCES,
            attempt: 0,
        })
    }

    fn facts(&self, reference: &Reference<ATTEMPTS>) -> Facts {
        self.book.facts(reference.record)
    }

    /// Whether any reference has this process.
    fn holds(
        &self,
        state: &State<REFERENCES, ATTEMPTS>,
        process: Process,
        but: Option<usize>,
    ) -> bool {
        let mut references = state.references.iter().enumerate();
        references.any(|(number, reference)| {
            Some(number) != but && self.facts(reference).early.holds(process)
        })
    }

    /// The canonical state: two references are interchangeable, so either can be the first.
    fn one_of_two_alike(&self, state: State<REFERENCES, ATTEMPTS>) -> State<REFERENCES, ATTEMPTS> {
        let mut other = state.clone();
        let [first, second] = other.references.as_mut_slice() else {
            return state;
        };
        std::mem::swap(first, second);
        let each = u8::try_from(ATTEMPTS).unwrap_or(u8::MAX);
        for reference in [first, second] {
            let Ok(record) = self.book.exchanged(reference.record, each) else {
                return State {
                    broken: Some(Promise::Followed),
                    ..state
                };
            };
            reference.record = record;
        }
        if other.references < state.references {
            other
        } else {
            state
        }
    }

    /// The number of an attempt that is not remembered.
    fn free(&self, state: &State<REFERENCES, ATTEMPTS>, reference: usize) -> Option<Attempt> {
        let found = state.references.get(reference)?;
        let facts = self.facts(found);
        (0..).zip(&found.attempts).find_map(|(attempt, going)| {
            let remembered = facts.early.has(attempt) || facts.late.has(attempt);
            let held = self.holds(state, Self::process(Place { reference, attempt }), None);
            (!remembered && !held && *going == Going::default()).then_some(attempt)
        })
    }

    /// Sends a command to the journal.
    fn say(
        &self,
        state: &mut State<REFERENCES, ATTEMPTS>,
        number: usize,
        word: Word,
        clock: Clock,
    ) -> Reply {
        if let Word::Found(process) = word
            && self.holds(state, process, Some(number))
        {
            // Every store refuses this.
            return Reply::Refused;
        }
        let Some(reference) = state.references.get_mut(number) else {
            return Reply::Refused;
        };
        let before = self.book.facts(reference.record);
        let Ok((record, reply)) = self.book.say(reference.record, word, clock) else {
            state.broken = Some(Promise::Followed);
            return Reply::Refused;
        };
        let changed = record != reference.record;
        reference.record = record;
        let after = self.book.facts(record);
        let step = Step {
            before: &before,
            word,
            clock,
            reply,
            after: &after,
            changed,
        };
        let broken = step.breaks();
        if matches!(reply, Reply::Done | Reply::Fresh) {
            remember(reference, &step, |attempt| {
                Self::process(Place {
                    reference: number,
                    attempt,
                })
            });
        }
        if broken.is_some() {
            state.broken = broken;
        }
        reply
    }

    fn happens(&self, state: &mut State<REFERENCES, ATTEMPTS>, deed: Event) {
        match deed {
            Event::Says {
                reference,
                word,
                clock,
                heard,
            } => {
                let reply = self.say(state, reference, word, clock);
                let Some(reference) = state.references.get_mut(reference) else {
                    return;
                };
                match (word, reply) {
                    (Word::Claim { attempt, .. }, Reply::Fresh) if heard => {
                        reference.change(attempt, |going| going.holder = Holder::Holds);
                    }
                    (Word::Dispatch(attempt), Reply::Done) if heard => {
                        reference.change(attempt, |going| going.holder = Holder::MayLeave);
                    }
                    // After this command the program sends nothing, unless it dispatches again.
                    (Word::Conclude(attempt, End::NotSent), _) => {
                        reference.change(attempt, |going| going.holder = Holder::Holds);
                    }
                    _ => {}
                }
            }
            Event::Leaves(place) => {
                let Some(reference) = state.references.get_mut(place.reference) else {
                    return;
                };
                let mut others = (0..).zip(&reference.attempts);
                let twice =
                    others.any(|(attempt, going)| attempt != place.attempt && going.is_open());
                reference.change(place.attempt, |going| {
                    going.holder = Holder::Waits;
                    going.truth = Truth::OnItsWay;
                });
                if twice {
                    state.broken = Some(Promise::OneAtATime);
                }
            }
            Event::Runs(place, fate) => self.change(state, place, |going| {
                going.truth = Truth::Runs(fate);
            }),
            Event::Fails(place) => self.change(state, place, |going| {
                going.truth = Truth::DidNotRun;
                // Only its holder can say so; until then the journal may treat it as ambiguous.
                going.leaving = true;
            }),
            Event::Arrives(place) => self.change(state, place, |going| {
                going.holder = Holder::Heard;
            }),
            Event::ArrivesInPart(place) => self.change(state, place, |going| {
                going.holder = Holder::HeardPart;
            }),
            Event::Goes(place, told) => self.change(state, place, |going| {
                going.holder = Holder::Gone;
                going.told = told;
            }),
            Event::Comes(place, clock) => {
                let going = state
                    .references
                    .get(place.reference)
                    .map(|one| one.at(place.attempt));
                let word =
                    going.and_then(|going| going.told_as(place.attempt, Self::process(place)));
                self.change(state, place, |going| going.told = None);
                if let Some(word) = word {
                    self.say(state, place.reference, word, clock);
                }
            }
            Event::Purges(number) => {
                let Some(reference) = state.references.get_mut(number) else {
                    return;
                };
                let facts = self.book.facts(reference.record);
                reference.record = RecordNumber::default();
                // A removed reference may be paid for again.
                for (attempt, going) in (0..).zip(&mut reference.attempts) {
                    going.given_up |= facts.late.has(attempt);
                }
            }
        }
    }

    #[expect(clippy::unused_self, reason = "it reads as one of the model's steps")]
    fn change(
        &self,
        state: &mut State<REFERENCES, ATTEMPTS>,
        place: Place,
        change: impl FnOnce(&mut Going),
    ) {
        if let Some(reference) = state.references.get_mut(place.reference) {
            reference.change(place.attempt, change);
        }
    }

    /// All commands about one attempt, and all events that can happen to it.
    fn of_attempt(place: Place, going: Going, events: &mut Vec<Event>) {
        let Place { reference, attempt } = place;
        let process = Self::process(place);
        let mut says = |word, heard| {
            for clock in Clock::ALL {
                events.push(Event::Says {
                    reference,
                    word,
                    clock,
                    heard,
                });
            }
        };
        let did_not_run = going.truth == Truth::DidNotRun;
        match going.holder {
            Holder::Holds => {
                says(Word::Dispatch(attempt), true);
                says(Word::Dispatch(attempt), false);
            }
            Holder::Heard if did_not_run => {
                says(Word::Retract(attempt), true);
                says(Word::Dispatch(attempt), true);
                says(Word::Dispatch(attempt), false);
            }
            _ => {}
        }
        for end in going.ends(process) {
            says(Word::Conclude(attempt, end), true);
        }
        if let Truth::Runs(fate) = going.truth {
            says(Word::Finish(process, fate), true);
            says(Word::Doubt(process), true);
        }
        if going.told.is_some() {
            events.extend(Clock::ALL.map(|clock| Event::Comes(place, clock)));
        }
        if going.truth == Truth::OnItsWay {
            events.extend(Fate::ALL.map(|fate| Event::Runs(place, fate)));
            events.push(Event::Fails(place));
        }
        match going.holder {
            Holder::Gone => return,
            Holder::MayLeave => events.push(Event::Leaves(place)),
            Holder::Waits if going.truth != Truth::OnItsWay => {
                events.push(Event::Arrives(place));
                if matches!(going.truth, Truth::Runs(_)) {
                    events.push(Event::ArrivesInPart(place));
                }
            }
            _ => {}
        }
        events.push(Event::Goes(place, None));
        let last_words = going.last_words(process).into_iter();
        events.extend(last_words.map(|told| Event::Goes(place, Some(told))));
    }
}

/// The effect of an applied command on the truth.
fn remember<const ATTEMPTS: usize>(
    reference: &mut Reference<ATTEMPTS>,
    step: &Step<'_>,
    process: impl Fn(Attempt) -> Process,
) {
    let before = step.before.by(step.clock);
    match step.word {
        Word::Claim { attempt, again, .. } if step.reply == Reply::Fresh => {
            reference.change(attempt, |going| *going = Going::default());
            if again
                && before.failed
                && let Some(last) = before.last
            {
                reference.change(last, |going| going.given_up = true);
            }
        }
        Word::Dispatch(attempt) => reference.change(attempt, |going| going.leaving = true),
        Word::Retract(attempt) | Word::Conclude(attempt, End::NotSent) => {
            reference.change(attempt, |going| going.leaving = false);
        }
        Word::Conclude(attempt, End::Pending(_) | End::Finished(..)) => {
            reference.change(attempt, |going| {
                going.written = true;
                going.given_up = false;
            });
        }
        Word::Conclude(attempt, End::Named(_)) => {
            reference.change(attempt, |going| going.given_up = false);
        }
        Word::Finish(finished, _) => {
            if let Some(last) = before.last
                && process(last) == finished
            {
                reference.change(last, |going| going.written = true);
            }
        }
        Word::Found(_) | Word::Resend => {
            let found_own =
                |last| matches!(step.word, Word::Found(found) if found == process(last));
            if let Some(last) = before.last {
                let own = found_own(last);
                reference.change(last, |going| going.given_up = !own && !going.written);
            }
        }
        Word::Compare(_, Whose::Anothers) => {
            // From now on the result is unknown again.
            if let Some(last) = before.last {
                reference.change(last, |going| going.given_up = false);
            }
        }
        _ => {}
    }
    // The lease had expired by a program's clock: a request is sent within its lease or not at all.
    if step.changed
        && step.clock == Clock::Late
        && let Some(last) = step.before.early.last
    {
        reference.change(last, |going| {
            if going.holder == Holder::MayLeave {
                going.holder = Holder::Holds;
            }
        });
    }
    // An attempt that is current again, because its successor did not run, may be followed no more
    // than before.
    let (was, is) = (step.before.early.last, step.after.early.last);
    if was != is
        && let Some(last) = is
    {
        reference.change(last, |going| going.given_up &= !going.written);
    }
}

impl<const REFERENCES: usize, const ATTEMPTS: usize> Model for Rules<REFERENCES, ATTEMPTS> {
    type State = State<REFERENCES, ATTEMPTS>;
    type Action = Event;

    fn init_states(&self) -> Vec<Self::State> {
        let references = std::array::from_fn(|_| Reference {
            record: RecordNumber::default(),
            attempts: [Going::default(); ATTEMPTS],
        });
        vec![State {
            references,
            broken: None,
        }]
    }

    fn actions(&self, state: &Self::State, events: &mut Vec<Event>) {
        if state.broken.is_some() {
            return;
        }
        let all = state.references.iter().flat_map(|one| &one.attempts);
        let programs = all.filter(|going| going.holder != Holder::Gone).count();
        for (reference, one) in state.references.iter().enumerate() {
            let facts = self.facts(one);
            if let Some(attempt) = self.free(state, reference) {
                for (request, again, heard) in [
                    (Request::Same, false, true),
                    (Request::Same, false, false),
                    (Request::Same, true, true),
                    (Request::Same, true, false),
                    (Request::Other, false, false),
                    (Request::Other, true, false),
                ] {
                    if heard && programs >= PROGRAMS {
                        continue;
                    }
                    let word = Word::Claim {
                        attempt,
                        request,
                        again,
                    };
                    let says = |clock| Event::Says {
                        reference,
                        word,
                        clock,
                        heard,
                    };
                    events.extend(Clock::ALL.map(says));
                }
            }
            let says = |word| {
                let says = move |clock| {
                    let heard = true;
                    Event::Says {
                        reference,
                        word,
                        clock,
                        heard,
                    }
                };
                Clock::ALL.map(says)
            };
            if let Some(last) = facts.early.last
                && one.at(last).holder == Holder::Gone
            {
                events.extend(says(Word::OwnerIsDead));
            }
            if let Some(process) = facts.early.process {
                // Every process of the reference is its person's.
                let own = (0..)
                    .zip(&one.attempts)
                    .any(|(attempt, _)| Self::process(Place { reference, attempt }) == process);
                let whose = if own { Whose::Theirs } else { Whose::Anothers };
                events.extend(says(Word::Compare(process, whose)));
            }
            if facts.is_over {
                events.push(Event::Purges(reference));
            }
            for (attempt, going) in (0..).zip(&one.attempts) {
                Self::of_attempt(Place { reference, attempt }, *going, events);
            }
            let exist = state
                .references
                .iter()
                .enumerate()
                .flat_map(|(reference, one)| {
                    let places = (0..).zip(&one.attempts);
                    let exist = places.filter(|(_, going)| matches!(going.truth, Truth::Runs(_)));
                    exist.map(move |(attempt, _)| Self::process(Place { reference, attempt }))
                });
            let found = exist.chain([Self::stranger()]).map(Word::Found);
            for word in found.chain([Word::Resend]) {
                let heard = true;
                let says = |clock| Event::Says {
                    reference,
                    word,
                    clock,
                    heard,
                };
                events.extend(Clock::ALL.map(says));
            }
        }
    }

    fn next_state(&self, state: &Self::State, deed: Event) -> Option<Self::State> {
        let mut next = state.clone();
        self.happens(&mut next, deed);
        if let Event::Says {
            reference,
            word:
                Word::Claim {
                    attempt,
                    request: Request::Other,
                    ..
                },
            ..
        } = deed
            && next.broken.is_none()
            && self
                .facts(next.references.get(reference)?)
                .early
                .has(attempt)
        {
            // For the rules, a different request in a fresh reference is the same as the first.
            return None;
        }
        for number in 0..REFERENCES {
            let held: Vec<bool> = (0..ATTEMPTS)
                .map(|attempt| {
                    let attempt = u8::try_from(attempt).unwrap_or(u8::MAX);
                    self.holds(
                        &next,
                        Self::process(Place {
                            reference: number,
                            attempt,
                        }),
                        None,
                    )
                })
                .collect();
            let reference = next.references.get_mut(number)?;
            let facts = self.book.facts(reference.record);
            reference.tidy(&facts, |attempt| {
                held.get(usize::from(attempt)).is_some_and(|held| *held)
            });
            if next.broken.is_none() {
                next.broken = reference.breaks(&facts);
            }
        }
        let next = self.one_of_two_alike(next);
        (next != *state).then_some(next)
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        vec![stateright::Property::always(
            "every promise is kept",
            |_, state: &Self::State| state.broken.is_none(),
        )]
    }

    fn within_boundary(&self, state: &Self::State) -> bool {
        state
            .references
            .iter()
            .all(|one| self.facts(one).early.attempts() <= REMEMBERED)
    }

    fn format_action(&self, deed: &Event) -> String {
        deed.to_string()
    }
}
