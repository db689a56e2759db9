//! One run: programs, a simulator and what goes wrong, in virtual time, all drawn from one seed.
//!
//! Must depend on nothing but the seed: what failed once fails again.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use idcloud_flows::Hints;
use idcloud_flows::journal::{
    Command, Entry, Journal, JournalKey, MemoryJournal, Settlement, State,
};
use idcloud_flows::webhook::{Credentials, Endpoint};
use idcloud_http::testing::VirtualClock;
use idcloud_http::{Clock as _, Environment, ServiceAccount};
use idcloud_journal::SqliteJournal;
use idcloud_model::ProcessId;
use idcloud_simulator::{SharedSimulator, Simulator, TestAccount};
use tokio::task::JoinSet;

use crate::Failure;
use crate::blocking::Blocking;
use crate::case::Case;
use crate::chance::{Chance, once_in};
use crate::clock::WrongClock;
use crate::leaks::{self, Log};
use crate::life::{Crash, Life};
use crate::oracle::{Billed, CaseEnd, Ended, Findings};
use crate::plan::{self, BUDGET, Plan, Replica, WEBHOOK_SECRET};
use crate::program::{Program, Pursuit};
use crate::sabotage::Sabotage;
use crate::world::{Told, World};

/// When everything that was on its way has come to its end, by any clock.
const LONG_AFTER: Duration = Duration::from_secs(4 * 3600);
/// The longest that a run may last: whoever still waits then waits for ever.
const FOREVER: Duration = Duration::from_secs(48 * 3600);

/// What all runs share: one account, because an RSA key takes long to make.
pub(crate) struct Resources {
    pub(crate) issued: TestAccount,
    pub(crate) account: ServiceAccount,
}

impl Resources {
    pub(crate) fn new() -> Result<Self, Failure> {
        let issued = Simulator::new(idcloud_simulator::Config::new(1)).issue_account()?;
        let account = ServiceAccount::from_pem(
            issued.account(),
            issued.tenant_id(),
            issued.private_key_pem().as_bytes(),
        )?;
        Ok(Self { issued, account })
    }
}

/// What one run came to.
pub(crate) struct Played {
    pub(crate) findings: Findings,
    pub(crate) faults: u64,
}

/// Plays the run of `seed`.
pub(crate) fn play(
    seed: u64,
    sabotage: Option<Sabotage>,
    resources: &Resources,
    log: &Log,
) -> Result<Played, Failure> {
    let mut chance = Chance::with_seed(seed);
    // What the crates draw by themselves (jitter, owners' names) comes from this thread's luck.
    fastrand::seed(chance.u64(..));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    drop(log.take());
    let (ended, faults) = runtime.block_on(run(chance, seed, sabotage, resources, log))?;
    Ok(Played {
        findings: ended.judge(),
        faults,
    })
}

/// The parts of one run.
struct Stage {
    world: Arc<World>,
    account: ServiceAccount,
    cases: Vec<Arc<Case>>,
    /// Who listens to notices: each program's latest life.
    listening: Arc<Listening>,
    rate: usize,
}

#[derive(Default)]
struct Listening(Mutex<Vec<Option<Hints>>>);

impl Listening {
    fn set(&self, replica: usize, hints: Option<Hints>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() <= replica {
            all.resize(replica + 1, None);
        }
        if let Some(one) = all.get_mut(replica) {
            *one = hints;
        }
    }

    fn one(&self, chance: &mut Chance) -> Option<Hints> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(chance.usize(..all.len().max(1))).cloned().flatten()
    }
}

