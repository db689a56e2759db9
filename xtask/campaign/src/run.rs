//! One run: programs, a simulator and faults, in virtual time, all drawn from one seed.
//!
//! Must not depend on anything but the seed: a failing run fails again.

use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::journal::{Journal, MemoryJournal};
use idcloud_http::testing::VirtualClock;
use idcloud_http::{Clock as _, ServiceAccount};
use idcloud_simulator::{SharedSimulator, Simulator, TestAccount};
use idcloud_sqlite::SqliteJournal;
use tokio::task::JoinSet;

use crate::Failure;
use crate::judge::leaks::Log;
use crate::judge::oracle::{Ended, Findings};
use crate::plan::{self, BUDGET, Keeping, Plan, Replica};
use crate::program::case::Case;
use crate::program::lifetime::{Crash, Life};
use crate::program::stopped::stoppable;
use crate::program::{Program, Pursuit};
use crate::sabotage::Sabotage;
use crate::world::World;
use crate::world::blocking::Blocking;
use crate::world::clock::WrongClock;
use crate::world::rng::Chance;
use crate::world::slow_writer::Late;
use crate::world::webhook_delivery::{Listener, Listening, with_webhooks};

/// When everything in flight has ended, by any clock.
pub(crate) const LONG_AFTER: Duration = Duration::from_secs(4 * 3600);
/// The longest that a run may last: a wait that is longer counts as endless.
const FOREVER: Duration = Duration::from_secs(48 * 3600);

/// The name of the tenant's second account.
pub(crate) const SECOND_ACCOUNT: &str = "second";

/// The parts that all runs share: two accounts of one tenant, with one RSA key, because generating
/// a key takes long.
pub(crate) struct Resources {
    pub(crate) issued: [TestAccount; 2],
    pub(crate) accounts: [ServiceAccount; 2],
}

impl Resources {
    pub(crate) fn new() -> Result<Self, Failure> {
        let first = Simulator::new(idcloud_simulator::Config::new(1)).issue_account()?;
        let (tenant, pem) = (first.tenant_id(), first.private_key_pem());
        let second = TestAccount::from_pem(SECOND_ACCOUNT, tenant, pem)?;
        let accounts = [
            ServiceAccount::from_pem(first.account(), tenant, pem.as_bytes())?,
            ServiceAccount::from_pem(SECOND_ACCOUNT, tenant, pem.as_bytes())?,
        ];
        let issued = [first, second];
        Ok(Self { issued, accounts })
    }
}

/// The result of one run.
pub(crate) struct Played {
    pub(crate) findings: Findings,
    pub(crate) faults: u64,
}

/// Plays the run of `seed`.
pub(crate) fn play(
    seed: u64,
    keeping: Keeping,
    sabotage: Option<Sabotage>,
    resources: &Resources,
    log: &Log,
) -> Result<Played, Failure> {
    let chance = Chance::with_seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    drop(log.take());
    let (ended, faults) = runtime.block_on(run(chance, seed, keeping, sabotage, resources, log))?;
    Ok(Played {
        findings: ended.judge(),
        faults,
    })
}

/// The parts of one run.
pub(crate) struct Stage {
    pub(crate) world: Arc<World>,
    pub(crate) accounts: [ServiceAccount; 2],
    pub(crate) cases: Vec<Arc<Case>>,
    pub(crate) listening: Listening,
    rate: usize,
}

