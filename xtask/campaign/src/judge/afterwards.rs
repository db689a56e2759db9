//! What happens long after the last program: a person says what became of what is ambiguous, and everything is asked once more.
//!
//! Must let nothing go wrong but what a person gets wrong.

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
    /// What a person does who finds out about ambiguous submissions: looks for the process, and says what was found, now and then
    /// about a process that is somebody else's.
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
                // Its process is taken: it cannot be settled as having none.
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
                // A person who says so wants it submitted as if for the first time.
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

    /// Whether a process of the case was taken for somebody else's.
    fn is_mistaken(&self, case: &Case) -> bool {
        let simulator = self.world.simulator.lock();
        let seen = self.world.seen();
        let mut own = simulator.ledger().of_reference(&case.name);
        own.any(|one| {
            let id = one.process_id.to_ascii_lowercase();
            seen.mistaken.contains_key(&id)
        })
    }

    /// Every process that the journal has an id of, under whichever reference.
    async fn known(&self) -> BTreeSet<String> {
        let mut known = BTreeSet::new();
        for case in &self.cases {
            if let Some(entry) = self.entry(case).await {
                known.extend(known_to(&entry));
            }
        }
        known
    }

    /// A program without faults submits everything that has a reference once more: only what was never created may be created now.
    pub(crate) async fn ask_once_more(&self) -> Result<(), Failure> {
        let life = Arc::new(Life::new(None, &[]));
        let clock = WrongClock::new(&self.world.clock, 0);
        // By the account that began least: what the other began is the tenant's all the same.
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