async fn run(
    mut chance: Chance,
    seed: u64,
    sabotage: Option<Sabotage>,
    resources: &Resources,
    log: &Log,
) -> Result<(Ended, u64), Failure> {
    let plan = Plan::draw(&mut chance, seed);
    let clock = VirtualClock::new();
    let tenant = resources.issued.tenant_id();
    let mut simulator = Simulator::new(plan::config(&mut chance, seed)?);
    simulator.register_account(&resources.issued);
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
    let folder = plan.on_disk.then(tempfile::tempdir).transpose()?;
    let file = folder.as_ref().map(|folder| folder.path().join("journal"));
    let journal: Arc<dyn Journal> = match &file {
        Some(file) => Arc::new(Blocking(SqliteJournal::open(file)?)),
        None => Arc::new(MemoryJournal::new()),
    };
    let simulator = SharedSimulator::new(simulator);
    let stage = Arc::new(Stage {
        world: Arc::new(World::new(
            clock, simulator, journal, sabotage, plan.rough, chance,
        )),
        account: resources.account.clone(),
        cases,
        listening: Arc::default(),
        rate: BUDGET / plan.replicas.len().max(1),
    });
    let stuck = tokio::select! {
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

/// All programs' lives, then the silence after them, then whoever is in doubt asks once more.
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
    with_post(stage, plan.liar, lives).await?;
    stage.world.clock.sleep(LONG_AFTER).await;
    stage.world.simulator.lock().clear_faults();
    stage.settle().await;
    with_post(stage, plan.liar, stage.ask_once_more()).await
}

/// What happens while webhooks are delivered.
async fn with_post(
    stage: &Stage,
    liar: bool,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    tokio::select! {
        done = work => done,
        failed = post(stage, liar) => failed,
    }
}

impl Stage {
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
                let life = Arc::new(Life::new(crash));
                if self.one_life(number, &life, &clock, lived == 0).await? {
                    return Ok(());
                }
                world.count_fault();
                // A program takes a while to start again; the tenant's budget of the last second is over by then.
                let pause = world.with_chance(|chance| chance.u64(1_100..200_000));
                world.clock.sleep(Duration::from_millis(pause)).await;
            }
            Ok(())
        };
        tokio::select! {
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
        is_first: bool,
    ) -> Result<bool, Failure> {
        let world = &self.world;
        let program = Program::start(world, life, &self.account, clock, self.rate)?;
        self.listening
            .set(number, Some(program.idcloud.hints().clone()));
        let mine: Vec<_> = self
            .cases
            .iter()
            .filter(|case| case.is_of(number))
            .collect();
        let mut tasks = JoinSet::new();
        for case in &mine {
            // Without a reference nobody remembers that it was to be submitted.
            if is_first || case.reference.is_some() {
                let (program, case) = (program.clone(), Arc::clone(case));
                let world = Arc::clone(world);
                let manner = Pursuit {
                    start: case.manner.start,
                    drops_after: case.manner.drops_after.filter(|_| is_first),
                    begin_again: case.manner.begin_again,
                    patience: case.manner.patience,
                };
                tasks.spawn(async move {
                    let mut went = Went {
                        case: Arc::clone(&case),
                        world,
                        done: false,
                    };
                    program.pursue(&case, manner).await;
                    went.done = true;
                });
            }
        }
        let ends_at = async {
            match life.crash() {
                Some(Crash::After(after)) => world.clock.sleep(after).await,
                _ => std::future::pending().await,
            }
        };
        let by_itself = async {
            // A task that panicked is a submission that its caller dropped.
            while tasks.join_next().await.is_some() {}
        };
        let by_itself = tokio::select! {
            () = by_itself => true,
            () = life.over() => false,
            () = ends_at => { life.end(); false }
        };
        self.listening.set(number, None);
        tasks.shutdown().await;
        Ok(by_itself)
    }

    /// What a person does who finds out about ambiguous submissions: looks for the process, and says what was found.
    async fn settle(&self) {
        let world = &self.world;
        for case in &self.cases {
            let Some(entry) = self.entry(case).await else {
                continue;
            };
            if !matches!(entry.state(), State::Ambiguous) || world.with_chance(Chance::bool) {
                continue;
            }
            let known = known_to(&entry);
            let found = {
                let simulator = world.simulator.lock();
                let billed = simulator.ledger().of_reference(&case.name);
                let unknown = billed
                    .map(|one| one.process_id.to_ascii_lowercase())
                    .filter(|id| !known.contains(id));
                unknown.last()
            };
            let found = found.and_then(|id| id.parse::<ProcessId>().ok());
            let settlement = if let Some(id) = found {
                Settlement::Found(id)
            } else {
                // Whoever says so wants it submitted as if for the first time.
                world.begun_again(case);
                Settlement::Resend
            };
            let key = entry.key().clone();
            let now = world.clock.now() + LONG_AFTER;
            drop(
                world
                    .journal
                    .apply(Command::Settle { key, settlement }, now)
                    .await,
            );
        }
    }

    /// A program without faults submits everything that has a reference once more: only what was never created may be created now.
    async fn ask_once_more(&self) -> Result<(), Failure> {
        let life = Arc::new(Life::new(None));
        let clock = WrongClock::new(&self.world.clock, 0);
        let program = Program::start(&self.world, &life, &self.account, &clock, BUDGET)?;
        let mut tasks = JoinSet::new();
        for case in self.cases.iter().filter(|case| case.reference.is_some()) {
            let (program, case) = (program.clone(), Arc::clone(case));
            tasks.spawn(async move { program.pursue(&case, Pursuit::default()).await });
        }
        while tasks.join_next().await.is_some() {}
        Ok(())
    }

    /// What the journal has of a case, when all leases are over.
    async fn entry(&self, case: &Case) -> Option<Entry> {
        let reference = case.reference.clone()?;
        let environment = Environment::local(self.account.clone());
        let key = JournalKey::new(&environment, case.question.flow, reference);
        let key = self.world.key(&key);
        let later = self.world.clock.now() + LONG_AFTER;
        self.world.journal.entry(&key, later).await.ok().flatten()
    }

    async fn end(
        &self,
        resources: &Resources,
        file: Option<PathBuf>,
        log: &Log,
        stuck: bool,
    ) -> Result<Ended, Failure> {
        let mut cases = Vec::new();
        let mut stored = String::new();
        for case in &self.cases {
            let entry = self.entry(case).await;
            if let Some(entry) = &entry {
                stored.push_str(&serde_json::to_string(entry.record())?);
                // A String takes everything that is written.
                let _ = write!(stored, "{entry:?}");
            }
            cases.push(self.case_end(case, entry.as_ref()));
        }
        let _ = write!(stored, "{:?}", self.world.journal);
        if let Some(file) = file {
            for name in ["journal", "journal-wal"] {
                if let Ok(bytes) = std::fs::read(file.with_file_name(name)) {
                    stored.push_str(&String::from_utf8_lossy(&bytes));
                }
            }
        }
        let logs = log.take();
        let seen = std::mem::take(&mut *self.world.seen());
        self.world.seen().faults = seen.faults;
        let places = [
            ("logs", logs.as_str()),
            ("words of a program", seen.shown.as_str()),
            ("journal", stored.as_str()),
        ];
        let pem = resources.issued.private_key_pem().lines().nth(1);
        let fixed = [
            pem.unwrap_or_default().to_owned(),
            "markerwebhooksecret".to_owned(),
        ];
        let markers = self.cases.iter().flat_map(|case| &case.markers);
        let markers = markers.chain(&seen.secrets).chain(&fixed);
        let mut overdue = seen.overdue;
        overdue.extend(stuck.then(|| "somebody waits for ever".to_owned()));
        Ok(Ended {
            cases,
            arrivals: seen.arrivals,
            budget: BUDGET,
            overdue,
            leaks: leaks::found(&places, markers),
        })
    }

    fn case_end(&self, case: &Case, entry: Option<&Entry>) -> CaseEnd {
        let told: Told = self
            .world
            .seen()
            .told
            .get(&case.number)
            .cloned()
            .unwrap_or_default();
        let mut replaced = BTreeSet::new();
        let billed: Vec<Billed> = {
            let simulator = self.world.simulator.lock();
            let billed = simulator.ledger().of_reference(&case.name);
            billed
                .map(|one| {
                    let id = one.process_id.to_ascii_lowercase();
                    if one.fails && one.answered {
                        replaced.insert(id.clone());
                    }
                    Billed {
                        id,
                        fails: one.fails,
                    }
                })
                .collect()
        };
        if let Some(last) = billed.last() {
            replaced.remove(&last.id);
        }
        let memory = match (&case.reference, entry) {
            (None, _) => "no reference".to_owned(),
            (_, None) => "no entry".to_owned(),
            (_, Some(entry)) => entry.state().kind().as_str().to_owned(),
        };
        let mut known = told.processes;
        let mut ambiguous = told.unknown;
        if case.reference.is_none() {
            // Without a memory, a failed process that a new attempt replaced is the report's count of attempts.
            known.extend(replaced);
        } else {
            // What callers were told in between does not count: the journal has the last word.
            ambiguous = 0;
            if let Some(entry) = entry {
                known.extend(known_to(entry));
                ambiguous = u32::from(matches!(entry.state(), State::Ambiguous));
            }
        }
        CaseEnd {
            name: case.name.clone(),
            memory,
            billed,
            known,
            reported: told.reported,
            ambiguous,
            allowed: (1 + case.manner.new_attempts) * (1 + told.begun_again),
            false_approvals: told.false_approvals,
            approvals: told.approvals,
            untold: told.broken_off,
        }
    }
}