async fn run(
    mut chance: Chance,
    seed: u64,
    keeping: Keeping,
    sabotage: Option<Sabotage>,
    resources: &Resources,
    log: &Log,
) -> Result<(Ended, u64), Failure> {
    let luck = chance.u64(..);
    let plan = Plan::draw(&mut chance, seed);
    let clock = VirtualClock::new();
    let [first, second] = &resources.issued;
    let tenant = first.tenant_id();
    let mut simulator = Simulator::new(plan::config(&mut chance, seed)?);
    simulator.register_account(first);
    simulator.register_account(second);
    simulator.set_webhook(tenant, plan.webhook.clone());
    let cases = (0..plan.cases)
        .map(|number| {
            let manner = plan.manner(&mut chance);
            let now = clock.now();
            Case::draw(
                &mut chance,
                number,
                manner,
                &mut simulator,
                tenant,
                sabotage,
                now,
            )
            .map(Arc::new)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let on_disk = plan.on_disk || keeping == Keeping::SlowDisk;
    let folder = on_disk.then(tempfile::tempdir).transpose()?;
    let file = folder.as_ref().map(|folder| folder.path().join("journal"));
    // The crates' own random draws (jitter, owner names) use this thread's generator; a folder's
    // name uses it too.
    fastrand::seed(luck);
    let journal: Arc<dyn Journal> = match &file {
        Some(file) if keeping == Keeping::SlowDisk => {
            Arc::new(Blocking(Late::new(SqliteJournal::open(file)?)?))
        }
        Some(file) => Arc::new(Blocking(SqliteJournal::open(file)?)),
        None => Arc::new(MemoryJournal::new()),
    };
    let simulator = SharedSimulator::new(simulator);
    let stage = Arc::new(Stage {
        world: Arc::new(World::new(
            clock, simulator, journal, sabotage, plan.rough, chance,
        )),
        accounts: resources.accounts.clone(),
        cases,
        listening: Listening::default(),
        // Two programs of one tenant share its budget by being given half each.
        rate: BUDGET / plan.replicas.len().max(1),
    });
    let stuck = tokio::select! {
    biased;
           told = story(&stage, &plan) => {
               told?;
               false
           }
           () = stage.world.clock.sleep(FOREVER) => true,
       };
    let ended = stage.end(resources, file, log, stuck).await?;
    let faults = stage.world.seen().faults;
    Ok((ended, faults))
}

/// All programs' lives, then a quiet time; then a person settles what is ambiguous, and every case
/// with a reference is submitted once more.
async fn story(stage: &Arc<Stage>, plan: &Plan) -> Result<(), Failure> {
    let lives = async {
        let mut programs = JoinSet::new();
        for (number, replica) in plan.replicas.iter().enumerate() {
            let (stage, replica) = (Arc::clone(stage), replica.clone());
            programs.spawn(async move { stage.live(number, &replica).await });
        }
        while let Some(ended) = programs.join_next().await {
            ended??;
        }
        Ok(())
    };
    with_webhooks(stage, plan.liar, lives).await?;
    stage.world.clock.sleep(LONG_AFTER).await;
    stage.world.calm_down();
    stage.settle().await;
    with_webhooks(stage, plan.liar, stage.ask_once_more()).await
}

impl Stage {
    /// One of the tenant's accounts: the journal's records belong to the tenant.
    pub(crate) const fn account(&self) -> &ServiceAccount {
        let [first, _] = &self.accounts;
        first
    }

    /// One program, from its first start to the end of its last life.
    async fn live(&self, number: usize, replica: &Replica) -> Result<(), Failure> {
        let world = &self.world;
        let clock = WrongClock::new(&world.clock, replica.ahead);
        let jumping = async {
            for (after, ahead) in &replica.jumps {
                world.clock.sleep(*after).await;
                world.count_fault();
                clock.set(*ahead);
            }
            std::future::pending::<()>().await;
        };
        let living = async {
            let lives = replica.crashes.iter().copied().map(Some).chain([None]);
            for (lived, crash) in lives.enumerate() {
                let life = Arc::new(Life::new(crash, &replica.stops));
                if self.one_life(number, &life, &clock, replica, lived).await? {
                    return Ok(());
                }
                world.count_fault();
                // A program takes a while to restart; the tenant's budget of the last second has
                // recovered by then.
                let pause = world.with_chance(|chance| chance.u64(1_100..200_000));
                world.clock.sleep(Duration::from_millis(pause)).await;
            }
            Ok(())
        };
        tokio::select! {
        biased;
                   lived = living => lived,
                   () = jumping => Ok(()),
               }
    }

    /// One life of one program; true if it ended by itself.
    async fn one_life(
        &self,
        number: usize,
        life: &Arc<Life>,
        clock: &WrongClock,
        replica: &Replica,
        lived: usize,
    ) -> Result<bool, Failure> {
        let world = &self.world;
        let is_first = lived == 0;
        // Each life starts with the last configured account: the other one after a rotation.
        let first = replica.account + lived * usize::from(!replica.rotations.is_empty());
        let accounts = |number: usize| self.accounts.get(number % 2);
        let account = accounts(first).ok_or("a program needs an account")?;
        let program = Program::start(world, life, account, clock, self.rate)?;
        let listener = Listener {
            hints: program.idcloud.hints().clone(),
            life: Arc::clone(life),
        };
        self.listening.set(number, Some(listener));
        let mine: Vec<_> = self
            .cases
            .iter()
            .filter(|case| case.is_of(number))
            .collect();
        let mut tasks = JoinSet::new();
        for case in &mine {
            // A case without a reference is not remembered, so only the first life submits it.
            if is_first || case.reference.is_some() {
                let (program, case) = (program.clone(), Arc::clone(case));
                let (world, life) = (Arc::clone(world), Arc::clone(life));
                let manner = Pursuit {
                    start: case.manner.start,
                    drops_after: case.manner.drops_after.filter(|_| is_first),
                    begin_again: case.manner.begin_again,
                    patience: case.manner.patience,
                };
                tasks.spawn(async move {
                    let clock = world.clock.clone();
                    let mut went = InFlightCase {
                        case: Arc::clone(&case),
                        world,
                        done: false,
                    };
                    let pursued = program.pursue(&case, manner);
                    stoppable(&life.stopped, &clock, pursued).await;
                    went.done = true;
                });
            }
        }
        let ends_at = async {
            match life.crash() {
                Some(Crash::After(after)) => world.clock.sleep(after).await,
                Some(Crash::Drain(after)) => {
                    let drained = async {
                        world.clock.sleep(after).await;
                        program.drain().await;
                    };
                    stoppable(&life.stopped, &world.clock, drained).await;
                }
                _ => std::future::pending().await,
            }
        };
        let rotating = stoppable(&life.stopped, &world.clock, async {
            for (number, after) in replica.rotations.iter().enumerate() {
                world.clock.sleep(*after).await;
                if let Some(account) = accounts(first + number + 1) {
                    world.count_fault();
                    program.rotate(account)?;
                }
            }
            std::future::pending::<Result<bool, Failure>>().await
        });
        let stopping = async {
            life.stop_in_time(&world.clock).await;
            std::future::pending::<()>().await;
        };
        let by_itself = async {
            // A task that panicked is a submission that its caller dropped.
            while tasks.join_next().await.is_some() {}
        };
        let by_itself = tokio::select! {
        biased;
                   () = by_itself => true,
                   () = life.over() => false,
                   () = ends_at => { life.end(); false }
                   () = stopping => false,
                   failed = rotating => failed?,
               };
        self.listening.set(number, None);
        if !by_itself {
            let now = world.clock.instant();
            for case in &mine {
                world.doubt(&case.name, |doubt| doubt.died(now));
            }
        }
        tasks.shutdown().await;
        Ok(by_itself)
    }
}

/// A submission in flight. If it has no reference and its program ends, no caller is left to
/// receive the result.
struct InFlightCase {
    case: Arc<Case>,
    world: Arc<World>,
    done: bool,
}

impl Drop for InFlightCase {
    fn drop(&mut self) {
        if !self.done && self.case.reference.is_none() {
            self.world.broken_off(&self.case);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(seed: u64, keeping: Keeping, resources: &Resources) -> Findings {
        let log = Log::default();
        tracing::dispatcher::with_default(&log.dispatch(), || {
            play(seed, keeping, None, resources, &log).unwrap().findings
        })
    }

    /// A run depends only on its seed: not on the place of its journal, nor on the speed of its
    /// writes.
    #[test]
    fn a_run_comes_to_the_same_wherever_its_journal_is() {
        let resources = Resources::new().unwrap();
        for seed in 1..40 {
            let drawn = findings(seed, Keeping::AsDrawn, &resources);
            let slow = findings(seed, Keeping::SlowDisk, &resources);
            assert_eq!(drawn, slow, "seed {seed}");
        }
    }

    /// Runs in which a caller ends right before a purge: a slow writer breaks no promise.
    #[test]
    fn a_slow_writer_breaks_no_promise() {
        let resources = Resources::new().unwrap();
        let seeds = [
            5_000_300_249,
            5_000_400_849,
            5_000_482_499,
            5_000_572_149,
            5_000_630_799,
            5_000_977_149,
        ];
        for seed in seeds {
            let found = findings(seed, Keeping::SlowDisk, &resources);
            assert_eq!(found.violations, Vec::<String>::new(), "seed {seed}");
        }
    }
}
