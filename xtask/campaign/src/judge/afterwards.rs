//! The end of a run, after the last program: a person settles what is ambiguous, and everything is
//! submitted once more.
//!
//! Must not add faults, except for mistakes of the person.

use std::collections::BTreeSet;
use std::sync::Arc;

use idcloud_flows::journal::{Command, Settlement, State};
use idcloud_http::Clock as _;
use idcloud_model::ProcessId;
use tokio::task::JoinSet;

use crate::Failure;
use crate::judge::collect::known_to;
use crate::plan::BUDGET;
use crate::program::case::Case;
use crate::program::lifetime::Life;
use crate::program::{Program, Pursuit};
use crate::run::{LONG_AFTER, Stage};
use crate::world::clock::WrongClock;
use crate::world::rng::Chance;

impl Stage {
    /// A person settles the ambiguous submissions: looks up each process and records the finding,
    /// sometimes with another person's process by mistake.
    pub(crate) async fn settle(&self) {
        let world = &self.world;
        let mut known = self.known().await;
        for case in &self.cases {
            let Some(entry) = self.entry(case).await else {
                continue;
            };
            if !matches!(entry.state(), State::Ambiguous) || world.with_chance(Chance::bool) {
                continue;
            }
            if self.is_mistaken(case) {
                // Its process belongs to another record: the case cannot be settled as having none.
                continue;
            }
            let found = |of_case: bool| {
                let simulator = world.simulator.lock();
                let billed = simulator.ledger().entries();
                let unknown = billed
                    .filter(|one| of_case == (one.client_reference.as_ref() == Some(&case.name)))
                    .map(|one| one.process_id.to_ascii_lowercase())
                    .filter(|id| !known.contains(id));
                unknown.last()?.parse::<ProcessId>().ok()
            };
            let anothers = found(false).filter(|_| world.with_chance(Chance::bool));
            let settlement = if let Some(id) = anothers.clone().or_else(|| found(true)) {
                known.insert(id.as_str().to_ascii_lowercase());
                Settlement::Found(id)
            } else {
                // A person who chooses this wants a new submission, as if for the first time.
                world.begun_again(case);
                Settlement::Resend
            };
            let key = entry.key().clone();
            let now = world.clock.now() + LONG_AFTER;
            let settled = Command::Settle { key, settlement };
            if world.journal.apply(settled, now).await.is_ok()
                && let Some(id) = anothers
            {
                world.count_fault();
                world.mistaken(case, &id);
            }
        }
    }

    /// Whether a process of this case was recorded for another person's case.
    fn is_mistaken(&self, case: &Case) -> bool {
        let simulator = self.world.simulator.lock();
        let seen = self.world.seen();
        let mut own = simulator.ledger().of_reference(&case.name);
        own.any(|one| {
            let id = one.process_id.to_ascii_lowercase();
            seen.mistaken.contains_key(&id)
        })
    }

    /// Every process whose id the journal has, under any reference.
    async fn known(&self) -> BTreeSet<String> {
        let mut known = BTreeSet::new();
        for case in &self.cases {
            if let Some(entry) = self.entry(case).await {
                known.extend(known_to(&entry));
            }
        }
        known
    }

    /// A program without faults submits every case with a reference once more: only a case that was
    /// never created may be created now.
    pub(crate) async fn ask_once_more(&self) -> Result<(), Failure> {
        let life = Arc::new(Life::new(None, &[]));
        let clock = WrongClock::new(&self.world.clock, 0);
        // By the other account, which started fewer programs: its journal must find the tenant's
        // records all the same.
        let [_, account] = &self.accounts;
        let program = Program::start(&self.world, &life, account, &clock, BUDGET)?;
        let mut tasks = JoinSet::new();
        for case in self.cases.iter().filter(|case| case.reference.is_some()) {
            let (program, case) = (program.clone(), Arc::clone(case));
            tasks.spawn(async move { program.pursue(&case, Pursuit::default()).await });
        }
        while tasks.join_next().await.is_some() {}
        Ok(())
    }
}
