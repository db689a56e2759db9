//! Promise: never pay twice, in any order of commands.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "what these lints forbid is how a test fails"
)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use idcloud_flows::Flow;
use idcloud_flows::http::EnvironmentName;
use idcloud_flows::journal::{
    Answer, Claim, Claimed, Command, Conclusion, Finished, JournalKey, Record, Settlement, State,
    StateKind, Ticket, Transition, conformance, transition,
};
use idcloud_flows::model::{Asked, Capabilities, Policy, Process, ProcessId, SelfieKind};
use proptest::prelude::*;

/// The next command. Tickets are chosen among all that were ever given.
#[derive(Debug, Clone, Copy)]
enum Move {
    Pass(u64),
    Claim {
        again: bool,
    },
    Dispatch(prop::sample::Index),
    NotSent(prop::sample::Index),
    Ambiguous(prop::sample::Index),
    Finished(prop::sample::Index, u8),
    Abandon(prop::sample::Index),
    Retract(prop::sample::Index),
    Resend,
    Found,
    FinishLater(u8),
    OwnerIsDead,
    /// From the next command on, the clock is off by this many seconds.
    Jump(i64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let index = any::<prop::sample::Index>;
    let one = prop_oneof![
        2 => (0..80_u64).prop_map(Move::Pass),
        4 => any::<bool>().prop_map(|again| Move::Claim { again }),
        4 => index().prop_map(Move::Dispatch),
        1 => index().prop_map(Move::NotSent),
        1 => index().prop_map(Move::Ambiguous),
        2 => (index(), 3..6_u8).prop_map(|(index, status)| Move::Finished(index, status)),
        1 => index().prop_map(Move::Abandon),
        2 => index().prop_map(Move::Retract),
        1 => Just(Move::Resend),
        1 => Just(Move::Found),
        1 => (3..6_u8).prop_map(Move::FinishLater),
        1 => Just(Move::OwnerIsDead),
        1 => (-100_000..100_000_i64).prop_map(Move::Jump),
    ];
    prop::collection::vec(one, 1..60)
}

fn id() -> ProcessId {
    "80371b2a-3ac7-432e-866d-57fe37896ac6".parse().unwrap()
}

fn finished(status: u8) -> Box<Finished> {
    let json = format!(r#"{{"id":"{}","status":{status}}}"#, id());
    let Ok(Process::Final(process)) = Process::from_json(json.as_bytes()) else {
        panic!("a final process");
    };
    let asked = Asked::new(Capabilities::NONE, SelfieKind::Image);
    Box::new(Finished::new(
        &process,
        asked,
        Policy::default(),
        EnvironmentName::Local,
        true,
    ))
}

/// One reference, and the fate of every request that was sent for it.
struct World {
    claim: Claim,
    record: Option<Record>,
    now: SystemTime,
    fence: u64,
    tickets: Vec<Ticket>,
    /// The attempt that was sent, until an answer or a person allows another.
    paid: Option<u64>,
}

impl World {
    fn new() -> Self {
        let reference = "order-1041".parse().unwrap();
        let tenant = "tenant";
        let key = JournalKey::from_parts(EnvironmentName::Local, tenant, Flow::Identity, reference);
        let asked = Asked::new(Capabilities::NONE, SelfieKind::Image);
        let request = conformance::request(0);
        let owner = "tests".parse().unwrap();
        let claim = Claim::new(key, &request, asked, Policy::default(), owner)
            .with_lease(Duration::from_secs(60));
        Self {
            claim,
            record: None,
            now: UNIX_EPOCH + Duration::from_secs(1_000_000_000),
            fence: 0,
            tickets: Vec::new(),
            paid: None,
        }
    }

    /// Returns whether the command was applied.
    fn apply(&mut self, command: Command) -> Option<Answer> {
        self.fence += 1;
        let Transition { store, answer } =
            transition(self.record.clone(), command, self.fence, self.now);
        if let Some(record) = store {
            self.record = Some(record);
        }
        answer.ok()
    }

    fn conclude(&mut self, index: prop::sample::Index, conclusion: Conclusion) -> Option<u64> {
        let ticket = self.ticket(index)?;
        let fence = ticket.fence();
        self.apply(Command::Conclude { ticket, conclusion })?;
        Some(fence)
    }

    fn ticket(&self, index: prop::sample::Index) -> Option<Ticket> {
        (!self.tickets.is_empty()).then(|| index.get(&self.tickets).clone())
    }

    fn make(&mut self, next: Move) -> Result<(), TestCaseError> {
        match next {
            Move::Pass(seconds) => self.now += Duration::from_secs(seconds),
            Move::Jump(seconds) => {
                let by = Duration::from_secs(seconds.unsigned_abs());
                self.now = if seconds < 0 {
                    self.now - by
                } else {
                    self.now + by
                };
            }
            Move::Claim { again } => {
                let before = self.record.clone().map(|record| record.at(self.now));
                let failed = before.is_some_and(
                    |record| matches!(record.state(), State::Finished(end) if end.is_failed()),
                );
                let command = if again {
                    Command::BeginAgain
                } else {
                    Command::Claim
                };
                let answer = self.apply(command(self.claim.clone()));
                if let Some(Answer::Claimed(Claimed::Fresh(ticket))) = answer {
                    prop_assert!(again || !failed, "only a wish begins again");
                    if failed {
                        self.paid = None;
                    }
                    prop_assert_eq!(self.paid, None, "what may be paid for is not fresh");
                    self.tickets.push(ticket);
                }
            }
            Move::Dispatch(index) => {
                let Some(ticket) = self.ticket(index) else {
                    return Ok(());
                };
                let (fence, lease) = (ticket.fence(), Duration::from_secs(60));
                if self.apply(Command::Dispatch { ticket, lease }).is_some() {
                    prop_assert!(self.paid.is_none_or(|paid| paid == fence), "two are sent");
                    self.paid = Some(fence);
                }
            }
            Move::NotSent(index) => {
                if let Some(fence) = self.conclude(index, Conclusion::NotSent(None)) {
                    self.paid = self.paid.filter(|paid| *paid != fence);
                }
            }
            Move::Ambiguous(index) => {
                self.conclude(index, Conclusion::Ambiguous);
            }
            Move::Finished(index, status) => {
                self.conclude(index, Conclusion::Finished(finished(status)));
            }
            Move::Abandon(index) => {
                if let Some(ticket) = self.ticket(index) {
                    self.apply(Command::Abandon(ticket));
                }
            }
            Move::Retract(index) => {
                // The holder reports that nothing has run.
                if let Some(ticket) = self.ticket(index)
                    && let fence = ticket.fence()
                    && self.apply(Command::Retract(ticket)).is_some()
                {
                    self.paid = self.paid.filter(|paid| *paid != fence);
                }
            }
            Move::Resend => {
                let (key, settlement) = (self.claim.key.clone(), Settlement::Resend);
                if self.apply(Command::Settle { key, settlement }).is_some() {
                    self.paid = None;
                }
            }
            Move::Found => {
                let (key, settlement) = (self.claim.key.clone(), Settlement::Found(id()));
                self.apply(Command::Settle { key, settlement });
            }
            Move::OwnerIsDead => {
                let (key, settlement) = (self.claim.key.clone(), Settlement::OwnerIsDead);
                self.apply(Command::Settle { key, settlement });
            }
            Move::FinishLater(status) => {
                let (key, finished) = (self.claim.key.clone(), finished(status));
                self.apply(Command::Finish { key, finished });
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// No reference is sent while an earlier attempt of it may have been paid for.
    #[test]
    fn any_order(moves in moves()) {
        let mut world = World::new();
        for next in moves {
            world.make(next)?;
            // A paid attempt is never purged.
            if world.paid.is_some() {
                let record = world.record.clone().map(|record| record.at(world.now));
                let kind = record.map(|record| record.state().kind());
                prop_assert!(
                    matches!(kind, Some(StateKind::Dispatched | StateKind::Ambiguous | StateKind::Pending | StateKind::Finished)),
                    "{:?}", kind
                );
            }
        }
    }
}

/// Never pay twice: once IDCloud's own answer names the process that a person found, no person may
/// let it be sent again.
#[test]
fn a_found_process_that_its_answer_confirms_is_settled_no_more() {
    let mut world = World::new();
    let claimed = world.apply(Command::Claim(world.claim.clone()));
    let Some(Answer::Claimed(Claimed::Fresh(ticket))) = claimed else {
        panic!("the first claim is fresh");
    };
    let dispatch = Command::Dispatch {
        ticket: ticket.clone(),
        lease: Duration::from_secs(60),
    };
    world.apply(dispatch).unwrap();
    world.apply(Command::Abandon(ticket.clone())).unwrap();
    let key = world.claim.key.clone();
    let settle = |settlement| Command::Settle {
        key: key.clone(),
        settlement,
    };
    world.apply(settle(Settlement::Found(id()))).unwrap();
    let State::Pending(pending) = world.record.clone().unwrap().state().clone() else {
        panic!("a process that was found is pending");
    };
    let conclusion = Conclusion::Pending(pending);
    world
        .apply(Command::Conclude { ticket, conclusion })
        .unwrap();
    assert_eq!(world.apply(settle(Settlement::Resend)), None);
    let record = world.record.unwrap();
    assert_eq!(
        (record.state().kind(), record.may_be_settled()),
        (StateKind::Pending, false)
    );
}