fn known_to(entry: &Entry) -> BTreeSet<String> {
    let record = entry.record();
    record
        .earlier_processes()
        .chain(record.process_id())
        .map(|id| id.as_str().to_ascii_lowercase())
        .collect()
}

/// A submission under way. One without a reference whose program goes is one that nobody is left to be told of.
struct Went {
    case: Arc<Case>,
    world: Arc<World>,
    done: bool,
}

impl Drop for Went {
    fn drop(&mut self) {
        if !self.done && self.case.reference.is_none() {
            self.world.broken_off(&self.case);
        }
    }
}

/// Delivers webhooks to whoever listens, and lies about processes where there is a liar.
async fn post(stage: &Stage, liar: bool) -> Result<(), Failure> {
    let world = &stage.world;
    let credentials = Credentials::api_key(WEBHOOK_SECRET)?;
    loop {
        world.clock.sleep(Duration::from_secs(1)).await;
        let due = world.simulator.lock().due_webhooks(world.clock.now());
        for delivery in due {
            world.noticed(delivery.request.body());
            let answer = match world.with_chance(|chance| stage.listening.one(chance)) {
                Some(hints) => {
                    let endpoint = Endpoint::new(hints, credentials.clone());
                    let request = delivery.request.map(Full::new);
                    Some(endpoint.handle(request).await.map(|_| Bytes::new()))
                }
                None => None,
            };
            let now = world.clock.now();
            world
                .simulator
                .lock()
                .delivered(delivery.id, answer.as_ref(), now);
        }
        if liar && world.with_chance(|chance| once_in(chance, 8)) {
            lie(stage, &credentials).await?;
        }
    }
}

/// Tells, with the right credentials, that a process has ended: whether it has or not.
async fn lie(stage: &Stage, credentials: &Credentials) -> Result<(), Failure> {
    let world = &stage.world;
    let ids: Vec<String> = {
        let simulator = world.simulator.lock();
        simulator
            .ledger()
            .entries()
            .map(|one| one.process_id.clone())
            .collect()
    };
    let drawn = world.with_chance(|chance| {
        let id = ids.get(chance.usize(..ids.len().max(1))).cloned();
        Some((id?, stage.listening.one(chance)?))
    });
    let Some((id, hints)) = drawn else {
        return Ok(());
    };
    world.count_fault();
    let body = format!(r#"{{"processId":"{id}","state":"PROCESS_STATE_FINISHED","result":"yes"}}"#);
    world.noticed(body.as_bytes());
    let (name, value) = WEBHOOK_SECRET.split_once(':').unwrap_or_default();
    let request = http::Request::post("/notices")
        .header(name, value)
        .body(Full::new(Bytes::from(body)))?;
    drop(
        Endpoint::new(hints, credentials.clone())
            .handle(request)
            .await,
    );
    Ok(())
}
