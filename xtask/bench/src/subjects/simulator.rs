//! Creates per second of the served simulator on this machine, with the whole client over the
//! loopback.
//!
//! Must not judge: the rate is reported, and depends on the machine.

use std::sync::Arc;

use idcloud_http::{
    ApiKey, CallOptions, Client, Clock as _, Endpoints, Environment, ReqwestTransport,
    ServiceAccount, SystemClock,
};
use idcloud_model::Capabilities;
use idcloud_simulator::{Config, SharedSimulator, Simulator, serve};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::Failure;
use crate::figure::{Figure, Goal, Unit, report};
use crate::measure::series::Series;
use crate::sides::sample;

/// Timed creates, and untimed ones before them; both are multiples of the number of callers.
const CALLS: u32 = 600;
const BEFORE: u32 = 80;
/// Concurrent creates.
const CALLERS: u32 = 8;
/// A budget that is never reached.
const RATE: usize = 100_000;

/// Creates per second in all runs so far.
#[derive(Debug, Default)]
pub struct Rates(Series);

impl Rates {
    /// Measures once more, with an image of 600,000 bytes, client and simulator in one process.
    ///
    /// # Errors
    /// A create fails.
    pub fn run(&mut self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let seconds = runtime.block_on(seconds())?;
        self.0.push(f64::from(CALLS) / seconds);
        Ok(())
    }

    /// The median.
    #[must_use]
    pub fn figure(&self) -> Figure {
        let name = format!("simulator on the loopback, creates with {CALLERS} at once");
        Figure {
            value: self.0.median(),
            ..report(name, 0.0, Unit::PerSecond, Goal::Open)
                .beside("client and simulator share the machine and the process")
        }
    }
}

async fn seconds() -> Result<f64, Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let config = Config::new(1).with_identity_url(&url).with_rate_limit(None);
    let mut simulator = Simulator::new(config);
    let account = simulator.issue_account()?;
    let capabilities: Capabilities = "identity".parse()?;
    let key = ApiKey::new(simulator.issue_api_key(capabilities), capabilities)?;
    let simulator = SharedSimulator::new(simulator);
    let clock = Arc::new(SystemClock::new());
    let server = tokio::spawn(serve(
        listener,
        simulator.clone(),
        clock,
        std::future::pending(),
    ));
    let pem = account.private_key_pem().as_bytes();
    let account = ServiceAccount::from_pem(account.account(), account.tenant_id(), pem)?;
    let environment = Environment::custom(Endpoints::parse(&url, &url)?, account);
    let client = Client::builder(environment)
        .transport(Arc::new(ReqwestTransport::new()?))
        .rate(RATE)
        .build()?;
    creates(&client, &key, BEFORE).await?;
    let system = SystemClock::new();
    let begun = system.instant();
    creates(&client, &key, CALLS).await?;
    let seconds = system.instant().duration_since(begun).as_secs_f64();
    server.abort();
    if simulator.lock().ledger().billed() != u64::from(BEFORE + CALLS) {
        return Err(format!(
            "{} processes were created",
            simulator.lock().ledger().billed()
        )
        .into());
    }
    Ok(seconds)
}

async fn creates(client: &Client, key: &ApiKey, calls: u32) -> Result<(), Failure> {
    let request = Arc::new(sample::create()?);
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (client, key, request) = (client.clone(), key.clone(), Arc::clone(&request));
        callers.spawn(async move {
            let options = CallOptions::default();
            for _ in 0..calls / CALLERS {
                let call = client.create(&key, &request, &options);
                drop(call.await?);
            }
            Ok::<_, idcloud_http::Error>(())
        });
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    Ok(())
}
